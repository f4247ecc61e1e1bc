"""One scene: its factors, drawn by chance, and its picture, which follows from them alone."""

import random
from dataclasses import dataclass

import numpy as np

from brandstudio.domain.layout import ControlDrawing, Position, Stand
from brandstudio.domain.values import Box
from house_model.scenes import palette
from house_model.scenes.canvas import Canvas, Gradient, falling, rounded
from house_model.scenes.geometry import ellipse, rect, segment
from house_model.scenes.looks import NATURAL, Look, studio_scenery
from house_model.scenes.palette import BACKDROPS, PRODUCT_COLOURS, Colour, shade
from house_model.scenes.product_parts import Finish, Part, Tone
from house_model.scenes.products import PRODUCTS
from house_model.scenes.props import PROPS, paint_before, paint_behind
from house_model.scenes.settings import SETTINGS, Scenery, Stage, paint_setting

# Every canvas has about the area of 256 x 256, so that all cost the network the same.
SIZES: dict[str, tuple[int, int]] = {
    "1:1": (256, 256),
    "4:5": (224, 288),
    "9:16": (192, 320),
    "16:9": (320, 192),
}
_SIZE_ODDS = {"1:1": 0.55, "4:5": 0.17, "9:16": 0.14, "16:9": 0.14}
# Room for the product per size and position, in fractions: left, width, bottom, height, horizon.
_ROOMS: dict[str, dict[Position, tuple[float, float, float, float, float]]] = {
    "1:1": {
        "left": (0.13, 0.36, 0.78, 0.53, 0.70),
        "center": (0.32, 0.36, 0.79, 0.49, 0.70),
        "right": (0.51, 0.36, 0.78, 0.53, 0.70),
    },
    "4:5": {
        "left": (0.07, 0.44, 0.79, 0.46, 0.71),
        "center": (0.27, 0.46, 0.80, 0.45, 0.71),
        "right": (0.49, 0.44, 0.79, 0.46, 0.71),
    },
    "9:16": {
        "left": (0.08, 0.46, 0.73, 0.36, 0.66),
        "center": (0.26, 0.48, 0.73, 0.36, 0.66),
        "right": (0.46, 0.46, 0.73, 0.36, 0.66),
    },
    "16:9": {
        "left": (0.13, 0.27, 0.83, 0.63, 0.72),
        "center": (0.37, 0.26, 0.84, 0.50, 0.72),
        "right": (0.60, 0.27, 0.83, 0.63, 0.72),
    },
}
_PROPS_OF = {
    "studio": PROPS,
    "beach": ("none", "citrus", "bubbles", "leaves", "flowers", "sparkles", "confetti"),
    "forest": ("none", "leaves", "flowers", "sparkles", "citrus"),
    "winter": ("none", "snowflakes", "snowflakes", "sparkles", "confetti"),
    "desert": ("none", "stones", "stones", "citrus", "flowers"),
    "night": ("none", "sparkles", "bubbles", "leaves", "stones", "confetti"),
    "kitchen": ("none", "citrus", "citrus", "leaves", "flowers", "sparkles"),
}
_CAP_OF: dict[str, Colour] = {"jar": palette.GOLD, "tube": palette.CREAM}
_LIGHTS: dict[str, Colour] = {"warm": (255, 150, 50), "cool": (60, 120, 255)}
LIGHTS = ("neutral", *_LIGHTS)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that decides the picture; `box` is where the outline lies, in fractions."""

    seed: int
    look: Look
    product: str
    colour: str
    setting: str
    backdrop: str
    stand: Stand
    prop: str
    light: str
    position: Position
    size: str
    box: Box
    horizon: float
    has_podium_line: bool

    @property
    def has_usual_backdrop(self) -> bool:
        """Whether the studio looks as it does when nobody names a backdrop."""
        return self.backdrop == palette.USUAL_BACKDROP[self.colour]

    @property
    def drawing(self) -> ControlDrawing:
        """What the control map of this scene shows."""
        drawn_stand: Stand = "podium" if self.stand == "podium" and self.has_podium_line else "none"
        return ControlDrawing(
            outline=self.product,
            outline_sha256="0" * 64,
            product=self.box,
            horizon=self.horizon,
            stand=drawn_stand,
        )


def sample_scene(rng: random.Random, *, look: Look = NATURAL, size: str | None = None) -> Scene:
    """Draw a scene's factors; the same generator state gives the same scene."""
    product, colour = rng.choice(list(PRODUCTS)), rng.choice(list(PRODUCT_COLOURS))
    setting = "studio" if rng.random() < 0.28 else rng.choice(SETTINGS[1:])
    size = size or rng.choices(list(_SIZE_ODDS), weights=list(_SIZE_ODDS.values()))[0]
    stand = _stand_in(setting, rng)
    position: Position = rng.choice(("left", "center", "right"))
    box, horizon = _placed(product, size, position, stand, rng)
    prop = "none" if rng.random() < 0.25 else rng.choice(_PROPS_OF.get(setting, PROPS))
    return Scene(
        seed=rng.getrandbits(32),
        look=look,
        product=product,
        colour=colour,
        setting=setting,
        backdrop=_backdrop_for(colour, rng),
        stand=stand,
        prop=prop,
        light=rng.choices(LIGHTS, weights=(3, 1, 1))[0] if look is NATURAL else "neutral",
        position=position,
        size=size,
        box=box,
        horizon=horizon,
        has_podium_line=rng.random() < 0.9,
    )


def render(scene: Scene, *, scale: int = 1) -> np.ndarray:
    """Paint the scene: (height, width, 3) uint8 RGB, the same for equal scenes.

    A scale draws the same vectors with that many pixels to a unit, sharp at any size.
    """
    rng = random.Random(scene.seed)
    width, height = SIZES[scene.size]
    canvas, stage = Canvas(width, height, scale=scale), _stage(scene)
    scenery = scene.look.sceneries.get(scene.setting) or studio_scenery(scene.backdrop)
    paint_setting(scene.setting, canvas, stage, scenery)
    if scene.look.behind:
        scene.look.behind.paint(canvas, stage, scenery)
    _paint_stand(scene, canvas, stage, scenery)
    if scene.look.before and scene.stand != "table":
        scene.look.before.paint(canvas, stage, scenery)
    if scene.stand == "podium":
        _paint_podium(canvas, stage, _podium_colour(scene))
    paint_behind(scene.prop, canvas, stage, rng)
    _paint_product(scene, canvas, stage, rng)
    paint_before(scene.prop, canvas, stage, rng)
    if scene.light in _LIGHTS:
        canvas.tint(_LIGHTS[scene.light])
    return canvas.pixels()


def product_mask(scene: Scene) -> np.ndarray:
    """Where the product itself is: (height, width) bool, without shadow, stand or decoration."""
    canvas, stage = Canvas(*SIZES[scene.size]), _stage(scene)
    for part in PRODUCTS[scene.product].at_height(stage.product_height):
        path = part.path.placed(stage.product_x, stage.product_bottom)
        if part.width:
            canvas.stroke(path, palette.WHITE, part.width)
        else:
            canvas.fill(path, palette.WHITE)
    return canvas.pixels()[:, :, 0] > 127


def _stand_in(setting: str, rng: random.Random) -> Stand:
    stands: tuple[Stand, ...] = ("none", "none", "none", "podium", "table")
    if setting == "studio":
        stands = ("none", "none", "floor", "podium", "podium", "table")
    return rng.choice(stands)


def _backdrop_for(colour: str, rng: random.Random) -> str:
    """The usual backdrop, or one that the product stands out from."""
    if rng.random() < 0.4:
        return palette.USUAL_BACKDROP[colour]
    product = PRODUCT_COLOURS[colour]
    return rng.choice([n for n, c in BACKDROPS.items() if palette.distance(c, product) > 95])


def _placed(
    product: str, size: str, position: Position, stand: Stand, rng: random.Random
) -> tuple[Box, float]:
    """Where the product lies in the layout's room, a little off and a little larger or smaller."""
    left, room_width, bottom, room_height, horizon = _ROOMS[size][position]
    width, height = SIZES[size]
    aspect = PRODUCTS[product].aspect
    tall = min(room_height * height, room_width * width / aspect) * rng.uniform(0.86, 1.1)
    wide = tall * aspect
    shift_x, shift_y = rng.uniform(-0.05, 0.05), rng.uniform(-0.04, 0.03)
    if stand == "podium":
        shift_y -= 0.05
    x = min(max((left + room_width / 2 + shift_x) * width, wide / 2 + 3), width - wide / 2 - 3)
    y = min(max((bottom + shift_y) * height, tall + 3), height - 8)
    box = Box(
        left=(x - wide / 2) / width,
        top=(y - tall) / height,
        width=wide / width,
        height=tall / height,
    )
    return box, horizon + rng.uniform(-0.035, 0.035) + (0.3 * shift_y)


def _stage(scene: Scene) -> Stage:
    width, height = SIZES[scene.size]
    box = scene.box
    is_banded = scene.position == "center" or scene.size == "9:16"
    if is_banded:  # the copy lies above the product, so the sun stands beside it
        sun_x = 0.86 if scene.position != "right" else 0.14
        sun, cloud = (sun_x, 0.4), (1 - sun_x, 0.36)
    else:  # the copy lies on the other side, so the sun stands above the product
        sun_x = 0.12 if scene.position == "left" else 0.88
        sun, cloud = (sun_x, 0.14), (0.42 if scene.position == "left" else 0.58, 0.09)
    return Stage(
        width=width,
        height=height,
        horizon=scene.horizon * height,
        product_x=(box.left + box.width / 2) * width,
        product_top=box.top * height,
        product_bottom=box.bottom * height,
        product_width=box.width * width,
        sun=(sun[0] * width, sun[1] * height),
        cloud=(cloud[0] * width, cloud[1] * height),
    )


def _paint_stand(scene: Scene, canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    if scene.stand == "table":
        _paint_table(canvas, stage, scene.look.table)
    elif scene.stand == "floor" and "floor_top" not in scenery:
        area = rect(0, stage.horizon, stage.width, stage.height - stage.horizon)
        canvas.fill(area, falling(stage.horizon, stage.height, (222, 220, 222), (238, 236, 238)))


def _paint_table(canvas: Canvas, stage: Stage, colour: Colour) -> None:
    area = rect(0, stage.horizon, stage.width, stage.height - stage.horizon)
    canvas.fill(
        area, falling(stage.horizon, stage.height, shade(colour, 0.12), shade(colour, -0.16))
    )
    canvas.fill(rect(0, stage.horizon, stage.width, 4), shade(colour, 0.4))
    for row in range(3):
        y = stage.horizon + 20 + 24 * row
        canvas.stroke(segment((0, y), (stage.width, y)), shade(colour, -0.25), 1.8, alpha=120)


def _podium_colour(scene: Scene) -> Colour:
    if scene.look.podium:
        return scene.look.podium
    return (214, 214, 224) if scene.colour == "white" else (250, 247, 242)


def _paint_podium(canvas: Canvas, stage: Stage, colour: Colour) -> None:
    """A round plinth; its top ellipse is the one that control maps show."""
    across = max(stage.product_width * 1.34, 84.0)
    flat, tall = across * 0.17, 32.0
    left, top = stage.product_x - across / 2, stage.product_bottom + 2
    shadow = ellipse(
        stage.product_x + across * 0.04, top + tall + flat * 0.2, across * 0.6, flat * 0.6
    )
    canvas.blur(shadow, palette.SHADOW, 5, alpha=85)
    side = rounded(left, across, shade(colour, -0.1), strength=0.6)
    canvas.fill(rect(left, top, across, tall), side)
    canvas.fill(ellipse(stage.product_x, top + tall, across / 2, flat / 2), side)
    canvas.fill(ellipse(stage.product_x, top, across / 2, flat / 2), shade(colour, 0.3))


def _paint_product(scene: Scene, canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    body = palette.jittered(PRODUCT_COLOURS[scene.colour], rng)
    x, bottom, wide = stage.product_x, stage.product_bottom, stage.product_width
    canvas.blur(ellipse(x + 6, bottom, wide * 0.58, 7), palette.SHADOW, 5, alpha=110)
    canvas.blur(ellipse(x, bottom - 0.5, wide * 0.47, 3.5), palette.SHADOW, 2, alpha=120)
    colours = _product_colours(scene.product, body)
    for part in PRODUCTS[scene.product].at_height(stage.product_height):
        _paint_part(canvas, part, colours, x, bottom)


def _product_colours(product: str, body: Colour) -> dict[Tone, Colour]:
    """Label, cap and print in one answer per product and colour, chosen to stand out."""
    is_pale = palette.distance(body, palette.CREAM) < 70
    label = palette.HONEY if is_pale else palette.CREAM
    cap = _CAP_OF.get(product, palette.CHARCOAL)
    if palette.distance(cap, body) < 60:
        cap = palette.GOLD if product != "jar" else palette.CHARCOAL
    ink = palette.CHARCOAL if is_pale else shade(body, -0.15)
    sole = (250, 250, 248) if palette.distance(body, (250, 250, 248)) > 60 else (204, 206, 214)
    return {
        Tone.BODY: body,
        Tone.CAP: cap,
        Tone.LABEL: label,
        Tone.INK: ink,
        Tone.METAL: palette.STEEL,
        Tone.SOLE: sole,
        Tone.GOLD: palette.GOLD,
        Tone.COFFEE: palette.COFFEE,
        Tone.SHINE: palette.WHITE,
    }


def _paint_part(
    canvas: Canvas, part: Part, colours: dict[Tone, Colour], x: float, bottom: float
) -> None:
    path, colour = part.path.placed(x, bottom), shade(colours[part.tone], part.shade)
    if part.width:
        canvas.stroke(path, colour, part.width)
        return
    points = [point for _, group in path.commands for point in group]
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    top, low = min(p[1] for p in points), max(p[1] for p in points)
    match part.finish:
        case Finish.ROUND:
            strength = 0.45 if part.tone is Tone.LABEL else 1.0
            paint = rounded(left, right - left, colour, strength=strength)
        case Finish.SLOPE:
            ends = (shade(colour, 0.24), colour, shade(colour, -0.26))
            paint = Gradient((left, top), (right, low), ends)
        case Finish.DROP:
            paint = falling(top, low, colour, shade(colour, -0.22))
        case Finish.FLAT:
            paint = colour
    canvas.fill(path, paint, alpha=95 if part.tone is Tone.SHINE else 255)
