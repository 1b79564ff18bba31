"""Settings > Entities and roles: what is listed, an entity more, its changes, and who gives which role."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Entity, Grant, Role, User
from rollcall.directory.models import Member
from rollcall.events.models import Event
from tests.web.crew import Crew, browser, crew, invited, now_is, person

pytestmark = pytest.mark.django_db

LIST = "/settings/entities/"
NEW = {
    "name": "Acme Spain",
    "country": "ES",
    "currency": "EUR",
    "time_zone": "Europe/Madrid",
    "language": "en",
}


@pytest.fixture
def them() -> Crew:
    return crew()


def _page(user: User, address: str) -> str:
    return browser(user).get(address).content.decode()


def _text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def _home(them: Crew) -> str:
    return f"{LIST}{them.two.alice_entity.pk}/"


def _role(them: Crew, member: Member) -> str:
    return f"{_home(them)}people/{member.pk}/"


def _colleague(them: Crew, name: str, role: Role) -> tuple[User, Member]:
    user = User.objects.create_user(f"{name.lower()}@acme.example", "x", full_name=name)
    grant_role(them.two.alice_entity, user, role)
    with acting_for(them.two.alice_company.pk):
        return user, person(them.two.alice_entity, name, user=user, role=role)


def _right(user: User, entity: Entity) -> str | None:
    with acting_for(entity.company_id):
        return Grant.objects.filter(user=user, entity=entity).values_list("role", flat=True).first()


def test_the_list_has_country_zone_members_and_the_state_of_the_hr_tool(them: Crew) -> None:
    """S8."""
    text = _text(_page(them.two.alice, LIST))
    assert "Alice&#x27;s entity" in text and "France · EUR · Europe / Paris" in text
    assert "5 active" in text and "1 archived" in text
    assert "BambooHR" in text and "Connected" in text


def test_somebody_with_a_lesser_role_elsewhere_sees_its_name_and_no_numbers(them: Crew) -> None:
    second = create_entity(them.two.alice_company, "Second")
    hidden = create_entity(them.two.alice_company, "Hidden")
    grant_role(second, them.two.alice, Role.REQUESTER)
    page = _page(them.two.alice, LIST)
    assert "Second" in page and f"{LIST}{second.pk}/" not in page
    assert hidden.name not in page


def test_the_list_says_what_each_role_may_do(them: Crew) -> None:
    """S6: owners and admins manage the integration; controllers and requesters don't."""
    row = next(row for row in _page(them.two.alice, LIST).split("<tr>") if "Connect the HR tool" in row)
    assert re.findall(r"sr-only\">(yes|no)<", row) == ["yes", "yes", "no", "no"]


def test_controllers_and_requesters_are_told_who_can_help(them: Crew) -> None:
    """S6."""
    grant_role(them.two.alice_entity, them.two.bob, Role.CONTROLLER)
    for address in (LIST, _home(them), "/settings/tokens/", "/settings/audit/", "/settings/plan/"):
        answer = browser(them.two.bob).get(address)
        assert answer.status_code == 403
        assert "Ask Alice ." in _text(answer.content.decode())


def test_an_owner_adds_an_entity_and_owns_it(them: Crew) -> None:
    answer = browser(them.two.alice).post(f"{LIST}add/", NEW)
    with acting_for(them.two.alice_company.pk):
        made = Entity.objects.get(name="Acme Spain")
        member = Member.objects.get(entity=made)
        kinds = list(Event.objects.filter(entity_id=made.pk).order_by("pk").values_list("kind", flat=True))
    assert answer.headers["Location"] == f"{LIST}{made.pk}/"
    assert (member.user_id, member.role, member.state) == (them.two.alice.pk, "owner", "active")
    assert (made.country, made.time_zone) == ("ES", "Europe/Madrid")
    assert kinds == ["entity.created", "member.created"]
    assert _right(them.two.alice, made) == Role.OWNER


def test_an_admin_adds_no_entity(them: Crew) -> None:
    dora, _ = _colleague(them, "Dora", Role.ADMIN)
    assert browser(dora).post(f"{LIST}add/", NEW).status_code == 403
    assert f"{LIST}add/" not in _page(dora, LIST)


def test_a_name_that_another_entity_has_is_refused_with_a_sentence(them: Crew) -> None:
    answer = browser(them.two.alice).post(f"{LIST}add/", NEW | {"name": " alice's ENTITY "})
    assert answer.status_code == 422
    assert "has an entity named" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"country": "XX"}, {"currency": "XXX"}, {"time_zone": "Europe/Nowhere"}, {"name": ""}]
)
def test_what_no_entity_can_have_is_refused(them: Crew, wrong: dict[str, str]) -> None:
    assert browser(them.two.alice).post(f"{LIST}add/", NEW | wrong).status_code == 422


def _edited(them: Crew, **values: str) -> dict[str, str]:
    here = them.two.alice_entity
    before = {"name": here.name, "time_zone": here.time_zone, "language": here.language}
    return before | {f"initial-{name}": value for name, value in before.items()} | values


def test_another_time_zone_says_what_it_means_for_the_last_day(them: Crew) -> None:
    """Product decision 3."""
    client = browser(them.two.alice)
    assert "last working day is over" in client.get(f"{_home(them)}edit/").content.decode()
    page = client.post(f"{_home(them)}edit/", _edited(them, time_zone="America/New_York"), follow=True)
    assert "last working days end at midnight in America / New York" in page.content.decode()
    with acting_for(them.two.alice_company.pk):
        event = Event.objects.get(kind="entity.changed")
        assert Entity.objects.get(pk=them.two.alice_entity.pk).time_zone == "America/New_York"
    assert event.data == {"fields": {"time_zone": ["Europe/Paris", "America/New_York"]}}


def test_saving_without_a_change_writes_nothing(them: Crew) -> None:
    assert browser(them.two.alice).post(f"{_home(them)}edit/", _edited(them)).status_code == 302
    with acting_for(them.two.alice_company.pk):
        assert not Event.objects.filter(kind="entity.changed").exists()


def test_people_with_roles_are_listed_and_the_others_are_found(them: Crew) -> None:
    _colleague(them, "Dora", Role.ADMIN)
    page = _page(them.two.alice, _home(them))
    assert page.index("Alice") < page.index("Dora") and "Hanna" not in page
    assert "Hanna" in _page(them.two.alice, f"{_home(them)}?q=han")
    assert "Nobody matches" in _page(them.two.alice, f"{_home(them)}?q=zzz")


def test_a_role_is_given_with_a_page_that_says_what_it_allows(them: Crew) -> None:
    client = browser(them.two.alice)
    assert "Sees all members of the entity, and changes nothing." in _page(
        them.two.alice, _role(them, them.bob)
    )
    client.post(_role(them, them.bob), {"role": "controller"})
    assert now_is(them.bob).role == _right(them.two.bob, them.two.alice_entity) == "controller"
    assert browser(them.two.bob).get("/members/").status_code == 200


def test_a_managed_members_role_is_ours_to_change(them: Crew) -> None:
    """Product decision 10."""
    browser(them.two.alice).post(_role(them, them.managed), {"role": "admin"})
    assert now_is(them.managed).role == "admin"


def test_the_last_owner_keeps_the_role_and_is_told_why(them: Crew) -> None:
    """Product decision 10."""
    client = browser(them.two.alice)
    assert "This is the last owner" in client.get(_role(them, them.alice)).content.decode()
    assert client.post(_role(them, them.alice), {"role": "admin"}).status_code == 422
    assert now_is(them.alice).role == "owner"


def test_an_admin_neither_makes_nor_unmakes_owners(them: Crew) -> None:
    dora, member = _colleague(them, "Dora", Role.ADMIN)
    _colleague(them, "Otto", Role.OWNER)
    client = browser(dora)
    for whom, role in ((them.bob, "owner"), (them.alice, "requester"), (member, "owner")):
        assert client.post(_role(them, whom), {"role": role}).status_code == 422
    assert [now_is(one).role for one in (them.bob, them.alice, member)] == ["requester", "owner", "admin"]


def test_an_owner_who_steps_down_lands_on_a_page_of_the_new_role(them: Crew) -> None:
    _colleague(them, "Otto", Role.OWNER)
    answer = browser(them.two.alice).post(_role(them, them.alice), {"role": "controller"}, follow=True)
    assert answer.status_code == 200 and answer.redirect_chain[-1][0] == "/members/"


def test_an_invited_person_gets_the_role_without_getting_in(them: Crew) -> None:
    nora, _ = invited(them.two.alice_entity)
    browser(them.two.alice).post(_role(them, nora), {"role": "admin"})
    assert now_is(nora).role == "admin" and now_is(nora).user is None


@pytest.mark.parametrize("role", ["", "king", "owner "])
def test_a_role_that_does_not_exist_is_asked_for_again(them: Crew, role: str) -> None:
    assert browser(them.two.alice).post(_role(them, them.bob), {"role": role}).status_code == 422


def test_strange_names_break_nothing(them: Crew) -> None:
    with acting_for(them.two.alice_company.pk):
        odd = person(them.two.alice_entity, "<b>שָׁלוֹם 🦄</b>" + "x" * 150, role="controller")
    for address in (_home(them), _role(them, odd)):
        page = _page(them.two.alice, address)
        assert "&lt;b&gt;שָׁלוֹם 🦄" in page and "<b>שָׁלוֹם" not in page


def test_the_number_of_queries_does_not_grow_with_entities_or_people(them: Crew) -> None:
    client, counts = browser(them.two.alice), []
    for prefix in "CD":
        for address in (LIST, _home(them)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
        for number in range(10):
            grant_role(create_entity(them.two.alice_company, f"{prefix}{number}"), them.two.alice, Role.OWNER)
            _colleague(them, f"{prefix}{number}", Role.CONTROLLER)
    assert counts[:2] == counts[2:] and max(counts) <= 25, counts
