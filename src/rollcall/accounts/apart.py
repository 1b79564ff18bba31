"""Work for many companies in one round: whatever one of them raises, the others get theirs."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import structlog
from django.db import connection

Item = TypeVar("Item", bound=tuple[int, *tuple[Any, ...]])

log = structlog.get_logger(__name__)


def one_by_one(what: str, items: Iterable[Item], do: Callable[[Item], object]) -> int:
    """Do something with each item, whose first value is its company's id; return how many raised.

    ``do`` opens its own transaction, so what it began is taken back with it. An error is logged under ``what`` with
    the company's id, and the round goes on: the next one tries that item again.
    """
    failed = total = 0
    for item in items:
        total += 1
        try:
            do(item)
        except Exception:  # whatever one company's rows raise is logged and counted, and stops nobody else
            failed += 1
            log.exception(what, company_id=item[0])
            if not connection.in_atomic_block:
                # A connection that the error has killed would fail all the others too.
                connection.close_if_unusable_or_obsolete()
    if failed:
        log.error("round_incomplete", what=what, failed=failed, of=total)
    return failed
