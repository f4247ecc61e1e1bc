"""docs/errors.md: every failure that a browser or a program can be shown, from the code itself."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from brandstudio.errors import StudioError
from brandstudio.web.failures import HTTP_FAILURES, failure, kind_of
from tests.source import PACKAGE

FILE = Path(__file__).parents[2] / "docs" / "errors.md"
IN_A_TERMINAL = {
    "BackupError", "BrokenLogError", "DriverMissingError", "NobodyError", "NoSingleSignOnError",
    "NoTlsError", "NotEmptyError", "OtherSetupError", "SettingsError", "SickWorkerError",
    "UnlikelyLogError", "UpgradeCopyError",
}  # fmt: skip
"""Said by commands and by a start that fails, beside all of the command line and the engines."""
OF_A_RUN = {
    "BrokenImageError", "DefectiveImageError", "DeviceMemoryError", "LockError", "OutlineError",
    "StorageError", "StorageFullError", "WeightsError",
}  # fmt: skip
"""What a worker stores with a run or an image, and the run's page shows."""
_NEVER_ASKED = {"BrokenImageError", "DefectiveImageError", "DeviceMemoryError", "OutlineError"}
_INTRO = """# What went wrong, and what to do

Made by `pytest tests/web/test_failures.py --write-matrix` from the code, and compared with it by
the test suite. Do not edit it by hand.

Every failure says what happened, what to do next, and a **reference**: the id of the request, which
is also the answer's `X-Request-Id`. Everything that the log holds about that request carries it, as
`request=9f86d081884c` in text and as `"request"` in JSON; a bug's traceback stands only there. So
whoever has a failure on the screen reads out the reference, and whoever runs the studio searches
the log for it:

    grep 9f86d081884c studio.log

Nothing that a browser is shown names a file of the server by its path; the log says which one it
was. A program gets the same as JSON, with the `kind` below and, for a brief, each field that is
wrong:

    {"error": {"kind": "brief", "message": "…", "hint": "…", "reference": "9f86d081884c",
               "problems": [{"place": "answers.headline", "message": "…"}]}}
"""
_BUG = (
    "| 500 | `unexpected` | Something went wrong on our side | Try again; if it happens twice, "
    "give the reference to whoever runs this studio. |"
)


def every_kind() -> list[type[StudioError]]:
    """All failures of the package; importing the modules that declare some makes them known."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if re.search(r"^class \w+Error\(\w+Error\):", path.read_text(), re.MULTILINE):
            name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            importlib.import_module(name.removesuffix(".__init__"))
    found = [StudioError, *_below(StudioError)]
    return [kind for kind in found if kind.__module__.startswith("brandstudio.")]


def shown(kind: type[StudioError]) -> bool:
    """Whether a browser can be shown it."""
    room = kind.__module__.split(".")[1]
    return room not in {"cli", "engines"} and kind.__name__ not in IN_A_TERMINAL


def markdown() -> str:
    """The whole page."""
    kinds = [kind for kind in every_kind() if shown(kind) and kind is not StudioError]
    asked = [kind for kind in kinds if kind.__name__ not in _NEVER_ASKED]
    of_a_run = [kind for kind in kinds if kind.__name__ in OF_A_RUN]
    return "\n".join(
        [
            _INTRO,
            "## Answers to a request\n",
            "| status | kind | what it means | what to do next |\n|---|---|---|---|",
            *sorted(f"| {k.status} | {_row(k)}" for k in asked),
            "\n## Answers that no rule of the studio's gave\n",
            "| status | kind | what happened | what to do next |\n|---|---|---|---|",
            *(_bare_row(status) for status in HTTP_FAILURES),
            _BUG,
            "\n## Why a run or one of its images failed\n",
            "The page of the run says it, and the API in `failure`; the log has more under the\n"
            "number of the run (`run=12`).\n",
            "| kind | what it means | what to do next |\n|---|---|---|",
            *sorted(f"| {_row(kind, name=kind.__name__)}" for kind in of_a_run),
            "",
        ]
    )


def _below(kind: type[StudioError]) -> Iterator[type[StudioError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)


def _row(kind: type[StudioError], name: str = "") -> str:
    meaning = (kind.__doc__ or "").partition("\n")[0].partition("; `")[0].rstrip(".")
    return f"`{name or kind_of(kind)}` | {meaning} | {kind.hint} |"


def _bare_row(status: int) -> str:
    told = failure(status)
    return f"| {status} | `{told.kind}` | {told.message} | {told.hint} |"
