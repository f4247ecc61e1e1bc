"""Account: who you are, password, sessions, API tokens; for administrators also people."""

from collections.abc import Callable

import gradio as gr

from brandstudio.domain.access import Action
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.errors import BriefError, Problem
from brandstudio.services import passwords, users
from brandstudio.services.studio import Studio
from brandstudio.web.boundary import asking, event
from brandstudio.web.pages.own_sessions import own_sessions
from brandstudio.web.pages.own_tokens import own_tokens
from brandstudio.web.pages.parts import QUIETLY, frame, heading, place
from brandstudio.web.views import account as view
from brandstudio.web.views.markup import Markup, block, element


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out; everything that depends on the person is drawn when they come."""
    frame(studio, blocks, "account")
    place(heading("Account", "Who you are here, and the keys you hold."))
    with gr.Column(elem_classes="bs-account"):
        _about(studio, blocks)
        _password(studio)
        own_sessions(studio, blocks)
        own_tokens(studio, blocks)
        _people(studio, blocks)


def _about(studio: Studio, blocks: gr.Blocks) -> None:
    with gr.Column(elem_classes="bs-card bs-account-card"):
        about = place()

        @event(Action.OWN_ACCOUNT)
        def show(request: gr.Request) -> Markup:
            return block(view.who(asking(studio, request)))

        blocks.load(show, None, about, **QUIETLY)


def _password(studio: Studio) -> None:
    with gr.Column(elem_classes="bs-card bs-account-card"):
        place(view.section("Password", "Changing it signs you out everywhere; then sign in again."))
        with gr.Column(elem_classes="bs-fields"):
            current = _secret("Current password", "current-password")
            new = _secret("New password", "new-password")
            again = _secret("New password again", "new-password-again")
        outcome = place()
        gr.Button("Change password", elem_id="change-password").click(
            on_password(studio),
            inputs_kwargs={"current": current, "new": new, "again": again},
            outputs=outcome,
            **QUIETLY,
        )


def on_password(studio: Studio) -> Callable[[str, str, str, gr.Request], Markup]:
    """Change the password of whoever asks, then lead them to the sign-in page."""

    @event(Action.OWN_ACCOUNT)
    def handler(current: str, new: str, again: str, request: gr.Request) -> Markup:
        person = asking(studio, request)
        if new != again:
            raise BriefError([Problem("new password", "type the same password twice")])
        passwords.change(studio, person=person, current=current, new=new)
        return block(element("go-to", href="/sign-in"))

    return handler


def _people(studio: Studio, blocks: gr.Blocks) -> None:
    changed = gr.State(0)

    @gr.render(inputs=[changed], triggers=[blocks.load, changed.change], show_progress="hidden")
    @event(Action.OWN_ACCOUNT)
    def show_people(changes: int, request: gr.Request) -> None:
        me = asking(studio, request)
        if not me.is_administrator:
            return
        with gr.Column(elem_classes="bs-card bs-account-card"):
            place(
                view.section("People", "Who may sign in. Another role holds from the next sign-in.")
            )
            for account in users.everyone(studio, person=me):
                _person(studio, account.person, me, changes, changed)
            _add_person(studio, changes, changed)


def _person(studio: Studio, someone: Person, me: Person, changes: int, changed: gr.State) -> None:
    is_me = someone.id == me.id
    with gr.Row(elem_classes="bs-row"):
        place(view.person_line(someone, me))
        role = gr.Dropdown(
            view.role_choices(),
            value=_everywhere(someone),
            label=f"Role of {someone.name}",
            show_label=False,
            interactive=not is_me,
            scale=0,
            min_width=160,
        )
        role.input(on_role(studio, someone.id, changes), role, changed, **QUIETLY)
        gr.Button("Disable", size="sm", scale=0, interactive=not is_me).click(
            on_disable(studio, someone.id, changes), None, changed, **QUIETLY
        )


def _add_person(studio: Studio, changes: int, changed: gr.State) -> None:
    with gr.Row(elem_classes="bs-inline"):
        name = gr.Textbox(label="Name", max_length=64, max_lines=1, elem_id="person-name")
        password = _secret("First password", "person-password")
        role = gr.Dropdown(
            view.role_choices(),
            value=Role.CREATOR.value,
            label="Role",
            elem_id="person-role",
            interactive=True,  # Gradio freezes what it takes for an output
        )
        gr.Button("Add person", elem_id="add-person", scale=0).click(
            on_add(studio, changes),
            inputs_kwargs={"name": name, "password": password, "role": role},
            outputs=changed,
            **QUIETLY,
        )


def on_role(studio: Studio, user_id: int, changes: int) -> Callable[[str, gr.Request], int]:
    """Give someone another role."""

    @event(Action.MANAGE_PEOPLE)
    def handler(role: str, request: gr.Request) -> int:
        users.set_role(studio, user_id, EVERY_BRAND, Role(role), person=asking(studio, request))
        return changes + 1

    return handler


def on_disable(studio: Studio, user_id: int, changes: int) -> Callable[[gr.Request], int]:
    """Let someone sign in no more."""

    @event(Action.MANAGE_PEOPLE)
    def handler(request: gr.Request) -> int:
        users.disable(studio, user_id, person=asking(studio, request))
        return changes + 1

    return handler


def on_add(studio: Studio, changes: int) -> Callable[[str, str, str, gr.Request], int]:
    """Add someone with a first password."""

    @event(Action.MANAGE_PEOPLE)
    def handler(name: str, password: str, role: str, request: gr.Request) -> int:
        by = asking(studio, request)
        users.add(studio, name.strip(), {EVERY_BRAND: Role(role)}, password, by=by)
        return changes + 1

    return handler


def _everywhere(person: Person) -> str | None:
    role = person.role_in(EVERY_BRAND)
    return role.value if role else None


def _secret(label: str, elem_id: str) -> gr.Textbox:
    return gr.Textbox(
        label=label, type="password", max_length=200, max_lines=1, elem_id=elem_id, interactive=True
    )
