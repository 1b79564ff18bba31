"""A quick look through a connection that is being tested: how many people, at work or not, in how many countries."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from rollcall.connectors.base import Access, Connector, Page
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Employee
from rollcall.engine.status import Standing, local_day, standing

PATIENCE: Final = 6.0
"""Seconds that somebody who pressed a button waits gladly; after the page during which they end, it is enough."""

ENOUGH: Final = 5_000
"""People after which the rest would tell nothing new."""

WORKING: Final = frozenset({Standing.ACTIVE, Standing.ON_LEAVE, Standing.LEAVING})


def look(connector: Connector, access: Access, *, now: datetime, zone: str) -> Access:
    """Return ``access`` with what the first pages show. Raises ``SourceError``.

    ``now`` is aware, ``zone`` the entity's time zone.

    Fields that nobody has although they were asked for are added to ``unreadable`` when everybody was looked at.
    """
    if access.seconds is not None and access.seconds > PATIENCE:
        return access
    people: set[str] = set()
    countries: set[str] = set()
    active, whole = 0, False
    until = time.monotonic() + PATIENCE
    pages = connector.pages()
    while len(people) < ENOUGH and time.monotonic() < until and not whole:
        page = next(pages, None)
        whole = page is None
        for employee in _readable(connector, page):
            if employee.id in people:
                continue
            people.add(employee.id)
            active += standing(employee, local_day(now, employee, zone)) in WORKING
            if isinstance(employee.country, str):
                countries.add(employee.country)
    unreadable = dict(access.unreadable)
    if whole and people:
        permissions = {name: one.permission for one in connector.tool.data for name in one.fields}
        unreadable |= {name: permissions.get(name, "") for name in connector.unreadable() - unreadable.keys()}
    return msgspec.structs.replace(
        access,
        people=len(people) if whole else access.people,
        active=active,
        countries=len(countries),
        looked_at_all=whole,
        unreadable=unreadable,
    )


def _readable(connector: Connector, page: Page | None) -> Iterator[Employee]:
    for record in page.records() if page else ():
        try:
            yield connector.employee(record)
        except UnreadableRecord:
            continue
