"""Pages that listed somebody whom another page had listed too were remembered without them."""

from django.db import migrations


class Migration(migrations.Migration):
    """What is remembered of pages goes: the next full read of each connection looks at every record once."""

    dependencies = [("connections", "0019_stepping_tally")]

    operations = [
        # A DELETE would find nothing: the wall stands for the tables' owner as well.
        migrations.RunSQL("TRUNCATE connections_readpage", migrations.RunSQL.noop),
    ]
