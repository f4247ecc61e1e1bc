"""Content-addressed files: written whole or not at all, named by the sha256 of their bytes."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from brandstudio.storage.blobs.local import LocalBlobs
from brandstudio.storage.blobs.port import BlobKind, Blobs, StoredFile

__all__ = ["BlobKind", "Blobs", "LocalBlobs", "StoredFile", "open_blobs"]


def open_blobs(url: str, data_dir: Path) -> Blobs:
    """The store at that URL; a folder in the data folder when it is empty.

    `file://` is this machine's disk with the full protocol; every other scheme goes through fsspec.
    Raises StorageError when the URL names nothing that can be opened.
    """
    if not url:
        return LocalBlobs(data_dir / "blobs")
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalBlobs(Path(url2pathname(parts.path)))
    # Imported only now: a studio with its files on its own disk never needs it.
    from brandstudio.storage.blobs.remote import open_remote  # noqa: PLC0415

    return open_remote(url, data_dir / "cache" / "blobs")
