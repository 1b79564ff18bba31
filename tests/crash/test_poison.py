"""One company whose rows raise keeps nobody waiting: every periodic job does its work for the ten others (C4).

The poison is PostgreSQL's own: a trigger refuses each write to that company's rows in every table of the round.
"""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
from django.core import mail as django_mail
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.companies import create_company, create_entity, grant_role
from rollcall.accounts.models import Entity, Role, User
from rollcall.connections import source_files
from rollcall.connections.models import Connection, SourceFile, State
from rollcall.directory import actions as directory
from rollcall.directory import reminders
from rollcall.directory.models import Invitation
from rollcall.engine.roster import Role as MemberRole
from rollcall.events import tasks as relay
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event, Outbox
from rollcall.events.outbox import NewEvent, append
from rollcall.notify.models import Mail, Week
from rollcall.notify.models import State as MailState
from rollcall.notify.tasks import deliver
from rollcall.project import weekly
from rollcall.project.looping import Loops
from rollcall.sync.incoming import drop_folder, files
from rollcall.sync.models import Run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

GOOD = 10
CSV = (
    b"Id,First name,Last name,Email,Start date,Team\n"
    b"1,A,B,a1@acme.example,13/02/2020,T\n2,C,D,c2@acme.example,13/02/2020,T\n"
)
TABLES = (
    "connections_connection",
    "connections_sourcefile",
    "directory_invitation",
    "events_outbox",
    "events_event",
    "notify_mail",
    "notify_week",
)


class Many(msgspec.Struct, kw_only=True):
    """Eleven companies, each with an entity that reads a file, and the one in the middle that is poisoned."""

    entities: list[Entity]
    owner: psycopg.Connection

    @property
    def bad(self) -> int:
        return self.entities[GOOD // 2].company_id

    def poison(self) -> None:
        self.owner.execute(
            f"""
            CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF coalesce(NEW.company_id, OLD.company_id) = {self.bad} THEN RAISE 'poison'; END IF;
                RETURN coalesce(NEW, OLD);
            END $$"""
        )
        for table in TABLES:
            self.owner.execute(
                f"CREATE TRIGGER poison BEFORE INSERT OR UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION poison()"
            )

    def those(self, model: type, **fields: object) -> set[int]:
        """The companies that have such a row."""
        found = set()
        for entity in self.entities:
            with acting_for(entity.company_id):
                if model.objects.filter(company_id=entity.company_id, **fields).exists():  # type: ignore[attr-defined]
                    found.add(entity.company_id)
        return found

    @property
    def others(self) -> set[int]:
        return {one.company_id for one in self.entities} - {self.bad}

    @property
    def everybody(self) -> set[int]:
        return {one.company_id for one in self.entities}


@pytest.fixture
def many(owner_connection: psycopg.Connection) -> Iterator[Many]:
    entities = []
    for number in range(GOOD + 1):
        company = create_company(f"Company {number}")
        entity = create_entity(company, f"Entity {number}")
        user = User.objects.create_user(f"owner{number}@rollcall.example", "a good long password")
        grant_role(entity, user, Role.OWNER)
        entities.append(entity)
        with acting_for(company.pk):
            directory.invite_by_hand(
                entity,
                email=f"new{number}@rollcall.example",
                first_name="New",
                last_name="Comer",
                role=MemberRole.REQUESTER,
                actor=SYSTEM,
                now=timezone.now(),
            )
    yield Many(entities=entities, owner=owner_connection)
    owner_connection.execute("DROP FUNCTION IF EXISTS poison() CASCADE")


def test_c4_the_relay_hands_on_the_events_of_all_others(many: Many) -> None:
    many.poison()
    relay.hand_on()
    assert many.those(Mail) == many.others and many.those(Outbox) == {many.bad}


def test_c4_mails_of_all_others_are_sent(many: Many) -> None:
    relay.hand_on()
    many.poison()
    deliver()
    assert many.those(Mail, state=MailState.SENT) == many.others
    assert len(django_mail.outbox) == GOOD


def test_c4_o2_a_mail_that_cannot_be_made_waits_for_its_next_try_and_stops_nobody(many: Many) -> None:
    relay.hand_on()
    with acting_for(many.bad):
        Mail.objects.update(purpose="nothing.we.know")
    deliver()
    assert many.those(Mail, state=MailState.SENT) == many.others
    with acting_for(many.bad):
        waits = Mail.objects.get()
    assert (waits.state, waits.tries) == (MailState.WAITING, 1) and waits.next_try_at > timezone.now()


def test_c4_mails_take_turns_by_company(many: Many) -> None:
    """Fifty mails of one company before the ten of the others: the others' come in the first round all the same."""
    first = many.entities[0]
    with acting_for(first.company_id):
        for number in range(50):
            directory.invite_by_hand(
                first,
                email=f"more{number}@rollcall.example",
                first_name="More",
                last_name=str(number),
                role=MemberRole.REQUESTER,
                actor=SYSTEM,
                now=timezone.now() - timedelta(hours=1),
            )
    relay.hand_on()
    deliver()
    early = {to for one in django_mail.outbox[: GOOD + 1] for to in one.to}
    assert {f"new{number}@rollcall.example" for number in range(GOOD + 1)} <= early


def test_c4_reminders_reach_all_others(many: Many) -> None:
    many.poison()
    late = timezone.now() + timedelta(days=4)
    assert reminders.send_due(late) == GOOD
    assert many.those(Invitation, reminders=1) == many.others


def test_c4_weekly_summaries_are_made_for_all_others(many: Many) -> None:
    relay.hand_on()
    last_week = timezone.now() - timedelta(days=8)
    for entity in many.entities:
        with acting_for(entity.company_id):
            Week.objects.update(due_at=last_week)
    many.owner.execute("UPDATE events_event SET at = at - interval '7 days'")
    many.poison()
    weekly.quarter(0)
    assert many.those(Week, due_at__gt=timezone.now()) == many.others
    assert many.those(Event, kind=Kind.SUMMARY_WEEKLY) <= many.others


def connect_files(many: Many) -> None:
    for entity in many.entities:
        with acting_for(entity.company_id):
            layout = source_files.alone(source_files.open_sheet(CSV))
            found = source_files.look(source_files.open_layout(CSV, layout))
            long_ago = timezone.now() - timedelta(days=300)
            file = source_files.wait(entity, CSV, "first.csv", actor=SYSTEM, written_at=long_ago)
            files.hand_in(entity, file, layout, found, actor=SYSTEM)
            Connection.objects.update(state=State.CONNECTED, run_wanted="", last_good_at=timezone.now())


def test_c4_the_drop_folder_is_emptied_for_all_others(
    many: Many, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_files(many)
    monkeypatch.setenv(drop_folder.SETTING, str(tmp_path))
    for entity in many.entities:
        folder = tmp_path / str(entity.pk)
        folder.mkdir()
        (folder / "staff.csv").write_bytes(CSV)
        os.utime(folder / "staff.csv", (1_790_000_000, 1_790_000_000))
    many.poison()
    for _ in range(2):
        drop_folder.look(timezone.now())
    left = {one.company_id for one in many.entities if (tmp_path / str(one.pk) / "staff.csv").exists()}
    assert left <= {many.bad}
    gone = {one.company_id for one in many.entities if list((tmp_path / str(one.pk)).glob("*/*.csv"))}
    assert gone >= many.others
    assert many.those(SourceFile) == many.everybody


def test_c4_c9_the_clock_starts_the_runs_of_all_others(many: Many) -> None:
    connect_files(many)
    for entity in many.entities:
        with acting_for(entity.company_id):
            Connection.objects.update(next_run_at=timezone.now() - timedelta(days=1))
    many.poison()
    loops = Loops(2)
    loops.start()
    late = timezone.now() + timedelta(seconds=60)
    while many.those(Run, state="succeeded") != many.others and timezone.now() < late:
        time.sleep(0.1)
    loops.stop(20)
    assert many.those(Run, state="succeeded") == many.others
    assert many.those(Connection, next_run_at__gt=timezone.now()) == many.others


def test_c4_o6_companies_take_turns_at_the_relay(many: Many) -> None:
    """A company with three batches of events waits behind every other one's first."""
    first = many.entities[0].company_id
    with acting_for(first):
        append(
            [NewEvent(company_id=first, kind=Kind.PLAN_APPLIED, actor=SYSTEM) for _ in range(3 * relay.BATCH)]
        )
    order: list[int] = []
    failed: list[int] = []
    had_turn: list[int] = []
    while (
        relay._hand_on_one_batch([lambda events: order.append(events[0].company_id)], failed, had_turn)
        is not None
    ):
        pass
    assert sorted(order) == sorted(many.everybody)
