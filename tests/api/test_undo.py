"""Taking back over the API: a plan of its own, approved by its digest (product decision 15)."""

from typing import Any

import pytest

from rollcall.accounts import access
from rollcall.connections.models import Connection
from rollcall.directory import queries as members
from rollcall.simulators.server import Running
from rollcall.sync import tasks
from rollcall.sync.models import Plan
from tests.accounts.people import Two
from tests.api.conftest import Caller, live, token

pytestmark = pytest.mark.django_db


def applied(two: Two, bamboo: Running) -> Plan:
    live(two.alice_entity, bamboo)
    with access.acting_for(two.alice_company.pk):
        return Plan.objects.get(entity=two.alice_entity, state="applied")


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_plan_is_taken_back_by_a_plan_of_its_own(two: Two, bamboo: Running) -> None:
    done = applied(two, bamboo)
    caller, base = token(two.alice_entity), f"/entities/{two.alice_entity.pk}/plans"
    answer = caller("POST", f"{base}/{done.pk}/undo")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["undoes"], made["state"]) == (done.pk, "preview")
    assert made["counts"]["archive"] == done.counts["create"]
    body = {"digest": made["digest"]}
    assert problem(caller("POST", f"{base}/{made['id']}/approve", body)) == (409, "override_needed")
    body["override"] = "The wrong filter."
    assert caller("POST", f"{base}/{made['id']}/approve", body).status_code == 202
    tasks.apply_plan(two.alice_company.pk, made["id"], "test")
    with access.acting_for(two.alice_company.pk):
        assert members.members_of(two.alice_entity.pk).exclude(state="archived").count() == 0
        assert Connection.objects.get().state == "paused"
    assert problem(caller("POST", f"{base}/{done.pk}/undo")) == (409, "undone")


def test_a_run_is_taken_back_for_every_entity_it_changed(two: Two, bamboo: Running) -> None:
    done = applied(two, bamboo)
    caller = token(two.alice_entity)
    with access.acting_for(two.alice_company.pk):
        connection = Connection.objects.get()
        run = connection.run_set.latest("pk")
        place = f"/connections/{connection.pk}/runs/{run.pk}/undo"
    assert problem(caller("POST", place)) == (409, "not_applied")
    with access.acting_for(two.alice_company.pk):
        Plan.objects.filter(pk=done.pk).update(run=run)
    answer = caller("POST", place)
    assert answer.status_code == 201, answer.content
    assert [one["entity_id"] for one in answer.json()["plans"]] == [two.alice_entity.pk]
    assert caller("POST", place.replace(f"/runs/{run.pk}", "/runs/987654")).status_code == 404


def test_z1_nobody_else_takes_back(two: Two, bamboo: Running, charlie: Caller) -> None:
    """Z1"""
    done = applied(two, bamboo)
    place = f"/entities/{two.alice_entity.pk}/plans/{done.pk}/undo"
    assert charlie("POST", place).status_code == 404
    assert token(two.alice_entity, "read")("POST", place).status_code == 403
