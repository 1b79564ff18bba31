"""Numbers of members kept as they change: counting 100,000 rows for a page takes as long as the rest of it.

Triggers for each statement, not for each row: a chunk of a thousand changes adds one row. Steps instead of totals, for
nobody waits for a row that another transaction has changed, and no two can wait for each other.
"""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.accounts.tenancy import protect

MEMBERS = {
    "invited": "(state = 'invited')",
    "active": "(state = 'active')",
    "archived": "(state = 'archived')",
    "bank_open": "(state <> 'archived' AND bank_mask IS NOT NULL AND bank_confirmed_at IS NULL)",
}
LINKS = {"managed_links": "managed"}


def _counting(table: str, kinds: dict[str, str]) -> str:
    """Return the function of one table and its three triggers."""
    columns = ", ".join(kinds)
    sums = ", ".join(f"sum(sign * {test}::int)" for test in kinds.values())
    moved = " OR ".join(f"sum(sign * {test}::int) <> 0" for test in kinds.values())
    needed = ", ".join(["company_id", "entity_id", *{word for test in kinds.values() for word in _words(test)}])

    def step(rows: str) -> str:
        return (
            f"INSERT INTO directory_count (company_id, entity_id, {columns})"
            f" SELECT company_id, entity_id, {sums} FROM ({rows}) rows"
            f" GROUP BY company_id, entity_id HAVING {moved};"
        )

    more = f"SELECT 1 AS sign, {needed} FROM rows_after"
    less = f"SELECT -1 AS sign, {needed} FROM rows_before"
    name = f"{table}_count"
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {step(more)}
            ELSIF TG_OP = 'DELETE' THEN {step(less)}
            ELSE {step(f"{more} UNION ALL {less}")}
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {name}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS rows_after
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        CREATE TRIGGER {name}_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS rows_before
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        CREATE TRIGGER {name}_update AFTER UPDATE ON {table}
            REFERENCING NEW TABLE AS rows_after OLD TABLE AS rows_before
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        -- what is there already; the owner sees all companies only without FORCE
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        INSERT INTO directory_count (company_id, entity_id, {columns})
        SELECT company_id, entity_id, {sums} FROM (SELECT 1 AS sign, * FROM {table}) rows GROUP BY 1, 2;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        -- checks that wait for the commit would be in the way of changing the table below
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
    """


def _words(test: str) -> list[str]:
    return [word for word in ("state", "bank_mask", "bank_confirmed_at", "managed") if word in test]


def _not_counting(table: str) -> str:
    return f"DROP FUNCTION {table}_count() CASCADE"


class Migration(migrations.Migration):
    """The columns have defaults in the database, since triggers name only their own."""

    dependencies = [("directory", "0005_no_index_by_company")]

    operations = [
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("invited", models.IntegerField(db_default=0)),
                ("active", models.IntegerField(db_default=0)),
                ("archived", models.IntegerField(db_default=0)),
                ("managed_links", models.IntegerField(db_default=0)),
                ("bank_open", models.IntegerField(db_default=0)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.entity"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_counting("directory_member", MEMBERS), _not_counting("directory_member")),
        migrations.RunSQL(_counting("directory_link", LINKS), _not_counting("directory_link")),
        *protect("directory_count", duties=["count"]),
        # indexes that were only there to be counted
        migrations.RemoveIndex(model_name="member", name="member_count"),
        migrations.RemoveIndex(model_name="link", name="link_managed"),
    ]
