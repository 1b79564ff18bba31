"""A thousand changes taken back, and in the soak ten thousand.

How long the plan and its apply take is printed: ``SOAK=1 pytest -s tests/sync/test_undo_large.py``.
"""

import sys
import time
from typing import Any

import pytest

from rollcall.directory.models import Member
from rollcall.sync import actions
from rollcall.sync.models import Plan
from tests.sync import flow as flows
from tests.sync.flow import ALICE, Flow, forget_schedule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

CHANGES = [1_000, pytest.param(10_000, marks=pytest.mark.soak)]
MOST_SECONDS = 30  # for ten thousand


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, settings: Any, db: None, changes: int) -> Any:
    monkeypatch.setattr(flows, "PEOPLE", int(changes * 1.25))
    with flows.running("bamboohr") as made:
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        forget_schedule()
        yield made


@pytest.mark.parametrize("changes", CHANGES)
def test_d15_many_changes_are_taken_back_at_ten_thousand_in_half_a_minute(large: Flow, changes: int) -> None:
    done = large.go_live()
    assert done.outcome["done"] >= changes
    original = large.get(lambda: Plan.objects.select_related("subscription__connection").get(pk=done.pk))
    begun = time.monotonic()
    undo = large.get(lambda: actions.undo(original, actor=ALICE))
    planned = time.monotonic()
    large.approve(undo, override="wrong filter")
    applied = large.apply(undo)
    ended = time.monotonic()
    back = applied.outcome["done"]
    sys.stdout.write(
        f"undo of {back:,} changes: plan {planned - begun:.1f} s, apply {ended - planned:.1f} s\n"
    )
    assert back == done.outcome["done"]
    assert large.get(lambda: Member.objects.exclude(state="archived").count()) == 0
    assert (ended - begun) / back < MOST_SECONDS / 10_000
