"""Invariants 1 to 20 over random lives of a company: HR, admins, members, workers and time in any order.

``SEQUENCES`` (200) and ``STEPS`` (30) say how many, and ``SEED`` where to begin; with ``SHRINK`` a failing story is cut
to what it needs, which takes minutes.
"""

import os
from collections.abc import Iterator
from typing import Any

import django
import pytest

django.setup()

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from rollcall.simulators import server
from tests.stateful.company import Company
from tests.stateful.hr_tool import TOOL
from tests.stateful.machine import Life, begin
from tests.sync.flow import forget_schedule

SEQUENCES = int(os.environ.get("SEQUENCES", "200"))
STEPS = int(os.environ.get("STEPS", "30"))
SEED = os.environ.get("SEED", "")
SHRINK = bool(os.environ.get("SHRINK"))
PEOPLE = 12


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, db: None) -> Iterator[Company]:
    running = server.start([TOOL], people=PEOPLE, seed=3)
    monkeypatch.setenv(f"ROLLCALL_BASE_URL_{TOOL.upper()}", running.url(TOOL))
    request.getfixturevalue("settings").ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
    forget_schedule()
    made: Any = None
    try:
        made = Company(running)
        yield made
    finally:
        if made is not None:
            made.hr.close()
        running.stop()


@pytest.mark.thorough
def test_inv1_inv2_inv3_inv4_inv5_inv6_inv7_inv8_inv9_inv10_inv11_inv12_inv13_inv14_inv15_inv16_inv17_inv18_inv19_inv20_hold_whatever_happens(  # noqa: E501
    company: Company,
) -> None:
    Life.made, Life.begun = company, begin(company)
    chosen = settings(
        max_examples=SEQUENCES,
        stateful_step_count=STEPS,
        derandomize=not SEED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=(Phase.generate, Phase.shrink) if SHRINK else (Phase.generate,),
    )
    if SEED:
        seed(int(SEED))(Life)
    run_state_machine_as_test(Life, settings=chosen)
