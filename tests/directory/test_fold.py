"""Texts that searches look into are folded as they were before it was quick: what is stored is not written again."""

from importlib import import_module
from typing import Final

import pytest
from django.db import connection

BEFORE: Final[str] = import_module("rollcall.directory.migrations.0007_quicker_fold").QUICKER
# alone, between plain letters, among blanks and before an accent, and too long with a letter that needs the slow way
_DIFFERENT: Final = """
    SELECT string_agg(t, '|') FROM (
        SELECT CASE form WHEN 0 THEN chr(i) WHEN 1 THEN 'A' || chr(i) || ' b'
               WHEN 2 THEN '  ' || chr(i) || 'É' || chr(9) ELSE repeat(chr(i), 501) || 'ø' END AS t
        FROM generate_series(%s, %s) i, generate_series(0, 3) form
        WHERE i NOT BETWEEN 55296 AND 57343 AND (form < 3 OR i %% 97 = 0)
    ) texts WHERE pg_temp.folded_before(t) <> directory_fold(t)
"""

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("first", "last"),
    [(0x01, 0x52F), (0x1E00, 0x20FF), (0xAC00, 0xAC40), (0xFB00, 0xFB06)],
    ids=["Latin, Greek, Cyrillic", "with several accents", "Hangul", "joined letters"],
)
def test_e3_a_text_is_folded_as_it_was_before(first: int, last: int) -> None:
    assert _different(first, last) is None


@pytest.mark.thorough
def test_e3_a_text_of_any_letter_is_folded_as_it_was_before() -> None:
    assert _different(0x01, 0x1FFFF) is None


def _different(first: int, last: int) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(BEFORE.replace("directory_fold", "pg_temp.folded_before"))
        cursor.execute(_DIFFERENT, [first, last])
        found: str | None = cursor.fetchone()[0]
        return found
