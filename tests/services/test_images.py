"""Small copies of stored images: made from checked bytes, few at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from PIL import Image

from brandstudio.errors import LostFileError
from brandstudio.services import images
from brandstudio.storage.blobs import Blobs


def small(studio, people, variant, width_px=128):
    return images.thumbnail(studio, variant.upscaled.sha256, person=people.rita, width_px=width_px)


def test_a_small_copy_is_as_wide_as_asked_and_made_once(studio, people, pending):
    made = small(studio, people, pending[0])
    with Image.open(made) as image:
        assert (image.format, image.size) == ("WEBP", (128, 128))
    before = made.stat().st_mtime_ns
    assert small(studio, people, pending[0], 100) == made
    assert made.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "spoil",
    [lambda png: png[:-40], lambda png: png + b"?", lambda _: b"\x89PNG", lambda _: b"<svg/>"],
    ids=["cut", "longer", "begun", "exchanged"],
)
def test_bytes_that_nobody_drew_are_never_opened_and_called_damaged(studio, people, pending, spoil):
    file = studio.blobs.path(pending[0].upscaled.sha256, "png")
    file.write_bytes(spoil(file.read_bytes()))
    for _ in range(2):
        with pytest.raises(LostFileError, match=f"image of variant {pending[0].id} is damaged"):
            small(studio, people, pending[0])
    assert not list(studio.cache_folder.rglob("*.webp"))


@dataclass
class Held:
    """A store that gives nothing out until as many ask as may, and counts them."""

    store: Blobs
    full: threading.Barrier
    lock: threading.Lock = field(default_factory=threading.Lock)
    at_once: int = 0
    most_at_once: int = 0

    def get(self, sha256: str, suffix: str) -> bytes:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.full.wait(60)
        with self.lock:
            self.at_once -= 1
        return self.store.get(sha256, suffix)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_few_are_unpacked_at_a_time_however_many_are_asked_for(studio, people, pending):
    held = Held(studio.blobs, threading.Barrier(images.UNPACKED_AT_ONCE))
    busy = replace(studio, blobs=held)
    asked = [(variant, width) for variant in pending for width in images.THUMBNAIL_WIDTHS[:4]]
    assert len(asked) == 4 * images.UNPACKED_AT_ONCE
    with ThreadPoolExecutor(len(asked)) as threads:
        made = list(threads.map(lambda one: small(busy, people, *one), asked))
    assert len({*made}) == len(asked)
    assert held.most_at_once == images.UNPACKED_AT_ONCE
