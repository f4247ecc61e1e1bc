"""What people may type: plain words, shown as text everywhere, never syntax."""

import re
import unicodedata
from collections.abc import Iterable

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
_JOINERS = {"\u200c", "\u200d"}  # needed by Persian, Indic scripts and emoji
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def plain(text: str) -> str:
    """The text in one Unicode form (NFC), with single spaces and none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()


def refusal(text: str, *, max_length: int, in_prompt: bool) -> str | None:
    """Why this text is refused, in words for its author, or None when it is fine."""
    if len(text) > max_length:
        return f"is {len(text):,} characters long; at most {max_length} fit"
    unseen = next(
        (c for c in text if unicodedata.category(c) in _UNSEEN and c not in _JOINERS), None
    )
    if unseen is not None:
        return (
            f"contains an invisible character (U+{ord(unseen):04X}); type the text again without it"
        )
    for pattern, reason in _SYNTAX:
        if pattern.search(text):
            return f"{reason}; write plain words"
    if in_prompt and not _PROMPT_CHARACTERS.fullmatch(text):
        odd = next(c for c in text if not _PROMPT_CHARACTERS.fullmatch(c))
        return f"'{odd}' cannot be used here; write plain words"
    return None


def comment_refusal(text: str, *, max_length: int) -> str | None:
    """Why a remark between people is refused, or None; it reaches no prompt."""
    if len(text) > max_length:
        return f"is {len(text):,} characters long; at most {max_length} fit"
    return _unseen(text.replace("\n", " ").replace("\r", " ").replace("\t", " "))


def _unseen(text: str) -> str | None:
    found = next(
        (c for c in text if unicodedata.category(c) in _UNSEEN and c not in _JOINERS), None
    )
    if found is None:
        return None
    return f"contains an invisible character (U+{ord(found):04X}); type the text again without it"


def forbidden_word(text: str, forbidden: Iterable[str]) -> str | None:
    """The first of the brand's forbidden words found in the text as a whole word, or None."""
    lowered = text.casefold()
    return next(
        (w for w in forbidden if re.search(rf"(?<!\w){re.escape(w.casefold())}(?!\w)", lowered)),
        None,
    )
