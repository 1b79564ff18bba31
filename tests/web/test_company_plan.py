"""S5: what the plan includes, what follows for the company, and who changes it; and that a downgrade harms nobody."""

import re

import pytest
from click.testing import CliRunner

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Company, Plan
from rollcall.connections.models import Connection, State
from rollcall.events.models import Event
from rollcall.project import plan_command
from rollcall.sync import actions
from rollcall.sync.models import Run
from rollcall.sync.runs.run import run_connection
from tests.web.crew import Crew, browser, crew, now_is

pytestmark = pytest.mark.django_db

PLAN = "/settings/plan/"
INTEGRATIONS = "/settings/integrations/"


@pytest.fixture
def them() -> Crew:
    return crew()


def _put(them: Crew, plan: str) -> str:
    said = CliRunner().invoke(plan_command.plan, [str(them.two.alice_company.pk), plan])
    assert said.exit_code == 0, said.output
    return said.output


def _text(them: Crew) -> str:
    page = browser(them.two.alice).get(PLAN).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def _connection(them: Crew) -> Connection:
    with acting_for(them.two.alice_company.pk):
        return Connection.objects.select_related("company").get(pk=them.connection.pk)


@pytest.mark.parametrize("plan", Plan)
def test_s5_the_page_says_which_plans_include_the_integration(them: Crew, plan: Plan) -> None:
    _put(them, plan.value)
    page = browser(them.two.alice).get(PLAN).content.decode()
    row = next(row for row in page.split("<tr>") if "HR integration" in row and "<td" in row)
    assert re.findall(r'sr-only">(yes|no)<', row) == ["no", "yes", "yes"]
    assert f"is on the plan {plan.label}, with all its entities." in re.sub(r"<[^>]+>", "", page)


def test_s5_the_page_gives_the_operator_the_line_to_run(them: Crew) -> None:
    number = them.two.alice_company.pk
    assert f"rollcall plan {number} essentials" in _text(them)
    _put(them, "essentials")
    assert f"rollcall plan {number} scale" in _text(them)


def test_s5_a_downgrade_stops_runs_like_a_pause_and_changes_nobody(them: Crew) -> None:
    before = [now_is(one).state for one in (them.managed, them.released, them.manual)]
    assert "Paused: BambooHR. Nobody was archived or changed." in _put(them, "essentials")
    connection = _connection(them)
    assert (connection.state, connection.next_run_at) == (State.PAUSED, None)
    assert run_connection(connection.company_id, connection.pk, trigger="clock") is None
    with acting_for(them.two.alice_company.pk):
        assert not Run.objects.exists()
    assert [now_is(one).state for one in (them.managed, them.released, them.manual)] == before
    text = _text(them)
    assert "Essentials doesn't include the HR integration, so syncs with BambooHR don't run." in text
    assert "1 member stays managed by BambooHR" in text


def test_s5_the_card_says_why_it_is_paused_and_offers_no_resume(them: Crew) -> None:
    _put(them, "essentials")
    page = browser(them.two.alice).get(INTEGRATIONS).content.decode()
    assert "your plan doesn't include the HR integration" in page and "/resume/" not in page
    said = browser(them.two.alice).post(f"{INTEGRATIONS}resume/", follow=True).content.decode()
    assert "Your plan does not include HR integrations" in said
    with pytest.raises(actions.Refused, match="plan"):
        actions.resume(_connection(them), actor=Actor(kind="user", id=1))


def test_s5_after_an_upgrade_a_person_resumes(them: Crew) -> None:
    _put(them, "essentials")
    assert "Paused" not in _put(them, "premium")
    assert _connection(them).state == State.PAUSED
    assert "Syncs with BambooHR are paused until somebody resumes them." in _text(them)
    browser(them.two.alice).post(f"{INTEGRATIONS}resume/")
    assert _connection(them).state != State.PAUSED


def test_the_change_is_in_the_audit_log_once(them: Crew) -> None:
    _put(them, "premium")
    assert "already" in _put(them, "premium")
    with acting_for(them.two.alice_company.pk):
        (event,) = Event.objects.filter(kind="company.plan_changed")
        assert Company.objects.get().plan == "premium"
    assert event.data == {"fields": {"plan": ["scale", "premium"]}}
    assert "“Scale” became “Premium”" in browser(them.two.alice).get("/settings/audit/").content.decode()


def test_a_company_or_plan_that_does_not_exist_is_refused() -> None:
    assert CliRunner().invoke(plan_command.plan, ["99999", "scale"]).exit_code == 1
    assert CliRunner().invoke(plan_command.plan, ["1", "gold"]).exit_code == 2


def test_without_an_hr_tool_the_page_says_what_is_possible(them: Crew) -> None:
    with acting_for(them.two.alice_company.pk):
        Connection.objects.update(state=State.DISCONNECTED)
    assert "this entity has no HR tool yet" in _text(them)
    _put(them, "essentials")
    assert "An HR tool can't be connected on this plan." in _text(them)
