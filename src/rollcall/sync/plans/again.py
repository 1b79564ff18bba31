"""Whether a plan asks a person for the same as another did."""

from typing import Final

from django.db import connection as database

from rollcall.sync.models import Plan

_WANTED: Final = """
    SELECT kind, employee_id, member_id, why, fields FROM sync_line WHERE plan_id = %s AND state = 'wanted'
"""


def asks_the_same(before: Plan, now: Plan) -> bool:
    """Tell whether two plans that have not begun pass the same limits and would make the same changes.

    What they only show may differ: who stays, and why.
    """
    if _limits(before) != _limits(now) or before.counts["acting"] != now.counts["acting"]:
        return False
    with database.cursor() as cursor:
        # As many on both sides: none is left over, or some are on each.
        cursor.execute(f"SELECT NOT EXISTS ({_WANTED} EXCEPT ALL {_WANTED})", [before.pk, now.pk])
        (same,) = cursor.fetchone()
    return bool(same)


def _limits(plan: Plan) -> list[str]:
    return sorted(one["breach"] for one in plan.breaches)
