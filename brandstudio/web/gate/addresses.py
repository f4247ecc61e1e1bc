"""A request's host, origin, client address and target, from its headers."""

import re
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PAGE = re.compile(r"/(?!/)[\x21-\x5b\x5d-\x7e]*")
_WITH_PORT = re.compile(r"(?P<four>[\d.]+):\d+|\[(?P<six>[\da-fA-F:.]+)\](?::\d+)?")


def host_name(netloc: str) -> str:
    """The name in `name:port`, in lower case; `[::1]` keeps its brackets."""
    return re.sub(r":\d*$", "", netloc).lower()


def host_of(headers: Headers) -> str:
    """The host name that a request was sent to; empty when it says none, or more than one."""
    hosts = headers.getlist("host")
    return host_name(hosts[0]) if len(hosts) == 1 else ""


def foreign_origin(headers: Headers, *, is_https: bool) -> tuple[str, str] | None:
    """Why a changing request cannot have come from our own pages, or None when it did.

    Browsers send Origin with every such request; Sec-Fetch-Site confirms it.
    """
    hint = "Open the studio in its own window; programs use an API token."
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin.lower() not in _origins(headers["host"], is_https=is_https):
        return "This request came from another site", hint
    if site not in {None, "same-origin", "none"}:
        return "This request came from another site", hint
    if origin is None and site is None:
        return "This request does not say which page it came from", hint
    return None


def client_of(scope: Scope, proxies: frozenset[str]) -> tuple[str, int] | None:
    """Who sent this: the other end of the line or, past proxies of ours, whom they name."""
    client: tuple[str, int] | None = scope.get("client")
    if client is None:
        return None
    chain = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    # Each proxy adds whom it heard. What stands before the last that is not ours was written by
    # the client itself.
    for entry in reversed(chain.split(",")):
        address = _address(entry.strip()) if client[0] in proxies else None
        if address is None:
            return client
        client = address, 0
    return client


def local_path(wanted: str) -> str:
    """`wanted` if it is a path on this site, else the start page: no redirect leads elsewhere."""
    return wanted if _PAGE.fullmatch(wanted) else "/studio/"


def _origins(host: str, *, is_https: bool) -> frozenset[str]:
    """Our own origins as browsers write them; http ones can be forged by whoever is on the line."""
    schemes = ("https",) if is_https and host_name(host) not in LOCAL_HOSTS else ("http", "https")
    return frozenset(f"{scheme}://{host.lower()}" for scheme in schemes)


def _address(entry: str) -> str | None:
    with_port = _WITH_PORT.fullmatch(entry)
    bare = (with_port["four"] or with_port["six"]) if with_port else entry
    try:
        return str(ip_address(bare))
    except ValueError:
        return None
