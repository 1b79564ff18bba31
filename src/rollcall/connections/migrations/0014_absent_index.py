"""Whose absence is still being counted, found without looking at everybody: a quiet run asks only whether there is one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("connections", "0013_unread_since")]

    operations = [
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                fields=["connection"],
                name="employee_absent",
                condition=models.Q(absent_since__isnull=False, absent_proven_at__isnull=True),
            ),
        ),
    ]
