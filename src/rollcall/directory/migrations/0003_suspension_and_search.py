"""The brake pedal's columns, the folded text that lists sort by and search in, and the indexes of the members' page."""

from django.conf import settings
from django.db import migrations, models

FOLD = r"""
    CREATE FUNCTION directory_fold(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT btrim(regexp_replace(replace(replace(replace(translate(lower(regexp_replace(
            normalize(left(given, 500), NFD), '[\u0300-\u036f]', '', 'g')),
            'øłđıħ', 'oldih'), 'ß', 'ss'), 'œ', 'oe'), 'æ', 'ae'), '\s+', ' ', 'g'))
    $$
"""
"""Small letters without accents: what people type and what HR tools send then compare alike. No extension is needed;
cut, because an entry of an index has room for 2,700 bytes."""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('connections', '0006_wall_of_source_files'),
        ('directory', '0002_wall'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION directory_fold(text)"),
        migrations.RemoveIndex(
            model_name='member',
            name='member_list',
        ),
        migrations.AddField(
            model_name='member',
            name='bank_disputed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='search',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.F('last_name'), models.F('first_name'), models.F('email'), arg_joiner=" || ' ' || ", function='directory_fold'), output_field=models.TextField(db_collation='C')),
        ),
        migrations.AddField(
            model_name='member',
            name='suspended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='suspended_by',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='member',
            name='suspended_why',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddIndex(
            model_name='link',
            index=models.Index(fields=['entity', 'managed', 'member'], include=('company',), name='link_by_status'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['entity', 'state', 'search', 'id'], include=('company',), name='member_list'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['entity', 'state', 'company'], name='member_count'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['entity', 'work_location'], include=('company',), name='member_location'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('role', 'requester'), _negated=True), fields=['entity', 'state', 'role'], name='member_role'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('suspended_at__isnull', False)), fields=['entity', 'state'], name='member_suspended'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('bank_confirmed_at__isnull', True), ('bank_mask__isnull', False)), fields=['entity', 'state'], name='member_bank_open'),
        ),
    ]
