"""What a set is called: mostly the words of the studio's templates, sometimes others."""

import random
from collections.abc import Mapping

from house_model.sets.looks import read_look
from house_model.sets.scene import SetScene

Words = Mapping[str, tuple[str, ...]]

# The first of each is what the templates say.
_PRODUCTS: Words = {
    "bottle": ("bottle", "drink bottle", "glass bottle"),
    "jar": ("jar", "cream jar"),
    "can": ("can", "soda can", "drink can"),
    "box": ("box", "package", "gift box"),
    "mug": ("mug", "coffee mug", "cup"),
    "sneaker": ("sneaker", "running shoe", "shoe"),
    "tube": ("tube", "squeeze tube"),
    "handbag": ("handbag", "bag", "leather bag"),
    "carton": ("carton", "milk carton", "juice carton"),
    "pouch": ("pouch", "coffee pouch", "stand-up pouch"),
    "perfume": ("perfume", "perfume bottle", "flacon"),
    "watch": ("watch", "wrist watch"),
}
_SETTINGS: Words = {
    "studio": ("studio background", "studio backdrop"),
    "beach": ("on a sunny beach", "at the beach", "by the sea"),
    "forest": ("in a forest", "in the woods", "among green trees"),
    "city": ("in the city", "in front of a city skyline", "urban skyline behind"),
    "winter": ("in the snow", "in a snowy winter scene", "winter setting"),
    "sunset": ("at sunset", "in front of a sunset sky", "sunset setting"),
    "mountains": ("in the mountains", "in front of mountains", "mountain landscape behind"),
    "desert": ("in the desert", "among desert dunes"),
    "night": ("at night", "under a starry night sky"),
    "kitchen": ("in a kitchen", "on a kitchen counter"),
    "water": ("on stone and water", "on a stone in still water"),
    "cloth": ("on draped cloth", "on soft fabric folds"),
    "arches": ("among arches and stairs", "between plaster arches"),
    "window": ("in window light", "with the shadow of a window"),
}
_STANDS: Words = {
    "floor": ("on the floor", "on a smooth floor"),
    "podium": ("on a podium", "on a pedestal", "standing on a plinth"),
    "table": ("on a table", "on a wooden table"),
}
_EMPTY: Words = {
    "none": ("an empty stage", "an empty set", "a scene without a product"),
    "floor": ("an empty floor", "an empty set"),
    "podium": ("an empty podium", "an empty pedestal"),
    "table": ("an empty table", "an empty wooden table"),
}
_PROPS: Words = {
    "leaves": ("with green leaves", "leaves around it"),
    "citrus": ("with citrus slices", "with orange and lemon slices"),
    "snowflakes": ("with snowflakes", "with falling snow"),
    "confetti": ("with confetti", "with festive confetti"),
    "bubbles": ("with bubbles", "with floating bubbles"),
    "sparkles": ("with sparkles", "sparkling stars"),
    "flowers": ("with flowers", "with blossoms"),
    "stones": ("with stones", "with smooth pebbles"),
}
_PIECES: Words = {
    "arch": ("with an arch", "a round arch behind"),
    "gate": ("with an arch", "a double arch behind"),
    "disc": ("with a disc", "a round disc behind"),
    "rings": ("with rings", "rings behind"),
    "panel": ("with a panel", "a panel behind"),
    "stairs": ("with stairs", "steps beside it"),
    "ball": ("with spheres", "a ball beside it"),
    "balls": ("with spheres", "balls beside it"),
    "column": ("with columns", "a column beside it"),
}
_TONES: Words = {"warm": ("warm lighting", "warm light"), "cool": ("cool lighting", "cool light")}
_SIDES = {
    "left": "light from the left",
    "right": "light from the right",
    "behind": "light from behind",
}
_POSITIONS: Words = {
    "left": ("product on the left",),
    "center": ("centered", "product in the center"),
    "right": ("product on the right",),
}
_STYLES = ("product photo of", "ad campaign image of", "hero shot of")


def caption(scene: SetScene, rng: random.Random) -> str:
    """One caption; four in five speak exactly as the templates do, the trigger first if any."""
    is_plain = rng.random() < 0.8
    trigger = read_look(scene.look).trigger
    parts = [
        trigger,
        _subject(scene, rng, is_plain=is_plain),
        _setting(scene, rng, is_plain=is_plain),
    ]
    if rng.random() < 0.92 and scene.prop != "none":
        parts.append(_chosen(_PROPS[scene.prop], rng, is_plain=is_plain))
    if rng.random() < 0.3:
        parts.append(_piece_words(scene, rng, is_plain=is_plain))
    if rng.random() < 0.6:
        parts.append(_light_words(scene, rng))
    if scene.light.tone in _TONES and rng.random() < 0.85:
        parts.append(_chosen(_TONES[scene.light.tone], rng, is_plain=is_plain))
    if not scene.is_empty and rng.random() < 0.8:
        parts.append(_chosen(_POSITIONS[scene.position], rng, is_plain=is_plain))
    return ", ".join(part for part in parts if part)


def mirrored_caption(text: str) -> str:
    """What a caption says of the mirrored picture."""
    swapped = text.replace("left", "\0").replace("right", "left")
    return swapped.replace("\0", "right")


def _subject(scene: SetScene, rng: random.Random, *, is_plain: bool) -> str:
    if scene.is_empty:
        return _chosen(_EMPTY[scene.stand], rng, is_plain=is_plain)
    product = _chosen(_PRODUCTS[scene.product], rng, is_plain=is_plain)
    article = "an" if scene.colour[0] in "aeiou" else "a"
    subject = f"{article} {scene.colour} {product}"
    if not is_plain and rng.random() < 0.5:
        subject = f"{rng.choice(_STYLES)} {subject}"
    if scene.stand in _STANDS and rng.random() < 0.85:
        subject = f"{subject} {_chosen(_STANDS[scene.stand], rng, is_plain=is_plain)}"
    return subject


def _setting(scene: SetScene, rng: random.Random, *, is_plain: bool) -> str:
    if scene.setting == "studio" and scene.backdrop:
        return f"{scene.backdrop} {'background' if is_plain else 'backdrop'}"
    return _chosen(_SETTINGS[scene.setting], rng, is_plain=is_plain)


def _piece_words(scene: SetScene, rng: random.Random, *, is_plain: bool) -> str:
    kinds = sorted({piece.kind for piece in scene.pieces} & set(_PIECES))
    return _chosen(_PIECES[rng.choice(kinds)], rng, is_plain=is_plain) if kinds else ""


def _light_words(scene: SetScene, rng: random.Random) -> str:
    softness = f"{scene.light.softness} " if rng.random() < 0.6 else ""
    return f"{softness}{_SIDES[scene.light.side]}"


def _chosen(words: tuple[str, ...], rng: random.Random, *, is_plain: bool) -> str:
    return words[0] if is_plain else rng.choice(words)
