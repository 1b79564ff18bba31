"""Rows staged by COPY: what goes in comes out, and the wall stands between them and a table."""

import pytest
from django.db import ProgrammingError, connection, transaction

from rollcall.accounts.access import acting_for
from rollcall.accounts.staging import add, array, stage, texts
from tests.accounts.people import two_companies

pytestmark = pytest.mark.django_db

COLUMNS = {"name": "text", "number": "int8", "sure": "bool"}


def staged() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM trial")
        return list(cursor.fetchall())


def test_e3_e5_texts_numbers_and_nothing_come_back_as_they_were() -> None:
    rows = [
        ("O'Neil \\ \t \n \"", 2**53, True),
        ("<b>Zoë \u2028 \u202e😀</b>", -1, False),
        (None, None, None),
        ("", 0, None),
    ]
    stage("trial", COLUMNS, rows[:1])
    add("trial", COLUMNS, rows[1:])
    assert staged() == rows
    stage("trial", COLUMNS, [])
    assert staged() == []


def test_it_is_gone_with_the_transaction() -> None:
    point = transaction.savepoint()
    stage("trial", COLUMNS, [("x", 1, True)])
    transaction.savepoint_rollback(point)
    with pytest.raises(ProgrammingError, match="trial"), transaction.atomic():
        staged()


def test_z2_staged_rows_of_another_company_are_refused_by_the_wall() -> None:
    two = two_companies()
    with acting_for(two.alice_company.pk):
        stage("trial", {"company": "int8"}, [(two.charlie_company.pk,)])
        with (
            pytest.raises(ProgrammingError, match="row-level"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("INSERT INTO events_outbox (event_id, company_id) SELECT 1, company FROM trial")


def test_numbers_and_truth_values_become_arrays() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::bigint[], %s::bool[], %s::int[]",
            [array([1, None, -3]), array([True, False]), array([])],
        )
        assert cursor.fetchone() == ([1, None, -3], [True, False], [])


def test_e3_e5_texts_become_an_array_of_the_same_texts() -> None:
    plain = ["a", "", "NULL", "null", "{}", ",", " ", "O'Neil", "Zoë \u2028 \u202e😀", "\x7f"]
    odd = ["\\", '"', 'a\\"b', "\t\n", "\x1f", "\\u0041", *plain]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[], %s::text[], %s::text[]", [texts(plain), texts(odd), texts([])])
        assert cursor.fetchone() == (plain, odd, [])
