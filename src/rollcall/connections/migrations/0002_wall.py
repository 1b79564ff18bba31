"""Row-level security for this room's tables."""

from django.db import migrations

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """The scheduler looks across companies for connections that are due; it reads ids and times only."""

    dependencies = [("connections", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        *protect("connections_connection", duties=["schedule"]),
        *protect("connections_subscription"),
        *protect("connections_employee"),
        *protect("connections_readpage"),
    ]
