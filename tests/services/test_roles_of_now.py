"""What somebody may do is asked again where it is done: a click counts by the roles of its moment.

Between a request's first look and its write a role may be taken away and an account disabled.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from brandstudio import services
from brandstudio.domain.audit_log.entries import LogFormat, Sought
from brandstudio.domain.brief import BriefForm
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.review import Verdict
from brandstudio.errors import ForbiddenError, NotFoundError, SignInError
from brandstudio.services import audit_log, packs, reviews, runs, uploads
from brandstudio.services.people import links, passwords, sessions, tokens, users
from brandstudio.services.studio import Studio
from brandstudio.services.work.redraw import redraw
from brandstudio.services.work.worker import carry_out
from brandstudio.storage.tables.base import Base
from tests.conftest import PASSWORD
from tests.hostile_images import base_images

SERVICES = Path(services.__file__).parent
PNG = base_images()["png"]


@dataclass(frozen=True)
class There:
    """What there is to act on, and who acts."""

    studio: Studio
    form: BriefForm
    kim: Person
    """An administrator, as a request saw them before they lost it."""
    other: Person
    session: str
    run: int
    running: int
    cancelled: int
    variants: tuple[int, ...]
    upload: int
    link: str
    token: int


@pytest.fixture
def there(studio, people, pending, brief, worker):
    by = users.operator(studio)
    kim = users.add(studio, "kim", {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=by)
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    running, cancelled = (runs.submit(studio, brief(), person=kim) for _ in range(2))
    runs.cancel(studio, cancelled, person=kim)
    mine = runs.submit(studio, brief(seed=8), person=kim)
    carry_out(worker, mine)
    first, lost, *_ = runs.variants(studio, mine, person=kim)
    studio.blobs.path(lost.sha256, "png").unlink()
    sessions.sign_in(studio, "carla", PASSWORD)
    links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    tokens.create(studio, person=people.carla, name="nightly")
    return There(
        studio=studio,
        form=brief(),
        kim=kim,
        other=people.carla,
        session=sessions.own(studio, person=people.carla)[0].id,
        run=mine,
        running=running,
        cancelled=cancelled,
        variants=(pending[0].id, pending[1].id, first.id),
        upload=uploads.store(studio, PNG, name="can.png", person=kim).id,
        link=links.all_open(studio, person=people.ada)[0].id,
        token=tokens.own(studio, person=people.carla)[0].id,
    )


CHANGES: Mapping[str, Callable[[There], object]] = {
    "submit": lambda t: runs.submit(t.studio, t.form, person=t.kim),
    "cancel": lambda t: runs.cancel(t.studio, t.running, person=t.kim),
    "pause": lambda t: runs.pause(t.studio, t.running, person=t.kim),
    "resume": lambda t: runs.resume(t.studio, t.running, person=t.kim),
    "retry": lambda t: runs.retry(t.studio, t.cancelled, person=t.kim),
    "redraw": lambda t: redraw(t.studio, t.run, person=t.kim),
    "approve": lambda t: reviews.decide(
        t.studio, t.variants[1], Verdict.APPROVE, person=t.kim, request_id="click"
    ),
    "put up for review": lambda t: reviews.decide(
        t.studio, t.variants[2], Verdict.SUBMIT, person=t.kim
    ),
    "pack": lambda t: packs.build(t.studio, t.variants[:1], ["story"], person=t.kim),
    "attach": lambda t: uploads.store(t.studio, PNG, name="more.png", person=t.kim),
    "add": lambda t: users.add(t.studio, "eve", {}, PASSWORD, by=t.kim),
    "give a role": lambda t: users.set_role(
        t.studio, t.other.id, EVERY_BRAND, Role.REVIEWER, person=t.kim
    ),
    "disable": lambda t: users.disable(t.studio, t.other.id, person=t.kim),
    "enable": lambda t: users.enable(t.studio, t.other.id, person=t.kim),
    "invite": lambda t: links.invite(t.studio, "", {"voltra": Role.CREATOR}, person=t.kim),
    "a link": lambda t: links.for_password(t.studio, t.other.id, person=t.kim),
    "withdraw": lambda t: links.withdraw(t.studio, t.link, person=t.kim),
    "end a session": lambda t: sessions.end(t.studio, t.other.id, t.session, person=t.kim),
    "end all": lambda t: sessions.end_all(t.studio, t.other.id, person=t.kim),
    "revoke": lambda t: tokens.revoke(t.studio, t.token, person=t.kim),
    "reset": lambda t: passwords.reset(t.studio, "carla", "another long one", by=t.kim),
    "export": lambda t: audit_log.export(t.studio, Sought(), LogFormat.CSV, person=t.kim),
}
OWN: Mapping[str, Callable[[There], object]] = {
    "a token": lambda t: tokens.create(t.studio, person=t.kim, name="late"),
    "a password": lambda t: passwords.change(
        t.studio, person=t.kim, current=PASSWORD, new="another long one"
    ),
    "take an image back": lambda t: uploads.remove(t.studio, t.upload, person=t.kim),
    "end one's sessions": lambda t: sessions.end_all_own(t.studio, person=t.kim),
}
"""What everybody may do with their own account, unless they are disabled."""


def everything(studio: Studio) -> str:
    """All rows but those that count attempts to sign in, which begin before anything is known."""
    with studio.database.reading() as session:
        tables = [t for t in Base.metadata.sorted_tables if t.name != "sign_in_attempts"]
        return str([session.execute(table.select()).all() for table in tables])


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_lost_their_roles_meanwhile_changes_nothing(there, people, change):
    users.set_role(there.studio, there.kim.id, EVERY_BRAND, None, person=people.ada)
    before = everything(there.studio)
    with pytest.raises((ForbiddenError, NotFoundError)):
        CHANGES[change](there)
    assert everything(there.studio) == before


@pytest.mark.parametrize("change", [*CHANGES, *OWN])
def test_whoever_was_disabled_meanwhile_changes_nothing(there, people, change):
    users.disable(there.studio, there.kim.id, person=people.ada)
    before = everything(there.studio)
    with pytest.raises(SignInError):
        {**CHANGES, **OWN}[change](there)
    assert everything(there.studio) == before


def test_whoever_writes_for_somebody_does_so_in_their_act():
    """Or the table above would miss the next one: `acting` alone opens the transaction."""
    alone = {
        name
        for name, function in _functions()
        if {"person", "by", "ask"} & {argument.arg for argument in _arguments(function)}
        and re.search(r"database\.(writing|claiming)\(", ast.unparse(function))
    }
    assert alone == {*FOR_THEM, "transaction.py: acting"}


def test_every_act_requires_an_action():
    careless = {
        name
        for name, function in _functions()
        if re.search(r"with acting\(\w+, [\w.]+\)", written := ast.unparse(function))
        and not re.search(r"act\.require\(|require\w*\((act\.person|ask)\b", written)
    }
    assert careless == REQUIRED_ELSEWHERE.keys()


FOR_THEM = {"identities.py: _refuse", "sessions.py: _refused"}
"""Nobody acts there: somebody was not let in."""
REQUIRED_ELSEWHERE = {
    "audit_log.py: export": "`visible` requires it for every brand",
    "sessions.py: open_for": "whoever proved who they are signs in",
    "uploads.py: remove": "only the owner sees an upload that is in no run",
    "users.py: act_as": "the machine's operator acts",
}


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(SERVICES.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                yield f"{path.name}: {function.name}", function


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.args, *function.args.kwonlyargs]
