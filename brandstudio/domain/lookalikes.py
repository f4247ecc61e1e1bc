"""One plain form for words that look alike, so that a disguise is seen through.

Two texts have the same plain form when a reader would take one for the other: case, accents,
styled and full-width letters, invisible joiners, and Cyrillic or Greek letters in place of Latin
ones do not count. It is for comparing alone and never shown.
"""

import re
import unicodedata

# Small letters; the text is folded before it is looked up.
_LETTERS = str.maketrans(
    "абвгеіјкмнорстухһѕԁԛԝѵєαβγεηικνορτυχωϳıłøđħŧᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢɑɡ",
    "abbreijkmhopctyxhsdqwveabyenikvoptuxwjilodhtabcdeghijklmnoprtuvwyzag",
)
# Digits and signs that stand for letters within a word, such as "m1rac!e"; a 1 is an i or an l.
_SIGNS = str.maketrans("034578@$€1!|l", "oeastbaseiiii")
_DISGUISED = re.compile(r"[\w@$€!|]*[^\W\d_][\w@$€!|]*")
# Letters set apart by a sign or two each: "c u r e", "c, u, r, e".
_SPACED_OUT = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,2}[^\W_]){2,}(?![^\W_])")
# Letters in circles, squares and flags, which Unicode takes for signs of their own.
_ENCLOSED = {
    first + letter: ord("a") + letter
    for first in (0x1F150, 0x1F170, 0x1F1E6)
    for letter in range(26)
} | {0x03F2: ord("c"), 0x03F9: ord("c")}
# Two letters that make the picture of another one.
_PAIRS = (("rn", "m"), ("vv", "w"))


def unmasked(text: str) -> str:
    """The text without case, accents and joiners, its look-alike letters in Latin."""
    apart = unicodedata.normalize("NFKD", text.translate(_ENCLOSED)).casefold()
    seen = "".join(c for c in apart if unicodedata.category(c) not in {"Mn", "Me", "Cf"})
    return seen.translate(_LETTERS)


def readings(text: str) -> tuple[str, ...]:
    """What a reader may take the text for: as it stands, and with single letters joined."""
    shown = unmasked(text)
    return shown, _SPACED_OUT.sub(_closed_up, shown)


def spelt_out(text: str) -> str:
    """An unmasked text with signs within words read as letters; every l becomes an i.

    Signs at the end of a word are punctuation.
    """

    def spelt(word: re.Match[str]) -> str:
        core = word[0].rstrip("!|")
        return core.translate(_SIGNS) + word[0][len(core) :]

    return _DISGUISED.sub(spelt, text)


def outline(name: str) -> str:
    """What a name looks like from afar: equal for names that would be taken for one another."""
    seen = spelt_out(unmasked(name))
    for pair, single in _PAIRS:
        seen = seen.replace(pair, single)
    return " ".join(re.sub(r"[\W_]+", " ", seen).split())


def mixed_alphabets(text: str) -> bool:
    """Whether one word has letters of several alphabets of which one can pass for another."""
    return any(
        len({name for c in word if (name := _alphabet(c)) is not None}) > 1
        for word in re.findall(r"[^\W\d_]+", text)
    )


def _closed_up(run: re.Match[str]) -> str:
    return re.sub(r"[\W_]", "", run[0])


def _alphabet(letter: str) -> str | None:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return name if name in {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"} else None
