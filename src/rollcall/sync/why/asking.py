"""Why? for one person of an entity: the HR record, the rule, the match, the result, what would change it.

The person goes through the planner's own query and through ``make_plan`` together with those on whom their lines
depend (their line manager, and the owners if one of them is an owner), so the answer is the next run's.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from msgspec import Struct, structs

from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, State, Subscription
from rollcall.connections.models import Employee as Row
from rollcall.connections.queries import subscription_of
from rollcall.directory import queries as directory
from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.explain import Explanation, Rule, Tie, explain
from rollcall.engine.losses import Loss
from rollcall.engine.match import Candidate, full_name
from rollcall.engine.plan import OWNED_FIELDS, make_plan
from rollcall.engine.roster import Role
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from rollcall.sync.models import WAITING, Line, Plan
from rollcall.sync.plans import candidates
from rollcall.sync.plans.losses import clearable_of, kept_by, losses_of
from rollcall.sync.plans.question import Question
from rollcall.sync.why.between import Place, inside_of, places_of

MOST_OTHERS: Final = 5


class Other(Struct, frozen=True, kw_only=True):
    """Somebody else who plays a part: an employee, a member, or both; ids are of the mirror row and the member."""

    name: str
    row_id: int | None = None
    member_id: int | None = None


class Elsewhere(Struct, frozen=True, kw_only=True):
    """Entities of the same connection beside this one: in whose scope the person is, and in whose not."""

    inside: tuple[Place, ...] = ()
    outside: tuple[Place, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """What is known about one person in one entity; without ``explanation`` the HR tool does not know them."""

    entity: Entity
    # the connection's state; None while the entity uses none
    subscription: Subscription | None
    employee: Employee | None = None
    row: Row | None = None
    # directory rows: only that room names their types
    member: Any = None
    link: Any = None
    explanation: Explanation | None = None
    settings: Settings | None = None
    # with whom an address is shared, or who holds it
    rivals: tuple[Other, ...] = ()
    # because of whom somebody is brought in as line manager
    reports: tuple[Other, ...] = ()
    elsewhere: Elsewhere = Elsewhere()
    # fields that the HR tool seems to have lost for many, and in which it differs from this member
    kept: tuple[Loss, ...] = ()
    # a plan that waits for a decision, and what it wants for this person
    waiting: Plan | None = None
    wanted: tuple[Line, ...] = ()

    @property
    def live(self) -> bool:
        """Whether settings were confirmed; before that the answer is about the draft, and nobody is managed."""
        return self.subscription is not None and self.subscription.is_live

    @property
    def runs(self) -> bool:
        """Whether runs happen at all."""
        return self.subscription is not None and self.subscription.connection.is_used

    @property
    def name(self) -> str:
        """The person's name as HR has it, else as the member has it; empty when nobody has one."""
        said = full_name(self.employee) if self.employee else ""
        return said or (name_of(self.member) if self.member else "")


def rows_of(connection_id: int) -> QuerySet[Row]:
    """Return the mirror of a connection without sealed accounts."""
    return Row.objects.filter(connection_id=connection_id).defer("bank_sealed")


def about_employee(entity: Entity, *, now: datetime, row_id: int = 0, employee_id: str = "") -> Answer | None:
    """Return the answer for a mirror row of the entity's connection, by row id or by the tool's id, or ``None``."""
    subscription = subscription_of(entity.pk)
    if subscription is None:
        return None
    wanted = Q(pk=row_id) if row_id else Q(external_id=employee_id)
    row = rows_of(subscription.connection_id).filter(wanted).first()
    return _about(subscription, row, now=now) if row else None


def about_member(entity: Entity, member_id: int, *, now: datetime) -> Answer | None:
    """Return the answer for a member of the entity, or ``None``: by their link, else by exactly their e-mail."""
    member = directory.member(entity.pk, member_id)
    if member is None:
        return None
    subscription = subscription_of(entity.pk)
    link = directory.link_of(member)
    if subscription is None:
        return Answer(entity=entity, subscription=None, member=member, link=link)
    rows = rows_of(subscription.connection_id)
    if link is not None and link.connection_id == subscription.connection_id:
        row = rows.filter(external_id=link.employee_id).first()
    else:
        row = rows.filter(email_key=member.email_key).order_by("absent_since", "pk").first()
    found = _about(subscription, row, now=now) if row else None
    if found is not None and found.member is not None and found.member.pk == member.pk:
        return found
    # The record with their e-mail is another member's: HR knows nobody who is this one.
    return Answer(entity=entity, subscription=subscription, member=member, link=link)


def _about(subscription: Subscription, row: Row, *, now: datetime) -> Answer:
    entity = subscription.entity
    settings = subscription.get_settings() if subscription.is_live else subscription.get_draft()
    person, lines, kept = planned(subscription, row, settings, now=now)
    found = explain(person, settings, lines, now=now, zone=entity.time_zone)
    held = person.member or person.same_email
    member = directory.member(entity.pk, held.id) if held else None
    waiting = Plan.objects.filter(entity=entity, state__in=WAITING).order_by("-pk").first()
    wanted = (
        Line.objects.filter(plan=waiting, employee_id=row.external_id).order_by("number") if waiting else ()
    )
    return Answer(
        entity=entity,
        subscription=subscription,
        employee=person.employee,
        row=row,
        member=member,
        link=directory.link_of(member) if member and person.link else None,
        explanation=found,
        settings=settings,
        rivals=_rivals(subscription, person, found, row),
        reports=_reports(row) if found.rule is Rule.AS_MANAGER else (),
        elsewhere=_elsewhere(subscription, row),
        kept=kept,
        waiting=waiting,
        wanted=tuple(wanted),
    )


def planned(
    subscription: Subscription, row: Row, settings: Settings, *, now: datetime
) -> tuple[Candidate, list[Change], tuple[Loss, ...]]:
    """Return one person as the planner sees them, and exactly the lines that the next plan has about them.

    Last come the losses because of which a field of theirs is kept.
    """
    ids = [row.external_id, *([row.manager_id] if row.manager_id else [])]
    question = Question(subscription=subscription, settings=settings, now=now, only=tuple(ids))
    candidates.prepare(question)
    found = _found(question)
    person = found[row.external_id]
    if any(_is_owner(one) for one in found.values()):
        found |= _found(structs.replace(question, only=_owners(subscription)))
    ordered = sorted(found.values(), key=lambda one: one.employee.id)

    def decided(clearable: Collection[str], kept: Collection[str] = ()) -> list[Change]:
        return list(
            make_plan(
                lambda leads: ordered if leads else [person],
                settings,
                now=now,
                zone=subscription.entity.time_zone,
                clearable=clearable,
                kept=kept,
                renumbered=lambda: candidates.renumbered(question),
            )
        )

    lines = decided(OWNED_FIELDS)
    # Only of somebody who differs does it matter what HR has for anybody else.
    if not any(line.fields or line.kind is Kind.NOTE for line in lines):
        return person, lines, ()
    losses = losses_of(subscription, settings)
    last = decided(clearable_of(subscription.connection_id), kept_by(losses, asked=False))
    withheld = {name for line in lines for name in line.fields} - {
        name for line in last for name in line.fields
    }
    return person, last, tuple(one for one in losses if one.field in withheld)


def _found(question: Question) -> dict[str, Candidate]:
    return {one.candidate.employee.id: one.candidate for one in candidates.find(question, leads=False)}


def _is_owner(one: Candidate) -> bool:
    member = one.member or one.same_email
    return member is not None and member.role is Role.OWNER


def _owners(subscription: Subscription) -> tuple[str, ...]:
    """Return the employees who are owners by link or by e-mail: only one of two may leave at once."""
    owners = directory.members_of(subscription.entity_id).filter(role=Role.OWNER)
    linked = owners.filter(link__connection_id=subscription.connection_id).values_list(
        "link__employee_id", flat=True
    )
    same = rows_of(subscription.connection_id).filter(email_key__in=owners.values("email_key"))
    return (*linked, *same.values_list("external_id", flat=True))


def name_of(member: Any) -> str:
    """Return a member's name, or their address when they have none."""
    return f"{member.first_name} {member.last_name}".strip() or str(member.email)


def row_name(row: Row) -> str:
    """Return an employee's name as the HR tool has it, their address or number when they have none."""
    said = " ".join(part for part in (row.first_name, row.last_name) if part)
    return said or row.work_email or row.external_id


def _rivals(subscription: Subscription, one: Candidate, found: Explanation, row: Row) -> tuple[Other, ...]:
    """Return who has the same address: other employees, or the member who keeps it."""
    whys = {line.why for line in found.lines}
    if found.tie is Tie.SHARED_EMAIL or Why.SHARED_EMAIL in whys:
        twins = rows_of(row.connection_id).filter(email_key=row.email_key, absent_since=None)
        twins = twins.exclude(pk=row.pk).exclude(status=Status.INACTIVE).order_by("pk")
        return tuple(Other(name=row_name(each), row_id=each.pk) for each in twins[:MOST_OTHERS])
    if found.tie is Tie.TIED_TO_ANOTHER and one.same_email:
        holder = directory.member(subscription.entity_id, one.same_email.id)
        return (_as_other(holder, row.connection_id),) if holder else ()
    if Why.EMAIL_TAKEN in whys and one.member:
        living = (
            directory.members_of(subscription.entity_id).exclude(state="archived").exclude(pk=one.member.id)
        )
        taken = living.filter(email_key=row.email_key).first()
        return (_as_other(taken, row.connection_id),) if taken else ()
    return ()


def _as_other(member: Any, connection_id: int) -> Other:
    link = directory.link_of(member)
    row = rows_of(connection_id).filter(external_id=link.employee_id).first() if link else None
    return Other(name=name_of(member), member_id=member.pk, row_id=row.pk if row else None)


def _reports(row: Row) -> tuple[Other, ...]:
    below = rows_of(row.connection_id).filter(manager_id=row.external_id, absent_since=None)
    below = below.exclude(status=Status.INACTIVE).exclude(pk=row.pk).order_by("last_name", "first_name", "pk")
    return tuple(Other(name=row_name(each), row_id=each.pk) for each in below[:MOST_OTHERS])


def _elsewhere(subscription: Subscription, row: Row) -> Elsewhere:
    places, _ = places_of(subscription.connection)
    others = [one for one in places if one.entity_id != subscription.entity_id]
    inside = inside_of(row.connection_id, row.external_id, others)
    return Elsewhere(
        inside=tuple(one for one in others if one.entity_id in inside),
        outside=tuple(one for one in others if one.entity_id not in inside),
    )


def is_gone(connection: Connection) -> bool:
    """Tell whether the connection was ended, and its mirror erased with it."""
    return connection.state == State.DISCONNECTED
