import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Nobody asks for the mirror by its company alone; the connection's own constraint holds it, and the wall asks."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("connections", "0017_choice"),
    ]

    operations = [
        migrations.AlterField(
            model_name="employee",
            name="company",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.company",
            ),
        ),
    ]
