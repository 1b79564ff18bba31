"""What a run costs stands in its record; plans that wait or are at work are found in all companies at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0009_settled")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="cost",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddIndex(
            model_name="plan",
            index=models.Index(
                condition=models.Q(("state__in", ("making", "preview", "held", "applying"))),
                fields=["state", "made_at"],
                name="plan_open",
            ),
        ),
    ]
