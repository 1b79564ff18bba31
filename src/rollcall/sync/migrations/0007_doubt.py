"""Marks of whatever a plan is made from, written by triggers: as long as none is new, a plan would be the same.

For each statement, not for each row, with transition tables: a statement that writes nothing leaves no mark, and a
chunk of a thousand changes leaves one. Marks have no foreign keys: they are written while what they are about goes.
"""

from django.db import migrations, models
from django.db.models.functions import Now

from rollcall.accounts.tenancy import protect

BY_ENTITY = ("directory_member", "directory_link", "directory_decision", "directory_tombstone", "sync_plan")
BY_CONNECTION = ("connections_employee", "connections_subscription")


# On a duty that looks across companies, as when old rows are deleted, no company is set: each mark is written in the
# name of its own, and what was set before is set again.
_ADD = """
    CREATE FUNCTION sync_doubt_add(company bigint, entity bigint, connection bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        former text := coalesce(current_setting('rollcall.company', true), '');
    BEGIN
        IF former <> company::text THEN
            PERFORM set_config('rollcall.company', company::text, true);
        END IF;
        INSERT INTO sync_doubt (company_id, entity_id, connection_id) VALUES (company, entity, connection);
        IF former <> company::text THEN
            PERFORM set_config('rollcall.company', former, true);
        END IF;
    END $$;
"""


def _marking(column: str) -> str:
    """Return the function that marks every ``column`` among the rows that a statement has written."""
    values = "x.entity_id, NULL" if column == "entity_id" else "NULL, x.connection_id"
    rows = {
        "INSERT": f"SELECT DISTINCT company_id, {column} FROM rows_after",
        "DELETE": f"SELECT DISTINCT company_id, {column} FROM rows_before",
        "UPDATE": f"SELECT company_id, {column} FROM rows_after UNION SELECT company_id, {column} FROM rows_before",
    }
    ways = "".join(
        f"IF TG_OP = '{what}' THEN PERFORM sync_doubt_add(x.company_id, {values}) FROM ({which}) x; END IF;\n"
        for what, which in rows.items()
    )
    return f"""
        CREATE FUNCTION sync_doubt_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {ways}
            RETURN NULL;
        END $$;
    """


def _watching(table: str, column: str) -> str:
    call = f"FOR EACH STATEMENT EXECUTE FUNCTION sync_doubt_{column}();"
    return f"""
        CREATE TRIGGER sync_doubt_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS rows_after {call}
        CREATE TRIGGER sync_doubt_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS rows_before {call}
        CREATE TRIGGER sync_doubt_update AFTER UPDATE ON {table}
            REFERENCING NEW TABLE AS rows_after OLD TABLE AS rows_before {call}
    """


def _not_watching(table: str) -> str:
    return "".join(
        f"DROP TRIGGER IF EXISTS sync_doubt_{what} ON {table};" for what in ("insert", "delete", "update")
    )


# The entity's own row: its time zone decides whose day it is.
_ENTITY = """
    CREATE FUNCTION sync_doubt_entity() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM sync_doubt_add(NEW.company_id, NEW.id, NULL);
        RETURN NULL;
    END $$;
    CREATE TRIGGER sync_doubt_update AFTER UPDATE ON accounts_entity
        FOR EACH ROW EXECUTE FUNCTION sync_doubt_entity();
"""


class Migration(migrations.Migration):
    """The default of ``at`` stands in the database, since triggers name only their own columns."""

    dependencies = [
        ("sync", "0006_tries"),
        ("accounts", "0001_initial"),
        ("connections", "0013_unread_since"),
        ("directory", "0009_decisions"),
    ]

    operations = [
        migrations.AddField(model_name="run", name="levels", field=models.JSONField(default=dict)),
        migrations.CreateModel(
            name="Doubt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("company_id", models.BigIntegerField()),
                ("entity_id", models.BigIntegerField(null=True)),
                ("connection_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["entity_id"], name="doubt_by_entity"),
                    models.Index(fields=["connection_id"], name="doubt_by_connection"),
                    models.Index(fields=["at"], name="doubt_by_age"),
                ]
            },
        ),
        *protect("sync_doubt", duties=["schedule"]),
        migrations.RunSQL(_ADD, "DROP FUNCTION sync_doubt_add(bigint, bigint, bigint)"),
        migrations.RunSQL(_marking("entity_id"), "DROP FUNCTION sync_doubt_entity_id()"),
        migrations.RunSQL(_marking("connection_id"), "DROP FUNCTION sync_doubt_connection_id()"),
        *(migrations.RunSQL(_watching(one, "entity_id"), _not_watching(one)) for one in BY_ENTITY),
        *(migrations.RunSQL(_watching(one, "connection_id"), _not_watching(one)) for one in BY_CONNECTION),
        migrations.RunSQL(_ENTITY, "DROP FUNCTION sync_doubt_entity() CASCADE"),
    ]
