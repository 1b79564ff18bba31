"""Z1: ids of another company, or of an entity one has no right in, look like ids that don't exist."""

import re
from typing import Final

import pytest
from django.utils import timezone

from rollcall.accounts import tokens
from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Role, User
from rollcall.connections import source_files
from rollcall.connections.models import Employee, Subscription
from rollcall.directory.models import Tombstone
from rollcall.sync.models import Plan, Run
from rollcall.web.urls import urlpatterns
from tests.web.crew import Crew, browser, crew, now_is

pytestmark = pytest.mark.django_db

VERBS: Final = ("get", "head", "post", "put", "patch", "delete", "options")
UNKNOWN: Final = 987_654_321
COUNTS: Final = (
    "link create update reactivate archive release skip note acting managed employees in_scope unchanged"
)


def _addresses(ids: dict[str, int]) -> list[str]:
    """Every address of the router that holds an id. An id of a new kind fails here until `ids` knows it."""
    routes = [str(entry.pattern) for entry in urlpatterns]
    with_ids = [route for route in routes if "<int:" in route]
    assert len(with_ids) >= 5
    return ["/" + re.sub(r"<int:(\w+)>", lambda found: str(ids[found[1]]), route) for route in with_ids]


def _ids_of_alice(here: Crew) -> dict[str, int]:
    company, entity = here.two.alice_company, here.two.alice_entity
    with acting_for(company.pk):
        now = timezone.now()
        run = Run.objects.create(company=company, connection=here.connection, trigger="clock", started_at=now)
        plan = Plan.objects.create(
            company=company,
            entity=entity,
            subscription=Subscription.objects.get(entity=entity),
            run=run,
            state="preview",
            settings={"scope": {"type": "everybody"}, "invite": {"type": "at_once"}},
            made_at=now,
            counts=dict.fromkeys(COUNTS.split(), 0),
        )
        file = source_files.wait(
            entity, b"Email,Name\na@b.example,A\n", "a.csv", actor=Actor(kind="user", id=here.two.alice.pk)
        )
        # the page of a file that is no connection's yet
        file.draft = {"layout": {"columns": {}, "dates": "iso"}}
        file.save(update_fields=["draft"])
        token, _ = tokens.issue(company_id=company.pk, name="t", scopes=["read"], entity=entity)
        row = Employee.objects.create(
            company=company,
            connection=here.connection,
            external_id="1",
            record_digest=b"1",
            digest="1",
            first_seen_at=now,
            changed_at=now,
        )
        stone = Tombstone.objects.create(
            company=company, entity=entity, member_id=0, erased_at=now, erased_by="Alice", reason="by letter"
        )
    mine = {"entity": entity.pk, "token_id": token.pk, "row_id": row.pk, "tombstone_id": stone.pk}
    return mine | {"member_id": here.manual.pk, "plan_id": plan.pk, "run_id": run.pk, "file_id": file.pk}


def _answers(user: User | None, addresses: list[str]) -> list[tuple[str, str, int]]:
    client = browser(user)
    return [
        (verb, address, getattr(client, verb)(address).status_code) for address in addresses for verb in VERBS
    ]


def _open(answers: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """What was neither "no such thing" nor, for verbs that a page never takes, "not like this"."""
    return [one for one in answers if one[2] != 404 and not (one[2] == 405 and one[0] not in {"get", "post"})]


@pytest.mark.thorough
def test_the_owner_herself_reaches_her_pages(here_ids: tuple[Crew, dict[str, int]]) -> None:
    here, ids = here_ids
    client = browser(here.two.alice)
    assert {client.get(address).status_code for address in _addresses(ids)} <= {200, 302, 405}


@pytest.mark.thorough
def test_z1_inv18_another_companys_ids_are_a_404_for_every_verb(
    here_ids: tuple[Crew, dict[str, int]],
) -> None:
    here, ids = here_ids
    before = now_is(here.manual).state
    found = [one for one in _open(_answers(here.two.charlie, _addresses(ids))) if one[2] != 405]
    assert found == []
    assert now_is(here.manual).state == before


@pytest.mark.thorough
def test_z1_foreign_and_unknown_ids_are_answered_alike(here_ids: tuple[Crew, dict[str, int]]) -> None:
    here, ids = here_ids
    foreign = [status for *_, status in _answers(here.two.charlie, _addresses(ids))]
    unknown = [status for *_, status in _answers(here.two.charlie, _addresses(dict.fromkeys(ids, UNKNOWN)))]
    too_big = [status for *_, status in _answers(here.two.charlie, _addresses(dict.fromkeys(ids, 10**25)))]
    assert foreign == unknown == too_big


@pytest.mark.thorough
def test_z1_an_admin_of_another_entity_of_the_same_company_sees_nothing_of_this_one(
    here_ids: tuple[Crew, dict[str, int]],
) -> None:
    """S8."""
    here, ids = here_ids
    second = create_entity(here.two.alice_company, "Second")
    dora = User.objects.create_user("dora@acme.example", "x")
    grant_role(second, dora, Role.ADMIN)
    assert [one for one in _open(_answers(dora, _addresses(ids))) if one[2] != 405] == []


def test_z1_a_stranger_is_sent_to_sign_in_and_learns_nothing(here_ids: tuple[Crew, dict[str, int]]) -> None:
    _, ids = here_ids
    assert {status for *_, status in _answers(None, _addresses(ids))} <= {302, 405}


@pytest.fixture
def here_ids() -> tuple[Crew, dict[str, int]]:
    here = crew()
    return here, _ids_of_alice(here)
