"""The mirror's searched text, folded once when it is written: a search looked through 100,000 names with a pattern."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0009_tally'),
        # makes the function; directory_fold is the one place that says how text is folded
        ('directory', '0007_quicker_fold'),
    ]

    operations = [
        migrations.AddField(
            model_name='employee',
            name='search',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.Func(django.db.models.functions.comparison.Coalesce(models.F('last_name'), models.Value('')), django.db.models.functions.comparison.Coalesce(models.F('first_name'), models.Value('')), django.db.models.functions.comparison.Coalesce(models.F('work_email'), models.Value('')), django.db.models.functions.comparison.Coalesce(models.F('employee_number'), models.Value('')), django.db.models.functions.comparison.Coalesce(models.F('external_id'), models.Value('')), arg_joiner=" || ' ' || ", function=''), function='directory_fold'), output_field=models.TextField(db_collation='C')),
        ),
    ]
