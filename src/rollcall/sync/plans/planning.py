"""From candidates to a stored plan: decided person by person, counted, held against the limits, named by a digest."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

import msgspec
from django.db import connection as database

from rollcall.accounts.models import Entity
from rollcall.accounts.staging import add, array, stage, texts
from rollcall.connections.models import Subscription
from rollcall.engine.causes import Clues
from rollcall.engine.change import ACTING, Change, Kind
from rollcall.engine.limits import GROUPS, Limits
from rollcall.engine.match import Candidate
from rollcall.engine.plan import PlanDigest, make_plan
from rollcall.engine.roster import Role
from rollcall.engine.settings import Settings
from rollcall.engine.tally import REMOVING, Tally
from rollcall.sync.models import WAITING, LineState, Plan, PlanState, Run
from rollcall.sync.plans import candidates, level
from rollcall.sync.plans.candidates import Found
from rollcall.sync.plans.judging import Judging
from rollcall.sync.plans.losses import Clearable, is_back, kept_by, losses_in, note_kept
from rollcall.sync.plans.near import MOST_WAITING, Near
from rollcall.sync.plans.question import Question
from rollcall.sync.plans.remarks import Remarks, conflicts, kept_counts, newest_look

CHUNK: Final = 2_000
FEW: Final = 200
"""So many lines are not worth a table to stage them."""

_COLUMNS: Final[Mapping[str, str]] = {
    "employee_digest": "text",
    "number": "int4",
    "kind": "text",
    "employee_id": "text",
    "member_id": "int8",
    "name": "text",
    "email": "text",
    "why": "text",
    "params": "text",
    "fields": "text",
    "state": "text",
}
_AT_EMPLOYEE: Final = list(_COLUMNS).index("employee_id")
_encode: Final = msgspec.json.Encoder().encode


def plan(
    subscription: Subscription,
    settings: Settings,
    *,
    now: datetime,
    run: Run | None = None,
    for_settings: bool = False,
    made_by: str = "",
    marks: str = "",
    near: Near | None = None,
    chosen: Callable[[], int | None] | None = None,
) -> Plan | None:
    """Make and store the plan of an entity, in the caller's transaction; any plan that waits is superseded.

    Args:
        subscription: of the entity.
        settings: to plan for: the confirmed ones in a run, the edited ones for a preview.
        now: aware.
        run: that read the mirror.
        for_settings: a person asked what these settings would do; everybody is looked at again.
        made_by: label of that person.
        marks: ``level.marks_of`` the subscription, read before anything else; then the run learns what the next look
            may go on from, and the level at which nothing is left to be done.
        near: whom alone to ask about; ``None`` for everybody.
        chosen: tells how many people these settings choose, where that is counted already.

    Returns:
        The stored plan, as *preview*; or ``None`` when nothing would happen and nothing new is worth showing.
    """
    Subscription.objects.select_for_update().values_list("pk").get(pk=subscription.pk)
    making = _Making(
        subscription,
        settings,
        subscription.entity,
        now,
        run,
        for_settings=for_settings,
        marks=marks,
        near=near,
    )
    making.run(run)
    if run is not None:
        note_kept(run, subscription, making.losses)
        making.note_level(run, settled=False)
    # A preview of settings may lie open for days: it never stands in the way of a run's own plan.
    own = Plan.objects.filter(subscription=subscription, for_settings=False, undoes=None)
    latest = own.order_by("-pk").first()
    if latest is not None and not for_settings and latest.digest == making.digest.hex():
        waits, refused = latest.state in WAITING, latest.state == PlanState.REJECTED
        if waits and (latest.state == PlanState.PREVIEW or latest.settings.get("limits") != making.limits):
            making.judge_again(latest)
        if waits or refused or not making.tally.acting:
            # What a person has said no to is not asked again until something about it changes.
            making.discard()
            if not waits:
                making.note_level(run)
            return latest if waits else None
    waiting = Plan.objects.filter(subscription=subscription, state__in=WAITING)
    if not for_settings:
        # A person who is looking at a preview of settings keeps it; each change still checks its *before*.
        waiting = waiting.filter(for_settings=False, undoes=None)
    waiting.update(state=PlanState.SUPERSEDED, finished_at=now)
    # Conflicts that are over need a plan without them: pages show those of the newest.
    if not making.number and not for_settings and not _shows_conflicts(subscription):
        making.discard()
        making.note_level(run)
        return None
    return making.store(run, made_by, chosen() if chosen else None)


def _shows_conflicts(subscription: Subscription) -> bool:
    newest = newest_look(subscription.entity_id)
    return newest is not None and bool(conflicts(newest.counts))


class _Making:
    """One plan in the making; lines are staged in a temporary table, so a plan of any length needs little memory."""

    def __init__(
        self,
        subscription: Subscription,
        settings: Settings,
        entity: Entity,
        now: datetime,
        run: Run | None,
        *,
        for_settings: bool,
        marks: str = "",
        near: Near | None = None,
    ) -> None:
        self.subscription = subscription
        self.settings = settings
        self.entity = entity
        self.now = now
        self.for_settings = for_settings
        self.tally = Tally()
        self.clues = Clues()
        self.remarks = Remarks()
        # Limits say whether a run's plan waits, not what it does: with others it is still the same plan.
        named = settings if for_settings else msgspec.structs.replace(settings, limits=Limits())
        self.digest = PlanDigest(named)
        self.number = 0
        self.question = Question(
            subscription=subscription,
            settings=settings,
            now=now,
            everybody=for_settings,
            among=near.employees if near else None,
        )
        self.losses, self.measured = losses_in(
            run,
            subscription,
            settings,
            before=near.level.measured if near else None,
            touched=near.touched if near else (),
        )
        # the candidates, as long as the next look can begin with them
        self._met: list[str] = []
        # of writing down who is in step: somebody without a line is as little to be done for as before
        self._marks = marks
        self._own_marks: list[int] = []
        # digest and link of the person being decided, for the line and for links in step without a line
        self._digest = ""
        self._in_step: dict[int, str] = {}
        self._person: Candidate | None = None
        self._few: list[Found] | None = None
        # in which the days of those were asked who might have differed
        self._zones: set[str] = set()
        self._link: int | None = None
        self._role: Role | None = None
        # lines; few are kept here until they are stored, many are staged
        self._rows: list[list[Any]] = []
        self._staged = False

    def run(self, run: Run | None) -> None:
        """Decide everybody and stage the lines; ``run`` is the one that read the mirror."""
        if not self.for_settings and is_back(run, self.subscription, self.losses):
            self.question = msgspec.structs.replace(self.question, everybody=True, among=None)
        candidates.prepare(self.question)
        lines = make_plan(
            self._candidates,
            self.settings,
            now=self.now,
            zone=self.entity.time_zone,
            clearable=Clearable(self.subscription.connection_id),
            kept=kept_by(self.losses, asked=self.for_settings),
            # a person looks at it first
            adopt=self.for_settings,
            renumbered=cache(partial(candidates.renumbered, self.question)),
        )
        for line in lines:
            self._take(line)
        if self._staged or len(self._rows) > FEW:
            self._flush()
        self._mark_in_step()
        candidates.expect_everybody(self.question)

    def _candidates(self, leads: bool) -> Iterator[Candidate]:
        for found in self._found(leads):
            person = found.candidate
            self._zones.update(_zones(person, self.entity.time_zone))
            if not leads:
                self._person, self._digest = person, found.digest
                if len(self._met) <= MOST_WAITING:
                    self._met.append(person.employee.id)
                if len(self._rows) >= CHUNK:
                    self._flush()
                if found.link_id is not None:
                    self._in_step[found.link_id] = found.digest
                self._link = found.link_id
                member = person.member or person.same_email
                self._role = member.role if member else None
            yield person
            if len(self._in_step) >= CHUNK:
                self._mark_in_step()

    def _found(self, leads: bool) -> Iterable[Found]:
        """Ask for those on whose stay others depend, then for all; where they are few, once for both."""
        if self.question.among is None:
            return candidates.find(self.question, leads=leads)
        if self._few is None:
            self._few = list(candidates.find(self.question, leads=False))
        return [one for one in self._few if one.candidate.leads] if leads else self._few

    def _take(self, line: Change) -> None:
        self.number += 1
        self.tally.add(line, _place(self._person) if self._person and line.kind in REMOVING else None)
        self.clues.add(line)
        self.remarks.add(line, self._role)
        self.digest.add(line)
        acting = line.kind in ACTING
        if self._link is not None:
            # Somebody with a change, or with something that stands in its way, is looked at again next time.
            self._in_step.pop(self._link, None)
        self._rows.append(
            [
                self._digest,
                self.number,
                line.kind,
                line.employee_id,
                line.member_id,
                line.name,
                line.email,
                line.why,
                _encode(line.params).decode(),
                _encode(line.fields).decode(),
                LineState.WANTED if acting else LineState.SHOWN,
            ]
        )
        if line.kind is Kind.NOTE:
            # Whoever has a remark is not in step when the change is done: look again next time.
            for row in reversed(self._rows):
                if row[_AT_EMPLOYEE] != line.employee_id:
                    break
                row[0] = ""

    def _flush(self) -> None:
        """Stage the lines so far; lines of one person are staged together."""
        if self._rows and not self._staged:
            stage("planned", _COLUMNS, ())
            self._staged = True
        if self._rows:
            add("planned", _COLUMNS, self._rows)
            self._rows.clear()

    def _mark_in_step(self) -> None:
        """Remember people who were looked at and differ in nothing that matters; no member is written."""
        if self._in_step and not self.for_settings:
            with database.cursor() as cursor:
                cursor.execute(
                    "UPDATE directory_link l SET applied_digest = x.digest, applied_version = %s"
                    " FROM unnest(%s::bigint[], %s::text[]) AS x(id, digest) WHERE l.id = x.id"
                    " AND (l.applied_digest <> x.digest OR l.applied_version <> %s)",
                    [
                        self.subscription.version,
                        array(self._in_step),
                        texts(self._in_step.values()),
                        self.subscription.version,
                    ],
                )
                if cursor.rowcount and self._marks:
                    # One statement about one entity leaves one mark.
                    cursor.execute("SELECT currval(pg_get_serial_sequence('sync_doubt', 'id'))")
                    self._own_marks.append(cursor.fetchone()[0])
        self._in_step.clear()

    def note_level(self, run: Run | None, *, settled: bool = True) -> None:
        """Let the run know from where the next look may go on; ``settled``: nothing is left to be done, for so long."""
        if run is None or not self._marks or self.subscription.paused_since is not None:
            return
        few = len(self._met) <= MOST_WAITING
        if settled or few:
            known = level.reached(
                level.with_own(self._marks, self._own_marks),
                self.now,
                self._zones,
                settled=settled,
                waiting=tuple(self._met) if few else None,
                measured=self.measured,
            )
            run.levels = {**run.levels, str(self.subscription.pk): known}

    def discard(self) -> None:
        """Forget the staged lines."""
        if self._staged:
            with database.cursor() as cursor:
                cursor.execute("DROP TABLE planned")

    def store(self, run: Run | None, made_by: str, chosen: int | None = None) -> Plan:
        """Write the plan and its lines; ``chosen``: how many people are in scope, if that is known."""
        judging = self._judging
        before = None if judging.is_surely_within() else judging.count()
        stored = Plan.objects.create(
            company_id=self.subscription.company_id,
            entity=self.entity,
            subscription=self.subscription,
            run=run,
            state=PlanState.PREVIEW,
            digest=self.digest.hex(),
            settings=msgspec.to_builtins(self.settings),
            for_settings=self.for_settings,
            made_at=self.now,
            made_by=made_by,
            counts={
                **{str(kind): self.tally.kinds[kind] for kind in Kind},
                "acting": self.tally.acting,
                **({"managed": before.managed, "employees": before.employees} if before else {}),
                "in_scope": candidates.in_scope(self.question) if chosen is None else chosen,
                **self.remarks.counts(),
                **kept_counts(self.losses),
            },
            tally=self.tally.as_json(),
            breaches=judging.breaches(before) if before else [],
        )
        given = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
        lines = "planned" if self._staged else f"unnest({given}) AS planned({', '.join(_COLUMNS)})"
        columns = [] if self._staged else [[row[at] for row in self._rows] for at in range(len(_COLUMNS))]
        with database.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO sync_line (company_id, plan_id, number, kind, employee_id, member_id, name, email, why,
                                       params, fields, employee_digest, state, managers_set)
                SELECT %s, %s, number, kind, employee_id, member_id, name, email, why,
                       params::jsonb, fields::jsonb, employee_digest, state, false
                FROM {lines}
                """,
                [self.subscription.company_id, stored.pk, *columns],
            )
        self.discard()
        return stored

    def judge_again(self, stored: Plan) -> None:
        """Hold a plan that waits against the limits and the windows as they are now; its lines are the same."""
        judging = self._judging
        stored.breaches = judging.breaches(judging.count())
        stored.settings = {**stored.settings, "limits": self.limits}
        stored.save(update_fields=["breaches", "settings"])

    @property
    def limits(self) -> dict[str, Any]:
        """Return the limits as they are stored with a plan."""
        return dict(msgspec.to_builtins(self.settings.limits))

    @property
    def _judging(self) -> Judging:
        return Judging(
            subscription=self.subscription,
            settings=self.settings,
            tally=self.tally,
            clues=self.clues,
            now=self.now,
            for_settings=self.for_settings,
            measured=self.measured,
        )


def _zones(person: Candidate, zone: str) -> Iterator[str]:
    """Yield where a decision about somebody asks for the day (``engine.status.local_day``), ``zone`` the entity's."""
    yield zone
    for one in (person.employee, person.tied_record):
        if one is not None and isinstance(one.time_zone, str):
            yield one.time_zone


def _place(person: Candidate) -> dict[str, str | None]:
    member = person.member or person.same_email
    return {name: getattr(member, name) for name in GROUPS} if member else {}
