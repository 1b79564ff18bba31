"""The page of the fire drill, its job, and the command."""

import html
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.test import Client
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.disasters import NAMES
from rollcall.directory.models import Member
from rollcall.project.drill_command import drill
from rollcall.sync import tasks
from rollcall.sync.drill.kept import LOST_AFTER
from rollcall.sync.models import Drill, Plan
from rollcall.sync.runs.lease import lease
from tests.web.hr import HOME, World, text, world

pytestmark = pytest.mark.django_db
DRILL = f"{HOME}drill/"
STATE = f"{DRILL}progress/"


@pytest.fixture
def hr(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(people=24) as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


@pytest.fixture
def live(hr: World) -> World:
    """Everybody is managed, and leavers are archived."""
    made = hr.preview(hr.ready(), archive="on", archive_inactive="on")
    with access.acting_for(made.company_id):
        Plan.objects.filter(pk=made.pk).update(state="applying")
    made.subscription.settings = {**made.settings, "archive_inactive": True}
    with access.acting_for(made.company_id):
        made.subscription.save(update_fields=["settings"])
    hr.apply(made)
    return hr


def shown(client: Client, address: str = DRILL) -> str:
    return html.unescape(text(client.get(address)))


def worker(hr: World) -> None:
    tasks.fire_drill(hr.two.alice_company.pk, hr.two.alice_entity.pk)


def kept(hr: World) -> Drill:
    with access.acting_for(hr.two.alice_company.pk):
        return Drill.objects.get()


def careless(hr: World) -> None:
    """Limits that stop no change of e-mails."""
    found = hr.subscription()
    with access.acting_for(found.company_id):
        found.settings = {**(found.settings or {}), "limits": {"email_share": 1.0}}
        found.save(update_fields=["settings"])


def test_before_there_is_anybody_to_drill_with_the_page_says_what_to_do(hr: World) -> None:
    """S27"""
    assert "No HR tool is connected" in shown(hr.alice)
    client = hr.ready()
    page = shown(client)
    assert "Nobody is managed yet." in page and 'id="drill-start"' not in page
    answer = client.post(DRILL, follow=True)
    assert "Choose the employees and confirm the preview" in html.unescape(text(answer))
    assert f'href="{DRILL}"' not in shown(client, HOME)


@pytest.mark.thorough
def test_rule10_a_drill_is_started_by_a_button_played_by_a_worker_and_kept_as_numbers(live: World) -> None:
    client = live.alice
    assert f'href="{DRILL}"' in shown(client, HOME)
    assert "The list is empty" in shown(client) and "Play the drill" in shown(client)
    answer = client.post(DRILL, follow=True)
    assert f'<b class="num">0 of {len(NAMES)}</b> disasters played' in text(answer)
    assert "HX-Refresh" not in client.get(STATE).headers
    client.post(DRILL)  # pressed twice: nothing begins anew
    worker(live)
    assert client.get(STATE).headers["HX-Refresh"] == "true"
    page = shown(client)
    assert "disasters played: nobody would have lost access." in page and "Play it again" in page
    assert "employees before" in page or "lists nobody" in page or "list" in page
    stored = json.dumps(kept(live).outcomes)
    with access.acting_for(live.two.alice_company.pk):
        for one in Member.objects.all():
            assert one.last_name not in stored and one.email not in stored


@pytest.mark.thorough
def test_rule6_who_would_have_lost_access_is_named_up_to_ten(live: World) -> None:
    careless(live)
    client = live.alice
    client.post(DRILL)
    worker(live)
    page = shown(client)
    outcome = next(one for one in kept(live).outcomes if one["disaster"] == "other_domain")
    assert outcome["lost"] > 10 and len(outcome["lost_members"]) == 10
    assert "would have taken access from somebody" in page
    assert f"{outcome['lost']} people would have lost access." in page
    assert f"and {outcome['lost'] - 10} more" in page
    with access.acting_for(live.two.alice_company.pk):
        first = Member.objects.get(pk=outcome["lost_members"][0])
    assert f'href="/members/{first.pk}/"' in page


def test_c5_a_drill_beside_a_sync_says_to_try_again(live: World) -> None:
    client = live.alice
    client.post(DRILL)
    with lease(live.two.alice_company.pk, live.connection().pk):
        worker(live)
    page = shown(client)
    assert "The last drill did not come to its end." in page and "A sync is at work." in page
    assert 'id="drill-start"' in page


@pytest.mark.thorough
def test_c1_a_drill_whose_worker_died_can_be_started_again(live: World) -> None:
    client = live.alice
    client.post(DRILL)
    assert 'id="drill-start"' not in shown(client)
    with access.acting_for(live.two.alice_company.pk):
        Drill.objects.update(moved_at=timezone.now() - LOST_AFTER - timedelta(seconds=1))
    page = shown(client)
    assert 'id="drill-start"' in page and "did not come to its end" in page
    client.post(DRILL)
    worker(live)
    assert "nobody would have lost access." in shown(client)


def test_s6_z1_only_admins_drill_and_only_with_their_own_people(live: World) -> None:
    assert live.bob.get(DRILL).status_code == live.bob.post(DRILL).status_code == 403
    live.charlie.post(DRILL)
    assert "No HR tool is connected" in shown(live.charlie)
    assert Client().get(DRILL).status_code == 302


def call(*arguments: str) -> Result:
    return CliRunner().invoke(drill, list(arguments))


@pytest.mark.thorough
def test_the_command_prints_every_disaster_and_ends_with_0_when_nobody_loses_access(live: World) -> None:
    done = call(str(live.two.alice_entity.pk))
    assert done.exit_code == 0, done.output
    assert done.output.count("Nobody would have lost access.") == len(NAMES) - 1
    assert "All e-mails move to another domain [other_domain]" in done.output
    assert "The sync would have waited for you:" in done.output


def test_the_command_ends_with_1_and_names_people_when_somebody_would_lose_access(live: World) -> None:
    careless(live)
    done = call(str(live.two.alice_entity.pk), "--disaster", "other_domain", "--json")
    assert done.exit_code == 1, done.output
    found = json.loads(done.output)
    assert found["lost"] == found["struck"] == found["applied"]["update"] > 10
    assert len(found["lost_names"]) == 10 and found["kept"] == 0
    told = call(str(live.two.alice_entity.pk), "--disaster", "other_domain")
    assert found["lost_names"][0] in told.output and "..." in told.output


def test_the_command_says_who_must_act_and_when_to_try_later(live: World) -> None:
    assert call(str(live.two.charlie_entity.pk)).exit_code == 2
    with lease(live.two.alice_company.pk, live.connection().pk):
        assert call(str(live.two.alice_entity.pk)).exit_code == 3
