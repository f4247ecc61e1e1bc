"""The studio's side of the helper: whatever happens over there, this process goes on."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from brandstudio.decoder.errors import ImageRefusedError, Refusal
from brandstudio.decoder.helper import Decoder, DecoderError
from tests.hostile_images import base_images, foreign

GOOD = base_images()["png"]


def running(script: str, **changes: object) -> Decoder:
    """A decoder whose helper is this script."""
    return replace(Decoder(), command=(sys.executable, "-E", "-s", "-c", script), **changes)


def refusal_of(decoder: Decoder, content: bytes = GOOD) -> Refusal:
    with pytest.raises(ImageRefusedError) as refused:
        decoder.render(content)
    return refused.value.refusal


def test_an_image_comes_back_as_a_webp_of_our_own():
    made = Decoder().render(GOOD)
    assert (made.width_px, made.height_px) == (96, 64)
    assert made.content[8:12] == b"WEBP"
    assert Decoder().render(GOOD) == made


def test_the_reason_of_a_refusal_comes_back_in_words():
    with pytest.raises(ImageRefusedError, match="incomplete or damaged") as refused:
        Decoder().render(GOOD[:-40])
    assert "save it again" in refused.value.hint


def test_for_other_files_no_helper_is_started():
    unstartable = replace(Decoder(), command=("/nothing/there",))
    for content in foreign().values():
        assert refusal_of(unstartable, content) is Refusal.WRONG_KIND


@pytest.mark.parametrize(
    "script",
    [
        "import os; os.abort()",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import sys; sys.exit(1)",
        "import sys; sys.exit(9)",
        "",
        "print('1600 1600')",
        "import sys; sys.stdout.buffer.write(b'9 9\\n\\x89PNG')",
        "import sys; sys.stdout.buffer.write(b'1601 9\\nRIFF\\0\\0\\0\\0WEBP')",
        "import sys; sys.stdout.buffer.write(b'0 9\\nRIFF\\0\\0\\0\\0WEBP')",
        "import sys; sys.stdout.buffer.write(b'9 9\\nRIFF\\0\\0\\0\\0WEBP' + bytes(8_000_000))",
    ],
)
def test_a_helper_that_dies_or_lies_means_a_refusal_and_no_more(script):
    assert refusal_of(running(script)) is Refusal.TOO_HEAVY


def test_a_helper_that_does_not_end_is_ended():
    assert refusal_of(running("while True: pass", wait_s=0.3)) is Refusal.TOO_HEAVY


def test_a_helper_that_cannot_be_started_is_told_apart_from_a_bad_image():
    with pytest.raises(DecoderError, match="cannot be opened"):
        replace(Decoder(), command=("/nothing/there",)).render(GOOD)


def test_a_full_disk_is_not_the_images_fault(monkeypatch, tmp_path: Path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no such folder"))
    with pytest.raises(DecoderError, match="No such file or directory"):
        Decoder().render(GOOD)


def test_the_helper_inherits_no_secret_and_no_open_file(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("BRANDSTUDIO_DATABASE_URL", "postgresql://studio:secret@db/studio")
    (tmp_path / "open").write_text("secret")
    spy = (
        "import os, sys; known = set(os.environ) - {'LANG', 'LC_CTYPE'};"
        "fds = {int(n) for n in os.listdir('/proc/self/fd')} - {0, 1, 2};"
        "sys.exit(12 if known else 13 if len(fds) > 1 else 11)"
    )
    with (tmp_path / "open").open() as opened:
        assert opened.fileno() > 2
        assert refusal_of(running(spy)) is Refusal.TOO_MANY_PIXELS
