"""The generator of made-up companies."""

import time
from collections import Counter
from datetime import date, timedelta

import msgspec
import pytest
from schwifty import BIC, IBAN

from rollcall.simulators.people import Company, company, status

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def made() -> Company:
    return company(500, 1, today=TODAY)


def test_the_same_seed_size_and_day_give_the_same_bytes(made: Company) -> None:
    assert msgspec.json.encode(made) == msgspec.json.encode(company(500, 1, today=TODAY))
    assert msgspec.json.encode(made) != msgspec.json.encode(company(500, 2, today=TODAY))


def test_ids_rise_with_gaps(made: Company) -> None:
    ids = list(made.people)
    assert ids == sorted(ids)
    assert len(ids) == 500
    assert ids[-1] - ids[0] > 500


def test_everybody_but_one_has_a_manager_who_is_there_and_nobody_is_in_a_circle(made: Company) -> None:
    assert sum(person.manager_id is None for person in made.people.values()) == 1
    for person in made.people.values():
        steps, above = 0, person
        while above.manager_id is not None:
            above, steps = made.people[above.manager_id], steps + 1
            assert steps < 10


def test_managers_still_work_there(made: Company) -> None:
    managers = {p.manager_id for p in made.people.values() if p.manager_id is not None}
    assert all(status(made.people[manager], TODAY) == "active" for manager in managers)


def test_there_are_leavers_future_hires_leave_and_coming_ends_in_believable_numbers(made: Company) -> None:
    counts = Counter(status(person, TODAY) for person in made.people.values())
    assert 25 <= counts["inactive"] <= 60
    assert counts["upcoming"] >= 1
    assert counts["on_leave"] >= 3
    assert any(person.end_date and person.end_date > TODAY for person in made.people.values())


def test_six_offices_in_four_countries_hold_unequal_numbers(made: Company) -> None:
    counts = Counter(person.office_id for person in made.people.values())
    assert len(counts) == 6
    assert len({office.country for office in made.offices.values()}) == 4
    assert max(counts.values()) > 3 * min(counts.values())


def test_legal_entity_follows_the_country_of_the_office(made: Company) -> None:
    for person in made.people.values():
        country = made.offices[person.office_id].country
        assert made.legal_entities[person.legal_entity_id].country == country


def test_bank_numbers_pass_their_checks(made: Company) -> None:
    with_iban = [person for person in made.people.values() if person.iban]
    assert len(with_iban) > 300
    for person in with_iban:
        assert (
            IBAN(person.iban or "", validate_bban=True).country_code == made.offices[person.office_id].country
        )
        assert BIC(person.bic or "")
    assert any(person.sort_code and not person.iban for person in made.people.values())


def test_employee_numbers_are_no_key(made: Company) -> None:
    numbers = [person.employee_number for person in made.people.values()]
    assert None in numbers
    assert any(count == 2 for number, count in Counter(numbers).items() if number)


def test_work_addresses_are_unique_and_a_few_are_missing(made: Company) -> None:
    addresses = [person.work_email for person in made.people.values()]
    known = [address for address in addresses if address]
    assert len(known) == len(set(known))
    assert 0 < len(addresses) - len(known) < 10
    assert all(address.endswith("@acme.example") and address.isascii() for address in known)


def test_odd_names_are_there_and_no_emoji(made: Company) -> None:
    names = {f"{person.first_name} {person.last_name}" for person in made.people.values()}
    assert {"Siobhán O'Dálaigh", "U Å", "Ελένη Παπαγεωργίου"} <= names
    assert all(ord(letter) < 0x10000 for name in names for letter in name)


@pytest.mark.parametrize("people", [1, 2, 9, 40])
def test_small_companies_work(people: int) -> None:
    assert len(company(people, 3, today=TODAY).people) == people


def test_the_end_date_is_still_a_day_of_work(made: Company) -> None:
    leaver = next(person for person in made.people.values() if person.end_date and person.end_date > TODAY)
    assert leaver.end_date is not None
    assert status(leaver, leaver.end_date) == "active"
    assert status(leaver, leaver.end_date + timedelta(days=1)) == "inactive"


@pytest.mark.soak
def test_a_hundred_thousand_people_take_seconds() -> None:
    """Measured: about 2.5 s; the bound is generous because machines differ."""
    began = time.monotonic()
    assert len(company(100_000, 1, today=TODAY).people) == 100_000
    assert time.monotonic() - began < 30
