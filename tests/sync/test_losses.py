"""Fields that an HR tool loses for many people: kept, said once, and the rest of the plan goes on (rule 3)."""

from typing import Any

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.directory.models import Member
from rollcall.engine.change import Kind
from rollcall.engine.losses import Loss, Lost
from rollcall.engine.masks import BLANK, SIGNS, WORDS, is_mask
from rollcall.engine.settings import Settings
from rollcall.sync.models import Plan, PlanState, Run
from rollcall.sync.plans import remarks
from rollcall.sync.plans.losses import blank_condition, mask_condition
from tests.sync.flow import Flow

pytestmark = pytest.mark.django_db


def values(flow: Flow, name: str) -> dict[str, Any]:
    """The field of every member, by employee."""
    return {number: getattr(one, name) for number, one in flow.members().items()}


def kept(flow: Flow, run: Run) -> dict[str, tuple[str, int, int]]:
    """What the run says is kept for the entity: field -> kind, how many, of how many."""
    return {
        one["field"]: (one["kind"], one["count"], one["of"]) for one in run.seen["kept"][str(flow.entity.pk)]
    }


def everybody(flow: Flow) -> list[int]:
    """Everybody who is a member, as the tool numbers them."""
    return [int(one) for one in flow.members()]


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["job_title", "bank_account"])
def test_a5_rule3_inv9_a_field_that_is_empty_for_everybody_is_kept_and_said(flow: Flow, name: str) -> None:
    """Nothing waits for it: a change of another field is made."""
    flow.go_live()
    stored = "bank_digest" if name == "bank_account" else name
    before = values(flow, stored)
    flow.fault("A5", mode="null", fields=[] if name == "bank_account" else [name])
    one = everybody(flow)[0]
    flow.control("change", id=one, fields={"last_name": "Newname"})
    run = flow.run()
    had = sum(value is not None for value in before.values())
    assert kept(flow, run) == {name: ("empty", had, had)}
    assert values(flow, stored) == before and flow.members()[str(one)].last_name == "Newname"
    assert flow.latest().state == PlanState.APPLIED
    assert remarks.kept_of(flow.latest().counts) == [Loss(field=name, kind=Lost.EMPTY, count=had, of=had)]


@pytest.mark.thorough
def test_a5_a_field_that_many_lose_is_kept_though_some_still_have_it(flow: Flow) -> None:
    """So it would have been cleared: others have it in this very list."""
    flow.go_live()
    before = values(flow, "job_title")
    most = everybody(flow)[:10]
    flow.control("change", ids=most, raw={"jobTitle": None})
    run = flow.run()
    assert kept(flow, run)["job_title"][0] == "empty"
    assert values(flow, "job_title") == before
    # Nothing is left over: the list comes whole again, and who changed meanwhile is brought in step.
    other = everybody(flow)[12]
    flow.control("change", id=other, fields={"job_title": "Astronaut"})
    flow.run()
    assert values(flow, "job_title") == before
    flow.control("change", ids=most, raw=None)
    assert kept(flow, flow.run()) == {}
    assert values(flow, "job_title") == before | {str(other): "Astronaut"}


@pytest.mark.thorough
def test_rule3_one_person_whose_field_was_cleared_loses_it(flow: Flow) -> None:
    flow.go_live()
    before = values(flow, "job_title")
    one = everybody(flow)[0]
    flow.control("change", id=one, raw={"jobTitle": None})
    flow.run()
    assert values(flow, "job_title") == before | {str(one): None}


@pytest.mark.thorough
@pytest.mark.parametrize("mask", ["***", "N/A", "xxxx", "Hidden", "-", "redacted", "null", "••••"])
def test_a5_a_masked_value_is_kept_for_one_and_for_many(flow: Flow, mask: str) -> None:
    flow.go_live()
    before = values(flow, "job_title")
    first, *others = everybody(flow)
    flow.control("change", id=first, raw={"jobTitle": mask})
    flow.run()
    assert values(flow, "job_title") == before
    (note,) = [one for one in flow.lines(flow.latest(), Kind.NOTE) if one.why == "masked"]
    assert (note.employee_id, note.params) == (str(first), {"fields": "job_title"})
    flow.control("change", ids=others, raw={"jobTitle": mask})
    run = flow.run()
    assert kept(flow, run)["job_title"][0] == "masked" and values(flow, "job_title") == before
    # said once for all, and not of each of them
    assert not flow.get(lambda: Plan.objects.filter(run=run, line__kind=Kind.NOTE).exists())


def test_a5_one_value_for_everybody_where_there_were_several_is_kept(flow: Flow) -> None:
    flow.go_live()
    before = values(flow, "job_title")
    assert len(set(before.values())) > 1
    flow.control("change", ids=everybody(flow), fields={"job_title": "Employee"})
    run = flow.run()
    assert kept(flow, run)["job_title"][0] == "same"
    assert values(flow, "job_title") == before


def test_rule3_an_address_that_is_masked_is_nobodys(flow: Flow) -> None:
    """I10: the known one stays, and nobody is invited at it."""
    flow.go_live()
    one = everybody(flow)[0]
    before = values(flow, "email")
    flow.control("change", id=one, raw={"workEmail": "xxxx@acme.example"})
    new = flow.control("hire", work_email="****@acme.example")["ids"][0]
    flow.run()
    whys = {line.employee_id: line.why for line in flow.lines(flow.latest(), Kind.SKIP, Kind.NOTE)}
    assert whys[str(one)] == whys[str(new)] == "not_an_email"
    assert values(flow, "email") == before


def test_a5_line_managers_that_are_gone_for_everybody_stay(flow: Flow) -> None:
    flow.go_live()
    before = values(flow, "manager_id")
    assert sum(one is not None for one in before.values()) > 5
    flow.fault("A5", mode="null", fields=["manager_id"])
    flow.run()
    assert values(flow, "manager_id") == before


def test_rule3_what_a_person_confirms_with_a_reason_is_cleared(flow: Flow) -> None:
    """A real clearing is possible: shown in a preview, guarded by the limit, and said."""
    flow.go_live()
    most = everybody(flow)[:10]
    flow.control("change", ids=most, raw={"jobTitle": None})
    flow.run()
    before = values(flow, "job_title")
    plan = flow.preview(Settings())
    assert {one["breach"] for one in plan.breaches} == {"cleared"}
    assert [one.field for one in remarks.kept_of(plan.counts)] == ["job_title"]
    flow.approve(plan, override="we no longer keep them")
    flow.apply(plan)
    assert values(flow, "job_title") == before | {str(one): None for one in most}
    assert kept(flow, flow.run()) == {}


def test_rule3_while_a_field_is_doubted_a_quiet_hour_stays_quiet(flow: Flow) -> None:
    flow.go_live()
    flow.fault("A5", mode="null", fields=["job_title"])
    flow.run()
    flow.run()
    before = flow.frozen()
    flow.run()
    assert flow.frozen() == before


def test_rule4_a_field_that_is_not_read_is_not_doubted(flow: Flow) -> None:
    """S1: nor one that a member has of their own."""
    flow.go_live(Settings(fields={"job_title": "not_read"}))  # type: ignore[dict-item] # as decoded
    flow.get(lambda: Member.objects.update(job_title="Own"))
    flow.fault("A5", mode="null", fields=["job_title"])
    assert kept(flow, flow.run()) == {}
    assert set(values(flow, "job_title").values()) == {"Own"}


TEXTS = st.one_of(
    st.sampled_from(
        [*WORDS, "NULL", "x", "xx", "xxx", "XXXX", "", " ", "Null Island", "李", "é", "1111", "aa"]
    ),
    st.tuples(st.sampled_from(SIGNS), st.integers(1, 5)).map(lambda one: one[0] * one[1]),
    st.text(alphabet=SIGNS + "xX aé李\t\u00a0", max_size=5),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_rule3_the_database_and_the_engine_know_the_same_masks(db: None, text: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT {mask_condition('t')}, {blank_condition('t')} FROM (SELECT %s::text AS t) x", [text]
        )
        assert cursor.fetchone() == (is_mask(text), not text.strip(BLANK))
