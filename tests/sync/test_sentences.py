"""Every code of a closed list is a sentence: nobody ever reads a bare code."""

import inspect
import re

import pytest
from django.utils import translation

from rollcall.connections import gallery
from rollcall.engine.change import Kind, Why
from rollcall.engine.limits import Breach
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.engine.scope import ATTRIBUTES
from rollcall.engine.snapshot import DELIVERABLE
from rollcall.sync import actions
from rollcall.sync.runs import run
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import (
    breach_sentence,
    change_sentence,
    error_sentence,
    field_label,
    kind_label,
    why_sentence,
)

PARAMS = {
    "day": "2026-11-03",
    "start": "2026-12-01",
    "email": "l.petit@acme.example",
    "others": "1",
    "manager": "Sofia Almeida",
    "status": "active",
    "attribute": "work_location",
    "test": "one_of",
    "values": "Paris, Lyon",
    "value": "Berlin",
    "people": "12",
    "permission": "Employees: Read",
    "address": "acme",
    "broken": "40",
    "rows": "50",
    "line": "2",
}


def is_sentence(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z“0-9].* .*[.]", text)) and not re.search(r"[{}]|%\(", text)


@pytest.mark.parametrize("why", [*Why, "disconnected"])
def test_every_reason_is_a_sentence(why: str) -> None:
    assert is_sentence(why_sentence(why, PARAMS, tool="bamboohr"))
    assert is_sentence(why_sentence(why, {}))


def test_a_reason_tells_days_as_people_write_them() -> None:
    assert why_sentence(Why.LEFT_ON, {"day": "2026-11-03"}) == "Last day at work was 3 November 2026."
    with translation.override("fr"):
        assert "3 novembre 2026" in why_sentence(Why.LEFT_ON, {"day": "2026-11-03"})


def test_a_reason_names_the_condition_that_keeps_somebody_out() -> None:
    said = why_sentence(Why.OUT_OF_SCOPE, PARAMS)
    assert said == "Work location is “Berlin”, and the filter asks for: Paris, Lyon."
    left_out = why_sentence(Why.OUT_OF_SCOPE, PARAMS | {"test": "none_of"})
    assert left_out == "Work location is “Berlin”, which the filter leaves out."


@pytest.mark.parametrize("code", [*gallery.error_templates(), "internal", "interrupted"])
def test_every_error_is_a_sentence(code: str) -> None:
    assert is_sentence(error_sentence(code, PARAMS | {"tool": "BambooHR"}))


def test_every_code_that_a_run_writes_has_a_sentence() -> None:
    written = set(re.findall(r'"(internal|interrupted)"', inspect.getsource(run)))
    assert written == {"internal", "interrupted"}


def test_no_error_is_no_sentence() -> None:
    assert error_sentence("", {}) == ""


@pytest.mark.parametrize("breach", list(Breach))
@pytest.mark.parametrize("count", [1, 7])
def test_every_breach_is_a_sentence_with_its_numbers(breach: Breach, count: int) -> None:
    stored = {"breach": str(breach), "count": count, "of": 40, "what": "department=Sales"}
    said = breach_sentence(stored, employees=38, tool="bamboohr")
    assert is_sentence(said)
    assert "40" in said or str(count) in said


def test_every_refusal_is_a_sentence() -> None:
    codes = set(re.findall(r'Refused\(\s*"(\w+)"', inspect.getsource(actions)))
    assert len(codes) > 5
    for code in codes:
        assert is_sentence(refusal_sentence(code, {"tool": "bamboohr", "plan": "essentials"})), code


@pytest.mark.parametrize("name", sorted({*OWNED_FIELDS, *ATTRIBUTES, *DELIVERABLE}))
def test_every_field_has_a_label(name: str) -> None:
    assert field_label(name) != name


def test_an_attribute_of_the_customer_keeps_its_own_name() -> None:
    assert field_label("custom.Cost group") == "Cost group"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_label(kind: Kind) -> None:
    assert kind_label(kind) != kind


def test_the_last_sentence_says_the_numbers_again() -> None:
    """S40"""
    said = change_sentence({"create": 271, "archive": 2, "update": 0, "skip": 4})
    assert said == "271 invitations will be sent, 2 people archived. Nothing else changes."
    assert change_sentence({"create": 0, "skip": 4}) == "Nobody changes."
