from django.db import migrations, models


class Migration(migrations.Migration):
    """When an absence was proven: only a complete read a day after the first that missed somebody does that."""

    dependencies = [
        ("connections", "0011_paused_since"),
    ]

    operations = [
        migrations.AddField(
            model_name="employee",
            name="absent_proven_at",
            field=models.DateTimeField(null=True),
        ),
    ]
