"""Cuts an open stream off soon after its person is no longer signed in.

What a page asks is checked each time; a stream was asked for once, and may stay open for hours.
"""

from asyncio import create_task
from collections.abc import Awaitable, Callable

from anyio import CancelScope, sleep, to_thread

from brandstudio.errors import StudioError

LOOK_EVERY_S = 5.0


async def serve_while(serve: Callable[[], Awaitable[None]], holds: Callable[[], bool]) -> bool:
    """Serve to the end, or until `holds` says no; whether it came to its end."""
    with CancelScope() as stream:
        watcher = create_task(_cut(stream, holds))
        try:
            await serve()
        finally:
            watcher.cancel()
    return not stream.cancel_called


async def _cut(stream: CancelScope, holds: Callable[[], bool]) -> None:
    is_held = True
    while is_held:
        await sleep(LOOK_EVERY_S)
        is_held = await to_thread.run_sync(_is_held, holds)
    stream.cancel()


def _is_held(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except StudioError:  # such as a database that does not answer; the next look decides
        return True
