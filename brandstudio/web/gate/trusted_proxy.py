"""Whom a trusted proxy signed in, as its header says; believed from its own addresses alone."""

from starlette.types import Scope

MAX_NAME = 64


def take_name(scope: Scope, header: str, proxies: frozenset[str]) -> str:
    """The name in the header when a proxy of ours sent it, else an empty text.

    The header is taken out of the request, whoever sent it: nothing behind the gate sees it.
    """
    if not header:
        return ""
    wanted = header.lower().encode()
    values = [value for key, value in scope["headers"] if key.lower() == wanted]
    scope["headers"] = [(k, v) for k, v in scope["headers"] if k.lower() != wanted]
    client: tuple[str, int] | None = scope.get("client")
    if client is None or client[0] not in proxies or len(values) != 1:
        return ""
    try:
        name = values[0].decode().strip()
    except UnicodeDecodeError:
        return ""
    return name if len(name) <= MAX_NAME else ""
