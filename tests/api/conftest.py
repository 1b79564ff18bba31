"""A company whose HR tool is a stand-in on loopback, one that is a stranger, and tokens for both."""

from collections.abc import Iterator
from typing import Any

import django
import msgspec
import pytest

# When this folder alone is asked for, pytest loads this file before the root's has set Django up.
django.setup()

from django.test import Client
from django.utils import timezone

from rollcall.accounts import access, tokens
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import withdraw_role
from rollcall.accounts.models import Entity
from rollcall.connections.gallery import Wanted
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.queries import subscription_of
from rollcall.directory import actions as directory
from rollcall.engine.roster import Role
from rollcall.engine.settings import Settings
from rollcall.simulators.server import Running, start
from rollcall.sync import actions, tasks
from rollcall.sync.models import Plan
from rollcall.sync.runs.run import run_connection
from tests.accounts.people import Two, two_companies

ACTOR = Actor(kind="system", label="test")
PEOPLE = 40


class Caller:
    """One token's way to the API."""

    def __init__(self, raw: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {} if raw is None else {"Authorization": f"Bearer {raw}"}

    def __call__(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        data = b"" if body is None else msgspec.json.encode(body)
        return self.client.generic(
            method,
            f"/api/v1{path}",
            data,
            content_type="application/json",
            headers=self.headers,
            query_params=query,
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self("GET", path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()


def token(entity: Entity, *scopes: str, bound: bool = False) -> Caller:
    """A caller with a fresh token of the entity's company; all scopes unless some are named."""
    with access.acting_for(entity.company_id):
        _, raw = tokens.issue(
            company_id=entity.company_id,
            name="test",
            scopes=scopes or tokens.SCOPES,
            entity=entity if bound else None,
        )
    return Caller(raw)


@pytest.fixture(scope="session")
def bamboo() -> Iterator[Running]:
    running = start(["bamboohr"], people=PEOPLE)
    yield running
    running.stop()


@pytest.fixture
def two(db: None, bamboo: Running, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Two:
    monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", bamboo.url("bamboohr"))
    settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
    return two_companies()


def connected(entity: Entity, running: Running) -> Connection:
    """Connect the entity and read everybody; nobody is managed yet."""
    credentials = running.credentials("bamboohr")
    with access.acting_for(entity.company_id):
        found = actions.try_credentials("bamboohr", credentials, Wanted())
        made = actions.connect(entity, "bamboohr", credentials, wanted=Wanted(), access=found, actor=ACTOR)
    run_connection(entity.company_id, made.pk, trigger="first")
    return made


def previewed(entity: Entity, settings: Settings | None = None) -> Plan:
    """The plan of these settings, waiting for somebody."""
    with access.acting_for(entity.company_id):
        subscription = subscription_of(entity.pk)
        assert isinstance(subscription, Subscription)
        return actions.preview(subscription, settings or Settings(), actor=ACTOR)


def live(entity: Entity, running: Running) -> Connection:
    """Connect the entity, and confirm and apply a preview of everybody."""
    made = connected(entity, running)
    plan = previewed(entity)
    with access.acting_for(entity.company_id):
        actions.approve(plan, plan.digest, actor=ACTOR, override="test")
    tasks.apply_plan(entity.company_id, plan.pk, "test")
    return made


@pytest.fixture
def alice(two: Two, bamboo: Running) -> Caller:
    """Alice's company is connected and live; she is a member by hand, and its only owner."""
    live(two.alice_entity, bamboo)
    withdraw_role(two.alice_entity, two.alice)
    with access.acting_for(two.alice_company.pk):
        directory.add_member(
            two.alice_entity,
            user=two.alice,
            first_name="Alice",
            last_name="Owner",
            role=Role.OWNER,
            actor=ACTOR,
            now=timezone.now(),
        )
    return token(two.alice_entity)


@pytest.fixture
def charlie(two: Two) -> Caller:
    return token(two.charlie_entity)
