"""An index of the places of those who left or are missing, so that a search for a place reads nobody else.

It has a few kilobytes, since it holds each place once for many people, and is written for those alone. Made by a
statement, as in 0017: its words must be those of ``connections.narrow``.
"""

from importlib import import_module

from django.db import migrations

_SHORT = import_module("rollcall.connections.migrations.0017_choice")._SHORT


class Migration(migrations.Migration):
    dependencies = [("connections", "0020_pages_anew")]

    operations = [
        migrations.RunSQL(
            sql=(
                "CREATE INDEX employee_gone ON connections_employee"
                " (connection_id, company_id, work_location, department)"
                f" WHERE {_SHORT} AND (status = 'inactive' OR absent_since IS NOT NULL)"
            ),
            reverse_sql="DROP INDEX employee_gone",
        )
    ]
