"""A company of made-up people to whom anything may happen, written by the row: for looks that follow the changes."""

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections import models as mirror
from rollcall.connections.gone import email_digest
from rollcall.connections.loops import mark_loops
from rollcall.connections.rows import VALUE_COLUMNS, Columns
from rollcall.directory.decisions import member_digests
from rollcall.directory.headcount import headcount
from rollcall.directory.models import Decision, Link, Member, Tombstone
from rollcall.engine.limits import GROUPS, Limits, Sight, breaches
from rollcall.engine.scope import Condition, Everybody, Filter, Named, Scope
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from rollcall.engine.tally import Tally
from rollcall.sync.models import Line, Plan, PlanState, Run, RunState
from rollcall.sync.plans import level
from rollcall.sync.plans.near import Near, near
from rollcall.sync.plans.planning import plan
from rollcall.sync.plans.windows import sights
from rollcall.sync.runs.lease import lease
from rollcall.sync.runs.run import settle
from rollcall.sync.why import tally
from tests.sync.stored import subscribe

PEOPLE: Final = 16
PLACES: Final = ("Paris", "Paris", "Lyon")
NAMES: Final = ("Ada", "Ben", "Cleo", "Dan")
_TODAY: Final = date(2026, 11, 23)
LOOSE: Final = Limits(removed_floor=10, removed_share=0.5, created_floor=20, email_floor=10, manager_floor=20)


class Story:
    """One company, from a seed."""

    def __init__(
        self,
        entity: Entity,
        seed: int,
        *,
        settings: Settings | None = None,
        people: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Let everybody who works here be invited and be in step; all by chance unless they are given."""
        self.chance = random.Random(seed)
        self.entity, self.company = entity, entity.company_id
        # how many looks followed the changes, and how many of these found a plan
        self.narrowed = self.found = 0
        # and how many plans were held against the limits without counting everybody
        self.counted = 0
        self.told: list[str] = []
        with access.acting_for(self.company):
            self.used = subscribe(entity, settings or self._settings())
            for number, fields in (people or self._anybody()).items():
                self._put(self._person(number, **fields))
            self._loops()
        for _ in range(3):
            self.run()

    def step(self) -> None:
        """Let a few things happen, look both ways, then let a run do what there is to do, or only look."""
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            where = self.chance.choice((MIRROR, DIRECTORY))
            what = self.chance.choice([*where, *(one for one in where if one in OFTEN)])
            self.told.append(what)
            with suppress(IntegrityError, IndexError), access.acting_for(self.company), transaction.atomic():
                where[what](self)
                self._loops()
                with database.cursor() as cursor:
                    # two living members of one address are refused here, not at the end of the test
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        self.compare()
        if self.chance.random() < 0.8:
            self.told.append("run")
            self.run()

    def compare(self) -> None:
        """Look at whom the changes touch, and at everybody: both find the same."""
        few, whom = self.look(narrow=True)
        if whom is None:
            return
        everybody, _ = self.look(narrow=False)
        assert few == everybody, (self.told, whom)
        self.narrowed += len(whom.employees) < self._known()
        self.found += everybody is not None

    def candidates(self, *, narrow: bool) -> set[str]:
        """Return who is a candidate now, as such a look finds them."""
        found, whom = self.look(narrow=narrow)
        assert (whom is not None) == narrow
        return set(found[1] or ()) if found else set()

    def look(self, *, narrow: bool) -> tuple[Any, Near | None]:
        """Return what a look finds, which is taken back, and whom it was about."""
        with access.acting_for(self.company), transaction.atomic():
            run, used = self._begin(), mirror.Subscription.objects.get(pk=self.used.pk)
            settings, now = used.get_settings(), timezone.now()
            marks = level.marks_of(used.pk)
            whom = near(used, settings, run, now) if narrow else None
            known = partial(tally.chosen_now, used.connection_id, used.entity_id, settings)
            made = plan(
                used, settings, now=now, run=run, marks=marks, near=whom, chosen=known if narrow else None
            )
            found = made and (made.digest, made.state, _counts(made), made.breaches, made.tally, _lines(made))
            self.counted += made is not None and "managed" not in made.counts
            if made is not None:
                _judged(used, made)
            waiting = run.levels.get(str(used.pk), {}).get("waiting")
            kept = run.seen["kept"]
            transaction.set_rollback(True)
        return (found, waiting, kept) if not (found is None and not waiting) else None, whom

    def run(self) -> None:
        """Do what a run does once it has read the tool."""
        with access.acting_for(self.company):
            run = self._begin()
        with lease(self.company, self.used.connection_id) as token:
            assert token is not None
            settle(self.company, self.used.pk, run, token)
        with access.acting_for(self.company):
            run.state, run.finished_at = RunState.SUCCEEDED, timezone.now()
            run.save(update_fields=["state", "finished_at", "levels"])
        if self.chance.random() < 0.5:
            tally.count(self.company, self.used.connection_id, moved=True)

    def _begin(self) -> Run:
        return Run.objects.create(
            company_id=self.company,
            connection_id=self.used.connection_id,
            trigger="proof",
            started_at=timezone.now(),
        )

    def _known(self) -> int:
        with access.acting_for(self.company):
            return mirror.Employee.objects.filter(connection_id=self.used.connection_id).count()

    def _settings(self) -> Settings:
        paris = (Condition(attribute="work_location", test="one_of", values=("Paris",)),)
        with_managers = Filter(conditions=paris, include_managers=True)
        scopes: list[Scope] = [Everybody(), Filter(conditions=paris), *[with_managers] * 3]
        scope = self.chance.choice(scopes)
        named = [Named(employee_id=self.any_id(), act=self.chance.choice(("add", "keep_out")), reason="So")]
        return Settings(
            scope=scope,
            exceptions=tuple(named) if self.chance.random() < 0.3 else (),
            archive_inactive=self.chance.random() < 0.8,
            limits=self.chance.choice([LOOSE, LOOSE, Limits(created_floor=20)]),
        )

    def _anybody(self) -> dict[str, dict[str, Any]]:
        ids = [str(number) for number in range(1, PEOPLE + 1)]
        return {
            one: {"manager_id": self.chance.choice([None, "1", *ids[:at]])} for at, one in enumerate(ids, 1)
        }

    def any_id(self) -> str:
        return str(self.chance.randint(1, PEOPLE + 3))

    def any_address(self) -> str:
        return f"p{self.any_id()}@co.example"

    def _person(self, number: str, **more: Any) -> Employee:
        values: dict[str, Any] = {
            "work_email": f"p{number}@co.example",
            "first_name": self.chance.choice(NAMES),
            "last_name": f"Bell{number}",
            "status": self.chance.choice([Status.ACTIVE] * 4 + [Status.INACTIVE]),
            "start_date": date(2025, 1, 1),
            "work_location": self.chance.choice(PLACES),
            "job_title": f"Title {number}",
        }
        return Employee(id=number, **{**values, **more})

    def _put(self, person: Employee) -> None:
        """Write the person's row as a read does."""
        values, digest = Columns(company_id=self.company, connection_id=self.used.connection_id).of(person)
        given = dict(zip(VALUE_COLUMNS, values, strict=True))
        given["custom"] = msgspec.json.decode(given["custom"] or b"null")
        now = timezone.now()
        mirror.Employee.objects.update_or_create(
            connection_id=self.used.connection_id,
            external_id=person.id,
            defaults={
                "company_id": self.company,
                "digest": digest,
                "changed_at": now,
                "first_seen_at": now,
                **given,
            }
            | {"record_digest": digest.encode()},
        )

    def told_of(self, number: str) -> Employee:
        """Return a person as the mirror has them."""
        row = mirror.Employee.objects.filter(
            connection_id=self.used.connection_id, external_id=number
        ).first()
        if row is None:
            return self._person(number)
        names = (
            "work_email",
            "first_name",
            "last_name",
            "start_date",
            "end_date",
            "work_location",
            "manager_id",
        )
        plain = {name: getattr(row, name) for name in names}
        return Employee(id=number, status=Status(row.status) if row.status else Status.ACTIVE, **plain)

    def change(self, number: str, **fields: Any) -> None:
        """Let HR tell something else of a person, or of somebody new."""
        self._put(msgspec.structs.replace(self.told_of(number), **fields))

    def rows(self, number: str | None = None) -> Any:
        """Rows of the mirror."""
        found = mirror.Employee.objects.filter(connection_id=self.used.connection_id)
        return found if number is None else found.filter(external_id=number)

    def member(self) -> Any:
        """One member, as a query."""
        return Member.objects.filter(pk=self.chance.choice(list(Member.objects.values_list("pk", flat=True))))

    def boss(self) -> Any:
        """Somebody's line manager among the members, as a query."""
        above = Member.objects.exclude(manager_id=None).values_list("manager_id", flat=True)
        return Member.objects.filter(pk=self.chance.choice(sorted(set(above))))

    def link(self) -> Any:
        """One link, as a query."""
        return Link.objects.filter(pk=self.chance.choice(list(Link.objects.values_list("pk", flat=True))))

    def _loops(self) -> None:
        with database.cursor() as cursor:
            mark_loops(cursor, self.used.connection_id)
            cursor.execute("SET LOCAL enable_mergejoin = on")


def _counts(made: Plan) -> dict[str, int]:
    """What a plan counts, but those who are counted only when it may pass a limit."""
    return {name: n for name, n in made.counts.items() if name not in ("managed", "employees")}


def _judged(used: mirror.Subscription, made: Plan) -> None:
    """Whatever a plan knew of them: counted in full, its members pass the same limits."""
    before = headcount(used.entity_id, used.connection_id, GROUPS)
    looks = [Sight(before=before)]
    counted = Tally.from_json(made.tally)
    if counted.acting:
        looks = sights(used, before, lambda: headcount(None, used.connection_id, GROUPS), now=made.made_at)
    found = breaches(counted, looks, used.get_settings().limits)
    assert [one["breach"] for one in made.breaches] == [one.breach for one in found]
    assert made.counts.get("managed", before.managed) == before.managed
    assert made.counts.get("employees", before.employees) == before.employees


def _lines(made: Plan) -> list[Any]:
    hidden = {"id", "plan_id"}
    return [
        {name: value for name, value in row.items() if name not in hidden}
        for row in Line.objects.filter(plan=made).order_by("number").values()
    ]


def _swap(story: Story) -> None:
    one, other = story.told_of(story.any_id()), story.told_of(story.any_id())
    story.change(one.id, work_email=other.work_email)
    story.change(other.id, work_email=one.work_email)


def _move_number(story: Story) -> None:
    """HR gives a person a new number."""
    old, new = story.told_of(story.any_id()), str(PEOPLE + 3 + story.chance.randint(1, 3))
    story._put(msgspec.structs.replace(old, id=new))
    story.rows(old.id).delete()


def _titles(story: Story) -> None:
    """HR has no title any more for some, or one for many."""
    title = story.chance.choice([None, None, "***", "Baker", f"Title {story.chance.random()}"])
    for _ in range(story.chance.choice([1, 2, 3, 12] if title else [1, 1, 2, 3])):
        story.change(story.any_id(), job_title=title)


def _by_hand(story: Story) -> None:
    address = story.any_address()
    Member.objects.create(
        company_id=story.company,
        entity=story.entity,
        state=story.chance.choice(["active", "invited"]),
        role=story.chance.choice(["requester", "owner"]),
        email=address,
        email_key=address,
        first_name=story.chance.choice(NAMES),
        created_at=timezone.now(),
    )


def decide(story: Story) -> None:
    row = story.chance.choice(list(story.rows()))
    link = Link.objects.filter(employee_id=row.external_id).first()
    same = Member.objects.filter(email_key=row.email_key).first()
    member = link.member_id if link else same.pk if same else None
    Decision.objects.update_or_create(
        company_id=story.company,
        entity=story.entity,
        connection_id=story.used.connection_id,
        employee_id=row.external_id,
        defaults={
            "employee_digest": row.digest,
            "member_id": member,
            "member_digest": member_digests([member])[member] if member else "",
            "kind": story.chance.choice(["same", "other", "leave"]),
            "by": "alice",
            "at": timezone.now(),
        },
    )


def _bury(story: Story) -> None:
    Tombstone.objects.create(
        company_id=story.company,
        entity=story.entity,
        employee_digest="x",
        email_digest=email_digest(story.any_address(), company_id=story.company),
        member_id=1,
        erased_at=timezone.now(),
        erased_by="alice",
    )


def _settings(story: Story) -> None:
    used = mirror.Subscription.objects.filter(pk=story.used.pk)
    used.update(settings=msgspec.to_builtins(story._settings()), version=story.chance.randint(2, 99))


OFTEN: Final = {
    "manager",
    "place",
    "leaves",
    "is back",
    "boss archived",
    "boss back",
    "by hand",
    "member's address",
}

MIRROR: Mapping[str, Callable[[Story], object]] = {
    "address": lambda it: it.change(it.any_id(), work_email=it.chance.choice([it.any_address(), None, "no"])),
    "similar address": lambda it: it.change(it.any_id(), work_email=it.any_address().replace("p", "р")),
    "swap": _swap,
    "titles": _titles,
    "name": lambda it: it.change(it.any_id(), first_name=it.chance.choice(NAMES)),
    "somebody else": lambda it: it.change(
        it.any_id(), first_name="Zoe", last_name="Quite", start_date=_TODAY
    ),
    "manager": lambda it: it.change(
        it.any_id(), manager_id=it.chance.choice([None, it.any_id(), it.any_id()])
    ),
    "place": lambda it: it.change(it.any_id(), work_location=it.chance.choice([*PLACES, None])),
    "leaves": lambda it: it.change(it.any_id(), status=Status.INACTIVE),
    "end": lambda it: it.change(it.any_id(), end_date=_TODAY + timedelta(days=it.chance.randint(-300, 300))),
    "is back": lambda it: it.change(it.any_id(), status=Status.ACTIVE, end_date=None),
    "unknown": lambda it: it.change(it.any_id(), status=Status.UNKNOWN),
    "absent": lambda it: it.rows(it.any_id()).update(
        absent_since=timezone.now() - timedelta(days=9), absent_runs=9
    ),
    "proven": lambda it: it.rows(it.any_id()).update(
        absent_since=timezone.now() - timedelta(days=9), absent_runs=9, absent_proven_at=timezone.now()
    ),
    "not absent": lambda it: it.rows().update(absent_since=None, absent_runs=0, absent_proven_at=None),
    "unread": lambda it: it.rows(it.any_id()).update(unread_since=timezone.now()),
    "out of the mirror": lambda it: it.rows(it.any_id()).delete(),
    "new number": _move_number,
}

DIRECTORY: Mapping[str, Callable[[Story], object]] = {
    "member's state": lambda it: it.member().update(
        state=it.chance.choice(["archived", "active", "invited"])
    ),
    "boss archived": lambda it: it.boss().update(state="archived"),
    "boss back": lambda it: it.boss().update(state="active"),
    "boss's link gone": lambda it: Link.objects.filter(member__in=it.boss()).delete(),
    "archived by hand": lambda it: it.member().update(state="archived", archived_by_hand=True),
    "member's address": lambda it: it.member().update(
        **dict.fromkeys(("email", "email_key"), it.any_address())
    ),
    "member's manager": lambda it: it.member().update(manager_id=it.member().get().pk),
    "no manager": lambda it: it.member().update(manager_id=None),
    "member's role": lambda it: it.member().update(role=it.chance.choice(["owner", "requester"])),
    "by hand": _by_hand,
    "member gone": lambda it: it.member().delete(),
    "link gone": lambda it: it.link().delete(),
    "link let go": lambda it: it.link().update(managed=False),
    "link moved": lambda it: it.link().update(employee_id=it.any_id()),
    "decision": decide,
    "tombstone": _bury,
    "plan": lambda it: Plan.objects.filter(state=PlanState.HELD).update(state=PlanState.REJECTED),
    "settings": _settings,
}
