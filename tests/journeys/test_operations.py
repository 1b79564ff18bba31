"""An installation as it runs: one scrape of the web process tells of pages, worker and runs; traces arrive too."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rollcall.simulators.loopback import LOOPBACK
from tests.journeys import running
from tests.journeys.running import Installation
from tests.operations.collector import Collector, collecting

pytestmark = pytest.mark.journey

WORD: Final = "a-word-for-the-scraper"
PATIENCE: Final = 60.0
_PEOPLE: Final = "Personnel no;First name;Last name;Work e-mail\n" + "".join(
    f"00{n};Test{n};Person{n};test{n}@files.example\n" for n in range(1, 8)
)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture(scope="module")
def place(collector: Collector) -> Iterator[Installation]:
    more = {
        "ROLLCALL_METRICS_TOKEN": WORD,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "500",
    }
    with running.installation(["bamboohr"], people=5, more=more) as made:
        yield made


def scraped(place: Installation) -> dict[str, float]:
    """The sums of all samples by name."""
    answer = LOOPBACK.get(
        f"{place.demo.origin}/metrics",
        headers={"Authorization": f"Bearer {WORD}"},
        timeout=20,
    )
    assert answer.status_code == 200
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for one in family.samples:
            sums[one.name] = sums.get(one.name, 0.0) + one.value
    return sums


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < until:
        time.sleep(0.5)
    return true()


def test_what_the_worker_did_is_in_a_scrape_of_the_web_process(
    place: Installation, collector: Collector, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(_PEOPLE)
    place.command("import-csv", "1", str(file))
    assert soon(lambda: scraped(place).get("rollcall_runs_total", 0) >= 1)
    found = scraped(place)
    assert found["rollcall_people_read_total"] == 7 and found["rollcall_run_cpu_seconds_total"] > 0
    assert found["rollcall_workers"] == 1 and found["rollcall_lag_seconds"] == 0
    assert soon(lambda: scraped(place).get("rollcall_page_seconds_count", 0) >= 1)
    assert soon(lambda: {"run", "read"} <= {one.name for one in collector.spans()})


def test_check_finds_nothing_wrong_while_it_runs(place: Installation) -> None:
    told = json.loads(place.command("check", "--json"))
    assert told["exit_code"] == 0, told["looked"]
    assert told["facts"]["workers"]["alive"] == 1
