"""What tells whether counted numbers may go on from the last count by what a few changes add to them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Tallies that are there already have no marks: they are counted once more in full."""

    dependencies = [("connections", "0018_no_index_by_company")]

    operations = [
        migrations.AddField("tally", "crowded", models.JSONField(default=dict)),
        migrations.AddField("tally", "marks", models.TextField(default="")),
    ]
