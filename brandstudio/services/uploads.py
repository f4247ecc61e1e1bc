"""Images that people attach to a brief: taken in, looked at, taken back."""

from pathlib import Path

from brandstudio.domain.access import Action, require_scope
from brandstudio.domain.people import Person
from brandstudio.domain.upload import MAX_UNCLAIMED, Upload, is_visible, shown_name
from brandstudio.errors import ForbiddenError, LostFileError, NotFoundError, StudioError, count_of
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import acting
from brandstudio.storage import uploads


class TooManyUploadsError(StudioError):
    """A person has uploaded more than they use."""

    status = 429
    hint = "Submit or remove those you have attached; after a day they go by themselves."

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{count_of(waiting, 'image')} of yours wait for a brief already")
        self.waiting = waiting


class UploadInUseError(StudioError):
    """An upload is part of a run by now."""

    status = 409
    hint = "It stays with the run. To leave it out of a new brief, just take it off the form."

    def __init__(self, upload_id: int) -> None:
        super().__init__(f"Image {upload_id} is in a run already")
        self.upload_id = upload_id


class LostUploadError(LostFileError):
    """The file of an upload is missing or damaged."""

    hint = "Attach the image to the brief again, or restore the file from a backup."


def store(studio: Studio, content: bytes, *, name: str, person: Person) -> Upload:
    """Make the image anew in a process of its own, and keep nothing else of what came.

    Raises ImageRefusedError, TooManyUploadsError or StorageError, and then nothing is kept.
    """
    require_scope(person, Action.CREATE_RUN)
    _require_some_role(person)
    with studio.database.reading() as session:
        _require_few(uploads.unclaimed_of(session, person.id))
    picture = studio.decoder.render(content)
    sha256 = studio.blobs.put(picture.content, uploads.SUFFIX)
    with acting(studio, person) as act:
        _require_some_role(act.person)
        _require_few(uploads.unclaimed_of(act.session, person.id))
        return uploads.add(
            act.session,
            owner_id=person.id,
            name=shown_name(name) or "image",
            sha256=sha256,
            width_px=picture.width_px,
            height_px=picture.height_px,
            size_bytes=len(picture.content),
            at=studio.now(),
        )


def get(studio: Studio, upload_id: int, *, person: Person) -> Upload:
    """One upload, or NotFoundError for somebody else's that is in no run."""
    require_scope(person, Action.VIEW)
    with studio.database.reading() as session:
        return _visible(uploads.load(session, upload_id), person)


def image(studio: Studio, upload_id: int, sha256: str, *, person: Person) -> Path:
    """The file of an upload, for whoever may see it."""
    upload = get(studio, upload_id, person=person)
    if upload.sha256 != sha256:
        raise NotFoundError("uploaded image", upload_id)
    try:
        return studio.blobs.path(sha256, uploads.SUFFIX)
    except (NotFoundError, LostFileError) as error:
        state = error.state if isinstance(error, LostFileError) else "missing"
        raise LostUploadError(f"the image '{upload.name}'", state) from error


def remove(studio: Studio, upload_id: int, *, person: Person) -> None:
    """Take back an image of one's own that is in no run yet."""
    require_scope(person, Action.CREATE_RUN)
    with acting(studio, person) as act:
        if _visible(uploads.load(act.session, upload_id), act.person).brands:
            raise UploadInUseError(upload_id)
        uploads.remove(act.session, upload_id)


def _visible(upload: Upload, person: Person) -> Upload:
    """The upload, or NotFoundError: the same for what the person may not see."""
    if not is_visible(upload, person):
        raise NotFoundError("uploaded image", upload.id)
    return upload


def _require_some_role(person: Person) -> None:
    """Nothing, or ForbiddenError for who has no role in any brand; only a brief names the brand."""
    if person.highest_role is None:
        raise ForbiddenError(f"{person.name} has no role here and may not {Action.CREATE_RUN}")


def _require_few(waiting: int) -> None:
    if waiting >= MAX_UNCLAIMED:
        raise TooManyUploadsError(waiting)
