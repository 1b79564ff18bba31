"""The page about webhooks: how changes arrive, and what an admin does where the tool cannot be told."""

import html
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections import webhooks
from rollcall.connections.models import Webhook
from rollcall.connectors.webhooks import signature
from rollcall.simulators import server
from rollcall.simulators.loopback import LOOPBACK
from tests import planted
from tests.accounts.people import two_companies
from tests.web.hr import HOME, World, text

INSTANT = f"{HOME}instant/"
Open = Callable[[str], AbstractContextManager[World]]


@pytest.fixture
def opened(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Alice's company beside one tool."""

    @contextmanager
    def one(tool: str) -> Iterator[World]:
        sim = server.start([tool], people=5, seed=1)
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv(f"ROLLCALL_BASE_URL_{tool.upper()}", sim.url(tool))
        try:
            yield World(two=two_companies(), sim=sim)
        finally:
            sim.stop()

    return one


def connect(hr: World, tool: str, *names: str) -> Client:
    """Through the dialog with these credentials, or all."""
    client, held = hr.alice, hr.sim.credentials(tool)
    typed = {name: held[name] for name in names or held}
    answer = client.post(f"{HOME}{tool}/connect/access/", {"reviewed": "1", **typed})
    assert answer.status_code == 302, text(answer)
    client.post(f"{HOME}{tool}/connect/confirm/")
    return client


def control(hr: World, tool: str, action: str, **body: object) -> None:
    LOOPBACK.post(f"{hr.sim.control(tool)}/{action}", json=body, timeout=5).raise_for_status()


def shown(client: Client) -> str:
    return html.unescape(text(client.get(INSTANT)))


def hook(hr: World) -> Webhook:
    with access.acting_for(hr.two.alice_company.pk):
        return Webhook.objects.get()


def test_a_tool_that_can_be_told_is_told_at_the_next_sync_and_nobody_does_anything(opened: Open) -> None:
    with opened("bamboohr") as hr:
        control(hr, "bamboohr", "options", allow_http_hooks=True)
        client = connect(hr, "bamboohr")
        assert f'href="{INSTANT}"' in text(client.get(HOME))
        assert "BambooHR is told where to call at the next sync" in shown(client)
        hr.run()
        page = shown(client)
        assert "BambooHR knows where to call. Nothing to do for you." in page
        assert 'name="secret"' not in page and "/hooks/" not in page
        client.post(INSTANT, {"secret": planted.TOKEN})
        with access.acting_for(hr.two.alice_company.pk):
            assert webhooks._keys(hook(hr)).secret != planted.TOKEN


def test_a_tool_that_refuses_to_be_told_says_why_and_that_the_hour_still_counts(opened: Open) -> None:
    """Lucca's API key has no webhooks; the sentence must not speak of reading employees, which works."""
    with opened("lucca") as hr:
        client = connect(hr, "lucca", "address", "api_key")
        hr.run()
        page = shown(client)
        assert hook(hr).error == "permission"
        assert "Lucca could not be told where to call, so changes arrive every hour." in page
        assert "The key has no right to arrange that in Lucca. Everything else works without it." in page
        assert "“”" not in page and "may not read" not in page


def test_where_the_admin_makes_the_webhook_the_steps_stand_beside_the_address(opened: Open) -> None:
    with opened("hibob") as hr:
        client = connect(hr, "hibob")
        page = shown(client)
        assert "Settings > Integrations > Webhooks" in page
        assert "HiBob has not called yet." in page
        with access.acting_for(hr.two.alice_company.pk):
            address = webhooks.address(hook(hr))
        assert f">{address}</textarea>" in page
        assert shown(client).count(address) == 1  # the same one at every look


def test_a_call_signed_with_the_secret_that_was_entered_is_taken_and_shown(opened: Open) -> None:
    with opened("hibob") as hr:
        client = connect(hr, "hibob")
        with access.acting_for(hr.two.alice_company.pk):
            address = webhooks.address(webhooks.prepare(hr.connection(), now=timezone.now()))
        path, body = urlsplit(address).path, b'{"type":"employee.updated","employee":{"id":"1"}}'

        def call() -> int:
            signed = signature(planted.TOKEN.encode(), body, digest="sha512", written="base64")
            answer = Client().post(
                path, body, content_type="application/json", headers={"Bob-Signature": signed}
            )
            return answer.status_code

        assert call() == 401
        assert "HiBob has not called yet." in shown(client)
        answer = client.post(INSTANT, {"secret": f" {planted.TOKEN}\n"}, follow=True)
        assert answer.redirect_chain == [(INSTANT, 302)]
        assert "The secret is stored. The next change in the tool starts a sync." in text(answer)
        assert planted.TOKEN not in text(answer)
        assert call() == 200
        assert "HiBob called last" in shown(client)


@pytest.mark.thorough
def test_an_empty_secret_changes_nothing(opened: Open) -> None:
    with opened("hibob") as hr:
        client = connect(hr, "hibob")
        client.get(INSTANT)
        before = bytes(hook(hr).keys)
        assert client.post(INSTANT, {"secret": "  "}).headers["Location"] == INSTANT
        assert bytes(hook(hr).keys) == before


def test_a_tool_without_webhooks_has_no_such_page(opened: Open) -> None:
    with opened("workday") as hr:
        assert hr.alice.get(INSTANT).status_code == 404
        client = connect(hr, "workday")
        assert client.get(INSTANT).status_code == 404
        assert INSTANT not in text(client.get(HOME))


@pytest.mark.thorough
def test_z1_only_this_companys_admins_come_in(opened: Open) -> None:
    """S6, Z1: the address is a secret."""
    with opened("hibob") as hr:
        connect(hr, "hibob")
        assert hr.bob.get(INSTANT).status_code == 403
        assert hr.bob.post(INSTANT, {"secret": "theirs"}).status_code == 403
        assert hr.charlie.get(INSTANT).status_code == 404
        assert hr.charlie.post(INSTANT, {"secret": "theirs"}).status_code == 404
        assert Client().get(INSTANT).status_code == 302
        with access.acting_for(hr.two.alice_company.pk):
            assert not Webhook.objects.exists()
