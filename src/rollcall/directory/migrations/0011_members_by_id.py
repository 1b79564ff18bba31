"""Members of an entity in order of id without a sort, as the API lists them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the index; new rows come at its end."""

    dependencies = [("directory", "0010_fewer_indexes")]

    operations = [
        # checks that wait for the commit would be in the way of changing the table below
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="member", index=models.Index(fields=["entity", "id"], name="member_by_id")
        ),
    ]
