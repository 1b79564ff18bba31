"""Row-level security for this room's tables, and the one rule that a model cannot say."""

from django.db import migrations

from rollcall.accounts.tenancy import protect

ONE_ADDRESS = """
    ALTER TABLE directory_member ADD CONSTRAINT member_one_address
    EXCLUDE USING btree (entity_id WITH =, email_key WITH =) WHERE (state <> 'archived')
    DEFERRABLE INITIALLY DEFERRED
"""
"""Living members of an entity have different addresses (invariant 11). An exclusion constraint, since a partial
unique index cannot wait until the commit, and people who swap addresses need exactly that (I6)."""


class Migration(migrations.Migration):
    """Reminders are found across companies, an invitation by whoever holds its signed link; both read ids only."""

    dependencies = [("directory", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(ONE_ADDRESS, "ALTER TABLE directory_member DROP CONSTRAINT member_one_address"),
        *protect("directory_member"),
        *protect("directory_link"),
        *protect("directory_invitation", duties=["remind", "invitation"]),
    ]
