"""Handing a file in: who may, which connection it goes to, and what it must not change."""

import msgspec
import pytest

from rollcall.accounts import access
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import Entity
from rollcall.connections import source_files
from rollcall.connections.models import Connection, SourceFile, Subscription
from rollcall.sync import actions
from rollcall.sync.actions import Refused
from rollcall.sync.incoming import files
from rollcall.sync.incoming.files import Doubtful, Outcome
from tests.accounts.people import Two, two_companies

pytestmark = pytest.mark.django_db

ROWS = tuple(f"{n},A,B,a{n}@acme.example" for n in range(1, 7))


def content(*rows: str) -> bytes:
    return "\n".join(["Employee ID,First name,Last name,Email", *rows, ""]).encode()


@pytest.fixture
def two() -> Two:
    return two_companies()


def hand_in(entity: Entity, data: bytes, **layout: object) -> Outcome:
    with access.acting_for(entity.company_id):
        chosen = msgspec.structs.replace(source_files.alone(source_files.open_sheet(data)), **layout)
        found = source_files.look(source_files.open_layout(data, chosen))
        file = source_files.wait(entity, data, "a.csv", actor=SYSTEM)
        return files.hand_in(entity, file, chosen, found, actor=SYSTEM)


def used_by(two: Two) -> set[str]:
    with access.acting_for(two.alice_company.pk):
        return set(Subscription.objects.values_list("entity__name", flat=True))


def test_a_second_entity_shares_the_file_of_the_company(two: Two) -> None:
    """Product decision 6"""
    assert hand_in(two.alice_entity, content(*ROWS)) is Outcome.CONNECTED
    with access.acting_for(two.alice_company.pk):
        second = create_entity(two.alice_company, "Second")
    assert hand_in(second, content(*ROWS, "7,A,B,g@acme.example")) is Outcome.STARTED
    with access.acting_for(two.alice_company.pk):
        assert Connection.objects.count() == 1
    assert used_by(two) == {"Alice's entity", "Second"}


def test_a_doubtful_file_leaves_nothing_behind(two: Two) -> None:
    """The entity is not joined to a connection for a file that was not taken."""
    hand_in(two.alice_entity, content(*ROWS))
    with access.acting_for(two.alice_company.pk):
        second = create_entity(two.alice_company, "Second")
    with pytest.raises(Doubtful) as caught:
        hand_in(second, content(ROWS[0]))
    assert "fewer" in str(caught.value)
    assert used_by(two) == {"Alice's entity"}
    with access.acting_for(two.alice_company.pk):
        assert SourceFile.objects.get().people == 6


def test_a_file_is_not_read_while_paused(two: Two) -> None:
    hand_in(two.alice_entity, content(*ROWS))
    with access.acting_for(two.alice_company.pk):
        actions.pause(Connection.objects.get(), actor=SYSTEM)
    with pytest.raises(Refused, match="not_connected"):
        hand_in(two.alice_entity, content(*ROWS[:5]))


def test_an_entity_of_another_tool_disconnects_it_first(two: Two) -> None:
    with access.acting_for(two.alice_company.pk):
        other = Connection.objects.create(company=two.alice_company, tool="bamboohr", state="connected")
        Subscription.objects.create(company=two.alice_company, entity=two.alice_entity, connection=other)
    with pytest.raises(Refused, match="in_use"):
        hand_in(two.alice_entity, content(*ROWS))


def test_the_key_can_be_put_right_before_anybody_is_tied(two: Two) -> None:
    hand_in(two.alice_entity, content(*ROWS))
    assert hand_in(two.alice_entity, content(*ROWS), key="work_email") is Outcome.STARTED


def test_there_is_no_layout_in_use_without_a_connection(two: Two) -> None:
    with access.acting_for(two.alice_company.pk), pytest.raises(Refused, match="not_connected"):
        files.layout_in_use(two.alice_company.pk)
