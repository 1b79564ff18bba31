"""Our way from the HR tool to members, phase by phase; run by ``benchmarks.child`` in a process of its own.

Takes a ``Task`` as JSON on standard input and prints a list of ``Phase``.
"""

import os
import sys
from collections.abc import Mapping, Sequence

import httpx
import msgspec
from django.utils import timezone

from benchmarks.report import HIRED, Phase, Task
from benchmarks.watch import Watch
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
from rollcall.sync.run import run_connection

ACTOR = Actor(kind="system", label="benchmark")


def flow(task: Task) -> Sequence[Phase]:
    """Connect, read, plan for everybody, approve, apply; then run without a change, and after a few hires."""
    company = create_company("Acme")
    entity = create_entity(company, "Acme France")
    with access.acting_for(company.pk):
        connection = connect(entity, task.credentials)
    watch = Watch(company.pk, task.profiles)
    watch.measure("read", lambda: read(connection, "first"))
    made = watch.measure("plan", lambda: preview(entity))
    watch.measure("apply", lambda: apply(made))
    watch.measure("quiet", lambda: read(connection, "clock"))
    _hire(HIRED)
    watch.measure("few", lambda: read(connection, "clock"))
    return watch.phases


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


def _hire(people: int) -> None:
    address = f"{os.environ['ROLLCALL_BASE_URL_BAMBOOHR']}/_control/hire"
    httpx.post(address, json={"n": people}, trust_env=False).raise_for_status()


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
    done = flow(msgspec.json.decode(sys.stdin.buffer.read(), type=Task))
    sys.stdout.write(msgspec.json.encode(done).decode())
