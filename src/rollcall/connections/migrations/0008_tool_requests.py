"""HR tools that admins asked for (S64), behind the wall between companies."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """Whoever runs Rollcall reads the requests of all companies; each is answered inside its own."""

    dependencies = [("accounts", "0001_initial"), ("connections", "0007_seen_values")]

    operations = [
        migrations.CreateModel(
            name="ToolRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.TextField()),
                ("name", models.TextField()),
                ("website", models.TextField(blank=True, default="")),
                ("people", models.PositiveIntegerField(null=True)),
                ("note", models.TextField(blank=True, default="")),
                ("user_id", models.BigIntegerField()),
                ("asked_by", models.TextField(blank=True, default="")),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("open", "Open"),
                            ("planned", "Planned"),
                            ("done", "Done"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                    ),
                ),
                ("answer", models.TextField(blank=True, default="")),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.company"
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
        migrations.AddConstraint(
            model_name="toolrequest",
            constraint=models.UniqueConstraint(
                fields=("company", "key", "user_id"), name="tool_request_one_voice"
            ),
        ),
        *protect("connections_toolrequest", duties=["tool_requests"]),
    ]
