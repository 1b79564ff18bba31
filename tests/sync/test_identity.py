"""Who is who, from the HR tool to the member: new numbers, numbers given to others, rings of addresses, decisions."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from msgspec import structs

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription
from rollcall.directory.models import Decision, Link, Member
from rollcall.engine.change import Kind, Why
from rollcall.engine.match import Decided
from rollcall.engine.roster import Role, State
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status, fold_email
from rollcall.events.models import Event
from rollcall.sync import actions
from rollcall.sync.identity import conflicts
from rollcall.sync.models import Line, Plan, PlanState
from rollcall.sync.plans.planning import plan
from rollcall.sync.runs import lease
from rollcall.sync.runs.apply import apply
from tests.accounts.people import two_companies
from tests.sync.flow import ALICE
from tests.sync.stored import AT, store_employees, subscribe

pytestmark = pytest.mark.django_db
ON = Settings(archive_inactive=True)


def works(number: str, name: str, email: str | None = "", **more: Any) -> Employee:
    """Somebody who works here; the e-mail is made of the name unless it is given."""
    address = f"{name.lower()}@co.example" if email == "" else email
    given = {"status": Status.ACTIVE, "first_name": name, "last_name": f"{name}son", "work_email": address}
    return Employee(id=number, **{**given, **more})


class Here:
    """An entity whose HR tool says what the test says, planned and applied as runs do it."""

    def __init__(self, entity: Entity, settings: Settings = ON) -> None:
        self.entity = entity
        self.used: Subscription = subscribe(entity, settings)

    def says(self, *people: Employee, gone: tuple[str, ...] = ()) -> None:
        """Take this for the last complete read; whoever is ``gone`` is in the mirror and was not seen."""
        Row.objects.filter(connection=self.used.connection).exclude(external_id__in=gone).delete()
        Row.objects.filter(external_id__in=gone).update(absent_since=AT)
        store_employees(self.used.connection, people)
        self.used.connection.employees = len(people)
        self.used.connection.save(update_fields=["employees"])

    def run(self) -> Plan | None:
        """One plan by the clock, applied if it is inside the limits, else held."""
        made = plan(self.used, self.used.get_settings(), now=timezone.now())
        if made is not None and made.state == PlanState.PREVIEW and not made.breaches:
            self._apply(made)
        return made

    def confirm(self, made: Plan) -> Plan:
        """Say yes to a plan and let a worker do it."""
        made.state = PlanState.PREVIEW if made.for_settings else PlanState.HELD
        made.save()
        actions.approve(made, made.digest, actor=ALICE, override="looked at it")
        self._apply(Plan.objects.get(pk=made.pk))
        return Plan.objects.get(pk=made.pk)

    def _apply(self, made: Plan) -> None:
        with lease.lease(self.entity.company_id, self.used.connection_id) as token:
            assert token is not None
            Plan.objects.filter(pk=made.pk).update(state=PlanState.APPLYING)
            apply(Plan.objects.get(pk=made.pk), token, ALICE)

    def lines(self, made: Plan | None) -> list[tuple[str, str, str]]:
        found = Line.objects.filter(plan=made).order_by("number") if made else ()
        return [(one.employee_id, one.kind, one.why) for one in found]

    def members(self) -> dict[str, Member]:
        """Members by name."""
        return {one.first_name: one for one in Member.objects.filter(entity=self.entity)}

    def addresses(self) -> dict[str, str]:
        """Addresses by name, of those who live."""
        return {name: one.email for name, one in self.members().items() if one.state != State.ARCHIVED}

    def ties(self) -> dict[str, str]:
        """Employee -> name of the member, of links that manage."""
        found = Link.objects.select_related("member").filter(entity=self.entity, managed=True)
        return {one.employee_id: one.member.first_name for one in found}

    def waiting(self, **more: Any) -> list[conflicts.Conflict]:
        return list(conflicts.waiting(self.used, **more).conflicts)

    def decide(self, one: conflicts.Conflict, kind: Decided) -> None:
        number = one.record.external_id
        conflicts.decide(self.used, number, kind, one.digest, actor=ALICE, now=timezone.now())


@pytest.fixture
def here() -> Iterator[Here]:
    entity = two_companies().alice_entity
    with access.acting_for(entity.company_id):
        found = Here(entity)
        people = [works(str(n), name) for n, name in enumerate(("Ada", "Ben", "Cy", "Di", "Eve", "Flo"), 1)]
        found.people = people  # type: ignore[attr-defined] # read by the tests
        found.says(*people)
        found.confirm(plan(found.used, ON, now=timezone.now(), for_settings=True))  # type: ignore[arg-type] # there is one
        Member.objects.filter(first_name="Ada").update(state=State.ACTIVE, signed_up_at=AT, role=Role.ADMIN)
        yield found


def test_i8_inv10_a_contractor_who_becomes_an_employee_is_one_member_once_a_person_says_so(
    here: Here,
) -> None:
    """The old record is gone, the new one has the e-mail: nobody is archived, invited or changed until then."""
    before = Member.objects.get(first_name="Ada")
    others = here.people[1:]  # type: ignore[attr-defined] # see here
    here.says(*others, works("77", "Ada", job_title="Lead"), gone=("1",))
    assert here.lines(here.run()) == [("1", "skip", Why.HAS_NEW_NUMBER), ("77", "skip", Why.NEW_NUMBER)]
    (one,) = here.waiting()
    assert (one.record.external_id, one.other and one.other.external_id, one.member.pk) == (
        "77",
        "1",
        before.pk,
    )
    here.decide(one, Decided.SAME)
    assert here.waiting() == []
    assert ("77", "link", Why.SAME_PERSON) in here.lines(here.run())
    after = Member.objects.get(first_name="Ada")
    assert (after.pk, after.role, after.state, after.job_title) == (
        before.pk,
        Role.ADMIN,
        State.ACTIVE,
        "Lead",
    )
    assert here.ties()["77"] == "Ada" and "1" not in here.ties() and Member.objects.count() == 6
    here.run()
    assert here.waiting() == []
    assert [event.data["decision"] for event in Event.objects.filter(kind="identity.decided")] == ["same"]


def test_i8_inv16_undoing_the_change_gives_the_member_the_old_number_back(here: Here) -> None:
    others = here.people[1:]  # type: ignore[attr-defined] # see here
    here.says(*others, works("77", "Ada", job_title="Lead"), gone=("1",))
    here.run()
    here.decide(here.waiting()[0], Decided.SAME)
    made = here.run()
    assert made is not None
    undo = actions.undo(Plan.objects.get(pk=made.pk), actor=ALICE)
    assert here.lines(undo) == [("1", "link", Why.UNDONE)]
    with lease.lease(here.entity.company_id, here.used.connection_id) as token:
        assert token is not None
        Plan.objects.filter(pk=undo.pk).update(state=PlanState.APPLYING)
        apply(Plan.objects.get(pk=undo.pk), token, ALICE)
    assert here.ties()["1"] == "Ada" and "77" not in here.ties()
    assert Member.objects.get(first_name="Ada").job_title is None


def test_i8_a_rehire_under_a_new_number_comes_back_with_the_least_rights(here: Here) -> None:
    others = here.people[1:]  # type: ignore[attr-defined] # see here
    here.says(works("1", "Ada", status=Status.INACTIVE), *others)
    here.run()
    assert Member.objects.get(first_name="Ada").state == State.ARCHIVED
    here.says(*others, works("77", "Ada"), gone=("1",))
    assert here.lines(here.run()) == [("77", "skip", Why.NEW_NUMBER)]
    here.decide(here.waiting()[0], Decided.SAME)
    assert here.lines(here.run()) == [("77", "reactivate", Why.REHIRED)]
    back = Member.objects.get(first_name="Ada")
    assert back.role == Role.REQUESTER and back.state != State.ARCHIVED and Member.objects.count() == 6


def test_i8_two_people_the_leaver_goes_and_the_new_one_is_invited_afterwards(here: Here) -> None:
    others = here.people[1:]  # type: ignore[attr-defined] # see here
    here.says(works("1", "Ada", status=Status.INACTIVE), *others, works("77", "Zed", "ada@co.example"))
    here.run()
    (one,) = here.waiting()
    assert one.why is Why.NEW_NUMBER
    here.decide(one, Decided.OTHER)
    assert ("1", "archive", Why.LEFT) in here.lines(here.run())
    assert ("77", "create", Why.NEW_IN_SCOPE) in here.lines(here.run())
    assert Member.objects.get(first_name="Zed").role == Role.REQUESTER
    assert Member.objects.get(first_name="Ada").state == State.ARCHIVED


def test_i7_a_number_given_to_somebody_else_waits_and_inherits_nothing(here: Here) -> None:
    others = here.people[1:]  # type: ignore[attr-defined] # see here
    ada = Member.objects.get(first_name="Ada")
    here.says(works("1", "Zed"), *others)
    assert here.lines(here.run()) == [("1", "skip", Why.REUSED_ID)]
    assert Member.objects.get(pk=ada.pk).email == "ada@co.example"
    (one,) = here.waiting()
    assert one.linked and Decided.OTHER in one.choices
    here.decide(one, Decided.OTHER)
    link = Link.objects.get(member=ada)
    assert (link.managed, link.why_not) == (False, "somebody_else") and link.employee_id != "1"
    assert here.lines(here.run()) == [("1", "create", Why.NEW_IN_SCOPE)]
    zed = Member.objects.get(first_name="Zed")
    assert zed.pk != ada.pk and zed.role == Role.REQUESTER and zed.state == State.INVITED
    kept = Member.objects.get(pk=ada.pk)
    assert (kept.state, kept.role, kept.email) == (State.ACTIVE, Role.ADMIN, "ada@co.example")
    assert here.run() is None or here.waiting() == []


def test_i7_the_same_person_takes_the_new_details(here: Here) -> None:
    others = here.people[1:]  # type: ignore[attr-defined] # see here
    ada = Member.objects.get(first_name="Ada")
    here.says(works("1", "Zed"), *others)
    here.run()
    here.decide(here.waiting()[0], Decided.SAME)
    assert here.lines(here.run()) == [("1", "update", Why.CHANGED_IN_HR)]
    after = Member.objects.get(pk=ada.pk)
    assert (after.first_name, after.email, after.role) == ("Zed", "zed@co.example", Role.ADMIN)


def test_c6_a_decision_is_void_when_a_record_changes_and_refused_when_it_was_not_seen(here: Here) -> None:
    others = here.people[1:]  # type: ignore[attr-defined] # see here
    here.says(works("1", "Zed"), *others)
    here.run()
    (one,) = here.waiting()
    here.decide(one, Decided.LEAVE)
    assert here.waiting() == [] and len(here.waiting(left=True)) == 1
    here.says(works("1", "Zed", job_title="Lead"), *others)
    here.run()
    (again,) = here.waiting()
    assert again.digest != one.digest
    with pytest.raises(actions.Refused) as refused:
        here.decide(one, Decided.SAME)
    assert refused.value.code == "changed"
    with pytest.raises(actions.Refused) as refused:
        conflicts.decide(here.used, "2", Decided.SAME, one.digest, actor=ALICE, now=timezone.now())
    assert refused.value.code == "no_conflict"
    with pytest.raises(actions.Refused) as refused:
        conflicts.decide(here.used, "1", "nonsense", again.digest, actor=ALICE, now=timezone.now())
    assert refused.value.code == "no_choice"
    here.says(*here.people)  # type: ignore[attr-defined] # see here
    here.run()
    assert here.waiting() == []


def test_i2_the_record_that_counts_is_invited_and_never_two_at_once(here: Here) -> None:
    people = here.people  # type: ignore[attr-defined] # see here
    here.says(*people, works("8", "Zed"), works("9", "Zed"))
    here.run()
    first, second = here.waiting()
    here.decide(first, Decided.SAME)
    here.decide(second, Decided.SAME)
    assert [one.employee_id for one in Decision.objects.all()] == ["9"]
    here.run()
    assert here.ties()["9"] == "Zed" and "8" not in here.ties()


def test_i4_an_address_made_to_look_like_a_members_is_never_written_to_unasked(here: Here) -> None:
    people = here.people  # type: ignore[attr-defined] # see here
    here.says(*people[:5], works("6", "Flo", "ﬂo@co.example"), works("8", "Zed", "аda@co.example"))
    assert here.lines(here.run()) == [("6", "note", Why.LOOKS_LIKE), ("8", "skip", Why.LOOKS_LIKE)]
    flo, zed = here.waiting()
    assert (zed.member.first_name, flo.linked, zed.linked) == ("Ada", True, False)
    here.decide(zed, Decided.OTHER)
    here.decide(flo, Decided.SAME)
    here.run()
    assert here.members()["Zed"].email == "аda@co.example"
    assert here.members()["Flo"].email == "ﬂo@co.example"


def test_i8_inv10_new_numbers_for_half_of_the_members_are_one_plan_that_waits(here: Here) -> None:
    """A migration in HR: nothing is archived, invited or applied before a person has looked at each pair."""
    people = here.people  # type: ignore[attr-defined] # see here
    renamed = [structs.replace(one, id=f"n{one.id}") for one in people]
    here.says(*renamed, works("99", "New"), gone=tuple(one.id for one in people))
    before = {one.first_name: one.pk for one in here.members().values()}
    made = here.run()
    assert made is not None and [one["breach"] for one in made.breaches] == ["renumbered"]
    assert made.counts["link"] == 6 and made.counts["archive"] == 0
    assert {one.first_name: one.pk for one in here.members().values()} == before
    assert here.ties().keys() == {one.id for one in people}
    here.confirm(made)
    assert here.ties() == {one.id: one.first_name for one in renamed} | {"99": "New"}
    assert {name: one.pk for name, one in here.members().items() if name != "New"} == before
    rest = here.run()
    assert rest is not None and here.lines(rest) == [] and here.waiting() == []


@pytest.mark.parametrize("new", ["0017", "17.0", "A17"])
def test_i8_ids_that_change_their_type_end_as_an_offer_and_never_in_archives(here: Here, new: str) -> None:
    """Product decision 1: an id is the exact text; another text for everybody is a migration."""
    people = here.people  # type: ignore[attr-defined] # see here
    renamed = [structs.replace(one, id=new.replace("17", one.id)) for one in people]
    here.says(*renamed, gone=tuple(one.id for one in people))
    made = here.run()
    assert made is not None and made.breaches
    assert {line.kind for line in Line.objects.filter(plan=made)} == {Kind.LINK, Kind.SKIP}
    assert not Member.objects.filter(state=State.ARCHIVED).exists() and Member.objects.count() == 6


@pytest.mark.parametrize("size", [2, 3, pytest.param(50, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("who", ["everybody", "leaver", "archived"])
def test_i6_inv11_addresses_go_round_in_a_ring_of_any_size(here: Here, size: int, who: str) -> None:
    """Also with somebody in it who leaves, and one whose address an archived member still has."""
    ring = [works(f"r{n:02}", f"Ring{n}") for n in range(size)]
    people = here.people  # type: ignore[attr-defined] # see here
    gone = works("z", "Zoe")
    here.says(*people, *ring, gone)
    here.confirm(here.run())  # type: ignore[arg-type] # there is one
    ids = {one.first_name: one.pk for one in here.members().values()}
    here.says(*people, *ring, structs.replace(gone, status=Status.INACTIVE))
    here.run()
    moved = [structs.replace(one, work_email=ring[(n + 1) % size].work_email) for n, one in enumerate(ring)]
    if who == "leaver":
        moved[1] = structs.replace(moved[1], status=Status.INACTIVE)
    if who == "archived":
        moved[0] = structs.replace(moved[0], work_email=gone.work_email)
    here.says(*people, *moved)
    for _ in range(size + 1):
        made = here.run()
        if made is None or not made.counts["acting"]:
            break
        if made.breaches:
            made = here.confirm(made)
        assert Plan.objects.get(pk=made.pk).outcome["stale"] == 0
    after = here.members()
    assert {one.first_name: one.pk for one in after.values()} == ids
    living = [fold_email(one.email) for one in after.values() if one.state != State.ARCHIVED]
    assert len(living) == len(set(living))
    for one in moved:
        if one.status == Status.ACTIVE:
            assert after[str(one.first_name)].email == one.work_email


def test_i6_inv5_inv16_an_address_that_a_member_gives_up_goes_to_a_new_employee_at_once_and_back_again(
    here: Here,
) -> None:
    """I6, invariants 5 and 16: one run is enough, whoever comes first in it, and one undo takes all of it back."""
    before = here.addresses()
    here.says(
        works("0", "Zoe", "ada@co.example"),
        works("1", "Ada", "ben@co.example"),
        works("2", "Ben", "ben.two@co.example"),
        *here.people[2:],  # type: ignore[attr-defined] # see here
    )
    made = here.run()
    assert made is not None
    changed = {"Zoe": "ada@co.example", "Ada": "ben@co.example", "Ben": "ben.two@co.example"}
    assert here.addresses() == {**before, **changed}
    assert here.run() is None
    undo = actions.undo(Plan.objects.get(pk=made.pk), actor=ALICE)
    here.confirm(undo)
    assert here.addresses() == before


def test_i8_after_a_migration_in_hr_no_statement_is_sent_for_each_new_number(here: Here) -> None:
    people = [structs.replace(one, id=f"1{one.id}") for one in here.people]  # type: ignore[attr-defined] # see here
    here.says(*people, gone=("1", "2", "3", "4", "5", "6"))
    with CaptureQueriesContext(database) as asked:
        made = plan(here.used, ON, now=timezone.now())
    assert made is not None and made.counts["link"] == len(people)
    assert not [one["sql"] for one in asked if "SELECT h.id, e.email_key" in one["sql"]]


def test_a_page_of_conflicts_asks_the_database_a_fixed_number_of_times(here: Here) -> None:
    people = here.people  # type: ignore[attr-defined] # see here
    twins = [works(f"t{n}{side}", f"Twin{n}") for n in range(30) for side in "ab"]
    here.says(*people, *twins)
    here.run()
    with CaptureQueriesContext(database) as few:
        first = conflicts.waiting(here.used, size=2)
    with CaptureQueriesContext(database) as many:
        page = conflicts.waiting(here.used, size=40)
    assert len(few) == len(many) <= 8
    rest = conflicts.waiting(here.used, after=page.more, size=40)
    assert (len(first.conflicts), len(page.conflicts), len(rest.conflicts), rest.more) == (2, 40, 20, 0)
