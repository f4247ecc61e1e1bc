"""What a person waits for: planning, starting, opening a page, eight variants."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
BRIEF = ROOT / "examples" / "voltra-summer-hero.yaml"
RESULT = ROOT / "benchmarks" / "results" / "main-job.json"
PAGES = {
    "create": ("", "#generate"),
    "runs": ("runs", "run-list, .bs-runs"),
    "review": ("review", "[role=grid]"),
    "library": ("library", "asset-library"),
    "brands": ("brands", "brand-sheets"),
}
PASSWORD = "a benchmark password"


def main() -> None:
    """Measure everything, print it and write the result."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"BRANDSTUDIO_DATA_DIR": folder, "PYTHONUNBUFFERED": "1"}
        result = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": _machine(),
            "plan_s": round(
                median(_timed(lambda: _brandstudio(env, "plan", str(BRIEF))) for _ in range(3)), 2
            ),
            **_runs(env),
            **_pages(env),
        }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


def _machine() -> dict[str, object]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "diffusers", "gradio")},
    }


def _runs(env: dict[str, str]) -> dict[str, float]:
    """Eight variants by the studio and by the plain script, turn about, twice."""
    studio, script = [], []
    for _ in range(2):
        studio.append(_timed(lambda: _brandstudio(env, "run", str(BRIEF))))
        script.append(_timed(lambda: _python(env, "benchmarks.plain_diffusers")))
    return {
        "run_of_8_s": round(min(studio), 1),
        "plain_diffusers_s": round(min(script), 1),
        "studio_to_plain": round(min(studio) / min(script), 2),
    }


def _pages(env: dict[str, str]) -> dict[str, object]:
    port = "7987"
    started = time.perf_counter()
    with _served(env, port) as link:
        server_s = time.perf_counter() - started
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            _become_administrator(page, link)
            base = link.split("/welcome")[0]
            opened = {name: _open(page, base, *where) for name, where in PAGES.items()}
            browser.close()
    return {"server_s": round(server_s, 1), "page_s": opened}


def _open(page: Page, base: str, path: str, landmark: str) -> float:
    def visit() -> None:
        page.goto(f"{base}/studio/{path}", wait_until="commit")
        page.locator(landmark).first.wait_for(state="attached")

    visit()  # the browser's cache is warm for everybody but the very first visit
    return round(median(_timed(visit) for _ in range(5)), 2)


def _become_administrator(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url("**/studio/**")


@contextmanager
def _served(env: dict[str, str], port: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "brandstudio", "serve", "--port", port],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        link = next(
            found.group()
            for line in process.stdout
            if (found := re.search(r"http\S+token=\S+", line))
        )
        _until_it_answers(f"http://127.0.0.1:{port}/sign-in")
        yield link
    finally:
        process.terminate()
        process.wait()


def _until_it_answers(url: str) -> None:
    while True:
        try:
            urlopen(url).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def _brandstudio(env: dict[str, str], *arguments: str) -> None:
    _python(env, "brandstudio", *arguments)


def _python(env: dict[str, str], module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True)


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
