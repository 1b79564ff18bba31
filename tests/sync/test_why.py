"""Why? asks the planner about one person and gets what the whole plan says about them."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs

from rollcall.accounts.models import Entity
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription
from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.explain import Rule, Tie
from rollcall.engine.levers import Lever
from rollcall.engine.outcome import Outcome
from rollcall.engine.plan import make_plan
from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.scope import Condition, Filter, Named
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from rollcall.sync.plans import candidates
from rollcall.sync.plans.losses import clearable_of, kept_by, losses_of
from rollcall.sync.plans.question import Question
from rollcall.sync.why.asking import about_employee, about_member, planned
from rollcall.sync.why.people_search import MOST, search
from rollcall.sync.words import findings as why_sentences
from tests.accounts.people import two_companies
from tests.engine.test_cases import Case
from tests.sync.test_candidates import cases, often, stored

pytestmark = pytest.mark.django_db

PARIS = Filter(conditions=(Condition(attribute="work_location", test="one_of", values=("Paris",)),))
ADA = Employee(
    id="1",
    first_name="Ada",
    last_name="Bell",
    work_email="ada@co.example",
    status=Status.ACTIVE,
    work_location="Lyon",
)
ADA_HERE = Member(id=11, state=State.ACTIVE, role=Role.REQUESTER, email="ada@co.example", first_name="Ada")


@pytest.fixture
def entity() -> Entity:
    return two_companies().alice_entity


def whole(subscription: Subscription, case: Case) -> list[Change]:
    """The plan that the next run makes."""
    question = Question(subscription=subscription, settings=case.settings, now=case.now)
    everybody = structs.replace(question, everybody=True)
    candidates.prepare(everybody)

    def find(leads: bool) -> list[Any]:
        return [one.candidate for one in candidates.find(everybody, leads=leads)]

    return list(
        make_plan(
            find,
            case.settings,
            now=case.now,
            zone=subscription.entity.time_zone,
            clearable=clearable_of(subscription.connection_id),
            kept=kept_by(losses_of(subscription, case.settings), asked=False),
        )
    )


@pytest.mark.thorough
@often
@given(case=st.one_of(cases(contested=True), cases(contested=False)))
def test_one_person_is_planned_as_the_whole_plan_plans_them(entity: Entity, case: Case) -> None:
    """Product decision 16: the same candidate, the same lines; also owners, line managers and people without a line."""
    with stored(entity, case) as subscription:
        plan = whole(subscription, case)
        # Of two leavers with the address of one member, the plan archives the member for the first alone.
        once = {line.member_id for line in plan if line.kind is Kind.ARCHIVE}
        for row in Row.objects.filter(connection=subscription.connection_id):
            _, lines, _kept = planned(subscription, row, case.settings, now=case.now)
            known = [line for line in plan if line.employee_id == row.external_id]
            spared = lines and lines[0].kind is Kind.ARCHIVE and lines[0].member_id in once
            assert lines == known or (spared and not known)


def ask(entity: Entity, case: Case, employee_id: str = "1") -> Any:
    with stored(entity, case):
        return about_employee(entity, now=case.now, employee_id=employee_id)


def test_somebody_outside_the_filter_is_told_in_sentences(entity: Entity) -> None:
    found = ask(entity, Case(snapshot=[ADA], settings=Settings(scope=PARIS), plan=[]))
    with translation.override("en"):
        assert why_sentences.headline(found) == "Not invited"
        assert why_sentences.reason(found) == "Work location is “Lyon”. The filter asks for: Paris."
        assert [
            why_sentences.step_sentence(step, "BambooHR") for step in found.explanation.ways[0].steps
        ] == ["The filter includes them, or you add them by name."]


def test_s35_who_is_kept_out_by_name_reads_who_did_it_and_why(entity: Entity) -> None:
    kept = Named(employee_id="1", act="keep_out", reason="on loan", by="Alice", at=timezone.now())
    found = ask(entity, Case(snapshot=[ADA], settings=Settings(exceptions=(kept,)), plan=[]))
    assert found.explanation.rule is Rule.KEPT_OUT
    with translation.override("en"):
        said = why_sentences.reason(found)
    assert said.startswith("Is kept out by name since ") and said.endswith(", by Alice: “on loan”.")


def test_before_settings_are_confirmed_the_answer_is_about_the_draft(entity: Entity) -> None:
    """S27"""
    with stored(entity, Case(snapshot=[ADA], settings=Settings(scope=PARIS), plan=[])) as subscription:
        draft, subscription.settings = subscription.settings, None
        subscription.draft = draft
        subscription.save(update_fields=["settings", "draft"])
        found = about_employee(entity, now=timezone.now(), employee_id="1")
    assert found is not None and not found.live and found.explanation is not None
    assert found.explanation.verdict.outcome is Outcome.OUTSIDE


def test_i2_people_who_share_an_address_are_told_with_whom(entity: Entity) -> None:
    """I2"""
    ben = structs.replace(ADA, id="2", first_name="Ben")
    found = ask(entity, Case(snapshot=[ADA, ben], plan=[]))
    assert found.explanation.tie is Tie.SHARED_EMAIL
    assert [one.name for one in found.rivals] == ["Ben Bell"]


def test_who_is_tied_to_another_employee_is_told_to_whom(entity: Entity) -> None:
    ben = structs.replace(ADA, id="2", first_name="Ben", work_email=UNSET)
    case = Case(snapshot=[ADA, ben], members=[ADA_HERE], links=[Link(member_id=11, employee_id="2")], plan=[])
    found = ask(entity, case)
    assert found.explanation.tie is Tie.TIED_TO_ANOTHER
    (other,) = found.rivals
    assert other.member_id == 11 and other.row_id is not None


def test_s45_a_manager_brought_in_is_told_because_of_whom(entity: Entity) -> None:
    """S45"""
    boss = structs.replace(ADA, id="9", first_name="Boss", work_email="boss@co.example")
    below = structs.replace(ADA, work_location="Paris", manager_id="9")
    scope = structs.replace(PARIS, include_managers=True)
    found = ask(entity, Case(snapshot=[below, boss], settings=Settings(scope=scope), plan=[]), "9")
    assert found.explanation.rule is Rule.AS_MANAGER
    assert [one.name for one in found.reports] == ["Ada Bell"]


def test_a_member_whom_the_tool_does_not_know_has_an_answer_too(entity: Entity) -> None:
    """S60"""
    by_hand = structs.replace(ADA_HERE, email="hand@co.example")
    with stored(entity, Case(snapshot=[ADA], members=[by_hand], plan=[])):
        found = about_member(entity, 11, now=timezone.now())
    assert found is not None and found.explanation is None
    with translation.override("en"):
        assert why_sentences.headline(found) == "A member by hand"
        assert "hand@co.example" in why_sentences.reason(found)


def test_a_member_is_found_by_exactly_their_address(entity: Entity) -> None:
    with stored(entity, Case(snapshot=[ADA], members=[ADA_HERE], plan=[])):
        found = about_member(entity, 11, now=timezone.now())
    assert found is not None and found.explanation is not None
    assert (found.explanation.tie, found.explanation.verdict.outcome) == (Tie.SAME_EMAIL, Outcome.LINK)


def test_everybody_who_is_found_gets_every_sentence(entity: Entity) -> None:
    """No finding is without its words, in both languages."""
    with stored(entity, Case(snapshot=[ADA], plan=[])):
        found = about_employee(entity, now=timezone.now(), employee_id="1")
    assert found is not None and found.explanation is not None
    for language in ("en", "fr"):
        with translation.override(language):
            for rule in Rule:
                changed = structs.replace(found, explanation=structs.replace(found.explanation, rule=rule))
                assert "{" not in why_sentences.rule_sentence(changed)
            for tie in Tie:
                changed = structs.replace(found, explanation=structs.replace(found.explanation, tie=tie))
                assert "{" not in why_sentences.tie_sentence(changed)
            for lever in Lever:
                step = structs.replace(found.explanation.ways[0].steps[0], lever=lever)
                assert "{" not in why_sentences.step_sentence(step, "BambooHR")
            for outcome in Outcome:
                way = structs.replace(found.explanation.ways[0], leads_to=outcome)
                assert "{" not in why_sentences.way_sentence(way, "BambooHR", member=True)


def test_the_search_finds_names_whatever_the_capitals_and_accents(entity: Entity) -> None:
    elodie = structs.replace(ADA, first_name="Élodie", last_name="Lefèvre-O'Neil (x)")
    with stored(entity, Case(snapshot=[elodie], plan=[])) as subscription:
        for text in ("elodie", "ÉLODIE lefevre", "o'neil (X)", "ada@co", "Lefèvre"):
            assert [hit.name for hit in search(entity.pk, subscription.connection_id, text)] == [
                "Élodie Lefèvre-O'Neil (x)"
            ]
        for text in ("", "  ", "elodie nobody", "e.odie", "\0"):
            assert search(entity.pk, subscription.connection_id, text) == []


def test_the_search_shows_an_employee_who_is_a_member_once(entity: Entity) -> None:
    case = Case(snapshot=[ADA], members=[ADA_HERE], links=[Link(member_id=11, employee_id="1")], plan=[])
    with stored(entity, case) as subscription:
        (hit,) = search(entity.pk, subscription.connection_id, "ada")
        assert (hit.member_id, hit.managed, hit.state) == (11, True, "active")
        assert [one.member_id for one in search(entity.pk, None, "ada")] == [11]


def test_the_search_is_one_statement_and_says_when_there_are_more(entity: Entity) -> None:
    crowd = [structs.replace(ADA, id=str(number), work_email=f"{number}@co.example") for number in range(40)]
    with stored(entity, Case(snapshot=crowd, plan=[])) as subscription:
        with CaptureQueriesContext(database) as queries:
            assert len(search(entity.pk, subscription.connection_id, "bell")) == MOST + 1
        assert len(queries) == 2


def test_of_two_owners_who_left_the_second_stays_as_in_the_plan(entity: Entity) -> None:
    """Decision 10: whether one may go depends on the other."""
    left = [
        Employee(id=number, work_email=f"{number}@co.example", status=Status.INACTIVE)
        for number in ("1", "2")
    ]
    owners = [
        Member(id=10 + number, state=State.ACTIVE, role=Role.OWNER, email=f"{number}@co.example")
        for number in (1, 2)
    ]
    links = [Link(member_id=10 + number, employee_id=str(number)) for number in (1, 2)]
    settings = Settings(archive_inactive=True)
    case = Case(snapshot=left, members=owners, links=links, settings=settings, plan=[])
    outcomes = [ask(entity, case, number).explanation.verdict for number in ("1", "2")]
    assert [(one.outcome, one.why) for one in outcomes] == [
        (Outcome.ARCHIVE, Why.LEFT),
        (Outcome.LEFT_ALONE, Why.LAST_OWNER),
    ]
