"""What a run costs stands in its record, whatever became of it, and costs no statement more."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from rollcall.sync.models import Plan
from rollcall.sync.runs import cost
from rollcall.telemetry import counts
from tests.sync.flow import Flow

pytestmark = pytest.mark.django_db

FIGURES = {"seconds", "read", "plan", "apply", "cpu", "waited", "memory", "requests", "bytes"}


def test_a_run_keeps_its_time_memory_requests_and_bytes(flow: Flow) -> None:
    flow.connect()
    made = flow.run("first").cost
    assert set(made) == FIGURES
    assert made["seconds"] >= made["read"] > 0 and made["apply"] == 0
    assert 0 < made["cpu"] <= made["seconds"] + 0.1
    assert made["requests"] >= 2 and made["bytes"] > 1_000
    assert 20_000_000 < made["memory"] < 2_000_000_000


def test_what_is_applied_counts_as_its_own_phase(flow: Flow) -> None:
    flow.go_live()
    person = next(iter(flow.links()))
    flow.control("change", id=int(person), fields={"job_title": "Lighthouse keeper"})
    made = flow.run().cost
    assert made["plan"] > 0 and made["apply"] > 0
    assert made["seconds"] + 0.01 >= made["read"] + made["plan"] + made["apply"]


def test_a_run_that_fails_tells_what_it_cost_until_then(flow: Flow) -> None:
    flow.connect()
    flow.fault("A1", mode="401")
    counts.take()
    run = flow.run("first")
    assert run.state == "failed" and run.cost["requests"] >= 1
    taken = counts.take()
    key = ("rollcall_runs", (("state", "failed"), ("tool", flow.tool), ("trigger", "first")))
    assert taken[key] == 1


def test_a_quiet_run_spends_no_statement_on_it(flow: Flow) -> None:
    flow.go_live()
    flow.run()
    with CaptureQueriesContext(database) as asked:
        run = flow.run()
    about = [
        one["sql"] for one in asked if "UPDATE sync_run" in one["sql"] or 'UPDATE "sync_run"' in one["sql"]
    ]
    assert len(about) == 1 and "finished_at" in about[0] and "cost" in about[0], (
        "it goes with the run's last write"
    )
    assert set(run.cost) == FIGURES and run.cost["read"] > 0


def test_outside_a_run_nothing_is_measured(flow: Flow) -> None:
    """A plan that a person approved is applied by a job of its own."""
    flow.go_live()
    assert cost.taken() == {}
    with cost.phase(cost.APPLY):
        assert cost.taken() == {}
    assert flow.get(Plan.objects.count) == 1
