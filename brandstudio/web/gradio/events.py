"""Gradio's events: only those that the pages have, and nothing of a bug reaches a browser."""

import logging
from html import escape
from secrets import token_hex
from typing import Any, cast

import gradio as gr

from brandstudio.errors import NotFoundError, StudioError
from brandstudio.logs import about, reference
from brandstudio.web.failures import log_bug
from brandstudio.web.gate.gradio_bodies import (
    CancelEvent,
    GradioEvent,
    JoinEvent,
    StalePageError,
    UnreadableEventError,
)

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
                raise _toast(
                    f"{error.public_message}. {error.hint} Reference {reference()}."
                ) from error
            except gr.Error as error:
                raise _toast(f"{error.message} Reference {reference()}.") from error
            except Exception as error:  # the outermost boundary of an event
                failure = log_bug(error, "a page's event")
                raise _toast(f"{failure.message}. {failure.hint}") from error

    async def preprocess_data(self, *args: Any, **kwargs: Any) -> Any:
        """What the fields of a page hold; whatever no page of ours sends is refused in our words.

        Gradio would tell the browser all choices there are, and the log whatever was typed.
        """
        try:
            return await cast(Any, super()).preprocess_data(*args, **kwargs)
        except Exception as error:  # Gradio raises what it likes
            log.info("an event is none that a page sends: %s", type(error).__name__)
            raise UnreadableEventError from error

    def require_wanted(self, event: GradioEvent) -> None:
        """Do nothing if a page of the event's session has it, and it brings what that needs.

        Raises StalePageError, UnreadableEventError or NotFoundError.
        """
        declared = self._sessions[event.session_hash].blocks_config.fns.get(event.fn_index)
        if declared is None:
            raise StalePageError
        if isinstance(event, JoinEvent) and len(event.data) != len(declared.inputs):
            raise UnreadableEventError
        if isinstance(event, CancelEvent):
            self._require_started(event)

    def is_awaited(self, session_hash: str) -> bool:
        """Whether an event of that session was started whose outcome nobody has heard yet."""
        return session_hash in self._waiting.pending_messages_per_session

    def forget(self, session_hash: str) -> None:
        """Keep nothing of a session that its person no longer uses."""
        with self._sessions.lock:
            self._sessions.session_data.pop(session_hash, None)
            self._sessions.time_last_used.pop(session_hash, None)

    def _require_started(self, event: CancelEvent) -> None:
        # Gradio would take any event out of its queue whose id is named.
        if event.event_id not in self._waiting.pending_event_ids_session.get(
            event.session_hash, ()
        ):
            raise NotFoundError("event of this page", event.event_id)

    @property
    def _sessions(self) -> Any:
        return cast(Any, self).state_holder

    @property
    def _waiting(self) -> Any:
        return cast(Any, self)._queue


def _toast(text: str) -> gr.Error:
    # Gradio shows the text of an error as markup, and the text may hold what somebody typed.
    return gr.Error(escape(text, quote=False), print_exception=False)
