"""Who may give which role, that somebody always keeps the keys, and entities with their audit entries."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM, Actor
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Grant, User
from rollcall.directory import actions, entities, names, roles
from rollcall.directory.models import Member
from rollcall.engine.roster import Role, State
from rollcall.events.models import Event
from tests.web.crew import Crew, crew, now_is, person

NOW = timezone.now()


@pytest.fixture
def them(db: None) -> Any:
    made = crew()
    with acting_for(made.two.alice_company.pk):
        yield made


def acting(user: User) -> Actor:
    return Actor(kind="user", id=user.pk, label=user.email)


def colleague(them: Crew, name: str, role: Role) -> tuple[User, Member]:
    user = User.objects.create_user(f"{name.lower()}@acme.example", "x", full_name=name)
    grant_role(them.two.alice_entity, user, role)
    with acting_for(them.two.alice_company.pk):
        return user, person(them.two.alice_entity, name, user=user, role=role)


def refused(member: Member, role: Role, by: User | Actor) -> str:
    actor = by if isinstance(by, Actor) else acting(by)
    with pytest.raises(actions.Refused) as error:
        roles.change_role(member, role, actor=actor)
    return error.value.code


@pytest.mark.parametrize(
    ("by", "own", "before", "after", "code"),
    [
        ("owner", False, "requester", "owner", ""),
        ("owner", False, "owner", "admin", ""),
        ("owner", True, "owner", "requester", ""),
        ("admin", False, "requester", "admin", ""),
        ("admin", False, "admin", "requester", ""),
        ("admin", True, "admin", "controller", ""),
        ("admin", False, "requester", "owner", "owners_only"),
        ("admin", False, "owner", "admin", "owners_only"),
        ("admin", True, "admin", "owner", "own_rise"),
        ("controller", True, "controller", "admin", "not_allowed"),
        ("requester", False, "admin", "requester", "not_allowed"),
        ("", False, "requester", "admin", "not_allowed"),
    ],
)
def test_s6_the_rules_of_roles_are_one_table(by: str, own: bool, before: str, after: str, code: str) -> None:
    assert roles.why_not(by=by, own=own, before=before, after=after) == code


def test_a_change_moves_the_right_and_leaves_one_entry(them: Crew) -> None:
    assert roles.change_role(them.bob, Role.CONTROLLER, actor=acting(them.two.alice))
    assert Grant.objects.get(user=them.two.bob).role == "controller"
    event = Event.objects.get(member_id=them.bob.pk)
    assert (event.kind, event.data) == (
        "member.role_changed",
        {"fields": {"role": ["requester", "controller"]}},
    )


def test_the_same_role_again_writes_nothing(them: Crew) -> None:
    assert not roles.change_role(them.bob, Role.REQUESTER, actor=acting(them.two.alice))
    assert not Event.objects.exists()


def test_the_askers_role_of_this_moment_counts_not_the_one_of_the_page(them: Crew) -> None:
    """S6: lowered while the page was open."""
    dora, _ = colleague(them, "Dora", Role.ADMIN)
    grant_role(them.two.alice_entity, dora, Role.REQUESTER)
    assert refused(them.bob, Role.ADMIN, dora) == "not_allowed"


def test_programs_and_strangers_change_no_role(them: Crew) -> None:
    assert refused(them.bob, Role.ADMIN, SYSTEM) == "not_allowed"
    assert refused(them.bob, Role.ADMIN, Actor(kind="token", id=them.two.alice.pk)) == "not_allowed"
    assert refused(them.bob, Role.ADMIN, them.two.charlie) == "not_allowed"


def test_the_last_owner_stays_one_even_if_another_is_suspended_invited_or_archived(them: Crew) -> None:
    """Product decision 10."""
    _, suspended = colleague(them, "Susan", Role.OWNER)
    Member.objects.filter(pk=suspended.pk).update(suspended_at=NOW)
    for state in (State.INVITED, State.ARCHIVED):
        person(them.two.alice_entity, state, state=state, role="owner")
    assert refused(them.alice, Role.ADMIN, them.two.alice) == "last_owner"
    colleague(them, "Otto", Role.OWNER)
    assert roles.change_role(them.alice, Role.ADMIN, actor=acting(them.two.alice))


def test_a_role_gives_no_access_to_suspended_invited_or_archived_members(them: Crew) -> None:
    """Product decision 11."""
    user, suspended = colleague(them, "Susan", Role.REQUESTER)
    Grant.objects.filter(user=user).delete()
    Member.objects.filter(pk=suspended.pk).update(suspended_at=NOW)
    assert roles.change_role(suspended, Role.ADMIN, actor=acting(them.two.alice))
    assert not Grant.objects.filter(user=user).exists()
    assert refused(them.archived, Role.ADMIN, them.two.alice) == "archived"


def test_people_come_strongest_role_first_and_requesters_only_when_searched_for(them: Crew) -> None:
    person(them.two.alice_entity, "Ada", role="controller")
    person(them.two.alice_entity, "Zoé", role="admin")
    entity = them.two.alice_entity.pk
    assert [one.first_name for one in roles.people(entity)] == ["Alice", "Zoé", "Ada"]
    assert [one.first_name for one in roles.people(entity, "hanna")] == ["Hanna"]
    assert roles.people(entity, "gone") == []


def test_a_search_for_names_stays_inside_the_entities(them: Crew) -> None:
    """S8."""
    second = create_entity(them.two.alice_company, "Second")
    other = person(second, "Maya")
    here = names.named_like([them.two.alice_entity.pk], "maya", size=10)
    assert here == [them.managed.pk]
    assert set(names.named_like([them.two.alice_entity.pk, second.pk], "maya", size=10)) == {
        them.managed.pk,
        other.pk,
    }
    assert names.names_of([other.pk])[other.pk].entity_id == second.pk


def test_an_entity_is_added_with_its_owner_and_changed_with_before_and_after(them: Crew) -> None:
    values = {
        "name": "New",
        "country": "DE",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "language": "en",
    }
    alice = them.two.alice
    made = entities.add(them.two.alice_company, values, owner=alice, actor=acting(alice), now=NOW)
    assert Grant.objects.get(entity=made).role == "owner"
    assert entities.counts_by_state([made.pk]) == {made.pk: {"invited": 0, "active": 1, "archived": 0}}
    assert entities.change(made, {"name": "Newer", "country": "FR"}, actor=acting(alice))
    made.refresh_from_db()
    assert (made.name, made.country) == ("Newer", "DE")
    assert Event.objects.latest("pk").data == {"fields": {"name": ["New", "Newer"]}}
    with pytest.raises(actions.Refused, match="name_taken"):
        entities.change(made, {"name": "ALICE'S entity"}, actor=acting(alice))


def _at_once(*works: Callable[[], object]) -> list[object]:
    """Do things in transactions of their own at the same moment; return what each said or raised."""
    start, said = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            said.append(work())
        except actions.Refused as error:
            said.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)
    return said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("archive", [False, True])
def test_inv3_two_owners_who_unmake_each_other_at_once_leave_one(archive: bool) -> None:
    """Product decision 10, under a race: by roles alone, and by a role against an archive."""
    them = crew()
    otto, other = colleague(them, "Otto", Role.OWNER)
    company = them.two.alice_company.pk

    def lower(whom: Member, by: User) -> Callable[[], object]:
        def work() -> object:
            with transaction.atomic(), acting_for(company):
                return roles.change_role(whom, Role.REQUESTER, actor=acting(by))

        return work

    def put_away(whom: Member, by: User) -> Callable[[], object]:
        def work() -> object:
            with transaction.atomic(), acting_for(company):
                actions.archive_by_hand(now_is(whom), actor=acting(by), now=NOW)
                return True

        return work

    first = put_away if archive else lower
    for _ in range(5):
        said = _at_once(first(other, them.two.alice), lower(them.alice, otto))
        with acting_for(company):
            left = Member.objects.filter(entity=them.two.alice_entity, role="owner", state="active")
            assert left.count() == 1, said
            Member.objects.filter(pk__in=[them.alice.pk, other.pk]).update(
                role="owner", state="active", archived_by_hand=False
            )
        grant_role(them.two.alice_entity, them.two.alice, Role.OWNER)
        grant_role(them.two.alice_entity, otto, Role.OWNER)
