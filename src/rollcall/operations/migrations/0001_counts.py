"""Sums of what processes count, and the size of the database by day: no company's rows, so no wall."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.TextField()),
                ("labels", models.TextField()),
                ("total", models.FloatField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="count",
            constraint=models.UniqueConstraint(fields=("metric", "labels"), name="count_once"),
        ),
        migrations.CreateModel(
            name="Day",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("database_bytes", models.BigIntegerField()),
            ],
        ),
        # Every process adds to the same rows again and again: room for that on their page.
        migrations.RunSQL(
            sql="ALTER TABLE operations_count SET (fillfactor = 50)",
            reverse_sql="ALTER TABLE operations_count RESET (fillfactor)",
        ),
    ]
