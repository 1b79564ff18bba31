"""Numbers of the mirror as the last run left it, behind the wall between companies."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """A connection without a row is counted at its next run; until then pages count for themselves."""

    dependencies = [("accounts", "0001_initial"), ("connections", "0008_tool_requests")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("counted_at", models.DateTimeField()),
                ("employees", models.PositiveIntegerField()),
                ("values", models.JSONField()),
                ("key", models.TextField()),
                ("entities", models.JSONField()),
                ("nowhere", models.PositiveIntegerField()),
                ("several", models.PositiveIntegerField()),
                ("people", models.JSONField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.company"
                    ),
                ),
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="connections.connection"
                    ),
                ),
            ],
        ),
        *protect("connections_tally"),
    ]
