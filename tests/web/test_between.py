"""Between entities in the browser: who is in none, who is in several, and what to do about it."""

import csv
import io
import re
from typing import Any

import msgspec
import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Entity, Role
from rollcall.connections.models import Employee, Subscription
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import Settings
from tests.web.crew import Crew, browser, crew
from tests.web.hr import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Crew:
    return crew()


def only(*places: str, include_managers: bool = False) -> Any:
    where = Condition(attribute="work_location", test="one_of", values=places)
    return msgspec.to_builtins(Settings(scope=Filter(conditions=(where,), include_managers=include_managers)))


def employ(here: Crew, **people: str) -> None:
    """Put people into the mirror: name and work location."""
    with acting_for(here.two.alice_company.pk):
        for name, place in people.items():
            Employee.objects.create(
                company=here.two.alice_company,
                connection=here.connection,
                external_id=name,
                first_name=name,
                last_name="Bell",
                work_email=f"{name}@co.example",
                work_location=place,
                status="active",
                # every column above is one that HR delivered
                delivered=2**25 - 1,
                record_digest=name.encode(),
                digest=name,
                first_seen_at=timezone.now(),
                changed_at=timezone.now(),
            )


def choose(here: Crew, *places: str) -> None:
    with acting_for(here.two.alice_company.pk):
        Subscription.objects.filter(entity=here.two.alice_entity).update(settings=only(*places))


def second(here: Crew, *places: str, mine: bool = True) -> Entity:
    """Another entity on the same connection, of which Alice is an admin or not."""
    other = create_entity(here.two.alice_company, "Second")
    with acting_for(here.two.alice_company.pk):
        Subscription.objects.create(
            company=here.two.alice_company,
            entity=other,
            connection=here.connection,
            settings=only(*places),
            version=1,
        )
    if mine:
        grant_role(other, here.two.alice, Role.ADMIN)
    return other


def page(client: Client, **query: str) -> str:
    """The page as people read it, without tags."""
    return " ".join(re.sub(r"<[^>]+>", "", text(client.get("/between/", query))).split())


def test_people_in_no_entity_are_listed_with_what_keeps_each_entity_from_them(here: Crew) -> None:
    """Decision 6."""
    choose(here, "Paris")
    second(here, "Lyon")
    employ(here, Ada="Nantes", Ben="Paris", Cleo="Lyon")
    said = page(browser(here.two.alice))
    assert "3 people work here according to BambooHR, which 2 entities use" in said
    assert "Ada Bell" in said and "Ben Bell" not in said and "Cleo Bell" not in said
    assert "Second · Work location is “Nantes”. The filter asks for: Lyon." in said


def test_people_in_several_entities_are_listed_with_the_entities(here: Crew) -> None:
    choose(here, "Paris", "Lyon")
    second(here, "Lyon")
    employ(here, Ada="Lyon", Ben="Paris")
    said = page(browser(here.two.alice), group="several")
    assert "Ada Bell" in said and "Ben Bell" not in said
    assert "Alice&#x27;s entity, Second" in said


def test_entities_that_the_reader_may_not_administer_are_not_named(here: Crew) -> None:
    choose(here, "Paris", "Lyon")
    second(here, "Lyon", mine=False)
    employ(here, Ada="Lyon", Ben="Nantes")
    client = browser(here.two.alice)
    several, nowhere = page(client, group="several"), page(client)
    assert "1 other entity" in several and "Second" not in several
    assert "Another entity · You do not manage it." in nowhere and "Second" not in nowhere


def test_one_entity_shows_only_who_is_in_none(here: Crew) -> None:
    choose(here, "Paris")
    employ(here, Ada="Lyon")
    said = page(browser(here.two.alice), group="several")
    assert "which only this entity uses" in said
    assert "Ada Bell" in said and "In several entities" not in said


def test_when_nobody_falls_between_the_page_says_that_all_is_well(here: Crew) -> None:
    choose(here, "Paris")
    second(here, "Lyon")
    employ(here, Ada="Lyon")
    client = browser(here.two.alice)
    assert "Nobody is left out" in page(client)
    assert "Nobody is in several entities" in page(client, group="several")
    assert "Nobody found" in page(client, q="zzz")


def test_without_settings_or_a_tool_the_page_says_what_to_do(here: Crew) -> None:
    client = browser(here.two.alice)
    with acting_for(here.two.alice_company.pk):
        Subscription.objects.update(settings=None)
    assert "No entity has confirmed who belongs to it" in page(client)
    with acting_for(here.two.alice_company.pk):
        Subscription.objects.all().delete()
    assert "No HR tool is connected to this entity" in page(client)


def test_f6_the_list_is_a_file_too_and_no_cell_is_a_formula(here: Crew) -> None:
    """F6"""
    choose(here, "Paris")
    employ(here, Ada="=cmd()", Ben="Nantes", Cleo="Paris")
    answer = browser(here.two.alice).get("/between/people.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [one[0] for one in rows] == ["Name", "Ada Bell", "Ben Bell"]
    assert rows[1][3] == "'=cmd()"
    assert "Work location is “Nantes”." in rows[2][-1]


def test_the_number_of_queries_does_not_grow(here: Crew) -> None:
    choose(here, "Paris")
    client, lengths = browser(here.two.alice), []
    for number in range(2):
        employ(here, **{f"P{number}{n}": "Nantes" for n in range(20)})
        with CaptureQueriesContext(database) as queries:
            assert client.get("/between/").status_code == 200
        lengths.append(len(queries))
    assert lengths[0] == lengths[1] <= 23


def test_another_company_sees_nothing_of_it(here: Crew) -> None:
    choose(here, "Paris")
    employ(here, Ada="Lyon")
    assert "Ada" not in page(browser(here.two.charlie))


def test_s45_who_is_somewhere_as_a_line_manager_is_marked(here: Crew) -> None:
    choose(here, "Paris")
    second(here, "Lyon")
    employ(here, Boss="Paris", Ada="Lyon")
    with acting_for(here.two.alice_company.pk):
        Employee.objects.filter(external_id="Ada").update(manager_id="Boss")
        used = Subscription.objects.filter(entity__name="Second")
        used.update(settings=only("Lyon", include_managers=True))
    said = page(browser(here.two.alice), group="several")
    assert "Boss Bell" in said and "Second (as line manager)" in said
