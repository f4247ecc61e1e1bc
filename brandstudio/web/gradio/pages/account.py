"""Account: who you are, password, sessions, API tokens."""

from collections.abc import Callable

import gradio as gr

from brandstudio.domain.access import Action
from brandstudio.errors import BriefError, Problem
from brandstudio.services.people import passwords
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.boundary import current_person, event
from brandstudio.web.gradio.pages.own_sessions import own_sessions
from brandstudio.web.gradio.pages.own_tokens import own_tokens
from brandstudio.web.gradio.pages.page_frame import QUIETLY, frame, heading, place
from brandstudio.web.gradio.views import account as view
from brandstudio.web.gradio.views.markup import Markup, block, element


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out; everything that depends on the person is drawn when they come."""
    frame(studio, blocks, "account")
    place(heading("Account", "Who you are here, and the keys you hold."))
    with gr.Column(elem_classes="bs-account"):
        _about(studio, blocks)
        _password(studio)
        own_sessions(studio, blocks)
        own_tokens(studio, blocks)


def _about(studio: Studio, blocks: gr.Blocks) -> None:
    with gr.Column(elem_classes="bs-card bs-account-card"):
        about = place()

        @event(Action.OWN_ACCOUNT)
        def show_account(request: gr.Request) -> Markup:
            return block(view.who(current_person(studio, request)))

        blocks.load(show_account, None, about, **QUIETLY)


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
    def change_password(current: str, new: str, again: str, request: gr.Request) -> Markup:
        person = current_person(studio, request)
        if new != again:
            raise BriefError([Problem("new password", "type the same password twice")])
        passwords.change(studio, person=person, current=current, new=new)
        return block(element("go-to", href="/sign-in"))

    return change_password


def _secret(label: str, elem_id: str) -> gr.Textbox:
    return gr.Textbox(
        label=label, type="password", max_length=200, max_lines=1, elem_id=elem_id, interactive=True
    )
