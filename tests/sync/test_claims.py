"""What is due by the clock is run by one worker at a time, companies take turns, and no claim outlives its worker."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.companies import create_company
from rollcall.connections.models import Connection, State
from rollcall.connections.side import own_connection
from rollcall.sync.runs.claims import AT_ONCE, CLAIM_SPACE, Claim, Claims
from rollcall.sync.runs.lease import lease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mine() -> Iterator[Claims]:
    made = Claims()
    yield made
    made.close()


@pytest.fixture
def theirs() -> Iterator[Claims]:
    """The claims of another process: a session of its own is all that tells them apart."""
    made = Claims()
    yield made
    made.close()


def company_with(connections: int, *, late: int = 60) -> list[int]:
    """A company of so many connections that are due for ``late`` seconds; their ids."""
    company = create_company(f"Company of {connections}")
    due = timezone.now() - timedelta(seconds=late)
    with access.acting_for(company.pk):
        made = Connection.objects.bulk_create(
            Connection(
                company=company,
                tool=f"tool {number}",
                state=State.CONNECTED,
                next_run_at=due + timedelta(milliseconds=number),
            )
            for number in range(connections)
        )
    return [one.pk for one in made]


def everything(claims: Claims) -> list[Claim]:
    return list(iter(claims.take, None))


def test_c5_two_workers_share_out_what_is_due_and_none_is_claimed_twice(mine: Claims, theirs: Claims) -> None:
    due = {company_with(1)[0] for _ in range(30)}
    first, second = [], []
    while (one := mine.take()) and (other := theirs.take()):
        first.append(one.connection_id)
        second.append(other.connection_id)
    assert len(first) == len(set(first)) and len(second) == len(set(second))
    assert not set(first) & set(second) and len(first) >= 10 and len(second) >= 10
    assert set(first) | set(second) <= due


def test_a_company_with_many_connections_delays_nobody_with_one(mine: Claims) -> None:
    """The many have been due for longer; still the others come in the first round."""
    many = company_with(500, late=600)
    single = [company_with(1)[0] for _ in range(5)]
    first = [one.connection_id for one in [mine.take() for _ in range(AT_ONCE)] if one]
    assert set(single) < set(first)
    # One of them is at work here now: its company comes behind whoever has none at work.
    late = company_with(1, late=1)
    again = [one.connection_id for one in [mine.take() for _ in range(AT_ONCE)] if one]
    assert again[0] == late[0] and set(again[1:]) < set(many)


def test_those_due_for_longest_come_first(mine: Claims) -> None:
    ids = [company_with(1, late=late)[0] for late in (10, 30, 20)]
    assert [one.connection_id for one in everything(mine)] == [ids[1], ids[2], ids[0]]


def test_c5_what_is_at_work_paused_or_not_due_is_nobodys(mine: Claims) -> None:
    busy, paused, later, due = (company_with(1)[0] for _ in range(4))
    for pk, change in (
        (paused, {"state": State.PAUSED}),
        (later, {"next_run_at": timezone.now() + timedelta(hours=1)}),
    ):
        change_row(pk, **change)
    with lease(company_of(busy), busy) as token:
        assert token is not None
        assert [one.connection_id for one in everything(mine)] == [due]


def company_of(pk: int) -> int:
    with access.on_duty("schedule"):
        return Connection.objects.get(pk=pk).company_id


def change_row(pk: int, **values: object) -> None:
    with access.acting_for(company_of(pk)):
        Connection.objects.filter(pk=pk).update(**values)


def test_a_run_that_is_over_is_free_for_everybody_once_it_is_due_again(mine: Claims, theirs: Claims) -> None:
    (pk,) = company_with(1)
    claim = mine.take()
    assert claim and theirs.take() is None
    change_row(pk, next_run_at=timezone.now() + timedelta(hours=1))
    mine.done(claim)
    assert mine.take() is None and theirs.take() is None
    change_row(pk, next_run_at=timezone.now())
    assert theirs.take() == claim and mine.take() is None


def test_c4_what_raises_here_is_left_to_others_for_a_while(mine: Claims, theirs: Claims) -> None:
    company_with(1)
    claim = mine.take()
    assert claim
    mine.done(claim, shun=60)
    assert mine.take() is None and theirs.take() == claim


def test_what_waits_behind_long_runs_goes_back_to_the_other_workers(mine: Claims, theirs: Claims) -> None:
    due = {company_with(1)[0] for _ in range(AT_ONCE)}
    at_work = mine.take()
    assert at_work and theirs.take() is None
    assert mine.give_back() == 0
    assert mine.give_back(idle=0) == AT_ONCE - 1
    assert {one.connection_id for one in everything(theirs)} == due - {at_work.connection_id}


@pytest.mark.thorough
def test_c1_inv17_the_claims_of_a_killed_worker_are_free_at_once(theirs: Claims) -> None:
    due = {company_with(1)[0] for _ in range(3)}
    killed = """
import os
import django
django.setup()
from rollcall.sync.runs.claims import Claims
claims = Claims()
print(claims.take().connection_id, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", killed], check=False, capture_output=True, timeout=60)
    assert done.returncode == -9 and int(done.stdout) in due
    assert {one.connection_id for one in everything(theirs)} == due


def test_c3_a_lost_session_loses_the_claims_and_the_next_one_has_them(mine: Claims, theirs: Claims) -> None:
    due = {company_with(1)[0] for _ in range(AT_ONCE + 2)}
    mine.take()
    with own_connection() as own:
        own.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s",
            [CLAIM_SPACE],
        )
    assert {one.connection_id for one in everything(theirs)} == due
    with pytest.raises(psycopg.OperationalError):
        everything(mine)
    theirs.close()
    begun = {one.connection_id for one in mine._begun}
    assert {one.connection_id for one in everything(mine)} == due - begun and len(begun) == AT_ONCE


def test_z2_the_session_that_looks_for_what_is_due_writes_nothing(mine: Claims) -> None:
    (pk,) = company_with(1)
    mine.take()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        mine._side.ask("UPDATE connections_connection SET run_wanted = 'x' WHERE id = %s", [pk])
