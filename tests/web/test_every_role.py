"""Z1: every address of the router, with every role and nobody, with ids of one's own, of others and of nobody.

The list is the router's, so that no address is forgotten; the words that must not be seen stand in every place where
Alice's company keeps words.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from django.test import Client

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Role, User
from rollcall.directory.models import Member
from rollcall.web.urls import urlpatterns
from tests.web.crew import Crew, browser, crew
from tests.web.test_walls import UNKNOWN, _ids_of_alice

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PLANTED: Final = "Quillfeather"
WORDS: Final[Mapping[str, str]] = {
    "tool": "bamboohr",
    "token": "1.abcdef",
    "mail": "invitation",
    "language": "en",
}
VERBS: Final = ("get", "post", "put", "delete")


def addresses(ids: Mapping[str, int]) -> list[str]:
    """Every address there is, with these ids."""

    def filled(found: re.Match[str]) -> str:
        kind, name = found[1].split(":")
        return str(ids[name]) if kind == "int" else WORDS[name]

    return ["/" + re.sub(r"<(\w+:\w+)>", filled, str(entry.pattern)) for entry in urlpatterns]


@pytest.fixture
def here() -> Crew:
    made = crew()
    with acting_for(made.two.alice_company.pk):
        Member.objects.filter(company_id=made.two.alice_company.pk).update(last_name=PLANTED)
    return made


def roles(here: Crew) -> Iterator[tuple[str, Client, bool]]:
    """Everybody who may come by, and whether they may see people of Alice's entity."""
    second = create_entity(here.two.alice_company, "Second")
    for role in Role:
        mine = User.objects.create_user(f"mine.{role}@acme.example", "x")
        grant_role(here.two.alice_entity, mine, role)
        yield f"{role} here", browser(mine), role != Role.REQUESTER
        other = User.objects.create_user(f"other.{role}@acme.example", "x")
        grant_role(second, other, role)
        yield f"{role} of another entity", browser(other), False
        stranger = User.objects.create_user(f"stranger.{role}@else.example", "x")
        grant_role(here.two.charlie_entity, stranger, role)
        yield f"{role} of another company", browser(stranger), False
    yield "somebody without an entity", browser(User.objects.create_user("none@else.example", "x")), False
    yield "nobody", browser(), False


def body_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(errors="replace")


def test_z1_z5_inv18_no_address_breaks_or_tells_of_people_to_whom_it_may_not(here: Crew) -> None:
    """Looking only: what acts is tried below."""
    ids = _ids_of_alice(here)
    found = addresses(ids)
    assert len(found) == len(urlpatterns) > 60
    seen = set()
    for role, client, may in roles(here):
        for address in found:
            answer = client.get(address)
            assert answer.status_code < 500, (role, address)
            tells = PLANTED in body_of(answer)
            assert may or not tells, (role, address)
            seen |= {role} if tells else set()
    assert {f"{role} here" for role in (Role.OWNER, Role.ADMIN)} <= seen, (
        "the word stands nowhere: nothing was tried"
    )


@pytest.mark.soak
def test_z1_inv18_whoever_is_of_elsewhere_changes_nobody_by_any_verb(here: Crew) -> None:
    """With Alice's ids and with ids that nobody has: the same answers."""
    ids = _ids_of_alice(here)
    before = _members(here)
    unknown = addresses(dict.fromkeys(ids, UNKNOWN))
    for role, client, _ in roles(here):
        if role.endswith(" here"):
            continue
        for address, nowhere in zip(addresses(ids), unknown, strict=True):
            if "<" in address or address.startswith(("/entity/", "/language/")):
                continue
            for verb in VERBS[1:]:
                foreign, nobodys = getattr(client, verb)(address), getattr(client, verb)(nowhere)
                assert foreign.status_code < 500 and nobodys.status_code < 500, (role, verb, address)
                if address != nowhere:
                    assert foreign.status_code == nobodys.status_code, (role, verb, address)
                    assert PLANTED not in body_of(foreign), (role, verb, address)
    assert _members(here) == before


def _members(here: Crew) -> list[Any]:
    with acting_for(here.two.alice_company.pk):
        return list(Member.objects.order_by("pk").values())
