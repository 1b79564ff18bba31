"""Marks that say who was touched, where few were: after a few changes a look is about those people.

``employees`` is null for "anybody". Members are named by row, people in the mirror and links by employee id, with the
ids of the line managers that people had before: only there may a former tie make somebody a candidate who was none.
Decisions, tombstones and plans name nobody: no one becomes a candidate by them. See ``sync/plans/near.py``.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

MOST = 1_000
"""A statement that writes more rows than this names nobody in particular."""

NAMING = {
    "directory_member": (
        "entity_id",
        {"members": "array_agg(DISTINCT id)"},
    ),
    "directory_link": ("entity_id", {"employees": "array_agg(DISTINCT employee_id)"}),
    "connections_employee": (
        "connection_id",
        {
            "employees": "array_agg(DISTINCT external_id)",
            "managers": "array_agg(DISTINCT manager_id) FILTER (WHERE was AND manager_id IS NOT NULL)",
        },
    ),
}
_COLUMNS = {
    "directory_member": "company_id, entity_id, id",
    "directory_link": "company_id, entity_id, employee_id",
    "connections_employee": "company_id, connection_id, external_id, manager_id",
}

_ADD = """
    CREATE FUNCTION sync_doubt_name(
        company bigint, entity bigint, connection bigint,
        whom text[], whose text[], which bigint[]
    ) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        former text := coalesce(current_setting('rollcall.company', true), '');
    BEGIN
        IF former <> company::text THEN
            PERFORM set_config('rollcall.company', company::text, true);
        END IF;
        INSERT INTO sync_doubt (company_id, entity_id, connection_id, employees, managers, members)
        VALUES (company, entity, connection, whom, coalesce(whose, '{}'), coalesce(which, '{}'));
        IF former <> company::text THEN
            PERFORM set_config('rollcall.company', former, true);
        END IF;
    END $$;
"""


def _naming(table: str) -> str:
    """Return the function that marks, for each entity or connection, whom a statement has written, and its triggers."""
    column, named = NAMING[table]
    place = "x.entity_id, NULL" if column == "entity_id" else "NULL, x.connection_id"
    after = f"SELECT {_COLUMNS[table]}, false AS was FROM rows_after"
    before = f"SELECT {_COLUMNS[table]}, true AS was FROM rows_before"
    rows = {"INSERT": after, "DELETE": before, "UPDATE": f"{after} UNION ALL {before}"}
    wanted = {"employees": "'{}'::text[]", "managers": "'{}'::text[]", "members": "'{}'::bigint[]"} | named

    def mark(what: str) -> str:
        values = ", ".join(wanted.values())
        few = (
            f"PERFORM sync_doubt_name(x.company_id, {place}, x.whom, x.whose, x.which) FROM ("
            f"SELECT company_id, {column}, {values} FROM ({rows[what]}) r GROUP BY company_id, {column}"
            f") x(company_id, {column}, whom, whose, which);"
        )
        many = (
            f"PERFORM sync_doubt_add(x.company_id, {place}) FROM"
            f" (SELECT DISTINCT company_id, {column} FROM ({rows[what]}) r) x;"
        )
        source = "rows_before" if what == "DELETE" else "rows_after"
        size = f"(SELECT count(*) FROM (SELECT FROM {source} LIMIT {MOST} + 1) l)"
        return f"IF TG_OP = '{what}' THEN IF {size} > {MOST} THEN {many} ELSE {few} END IF; END IF;\n"

    return f"""
        CREATE FUNCTION {table}_doubt() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {"".join(mark(what) for what in rows)}
            RETURN NULL;
        END $$;
        {_watching(table, f"{table}_doubt")}
    """


def _not_naming(table: str) -> str:
    """Return how the table is watched without names, as before."""
    return f"{_watching(table, f'sync_doubt_{NAMING[table][0]}')} DROP FUNCTION {table}_doubt();"


def _watching(table: str, function: str) -> str:
    """Return the table's three triggers anew, which call this function."""
    call = f"FOR EACH STATEMENT EXECUTE FUNCTION {function}();"
    return f"""
        DROP TRIGGER IF EXISTS sync_doubt_insert ON {table};
        DROP TRIGGER IF EXISTS sync_doubt_delete ON {table};
        DROP TRIGGER IF EXISTS sync_doubt_update ON {table};
        CREATE TRIGGER sync_doubt_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS rows_after {call}
        CREATE TRIGGER sync_doubt_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS rows_before {call}
        CREATE TRIGGER sync_doubt_update AFTER UPDATE ON {table}
            REFERENCING NEW TABLE AS rows_after OLD TABLE AS rows_before {call}
    """


NOBODY = ("directory_decision", "directory_tombstone", "sync_plan")

# The same marks as before, which name nobody.
_NOBODY = """
    CREATE FUNCTION sync_doubt_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP IN ('INSERT', 'UPDATE') THEN
            PERFORM sync_doubt_name(x.company_id, x.entity_id, NULL, '{}', '{}', '{}')
            FROM (SELECT DISTINCT company_id, entity_id FROM rows_after) x;
        END IF;
        IF TG_OP IN ('DELETE', 'UPDATE') THEN
            PERFORM sync_doubt_name(x.company_id, x.entity_id, NULL, '{}', '{}', '{}')
            FROM (SELECT DISTINCT company_id, entity_id FROM rows_before) x;
        END IF;
        RETURN NULL;
    END $$;
"""


# Who has an address that may look like another's is asked whenever somebody has a new one (``matching.Alike``), and
# hardly anybody has one. The expression is ``engine.lookalike.ODD``.
_ODD = """
    CREATE INDEX member_odd_address ON directory_member (entity_id, email_key)
    WHERE state <> 'archived' AND email_key ~ '[^ -~]|@.*(rn|vv|0|1|xn--)'
"""


class Migration(migrations.Migration):
    """Marks that are there already are about anybody: their ``employees`` are null."""

    dependencies = [("sync", "0010_cost_and_open_plans"), ("directory", "0011_members_by_id")]

    operations = [
        *(
            migrations.AddField(
                "doubt", name, django.contrib.postgres.fields.ArrayField(base, null=True)
            )
            for name, base in (
                ("employees", models.TextField()),
                ("managers", models.TextField()),
                ("members", models.BigIntegerField()),
            )
        ),
        migrations.RunSQL(
            _ADD,
            "DROP FUNCTION sync_doubt_name(bigint, bigint, bigint, text[], text[], bigint[])",
        ),
        *(migrations.RunSQL(_naming(one), _not_naming(one)) for one in NAMING),
        migrations.RunSQL(_NOBODY, "DROP FUNCTION sync_doubt_nobody()"),
        *(
            migrations.RunSQL(_watching(one, "sync_doubt_nobody"), _watching(one, "sync_doubt_entity_id"))
            for one in NOBODY
        ),
        migrations.RunSQL(_ODD, "DROP INDEX member_odd_address"),
    ]
