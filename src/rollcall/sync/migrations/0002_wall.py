"""Row-level security for this room's tables."""

from django.db import migrations

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """The scheduler looks across companies for plans whose apply was interrupted; it reads ids only."""

    dependencies = [("sync", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        *protect("sync_run"),
        *protect("sync_plan", duties=["schedule"]),
        *protect("sync_line"),
    ]
