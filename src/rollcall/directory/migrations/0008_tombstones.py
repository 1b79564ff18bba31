"""Who was erased, without a word that could be read as a person; behind the wall between companies."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """Erasures that were interrupted are found across companies; that reads ids only."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("connections", "0009_tally"),
        ("directory", "0007_quicker_fold"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("employee_digest", models.TextField(blank=True, default="")),
                ("email_digest", models.TextField(blank=True, default="")),
                ("everywhere", models.BooleanField(default=False)),
                ("member_id", models.BigIntegerField()),
                ("erased_at", models.DateTimeField()),
                ("erased_by", models.TextField()),
                ("reason", models.TextField(blank=True, default="")),
                ("rest", models.BinaryField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", models.TextField(blank=True, default="")),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.company"
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="connections.connection",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.entity"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["entity", "-id"], name="tombstone_entity"),
                    models.Index(fields=["connection", "employee_digest"], name="tombstone_employee"),
                    models.Index(
                        condition=models.Q(("rest__isnull", False)),
                        fields=["company"],
                        name="tombstone_unfinished",
                    ),
                ],
            },
        ),
        *protect("directory_tombstone", duties=["schedule"]),
    ]
