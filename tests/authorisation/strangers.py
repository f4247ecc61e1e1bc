"""Every parameter of every route in which a stranger can name another brand's thing, twice: with
the name of what there is, and with that of what there never was."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from tests.authorisation.rest import Route
from tests.authorisation.world import CLICK, OTHER_BRIEF, World
from tests.conftest import BRIEF

API = "/api/v1"
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """What somebody of another brand may have heard of; or things of the same form that are not."""

    brand: str
    run: int
    variant: int
    pack: int
    upload: int
    person: int
    image: str
    uploaded: str
    link: str
    session: str
    token: int
    request: str


@dataclass(frozen=True)
class Asked:
    """One request, for a pair of names."""

    name: str
    method: str
    path: str
    body: Body | None = None


@dataclass(frozen=True)
class Told:
    """All that comes back, and all that it left behind."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    statements: tuple[str, ...]
    rows: str


def there(world: World) -> Names:
    """Voltra's things."""
    return Names(
        brand="voltra",
        run=world.run,
        variant=max(world.variants),
        pack=world.pack,
        upload=world.upload.id,
        person=world.bystander.id,
        image=world.images[0],
        uploaded=world.upload.sha256,
        link=world.a_link(),
        session=world.a_session(),
        token=[world.a_token() for _ in range(2)][-1],
        request=CLICK,
    )


def nowhere(real: Names) -> Names:
    """Things that do not exist, their names exactly as long."""

    def no(number: int) -> int:
        assert number < 10 ** len(str(number)) - 1
        return 10 ** len(str(number)) - 1

    return Names(
        brand="voltrq",
        run=no(real.run),
        variant=no(real.variant),
        pack=no(real.pack),
        upload=no(real.upload),
        person=no(real.person),
        image="0" * 64,
        uploaded="0" * 64,
        link="0" * 16,
        session="0" * 16,
        token=no(real.token),
        request="click-of-nobody-atall",
    )


def every_question(of: Names, own: Names) -> Iterator[Asked]:
    """The requests with these names; `own` are those of what the stranger's brand has."""
    yield from _by_path(of)
    for way in ("plans", "runs"):
        yield Asked(f"{way}: brand", "POST", f"{API}/{way}", {**BRIEF, "brand": of.brand})
        yield Asked(
            f"{way}: references", "POST", f"{API}/{way}", {**OTHER_BRIEF, "references": [of.upload]}
        )
    yield from _in_lists(of)
    yield from _verdicts(of)
    for variants in ([of.variant], [own.variant, of.variant], [of.variant, own.variant]):
        body = {"variants": variants, "placements": ["story"]}
        yield Asked(f"packs: variants {len(variants)}", "POST", f"{API}/packs", body)
    yield from _people(of, own)
    path = f"{API}/administration/people/{of.person}"
    yield Asked(path, "DELETE", path)  # last: afterwards there is nobody to ask about


def _by_path(of: Names) -> Iterator[Asked]:
    runs, variants, packs = f"{API}/runs/{of.run}", f"{API}/variants", f"{API}/packs/{of.pack}"
    people = f"{API}/administration/people/{of.person}"
    for method, path in (
        ("GET", f"{API}/uploads/{of.upload}"),
        ("DELETE", f"{API}/uploads/{of.upload}"),
        ("GET", runs),
        *(("POST", f"{runs}/{verb}") for verb in ("cancel", "pause", "resume", "retry", "redraw")),
        ("GET", f"{runs}/variants"),
        ("GET", f"{runs}/events"),
        ("GET", f"{variants}/{of.variant}/decisions"),
        ("GET", packs),
        ("GET", f"{packs}/download"),
        ("HEAD", f"{packs}/download"),
        ("POST", f"{people}/password-link"),
        ("DELETE", f"{people}/sessions/{of.session}"),
        ("DELETE", f"{people}/sessions"),
        ("DELETE", f"{API}/administration/tokens/{of.token}"),
        ("DELETE", f"{API}/administration/links/{of.link}"),
        ("POST", f"{people}/disable"),
        ("POST", f"{people}/enable"),
    ):
        yield Asked(path, method, path)
    for path in (
        f"/images/{of.image}.png",
        f"/images/{of.image}/thumb",
        f"/images/{of.image}/thumb?w=512",
        f"/uploads/{of.upload}/{of.uploaded}.webp",
        f"/uploads/{of.upload}/{'0' * 64}.webp",
        f"/brands/{of.brand}/logo.svg",
        f"/brands/{of.brand}/brand.yaml",
        f"/renditions/{of.variant}/story",
        f"/renditions/{of.variant}/nothing-of-this-name",
    ):
        yield Asked(path, "GET", path)
        yield Asked(path, "HEAD", path)


def _in_lists(of: Names) -> Iterator[Asked]:
    log = f"{API}/administration/log"
    for path in (
        f"{API}/runs?brand={of.brand}",
        f"{API}/runs?brand={of.brand}&status=succeeded&limit=1",
        f"{API}/review?brand={of.brand}",
        f"{API}/assets?brand={of.brand}",
        f"{API}/assets?run={of.run}",
        f"{log}?brand={of.brand}",
        f"{log}?text=run+{of.run}",
        f"{log}?text=variant+{of.variant}&kind=decisions",
        f"{log}?person=bystander" if of.brand == "voltra" else f"{log}?person=somebodyy",
        f"{log}/export?brand={of.brand}&format=jsonl",
    ):
        yield Asked(path, "GET", path)


def _verdicts(of: Names) -> Iterator[Asked]:
    for verdict in ("submit", "withdraw", "approve", "reject", "request_changes", "reopen"):
        body = {"variants": [of.variant], "verdict": verdict, "comment": "dull"}
        yield Asked(f"decisions: {verdict}", "POST", f"{API}/decisions", body)
        told = body | {"request_id": of.request, "versions": {str(of.variant): 1}}
        yield Asked(f"decisions again: {verdict}", "POST", f"{API}/decisions", told)


def _people(of: Names, own: Names) -> Iterator[Asked]:
    base = f"{API}/administration"
    for role in ("reviewer", "administrator", None):
        for brand, person in ((of.brand, own.person), ("solenne", of.person), ("*", of.person)):
            path, body = f"{base}/people/{person}/roles", {"brand": brand, "role": role}
            yield Asked(f"roles: {brand} {role}", "PUT", path, body)
    for roles in ({of.brand: "creator"}, {"solenne": "creator", of.brand: "creator"}):
        yield Asked(f"invitations: {len(roles)}", "POST", f"{base}/invitations", {"roles": roles})


def parameters(route: Route) -> set[str]:
    """What of a route's address a stranger can choose."""
    return set(re.findall(r"\{([^}:]*)", route.path))


def told(world: World, actor: str, asked: Asked, names: Names) -> Told:
    """Ask it, with every name in the answer made the same."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = world.studio.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        answer = world.browser(actor).request(
            asked.method,
            asked.path,
            json=asked.body,
            headers={"Accept": "application/json", "If-None-Match": f'"{names.image}"'},
        )
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # Drawn anew for each request, whatever is asked.
    headers = dict(answer.headers)
    body = answer.content.replace(headers.pop("x-request-id").encode(), b"R")
    return Told(
        answer.status_code,
        headers,
        _without_names(body, names, in_refusals=answer.status_code >= 400),
        tuple(said for said in statements if not said.startswith("UPDATE sessions")),
        world.everything(),
    )


def _without_names(content: bytes, names: Names, *, in_refusals: bool) -> bytes:
    """The answer with each name as `N`; of numbers only those in what refuses."""
    said = content.decode("latin-1")
    for name in (names.brand, names.link, names.session, names.uploaded, names.image[:12]):
        said = said.replace(name, "N")
    if in_refusals or '"refused"' in said:
        said = re.sub(r"\d+", "N", said)
    return said.encode("latin-1")
