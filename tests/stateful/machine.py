"""The state machine: what HR, admins, members, workers and time do in any order; every invariant after each step.

A sequence begins with a company that is connected and live, and is taken back at its end: it runs inside a savepoint.
Where a draw does not fit (nobody is leaving, no plan waits) the step does nothing and costs next to nothing.
"""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final, TypeVar

from django.db import transaction
from django.utils import timezone
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from rollcall.accounts.models import Entity
from rollcall.connections.models import State as ConnectionState
from rollcall.directory import actions as directory
from rollcall.directory import bulk, roles
from rollcall.directory.models import Member
from rollcall.engine.roster import Role, State
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import DaysBefore, Ownership, Settings
from rollcall.sync import actions
from rollcall.sync.models import WAITING, Plan, PlanState
from tests import planted
from tests.stateful.company import Company, Refusal
from tests.stateful.hr_tool import FAULTS, HIDEABLE
from tests.stateful.invariants import check
from tests.stateful.recording import By, Moment, moment, people_text

T = TypeVar("T")

PICK: Final = st.integers(min_value=0, max_value=30)
PLACES: Final = ("Paris", "London", "Berlin")
FILTERS: Final = (
    Settings(archive_inactive=True),
    Settings(archive_inactive=False),
    Settings(archive_inactive=True, invite=DaysBefore(days=2)),
    Settings(archive_inactive=True, fields={"job_title": Ownership.NOT_READ}),
    Settings(archive_inactive=True, fields={"email": Ownership.AT_CREATION}),
    *(
        Settings(
            archive_inactive=True,
            scope=Filter(
                conditions=(Condition(attribute="work_location", test="one_of", values=places),),
                include_managers=managers,
            ),
        )
        for places in (("Paris",), ("Paris", "London"))
        for managers in (False, True)
    ),
)


class Life(RuleBasedStateMachine):
    """One company's life; ``made`` is set by the test that runs it."""

    made: ClassVar[Company]
    begun: ClassVar[Moment]

    def __init__(self) -> None:
        super().__init__()
        self.it = self.made
        self._savepoint = transaction.atomic()
        # As Django's own test cases mark theirs: "durable" means the outermost one of the code under test.
        self._savepoint._from_testcase = True  # type: ignore[attr-defined]
        self._savepoint.__enter__()
        self.it.hr.reset()
        self.hours = 0.0
        self.dirty = True
        self.story: list[str] = []
        self.log: list[Moment] = [self.begun]

    def teardown(self) -> None:
        try:
            self._savepoint.__exit__(Stop, Stop(), None)
        finally:
            self.it.hr.reset()

    # --- telling ----------------------------------------------------------------------------------

    def _see(self, step: str, by: By, *, again: bool = False, **more: Any) -> None:
        """Look at the company after a step, and ask every invariant."""
        self.log.append(
            moment(
                self.it.pk,
                step=step,
                by=by,
                hours=self.hours,
                other_company_id=self.it.other,
                source=self.it.hr.source(),
                again=again,
                secrets=self.it.secrets,
                **more,
            )
        )
        self.story.append(f"{len(self.story) + 1:3}. {step}")
        # No invariant looks further back than a day and a sequence's plans; texts of the past are dead weight.
        try:
            check(self.it.pk, self.log)
        except AssertionError:
            note("The story so far:\n" + "\n".join(self.story))
            raise

    def _source_did(self, step: str) -> None:
        """HR did something: no row of ours has moved, so there is nothing to look at yet."""
        self.dirty = True
        self.story.append(f"{len(self.story) + 1:3}. HR: {step}")

    def _person(self, step: str, do: Callable[[], object], *, again: bool = False) -> bool:
        """A person asks for something; what the product refuses must change nothing, and is told in the story."""
        self.dirty = True
        try:
            do()
        except Refusal as refused:
            self._see(f"{step} (refused: {refused.code})", "person", again=True)
            return False
        self._see(step, "person", again=again)
        return True

    # --- HR ---------------------------------------------------------------------------------------

    @rule(who=PICK, place=st.sampled_from(PLACES), start=st.sampled_from((0, 0, -30, 1, 10)))
    def hr_hires(self, who: int, place: str, start: int) -> None:
        day = self.it.hr.today + timedelta(days=start)
        number = self.it.hr.hire(work_location=place, start_date=day.isoformat(), iban=planted.IBAN)
        self._source_did(f"{number} is hired in {place}, starting in {start} days")

    @rule(who=PICK, days=st.sampled_from((-2, -2, -2, -40, 1, 3)))
    def hr_lets_go(self, who: int, days: int) -> None:
        number = _one(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.leave(number, days)
            self._source_did(f"the last day of {number} is in {days} days")

    @rule(who=PICK, count=st.integers(2, 5))
    def hr_lets_many_go(self, who: int, count: int) -> None:
        working = self.it.hr.working()
        for number in working[who % max(len(working), 1) :][:count]:
            self.it.hr.leave(number, -2)
        self._source_did(f"{count} people from the {who}th on have left")

    @rule(who=PICK)
    def hr_takes_an_end_date_away(self, who: int) -> None:
        number = _one(self.it.hr.leaving() + self.it.hr.gone(), who)
        if number is not None:
            self.it.hr.stay(number)
            self._source_did(f"{number} stays after all")

    @rule(who=PICK, old=st.booleans())
    def hr_takes_back_a_leaver(self, who: int, old: bool) -> None:
        number = _one(self.it.hr.gone(), who)
        if number is None:
            return
        person = self.it.hr.people[number]
        today = self.it.hr.today.isoformat()
        if old:
            self.it.hr.stay(number, start_date=today)
            self._source_did(f"{number} is back under the old number")
        else:
            new = self.it.hr.hire(
                first_name=person.first_name, last_name=person.last_name, work_email=person.work_email
            )
            self._source_did(f"{number} is back as {new}")

    @rule(who=PICK, name=st.sampled_from(("Zoé", "Bob", "O'Neil")))
    def hr_renames(self, who: int, name: str) -> None:
        number = _one(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.change(number, first_name=name)
            self._source_did(f"{number} is called {name}")

    @rule(who=PICK, to=st.sampled_from(("new", "none", "bad", "hand", "colleague", "alice")))
    def hr_changes_an_address(self, who: int, to: str) -> None:
        number = _one(self.it.hr.working(), who)
        if number is None:
            return
        colleague = self.it.hr.people[_one(self.it.hr.working(), who + 1) or number].work_email
        address = {
            "new": f"new.{number}.{len(self.story)}@acme.example",
            "none": None,
            "bad": "not an address",
            "hand": f"hand{who % 2}@acme.example",
            "colleague": colleague,
            "alice": "Alice@rollcall.example ",
        }[to]
        self.it.hr.change(number, work_email=address)
        self._source_did(f"{number} has the address {address}")

    @rule(who=PICK, count=st.sampled_from((2, 3)))
    def hr_turns_addresses_round(self, who: int, count: int) -> None:
        working = self.it.hr.working()
        chosen = working[who % max(len(working), 1) :][:count]
        addresses = [self.it.hr.people[number].work_email for number in chosen]
        for number, address in zip(chosen, addresses[1:] + addresses[:1], strict=True):
            self.it.hr.change(number, work_email=address)
        self._source_did(f"{chosen} change addresses in a ring")

    @rule(who=PICK, boss=PICK)
    def hr_changes_a_manager(self, who: int, boss: int) -> None:
        number = _one(self.it.hr.working(), who)
        above = _one(sorted(self.it.hr.people), boss)
        if number is not None:
            self.it.hr.change(number, manager_id=above if boss else None)
            self._source_did(f"{number} reports to {above if boss else 'nobody'}")

    @rule(who=PICK, place=st.sampled_from(PLACES))
    def hr_moves(self, who: int, place: str) -> None:
        number = _one(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.change(number, work_location=place)
            self._source_did(f"{number} moves to {place}")

    @rule(who=PICK, field=st.sampled_from(("team", "iban", "job_title")))
    def hr_masks_a_field(self, who: int, field: str) -> None:
        number = _one(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.change(number, **{field: "" if field == "job_title" else None})
            self._source_did(f"{number} has no {field} any more")

    @rule(who=PICK)
    def hr_spoils_a_record(self, who: int) -> None:
        number = _one(sorted(self.it.hr.people), who)
        if number is not None:
            self.it.hr.spoil(number)
            self._source_did(f"the record of {number} can't be read")

    # --- what goes wrong between HR and us ----------------------------------------------------------

    @rule(fault=st.sampled_from(sorted(FAULTS)))
    def something_breaks(self, fault: str) -> None:
        self.it.hr.break_down(fault)
        self._source_did(fault)

    @rule()
    def an_office_disappears(self) -> None:
        self.it.hr.hide_office()
        self._source_did("people of the largest office are not shown any more")

    @rule(names=st.sets(st.sampled_from(sorted(HIDEABLE)), min_size=1))
    def fields_disappear(self, names: set[str]) -> None:
        self.it.hr.hide_fields(sorted(names))
        self._source_did(f"{sorted(names)} are not shown any more")

    @precondition(
        lambda self: self.it.hr.fault or self.it.hr.office_hidden or self.it.hr.hidden or self.it.hr.broken
    )
    @rule()
    def everything_comes_back(self) -> None:
        self.it.hr.heal()
        self._source_did("everything works again")

    # --- workers ------------------------------------------------------------------------------------

    def _run(self, trigger: str) -> None:
        self.it.run(trigger)
        state = self.it.connection().state
        self._see(f"a run ({trigger}); the connection is {state}", "sync")

    def _runs(self) -> bool:
        return self.log[-1].rows["connection"] != {} and self._state() not in ("paused", "disconnected")

    def _state(self) -> str:
        return str(next(iter(self.log[-1].rows["connection"].values()))["state"])

    @precondition(_runs)
    @rule()
    def the_clock_runs(self) -> None:
        self._run("clock")

    @precondition(_runs)
    @rule()
    def somebody_presses_sync_now(self) -> None:
        self._run("person")

    @precondition(_runs)
    @rule()
    def a_webhook_starts_a_run(self) -> None:
        self._run("webhook")

    @precondition(_runs)
    @rule()
    def run_twice(self) -> None:
        self._run("clock")
        self.it.run("clock")
        self._see("another run, and HR did not move", "sync", again=True)

    @precondition(_runs)
    @rule(seed=st.integers(0, 5))
    def run_in_another_order(self, seed: int) -> None:
        """First in another order of records and with a hiccup on the way, taken back; then as it comes."""
        first: list[str] = []
        point = transaction.atomic()
        point._from_testcase = True  # type: ignore[attr-defined]
        point.__enter__()
        try:
            order = sorted(self.it.hr.people)
            random.Random(seed).shuffle(order)
            if not self.it.hr.fault and seed % 2:
                self.it.hr.control("faults", on={"id": "T5", "status": 503, "times": 1})
            self.it.hr.shuffle(order)
            self.it.run("clock")
            first.append(people_text(self.it.pk))
        finally:
            point.__exit__(Stop, Stop(), None)
        if not self.it.hr.fault and seed % 2:
            self.it.hr.control("faults", off="T5")
        self.it.hr.shuffle(sorted(self.it.hr.people))
        self.it.run("clock")
        self._see("a run, after one in another order", "sync", twins=(first[0], people_text(self.it.pk)))

    @rule()
    def mails_go_out(self) -> None:
        self._see("mails go out", "relay", letters=self.it.deliver())

    @rule(hours=st.sampled_from((1, 5, 24, 24, 24, 49)))
    def time_passes(self, hours: int) -> None:
        self.it.let_pass(hours)
        self.hours += hours
        self.dirty = True
        self._see(f"{hours} hours pass", "time")

    # --- admins and plans ---------------------------------------------------------------------------

    def _waiting(self) -> list[Plan]:
        return self.it.plans(state__in=WAITING)

    def _anything_waits(self) -> bool:
        return any(one["state"] in WAITING for one in self.log[-1].rows["plan"].values())

    @precondition(_anything_waits)
    @rule(which=PICK, doubtful=st.booleans(), worker=st.sampled_from((True, True, False)))
    def admin_approves(self, which: int, doubtful: bool, worker: bool) -> None:
        made = _one(self._waiting(), which)
        if made is None:
            return
        how = "whole" if doubtful else "without the doubtful changes"
        if self._person(
            f"plan {made.pk} is approved {how}",
            lambda: self.it.approve(made, without_doubtful=not doubtful),
        ):
            if worker:
                self.it.apply(made)
                self._see(f"a worker applies plan {made.pk}", "sync")
            else:
                self.story.append("     (and the worker is lost)")

    @precondition(_anything_waits)
    @rule(which=PICK)
    def admin_approves_what_was_shown_before(self, which: int) -> None:
        """A page that shows another plan, or one that was decided: nothing of it may happen."""
        made, shown = _one(self._waiting(), which), _one(self.it.plans(), which)
        if made is None or shown is None or made.digest == shown.digest:
            return
        refused = [
            not self._person(f"plan {shown.pk} is approved, which is over", lambda: self.it.approve(shown))
            if shown.state not in WAITING
            else True,
            not self._person(
                f"plan {made.pk} is approved by the page of {shown.pk}",
                lambda: self.it.approve(made, digest=shown.digest),
            ),
        ]
        assert all(refused), "an approval was taken for a plan that was not shown"

    @precondition(_anything_waits)
    @rule(which=PICK)
    def admin_rejects(self, which: int) -> None:
        made = _one(self._waiting(), which)
        if made is not None:
            self._person(
                f"plan {made.pk} is rejected",
                lambda: self.it.get(lambda: actions.reject(made, actor=self.it.alice)),
            )

    @rule(which=PICK)
    def a_worker_applies_again(self, which: int) -> None:
        over = (PlanState.APPLIED, PlanState.REJECTED, PlanState.SUPERSEDED, *WAITING)
        made = _one(self.it.plans(state__in=over), which)
        if made is not None:
            self.it.apply(made)
            self._see(f"plan {made.pk} ({made.state}) is applied again", "sync", again=True)

    @precondition(
        lambda self: any(
            o["state"] == "applied" and o["outcome"].get("done") for o in self.log[-1].rows["plan"].values()
        )
    )
    @rule(which=PICK, confirmed=st.sampled_from((True, True, False)))
    def admin_undoes_a_run(self, which: int, confirmed: bool) -> None:
        done = [one for one in self.it.plans(state=PlanState.APPLIED) if one.outcome.get("done")]
        original = _one(done[-3:], which)
        if original is None:
            return
        made: list[Plan] = []
        asked = self._person(
            f"the undo of plan {original.pk} is looked at",
            lambda: made.append(self.it.get(lambda: actions.undo(original, actor=self.it.alice))),
        )
        if (
            asked
            and confirmed
            and self._person(f"undo {made[0].pk} is confirmed", lambda: self._approve(made[0]))
        ):
            self.it.apply(made[0])
            self._see(f"plan {original.pk} is undone by {made[0].pk}", "sync")

    def _approve(self, made: Plan) -> None:
        self.it.approve(_one(self.it.plans(pk=made.pk), 0) or made)

    @rule(
        which=st.sampled_from(range(len(FILTERS))),
        second=st.booleans(),
        confirmed=st.sampled_from((True, True, False)),
    )
    def admin_changes_the_settings(self, which: int, second: bool, confirmed: bool) -> None:
        entity = self.it.second if second else self.it.first
        subscription = self.it.subscription(entity)
        if subscription is None:
            return
        made: list[Plan] = []
        asked = self._person(
            f"settings {which} are previewed for entity {entity.pk}",
            lambda: made.append(
                self.it.get(lambda: actions.preview(subscription, FILTERS[which], actor=self.it.alice))
            ),
        )
        if asked and confirmed and self._person("and confirmed", lambda: self.it.approve(made[0])):
            self.it.apply(made[0])
            self._see(f"a worker applies plan {made[0].pk}", "sync")

    @rule()
    def the_second_entity_joins(self) -> None:
        if self.it.subscription(self.it.second) is None:
            self._person(
                "the second entity joins",
                lambda: self.it.get(
                    lambda: actions.join(self.it.second, self.it.connection(), actor=self.it.alice)
                ),
            )

    @rule()
    def admin_pauses_or_resumes(self) -> None:
        connection = self.it.connection()
        paused = connection.state == ConnectionState.PAUSED
        act = actions.resume if paused else actions.pause
        self._person(
            "resume" if paused else "pause", lambda: self.it.get(lambda: act(connection, actor=self.it.alice))
        )

    @rule(really=st.sampled_from((True, False, False)))
    def admin_disconnects_or_connects(self, really: bool) -> None:
        connection = self.it.connection()
        if connection.state == ConnectionState.DISCONNECTED:
            if not self.it.hr.fault:
                self._person("connect again", lambda: self.it.connect(self.it.first))
        elif really:
            self._person(
                "disconnect",
                lambda: self.it.get(lambda: actions.disconnect(connection, actor=self.it.alice)),
            )

    # --- people and members -------------------------------------------------------------------------

    def _member(self, which: int, *states: State) -> Member | None:
        return _one(self.it.members(state__in=states or list(State)), which)

    @rule(who=PICK, field=st.sampled_from(("first_name", "job_title", "email")))
    def admin_edits_a_member(self, who: int, field: str) -> None:
        member = self._member(who, State.ACTIVE, State.INVITED)
        value = f"edited.{len(self.story)}@acme.example" if field == "email" else f"Edited {len(self.story)}"
        if member is not None:
            self._person(
                f"{field} of member {member.pk} is edited",
                lambda: self.it.get(
                    lambda: directory.edit(member, {field: value}, actor=self.it.alice, now=timezone.now())
                ),
            )

    @rule(who=PICK, action=st.sampled_from(tuple(bulk.Action)), count=st.sampled_from((1, 1, 2)))
    def admin_acts_on_members(self, who: int, action: bulk.Action, count: int) -> None:
        members = self.it.members(self.it.first)
        chosen = [one.pk for one in members[who % max(len(members), 1) :][:count]]
        self._person(
            f"{action} of members {chosen}",
            lambda: self.it.get(
                lambda: bulk.do(
                    self.it.first, chosen, action, actor=self.it.alice, now=timezone.now(), reason="a reason"
                )
            ),
        )

    @rule(who=st.sampled_from((0, 1)))
    def admin_invites_by_hand(self, who: int) -> None:
        self._person(
            f"hand{who} is invited by hand",
            lambda: self.it.get(
                lambda: directory.invite_by_hand(
                    self.it.first,
                    email=f"Hand{who}@acme.example",
                    first_name="Hand",
                    last_name="Made",
                    role=Role.REQUESTER,
                    actor=self.it.alice,
                    now=timezone.now(),
                )
            ),
        )

    @rule(who=PICK, role=st.sampled_from((Role.OWNER, Role.OWNER, Role.ADMIN, Role.REQUESTER)))
    def admin_gives_a_role(self, who: int, role: Role) -> None:
        member = self._member(who, State.ACTIVE)
        if member is not None:
            self._person(
                f"member {member.pk} becomes {role}",
                lambda: self.it.get(lambda: roles.change_role(member, role, actor=self.it.alice)),
            )

    @rule(who=PICK)
    def a_member_signs_up(self, who: int) -> None:
        member = self._member(who, State.INVITED)
        if member is not None:
            self._person(f"member {member.pk} signs up", lambda: self.it.sign_up(member))


class Stop(Exception):
    """Takes the savepoint back."""


def _one(found: Sequence[T], which: int) -> T | None:
    return found[which % len(found)] if found else None


def begin(company: Company) -> Moment:
    """Return the moment at which every sequence begins."""
    return moment(
        company.pk,
        step="begin",
        by="start",
        other_company_id=company.other,
        source=company.hr.source(),
        secrets=company.secrets,
    )


__all__ = ["Entity", "Life", "begin"]
