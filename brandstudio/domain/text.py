"""What people may type: plain words, shown as text everywhere, never syntax."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from brandstudio.domain.lookalikes import readings, spelt_out, unmasked

# What each would mean to a diffusion tool, a template engine or a browser, in plain words.
_SYNTAX = (
    (
        re.compile(r"<\s*lora\s*:", re.IGNORECASE),
        "LoRA tags are not possible; the brand's LoRA is locked",
    ),
    (
        re.compile(r"[(\[][^()\[\]]*:\s*-?[\d.]+\s*[)\]]"),
        "prompt weights like '(word:1.2)' are not possible",
    ),
    (re.compile(r"\{\{|\{%|\{#|\$\{"), "template syntax like '{{ }}' is not possible"),
    (re.compile(r"<\s*[a-zA-Z/!?]"), "markup like '<b>' is not possible"),
)
_PROMPT_CHARACTERS = re.compile(r"[\w\s'’\-,.&!?%/+]*")
_JOINERS = {"\u200c", "\u200d"}
# Where joining two signs, or keeping them apart, shows; between emoji it shows, too.
_JOINED_SCRIPTS = (
    "ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA",
    "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN",
)  # fmt: skip
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks that show nothing: fillers of Hangul and Braille, the grapheme joiner.
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
# They choose between the looks of the sign before them, and show nothing behind any other.
_EMOJI_OR_TEXT = {"\ufe0e", "\ufe0f"}
_IDEOGRAPH_VARIANTS = {chr(c) for c in (*range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0))}
_MONGOLIAN_VARIANTS = set("\u180b\u180c\u180d\u180f")
_LINE_BREAKS = dict.fromkeys(map(ord, "\n\r\t"), " ")
# No writing needs more marks than this on one letter.
_STORM = 5
_MAX_NORMALISED = 2_000
_SIGN_WITHIN = r"[-_.*'’·]?"
_REMEMBERED_WORDS = 2_048


def plain(text: str) -> str:
    """The text in one Unicode form (NFC), with single spaces and none at the ends.

    What is longer than any field stays as it is, to be refused: the time that Unicode's form takes
    grows with the square of the marks on one letter.
    """
    if len(text) > _MAX_NORMALISED:
        return text
    return re.sub(r" {2,}", " ", unicodedata.normalize("NFC", text)).strip()


def writable(text: str) -> str:
    """The text with halves of broken characters, which no answer could carry, written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def refusal(text: str, *, max_length: int, in_prompt: bool) -> str | None:
    """Why this text is refused, in words for its author, or None when it is fine."""
    if len(text) > max_length:
        return f"is {len(text):,} characters long; at most {max_length} fit"
    unseen = invisible(text)
    if unseen:
        return unseen
    for pattern, reason in _SYNTAX:
        if pattern.search(text):
            return f"{reason}; write plain words"
    if in_prompt:
        # Many scripts write vowels as marks.
        signs = (c for c in text if unicodedata.category(c) not in {"Mn", "Mc"})
        odd = next((c for c in signs if not _PROMPT_CHARACTERS.fullmatch(c)), None)
        return odd and f"'{odd}' cannot be used here; write plain words"
    return None


def comment_refusal(text: str, *, max_length: int) -> str | None:
    """Why a remark between people is refused, or None; it reaches no prompt."""
    if len(text) > max_length:
        return f"is {len(text):,} characters long; at most {max_length} fit"
    return invisible(text.translate(_LINE_BREAKS))


def invisible(text: str) -> str | None:
    """What of the text nobody can see or read, in words for its author, or None."""
    unseen = next((c for at, c in enumerate(text) if _is_unseen(text, at)), None)
    if unseen is not None:
        return (
            f"contains an invisible character (U+{ord(unseen):04X}); type the text again without it"
        )
    # A joiner between them does not begin another letter.
    visible = (c for c in text if c not in _JOINERS)
    marks = "".join("m" if unicodedata.category(c) in {"Mn", "Me"} else " " for c in visible)
    if "m" * _STORM in marks:
        return "has too many accents on one letter; type the text again without them"
    return None


def _is_unseen(text: str, at: int) -> bool:
    """Whether nothing shows for the character there.

    A joiner shows between signs that join, a variation selector behind a sign that has variants.
    """
    character, before = text[at], text[at - 1 : at]
    if character in _JOINERS:
        return not (_joins(before) and _joins(text[at + 1 : at + 2]))
    if character in _EMOJI_OR_TEXT:
        return not before or unicodedata.category(before)[0] not in "SPN"
    if character in _IDEOGRAPH_VARIANTS:
        return not unicodedata.name(before or "a", "").startswith("CJK")
    if character in _MONGOLIAN_VARIANTS:
        return not unicodedata.name(before or "a", "").startswith("MONGOLIAN LETTER")
    return character in _BLANK or unicodedata.category(character) in _UNSEEN


def _joins(sign: str) -> bool:
    is_emoji = sign == "\ufe0f" or unicodedata.category(sign or "a") in {"So", "Sk"}
    return is_emoji or unicodedata.name(sign or "a", "").startswith(_JOINED_SCRIPTS)


def forbidden_word(text: str, forbidden: Iterable[str]) -> str | None:
    """The first of the brand's forbidden words that a reader would find in the text, or None.

    Whole words count, in whatever disguise `readings` sees through: "CURE", "Cürê", "c u r e",
    "cur3", or with a Cyrillic letter; of several words also "risk free" for "risk-free".
    """
    forms = readings(text)
    return next((word for word in forbidden if _is_in(word, forms)), None)


def _is_in(word: str, forms: Iterable[str]) -> bool:
    plainly, spelt = _as_whole_word(unmasked(word)), _as_whole_word(spelt_out(unmasked(word)))
    return any(plainly.search(form) or spelt.search(spelt_out(form)) for form in forms)


@lru_cache(_REMEMBERED_WORDS)
def _as_whole_word(word: str) -> re.Pattern[str]:
    """The word as it may be written: "de-tox", "de.tox" and "_detox_" are all "detox"."""
    parts = [_SIGN_WITHIN.join(part) for part in re.split(r"[\W_]+", word) if part]
    spelt = r"[\W_]*".join(parts or [re.escape(word)])
    return re.compile(rf"(?<![^\W_]){spelt}(?![^\W_])")
