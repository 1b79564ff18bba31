"""Runs that retention has looked at, and the scheduler's look for companies that have others."""

from django.db import migrations, models

from rollcall.accounts.tenancy import protect


_FORMER = (
    "ALTER TABLE sync_run ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE sync_run FORCE ROW LEVEL SECURITY",
    "CREATE POLICY company ON sync_run"
    " USING (company_id = (select nullif(current_setting('rollcall.company', true), '')::bigint))",
)


class Migration(migrations.Migration):
    """Existing runs are looked at once; on duty only ids are read, the work is done inside the company's wall."""

    dependencies = [("sync", "0008_room_to_mark_lines")]

    operations = [
        migrations.AddField("run", "settled", models.BooleanField(default=False, db_default=False)),
        migrations.AddIndex(
            "run",
            models.Index(fields=["started_at"], name="run_not_settled", condition=models.Q(settled=False)),
        ),
        migrations.RunSQL("DROP POLICY company ON sync_run", _FORMER),
        *protect("sync_run", duties=["schedule"]),
    ]
