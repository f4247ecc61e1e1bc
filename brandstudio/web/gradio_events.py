"""Gradio's events: only those that the pages have, and nothing of a bug reaches a browser."""

import logging
from html import escape
from secrets import token_hex
from typing import Any, cast

import gradio as gr

from brandstudio.errors import StudioError
from brandstudio.journal import about, reference
from brandstudio.web.failures import bug
from brandstudio.web.joins import Event, Join, StalePageError, UnreadableEventError

log = logging.getLogger(__name__)


class StudioBlocks(gr.Blocks):
    """Blocks whose failures are told like all others: by a reference, with the rest in the log.

    Gradio would write the traceback and whatever was typed to standard error, past the log.
    """

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run one event, under a reference of its own: it is no longer the request's that began it.

        Queued events run after that was answered.
        """
        with about(request=token_hex(6)):
            try:
                return await cast(Any, super()).process_api(*args, **kwargs)
            except StudioError as error:
                raise _toast(f"{error.told}. {error.hint} Reference {reference()}.") from error
            except gr.Error as error:
                raise _toast(f"{error.message} Reference {reference()}.") from error
            except Exception as error:  # the outermost boundary of an event
                what = bug(error, "a page's event")
                raise _toast(f"{what.message}. {what.hint}") from error

    async def preprocess_data(self, *args: Any, **kwargs: Any) -> Any:
        """What the fields of a page hold; whatever no page of ours sends is refused in our words.

        Gradio would tell the browser all choices there are, and the log whatever was typed.
        """
        try:
            return await cast(Any, super()).preprocess_data(*args, **kwargs)
        except Exception as error:  # Gradio raises what it likes
            log.info("an event is none that a page sends: %s", type(error).__name__)
            raise UnreadableEventError from error

    def require_wanted(self, event: Event) -> None:
        """Do nothing if a page of the event's session has it, and it brings what that needs.

        Raises StalePageError or UnreadableEventError.
        """
        holder: Any = cast(Any, self).state_holder
        known = holder[event.session_hash].blocks_config.fns.get(event.fn_index)
        if known is None:
            raise StalePageError
        if isinstance(event, Join) and len(event.data) != len(known.inputs):
            raise UnreadableEventError


def _toast(said: str) -> gr.Error:
    # Gradio shows the text of an error as markup, and the text may hold what somebody typed.
    return gr.Error(escape(said, quote=False), print_exception=False)
