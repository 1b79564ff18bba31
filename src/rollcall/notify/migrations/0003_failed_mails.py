"""What went wrong with mails lately is found without looking at all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notify", "0002_weeks_and_choices")]

    operations = [
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("state__in", ["unconfirmed", "failed"])),
                fields=["created_at"],
                name="mail_failed",
            ),
        ),
    ]
