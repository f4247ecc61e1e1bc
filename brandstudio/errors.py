"""Every failure a person can act on: the message says what happened, the hint what to do next."""

from collections.abc import Iterable
from dataclasses import dataclass


class StudioError(Exception):
    """Base of all expected failures; `hint` says what the person can do next."""

    hint = "Try again, or ask whoever runs this studio."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one place of a brief, a form or a file."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class NotFoundError(StudioError):
    """Something asked for by name or number does not exist, or is not this person's to see."""

    hint = "Check the name, or open the list to see what there is."

    def __init__(self, kind: str, name: object, *, known: Iterable[str] = ()) -> None:
        choices = ", ".join(sorted(known))
        super().__init__(
            f"There is no {kind} '{name}'" + (f"; there are: {choices}" if choices else "")
        )
        self.kind, self.name = kind, name


class BriefError(StudioError):
    """A brief was refused; `problems` names every field, so that a form can mark them all."""

    hint = "Correct the marked fields and submit again; nothing was created."

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class PresetError(StudioError):
    """A preset file does not say what it must; `problems` names file, field and reason."""

    hint = "Correct the file, then run 'brandstudio presets check'."

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file, self.problems = file, tuple(problems)
        super().__init__("; ".join(f"{file}: {problem}" for problem in self.problems))


class LockError(StudioError):
    """A file of a brand is not the one the brand signed off."""

    hint = (
        "Restore the original file, or have the brand owner run 'brandstudio presets lock BRAND'."
    )

    def __init__(self, file: str, *, locked: str, found: str) -> None:
        super().__init__(f"{file} is locked to {locked[:8]} but the file is {found[:8]}")
        self.file, self.locked, self.found = file, locked, found


class WeightsError(StudioError):
    """Weights cannot be loaded: missing, truncated, or made for another architecture."""

    hint = "Restore the file from where it came, or choose another base model."


class ForbiddenError(StudioError):
    """A person may not do this."""

    hint = "Ask an administrator for the role, or someone who has it to do this for you."


class SignInError(StudioError):
    """Nobody could be signed in with what was given."""

    hint = "Check the name and the password, or ask an administrator for a new sign-in link."


class ReviewClosedError(StudioError):
    """A verdict came for a variant that is not waiting for one."""

    hint = "Reload the page to see where the variant stands; nothing was changed."

    def __init__(self, variant_id: int, status: str) -> None:
        super().__init__(f"Variant {variant_id} is already {status.replace('_', ' ')}")
        self.variant_id, self.status = variant_id, status


class CommentNeededError(StudioError):
    """A rejection or a request for changes came without a reason."""

    hint = "Say in a few words what is wrong, so that the creator can act on it."


class RunStateError(StudioError):
    """A run is not in a state in which this can be done."""

    hint = "Reload the page to see where the run stands; nothing was changed."


class RunCancelledError(StudioError):
    """A person cancelled the run while it was being carried out."""

    hint = "Submit the brief again when you want the images after all."


class PackError(StudioError):
    """A pack cannot be built."""

    hint = "Approve at least one variant and choose at least one placement."


class StorageFullError(StudioError):
    """The disk has no room left."""

    hint = (
        "Free some space on the disk; what was finished is kept, and the run can be started again."
    )


class DatabaseError(StudioError):
    """The database cannot be opened or used."""

    hint = "Check BRANDSTUDIO_DATABASE_URL and that the data folder can be written."


def count_of(number: int, noun: str, plural: str | None = None) -> str:
    """`1 variant`, `2 variants`: whole words for people."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
