"""The pages of erasing: what they say, who may, and what is left to see."""

import pytest
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role, User
from rollcall.connections.models import Subscription
from rollcall.directory.models import Member, Tombstone
from rollcall.sync.models import Plan
from tests.web.crew import Crew, browser, crew, link, person
from tests.web.test_walls import COUNTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Crew:
    return crew()


def test_z7_the_page_says_what_goes_and_what_stays_and_asks_for_the_reason(here: Crew) -> None:
    address = f"/members/{here.archived.pk}/erase/"
    client = browser(here.two.alice)
    assert address in client.get(f"/members/{here.archived.pk}/").content.decode()
    page = client.get(address).content.decode()
    for said in ("What goes", "What stays", "This cannot be undone", 'name="reason"'):
        assert said in page
    answer = client.post(address, {"reason": "  "})
    assert answer.status_code == 422 and "Without a reason nobody is erased." in answer.content.decode()
    with acting_for(here.two.alice_company.pk):
        assert Member.objects.filter(pk=here.archived.pk).exists()


def test_z7_who_was_erased_is_gone_from_every_page_and_the_list_says_when_by_whom_and_why(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        link(here.archived, here.connection)
    client = browser(here.two.alice)
    said = client.post(f"/members/{here.archived.pk}/erase/", {"reason": "by letter"}, follow=True)
    page = said.content.decode()
    assert "Erased for good." in page and "by letter" in page and "Alice" in page and "Gone" not in page
    assert client.get(f"/members/{here.archived.pk}/").status_code == 404
    audit = client.get("/settings/audit/").content.decode()
    assert "An archived member was erased for good. Reason: by letter" in audit
    again = client.post(f"/members/{here.archived.pk}/erase/", {"reason": "by letter"})
    assert again.status_code == 404, "twice does no harm"


def test_z7_an_admin_sees_the_list_and_neither_erases_nor_allows(here: Crew) -> None:
    dora = User.objects.create_user("dora@acme.example", "x", full_name="Dora")
    grant_role(here.two.alice_entity, dora, Role.ADMIN)
    with acting_for(here.two.alice_company.pk):
        person(here.two.alice_entity, "Dora", user=dora, role="admin")
        stone = Tombstone.objects.create(
            company=here.two.alice_company,
            entity=here.two.alice_entity,
            member_id=1,
            erased_at=timezone.now(),
            erased_by="Alice",
        )
    client = browser(dora)
    assert "/erase/" not in client.get(f"/members/{here.archived.pk}/").content.decode()
    assert client.post(f"/members/{here.archived.pk}/erase/", {"reason": "x"}).status_code == 403
    page = client.get("/members/erased/")
    assert page.status_code == 200 and "/allow/" not in page.content.decode()
    assert client.post(f"/members/erased/{stone.pk}/allow/").status_code == 403
    assert browser(here.two.bob).get("/members/erased/").status_code == 403


def test_z7_an_owner_allows_somebody_again_once(here: Crew) -> None:
    client = browser(here.two.alice)
    client.post(f"/members/{here.archived.pk}/erase/", {"reason": "by letter"})
    with acting_for(here.two.alice_company.pk):
        stone = Tombstone.objects.get()
    address = f"/members/erased/{stone.pk}/allow/"
    assert "Allow no." in client.get(address).content.decode()
    assert "Allowed." in client.post(address, follow=True).content.decode()
    assert "Somebody allowed them again already." in client.post(address, follow=True).content.decode()
    with acting_for(here.two.alice_company.pk):
        found = Tombstone.objects.get()
        assert (found.employee_digest, found.email_digest, found.lifted_by) == ("", "", "Alice")


def test_z1_z7_a_member_of_another_company_is_never_erased(here: Crew) -> None:
    with acting_for(here.two.charlie_company.pk):
        gone = person(here.two.charlie_entity, "Strange", state="archived")
    answer = browser(here.two.alice).post(f"/members/{gone.pk}/erase/", {"reason": "x"})
    assert answer.status_code == 404
    with acting_for(here.two.charlie_company.pk):
        assert Member.objects.filter(pk=gone.pk).exists()


def test_z7_a_member_who_is_not_archived_is_not_erased(here: Crew) -> None:
    client = browser(here.two.alice)
    said = client.post(f"/members/{here.manual.pk}/erase/", {"reason": "x"}, follow=True).content.decode()
    assert "Archive the member first." in said and "Hanna" in said


def test_s2_the_card_and_the_page_of_changes_say_that_a_look_is_waited_for(here: Crew) -> None:

    now = timezone.now()
    with acting_for(here.two.alice_company.pk):
        used = Subscription.objects.get(entity=here.two.alice_entity)
        used.paused_since = now
        used.save()
        made = Plan.objects.create(
            company=here.two.alice_company,
            entity=here.two.alice_entity,
            subscription=used,
            state="held",
            settings=used.settings,
            made_at=now,
            counts={**dict.fromkeys(COUNTS.split(), 0), "create": 3, "archive": 2, "acting": 5},
        )
    client = browser(here.two.alice)
    card = client.get("/settings/integrations/").content.decode()
    assert "Waiting for your look" in card and "3 invitations will be sent, 2 people archived" in card
    page = client.get(f"/settings/integrations/plan/{made.pk}/").content.decode()
    assert "What happened during the pause" in page and 'name="override"' not in page
    assert "waits for your look" in client.get("/runs/").content.decode()
