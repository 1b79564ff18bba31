"""How many members there are of each kind, kept by the database as they change, and where they work."""

from collections.abc import Sequence
from typing import Final

from django.db import connection as database
from django.db.models import Count as CountOf
from msgspec import Struct

from rollcall.accounts import access
from rollcall.directory.models import Count
from rollcall.engine.roster import State

PLACES: Final = 200
DUTY: Final = "count"
_STEPS: Final = 20  # so many rows are read as quickly as one
_AT_ONCE: Final = 500


class Counts(Struct, frozen=True, kw_only=True):
    """The numbers of the tabs, and of the notice above them."""

    by_state: dict[str, int]
    # present members whom an HR tool manages
    managed: int
    suspended: int
    bank_open: int

    @property
    def present(self) -> int:
        """How many are active or invited."""
        return self.by_state[State.ACTIVE] + self.by_state[State.INVITED]


_COUNT: Final = """
    SELECT coalesce(sum(invited), 0), coalesce(sum(active), 0), coalesce(sum(archived), 0),
           coalesce(sum(managed_links), 0),
           (SELECT count(*) FROM directory_link l JOIN directory_member m ON m.id = l.member_id
             WHERE m.entity_id = %(entity)s AND m.state = 'archived' AND l.managed),
           (SELECT count(*) FROM directory_member
             WHERE entity_id = %(entity)s AND state <> 'archived' AND suspended_at IS NOT NULL),
           coalesce(sum(bank_open), 0)
"""
_OF: Final = "FROM directory_count WHERE entity_id = %(entity)s"


def counts(entity_id: int) -> Counts:
    """Return the numbers of the entity. One query over a handful of rows."""
    with database.cursor() as cursor:
        cursor.execute(f"{_COUNT} {_OF}", {"entity": entity_id})
        return _counts(cursor.fetchone())


def _counts(row: Sequence[int]) -> Counts:
    invited, active, archived, links, gone, suspended, banks = row
    by_state = {State.INVITED: invited, State.ACTIVE: active, State.ARCHIVED: archived}
    return Counts(
        by_state={state.value: by_state[state] for state in State},
        managed=links - gone,
        suspended=suspended,
        bank_open=banks,
    )


# Jumps from value to value in the index, for PostgreSQL would read every entry to find the few that differ.
_LOCATIONS: Final = """
    WITH RECURSIVE places AS (
        (SELECT work_location AS place FROM directory_member
          WHERE entity_id = %(entity)s AND work_location > '' ORDER BY work_location LIMIT 1)
        UNION ALL
        SELECT (SELECT work_location FROM directory_member
                 WHERE entity_id = %(entity)s AND work_location > p.place ORDER BY work_location LIMIT 1)
          FROM places p WHERE p.place IS NOT NULL
    )
    SELECT array_agg(place) FROM (SELECT place FROM places WHERE place IS NOT NULL LIMIT %(most)s) found
"""


def of_list(entity_id: int) -> tuple[Counts, list[str]]:
    """Return the numbers, and the work locations that members of the entity have, up to ``PLACES``. One query."""
    with database.cursor() as cursor:
        cursor.execute(f"{_COUNT}, ({_LOCATIONS}) {_OF}", {"entity": entity_id, "most": PLACES})
        *numbers, places = cursor.fetchone()
    return _counts(numbers), [str(place) for place in places or ()]


def add_up() -> int:
    """Make one row of an entity's many steps; return for how many entities. Safe to repeat and to run twice at once."""
    with access.on_duty(DUTY):
        steps = Count.objects.values_list("company_id", "entity_id").annotate(n=CountOf("pk"))
        many = list(steps.filter(n__gt=_STEPS).order_by("-n")[:_AT_ONCE])
    for company_id, entity_id, _ in many:
        with access.acting_for(company_id), database.cursor() as cursor:
            cursor.execute(_ADD_UP, [entity_id])
    return len(many)


_NUMBERS: Final = ("invited", "active", "archived", "managed_links", "bank_open")
_ADD_UP: Final = f"""
    WITH gone AS (DELETE FROM directory_count WHERE entity_id = %s RETURNING *)
    INSERT INTO directory_count (company_id, entity_id, {", ".join(_NUMBERS)})
    SELECT company_id, entity_id, {", ".join(f"sum({name})" for name in _NUMBERS)} FROM gone
    GROUP BY company_id, entity_id
"""
