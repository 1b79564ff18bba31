"""Indexes by company alone: others begin with the company."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The numbers of a chain, and what waits for the relay, are looked up by company with more."""

    dependencies = [
        ('accounts', '0001_initial'),
        ("events", "0002_lookups"),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='outbox',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.company'),
        ),
    ]
