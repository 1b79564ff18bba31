"""Entries of the audit log in words: every kind has a sentence, in both languages, from what the entry itself holds."""

import pytest
from django.utils import translation

from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.web.event_sentences import actor_name, event_parts, event_sentence


def entry(kind: str, **data: object) -> Event:
    return Event(kind=kind, data=data, actor_kind="user", actor_label="Ada")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_sentence_even_when_its_content_was_erased(kind: Kind, language: str) -> None:
    with translation.override(language):
        sentence = event_sentence(entry(kind))
    assert sentence.endswith(".") and "{" not in sentence and not sentence[0].islower()


def test_an_update_names_each_field_with_before_and_after() -> None:
    fields = {"team": ["Air", "Sea"], "job_title": [None, "Pilot"], "department": ["Ops", None]}
    said = event_parts(entry(Kind.MEMBER_UPDATED, fields=fields))
    assert said == (
        "",
        ["Team: “Air” became “Sea”.", "Job title: “Pilot”.", "Department: “Ops” was removed."],
    )


def test_a_role_is_named_as_people_know_it() -> None:
    said = event_sentence(entry(Kind.MEMBER_ROLE_CHANGED, fields={"role": ["admin", "owner"]}))
    assert said == "Role: “Admin” became “Owner”."


def test_a_reason_of_the_plan_follows_with_its_tool_and_day() -> None:
    data = {"why": "left_on", "params": {"day": "2026-11-03"}}
    said = event_sentence(entry(Kind.MEMBER_ARCHIVED, **data), tool="bamboohr")
    assert said == "Member archived. Last day at work was 3 November 2026."


def test_what_people_typed_is_taken_as_it_is() -> None:
    said = event_sentence(entry(Kind.MEMBER_SUSPENDED, reason="{tool} {0} <b>"))
    assert said == "Suspended: access ended at once. Reason: {tool} {0} <b>"


def test_a_reason_is_told_in_french() -> None:
    with translation.override("fr"):
        suspended = event_sentence(entry(Kind.MEMBER_SUSPENDED, reason="Vol"))
        approved = event_sentence(entry(Kind.PLAN_APPROVED, override="Vérifié"))
    assert suspended.endswith(" Raison\xa0: Vol") and approved.endswith(" Raison\xa0: Vérifié")


def test_an_unknown_kind_and_every_sort_of_maker_have_words() -> None:
    assert event_sentence(entry("new.kind"))
    assert actor_name(entry("x")) == "Ada"
    assert actor_name(Event(kind="x", actor_kind="sync", actor_label="sync")) == "Sync"
    assert actor_name(Event(kind="x", actor_kind="token", actor_label="ERP")) == "API token “ERP”"
    assert actor_name(Event(kind="x", actor_kind="user", actor_label="")) == "a person"
