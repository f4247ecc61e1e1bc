import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def brandstudio(tmp_path: Path) -> Command:
    """Runs the command line as a person would, over a data folder of its own."""

    def run(*arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "brandstudio", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"BRANDSTUDIO_DATA_DIR": str(tmp_path / "data")} | env,
            check=False,
        )

    return run
