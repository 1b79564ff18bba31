"""Back by a month, on copies: what the syncs of the month did has not happened yet, and the next one does it all."""

from typing import Final

from django.db import connection as database

# Lines of the month's plans that Rollcall applied; of several for one member the earliest tells how it was.
_REWIND: Final = (
    """
    CREATE TEMPORARY TABLE rewound ON COMMIT DROP AS
    SELECT l.* FROM sync_line l JOIN sync_plan p ON p.id = l.plan_id
    WHERE p.entity_id = %(entity)s AND p.undoes_id IS NULL AND l.state = 'done' AND l.member_id IS NOT NULL
    """,
    """
    UPDATE directory_member m SET first_name = coalesce(r.first_name, m.first_name),
           last_name = coalesce(r.last_name, m.last_name), email = coalesce(r.email, m.email),
           email_key = coalesce(lower(r.email), m.email_key), department = coalesce(r.department, m.department),
           work_location = coalesce(r.work_location, m.work_location), job_title = coalesce(r.job_title, m.job_title),
           team = coalesce(r.team, m.team), cost_center = coalesce(r.cost_center, m.cost_center),
           manager_id = CASE WHEN r.manager THEN NULL ELSE m.manager_id END,
           bank_digest = CASE WHEN r.bank THEN 'a month ago' ELSE m.bank_digest END
    FROM (
        SELECT member_id, bool_or(key = 'manager') AS manager, bool_or(key = 'bank_account') AS bank,
               max(before) FILTER (WHERE key = 'first_name') AS first_name,
               max(before) FILTER (WHERE key = 'last_name') AS last_name,
               max(before) FILTER (WHERE key = 'email') AS email,
               max(before) FILTER (WHERE key = 'department') AS department,
               max(before) FILTER (WHERE key = 'work_location') AS work_location,
               max(before) FILTER (WHERE key = 'job_title') AS job_title,
               max(before) FILTER (WHERE key = 'team') AS team,
               max(before) FILTER (WHERE key = 'cost_center') AS cost_center
        FROM (
            SELECT DISTINCT ON (l.member_id, f.key) l.member_id, f.key, f.value ->> 'before' AS before
            FROM rewound l CROSS JOIN jsonb_each(l.fields) f
            WHERE l.kind IN ('update', 'link', 'reactivate') ORDER BY l.member_id, f.key, l.plan_id
        ) x GROUP BY member_id
    ) r WHERE r.member_id = m.id
    """,
    """
    UPDATE directory_member m SET state = CASE WHEN m.signed_up_at IS NULL THEN 'invited' ELSE 'active' END,
           archived_at = NULL
    FROM rewound l WHERE l.member_id = m.id AND l.kind = 'archive' AND m.state = 'archived'
    """,
    """
    UPDATE directory_link k SET managed = true, why_not = '', applied_digest = ''
    FROM rewound l WHERE l.member_id = k.member_id AND l.kind <> 'create'
    """,
    "DELETE FROM directory_link k USING rewound l WHERE l.member_id = k.member_id AND l.kind = 'create'",
    """
    UPDATE directory_member m SET manager_id = NULL
    FROM rewound l WHERE l.member_id = m.manager_id AND l.kind = 'create'
    """,
    "DELETE FROM directory_member m USING rewound l WHERE l.member_id = m.id AND l.kind = 'create'",
    # nothing of it has happened yet
    "DELETE FROM sync_plan p WHERE EXISTS (SELECT FROM rewound l WHERE l.plan_id = p.id)",
)


def rewind(entity_id: int) -> None:
    """Put the copies of an entity's members back to where the syncs of the last month found them."""
    with database.cursor() as cursor:
        for statement in _REWIND:
            cursor.execute(statement, {"entity": entity_id})


def strike_rewound() -> None:
    """Note in ``struck`` everybody whom those syncs changed."""
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO struck SELECT DISTINCT employee_id FROM rewound")
