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
_SIGNS = str.maketrans("034578@$1!|l", "oeastbasiiii")
_DISGUISED = re.compile(r"[\w@$!|]*[^\W\d_][\w@$!|]*")
# Letters set apart by one sign each: "c u r e", "c.u.r.e".
_SPACED_OUT = re.compile(r"(?<!\w)\w(?:[\s._*\-]\w){2,}(?!\w)")


def unmasked(text: str) -> str:
    """The text without case, accents and joiners, its look-alike letters in Latin."""
    apart = unicodedata.normalize("NFKD", text).casefold()
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
