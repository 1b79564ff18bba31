"""Values and attributes of an HR tool in words; what nobody knows stays as it was sent."""

import pytest
from django.utils import translation

from rollcall.engine.scope import Condition, Everybody, Filter, Named
from rollcall.engine.settings import DaysBefore, Ownership, Settings
from rollcall.web.choosing.told import differing, settings_in_words
from rollcall.web.words import attribute_label, value_label


@pytest.mark.parametrize(
    ("language", "attribute", "value", "words"),
    [
        ("en", "country", "DE", "Germany"),
        ("fr", "country", "DE", "Allemagne"),
        ("fr", "country", "bo", "Bolivie"),
        ("en", "country", "BO", "Bolivia"),
        ("en", "country", "XX", "XX"),
        ("en", "country", "Narnia", "Narnia"),
        ("en", "employment_type", "full_time", "Full-time"),
        ("fr", "employment_type", "Part-Time", "Temps partiel"),
        ("fr", "employment_type", "CDI", "CDI"),
        ("fr", "language", "de", "Allemand"),
        ("fr", "language", "tlh", "tlh"),
        ("fr", "department", "FR", "FR"),
        ("fr", "custom.grade", "full_time", "full_time"),
        ("en", "team", None, "(empty)"),
        ("fr", "team", "", "(vide)"),
    ],
)
def test_a_value_is_said_in_words(language: str, attribute: str, value: str | None, words: str) -> None:
    with translation.override(language):
        assert value_label(attribute, value) == words


@pytest.mark.parametrize(
    ("attribute", "words"),
    [
        ("work_location", "Work location"),
        ("custom.costCenterCode", "Cost center code"),
        ("custom.cost_centre", "Cost centre"),
        ("custom.VIP", "VIP"),
        ("custom.Grade of Staff", "Grade of Staff"),
        ("custom.__", "__"),
    ],
)
def test_a_technical_name_becomes_words_and_a_customers_own_words_stay(attribute: str, words: str) -> None:
    assert attribute_label(attribute) == words


def test_settings_are_told_line_by_line_and_only_what_differs_is_compared() -> None:
    one = Settings()
    other = Settings(
        scope=Filter(conditions=(Condition(attribute="country", test="none_of", values=("FR", None)),)),
        exceptions=(Named(employee_id="7", act="add", reason="On loan"),),
        invite=DaysBefore(7),
        fields={"team": Ownership.NOT_READ},
    )
    told = settings_in_words(other, {"7": "Ada Bell"})
    assert told["Employees"] == "Country is none of: France, (empty)"
    assert told["Named people"] == "Added: Ada Bell (On loan)"
    assert told["When people are hired"] == "Invited 7 days before their start date"
    assert told["Details"] == "Team: Not read"
    found = {line.label: (line.theirs, line.yours) for line in differing(one, other)}
    assert found["Line managers"] == ("Read and set", "Not read")
    assert "When people leave" not in found
    assert differing(one, Settings(scope=Everybody())) == []
