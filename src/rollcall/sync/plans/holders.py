"""Who has an address, and whether they keep it when the plan is done: a small question for each of few people."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import connection as database

from rollcall.directory.decisions import stands
from rollcall.engine.masks import is_address
from rollcall.engine.match import Decided, may_take_over
from rollcall.engine.roster import Member, State
from rollcall.engine.settings import is_foreign
from rollcall.engine.status import first_day
from rollcall.sync.plans.candidate_rows import seems_other
from rollcall.sync.plans.matching import COMES_OR_WORKS, Alike
from rollcall.sync.plans.question import Question, brought, named


def gives_way(
    question: Question, same: Member | None, tie: Mapping[str, Any], key: str | None, alike: Alike
) -> bool:
    """Tell whether the member with a new record's address, tied to another, is given another one by the same plan."""
    if same is None or same.state == State.ARCHIVED or not tie["same_email_linked"] or tie["tied_gone"]:
        # Of whose record is gone nothing is asked: after a migration in HR that is everybody.
        return False
    return may_take_over(tie["decided"]) and not is_taken(question, None, "", key, alike)


STEPS: Final = 50
"""An address that would come free only at the end of a longer row of people than this counts as taken."""


def is_taken(question: Question, member: Member | None, own: str, key: str | None, alike: Alike) -> bool:
    """Tell whether somebody else has the address and keeps it: ``engine.match`` with one small question a step.

    Asked for the few whose address another member has. Whoever is given another one gives way, if that one is
    free or becomes free in turn, as in a swap (I6).
    """
    wanted = key if key and is_address(key) else own
    for step in range(STEPS):
        holder = _holder(question, wanted, alike)
        if holder is None:
            return False
        wish = holder[1]
        if member is not None and holder[0] == member.id:
            # In a circle all move or nobody does, this member too.
            return step > 0 and wish is None
        if wish is None or wish == wanted or not is_address(wish) or is_foreign(question.settings, wish):
            return True
        wanted = wish
    return True


def _holder(question: Question, key: str, alike: Alike) -> tuple[int, str | None] | None:
    """Return the living member who has the address, and the address that HR surely gives them instead.

    Nothing is sure of somebody who may be somebody else by now, or whose new address looks like another's.
    """
    settings = question.settings
    mine, params = named(settings, "e")
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT h.id, e.email_key, e.first_name, e.last_name, e.start_date,
                   h.first_name, h.last_name, h.start_date,
                   (SELECT d.kind FROM directory_decision d WHERE {stands("d", "e", "h.id")})
            FROM directory_member h
            LEFT JOIN directory_link l ON l.member_id = h.id AND l.connection_id = %(connection)s
            LEFT JOIN connections_employee e
              ON e.connection_id = %(connection)s AND e.external_id = l.employee_id AND e.absent_since IS NULL
             AND e.unread_since IS NULL
             AND (({mine}) OR {brought(settings, "e")})
             AND e.status IS DISTINCT FROM 'inactive'
             AND (e.status IS NOT NULL OR coalesce(e.last_working_day, e.end_date) IS NULL)
             AND NOT EXISTS (
                SELECT FROM connections_employee t
                WHERE t.connection_id = e.connection_id AND t.email_key = e.email_key
                  AND t.external_id <> e.external_id AND {COMES_OR_WORKS})
            WHERE h.entity_id = %(entity)s AND h.email_key = %(key)s AND h.state <> 'archived'
            """,
            {
                "connection": question.subscription.connection_id,
                "entity": question.subscription.entity_id,
                "key": key,
                "first_day": first_day(question.now),
                **params,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    member_id, wish, decided = row[0], row[1], row[-1]
    sure = decided == Decided.SAME or wish is None
    if not sure and (seems_other(row[1:-1], key, question.settings) or alike.find([wish])):
        return member_id, None
    return member_id, wish
