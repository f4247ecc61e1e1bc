"""What makes a good password."""

import re

from brandstudio.errors import Problem

MIN_PASSWORD, MAX_PASSWORD = 10, 200
_LEAST_UNCOMMON = 5
_COMMON = """
1q2w3e4r5t6y 1qaz2wsx3edc zaq12wsxcde3 q1w2e3r4t5 qwertyuiop asdfghjkl zxcvbnm qazwsxedc
qwertz qwerty azerty asdfgh 1q2w3e4r 1qaz2wsx zaq12wsx 1234567890 0987654321 123456789
987654321 12345678 1234567 123456 12345 1234 123 abcdef abc
password passwort passw0rd p4ssw0rd p4ssword motdepasse contrasena wachtwoord kennwort
welcome willkommen letmein iloveyou ichliebedich sunshine princess football baseball
basketball superman batman starwars trustno1 whatever computer internet monkey dragon
master michael jennifer jordan shadow liverpool arsenal chelsea summer winter spring autumn
january february october november december monday friday administrator admin changeme
default secret system server test guest user login hello brand studio marketing campaign
correcthorsebatterystaple
"""


def password_problems(name: str, password: str, brands: tuple[str, ...] = ()) -> list[Problem]:
    """What is wrong with a new password of that person, who works for brands of these names."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        advice = f"use {MIN_PASSWORD} to {MAX_PASSWORD} characters; a sentence is fine"
        return [Problem("password", advice)]
    if not is_possible(password):
        return [Problem("password", "use characters that can be typed")]
    if _is_easy(password, (name, *name.split(), *brands)):
        advice = "too easy to guess: use more than common words, your name or the brand's"
        return [Problem("password", advice)]
    return []


def is_possible(password: str) -> bool:
    """Whether its length is allowed at all; hashing a megabyte would only cost time."""
    if not 1 <= len(password) <= MAX_PASSWORD:
        return False
    # What was no UTF-8 arrives with U+FFFD in its place, or as half of a surrogate pair.
    return not any(c in "\0\ufffd" or "\ud800" <= c <= "\udfff" for c in password)


def _is_easy(password: str, personal: tuple[str, ...]) -> bool:
    """Whether too little remains once common words and the person's own are removed."""
    left = _plain(password)
    words = {*_COMMON.split(), *(plain for word in personal if len(plain := _plain(word)) >= 3)}
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return len(set(left)) < _LEAST_UNCOMMON


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
