"""Every failure a person can act on: the message says what happened, the hint what to do next.

The message is for a terminal and for the log. A browser shows the
`public_message`: the same without the studio's paths, or `browser_message` where the message is
about its inside.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

_QUOTED_PLACE = re.compile(r"(['\"])\.{0,2}(?:[A-Za-z]:)?[/\\][^'\"]*[/\\]([^'\"/\\]*)\1")
_PLACE = re.compile(
    r"(?<![\w:/\\])\.{0,2}(?:[A-Za-z]:)?[/\\](?:[^\s'\"<>|/\\]+[/\\])+([^\s'\"<>|/\\,;:]*)"
)


class StudioError(Exception):
    """Base of all expected failures; `hint` says what the person can do next."""

    status: ClassVar[int] = 400
    """The HTTP status that an answer with this failure has."""
    hint = "Try again, or ask whoever runs this studio."
    browser_message = ""
    """What a browser shows instead of a message that is about the studio's inside."""

    @property
    def public_message(self) -> str:
        """What happened, for a browser."""
        return without_places(self.browser_message or str(self))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one place of a brief, a form or a file."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class NotFoundError(StudioError):
    """Something asked for by name or number does not exist, or is not this person's to see."""

    status = 404
    hint = "Check the name, or open the list to see what there is."

    def __init__(self, kind: str, name: object, *, choices: Iterable[str] = ()) -> None:
        listing = ", ".join(sorted(choices))
        super().__init__(
            f"There is no {kind} '{name}'" + (f"; there are: {listing}" if listing else "")
        )
        self.kind, self.name = kind, name


class BriefError(StudioError):
    """A brief was refused; `problems` names every field, so that a form can mark them all."""

    status = 422
    hint = "Correct the marked fields and submit again; nothing was created."

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class PresetError(StudioError):
    """A preset file does not say what it must; `problems` names file, field and reason."""

    status = 409
    hint = "Whoever runs this studio corrects the file; 'brandstudio presets check' names the line."
    browser_message = "One of the studio's presets is not in order"

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file, self.problems = file, tuple(problems)
        super().__init__("; ".join(f"{file}: {problem}" for problem in self.problems))


class LockError(StudioError):
    """A file of a brand is not the one the brand signed off."""

    status = 409
    hint = (
        "Restore the original file, or have the brand owner run 'brandstudio presets lock BRAND'."
    )

    def __init__(self, file: str, *, locked: str, actual: str, astray: Iterable[str] = ()) -> None:
        self.file, self.locked, self.actual = file, locked, actual
        self.astray = tuple(astray)
        super().__init__(self._sentence(file, self.astray))

    @property
    def public_message(self) -> str:
        """The same with nothing but the names of the files."""
        return self._sentence(
            PurePath(self.file).name, [PurePath(name).name for name in self.astray]
        )

    def _sentence(self, file: str, astray: Sequence[str]) -> str:
        which = f"; not as locked: {', '.join(astray[:5])}" if astray else ""
        return f"{file} is locked to {self.locked[:8]} but the file is {self.actual[:8]}{which}"


class PresetChangedError(StudioError):
    """What a form was filled in for is not what it was any more."""

    status = 409
    hint = "Nothing was created. Look through the form once more, then send it again."


class PresetFileChangedError(PresetChangedError):
    """A preset's file was changed after the studio read it, so that nobody knows which counts."""

    hint = (
        "Nothing was created. Whoever runs this studio looks at the file with 'brandstudio presets "
        "check', and starts the studio again to use it as it is now."
    )

    def __init__(self, kind: str, slug: str) -> None:
        super().__init__(f"The file of the {kind} '{slug}' was changed while the studio ran")
        self.kind, self.slug = kind, slug


class WeightsError(StudioError):
    """Weights cannot be loaded: missing, truncated, or made for another architecture."""

    status = 409
    hint = "Restore the file from where it came, or choose another base model."


class ForbiddenError(StudioError):
    """A person may not do this."""

    status = 403
    hint = "Ask an administrator for the role, or someone who has it to do this for you."


class SignInError(StudioError):
    """Nobody could be signed in with what was given."""

    status = 401
    hint = "Check the name and the password, or ask an administrator for a new sign-in link."


class TooManyAttemptsError(StudioError):
    """Signing in failed too often for this account, or from this address."""

    status = 429
    hint = "Wait as long as it says, then try again."

    def __init__(self, wait_s: float) -> None:
        super().__init__("Too many attempts to sign in")
        self.wait_s = max(int(wait_s) + 1, 1)
        self.hint = f"Wait {count_of(-(-self.wait_s // 60), 'minute')}, then try again."


class LastAdministratorError(StudioError):
    """Nobody would be left who runs the studio."""

    status = 409
    hint = "Make someone else an administrator first."

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the last administrator")


class ReviewClosedError(StudioError):
    """A verdict came for a variant that is not waiting for one."""

    status = 409
    hint = "Nothing was changed. Reload the page to see where the variant stands."

    def __init__(self, variant_id: int, status: str, *, message: str = "") -> None:
        super().__init__(message or f"Variant {variant_id} is {status.replace('_', ' ')}")
        self.variant_id, self.variant_status = variant_id, status


class RequestReusedError(StudioError):
    """A request id came back with something else in it: answering either would be wrong."""

    status = 409
    hint = "Nothing was changed. Send each new decision with a request id of its own."

    def __init__(self, request_id: str) -> None:
        super().__init__(f"The request id '{request_id[:80]}' already stands for another decision")
        self.request_id = request_id


class CommentNeededError(StudioError):
    """A rejection or a request for changes came without a reason."""

    status = 422
    hint = "Say in a few words what is wrong, so that the creator can act on it."


class RunStateError(StudioError):
    """A run is not in a state in which this can be done."""

    status = 409
    hint = "Reload the page to see where the run stands; nothing was changed."


class RunCancelledError(StudioError):
    """A person cancelled the run while it was being carried out."""

    status = 409
    hint = "Submit the brief again when you want the images after all."


class KeyReusedError(StudioError):
    """An idempotency key came back with another form: answering with either run would be wrong."""

    status = 409
    hint = "Nothing was created. Send each new brief with a key of its own."

    def __init__(self, key: str, run_id: int) -> None:
        super().__init__(
            f"The key '{key}' already stands for run {run_id}, which asks for something else"
        )
        self.key, self.run_id = key, run_id


class QueueFullError(StudioError):
    """So much waits already that another run would not be drawn in any useful time."""

    status = 503
    hint = "Nothing was saved; try again later."

    def __init__(self, waiting: int, minutes: int) -> None:
        load = f"{count_of(waiting, 'image')} wait, about {count_of(minutes, 'minute')}"
        super().__init__(f"The queue is full ({load})")
        self.waiting, self.minutes = waiting, minutes


class QuotaError(StudioError):
    """A person has asked for as many images today as one person may."""

    status = 429
    hint = "Nothing was saved. Ask for fewer variants, or come back after 00:00 UTC."

    def __init__(self, used: int, requested: int, quota: int) -> None:
        super().__init__(
            f"You have used {used} of {count_of(quota, 'image')} today and this brief needs "
            f"{requested} more. The count starts again at 00:00 UTC"
        )
        self.used, self.requested, self.quota = used, requested, quota


class DeviceMemoryError(StudioError):
    """Not even one image fits into the memory of the graphics card."""

    hint = (
        "Choose a smaller size or base model, or close other programs that use the graphics card; "
        "a size of 1024 by 1024 pixels or less needs the least."
    )


class DefectiveImageError(StudioError):
    """The model returned something in place of an image that is no picture."""

    hint = (
        "The other images are whole. Draw this one again, or use the brief again with other seeds; "
        "if it happens often, let the studio draw with BRANDSTUDIO_DTYPE=float32."
    )

    def __init__(self, why: str) -> None:
        super().__init__(f"The model drew an empty image, and trying again did not help: {why}")


class PackError(StudioError):
    """A pack cannot be built."""

    status = 422
    hint = "Approve at least one variant and choose at least one placement."

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or type(self).hint


class StorageError(StudioError):
    """A file could not be stored or read; each cause brings its own hint."""

    status = 503
    hint = "Ask whoever runs this studio to look at the data folder; nothing half was kept."

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or type(self).hint


class StorageFullError(StorageError):
    """The disk has no room left."""

    status = 507
    hint = (
        "Free some space on the disk; what was finished is kept, and the run can be started again."
    )


class LostFileError(StudioError):
    """A stored file is no longer what was stored; `state` says what became of it."""

    status = 410
    hint = "Draw the variant again (its recipe is kept), or restore the file from a backup."

    def __init__(self, subject: str, state: str) -> None:
        super().__init__(f"{subject[:1].upper()}{subject[1:]} is {state}")
        self.subject, self.state = subject, state


class BackupError(StudioError):
    """A backup cannot be made, or is not one that can be restored."""

    hint = "Make a new backup into an empty folder, or restore another one."


class DatabaseError(StudioError):
    """The database cannot be opened or used."""

    status = 503
    hint = (
        "Try again, or ask whoever runs this studio: the database must be there "
        "(BRANDSTUDIO_DATABASE_URL), and the data folder must be one that can be written."
    )
    browser_message = "The database cannot be used"


class DatabaseBusyError(DatabaseError):
    """Others were writing for so long that this write gave up its turn."""

    hint = "Please try again; it is safe, nothing is ever recorded twice."
    browser_message = "The studio is busy and this was not saved"

    def __init__(self) -> None:
        super().__init__(self.browser_message)


class ConnectionLostError(DatabaseError):
    """The database went away, perhaps after it had stored what it was sent."""

    hint = "Please try again; a decision or a run with the same request id is never recorded twice."
    browser_message = "The connection to the database was lost"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{self.browser_message}: {reason}")


def without_places(text: str) -> str:
    """The text with the name alone in place of every path to a file or folder."""
    return _PLACE.sub(r"\1", _QUOTED_PLACE.sub(r"\1\2\1", text))


def count_of(number: int, noun: str, plural: str | None = None) -> str:
    """`1 variant`, `2 variants`: whole words for people."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
