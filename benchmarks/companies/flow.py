"""Our way from the HR tool to members, phase by phase; run by ``measuring.child`` in a process of its own.

Takes a ``Task``, and tells a ``Phase`` after each step.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from django.utils import timezone

from benchmarks.companies.report import Task
from benchmarks.companies.watch import Watch
from benchmarks.measuring.steps import Steps
from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_company, create_entity
from rollcall.accounts.models import Entity, User
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.source import Wanted
from rollcall.directory import actions as directory
from rollcall.engine.roster import Role
from rollcall.engine.settings import Settings
from rollcall.sync import actions, tasks
from rollcall.sync.models import Plan, RunState
from rollcall.sync.runs.run import run_connection

T = TypeVar("T")

LOOKS: Final = {"settle": True, "quiet": True, "since": False, "few": False, "thousandth": True}
"""The measured runs after the apply, and whether each reads everybody; a quiet hour follows one with nothing to do."""
SETTLING: Final = 2
"""Runs between the first after the apply and a quiet hour."""

ACTOR: Final = Actor(kind="system", label="benchmark")


def flow(steps: Steps) -> None:
    """Connect, read, plan for everybody, approve and apply; then look again in the ways a clock looks."""
    task = msgspec.convert(steps.task, Task)
    entity, connection = connected(task.credentials)
    watch = Watch(entity.company_id, task.profiles, steps.step)

    def measure(name: str, work: Callable[[], T]) -> T:
        result = watch.measure(name, work)
        steps.tell(msgspec.to_builtins(watch.phases[-1]))
        return result

    measure("read", lambda: read(connection, "first"))
    made = measure("plan", lambda: preview(entity))
    measure("apply", lambda: apply(made))
    for name, everybody in LOOKS.items():
        if everybody:
            read_everybody_next(connection)
        measure(name, lambda: read(connection, "clock"))
        if name == "settle":
            for _ in range(SETTLING):
                read(connection, "clock")


def connected(credentials: Mapping[str, str]) -> tuple[Entity, Connection]:
    """Make a company whose one entity is connected; nobody is read yet."""
    company = create_company("Acme")
    entity = create_entity(company, "Acme France")
    with access.acting_for(company.pk):
        return entity, connect(entity, credentials)


def invited(credentials: Mapping[str, str]) -> Connection:
    """Make a company into whose one entity everybody has been read and invited."""
    entity, connection = connected(credentials)
    read(connection, "first")
    apply(preview(entity))
    return connection


def read_everybody_next(connection: Connection) -> None:
    """Let the next run ask for everybody, as it does once a day and as it always does where a tool tells no changes."""
    with access.acting_for(connection.company_id):
        Connection.objects.filter(pk=connection.pk).update(full_read_at=None)


def connect(entity: Entity, credentials: Mapping[str, str]) -> Connection:
    """Make the entity's owner, and connect the simulated BambooHR."""
    owner = User.objects.create_user(email="owner@acme.example", password=None)
    directory.add_member(
        entity,
        user=owner,
        first_name="Ada",
        last_name="Owner",
        role=Role.OWNER,
        actor=ACTOR,
        now=timezone.now(),
    )
    found = actions.try_credentials("bamboohr", credentials, Wanted())
    return actions.connect(entity, "bamboohr", credentials, wanted=Wanted(), access=found, actor=ACTOR)


def read(connection: Connection, trigger: str) -> None:
    """Let one run read the tool; it must succeed."""
    done = run_connection(connection.company_id, connection.pk, trigger=trigger)
    assert done is not None
    assert done.state == RunState.SUCCEEDED, done.error


def preview(entity: Entity) -> Plan:
    """Make the plan that lets everybody in."""
    with access.acting_for(entity.company_id):
        subscription = Subscription.objects.select_related("connection").get(entity=entity)
        return actions.preview(subscription, Settings(), actor=ACTOR)


def apply(made: Plan) -> None:
    """Confirm a plan and carry it out, in this process."""
    with access.acting_for(made.company_id):
        actions.approve(made, made.digest, actor=ACTOR, override="benchmark")
    tasks.apply_plan(made.company_id, made.pk, "benchmark")


if __name__ == "__main__":
    flow(Steps())
