"""Row-level security for webhooks."""

from django.db import migrations

from rollcall.accounts.tenancy import protect


class Migration(migrations.Migration):
    """A call shows the digest of its address; what was heard long ago is forgotten across companies."""

    dependencies = [("connections", "0003_webhooks")]

    operations = [
        *protect("connections_webhook", presented="token_digest"),
        *protect("connections_webhookcall", duties=["schedule"]),
    ]
