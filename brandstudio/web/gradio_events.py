"""Gradio's events: only those that the pages have, and nothing of a bug reaches a browser."""

from collections.abc import Mapping
from html import escape
from typing import Any, cast

import gradio as gr

from brandstudio.web.failures import bug


class StudioBlocks(gr.Blocks):
    """Blocks whose failures are told like all others: by a reference, with the rest in the log.

    Gradio would write the traceback and whatever was typed to standard error, past the log.
    """

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run one event."""
        try:
            return await cast(Any, super()).process_api(*args, **kwargs)
        except gr.Error as error:
            raise _toast(error.message) from error
        except Exception as error:
            what = bug(error, "a page's event")
            raise _toast(f"{what.message}. {what.hint}") from error

    def wants(self, event: Mapping[str, Any]) -> bool | None:
        """Whether an event brings what it needs; None when its session's pages have no such."""
        number, data = event.get("fn_index"), event.get("data")
        if not isinstance(number, int) or isinstance(number, bool):
            return None
        holder: Any = cast(Any, self).state_holder
        known = holder[event["session_hash"]].blocks_config.fns.get(number)
        if known is None:
            return None
        return isinstance(data, list) and len(cast(list[Any], data)) == len(known.inputs)


def _toast(said: str) -> gr.Error:
    # Gradio shows the text of an error as markup, and the text may hold what somebody typed.
    return gr.Error(escape(said, quote=False), print_exception=False)
