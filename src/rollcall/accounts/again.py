"""A transaction that PostgreSQL broke off is done again whole: deadlocks, serialisation failures, lost connections.

What is repeated must be one outermost transaction, and harmless when it was committed after all: a connection that
is lost during the commit does not say which.
"""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection

T = TypeVar("T")

TRIES: Final = 6
PATIENCE: Final = 30.0
"""Seconds for which a server that is away is asked again: a restart takes 1 to 10."""

_BROKEN_OFF: Final = frozenset({"40001", "40P01"})
# admin shutdown, crash shutdown, starting up, idle in transaction for too long
_GONE: Final = frozenset({"57P01", "57P02", "57P03", "25P03"})

log = structlog.get_logger(__name__)


def lost(error: BaseException) -> bool:
    """Tell whether this error says that the connection to the server is gone, or could not be made."""
    state = _state(error)
    if state:
        return state in _GONE or state.startswith("08")
    return isinstance(error, OperationalError | InterfaceError)


def broken_off(error: BaseException) -> bool:
    """Tell whether PostgreSQL took the transaction back for the sake of another one."""
    return _state(error) in _BROKEN_OFF


def again(work: Callable[[], T], *, though_lost: bool = True) -> T:
    """Return what ``work`` returns, which makes one transaction; do it again whole while that can help.

    ``though_lost`` is False for work that needs something of its session, such as a temporary table. Inside a
    transaction of the caller's it is done once: half a transaction can't be repeated. Raises the last error.
    """
    if connection.in_atomic_block:
        return work()
    until, tries = time.monotonic() + PATIENCE, 0
    while True:
        try:
            return work()
        except DatabaseError as error:
            tries += 1
            away = lost(error)
            helps = (away and though_lost and time.monotonic() < until) or (
                broken_off(error) and tries < TRIES
            )
            if not helps:
                raise
            log.warning("transaction_repeated", error=type(error).__name__, state=_state(error), tries=tries)
        except InterfaceError:
            if not though_lost or time.monotonic() >= until:
                raise
            tries, away = tries + 1, True
        _forget_connection(away=away)
        time.sleep(random.uniform(0.5, 1.0) * min(2.0, 0.05 * 2**tries))  # noqa: S311 - spreads, no secret


def _state(error: BaseException) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")


def _forget_connection(*, away: bool) -> None:
    """Let go of a connection that is dead, so that the next statement makes a new one."""
    if away:
        connection.close()
