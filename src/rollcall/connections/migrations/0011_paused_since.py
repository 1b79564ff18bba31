"""Since when the runs of an entity were stopped: what happened meanwhile waits for a person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A connection that is paused already has no date; resuming it gives one."""

    dependencies = [("connections", "0010_folded_search")]

    operations = [
        migrations.AddField(
            model_name="subscription", name="paused_since", field=models.DateTimeField(null=True)
        ),
    ]
