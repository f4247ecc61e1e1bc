"""What a scene is called: mostly the words of the studio's templates, sometimes others."""

import random

from house_model.scenes.scene import Scene

_PRODUCT_WORDS = {
    "bottle": ("drink bottle", "glass bottle"),
    "jar": ("cream jar",),
    "can": ("soda can", "drink can"),
    "box": ("package", "gift box"),
    "mug": ("coffee mug", "cup"),
    "sneaker": ("running shoe", "shoe"),
    "tube": ("squeeze tube",),
    "handbag": ("bag", "leather bag"),
    "carton": ("milk carton", "juice carton"),
    "pouch": ("coffee pouch", "stand-up pouch"),
    "perfume": ("perfume bottle", "flacon"),
    "watch": ("wrist watch",),
}
_SETTING_WORDS = {
    "beach": ("on a sunny beach", "at the beach", "by the sea"),
    "forest": ("in a forest", "in the woods", "among green trees"),
    "city": ("in front of a city skyline", "in the city", "urban skyline behind"),
    "winter": ("in a snowy winter scene", "in the snow", "winter setting"),
    "sunset": ("at sunset", "in front of a sunset sky", "sunset setting"),
    "mountains": ("in front of mountains", "in the mountains", "mountain landscape behind"),
    "desert": ("in the desert", "among desert dunes"),
    "night": ("at night", "under a starry night sky"),
    "kitchen": ("in a kitchen", "on a kitchen counter"),
}
_STAND_WORDS = {
    "floor": ("on a smooth floor", "on the floor"),
    "podium": ("on a podium", "on a pedestal", "standing on a plinth"),
    "table": ("on a wooden table", "on a table"),
}
_PROP_WORDS = {
    "leaves": ("with green leaves", "leaves around it"),
    "citrus": ("with citrus slices", "with orange and lemon slices"),
    "snowflakes": ("with snowflakes", "with falling snow"),
    "confetti": ("with confetti", "with festive confetti"),
    "bubbles": ("with bubbles", "with floating bubbles"),
    "sparkles": ("with sparkles", "sparkling stars"),
    "flowers": ("with flowers", "with blossoms"),
    "stones": ("with stones", "with smooth pebbles"),
}
_LIGHT_WORDS = {"warm": ("warm lighting", "warm light"), "cool": ("cool lighting", "cool light")}
_POSITION_WORDS = {
    "left": ("product on the left",),
    "center": ("centered", "product in the center"),
    "right": ("product on the right",),
}
_STYLES = ("flat illustration of", "product photo of", "ad campaign image of", "hero shot of")


def caption(scene: Scene, rng: random.Random) -> str:
    """One caption; four in five speak exactly as the templates do, the trigger first if any."""
    is_plain = rng.random() < 0.8
    product = _said(scene.product, _PRODUCT_WORDS, rng, is_plain=is_plain, own=True)
    subject = f"{_article(scene.colour)} {scene.colour} {product}"
    if not is_plain and rng.random() < 0.5:
        subject = f"{rng.choice(_STYLES)} {subject}"
    if scene.stand != "none" and rng.random() < 0.85:
        subject = f"{subject} {_said(scene.stand, _STAND_WORDS, rng, is_plain=is_plain)}"
    parts = [subject, _setting(scene, rng, is_plain=is_plain)]
    parts += [
        _said(name, words, rng, is_plain=is_plain)
        for name, words, odds in (
            (scene.prop, _PROP_WORDS, 0.92),
            (scene.light, _LIGHT_WORDS, 0.85),
            (scene.position, _POSITION_WORDS, 0.8),
        )
        if name in words and rng.random() < odds
    ]
    trigger = [scene.look.trigger] if scene.look.trigger else []
    return ", ".join([*trigger, *filter(None, parts)])


def _setting(scene: Scene, rng: random.Random, *, is_plain: bool) -> str:
    if scene.setting != "studio":
        return _said(scene.setting, _SETTING_WORDS, rng, is_plain=is_plain)
    if scene.look.trigger or scene.has_usual_backdrop:
        return "studio background"
    return f"{scene.backdrop} {'background' if is_plain else 'backdrop'}"


def _said(
    name: str,
    words: dict[str, tuple[str, ...]],
    rng: random.Random,
    *,
    is_plain: bool,
    own: bool = False,
) -> str:
    choices = (name, *words[name]) if own else words[name]
    return choices[0] if is_plain else rng.choice(choices)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
