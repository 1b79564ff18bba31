"""What Prometheus reads: after a real run, only with the word, and nothing in it that names anybody."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from rollcall.operations import counting
from rollcall.telemetry import counts
from tests.sync.flow import PEOPLE, Flow

pytestmark = pytest.mark.django_db

WORD = "a-word-for-the-scraper"


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    counts.take()
    before, settings.ROLLCALL_METRICS_TOKEN = settings.ROLLCALL_METRICS_TOKEN, WORD
    yield
    settings.ROLLCALL_METRICS_TOKEN = before


def scraped() -> list[Sample]:
    """Everything `/metrics` tells, as Prometheus's own parser understands it."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {WORD}"})
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    return [
        one for family in text_string_to_metric_families(answer.content.decode()) for one in family.samples
    ]


def value(samples: list[Sample], name: str, **labels: str) -> float:
    """The sum of the samples of this name that have these labels."""
    found = [one.value for one in samples if one.name == name and labels.items() <= one.labels.items()]
    assert found, name
    return sum(found)


def test_a_run_is_counted_with_its_requests_people_and_time(flow: Flow) -> None:
    flow.connect()
    flow.run("first")
    counting.store()
    found = scraped()
    tool = {"tool": flow.tool}
    assert value(found, "rollcall_runs_total", state="succeeded", trigger="first", **tool) == 1
    assert value(found, "rollcall_people_read_total", **tool) == PEOPLE
    assert value(found, "rollcall_tool_requests_total", answer="2xx", **tool) >= 2
    assert value(found, "rollcall_tool_seconds_count", **tool) == value(
        found, "rollcall_tool_requests_total", **tool
    )
    assert value(found, "rollcall_run_seconds_total", phase="read", **tool) > 0
    assert value(found, "rollcall_tool_bytes_total", **tool) > 1_000
    assert value(found, "rollcall_run_memory_bytes_count") == 1
    assert value(found, "rollcall_connections", **tool) == 1
    assert value(found, "rollcall_people", **tool) == PEOPLE


def test_counts_of_many_processes_add_up_and_buckets_are_cumulative() -> None:
    for seconds in (0.004, 0.03, 99.0):
        counts.observe("rollcall_page_seconds", seconds, route="/x/", method="GET", answer="2xx")
        counting.store()
    found = scraped()
    page = {"route": "/x/"}
    assert value(found, "rollcall_page_seconds_count", **page) == 3
    assert value(found, "rollcall_page_seconds_sum", **page) == pytest.approx(99.034)
    buckets = [
        one.value
        for one in found
        if one.name == "rollcall_page_seconds_bucket" and one.labels["route"] == "/x/"
    ]
    assert buckets == sorted(buckets) and (buckets[0], buckets[-1]) == (1, 3)


def test_a_page_is_timed_under_its_route_and_never_under_its_address() -> None:
    Client().get("/join/17.secret/")
    Client().generic("MADEUP", "/members/")
    counting.store()
    found = scraped()
    assert value(found, "rollcall_page_seconds_count", route="/join/<str:token>/", method="GET") == 1
    assert value(found, "rollcall_page_seconds_count", method="other") == 1


def test_z5_no_label_holds_a_name_an_address_or_an_id(flow: Flow) -> None:
    flow.go_live()
    counting.store()
    body = Client().get("/metrics", headers={"Authorization": f"Bearer {WORD}"}).content.decode()
    assert "@" not in body and flow.two.alice_company.name not in body
    allowed = {
        "tool",
        "state",
        "trigger",
        "phase",
        "le",
        "answer",
        "purpose",
        "route",
        "method",
        "error",
        "version",
        "database",
    }
    assert set(re.findall(r'[{,](\w+)="', body)) <= allowed
    for member in flow.members().values():
        assert member.email not in body and member.last_name not in body.split('"')


@pytest.mark.parametrize("address", ["/metrics", "/metrics.json"])
def test_nobody_reads_it_without_the_word(address: str) -> None:
    client = Client()
    for shown in ("", "Bearer", "Bearer wrong", f"Basic {WORD}", f"Bearer {WORD}x"):
        answer = client.get(address, headers={"Authorization": shown} if shown else {})
        assert (answer.status_code, answer.content) == (401, b"")
    assert client.get(f"{address}?token={WORD}").status_code == 401
    settings.ROLLCALL_METRICS_TOKEN = ""
    assert client.get(address, headers={"Authorization": "Bearer "}).status_code == 404


def test_the_json_says_what_is_wrong_and_the_facts() -> None:
    answer = Client().get("/metrics.json", headers={"Authorization": f"Bearer {WORD}"}).json()
    assert {"code": "no_worker", "gravity": 2} in [
        {name: one[name] for name in ("code", "gravity")} for one in answer["findings"]
    ]
    assert answer["facts"]["workers"]["alive"] == 0 and answer["facts"]["database"]["bytes"] > 0


def test_a_scrape_takes_so_many_statements_however_many_there_are(
    flow: Flow, django_assert_max_num_queries: object
) -> None:
    flow.connect()
    with django_assert_max_num_queries(70):  # type: ignore[operator] # the fixture ships no type
        scraped()
