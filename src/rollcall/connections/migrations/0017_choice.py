"""Indexes that tell who is chosen without looking at rows (``connections.narrow``).

Made by statements: one is for short texts alone, and both must read word for word as the queries do.
"""

from typing import Final

from django.db import migrations

_ATTRIBUTES: Final = (
    *("work_location", "country", "legal_entity", "department"),
    *("team", "cost_center", "employment_type", "job_title"),
)
_TEXTS: Final = ("external_id", "manager_id", "status", *_ATTRIBUTES)
_SHORT: Final = f"({' + '.join(f'coalesce(octet_length({name}), 0)' for name in _TEXTS)}) < 2000"
_BESIDE: Final = ", ".join(
    (
        *("id", "company_id", "manager_id", "status", "start_date", "end_date", "last_working_day"),
        *("absent_since", *_ATTRIBUTES),
    )
)


class Migration(migrations.Migration):
    dependencies = [("connections", "0016_searched")]

    operations = [
        migrations.RunSQL(
            sql=(
                "CREATE INDEX employee_choice ON connections_employee (connection_id, external_id)"
                f" INCLUDE ({_BESIDE}) WHERE {_SHORT}",
                "CREATE INDEX employee_choice_long ON connections_employee (connection_id, external_id)"
                f" WHERE NOT ({_SHORT})",
            ),
            reverse_sql=("DROP INDEX employee_choice", "DROP INDEX employee_choice_long"),
        )
    ]
