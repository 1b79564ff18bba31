"""What admins do with plans, settings and the connection."""

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from rollcall.connections.models import State as ConnectionState
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import DaysBefore, Ownership, Settings
from rollcall.sync import actions
from rollcall.sync.models import WAITING, Plan, PlanState
from tests.stateful.telling import PICK, Told, one_of

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


class ByAdmins(Told):
    """Rules of admins about what a sync does."""

    def _waiting(self) -> list[Plan]:
        return self.it.plans(state__in=WAITING)

    def _anything_waits(self) -> bool:
        return any(one["state"] in WAITING for one in self.log[-1].rows["plan"].values())

    @precondition(_anything_waits)
    @rule(which=PICK, doubtful=st.booleans(), worker=st.sampled_from((True, True, False)))
    def admin_approves(self, which: int, doubtful: bool, worker: bool) -> None:
        made = one_of(self._waiting(), which)
        if made is None:
            return
        how = "whole" if doubtful else "without the doubtful changes"
        if self.person(
            f"plan {made.pk} is approved {how}",
            lambda: self.it.approve(made, without_doubtful=not doubtful),
        ):
            if worker:
                self.it.apply(made)
                self.see(f"a worker applies plan {made.pk}", "sync")
            else:
                self.story.append("     (and the worker is lost)")

    @precondition(_anything_waits)
    @rule(which=PICK)
    def admin_approves_what_was_shown_before(self, which: int) -> None:
        """A page that shows another plan, or one that was decided: nothing of it may happen."""
        made, shown = one_of(self._waiting(), which), one_of(self.it.plans(), which)
        if made is None or shown is None or made.digest == shown.digest:
            return
        refused = [
            not self.person(f"plan {shown.pk} is approved, which is over", lambda: self.it.approve(shown))
            if shown.state not in WAITING
            else True,
            not self.person(
                f"plan {made.pk} is approved by the page of {shown.pk}",
                lambda: self.it.approve(made, digest=shown.digest),
            ),
        ]
        assert all(refused), "an approval was taken for a plan that was not shown"

    @precondition(_anything_waits)
    @rule(which=PICK)
    def admin_rejects(self, which: int) -> None:
        made = one_of(self._waiting(), which)
        if made is not None:
            self.person(
                f"plan {made.pk} is rejected",
                lambda: self.it.get(lambda: actions.reject(made, actor=self.it.alice)),
            )

    @rule(which=PICK)
    def a_worker_applies_again(self, which: int) -> None:
        over = (PlanState.APPLIED, PlanState.REJECTED, PlanState.SUPERSEDED, *WAITING)
        made = one_of(self.it.plans(state__in=over), which)
        if made is not None:
            self.it.apply(made)
            self.see(f"plan {made.pk} ({made.state}) is applied again", "sync", again=True)

    @precondition(
        lambda self: any(
            o["state"] == "applied" and o["outcome"].get("done") for o in self.log[-1].rows["plan"].values()
        )
    )
    @rule(which=PICK, confirmed=st.sampled_from((True, True, False)))
    def admin_undoes_a_run(self, which: int, confirmed: bool) -> None:
        done = [one for one in self.it.plans(state=PlanState.APPLIED) if one.outcome.get("done")]
        original = one_of(done[-3:], which)
        if original is None:
            return
        made: list[Plan] = []
        asked = self.person(
            f"the undo of plan {original.pk} is looked at",
            lambda: made.append(self.it.get(lambda: actions.undo(original, actor=self.it.alice))),
        )
        if (
            asked
            and confirmed
            and self.person(f"undo {made[0].pk} is confirmed", lambda: self._approve(made[0]))
        ):
            self.it.apply(made[0])
            self.see(f"plan {original.pk} is undone by {made[0].pk}", "sync")

    def _approve(self, made: Plan) -> None:
        self.it.approve(one_of(self.it.plans(pk=made.pk), 0) or made)

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
        asked = self.person(
            f"settings {which} are previewed for entity {entity.pk}",
            lambda: made.append(
                self.it.get(lambda: actions.preview(subscription, FILTERS[which], actor=self.it.alice))
            ),
        )
        if asked and confirmed and self.person("and confirmed", lambda: self.it.approve(made[0])):
            self.it.apply(made[0])
            self.see(f"a worker applies plan {made[0].pk}", "sync")

    @rule()
    def the_second_entity_joins(self) -> None:
        if self.it.subscription(self.it.second) is None:
            self.person(
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
        self.person(
            "resume" if paused else "pause", lambda: self.it.get(lambda: act(connection, actor=self.it.alice))
        )

    @rule(really=st.sampled_from((True, False, False)))
    def admin_disconnects_or_connects(self, really: bool) -> None:
        connection = self.it.connection()
        if connection.state == ConnectionState.DISCONNECTED:
            if not self.it.hr.fault:
                self.person("connect again", lambda: self.it.connect(self.it.first))
        elif really:
            self.person(
                "disconnect",
                lambda: self.it.get(lambda: actions.disconnect(connection, actor=self.it.alice)),
            )
