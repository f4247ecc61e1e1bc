"""Where one is signed in: the part of the account page that ends sessions elsewhere."""

from collections.abc import Callable

import gradio as gr

from brandstudio.domain.access import Action
from brandstudio.domain.accounts import OpenSession
from brandstudio.services.people import sessions
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.boundary import current_person, event, session_token
from brandstudio.web.gradio.pages.page_frame import QUIETLY, place
from brandstudio.web.gradio.views import account as view


def own_sessions(studio: Studio, blocks: gr.Blocks) -> None:
    """The card with every browser that is signed in."""
    with gr.Column(elem_classes="bs-card bs-account-card"):
        place(view.section("Signed in", "End what you do not recognise, then change the password."))
        changed = gr.State(0)

        @gr.render(inputs=[changed], triggers=[blocks.load, changed.change], show_progress="hidden")
        @event(Action.OWN_ACCOUNT)
        def show_sessions(changes: int, request: gr.Request) -> None:
            me, token = current_person(studio, request), session_token(request)
            opened = sessions.own(studio, person=me, token=token)
            for one in opened:
                _session(studio, one, changes, changed)
            if len(opened) > 1:
                gr.Button("End all others", elem_id="end-other-sessions").click(
                    on_end_others(studio, changes), None, changed, **QUIETLY
                )


def _session(studio: Studio, opened: OpenSession, changes: int, changed: gr.State) -> None:
    with gr.Row(elem_classes="bs-row"):
        place(view.session_line(opened))
        if not opened.is_current:
            gr.Button(
                "End", size="sm", scale=0, elem_id=f"end-{opened.id}", elem_classes="bs-brief"
            ).click(on_end(studio, opened.id, changes), None, changed, **QUIETLY)


def on_end(studio: Studio, session_id: str, changes: int) -> Callable[[gr.Request], int]:
    """End one session of one's own."""

    @event(Action.OWN_ACCOUNT)
    def end_session(request: gr.Request) -> int:
        person = current_person(studio, request)
        sessions.end_own(studio, session_id, person=person)
        return changes + 1

    return end_session


def on_end_others(studio: Studio, changes: int) -> Callable[[gr.Request], int]:
    """End every session of one's own but this one."""

    @event(Action.OWN_ACCOUNT)
    def end_other_sessions(request: gr.Request) -> int:
        person = current_person(studio, request)
        sessions.end_all_own(studio, person=person, but=session_token(request))
        return changes + 1

    return end_other_sessions
