"""Members of an entity in order of id without a sort, as the API lists them: instead of the index by entity alone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One index for another."""

    dependencies = [("directory", "0009_decisions")]

    operations = [
        # checks that wait for the commit would be in the way of changing the table below
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="member", index=models.Index(fields=["entity", "id"], name="member_by_id")
        ),
        migrations.AlterField(
            model_name="member",
            name="entity",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="accounts.entity"
            ),
        ),
    ]
