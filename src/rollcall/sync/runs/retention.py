"""What is kept of runs that found nothing: each one for some days, then one a day, and after a year or so none.

Ten thousand connections make 87 million runs a year, and nearly all of them say the same: nothing had changed. A run
with a plan, a change, a doubt, a failure or a person behind it is no such run. Plans, their lines and the audit log are
never touched: what was done can be taken back, looked at and proven for as long as its company is here.
"""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.again import again
from rollcall.accounts.apart import one_by_one
from rollcall.sync.models import Run

log = structlog.get_logger(__name__)

DUTY: Final = "schedule"
EACH_SETTING: Final = "ROLLCALL_KEEP_RUNS_DAYS"
HISTORY_SETTING: Final = "ROLLCALL_KEEP_HISTORY_DAYS"
EACH_DAYS: Final = 3
LEAST_EACH_DAYS: Final = 2
HISTORY_DAYS: Final = 400
LEAST_HISTORY_DAYS: Final = 90

NEWEST: Final = 20
"""So many runs of a connection are kept whatever their age: what is usual and what died is read from them."""

COMPANIES_AT_ONCE: Final = 500

_QUIET: Final = """
    {r}.state = 'succeeded' AND {r}.error = '' AND {r}.trigger IN ('clock', 'webhook')
    AND {r}.seen @> '{{"new": 0, "changed": 0, "absent": 0, "set_aside": 0, "moved": false}}'
    AND coalesce({r}.seen -> 'unusual', '[]') = '[]' AND coalesce({r}.seen -> 'partial', '[]') = '[]'
    AND NOT {r}.seen ? 'caught_up'
    AND NOT jsonb_path_exists(coalesce({r}.seen -> 'kept', '{{}}'), '$.*[*]')
    AND NOT EXISTS (SELECT FROM sync_plan p WHERE p.run_id = {r}.id)
"""
_OLD: Final = """
    AND r.id < (SELECT min(n.id) FROM (SELECT id FROM sync_run n WHERE n.connection_id = r.connection_id
                                       ORDER BY id DESC LIMIT %(newest)s) n)
"""
# The last full read of a day stands for it, else the last read: the usual number of people is known from full ones.
_LIKE_ANOTHER: Final = f"""
    DELETE FROM sync_run r WHERE NOT r.settled AND r.started_at < %(each)s AND {_QUIET.format(r="r")} AND EXISTS (
        SELECT FROM sync_run d
        WHERE d.connection_id = r.connection_id
          AND d.started_at >= date_trunc('day', r.started_at, 'UTC')
          AND d.started_at < date_trunc('day', r.started_at, 'UTC') + interval '1 day'
          AND ((d.seen -> 'full') = 'true', d.id) > ((r.seen -> 'full') = 'true', r.id) AND {_QUIET.format(r="d")})
    {_OLD}
"""
_LONG_PAST: Final = f"""
    DELETE FROM sync_run r WHERE r.started_at < %(history)s AND {_QUIET.format(r="r")} {_OLD}
"""


def kept_days() -> tuple[int, int]:
    """Return for how many days each run is kept, and the one that stands for a day. Raises ``ValueError``."""
    found = []
    for name, usual, least in (
        (EACH_SETTING, EACH_DAYS, LEAST_EACH_DAYS),
        (HISTORY_SETTING, HISTORY_DAYS, LEAST_HISTORY_DAYS),
    ):
        text = os.environ.get(name, "").strip() or str(usual)
        if not text.isascii() or not text.isdecimal() or len(text) > 6 or int(text) < least:
            raise ValueError(f"{name} is a number of days, at least {least}.")
        found.append(int(text))
    return found[0], found[1]


def forget(timestamp: int = 0) -> None:
    """Let go of what need not be kept, of the companies that have waited for it longest; a periodic job."""
    now = timezone.now()
    each, history = kept_days()
    # Whole days only, so that it is known which run stands for a day.
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=each)
    one_by_one(
        "runs_not_forgotten",
        [(one,) for one in _companies(day)],
        lambda one: again(partial(of_company, one[0], day, now - timedelta(days=history))),
    )


def _companies(day: datetime) -> Sequence[int]:
    with access.on_duty(DUTY):
        old = Run.objects.filter(settled=False, started_at__lt=day).order_by("started_at")
        return list(dict.fromkeys(old.values_list("company_id", flat=True)[: COMPANIES_AT_ONCE * 24]))[
            :COMPANIES_AT_ONCE
        ]


def of_company(company_id: int, each: datetime, history: datetime) -> int:
    """Forget runs of one company that began before ``each`` and are like another of their day; return how many.

    Also those that found nothing and began before ``history``. What is left of before ``each`` is not looked at again.
    """
    values: dict[str, datetime | int] = {"each": each, "history": history, "newest": NEWEST}
    with access.acting_for(company_id), database.cursor() as cursor:
        cursor.execute(_LIKE_ANOTHER, values)
        gone = int(cursor.rowcount)
        cursor.execute(_LONG_PAST, values)
        gone += int(cursor.rowcount)
        cursor.execute("UPDATE sync_run SET settled = true WHERE NOT settled AND started_at < %s", [each])
    if gone:
        log.info("runs_forgotten", company_id=company_id, runs=gone)
    return gone
