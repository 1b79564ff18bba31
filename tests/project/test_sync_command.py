"""`rollcall sync`: what it prints, what it leaves, and how it ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_company, create_entity
from rollcall.accounts.models import Entity
from rollcall.connections.gallery import Wanted
from rollcall.connections.models import Connection
from rollcall.connections.queries import subscription_of
from rollcall.directory.queries import counts
from rollcall.engine.settings import Settings
from rollcall.project.sync_command import sync
from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running, start
from rollcall.sync import actions, tasks
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.runs.run import run_connection

ACTOR = Actor(kind="system", label="test")


@pytest.fixture
def bamboo() -> Iterator[Running]:
    running = start(["bamboohr"], people=30)
    yield running
    running.stop()


@pytest.fixture
def entity(db: None, bamboo: Running, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Entity:
    """Connected and read; nobody is managed yet."""
    monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", bamboo.url("bamboohr"))
    settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
    entity = create_entity(create_company("Acme"), "Acme France")
    credentials = bamboo.credentials("bamboohr")
    with access.acting_for(entity.company_id):
        found = actions.try_credentials("bamboohr", credentials, Wanted())
        made = actions.connect(entity, "bamboohr", credentials, wanted=Wanted(), access=found, actor=ACTOR)
    run_connection(entity.company_id, made.pk, trigger="first")
    return entity


@pytest.fixture
def managed(entity: Entity) -> Entity:
    """Everybody is invited."""
    with access.acting_for(entity.company_id):
        subscription = subscription_of(entity.pk)
        assert subscription is not None
        plan = actions.preview(subscription, Settings(archive_inactive=True), actor=ACTOR)
        actions.approve(plan, plan.digest, actor=ACTOR, override="test")
    tasks.apply_plan(entity.company_id, plan.pk, "test")
    return entity


def call(*arguments: str) -> Result:
    return CliRunner().invoke(sync, list(arguments))


def members(entity: Entity) -> dict[str, int]:
    with access.acting_for(entity.company_id):
        return counts(entity.pk)


def control(running: Running, action: str, /, **body: object) -> None:
    assert LOOPBACK.post(f"{running.control('bamboohr')}/{action}", json=body).status_code == 200


def plans(entity: Entity) -> list[Plan]:
    with access.acting_for(entity.company_id):
        return list(Plan.objects.order_by("pk"))


def test_preview_prints_the_plan_in_words_and_applies_nothing(managed: Entity, bamboo: Running) -> None:
    control(bamboo, "terminate", n=1)
    before = members(managed)
    result = call("Acme France")
    assert result.exit_code == 0, result.output
    assert "1 person archived. Nothing else changes." in result.output
    assert "Last day at work was" in result.output
    assert "Nothing was applied" in result.output
    assert members(managed) == before
    assert plans(managed)[-1].state == PlanState.PREVIEW


def test_apply_after_a_preview_applies_it_once(managed: Entity, bamboo: Running) -> None:
    """A plan that was only shown does not stand in the way of the next run."""
    control(bamboo, "terminate", n=1)
    call("Acme France", "--preview")
    result = call(str(managed.pk), "--apply")
    assert result.exit_code == 0, result.output
    assert "Applied: 1 done, 0 left" in result.output
    assert members(managed)["archived"] == 1
    again = call(str(managed.pk), "--apply")
    assert (again.exit_code, "Nothing to change." in again.output) == (0, True)


def test_the_hourly_run_takes_up_what_was_only_shown(managed: Entity, bamboo: Running) -> None:
    control(bamboo, "terminate", n=1)
    call("Acme France")
    with access.acting_for(managed.company_id):
        connection = Connection.objects.get()
    run_connection(managed.company_id, connection.pk, trigger="clock")
    assert members(managed)["archived"] == 1


def test_a_held_plan_ends_with_2_and_names_the_limits(managed: Entity, bamboo: Running) -> None:
    control(bamboo, "terminate", n=12)
    preview = call("Acme France")
    assert (preview.exit_code, "would be held" in preview.stderr) == (0, True)
    result = call("Acme France", "--apply")
    assert result.exit_code == 2
    assert "managed members would be archived" in result.stderr
    assert "An admin must look at plan" in result.stderr
    assert members(managed)["archived"] == 0


def test_nothing_is_managed_before_somebody_configured_it(entity: Entity) -> None:
    """S27"""
    result = call("Acme France", "--apply")
    assert result.exit_code == 2
    assert "an admin must choose employees" in result.stderr
    assert members(entity)["invited"] == 0


def test_an_entity_is_found_by_id_or_exact_name_or_not_at_all(db: None) -> None:
    first = create_entity(create_company("One"), "Same name")
    second = create_entity(create_company("Two"), "Same name")
    assert "No entity has this id or name" in call("same name").stderr
    result = call("Same name")
    assert result.exit_code == 2
    assert f"({first.pk}, {second.pk})" in result.stderr
    result = call(str(first.pk))
    assert result.exit_code == 2
    assert "an admin must connect an HR tool" in result.stderr


def test_a_paused_connection_is_not_read(managed: Entity) -> None:
    with access.acting_for(managed.company_id):
        actions.pause(Connection.objects.get(), actor=ACTOR)
    result = call("Acme France")
    assert (result.exit_code, "an admin must resume it" in result.stderr) == (2, True)


def test_a_key_that_was_revoked_ends_with_2(managed: Entity, bamboo: Running) -> None:
    control(bamboo, "credentials", action="revoke")
    result = call("Acme France", "--apply")
    assert result.exit_code == 2
    assert "BambooHR does not accept these credentials" in result.stderr


def test_a_tool_that_is_down_ends_with_3(managed: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", "http://127.0.0.1:9")
    result = call("Acme France")
    assert (result.exit_code, "[unreachable]" in result.stderr) == (3, True)
    assert members(managed)["archived"] == 0
