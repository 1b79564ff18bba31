"""Spans of a real run arrive at a real collector on loopback, decoded from OTLP; nothing in them names anybody."""

import os
from collections.abc import Iterator

import pytest
from django.core import mail

from rollcall.events.tasks import hand_on
from rollcall.notify.tasks import deliver
from rollcall.project import otlp, tracing
from rollcall.telemetry import spans
from tests.operations.collector import Collector, collecting
from tests.sync.flow import Flow

pytestmark = pytest.mark.django_db


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "rollcall-here")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "5")
        yield found
        spans.use(None)


@pytest.mark.thorough
def test_run_read_requests_plan_chunks_and_mails_arrive_as_a_tree(flow: Flow, collector: Collector) -> None:
    provider = otlp.begin()
    flow.go_live()
    person = next(iter(flow.people_of()))
    flow.control("change", id=person, fields={"job_title": "Lighthouse keeper"})
    flow.run()
    hand_on()
    deliver()
    provider.shutdown()
    found = collector.spans()
    by_id = {one.span_id: one for one in found}
    parents = {(one.name, by_id[one.parent_span_id].name) for one in found if one.parent_span_id in by_id}
    assert {
        ("read", "run"),
        ("request", "read"),
        ("plan", "run"),
        ("apply", "run"),
        ("apply chunk", "apply"),
    } <= parents
    assert mail.outbox and sum(one.name == "mail" for one in found) == len(mail.outbox)
    run = next(one for one in found if one.name == "run")
    said = {one.key: one.value for one in run.attributes}
    assert said["rollcall.tool"].string_value == flow.tool
    assert said["rollcall.connection"].int_value == flow.connection().pk
    assert said["rollcall.state"].string_value == "succeeded" and said["rollcall.requests"].int_value >= 2
    assert collector.resources()["service.name"] == "rollcall-here"


def test_z5_no_span_holds_an_address_a_name_or_a_key(flow: Flow, collector: Collector) -> None:
    provider = otlp.begin()
    flow.go_live()
    flow.fault("A1", mode="401")
    flow.run()
    provider.shutdown()
    told = collector.words()
    assert "request" in told and not [one for one in told if "@" in one or ":" in one or "/" in one]
    keys = flow.sim.credentials(flow.tool).values()
    people = flow.people_of().values()
    names = {one[name] for one in people for name in ("first_name", "last_name", "job_title")}
    assert not told & {*keys, *names} and not any(one.events or one.links for one in collector.spans())


def test_an_error_is_told_by_its_class_alone(collector: Collector) -> None:
    provider = otlp.begin()
    with pytest.raises(ValueError, match="Quillfeather"), spans.span("step", number=1):
        raise ValueError("Quillfeather earns 12")
    provider.shutdown()
    (found,) = collector.spans()
    assert found.status.message == "ValueError" and collector.words() == {
        "step",
        "ValueError",
        "rollcall.number",
    }


def test_nothing_is_sent_unless_the_operator_says_where_to() -> None:
    assert not any(name.startswith("OTEL_") for name in os.environ)
    assert tracing.begin() is False
    with spans.span("step") as step:
        step.set(number=1)
