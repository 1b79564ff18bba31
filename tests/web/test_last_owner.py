"""Invariant 3: whatever anybody asks for, wherever, somebody who can sign in still owns the entity."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern

from rollcall.accounts import tokens
from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Grant, Role, User
from rollcall.api.urls import document
from rollcall.directory.bulk import Action
from rollcall.directory.models import Member
from rollcall.engine.roster import State
from rollcall.web.urls import urlpatterns
from tests.web.crew import Crew, browser, crew, person
from tests.web.test_walls import _ids_of_alice

pytestmark = pytest.mark.django_db

FORMS: tuple[dict[str, Any], ...] = (
    *({"action": one.value} for one in Action),
    *({"role": one} for one in ("requester", "controller", "admin", "owner", "nobody")),
    {"decision": "approve"},
    {"decision": "reject"},
    {"first_name": "", "email": "other@acme.example", "initial-email": "alice@rollcall.example"},
    {"name": "Other", "country": "FR", "currency": "EUR", "time_zone": "UTC", "language": "en"},
    {},
)
"""What forms send; a form of a new page need not be in here, since nearly all of them act on a bare POST."""

BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"reason": "x"},
    {"role": "requester"},
    {"email": "other@acme.example"},
    {"state": "archived"},
)


@pytest.fixture
def here() -> Crew:
    """Alice is the only owner; Dora, an admin, may do what admins may."""
    found = crew()
    dora = User.objects.create_user("dora@acme.example", "x", full_name="Dora")
    grant_role(found.two.alice_entity, dora, Role.ADMIN)
    with acting_for(found.two.alice_company.pk):
        person(found.two.alice_entity, "Dora", user=dora, role="admin")
    return found


@contextmanager
def taken_back() -> Iterator[None]:
    """What is done inside is looked at, and gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def owners(here: Crew) -> int:
    """How many people own the entity, and can get in: member, right and account."""
    with acting_for(here.two.alice_company.pk):
        rows = Member.objects.filter(
            entity=here.two.alice_entity,
            role="owner",
            state=State.ACTIVE,
            suspended_at=None,
            user__is_active=True,
        )
        rights = Grant.objects.filter(entity=here.two.alice_entity, role="owner")
        return rows.filter(user__in=rights.values("user")).count()


def addresses(here: Crew) -> list[str]:
    """Every address of the pages, about Alice herself where it is about a member."""
    ids = _ids_of_alice(here) | {"member_id": here.alice.pk}
    found = []
    for entry in urlpatterns:
        assert isinstance(entry, URLPattern)
        address = "/" + str(entry.pattern)
        for name, number in ids.items():
            address = address.replace(f"<int:{name}>", str(number))
        if "<" not in address:
            found.append(address)
    assert len(found) > 50
    return found


@pytest.mark.thorough
def test_inv3_no_page_of_any_kind_takes_the_last_owner_away(here: Crew) -> None:
    """Taken from the router, so that a new page cannot be forgotten; as the owner herself and as an admin."""
    tried = 0
    dora = User.objects.get(email="dora@acme.example")
    everything = addresses(here)
    for user in (here.two.alice, dora):
        # Signed in once: a post that ends the session is taken back, so only the browser must be told again.
        signed_in = browser(user)
        session = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        for address in everything:
            for form in FORMS:
                if form.get("action") and "bulk" not in address and "members/" not in address:
                    continue
                sent = {"member": [here.alice.pk], "reason": "x", "override": "x", **form}
                signed_in.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: session})
                with taken_back():
                    status = signed_in.post(address, sent).status_code
                    assert owners(here) == 1, (user.email, address, form, status)
                tried += status != 405
                if status in (405, 404):
                    break
    assert tried > 300


@pytest.mark.thorough
def test_inv3_no_operation_of_the_api_takes_the_last_owner_away(here: Crew) -> None:
    """Taken from the document; with a token that may do everything."""
    company, entity = here.two.alice_company, here.two.alice_entity
    ids = _ids_of_alice(here) | {
        "entity_id": entity.pk,
        "member_id": here.alice.pk,
        "connection_id": here.connection.pk,
        "employee_id": "1",
    }
    with acting_for(company.pk):
        _, raw = tokens.issue(company_id=company.pk, name="all", scopes=tokens.SCOPES)
    paths: dict[str, Any] = msgspec.json.decode(document())["paths"]
    tried = 0
    for path, methods in paths.items():
        for method in methods:
            if method == "get":
                continue
            for body in BODIES:
                with taken_back():
                    answer = Client(raise_request_exception=False).generic(
                        method.upper(),
                        path.format_map(ids),
                        msgspec.json.encode(body),
                        content_type="application/json",
                        headers={"Authorization": f"Bearer {raw}"},
                    )
                    assert owners(here) == 1, (method, path, body, answer.status_code)
                tried += 1
    assert tried > 60


def test_d10_with_a_second_owner_the_first_may_go_and_then_the_second_may_not(here: Crew) -> None:
    """The table above would pass if nothing worked at all; this is the same way with an owner to spare."""
    with acting_for(here.two.alice_company.pk):
        eve = User.objects.create_user("eve@acme.example", "x", full_name="Eve")
        grant_role(here.two.alice_entity, eve, Role.OWNER)
        second = person(here.two.alice_entity, "Eve", user=eve, role="owner")
    assert owners(here) == 2
    browser(eve).post(f"/members/{here.alice.pk}/archive/")
    assert owners(here) == 1
    browser(eve).post(f"/members/{second.pk}/archive/")
    browser(eve).post(f"/members/{second.pk}/suspend/", {"reason": "x"})
    assert owners(here) == 1


def test_z8_archiving_or_suspending_ends_the_tokens_that_somebody_made(here: Crew) -> None:
    company, entity = here.two.alice_company, here.two.alice_entity
    dora = User.objects.get(email="dora@acme.example")
    with acting_for(company.pk):
        member = Member.objects.get(user=dora)
        _, mine = tokens.issue(
            company_id=company.pk, name="hers", scopes=["read"], entity=entity, created_by=dora
        )
        _, wide = tokens.issue(company_id=company.pk, name="wide", scopes=["read"], created_by=dora)
        _, other = tokens.issue(
            company_id=company.pk, name="alice", scopes=["read"], created_by=here.two.alice
        )
    assert tokens.verify(mine) and tokens.verify(wide)
    browser(here.two.alice).post(f"/members/{member.pk}/suspend/", {"reason": "x"})
    assert (tokens.verify(mine), tokens.verify(wide)) == (None, None)
    assert tokens.verify(other) is not None
    browser(here.two.alice).post(f"/members/{member.pk}/lift/")
    assert tokens.verify(mine) is None, "a person makes another"
