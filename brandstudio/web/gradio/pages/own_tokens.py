"""API tokens of one's own: the part of the account page that makes and revokes them."""

from collections.abc import Callable, Sequence

import gradio as gr

from brandstudio.domain.access import Action
from brandstudio.domain.people import ApiToken, Scope
from brandstudio.errors import BriefError, Problem
from brandstudio.services.people import tokens
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.boundary import current_person, event
from brandstudio.web.gradio.pages.page_frame import QUIETLY, place
from brandstudio.web.gradio.views import account as view
from brandstudio.web.gradio.views.markup import Markup, block

Made = tuple[Markup, str, int]


def own_tokens(studio: Studio, blocks: gr.Blocks) -> None:
    """The card with the tokens there are and the form for another."""
    with gr.Column(elem_classes="bs-card bs-account-card"):
        place(
            view.section("API tokens", "For programs that act as you. Treat one like a password.")
        )
        changed = gr.State(0)
        new_token = place()
        with gr.Column(elem_classes="bs-fields"):
            name = gr.Textbox(
                label="What is it for?", max_length=80, max_lines=1, elem_id="token-name"
            )
            days = gr.Dropdown(
                [(view.lifetime(days), days) for days in tokens.LIFETIMES],
                value=tokens.USUAL_LIFETIME,
                label="It works for",
                elem_id="token-days",
                interactive=True,  # Gradio freezes what it takes for an output
            )
        scopes = gr.CheckboxGroup(
            [(view.SCOPE_MEANING[scope], scope.value) for scope in Scope],
            value=[scope.value for scope in tokens.USUAL_SCOPES],
            label="What may it do? Your role limits it further.",
            elem_id="token-scopes",
            interactive=True,
        )
        gr.Button("Create token", elem_id="create-token").click(
            on_new_token(studio),
            inputs_kwargs={"name": name, "scopes": scopes, "days": days, "changed": changed},
            outputs=[new_token, name, changed],
            **QUIETLY,
        )

        @gr.render(inputs=[changed], triggers=[blocks.load, changed.change], show_progress="hidden")
        @event(Action.OWN_ACCOUNT)
        def show_tokens(changes: int, request: gr.Request) -> None:
            for token in tokens.own(studio, person=current_person(studio, request)):
                _token(studio, token, changes, changed)


def _token(studio: Studio, token: ApiToken, changes: int, changed: gr.State) -> None:
    with gr.Row(elem_classes="bs-row"):
        place(view.token_line(token, studio.now()))
        gr.Button(
            "Revoke", size="sm", scale=0, elem_id=f"revoke-{token.id}", elem_classes="bs-brief"
        ).click(on_revoke(studio, token.id, changes), None, changed, **QUIETLY)


def on_new_token(studio: Studio) -> Callable[[str, Sequence[str], int, int, gr.Request], Made]:
    """Make a token and show it this once."""

    @event(Action.OWN_ACCOUNT)
    def create_token(
        name: str, scopes: Sequence[str], days: int, changed: int, request: gr.Request
    ) -> Made:
        person = current_person(studio, request)
        if not set(scopes) <= set(Scope):
            raise BriefError([Problem("scopes", "choose from the list")])
        wanted = [Scope(scope) for scope in scopes]
        token = tokens.create(studio, person=person, name=name, scopes=wanted, days=days)
        return block(view.new_token(token)), "", changed + 1

    return create_token


def on_revoke(studio: Studio, token_id: int, changes: int) -> Callable[[gr.Request], int]:
    """Stop a token from working."""

    @event(Action.OWN_ACCOUNT)
    def revoke_token(request: gr.Request) -> int:
        tokens.revoke_own(studio, token_id, person=current_person(studio, request))
        return changes + 1

    return revoke_token
