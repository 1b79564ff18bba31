"""Marks of whatever a plan is made from, written by triggers: as long as none is new, a plan would be the same.

For each statement, not for each row, with transition tables: a statement that writes nothing leaves no mark, and a
chunk of a thousand changes leaves one. Marks have no foreign keys: they are written while what they are about goes.
"""

from django.db import migrations, models
from django.db.models.functions import Now

from rollcall.accounts.tenancy import protect

BY_ENTITY = ("directory_member", "directory_link", "directory_decision", "directory_tombstone", "sync_plan")
BY_CONNECTION = ("connections_employee", "connections_subscription")


def _marking(column: str) -> str:
    """Return the function that marks every ``column`` among the rows that a statement has written."""
    one = f"SELECT company_id, {column} FROM"
    return f"""
        CREATE FUNCTION sync_doubt_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO sync_doubt (company_id, {column}) {one.replace("SELECT", "SELECT DISTINCT")} rows_after;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO sync_doubt (company_id, {column}) {one.replace("SELECT", "SELECT DISTINCT")} rows_before;
            ELSE
                INSERT INTO sync_doubt (company_id, {column}) {one} rows_after UNION {one} rows_before;
            END IF;
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
        INSERT INTO sync_doubt (company_id, entity_id) VALUES (NEW.company_id, NEW.id);
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
        migrations.RunSQL(_marking("entity_id"), "DROP FUNCTION sync_doubt_entity_id()"),
        migrations.RunSQL(_marking("connection_id"), "DROP FUNCTION sync_doubt_connection_id()"),
        *(migrations.RunSQL(_watching(one, "entity_id"), _not_watching(one)) for one in BY_ENTITY),
        *(migrations.RunSQL(_watching(one, "connection_id"), _not_watching(one)) for one in BY_CONNECTION),
        migrations.RunSQL(_ENTITY, "DROP FUNCTION sync_doubt_entity() CASCADE"),
    ]
