"""Numbers and moments in a person's words."""

from datetime import datetime


def roughly(seconds: float) -> str:
    """`about 40 s`, `about 3 min`: never more exact than an estimate is."""
    if seconds < 1.5:
        return "about a second"
    if seconds < 10:
        return f"about {round(seconds)} s"
    if seconds < 90:
        return f"about {round(seconds / 5) * 5} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def on_day(moment: datetime) -> str:
    """`20 Nov 2026`."""
    return f"{moment.day} {moment:%b %Y}"


def at_time(moment: datetime) -> str:
    """`20 Nov 2026, 14:05 UTC`."""
    return f"{on_day(moment)}, {moment:%H:%M} UTC"


def first_upper(words: str) -> str:
    """The words with a capital first letter and everything else as it was."""
    return words[:1].upper() + words[1:]
