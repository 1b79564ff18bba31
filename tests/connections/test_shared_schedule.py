"""The schedule of requests that all workers share, and tokens that one worker renews for all: with real processes."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection as database
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.grants import StoredGrant
from rollcall.connections.models import Connection, RateSlot
from rollcall.connections.pacing import InDatabase, forget_old
from rollcall.connections.side import own_connection
from tests.accounts.people import two_companies
from tests.sync.flow import forget_schedule

WORKER = """
import os, sys, time
import django
django.setup()
from rollcall.connections.pacing import InDatabase
with InDatabase() as limiter:
    for _ in range(int(sys.argv[1])):
        wait = limiter.reserve("shared", 0.05, 0.1)
        time.sleep(wait)
        print(time.time(), flush=True)
"""


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_two_workers_together_keep_one_limit() -> None:
    forget_schedule()
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, "15"], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    sent = sorted(float(line) for one in workers for line in one.communicate(timeout=30)[0].split())
    assert len(sent) == 30
    # 20 a second and 2 ahead; a machine may be late, never early
    for first, last in zip(sent, sent[9:], strict=False):
        assert last - first >= 7 * 0.05 - 0.02
    forget_schedule()


@pytest.mark.django_db(transaction=True)
def test_a_place_is_taken_at_once_though_the_caller_stands_in_a_transaction() -> None:
    forget_schedule()
    two = two_companies()
    with access.acting_for(two.alice_company.pk), InDatabase() as mine, InDatabase() as other:
        assert mine.reserve("key", 10, 0) == 0
        assert other.reserve("key", 10, 0) > 9
    forget_schedule()


@pytest.mark.django_db(transaction=True)
def test_a_small_read_of_a_generous_tool_asks_the_database_once_for_all_its_places() -> None:
    forget_schedule()
    with CaptureQueriesContext(database) as sent, InDatabase() as limiter:
        waits = [limiter.reserve("key", 0.25, 60 * 0.25) for _ in range(8)]
    assert waits == [0.0] * 8 and len(sent) == 1
    with InDatabase() as other:
        # All eight are taken: 8 + 53 = 60 and 1, as one by one.
        after = [other.reserve("key", 0.25, 60 * 0.25) for _ in range(54)]
    assert max(after[:52]) == 0 < after[-1]
    forget_schedule()


@pytest.mark.django_db(transaction=True)
def test_a_place_that_has_gone_by_is_not_used_later() -> None:
    """Else those of many workers could be used at the same moment."""
    forget_schedule()
    with CaptureQueriesContext(database) as sent, InDatabase() as limiter:
        for _ in range(3):
            assert limiter.reserve("key", 0.02, 10 * 0.02) == 0
            # longer than the six places of 20 ms that were taken at once
            time.sleep(0.2)
    assert len(sent) == 3
    forget_schedule()


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_fetches_for_another_takes_its_place_on_the_session_beside() -> None:
    """It would open one of its own for each page; and it never uses that of the run."""
    forget_schedule()
    opened: list[object] = []

    with InDatabase() as limiter:
        assert limiter.reserve("key", 10, 0) == 0

        def fetch() -> None:
            assert limiter.reserve("key", 10, 0) > 9
            opened.append(connections["default"].connection)

        other = Thread(target=fetch)
        other.start()
        other.join(timeout=20)
    assert opened == [None]
    forget_schedule()


@pytest.fixture
def granted(transactional_db: None) -> Connection:
    two = two_companies()
    with access.acting_for(two.alice_company.pk):
        made = Connection.objects.create(
            company_id=two.alice_company.pk, tool="deel", connected_at=timezone.now()
        )
        made.set_credentials({"access_token": "one", "refresh_token": "r1"})
        made.save()
        return made


def renewing(calls: list[str], *, slowly: float = 0.0) -> Callable[[Mapping[str, str]], Mapping[str, str]]:
    def renew(stored: Mapping[str, str]) -> Mapping[str, str]:
        calls.append(stored["refresh_token"])
        time.sleep(slowly)
        return {**stored, "access_token": "two", "refresh_token": "r2"}

    return renew


def test_two_workers_that_need_a_token_renew_it_once(granted: Connection) -> None:
    calls: list[str] = []
    got: list[str] = []

    def work() -> None:
        grant = StoredGrant(granted.company_id, granted.pk)
        got.append(grant.renewed("one", renewing(calls, slowly=0.3))["access_token"])
        database.close()

    workers = [Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(timeout=20)
    assert got == ["two"] * 3
    assert calls == ["r1"]


@pytest.mark.thorough
def test_a_new_token_is_stored_before_anybody_gets_it(granted: Connection) -> None:
    # A worker killed right after the renewal: what it never used is there for the next one.
    killed = f"""
import os
import django
django.setup()
from rollcall.connections.grants import StoredGrant
StoredGrant({granted.company_id}, {granted.pk}).renewed(
    "one", lambda stored: {{**stored, "access_token": "two", "refresh_token": "r2"}}
)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -9
    calls: list[str] = []
    found = StoredGrant(granted.company_id, granted.pk).renewed("one", renewing(calls))
    assert (found["access_token"], found["refresh_token"]) == ("two", "r2")
    assert calls == []


@pytest.mark.thorough
def test_a_worker_killed_while_it_renews_blocks_nobody(granted: Connection) -> None:
    killed = f"""
import os
import django
django.setup()
from rollcall.connections.grants import StoredGrant
StoredGrant({granted.company_id}, {granted.pk}).renewed("one", lambda stored: os.kill(os.getpid(), 9))
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -9
    calls: list[str] = []
    StoredGrant(granted.company_id, granted.pk).renewed("one", renewing(calls))
    assert calls == ["r1"]


def test_a_renewal_that_fails_stores_nothing(granted: Connection) -> None:
    def refused(stored: Mapping[str, str]) -> Mapping[str, str]:
        raise LookupError

    with pytest.raises(LookupError):
        StoredGrant(granted.company_id, granted.pk).renewed("one", refused)
    with own_connection() as own:
        assert own.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
    assert StoredGrant(granted.company_id, granted.pk).renewed("zero", refused)["access_token"] == "one"


def test_a_token_is_not_renewed_inside_a_transaction(granted: Connection) -> None:
    with access.acting_for(granted.company_id), pytest.raises(RuntimeError):
        StoredGrant(granted.company_id, granted.pk).renewed("one", renewing([]))


@pytest.mark.django_db(transaction=True)
def test_places_that_are_long_past_are_forgotten() -> None:
    forget_schedule()
    RateSlot.objects.create(key="past", due=timezone.now() - timedelta(hours=25))
    RateSlot.objects.create(key="today", due=timezone.now() - timedelta(hours=23))
    forget_old(timezone.now())
    assert list(RateSlot.objects.values_list("key", flat=True)) == ["today"]
    forget_schedule()
