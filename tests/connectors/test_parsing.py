"""Values of HR tools as ours."""

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2022-02-01", date(2022, 2, 1)),
        ("2022-02-01T00:00:00+01:00", date(2022, 2, 1)),
        ("2022-02-01T00:00:00+0100", date(2022, 2, 1)),
        ("2022-02-01T23:30:00-11:00", date(2022, 2, 1)),
        ("2022-02-01 00:00:00Z", date(2022, 2, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        ("", None),
        (None, None),
        (UNSET, UNSET),
        ("2023-02-29", UNSET),
        ("2026-06-31", UNSET),
        ("2026-2-3", UNSET),
        ("31/06/2026", UNSET),
        ("2022-W05-1", UNSET),
        ("٢٠٢٢-٠٢-٠١", UNSET),
    ],
)
def test_v3_v4_dates_stay_the_dates_that_were_written(written: Any, read: Any) -> None:
    """V3, V4: no shift by conversion, no guessing of day and month."""
    assert parsing.day(written, "d") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Germany", "DE"),
        ("germany ", "DE"),
        ("DE", "DE"),
        ("deu", "DE"),
        ("UK", "GB"),
        ("Russian Federation", "RU"),
        ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("Taiwan", "TW"),
        ("", None),
        (None, None),
        (UNSET, UNSET),
        ("Atlantis", UNSET),
    ],
)
def test_a_country_becomes_two_letters_or_is_set_aside(written: Any, read: Any) -> None:
    assert parsing.country(written, "c") == read


def test_e6_the_tools_field_is_named_when_a_text_is_no_text() -> None:
    """E6."""
    for parse in (parsing.text, parsing.day, parsing.country, parsing.person_id):
        with pytest.raises(UnreadableRecord) as caught:
            parse([], "workEmail")
        assert caught.value.field == "workEmail"


def test_true_is_no_id() -> None:
    with pytest.raises(UnreadableRecord):
        parsing.person_id(True, "id")


def test_outer_blanks_are_no_part_of_an_id() -> None:
    assert parsing.person_id(" 57 ", "id") == "57"
    assert parsing.optional_id(12, "id") == "12"


def test_i3_an_email_is_kept_as_given_for_sending() -> None:
    """I3: folding is for comparing only."""
    assert parsing.text(" Ida.Falk@Acme.example ", "e") == " Ida.Falk@Acme.example "


@pytest.mark.parametrize("blank", ["", " ", "\u2003", "\t", " \n"])
def test_a_text_of_blanks_is_empty(blank: Any) -> None:
    assert parsing.text(blank, "t") is None


@pytest.mark.parametrize("unreadable", ["\x00", " \x07 ", "\x7f\x9f"])
def test_e2_a_text_of_nothing_but_controls_is_set_aside(unreadable: Any) -> None:
    """Nobody can tell that it means *empty*, so what was known stays."""
    assert parsing.text(unreadable, "t") is UNSET


def test_e2_e3_marks_and_emoji_stay_and_controls_go() -> None:
    """E2, E3."""
    assert parsing.text("a\u0000\u0085\u200f\U0001f600e\u0301\x7f", "t") == "a\u200f\U0001f600e\u0301"


def test_a_list_of_objects_is_nothing_to_show() -> None:
    assert parsing.as_text([{"a": 1}, None, 5, False]) == "5, false"
    assert parsing.as_text({"a": 1}) is UNSET
    assert parsing.as_text([]) is None


@given(ANY_JSON)
def test_e6_every_value_is_read_set_aside_or_named(value: Any) -> None:
    """E6: no other exception than the one that sets a record aside."""
    for parse in (parsing.text, parsing.day, parsing.country, parsing.person_id, parsing.optional_id):
        with suppress(UnreadableRecord):
            parse(value, "field")
    found = parsing.as_text(value)
    assert found is None or found is UNSET or 0 < len(found) <= parsing.LONGEST


@given(st.lists(ANY_JSON | st.sampled_from(["1", 1, True, 1.0, None, UNSET, "", " a", "a\x00"]), max_size=20))
def test_e6_what_is_remembered_is_what_the_parser_says(values: list[Any]) -> None:
    """E6: a number, a text and a truth that are equal as keys stay apart."""
    for parse in (parsing.text, parsing.day, parsing.optional_id, lambda value, _: parsing.as_text(value)):
        known = parsing.Remembered(parse)
        for value in [*values, *values]:
            try:
                expected = parse(value, "")
            except UnreadableRecord:
                with pytest.raises((UnreadableRecord, TypeError)):
                    known[value]
                continue
            with suppress(TypeError):
                assert known[value] == expected and type(known[value]) is type(expected)


def test_what_is_remembered_does_not_grow_with_the_company() -> None:
    known = parsing.Remembered(parsing.text)
    for number in range(45_000):
        assert known[f"text {number}"] == f"text {number}"
        assert len(known) <= 20_000
