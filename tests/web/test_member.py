"""One member: locked fields, edits, archive and back, invitations, and the page about oneself."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role, User
from rollcall.connections.models import State
from rollcall.directory.links import release_all
from rollcall.directory.models import Invitation, Member
from tests.web.crew import Crew, browser, crew, events_of, invited, now_is

pytestmark = pytest.mark.django_db

ACTIONS = ("archive", "bring-back", "resend", "cancel", "suspend", "lift")


@pytest.fixture
def here() -> Crew:
    return crew()


def _seen(page: str) -> dict[str, str]:
    """The form as a browser would send it back: every enabled input with its value."""
    inputs = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", page)]
    return {i["name"]: i.get("value", "") for i in inputs if "name" in i and "disabled" not in i}


def _details(page: str) -> str:
    return page[page.index("<h2>Details</h2>") :]


def test_fields_of_the_hr_tool_are_disabled_with_the_reason(here: Crew) -> None:
    """S55, S56."""
    page = browser(here.two.alice).get(f"/members/{here.managed.pk}/").content.decode()
    tag = re.search(r'<input[^>]*name="first_name"[^>]*>', page)
    assert tag and "disabled" in tag[0] and 'aria-describedby="id_first_name_help"' in tag[0]
    assert '<div class="help" id="id_first_name_help">From BambooHR. Change it there.</div>' in page
    assert "BambooHR manages this member" in page and ">Save<" not in page


def test_d8_a_forged_edit_of_a_managed_field_is_refused_with_the_reason(here: Crew) -> None:
    """S55."""
    answer = browser(here.two.alice).post(
        f"/members/{here.managed.pk}/", {"first_name": "Eve", "initial-first_name": "Maya"}
    )
    assert answer.status_code == 422 and "comes from BambooHR" in answer.content.decode()
    assert now_is(here.managed).first_name == "Maya"


def test_fields_open_again_once_the_tool_is_disconnected(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        here.connection.state = State.DISCONNECTED
        here.connection.save()
    assert ">Save<" in browser(here.two.alice).get(f"/members/{here.managed.pk}/").content.decode()


def test_alice_changes_a_member_who_is_not_managed(here: Crew) -> None:
    client, address = browser(here.two.alice), f"/members/{here.manual.pk}/"
    form = _seen(_details(client.get(address).content.decode()))
    answer = client.post(address, form | {"job_title": "Pilot"})
    assert answer.headers["Location"] == address
    assert "Saved." in client.get(address).content.decode()
    assert now_is(here.manual).job_title == "Pilot" and events_of(here.manual) == ["member.updated"]


def test_two_admins_who_edit_different_fields_both_win(here: Crew) -> None:
    client, address = browser(here.two.alice), f"/members/{here.manual.pk}/"
    first, second = (_seen(_details(client.get(address).content.decode())) for _ in range(2))
    client.post(address, first | {"job_title": "Pilot"})
    client.post(address, second | {"team": "Blue"})
    assert (now_is(here.manual).job_title, now_is(here.manual).team) == ("Pilot", "Blue")


def test_saving_without_a_change_writes_no_event(here: Crew) -> None:
    client, address = browser(here.two.alice), f"/members/{here.manual.pk}/"
    client.post(address, _seen(_details(client.get(address).content.decode())))
    assert events_of(here.manual) == []


@pytest.mark.parametrize("value", ["not an address", "Maya's own", "x" * 201, "a\nb@acme.example"])
def test_a_wrong_address_is_said_beside_the_form_and_what_was_typed_stays(here: Crew, value: str) -> None:
    address = f"/members/{here.manual.pk}/"
    client = browser(here.two.alice)
    typed = now_is(here.managed).email if value == "Maya's own" else value
    form = _seen(_details(client.get(address).content.decode())) | {"email": typed}
    answer = client.post(address, form)
    page = answer.content.decode()
    assert answer.status_code == 422 and ('role="alert"' in page or 'class="errors"' in page)
    assert now_is(here.manual).email == here.manual.email


@pytest.mark.thorough
def test_bob_and_charlie_can_do_nothing_to_alices_members(here: Crew) -> None:
    waiting, _ = invited(here.two.alice_entity)
    for member in (here.managed, here.manual, here.archived, waiting):
        before = now_is(member)
        paths = ["", *(f"{action}/" for action in ACTIONS)]
        for path in paths:
            address = f"/members/{member.pk}/{path}"
            assert browser(here.two.bob).post(address, {"first_name": "Eve"}).status_code == 403
            assert browser(here.two.charlie).post(address, {"first_name": "Eve"}).status_code == 404
            assert browser().post(address).headers["Location"].startswith("/account/login/")
        assert (now_is(member).state, now_is(member).first_name) == (before.state, before.first_name)
    assert browser(here.two.bob).get(f"/members/{here.manual.pk}/").status_code == 403


def test_a_controller_reads_a_member_and_changes_nothing(here: Crew) -> None:
    grant_role(here.two.alice_entity, here.two.bob, Role.CONTROLLER)
    bob, address = browser(here.two.bob), f"/members/{here.manual.pk}/"
    page = bob.get(address).content.decode()
    assert "Hanna" in page and ">Save<" not in page and "Bank account" not in page
    assert bob.post(address, {"job_title": "Boss"}).status_code == 403
    assert bob.post(f"{address}archive/").status_code == 403


def test_archive_asks_first_then_archives_even_a_managed_member_and_back(here: Crew) -> None:
    client, address = browser(here.two.alice), f"/members/{here.managed.pk}/"
    question = client.get(f"{address}archive/").content.decode()
    assert "a sync never undoes what a person decided" in question
    assert now_is(here.managed).state == "active"
    client.post(f"{address}archive/")
    assert (now_is(here.managed).state, now_is(here.managed).archived_by_hand) == ("archived", True)
    client.post(f"{address}archive/")  # a double click
    assert "archived already" in client.get(address).content.decode()
    client.post(f"{address}bring-back/")
    assert now_is(here.managed).state in {"active", "invited"}
    assert events_of(here.managed) == ["member.archived", "member.reactivated"]


def test_d10_the_last_owner_stays(here: Crew) -> None:
    client = browser(here.two.alice)
    client.post(f"/members/{here.alice.pk}/archive/")
    assert "last owner" in client.get(f"/members/{here.alice.pk}/").content.decode()
    assert now_is(here.alice).state == "active"


def test_an_invitation_is_sent_again_and_taken_back(here: Crew) -> None:
    """S61: the old link stops working with the new one, and both stop when it is taken back."""
    member, old = invited(here.two.alice_entity)
    client = browser(here.two.alice)
    assert "the link works until" in client.get(f"/members/{member.pk}/").content.decode()
    client.post(f"/members/{member.pk}/resend/")
    assert browser().get(old).status_code == 410
    assert events_of(member)[-1] == "member.invitation_resent"
    client.post(f"/members/{member.pk}/cancel/")
    assert now_is(member).state == "archived"


def test_alice_invites_by_hand_and_bob_does_not(here: Crew) -> None:
    """S60, S61."""
    form = {"email": "Studio@Nord.example", "first_name": "Studio", "last_name": "Nord", "role": "requester"}
    assert browser(here.two.bob).post("/members/invite/", form).status_code == 403
    client = browser(here.two.alice)
    assert client.post("/members/invite/", form).headers["Location"] == "/members/?state=invited"
    page = client.get("/members/?state=invited").content.decode()
    assert "Studio" in page and "is on its way" in page
    again = client.post("/members/invite/", form)
    assert again.status_code == 422 and "already belongs to a member" in again.content.decode()
    assert (
        client.post("/members/invite/", form | {"role": "owner", "email": "o@x.example"}).status_code == 422
    )
    with acting_for(here.two.alice_company.pk):
        assert Invitation.objects.count() == 1


def _give_account(member: Member, mask: str = "FR76 •••• 0123", digest: str = "d1") -> None:
    with acting_for(member.company_id):
        Member.objects.filter(pk=member.pk).update(
            bank_mask=mask, bank_digest=digest, bank_confirmed_at=None, signed_up_at=timezone.now()
        )


def test_bob_confirms_his_own_bank_account_and_nobody_elses(here: Crew) -> None:
    """Product decision 9: a changed account is unconfirmed until its member confirms it."""
    _give_account(here.bob)
    _give_account(here.alice)
    bob = browser(here.two.bob)
    page = bob.get("/me/").content.decode()
    assert "FR76 •••• 0123" in page and "New, unconfirmed" in page
    bob.post("/me/bank/", {"seen": "d1"})
    assert now_is(here.bob).bank_confirmed_at and not now_is(here.alice).bank_confirmed_at
    assert "Confirmed" in bob.get("/me/").content.decode()


def test_an_account_that_changed_meanwhile_is_not_confirmed_by_an_old_page(here: Crew) -> None:
    _give_account(here.bob)
    bob = browser(here.two.bob)
    _give_account(here.bob, "DE00 •••• 9999", "d2")
    bob.post("/me/bank/", {"seen": "d1"})
    assert now_is(here.bob).bank_confirmed_at is None
    assert "has changed since" in bob.get("/me/").content.decode()


def test_alice_sees_the_masked_account_and_that_it_is_unconfirmed(here: Crew) -> None:
    _give_account(here.bob)
    page = browser(here.two.alice).get(f"/members/{here.bob.pk}/").content.decode()
    assert "FR76 •••• 0123" in page and "New, unconfirmed" in page and "/me/bank/" not in page


def test_an_archived_member_sees_nothing_of_themselves(here: Crew) -> None:
    _give_account(here.bob)
    with acting_for(here.two.alice_company.pk):
        Member.objects.filter(pk=here.bob.pk).update(state="archived")
    bob = browser(here.two.bob)
    assert "FR76" not in bob.get("/me/").content.decode()
    assert bob.post("/me/bank/", {"seen": "d1"}).status_code == 404


def test_d11_suspending_takes_one_confirmation_and_ends_the_members_session(here: Crew) -> None:
    """Product decision 11."""
    client, bob, address = browser(here.two.alice), browser(here.two.bob), f"/members/{here.bob.pk}/"
    assert bob.get("/me/").status_code == 200
    question = client.get(f"{address}suspend/").content.decode()
    assert "No sync gives it back" in question and now_is(here.bob).suspended_at is None
    client.post(f"{address}suspend/", {"reason": "<b>lost</b> phone"})
    assert bob.get("/me/").headers["Location"].startswith("/account/login/")
    assert browser(User.objects.get(pk=here.two.bob.pk)).get("/me/").status_code == 403
    page = client.get(address).content.decode()
    assert (
        "Suspended: no access" in page
        and "&lt;b&gt;lost&lt;/b&gt; phone" in page
        and "Suspend now" not in page
    )
    client.post(f"{address}lift/")
    assert browser(User.objects.get(pk=here.two.bob.pk)).get("/me/").status_code == 200
    history = client.get(address).content.decode()
    assert "Suspension lifted." in history and "Reason: &lt;b&gt;lost" in history


def test_d11_the_link_of_a_suspended_person_says_so(here: Crew) -> None:
    member, link = invited(here.two.alice_entity)
    browser(here.two.alice).post(f"/members/{member.pk}/suspend/")
    answer = browser().get(link)
    assert answer.status_code == 410 and "Your access is suspended" in answer.content.decode()
    browser(here.two.alice).post(f"/members/{member.pk}/lift/")
    assert browser().get(link).status_code == 200


def test_a_save_that_somebody_overtook_is_told_and_overwrites_nothing(here: Crew) -> None:
    client, address = browser(here.two.alice), f"/members/{here.manual.pk}/"
    first, second = (_seen(_details(client.get(address).content.decode())) for _ in range(2))
    client.post(address, first | {"job_title": "Pilot"})
    answer = client.post(address, second | {"job_title": "Cook", "team": "Blue"})
    page = answer.content.decode()
    assert (
        answer.status_code == 409 and "changed this meanwhile: Job title." in page and 'value="Pilot"' in page
    )
    assert (now_is(here.manual).job_title, now_is(here.manual).team) == ("Pilot", None)


def test_s56_each_detail_says_where_it_comes_from_and_since_when(here: Crew) -> None:
    client, address = browser(here.two.alice), f"/members/{here.manual.pk}/"
    client.post(address, _seen(_details(client.get(address).content.decode())) | {"team": "Blue"})
    page = client.get(address).content.decode()
    assert re.search(r'id="id_team_help">By hand, by [^<]+ · \d+ [\w.]+ \d{4}<', page)
    assert "Team: “Blue”." in page


@pytest.mark.thorough
def test_the_history_of_a_member_is_read_page_by_page(here: Crew) -> None:
    client, address = browser(here.two.alice), f"/members/{here.manual.pk}/"
    for number in range(23):
        client.post(address, _seen(_details(client.get(address).content.decode())) | {"team": f"T{number}"})
    page = client.get(address).content.decode()
    older = re.search(r'href="(\?before=\d+)#history"', page)
    assert older and "became “T22”" in page and "Team: “T0”" not in page
    assert "Team: “T0”" in client.get(f"{address}{older[1]}").content.decode()
    assert (
        client.get(f"{address}?before=x").status_code
        == client.get(f"{address}?before={'9' * 30}").status_code
    )


def test_s56_a_member_of_a_disconnected_tool_is_orange_and_editable(here: Crew) -> None:
    """Product decision 14."""
    with acting_for(here.two.alice_company.pk):
        release_all(here.connection.pk, why="disconnected", tool="bamboohr")
    client = browser(here.two.alice)
    page = client.get(f"/members/{here.managed.pk}/").content.decode()
    assert "HR tool disconnected" in page and ">Save<" in page
    assert "HR tool disconnected" in client.get("/members/?hr=released").content.decode()


def test_d9_not_my_account_keeps_it_unused_and_shows_the_admins(here: Crew) -> None:
    _give_account(here.bob)
    bob = browser(here.two.bob)
    bob.post("/me/bank/not-mine/", {"seen": "old"})
    assert now_is(here.bob).bank_disputed_at is None
    bob.post("/me/bank/not-mine/", {"seen": "d1"})
    assert "is not yours" in bob.get("/me/").content.decode() and now_is(here.bob).bank_confirmed_at is None
    alices = browser(here.two.alice)
    page = alices.get(f"/members/{here.bob.pk}/").content.decode()
    assert "says that the new bank account is not theirs" in page and "FR76 •••• 0123" in page
    assert "Account disputed" in alices.get("/members/?bank=1").content.decode()
    assert browser(here.two.charlie).post("/me/bank/not-mine/", {"seen": "d1"}).status_code == 302


def test_the_page_of_a_member_takes_few_queries(here: Crew) -> None:
    client = browser(here.two.alice)
    client.get("/members/")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/members/{here.managed.pk}/")
    # The frame (session, grants, entity, transaction) takes about half of them.
    assert len(queries) <= 24
