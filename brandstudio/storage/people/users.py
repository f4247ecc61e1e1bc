"""People and their roles, in rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from brandstudio.domain.lookalikes import unmasked
from brandstudio.domain.people import ALL_SCOPES, Person, Role, Scope
from brandstudio.errors import NotFoundError, SignInError
from brandstudio.storage.tables.people import MembershipRow, UserRow


@dataclass(frozen=True, slots=True)
class StoredUser:
    """What is stored of a person besides name and roles."""

    person: Person
    password_hash: str | None
    identity: str | None
    created_at: datetime
    disabled_at: datetime | None

    @property
    def is_removed(self) -> bool:
        """Whether nothing is left that could let them in."""
        return bool(self.disabled_at) and not (
            self.person.roles or self.password_hash or self.identity
        )


def person(row: UserRow, scopes: frozenset[Scope] = ALL_SCOPES) -> Person:
    """The value of a row."""
    roles = {m.brand: m.role for m in row.memberships}
    return Person(id=row.id, name=row.name, roles=roles, scopes=scopes)


def add(
    session: Session,
    name: str,
    roles: Mapping[str, Role],
    password_hash: str | None,
    at: datetime,
    *,
    identity: str | None = None,
) -> Person:
    """Insert a person; the name must be free."""
    row = UserRow(
        name=name,
        identity=identity,
        password_hash=password_hash,
        created_at=at,
        memberships=[MembershipRow(brand=brand, role=role) for brand, role in roles.items()],
    )
    session.add(row)
    session.flush()
    return person(row)


def find(session: Session, name: str) -> Person | None:
    """The person of that name who may still sign in, or None."""
    row = _active(session, name)
    return person(row) if row else None


def find_identity(session: Session, identity: str) -> StoredUser | None:
    """Whom an identity provider means, whether or not they may sign in; or None."""
    row = session.scalar(select(UserRow).where(UserRow.identity == identity))
    return _kept(row) if row else None


def kept(session: Session, user_id: int) -> StoredUser:
    """All of one person, or NotFoundError."""
    return _kept(_row(session, user_id))


def as_of_now(session: Session, earlier: Person) -> Person:
    """The person with the roles of this transaction, or SignInError once they are disabled.

    Between a request's first look and its write somebody may take their role away; and two who
    change each other's roles at once must not both go by what they had before.
    """
    row = _row(session, earlier.id)
    if row.disabled_at:
        raise SignInError(f"{row.name} cannot sign in any more")
    return person(row, earlier.scopes)


def all_kept(session: Session) -> tuple[StoredUser, ...]:
    """Everyone there ever was, by name; a small letter sorts like its capital."""
    kept = (_kept(row) for row in session.scalars(select(UserRow)))
    return tuple(sorted(kept, key=lambda one: (one.person.name.casefold(), one.person.id)))


def password_hash(session: Session, name: str) -> str | None:
    """The stored hash of an active person, or None."""
    row = _active(session, name)
    return row.password_hash if row else None


def name_taken(session: Session, name: str) -> bool:
    """Whether anyone, disabled or not, has this name or one that a reader would take for it."""
    shown = unmasked(name)
    return any(unmasked(known) == shown for known in session.scalars(select(UserRow.name)))


def is_known(session: Session, name: str) -> bool:
    """Whether anyone, disabled or not, has exactly this name."""
    if _is_nobodys(name):
        return False
    return session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None


def name_as_kept(session: Session, typed: str) -> str:
    """The name somebody means, whatever its capitals; as it was typed when that is nobody's."""
    if _active(session, typed):
        return typed
    names = session.scalars(select(UserRow.name).where(UserRow.disabled_at.is_(None)))
    meant = [name for name in names if name.casefold() == typed.casefold()]
    return meant[0] if len(meant) == 1 else typed


def all_active(session: Session) -> tuple[Person, ...]:
    """Everyone who may sign in, by name."""
    rows = session.scalars(
        select(UserRow).where(UserRow.disabled_at.is_(None)).order_by(UserRow.name)
    )
    return tuple(person(row) for row in rows)


def set_password(session: Session, user_id: int, password_hash: str) -> None:
    """Replace the stored password hash."""
    _change(session, user_id, password_hash=password_hash)


def set_identity(session: Session, user_id: int, identity: str) -> None:
    """Store the person's identity at the provider."""
    _change(session, user_id, identity=identity)


def set_disabled(session: Session, user_id: int, at: datetime | None) -> None:
    """Since when the person may sign in no more; None lets them in again."""
    _change(session, user_id, disabled_at=at)


def leave_nothing(session: Session, user_id: int, at: datetime) -> None:
    """Keep only the row and the name of a person, which rows of what they did speak of."""
    row = _row(session, user_id)
    row.disabled_at, row.password_hash, row.identity = row.disabled_at or at, None, None
    row.memberships = []
    session.flush()


def set_role(session: Session, user_id: int, brand: str, role: Role | None) -> Person:
    """Give a person that role in the brand, or none."""
    row = _row(session, user_id)
    row.memberships = [m for m in row.memberships if m.brand != brand]
    session.flush()
    if role is not None:
        row.memberships.append(MembershipRow(brand=brand, role=role))
    session.flush()
    return person(row)


def _change(session: Session, user_id: int, **values: object) -> None:
    session.execute(update(UserRow).where(UserRow.id == user_id).values(**values))
    session.expire_all()


def _kept(row: UserRow) -> StoredUser:
    return StoredUser(
        person=person(row),
        password_hash=row.password_hash,
        identity=row.identity,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def _row(session: Session, user_id: int) -> UserRow:
    # With their roles in one statement: how long it takes tells nobody whether there is anyone.
    found = select(UserRow).where(UserRow.id == user_id).options(joinedload(UserRow.memberships))
    row = session.scalars(found).unique().one_or_none()
    if row is None:
        raise NotFoundError("person", user_id)
    return row


def _is_nobodys(name: str) -> bool:
    # PostgreSQL fails when it is asked about a text that it could not hold.
    return "\0" in name


def _active(session: Session, name: str) -> UserRow | None:
    if _is_nobodys(name):
        return None
    return session.scalar(
        select(UserRow).where(UserRow.name == name, UserRow.disabled_at.is_(None))
    )
