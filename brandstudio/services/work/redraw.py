"""Draw again what the disk lost or the model left empty: the recipe of every image is kept."""

from brandstudio.domain.access import Action, require
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.people import Person
from brandstudio.domain.run import UNFINISHED, RunRecord, RunStatus, VariantRecord
from brandstudio.errors import LostFileError, NotFoundError, RunStateError
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import acting
from brandstudio.storage import references
from brandstudio.storage.blobs import BlobKind
from brandstudio.storage.work import queue, runs, submissions


def redraw(studio: Studio, run_id: int, *, person: Person) -> int:
    """Queue the images of a finished run again that are missing, damaged or empty; how many.

    On the same device they come out byte for byte the same when they are drawn in a batch of the
    same size, so that decisions stay true; otherwise some pixels are rounded the other way, and an
    approved variant has to be approved again before it is packed.
    """
    with studio.database.reading() as session:
        require(person, Action.RETRY_RUN, runs.thing(session, run_id))
        _require_ended(runs.load(session, run_id))
        variants = runs.variants_of(session, run_id)
    # Looked at before anybody has to wait for the write lock: a store may be far away.
    lost = [variant.id for variant in variants if _is_lost(studio, variant)]
    if not lost:
        raise RunStateError(f"No image of run {run_id} is missing, damaged or empty")
    with acting(studio, person) as act:
        act.require(Action.RETRY_RUN, runs.thing(act.session, run_id))
        run = runs.load(act.session, run_id)
        _require_ended(run)
        references.draw_again(act.session, lost)
        queue.queue_again(act.session, run_id, studio.now())
        submissions.add_maker(act.session, run_id, act.person.id)
        done = Note(Event.RUN_REDRAWN, f"run {run_id}", run.brief.brand)
        act.note(done)
    return len(lost)


def _require_ended(run: RunRecord) -> None:
    if run.status in UNFINISHED:
        raise RunStateError(f"Run {run.id} is {run.status}; it is being drawn already")


def _is_lost(studio: Studio, variant: VariantRecord) -> bool:
    if variant.failure is not None:
        return True
    if variant.status is not RunStatus.SUCCEEDED:
        return False
    names = [variant.sha256 or "", *([variant.upscaled.sha256] if variant.upscaled else [])]
    return any(_state(studio, sha256) in {"missing", BlobKind.DAMAGED} for sha256 in names)


def _state(studio: Studio, sha256: str) -> str:
    try:
        studio.blobs.path(sha256, "png")
    except LostFileError as error:
        return error.state
    except NotFoundError:
        return "missing"
    return BlobKind.WHOLE
