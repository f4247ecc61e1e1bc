"""How often signing in may fail before it must wait; kept, so that a restart opens nothing."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.errors import TooManyAttemptsError
from brandstudio.services.studio import Studio, token_digest
from brandstudio.storage.decisions import audit_log
from brandstudio.storage.people import attempts

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 5, 20
NOBODY = "unknown"
"""Who the activity log says it was when the name is nobody's: people type passwords there."""


def begin(studio: Studio, account: str, address: str = "") -> None:
    """Count an attempt as failed until `forget` says otherwise, or TooManyAttemptsError.

    Counting first means that a hundred guesses at once are a hundred guesses.
    """
    now, limits = studio.now(), _limits(account, address)
    with studio.database.writing() as session:
        attempts.forget(session, now - WINDOW)
        times_of = {key: attempts.times(session, key) for key in limits}
        over = next((key for key, limit in limits.items() if len(times_of[key]) >= limit), None)
        if over is None:
            for key in limits:
                attempts.add(session, key, now)
            return
        # Once in a while is enough: the log is kept for ever, and guesses come in thousands.
        report_key = token_digest(f"told of {over}")
        if not attempts.times(session, report_key):
            attempts.add(session, report_key, now)
            detail = {"reason": "too many attempts", "address": address}
            audit_log.note(session, NOBODY, Note(Event.SIGN_IN_REFUSED, "", detail=detail), now)
    wait = times_of[over][-limits[over]] + WINDOW - now
    raise TooManyAttemptsError(wait.total_seconds())


def forget(studio: Studio, account: str, address: str = "") -> None:
    """It succeeded: forget the account's failures, and this attempt at its address."""
    by_account, *by_address = _limits(account, address)
    with studio.database.writing() as session:
        attempts.clear(session, by_account)
        for key in by_address:
            attempts.clear_newest(session, key)


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv6 network is given to one household whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
    return address


def _limits(account: str, address: str) -> Mapping[str, int]:
    limits = {token_digest(f"account {account.casefold()}"): PER_ACCOUNT}
    if address:
        limits[token_digest(f"address {neighbourhood(address)}")] = PER_ADDRESS
    return limits
