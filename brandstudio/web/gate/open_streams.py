"""Cuts an open stream off soon after its person is no longer signed in.

What a page asks is checked each time; a stream was asked for once, and may stay open for hours.
"""

from asyncio import create_task
from collections.abc import Awaitable, Callable

from anyio import CancelScope, sleep, to_thread

from brandstudio.errors import StudioError

LOOK_EVERY_S = 5.0


async def while_it_holds(serve: Callable[[], Awaitable[None]], holds: Callable[[], bool]) -> bool:
    """Serve to the end, or until `holds` says no; whether it came to its end."""
    with CancelScope() as line:
        watcher = create_task(_cut(line, holds))
        try:
            await serve()
        finally:
            watcher.cancel()
    return not line.cancel_called


async def _cut(line: CancelScope, holds: Callable[[], bool]) -> None:
    may_go_on = True
    while may_go_on:
        await sleep(LOOK_EVERY_S)
        may_go_on = await to_thread.run_sync(_may_go_on, holds)
    line.cancel()


def _may_go_on(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except StudioError:  # such as a database that does not answer; the next look decides
        return True
