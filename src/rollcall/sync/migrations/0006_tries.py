"""How often the apply of a plan was begun: what dies three times in a row is held."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("sync", "0005_limits_windows")]

    operations = [
        migrations.AddField(
            model_name="plan", name="tries", field=models.PositiveSmallIntegerField(default=0)
        ),
    ]
