"""Texts that mean something to a program, a prompt tool or a screen, and not to a reader."""
# ruff: noqa: E501, RUF001 (tables of odd letters read best in long lines)

from random import Random

PROMPT_SYNTAX = (
    "<lora:voltra:9>", "< LoRA : x : 2 >", "<lyco:x:1>", "<hypernet:x:1.5>", "(word:1.9)", "((word))",
    "[cat|dog]", "[cat:dog:0.5]", "{cat|dog}", "__wild__", "word++", "word--", "BREAK", "a AND b",
    "embedding:easynegative", "<|endoftext|>", "<|startoftext|>", "<s>", "</s>", "<pad>", "<extra_id_0>",
    "--no text --ar 16:9", "a\\(b\\)", "(a)1.5", "style:1.4", "{{{word}}}", "<embedding:x>", "[word]",
)  # fmt: skip
TEMPLATE_SYNTAX = (
    "{{7*7}}", "{{ config }}", "{% set x=1 %}", "{# note #}", "${x}", "%s%n%(a)s", "{brand.secret}", "{0}",
    "{headline.__class__}", "#{7*7}", "<%= 7*7 %>", "$(id)", "`id`", "{{''.__class__.__mro__}}", "{", "}}",
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "</div>",
    "javascript:alert(1)", "[a](javascript:alert(1))", "&lt;b&gt;", "<!--", "]]>", "<?xml?>", "\"><b>",
    "' OR 1=1 --", "'; DROP TABLE runs; --", "=cmd|'/c calc'!A1", "+1+1", "@SUM(A1)", "../../etc/passwd",
)  # fmt: skip
UNSEEN = (
    "a\x00b", "a\x1b[31mb", "a\x7fb", "a\u200bb", "a\u200db", "a\u202eb", "a\u2066b", "a\u2069", "\ufeffa",
    "a\u2028b", "a\u2029b", "a\u00adb", "a\U000e0041b", "a\ud800b", "a\ue000b", "a\U0010ffffb", "a\tb", "a\nb",
    "a\rb", "a\ufe0fb", "\ufe0f", "a\U000e0100b", "😀\U000e0161\U000e0162", "a\u180bb", "ü\u200dä", "日\u200c本",
    "क\u200d\u200dष", "a\U0001d159b", "\u3164", "\u115f", "\uffa0", "a\u034fb", "a\u180eb", "a\u2800b", "\u00a0", "\u3000",
)  # fmt: skip
STORMS = (
    "क" + "\u0336\u0321\u200d" * 9 + "ष",
    "e" + "\u0301" * 39,
    "a" + "\u0489" * 20,
    "Z" + "\u0336\u0321" * 15,
    "\u0300" * 10,
)
LETTERS_OF_ELSEWHERE = (
    "日本の夏", "नमस्ते", "مرحبا", "שלום", "Größer", "Ελλάδα", "Привет", "ไทย", "👩\u200d🚀", "①②③", "𝐁𝐨𝐥𝐝",
    "ﬁne", "＜lora:x:9＞", "Ａｃｍｅ", "İstanbul", "ß", "ŉ", "Ω", "٣٤٥",
)  # fmt: skip
PLAIN = (
    "Turn the volume up",
    "Try it",
    "morning mist",
    "Save 20 % today",
    "Größer. Schöner.",
    "x",
    "Love it <3",
)

HOSTILE = PROMPT_SYNTAX + TEMPLATE_SYNTAX + MARKUP + UNSEEN + STORMS
TEXTS = HOSTILE + LETTERS_OF_ELSEWHERE + PLAIN


def text(dice: Random) -> str:
    """A text of any kind: from the tables, joined of several, or of random characters."""
    kind = dice.random()
    if kind < 0.6:
        return dice.choice(TEXTS)
    if kind < 0.8:
        return dice.choice(("", " ", ", ", "\u00a0")).join(
            dice.choices(TEXTS, k=dice.randint(2, 4))
        )
    if kind < 0.97:
        return noise(dice, dice.randint(0, 60))
    return dice.choice(("x", "日", "\u0301", " ", "9")) * dice.choice((100, 641, 5000))


def noise(dice: Random, length: int) -> str:
    """Random characters, of ASCII or of all there are, halves of surrogate pairs included."""
    last = dice.choice((0x7F, 0x24F, 0xFFFF, 0x10FFFF))
    return "".join(chr(dice.randint(0, last)) for _ in range(length))


def number(dice: Random) -> object:
    """What stands where a number should, as a JSON or YAML parser would hand it on."""
    return dice.choice(NUMBERS)


NUMBERS: tuple[object, ...] = (
    0, -0, -1, 1, 3, 33, 2**31, 2**32, 2**63, 2**64, 10**9, 10**400, 10**5000, -(10**400), 1.0, 1.5, -0.0, 1e308,
    -1e308, 5e-324, float("nan"), float("inf"), float("-inf"), True, False, None, "4", " 4 ", "1e3", "4.0",
    "\u0663", "\uff14", "4_0", "0x10", "0b1", "NaN", "Infinity", "", "four", [], [4], {}, {"n": 4}, b"4",
)  # fmt: skip


def anything(dice: Random, depth: int = 3) -> object:
    """A value of any type a parser can produce."""
    kind = dice.randrange(4 if depth else 2)
    if kind == 0:
        return text(dice)
    if kind == 1:
        return number(dice)
    if kind == 2:
        return [anything(dice, depth - 1) for _ in range(dice.randint(0, 3))]
    return {text(dice): anything(dice, depth - 1) for _ in range(dice.randint(0, 3))}
