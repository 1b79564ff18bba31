"""Row-level security for files that people are read from."""

from django.db import migrations

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """The minute's round forgets files that nobody has confirmed; it reads no content."""

    dependencies = [("connections", "0005_source_files")]

    operations = [*protect("connections_sourcefile", duties=["schedule"])]
