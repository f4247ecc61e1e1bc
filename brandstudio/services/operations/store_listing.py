"""What lies in the store beside what rows need of it: whole, lost, orphaned or strange."""

from dataclasses import dataclass, field

from brandstudio.services.studio import Studio
from brandstudio.storage import references
from brandstudio.storage.blobs import BlobKind, StoredFile
from brandstudio.storage.references import Key, Reference

SLICES = 7


@dataclass(frozen=True, slots=True)
class Lost:
    """A file that a row needs and that cannot be read: `missing` or `damaged`."""

    owner: str
    sha256: str
    state: str


@dataclass(frozen=True, slots=True)
class StoreListing:
    """Everything in the store beside everything that rows speak of, at one moment."""

    needed: tuple[Reference, ...]
    whole: frozenset[Key]
    marked: dict[Key, BlobKind] = field(default_factory=dict[Key, BlobKind])
    orphans: tuple[StoredFile, ...] = ()
    parts: tuple[StoredFile, ...] = ()
    strange: tuple[str, ...] = ()
    size_bytes: int = 0

    @property
    def lost(self) -> tuple[Lost, ...]:
        """What rows need and the store lacks; what retention took away is not lost."""
        return tuple(
            Lost(need.owner, need.sha256, self.marked.get(need.key, "missing"))
            for need in self.needed
            if need.key not in self.whole and self.marked.get(need.key) is not BlobKind.REMOVED
        )


def take_stock(studio: Studio) -> StoreListing:
    """Walk the store, then read the rows: a file whose row comes meanwhile is never an orphan.

    And files that rows need and the walk did not meet are asked for once more: they may have come
    while it walked, and an administrator who is told of losses that are none stops listening.
    """
    found = list(studio.blobs.survey())
    with studio.database.reading() as session:
        needed = tuple(references.everything(session))
        kept = {need.key for need in needed} | references.decided_on(session)
    whole = [each for each in found if each.kind is BlobKind.WHOLE]
    met = {each.key for each in found}
    came = {n.key for n in needed if n.key not in met and studio.blobs.exists(*n.key)}
    return StoreListing(
        needed=needed,
        whole=frozenset({each.key for each in whole} | came),
        marked={e.key: e.kind for e in found if e.kind in {BlobKind.DAMAGED, BlobKind.REMOVED}},
        orphans=tuple(each for each in whole if each.key not in kept),
        parts=tuple(each for each in found if each.kind is BlobKind.PART),
        strange=tuple(sorted(each.place for each in found if each.kind is BlobKind.STRANGE)),
        size_bytes=sum(each.size_bytes for each in whole),
    )


def slice_of(stock: StoreListing, day: int) -> tuple[Key, ...]:
    """The seventh of the store that is read on that day: every file once a week."""
    return tuple(sorted(k for k in stock.whole if int(k[0][:8], 16) % SLICES == day % SLICES))
