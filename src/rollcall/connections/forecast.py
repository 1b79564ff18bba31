"""Who starts and who leaves soon, as the mirror has it: for people to read, never for a decision."""

from datetime import date
from typing import Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.belonging import brought_in
from rollcall.connections.models import Subscription
from rollcall.connections.queries import WORKS_HERE
from rollcall.engine.scope import condition

_COMING: Final = """
    SELECT concat_ws(' ', e.first_name, e.last_name), d.what, d.day, count(*) OVER ()
    FROM connections_employee e
    CROSS JOIN LATERAL (VALUES
        ('starts', e.start_date), ('leaves', coalesce(e.last_working_day, e.end_date))) AS d(what, day)
    WHERE e.connection_id = %s AND {here} AND d.day BETWEEN %s AND %s
      AND (({chosen}) OR e.external_id IN ({managers}))
    ORDER BY d.day, e.last_name, e.first_name, e.external_id LIMIT %s
"""


class Coming(Struct, frozen=True, kw_only=True):
    """A first or a last day of somebody who belongs to the entity."""

    name: str
    # starts, leaves
    what: str
    day: date


def coming(subscription: Subscription, first: date, last: date, *, size: int) -> tuple[list[Coming], int]:
    """Return up to ``size`` first and last days from ``first`` to ``last`` in order, and how many there are.

    One statement, inside ``acting_for``; nobody before the settings are confirmed (S27).
    """
    if not subscription.is_live:
        return [], 0
    settings = subscription.get_settings()
    chosen, chosen_params = condition(settings.scope, "e", settings.exceptions)
    managers, manager_params = brought_in(subscription.connection_id, settings.scope, settings.exceptions)
    sql = _COMING.format(here=WORKS_HERE, chosen=chosen, managers=managers)
    with database.cursor() as cursor:
        cursor.execute(sql, [subscription.connection_id, first, last, *chosen_params, *manager_params, size])
        rows = cursor.fetchall()
    found = [Coming(name=name, what=what, day=day) for name, what, day, _ in rows]
    return found, int(rows[0][3]) if rows else 0
