"""What whoever must account for the studio does: read the audit log, and take it out as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from brandstudio.domain.access import STUDIO, Action, Thing, may, require, require_scope
from brandstudio.domain.audit_log.entries import AuditEntry, LogFormat, Place, Sought
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.people import EVERY_BRAND, Person
from brandstudio.export.audit_log import written
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import acting
from brandstudio.storage.decisions import audit_log

MAX_PAGE = 200
_EXPORTED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the log, newest first; `next_before` begins the page after it, empty at the end."""

    entries: tuple[AuditEntry, ...]
    next_before: str


def log(
    studio: Studio, sought: Sought, *, person: Person, before: str = "", limit: int = 50
) -> Page:
    """What happened and what was decided, newest first, as far as the person may know it."""
    brands, place = visible(studio, person, sought.brand), Place.read(before)
    with studio.database.reading() as session:
        entries, after = audit_log.page(session, sought, brands, place, min(limit, MAX_PAGE))
    return Page(tuple(entries), str(after) if after else "")


def export(studio: Studio, sought: Sought, kind: LogFormat, *, person: Person) -> Iterator[bytes]:
    """All of it as a file, newest first, piece by piece; that it was taken out is noted first."""
    brands = visible(studio, person, sought.brand)
    taken = Note(Event.LOG_EXPORTED, kind.value, sought.brand, _asked(sought))
    with acting(studio, person) as act:
        brands = visible(studio, act.person, sought.brand)
        act.note(taken)
    return written(_pages(studio, sought, brands), kind, brand_names(studio))


def brand_names(studio: Studio) -> Mapping[str, str]:
    """What people call the brands, by slug."""
    return {slug: brand.name for slug, brand in studio.catalogue.brands.items()}


def visible(studio: Studio, person: Person, brand: str = "") -> frozenset[str] | None:
    """Whose part of the log the person reads: that brand's, else all that they may; None for all.

    Raises ForbiddenError for whoever may read none of it.
    """
    if brand:
        require(person, Action.SEE_ACTIVITY, Thing("brand", brand, brand))
        return frozenset({brand})
    require_scope(person, Action.SEE_ACTIVITY)
    if person.is_administrator:
        return None
    brands = {*studio.catalogue.brands, *person.roles} - {EVERY_BRAND}
    readable = {one for one in brands if may(person, Action.SEE_ACTIVITY, Thing("brand", one, one))}
    if not readable:
        require(person, Action.SEE_ACTIVITY, STUDIO)
    return frozenset(readable)


def _pages(
    studio: Studio, sought: Sought, brands: frozenset[str] | None
) -> Iterator[tuple[AuditEntry, ...]]:
    """Many short looks instead of a long one, which would keep SQLite's writers waiting."""
    place: Place | None = Place()
    while place:
        with studio.database.reading() as session:
            entries, place = audit_log.page(session, sought, brands, place, _EXPORTED_AT_ONCE)
        yield tuple(entries)


def _asked(sought: Sought) -> dict[str, str]:
    """What an export was limited to, for the note about it."""
    filters = {
        "person": sought.person,
        "kind": sought.kind or "",
        "since": sought.since.isoformat() if sought.since else "",
        "until": sought.until.isoformat() if sought.until else "",
        "text": sought.text,
    }
    return {name: str(value) for name, value in filters.items() if value}
