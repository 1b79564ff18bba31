"""Addresses and ids are compared as they are stored: one folding, and the exact text of an id."""

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from rollcall.accounts import access
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Grant
from rollcall.connections.models import Connection
from rollcall.connections.rows import VALUE_COLUMNS, Columns
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.parsing import Json, person_id
from rollcall.directory.models import Member
from rollcall.engine.lookalike import ODD, skeleton
from rollcall.engine.roster import Role, State
from rollcall.engine.snapshot import Employee, Status, fold_email
from tests.accounts.people import two_companies
from tests.sync.stored import AT
from tests.sync.test_identity import Here, works

pytestmark = pytest.mark.django_db
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LETTERS = st.text(st.characters(min_codepoint=33, exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)
ODD_ONES = ("\u212aay", "ışık", "İ", "straße", "ＦＵＬＬ", "zoé", "zoe\u0301", "ﬁ", "Σας", "A\u00adb")


@often
@given(LETTERS, LETTERS)
@example("\u212a", "k")
@example("ı", "i")
@example("İ", "i̇")
@example("ß", "ss")
@example("Ａ", "a")
@example("é", "e\u0301")
def test_i3_i4_inv11_the_database_compares_addresses_as_python_folds_them(one: str, two: str) -> None:
    """The stored key is the folded one; PostgreSQL finds two equal exactly when they fold to the same letters."""
    keys = []
    for name in (one, two):
        made = Columns(company_id=1, connection_id=1)
        columns, _ = made.of(Employee(id="1", work_email=f" {name}@co.example "))
        keys.append(dict(zip(VALUE_COLUMNS, columns, strict=True))["email_key"])
    assert keys == [fold_email(f"{name}@co.example") for name in (one, two)]
    with database.cursor() as cursor:
        cursor.execute("SELECT %s::text, %s::text = %s::text", [keys[0], *keys])
        assert cursor.fetchone() == (keys[0], keys[0] == keys[1])


@often
@given(LETTERS)
@example("xn--e1afmkfd")
@example("rrnn01vvv")
def test_i4_every_address_with_another_skeleton_is_found_by_the_pattern_of_the_database(name: str) -> None:
    key = fold_email(f"{name}@{name}.example")
    shape = skeleton(key)
    assert skeleton(shape) == shape
    with database.cursor() as cursor:
        cursor.execute("SELECT %s::text ~ %s", [key, ODD])
        assert cursor.fetchone()[0] or shape == key


@pytest.mark.parametrize("name", ODD_ONES)
def test_i4_no_two_of_the_odd_ones_are_the_same_address_as_the_plain_one(name: str) -> None:
    """NFC and NFD are two addresses that look alike; so are full-width letters, ligatures and a soft hyphen."""
    plain = {"\u212aay": "kay", "zoe\u0301": "zoé", "ＦＵＬＬ": "full", "ﬁ": "fi", "A\u00adb": "ab"}.get(name)
    if plain:
        assert fold_email(name) != fold_email(plain)
        assert skeleton(f"{fold_email(name)}@co.example") == skeleton(f"{plain}@co.example")


def test_i5_plus_addresses_and_dots_are_other_addresses_and_do_not_look_alike() -> None:
    assert len({fold_email(one) for one in ("ab@co.example", "a.b@co.example", "ab+x@co.example")}) == 3
    assert len({skeleton(one) for one in ("ab@co.example", "a.b@co.example", "ab+x@co.example")}) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [(17, "17"), ("17", "17"), (" 17 ", "17"), ("0017", "0017"), ("17.0", "17.0"), ("AB-c1", "AB-c1")],
)
def test_i1_an_id_is_the_exact_text_and_a_number_its_decimal_text(value: Json, text: str) -> None:
    """A tool that starts quoting its ids removes and doubles nobody; UUIDs in another case are other ids."""
    assert person_id(value, "id") == text


@pytest.mark.parametrize("value", [17.0, True, None, "", " ", ["17"], {"id": "17"}])
def test_i1_what_is_no_id_is_set_aside(value: Json) -> None:
    with pytest.raises(UnreadableRecord):
        person_id(value, "id")


def test_i12_leaving_one_connection_touches_neither_the_other_entity_nor_the_sign_in() -> None:
    """Each entity has its own member: one goes when their tool says so, the other keeps state, right and sign-in."""
    two = two_companies()
    second = create_entity(two.alice_company, "Second")
    grant_role(second, two.bob, Role.REQUESTER)
    people = [works(str(number), name) for number, name in enumerate(("Bob", "Ben", "Cy", "Di", "Eve"), 1)]
    with access.acting_for(two.alice_company.pk):
        first = Here(two.alice_entity)
        Connection.objects.update(tool="personio")
        other = Here(second)
        for one in (first, other):
            one.says(*people)
            one.run()
        Member.objects.filter(first_name="Bob").update(user=two.bob, state=State.ACTIVE, signed_up_at=AT)
        first.says(structs.replace(people[0], status=Status.INACTIVE), *people[1:])
        first.run()
        other.run()
        assert first.members()["Bob"].state == State.ARCHIVED
        assert other.members()["Bob"].state == State.ACTIVE
        assert other.ties()["1"] == "Bob"
        assert list(Grant.objects.filter(user=two.bob).values_list("entity", flat=True)) == [second.pk]
