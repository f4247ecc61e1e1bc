"""What the account page says about a person, their tokens and everyone else."""

from brandstudio.domain.people import ApiToken, Person, Role
from brandstudio.web.views.markup import Markup, element, text
from brandstudio.web.views.words import first_upper, on_day

ROLE_MEANING = {
    Role.CREATOR: "Writes briefs, submits variants for review, builds packs.",
    Role.REVIEWER: "Also approves and rejects what others made.",
    Role.BRAND_OWNER: "Also gives roles in the brand and stands in for its creators.",
    Role.ADMINISTRATOR: "Runs the studio: all brands, all people.",
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


def token_line(token: ApiToken) -> Markup:
    """One API token: its name, how it begins, when it was made and used."""
    used = f"last used {on_day(token.last_used_at)}" if token.last_used_at else "never used"
    facts = f"{token.prefix}… · made {on_day(token.created_at)} · {used}"
    return _line(token.name, facts)


def person_line(person: Person, me: Person) -> Markup:
    """One person among everyone."""
    return _line(person.name, "you" if person.id == me.id else "")


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


def role_choices() -> list[tuple[str, str]]:
    """Roles as (label, value)."""
    return [(first_upper(role.in_words), role.value) for role in Role]


def _line(title: str, facts: str) -> Markup:
    return element(
        "static-part",
        element("strong", text(title)),
        element("span", text(facts), class_="bs-quiet"),
        class_="bs-line",
    )
