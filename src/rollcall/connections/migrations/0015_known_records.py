"""What a read looks at again without looking at everybody: digests by page, and indexes of ids and of the few."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index by connection and id stands in for that by connection alone."""

    dependencies = [("connections", "0014_absent_index")]

    operations = [
        migrations.AddField(
            model_name="readpage", name="place", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="readpage", name="records", field=models.BinaryField(default=bytes)
        ),
        migrations.AddIndex(
            model_name="readpage",
            index=models.Index(fields=["connection", "place"], name="read_page_place"),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(fields=["connection", "id"], include=["company"], name="employee_of_connection"),
        ),
        migrations.AlterField(
            model_name="employee",
            name="connection",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="connections.connection"
            ),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                condition=models.Q(
                    ("absent_since__isnull", False),
                    ("unread_since__isnull", False),
                    ("manager_in_loop", True),
                    _connector="OR",
                ),
                fields=["connection"],
                name="employee_noted",
            ),
        ),
    ]
