"""The last fire drill of each entity, behind the wall between companies."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """A table of its own: drills are no runs, and nothing asks for them but their page."""

    dependencies = [("accounts", "0001_initial"), ("sync", "0003_undo")]

    operations = [
        migrations.CreateModel(
            name="Drill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("started_by", models.TextField(blank=True, default="")),
                ("moved_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("outcomes", models.JSONField(default=list)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.company"
                    ),
                ),
                (
                    "entity",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.entity"
                    ),
                ),
            ],
        ),
        *protect("sync_drill"),
    ]
