"""Each line is written twice, when it is planned and when it is done: room on its page spares all indexes the second time."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Both remaining indexes of a line begin with its plan, which holds the company."""

    dependencies = [
        ('accounts', '0001_initial'),
        ("sync", "0007_doubt"),
    ]

    operations = [
        migrations.AlterField(
            model_name='line',
            name='company',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.company'),
        ),
        migrations.AlterField(
            model_name='line',
            name='plan',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='sync.plan'),
        ),
        migrations.RunSQL("ALTER TABLE sync_line SET (fillfactor = 50)", "ALTER TABLE sync_line RESET (fillfactor)"),
    ]
