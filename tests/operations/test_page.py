"""The page about the installation: for operators alone, companies by name and employees not at all."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.utils import timezone
from django.utils.translation import override

from rollcall.accounts.access import acting_for
from rollcall.accounts.models import User
from rollcall.connections.models import Connection, State
from rollcall.directory.models import Member
from rollcall.project.operator_command import create_operator
from tests.web.crew import Crew, browser, crew

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Crew:
    made = crew()
    with acting_for(made.two.alice_company.pk):
        Member.objects.filter(company_id=made.two.alice_company.pk).update(last_name="Quillfeather")
    return made


@pytest.fixture
def olga() -> User:
    """Runs the installation and is a member nowhere."""
    return User.objects.create_user("olga@operator.example", "a good long password", is_operator=True)


def test_z1_nobody_but_an_operator_sees_it(here: Crew, olga: User) -> None:
    for user in (here.two.alice, here.two.bob, here.two.charlie):
        assert browser(user).get("/operations/").status_code == 404
        assert "/operations/" not in browser(user).get("/members/").content.decode()
    assert browser().get("/operations/").status_code == 302
    assert browser(olga).get("/operations/").status_code == 200


def test_an_operator_without_a_company_lands_there_and_reaches_no_company(here: Crew, olga: User) -> None:
    client = browser(olga)
    assert client.get("/")["Location"] == "/operations/"
    assert client.get("/members/").status_code == 403
    assert client.get(f"/members/{here.managed.pk}/").status_code == 403


def test_it_says_what_is_behind_parked_and_failing_by_company_and_names_no_employee(
    here: Crew, olga: User
) -> None:
    now = timezone.now()
    one = here.connection
    with acting_for(one.company_id):
        Connection.objects.filter(pk=one.pk).update(next_run_at=now - timedelta(hours=3))
    with acting_for(here.two.charlie_company.pk):
        Connection.objects.create(
            company=here.two.charlie_company,
            tool="personio",
            state=State.ERROR,
            error="parked",
            next_run_at=now + timedelta(hours=9),
        )
    with override("en"):
        page = browser(olga).get("/operations/").content.decode()
    assert "Alice&#x27;s" in page and "Charlie&#x27;s" in page
    assert "No worker is alive: nothing is read" in page and "3 hours" in page
    assert "Parked: the last three syncs died" in page and "BambooHR" in page and "Personio" in page
    assert "Quillfeather" not in page and "alice@rollcall.example" not in page and "Maya" not in page


def test_it_is_there_in_french_and_looks_itself_up_again(olga: User) -> None:
    client = browser(olga)
    client.cookies["django_language"] = "fr"
    page = client.get("/operations/").content.decode()
    assert "Aucun worker" in page and 'hx-trigger="every 30s"' in page


def test_its_number_of_statements_does_not_grow_with_companies(
    here: Crew, olga: User, django_assert_max_num_queries: object
) -> None:
    client = browser(olga)
    client.get("/operations/")
    with django_assert_max_num_queries(80):  # type: ignore[operator] # the fixture ships no type
        client.get("/operations/")


def test_the_command_makes_an_operator_with_a_password_and_takes_the_right_back() -> None:
    weak = CliRunner().invoke(create_operator, ["Olga@Operator.example"], input="short\nshort\n")
    assert weak.exit_code == 1 and not User.objects.filter(email="olga@operator.example").exists()
    good = "a-lighthouse-in-winter"
    done = CliRunner().invoke(create_operator, ["Olga@Operator.example"], input=f"{good}\n{good}\n")
    assert done.exit_code == 0, done.output
    made = User.objects.get(email="olga@operator.example")
    assert made.is_operator and made.check_password(good)
    assert CliRunner().invoke(create_operator, ["olga@operator.example", "--withdraw"]).exit_code == 0
    assert not User.objects.get(pk=made.pk).is_operator
    assert CliRunner().invoke(create_operator, ["olga@operator.example", "--withdraw"]).exit_code == 1
    assert CliRunner().invoke(create_operator, ["no address"]).exit_code == 1


def test_the_command_lets_somebody_keep_their_password() -> None:
    known = User.objects.create_user("ines@operator.example", "a good long password")
    assert CliRunner().invoke(create_operator, ["ines@operator.example"]).exit_code == 0
    known.refresh_from_db()
    assert known.is_operator and known.check_password("a good long password")
