"""The chain of events: written in bulk, unchangeable for the app, and proven."""

import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from msgspec import structs
from pytest_django import DjangoAssertNumQueries

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM, Actor
from rollcall.events.catalogue import DOCS, Kind
from rollcall.events.models import ChainHead, Event, Outbox
from rollcall.events.outbox import MANY, Json, NewEvent, append, verify
from tests.accounts.people import Two, two_companies

ALICE = Actor(kind="user", id=1, label="Alice")


@pytest.fixture
def two(db: None) -> Two:
    return two_companies()


def new(company_id: int, number: int = 1, **data: Json) -> NewEvent:
    return NewEvent(
        company_id=company_id,
        kind=Kind.MEMBER_UPDATED,
        actor=ALICE,
        entity_id=3,
        member_id=number,
        run_id=None,
        plan_id=2**40,
        data={
            "fields": ["title"],
            "name": "Zoë \u2028 \U0001f600",
            "count": 2**53,
            "nothing": None,
            "yes": True,
            **data,
        },
    )


def test_every_kind_says_when_it_is_written() -> None:
    assert set(DOCS) == set(Kind)


def test_events_are_numbered_per_company_and_wait_in_the_outbox(two: Two) -> None:
    for company in (two.alice_company, two.charlie_company):
        with acting_for(company.pk):
            append([new(company.pk, 1), new(company.pk, 2)])
            append([NewEvent(company_id=company.pk, kind=Kind.TOKEN_ISSUED, actor=SYSTEM)])
            assert list(Event.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
            assert Outbox.objects.count() == 3
            assert verify(company.pk) is None
    with acting_for(two.alice_company.pk):
        event = Event.objects.get(number=1)
        assert (event.kind, event.actor_kind, event.actor_id, event.actor_label) == (
            "member.updated",
            "user",
            1,
            "Alice",
        )
        assert (event.entity_id, event.member_id, event.run_id, event.plan_id) == (3, 1, None, 2**40)
        assert event.data["name"] == "Zoë \u2028 \U0001f600"


def test_any_number_of_events_costs_three_statements_and_many_two_more(
    two: Two, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with acting_for(two.alice_company.pk):
        for count, statements in ((1, 3), (MANY - 1, 3), (MANY, 5), (500, 5), (0, 0)):
            with django_assert_num_queries(statements):
                append([new(two.alice_company.pk, number) for number in range(count)])


@pytest.mark.parametrize("count", [1, MANY - 1, MANY, 500])
def test_z6_few_and_many_events_are_written_alike_and_verify(two: Two, count: int) -> None:
    """Z6: names with quotes, backslashes and letters of other alphabets come back as they were given."""
    data = {"fields": {"name": [None, 'O\'Neil "\\" Дудка \u2028']}, "params": {}, "count": 3, "gone": None}
    with acting_for(two.alice_company.pk):
        append([structs.replace(new(two.alice_company.pk, number), data=data) for number in range(count)])
        append([new(two.alice_company.pk, count)])
        found = list(Event.objects.order_by("number"))
        assert [one.number for one in found] == list(range(1, count + 2))
        assert all(one.data == data for one in found[:-1])
        assert set(Outbox.objects.values_list("pk", flat=True)) == {one.pk for one in found}
        assert verify(two.alice_company.pk) is None


@pytest.mark.thorough
def test_ten_thousand_events_take_a_moment(two: Two) -> None:
    with acting_for(two.alice_company.pk):
        began = time.perf_counter()
        append([new(two.alice_company.pk, number) for number in range(10_000)])
        assert time.perf_counter() - began < 5
        assert verify(two.alice_company.pk) is None


def test_events_of_two_companies_in_one_call_are_refused(two: Two) -> None:
    with pytest.raises(ValueError, match="one company"), acting_for(two.alice_company.pk):
        append([new(two.alice_company.pk), new(two.charlie_company.pk)])


def test_z2_events_for_a_company_one_does_not_act_for_are_refused(two: Two) -> None:
    """Z2"""
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        acting_for(two.alice_company.pk),
    ):
        append([new(two.charlie_company.pk)])


@pytest.mark.parametrize("data", [{"x": 1.5}, {"x": [{"y": 0.0}]}])
def test_floats_are_refused_because_they_do_not_come_back_unchanged(two: Two, data: dict[str, Json]) -> None:
    with pytest.raises(TypeError), acting_for(two.alice_company.pk):
        append([NewEvent(company_id=two.alice_company.pk, kind=Kind.PLAN_HELD, actor=SYSTEM, data=data)])


def test_inv15_rule9_a_rollback_takes_the_events_along(two: Two) -> None:
    with acting_for(two.alice_company.pk):
        append([new(two.alice_company.pk)])
        point = transaction.savepoint()
        append([new(two.alice_company.pk)])
        transaction.savepoint_rollback(point)
        append([new(two.alice_company.pk)])
        assert Event.objects.count() == Outbox.objects.count() == 2
        assert verify(two.alice_company.pk) is None


@pytest.mark.parametrize(
    "statement", ["update events_event set kind = 'x'", "delete from events_event", "truncate events_event"]
)
def test_z6_the_app_role_can_not_change_the_past(two: Two, statement: str) -> None:
    """Z6"""
    with acting_for(two.alice_company.pk):
        append([new(two.alice_company.pk)])
        with (
            connection.cursor() as cursor,
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
        ):
            cursor.execute(statement)


def test_z2_inv18_a_company_reads_its_own_events_only(two: Two) -> None:
    """Z2"""
    with acting_for(two.alice_company.pk):
        append([new(two.alice_company.pk)])
    assert not Event.objects.exists()
    with acting_for(two.charlie_company.pk):
        assert not Event.objects.exists()


Tamper = Callable[[psycopg.Cursor, int], object]

# What somebody with the owner's rights could do, and the first number that no longer holds.
TAMPERINGS: dict[str, tuple[str, int]] = {
    "kind changed": ("update events_event set kind = 'member.created' where number = 3", 3),
    "data changed": ("update events_event set data = '{\"fields\": []}' where number = 2", 2),
    "actor changed": ("update events_event set actor_label = 'Bob' where number = 5", 5),
    "time changed": ("update events_event set at = at + interval '1 microsecond' where number = 4", 4),
    "member changed": ("update events_event set member_id = 99 where number = 1", 1),
    "removed": ("delete from events_event where number = 3", 3),
    "first removed": ("delete from events_event where number = 1", 1),
    "last removed": ("delete from events_event where number = 5", 5),
    "all removed": ("delete from events_event", 1),
    "reordered": (
        "update events_event set number = 15 - number where number in (2, 3)",
        2,
    ),
    "content swapped": ("update events_event set content_hash = '', erased_at = now() where number = 2", 2),
    "erased without reason": ("update events_event set data = '{}', salt = '' where number = 2", 2),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", list(TAMPERINGS))
def test_z6_verification_names_the_first_broken_entry(
    what: str, owner_connection: psycopg.Connection
) -> None:
    """Z6"""
    statement, broken = TAMPERINGS[what]
    company = two_companies().alice_company
    with acting_for(company.pk):
        append([new(company.pk, number) for number in range(5)])
        assert verify(company.pk) is None
    owner_connection.execute("alter table events_event no force row level security")
    try:
        owner_connection.execute(statement)
        if what == "reordered":
            owner_connection.execute("update events_event set number = number - 10 where number > 10")
    finally:
        owner_connection.execute("alter table events_event force row level security")
    with acting_for(company.pk):
        assert verify(company.pk) == broken


@pytest.mark.django_db(transaction=True)
def test_z6_the_chain_still_verifies_after_an_erasure(owner_connection: psycopg.Connection) -> None:
    """Z6, Z7: the owner, behind the wall, empties what names a person; the app can not."""
    company = two_companies().alice_company
    with acting_for(company.pk):
        append([new(company.pk, number) for number in range(5)])
    with owner_connection.transaction():
        owner_connection.execute("select set_config('rollcall.company', %s, true)", [str(company.pk)])
        done = owner_connection.execute(
            "update events_event set data = '{}', actor_label = '', salt = '', erased_at = now()"
            " where member_id = 2"
        )
        assert done.rowcount == 1
        assert owner_connection.execute("delete from events_event").rowcount == 0, "nobody deletes"
    with acting_for(company.pk):
        assert verify(company.pk) is None
        assert Event.objects.get(number=3).data == {}


def test_z6_a_head_that_was_set_back_is_found(two: Two) -> None:
    """Z6"""
    with acting_for(two.alice_company.pk):
        append([new(two.alice_company.pk, number) for number in range(3)])
        head = ChainHead.objects.get()
        ChainHead.objects.update(number=2)
        assert verify(two.alice_company.pk) == 4
        ChainHead.objects.update(number=head.number, hash="0" * 64)
        assert verify(two.alice_company.pk) == 4
        ChainHead.objects.all().delete()
        assert verify(two.alice_company.pk) == 3


def test_a_company_without_events_is_in_order(two: Two) -> None:
    with acting_for(two.alice_company.pk):
        assert verify(two.alice_company.pk) is None
