"""What the account page says about a person and what they hold."""

from collections.abc import Mapping
from datetime import datetime

from brandstudio.domain.accounts import OpenSession
from brandstudio.domain.people import ApiToken, Person, Role, Scope
from brandstudio.web.gradio.views.markup import Markup, element, text
from brandstudio.web.gradio.views.words import at_time, first_upper, on_day

ROLE_MEANING = {
    Role.CREATOR: "Writes briefs, submits variants for review, builds packs.",
    Role.REVIEWER: "Also approves and rejects what others made.",
    Role.BRAND_OWNER: "Also gives roles in the brand and stands in for its creators.",
    Role.ADMINISTRATOR: "Runs the studio: all brands, all people.",
}


SCOPE_MEANING: Mapping[Scope, str] = {
    Scope.READ: "Read: see runs, images and brands",
    Scope.CREATE: "Create: start, stop and submit runs",
    Scope.REVIEW: "Review: decide on variants",
    Scope.PACK: "Pack: build packs",
    Scope.MONITOR: "Monitor: see how the studio fares",
    Scope.ADMINISTER: "Administer: people, tokens and this account",
}
# Each calls itself also by the names of those after it.
BROWSERS: Mapping[str, str] = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS: Mapping[str, str] = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def who(person: Person) -> Markup:
    """Name, role, and what the role may do."""
    return element(
        "static-part",
        element(
            "div",
            element("span", text(initials(person.name)), class_="bs-avatar", aria_hidden="true"),
            element(
                "div",
                element("strong", text(person.name)),
                element("span", text(_meaning(person))),
            ),
            class_="bs-who",
        ),
    )


def role_of(person: Person) -> str:
    """The highest role a person has anywhere, in words."""
    return person.highest_role.in_words if person.highest_role else "no role yet"


def _meaning(person: Person) -> str:
    role = person.highest_role
    if role is None:
        return "No role yet: ask an administrator or a brand's owner for one."
    return f"{first_upper(role.in_words)}. {ROLE_MEANING[role]}"


def initials(name: str) -> str:
    """`Mina Okafor` → `MO`."""
    return "".join(part[0] for part in name.replace(".", " ").split()[:2]).upper()


def token_line(token: ApiToken, now: datetime) -> Markup:
    """One API token: its name, what it may do, how it begins, until when, and its last use."""
    used = f"last used {on_day(token.last_used_at)}" if token.last_used_at else "never used"
    scopes = ", ".join(scope for scope in Scope if scope in token.scopes)
    facts = f"{token.prefix}… · may {scopes} · {_until(token.expires_at, now)} · {used}"
    return _line(token.name, facts)


def session_line(opened: OpenSession) -> Markup:
    """One browser that is signed in."""
    browser = browser_in_words(opened.origin.browser)
    where = f"{opened.origin.address} · " if opened.origin.address else ""
    seen = "now" if opened.is_current else f"last seen {at_time(opened.last_seen_at)}"
    facts = f"{where}since {at_time(opened.since)} · {seen}"
    return _line(f"{browser} (this one)" if opened.is_current else browser, facts)


def browser_in_words(agent: str) -> str:
    """`Firefox on Windows`, from what a browser calls itself."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def lifetime(days: int) -> str:
    """`90 days`; a year is a year."""
    return "a year" if days == 365 else f"{days} days"


def new_token(token: str) -> Markup:
    """A token that is shown this once."""
    return element(
        "static-part",
        element(
            "div",
            element("strong", "Copy this token now. It is not shown again."),
            element("code", text(token), class_="bs-secret"),
            class_="bs-notice good",
            role="status",
        ),
    )


def section(title: str, sentence: str) -> Markup:
    """The heading of one part of the page."""
    return element(
        "static-part",
        element("div", element("h2", text(title)), element("p", text(sentence)), class_="bs-part"),
    )


def _until(expires_at: datetime | None, now: datetime) -> str:
    if expires_at is None:
        return "works until revoked"
    return f"{'ran out' if expires_at <= now else 'works until'} {on_day(expires_at)}"


def _line(title: str, facts: str) -> Markup:
    return element(
        "static-part",
        element("strong", text(title)),
        element("span", text(facts), class_="bs-quiet"),
        class_="bs-line",
    )
