"""Calls of HR tools: from a change in the tool to a run, over real HTTP in both directions."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from rollcall.connections import webhooks
from rollcall.connections.models import Connection, Employee, Webhook, WebhookCall
from rollcall.connectors.webhooks import signature
from rollcall.simulators.loopback import LOOPBACK
from rollcall.sync import actions, tasks
from rollcall.sync.runs.run import run_connection
from tests.sync.flow import ALICE, Flow, forget_schedule, running

REGISTERED = (
    "bamboohr",
    *(pytest.param(one, marks=pytest.mark.thorough) for one in ("deel", "lucca", "personio")),
)
# what the connector is told beside the stand-in's own credentials, so that it uses the API that has webhooks
ONLY = {"lucca": ("address", "client_id", "client_secret"), "personio": ()}


def within(seconds: float, holds: Callable[[], Any]) -> Any:
    """Wait until it holds; return what it was."""
    until = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


@pytest.fixture
def flow(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    live_server: LiveServer,
) -> Iterator[Flow]:
    tool = getattr(request, "param", "bamboohr")
    with running(tool) as made:
        monkeypatch.setenv(f"ROLLCALL_BASE_URL_{tool.upper()}", made.sim.url(tool))
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        settings.ROLLCALL_URL = live_server.url
        forget_schedule()
        made.control("options", allow_http_hooks=True, deliver_hooks=True)
        yield made


def connect(flow: Flow) -> None:
    """Connect with credentials that may have webhooks, read once, and let the employees in."""
    only = ONLY.get(flow.tool)
    extra = {"api": "v2"} if flow.tool == "personio" else {}
    flow.connect(only=only or None, more=extra)
    assert flow.run("first").error == ""
    flow.confirm()


def hook(flow: Flow) -> Webhook:
    return flow.get(Webhook.objects.get)  # type: ignore[no-any-return] # see get


def wanted(flow: Flow) -> str:
    return flow.get(lambda: Connection.objects.get().run_wanted)  # type: ignore[no-any-return] # see get


def queued() -> list[dict[str, Any]]:
    """Jobs of runs that wait in the queue because a tool called."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'trigger', extract(epoch FROM scheduled_at - now())::float"
            " FROM procrastinate_jobs WHERE task_name = 'rollcall.sync.tasks.sync_connection'"
            " AND args->>'trigger' = 'webhook' AND status = 'todo'"
        )
        return [{"trigger": row[0], "seconds": row[1]} for row in cursor.fetchall()]


def someone(flow: Flow) -> int:
    return next(number for number, one in flow.people_of().items() if one["status"] == "active")


@pytest.mark.thorough
@pytest.mark.parametrize("flow", REGISTERED, indirect=True)
def test_a_change_in_the_tool_starts_a_run_within_seconds(flow: Flow) -> None:
    connect(flow)
    assert hook(flow).registration
    assert hook(flow).error == ""
    flow.control("rename", id=someone(flow), first_name="Told", last_name="Atonce")
    assert within(10, lambda: wanted(flow) == "webhook")
    # the job is queued right after the commit that makes the wish visible
    jobs = within(5, queued)
    assert len(jobs) == 1
    assert jobs[0]["seconds"] is None or jobs[0]["seconds"] < 30
    assert flow.run("webhook", full=False).error == ""
    assert flow.get(lambda: Employee.objects.filter(first_name="Told").exists())
    if wanted(flow):
        # a tool that waits for the answer tells again, and what is asked for while a run works gets its own
        assert flow.run("webhook", full=False).error == ""
    assert wanted(flow) == ""


@pytest.mark.thorough
@pytest.mark.parametrize("flow", REGISTERED, indirect=True)
def test_disconnecting_takes_the_registration_back(flow: Flow) -> None:
    connect(flow)
    url = flow.get(lambda: webhooks.address(Webhook.objects.get()))
    flow.get(lambda: actions.disconnect(flow.connection(), actor=ALICE))
    assert flow.get(Webhook.objects.count) == 0
    assert LOOPBACK.post(url, json={}).status_code == 404
    flow.control("rename", id=someone(flow), first_name="Told", last_name="Nobody")
    time.sleep(0.3)
    assert queued() == []


@pytest.mark.thorough
@pytest.mark.parametrize("flow", ["hibob"], indirect=True)
def test_a_webhook_made_by_the_admin_is_checked_with_the_secret_they_copied(flow: Flow) -> None:
    connect(flow)
    made = flow.get(lambda: webhooks.prepare(flow.connection(), now=timezone.now(), secret="of-the-tool"))
    flow.control(
        "hooks",
        url=flow.get(lambda: webhooks.address(made)),
        secret="of-the-tool",
        events=["employee.updated"],
    )
    flow.control("rename", id=someone(flow), first_name="Told", last_name="Atonce")
    assert within(10, lambda: wanted(flow) == "webhook")
    # the tool's answers lag behind a change by twenty seconds
    assert within(5, lambda: any(one["seconds"] and one["seconds"] > 10 for one in queued()))


class Signed:
    """Calls as BambooHR signs them."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.url = flow.get(lambda: webhooks.address(Webhook.objects.get()))
        keys = flow.get(lambda: webhooks._keys(Webhook.objects.get()))
        self.secret = keys.secret.encode()

    def post(self, body: bytes, *, at: datetime | None = None, secret: bytes | None = None) -> int:
        moment = str(int((at or datetime.now(UTC)).timestamp()))
        signed = signature(secret or self.secret, body + moment.encode())
        headers = {
            "X-BambooHR-Timestamp": moment,
            "X-BambooHR-Signature": signed,
            "Content-Type": "application/json",
        }
        return LOOPBACK.post(self.url, content=body, headers=headers).status_code


BODY = b'{"employees":[{"id":"1","action":"Deleted"}]}'


@pytest.mark.thorough
def test_an_event_that_comes_again_starts_nothing(flow: Flow) -> None:
    connect(flow)
    signed = Signed(flow)
    at = datetime.now(UTC)
    assert signed.post(BODY, at=at) == 200
    assert wanted(flow) == "webhook"
    flow.run("webhook")
    assert signed.post(BODY, at=at) == 200
    assert wanted(flow) == ""


@pytest.mark.thorough
def test_a_forged_call_is_turned_away(flow: Flow) -> None:
    connect(flow)
    signed = Signed(flow)
    assert signed.post(BODY, secret=b"guessed") == 401
    assert signed.post(BODY, at=datetime.now(UTC) - timedelta(minutes=6)) == 401
    assert signed.post(BODY, at=datetime.now(UTC) + timedelta(minutes=6)) == 401
    assert LOOPBACK.post(signed.url, content=BODY).status_code == 401
    assert wanted(flow) == ""
    assert flow.get(WebhookCall.objects.count) == 0


@pytest.mark.thorough
def test_what_a_call_says_is_never_taken_over(flow: Flow) -> None:
    connect(flow)
    before = flow.frozen()
    number = someone(flow)
    body = f'{{"employees":[{{"id":"{number}","action":"Deleted","fields":{{"firstName":{{"value":"Evil"}}}}}}]}}'
    assert Signed(flow).post(body.encode()) == 200
    assert flow.run("webhook", full=False).error == ""
    assert flow.frozen() == before


@pytest.mark.thorough
def test_many_calls_are_one_run(flow: Flow) -> None:
    connect(flow)
    signed = Signed(flow)
    for number in range(20):
        assert signed.post(b'{"employees":[{"id":"%d"}]}' % number) == 200
    assert len(queued()) == 1


@pytest.mark.thorough
def test_a_call_to_a_paused_connection_is_answered_and_starts_nothing(flow: Flow) -> None:
    connect(flow)
    flow.get(lambda: actions.pause(flow.connection(), actor=ALICE))
    assert Signed(flow).post(BODY) == 200
    assert queued() == []


@pytest.mark.thorough
def test_an_unknown_address_and_a_large_call_are_refused(flow: Flow) -> None:
    connect(flow)
    signed = Signed(flow)
    stranger = signed.url.rstrip("/")[:-4] + "abcd/"
    assert LOOPBACK.post(stranger, content=BODY).status_code == 404
    assert signed.post(b"x" * (1024 * 1024 + 1)) == 413
    assert LOOPBACK.put(signed.url, content=BODY).status_code == 405


@pytest.mark.thorough
def test_what_is_called_for_during_a_run_runs_right_after_it(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(flow)
    # what the call leaves behind while a run is at work
    flow.get(lambda: Connection.objects.update(run_wanted=""))

    def called_meanwhile(company_id: int, connection_id: int, **more: Any) -> Any:
        run = run_connection(company_id, connection_id, **more)
        flow.get(lambda: Connection.objects.update(run_wanted="webhook"))
        return run

    monkeypatch.setattr(tasks, "run_connection", called_meanwhile)
    tasks.sync_connection(flow.company, flow.connection().pk, "clock")
    assert len(queued()) == 1


@pytest.mark.thorough
def test_a_tool_that_refuses_the_registration_is_read_by_the_clock_all_the_same(flow: Flow) -> None:
    flow.control("options", allow_http_hooks=False)
    connect(flow)
    assert hook(flow).registration == ""
    assert hook(flow).error
    assert flow.connection().error == ""
    flow.control("options", allow_http_hooks=True)
    flow.run()
    assert hook(flow).registration
    assert hook(flow).error == ""
