"""Members as plain rows in order of id: for programs that read all of them, a page at a time."""

from typing import Any, Final

from rollcall.accounts.rows import fetch
from rollcall.connections.searching import has_word
from rollcall.directory.listing import WORDS
from rollcall.engine.roster import State

COLUMNS: Final = (
    *(
        "id",
        "state",
        "role",
        "email",
        "first_name",
        "last_name",
        "employee_number",
        "job_title",
        "department",
    ),
    *("team", "work_location", "country", "legal_entity", "cost_center", "employment_type", "language"),
    *("start_date", "manager_id", "bank_mask", "bank_confirmed_at", "invited_at", "signed_up_at"),
    *("archived_at", "suspended_at", "hr_status"),
)
"""What a row holds, in this order."""

# Somebody known to two tools is managed if one of them does. Without a member the entity's own row is all there is.
_PAGE: Final = """
    SELECT m.* FROM accounts_entity e
    LEFT JOIN LATERAL (
        SELECT m.id, m.state, m.role, m.email, m.first_name, m.last_name, m.employee_number, m.job_title,
            m.department, m.team, m.work_location, m.country, m.legal_entity, m.cost_center, m.employment_type,
            m.language, m.start_date, m.manager_id, m.bank_mask, m.bank_confirmed_at, m.invited_at, m.signed_up_at,
            m.archived_at, m.suspended_at,
            CASE (SELECT bool_or(l.managed) FROM directory_link l WHERE l.member_id = m.id)
                WHEN true THEN 'managed' WHEN false THEN 'released' ELSE 'manual' END
        FROM directory_member m
        WHERE m.entity_id = %(entity)s AND m.id > %(after)s {conditions}
        ORDER BY m.id LIMIT %(size)s
    ) m ON true
    WHERE e.id = %(entity)s AND e.company_id = %(company)s ORDER BY m.id
"""


def page(
    company_id: int, entity_id: int, *, state: State | None, search: str, after: int, size: int
) -> list[tuple[Any, ...]] | None:
    """Return up to ``size`` members behind the id ``after``, or ``None`` if the company has no such entity.

    ``search`` is looked for as in pages: each of its first words in name or e-mail, whatever the accents and capitals.
    One statement.
    """
    values: dict[str, object] = {"company": company_id, "entity": entity_id, "after": after, "size": size}
    conditions = []
    if state is not None:
        conditions.append("AND m.state = %(state)s")
        values["state"] = str(state)
    for number, word in enumerate(search.split()[:WORDS]):
        conditions.append(f"AND {has_word('m.search', f'%(word{number})s')}")
        values[f"word{number}"] = word
    rows = fetch(_PAGE.replace("{conditions}", " ".join(conditions)), values)
    if not rows:
        return None
    return rows if rows[0][0] is not None else []
