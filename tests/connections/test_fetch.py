"""The read: what is new, changed, the same, gone and back; and that a doubtful read leaves the mirror alone."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.fetch import fetch
from rollcall.connections.models import Connection, Employee, State
from rollcall.connections.reading import Fetched
from rollcall.connectors.base import Access, Connector, Page
from rollcall.connectors.catalogue import TOOLS
from rollcall.connectors.errors import EmptyList, Incomplete, UnreadableRecord
from rollcall.engine import snapshot
from rollcall.engine.snapshot import BankAccount, Status
from tests.accounts.people import two_companies
from tests.planted import IBAN
from tests.sync.flow import Flow

pytestmark = pytest.mark.django_db


class Listed(Connector):
    """A tool whose pages a test writes down: a line is ``id|first name|manager|iban``; ``!`` cannot be read."""

    tool = TOOLS["bamboohr"].tool
    lists: Sequence[Sequence[str]] = ()
    broken_after: int | None = None

    def test(self) -> Access:
        return Access()

    def pages(self) -> Iterator[Page]:
        for number, lines in enumerate(self.lists):
            if number == self.broken_after:
                raise Incomplete("the line was cut", tool="Listed")
            records = [line.encode() for line in lines]
            yield Page("\n".join(lines).encode(), lambda records=records: records)  # type: ignore[misc] # bound early

    def changes(self, since: object) -> Any:
        raise NotImplementedError

    def employee(self, record: bytes) -> snapshot.Employee:
        number, name, manager, iban = (record.decode() + "|||").split("|")[:4]
        if name == "!":
            raise UnreadableRecord("firstName", employee_id=number or None)
        return snapshot.Employee(
            id=number,
            first_name=name,
            work_email=f"{number}@co.example",
            status=Status.ACTIVE,
            manager_id=manager or None,
            bank_account=BankAccount(iban=iban) if iban else None,
        )


class Mirror:
    """A connection and its reads."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        with access.acting_for(entity.company_id):
            self.connection = Connection.objects.create(
                company_id=entity.company_id, tool="bamboohr", state=State.CONNECTED
            )

    def read(self, *lists: Sequence[str], broken_after: int | None = None, version: int = 1) -> Fetched:
        """One read of these pages, by a worker that knows only what was stored."""
        connector = Listed({}, None)  # type: ignore[arg-type] # sends nothing
        connector.lists, connector.broken_after = lists, broken_after
        connector.mapping_version = version  # type: ignore[misc] # as a new release would
        found = fetch(self.connection, connector, now=timezone.now(), progress=lambda _: None)
        with access.acting_for(self.entity.company_id):
            self.connection.refresh_from_db(fields=["set_aside"])
        return found

    def rows(self) -> dict[str, Employee]:
        with access.acting_for(self.entity.company_id):
            return {one.external_id: one for one in Employee.objects.filter(connection=self.connection)}

    def bytes(self) -> list[Any]:
        """All rows, with what wrote them."""
        with access.acting_for(self.entity.company_id), database.cursor() as cursor:
            cursor.execute(
                "SELECT xmin::text, ctid::text, to_jsonb(e) FROM connections_employee e ORDER BY id"
            )
            rows = list(cursor.fetchall())
            cursor.execute("SELECT to_jsonb(p) FROM connections_readpage p ORDER BY id")
            return [*rows, *cursor.fetchall()]

    def present(self) -> set[str]:
        return {number for number, one in self.rows().items() if one.absent_since is None}


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(two_companies().alice_entity)


FIRST = ["1|Ada", "2|Ben|1", "3|Cid|1"]
SECOND = ["4|Dee|2", "5|Eve|2"]


def test_new_people_are_read_once_and_an_unchanged_list_is_not_even_parsed(mirror: Mirror) -> None:
    first = mirror.read(FIRST, SECOND)
    assert (first.new, first.changed, first.absent, first.parsed, first.employees) == (5, 0, 0, 5, 5)
    before = mirror.bytes()
    second = mirror.read(FIRST, SECOND)
    assert (second.new, second.changed, second.parsed, second.known_pages, second.moved) == (
        0,
        0,
        0,
        2,
        False,
    )
    assert mirror.bytes() == before


def test_of_a_changed_page_only_the_changed_person_is_parsed_and_written(mirror: Mirror) -> None:
    mirror.read(FIRST, SECOND)
    before = {number: one.changed_at for number, one in mirror.rows().items()}
    read = mirror.read(FIRST, ["4|Dee|2", "5|Eva|2"])
    assert (read.new, read.changed, read.parsed, read.known_pages) == (0, 1, 1, 1)
    assert {n for n, one in mirror.rows().items() if one.changed_at != before[n]} == {"5"}


def test_inv6_people_who_move_to_another_page_are_neither_new_nor_gone(mirror: Mirror) -> None:
    """Invariant 6."""
    mirror.read(FIRST, SECOND)
    read = mirror.read(SECOND[::-1], [*FIRST[1:], FIRST[0]])
    assert (read.new, read.changed, read.absent) == (0, 0, 0)


def test_who_is_missing_is_noted_and_noted_back(mirror: Mirror) -> None:
    """Rule 5: a row stays, however long somebody is missing."""
    mirror.read(FIRST, SECOND)
    assert mirror.read(FIRST, ["4|Dee|2"]).absent == 1
    assert mirror.read([*FIRST, "6|Fay"], ["4|Dee|2"]).absent == 0
    assert mirror.rows()["5"].absent_runs == 2 and mirror.present() == {"1", "2", "3", "4", "6"}
    mirror.read([*FIRST, "6|Fay"], SECOND)
    assert mirror.rows()["5"].absent_runs == 0 and "5" in mirror.present()


def test_p3_the_same_person_twice_is_one_person(mirror: Mirror) -> None:
    """P3"""
    read = mirror.read(FIRST, ["3|Cid|1", "4|Dee|2"])
    assert (read.new, read.employees, list(read.set_aside)) == (4, 4, [])


@pytest.mark.parametrize("left", [["1|Ada"], ["1|Ada", "6|Fay"]])
def test_p3_rule1_whoever_stood_on_two_pages_is_there_when_only_one_of_them_is_left(
    mirror: Mirror, left: list[str]
) -> None:
    """P3, rule 1: a list that moved while it was read names somebody twice, the next one once, further down."""
    mirror.read(["1|Ada", "2|Bob"], ["2|Bob", "3|Cid"])
    for _ in range(3):
        assert mirror.read(left, ["2|Bob", "3|Cid"]).absent == 0
        assert mirror.present() >= {"1", "2", "3"}
    read = mirror.read(left, ["2|Bob", "3|Cid"])
    assert (read.known_pages, read.moved) == (2, False)


@pytest.mark.django_db(transaction=True)
def test_the_update_forgets_what_was_remembered_of_pages(owner_connection: psycopg.Connection) -> None:
    """As the tables' owner, whom the walls between companies keep out too."""
    mirror = Mirror(two_companies().alice_entity)
    mirror.read(FIRST, SECOND)
    assert mirror.read(FIRST, SECOND).known_pages == 2
    update = import_module("rollcall.connections.migrations.0020_pages_anew").Migration
    owner_connection.execute(update.operations[0].sql)
    read = mirror.read(FIRST, SECOND)
    assert (read.known_pages, read.new, read.changed, read.absent) == (0, 0, 0, 0)


def test_p8_inv20_one_number_with_two_contents_is_set_aside_and_counts_as_present(mirror: Mirror) -> None:
    """P8, invariant 20"""
    mirror.read(FIRST, SECOND)
    for _ in range(2):
        read = mirror.read(FIRST, [*SECOND, "3|Somebody else"])
        assert [one.id for one in read.set_aside] == ["3"] and read.absent == 0
        assert mirror.rows()["3"].first_name == "Cid" and "3" in mirror.present()


@pytest.mark.parametrize("again", [["1|Ada", "2|!", "3|Cid|1"], ["1|Ada", "2|!", "3|Cyd|1"]])
def test_e6_inv20_a_record_that_cannot_be_read_leaves_its_person_as_they_were(
    mirror: Mirror, again: list[str]
) -> None:
    """E6, invariant 20: also when the page comes again byte for byte, or with another change."""
    mirror.read(FIRST, SECOND)
    for page in (["1|Ada", "2|!", "3|Cid|1"], again, again):
        read = mirror.read(page, SECOND)
        assert [(one.id, one.field) for one in read.set_aside] == [("2", "firstName")]
        assert read.absent == 0 and mirror.rows()["2"].first_name == "Ben" and "2" in mirror.present()


@pytest.mark.parametrize("spoiled", [["2|!"], ["2|!", "|!"]])
def test_e6_inv20_whoever_was_missing_is_present_again_with_a_record_that_cannot_be_read(
    mirror: Mirror, spoiled: list[str]
) -> None:
    """E6, invariant 20: also beside a record without a number."""
    mirror.read(FIRST, SECOND)
    assert mirror.read(["1|Ada", "3|Cid|1"], SECOND).absent == 1 and "2" not in mirror.present()
    read = mirror.read(["1|Ada", *spoiled, "3|Cid|1"], SECOND)
    assert mirror.present() == {"1", "2", "3", "4", "5"} and read.employees == 5


def test_i1_rule1_while_somebody_without_a_number_is_listed_nobody_is_missing(mirror: Mirror) -> None:
    """I1: it might be anybody."""
    mirror.read(FIRST, SECOND)
    for _ in range(2):
        assert mirror.read(FIRST, ["|!", "5|Eve|2"]).absent == 0
        assert mirror.present() == {"1", "2", "3", "4", "5"}


def test_p1_p6_an_empty_list_is_an_error_once_people_are_known(mirror: Mirror) -> None:
    """P1, P6"""
    assert mirror.read([]).employees == 0
    mirror.read(FIRST)
    before = mirror.bytes()
    with pytest.raises(EmptyList):
        mirror.read([])
    assert mirror.bytes() == before


def test_p2_a1_a_read_that_breaks_off_leaves_the_mirror_as_it_was(mirror: Mirror) -> None:
    """P2, A1"""
    mirror.read(FIRST, SECOND)
    before = mirror.bytes()
    with pytest.raises(Incomplete):
        mirror.read(["1|Changed", "9|New"], SECOND, broken_after=1)
    assert mirror.bytes() == before


def test_m1_m2_managers_in_a_circle_are_flagged_until_the_circle_is_cut(mirror: Mirror) -> None:
    """M1, M2: who hangs below a circle is not in it."""
    mirror.read(["1|Ada|3", "2|Ben|1", "3|Cid|2", "4|Dee|3", "5|Eve|5", "6|Fay|99"])
    assert {n for n, one in mirror.rows().items() if one.manager_in_loop} == {"1", "2", "3", "5"}
    mirror.read(["1|Ada|", "2|Ben|1", "3|Cid|2", "4|Dee|3", "5|Eve|1", "6|Fay|99"])
    assert not any(one.manager_in_loop for one in mirror.rows().values())


def test_a_new_version_of_the_mapping_parses_everybody_and_changes_nobody(mirror: Mirror) -> None:
    mirror.read(FIRST, SECOND)
    before = {number: one.changed_at for number, one in mirror.rows().items()}
    read = mirror.read(FIRST, SECOND, version=2)
    assert (read.parsed, read.new, read.changed, read.absent) == (5, 0, 0, 0)
    assert {number: one.changed_at for number, one in mirror.rows().items()} == before
    assert mirror.read(FIRST, SECOND, version=2).parsed == 0


def test_asking_for_other_fields_reads_everybody_again(mirror: Mirror) -> None:
    mirror.read(FIRST)
    mirror.connection.wanted = {"leave_out": ["bank_account"]}
    assert mirror.read(FIRST).parsed == 3


def test_z3_v7_an_account_is_sealed_and_an_impossible_one_is_never_taken(mirror: Mirror) -> None:
    """Z3, V7"""
    mirror.read([f"1|Ada||{IBAN}", "2|Ben||DE00370400440532013000"])
    one, other = mirror.rows()["1"], mirror.rows()["2"]
    assert one.bank_sealed and one.bank_digest and one.bank_mask == f"DE89 •••• {IBAN[-4:]}"
    assert (other.bank_sealed, other.bank_digest) == (None, None) and other.bank_mask
    with access.acting_for(mirror.entity.company_id), database.cursor() as cursor:
        cursor.execute("SELECT e::text FROM connections_employee e")
        text = "".join(row[0] for row in cursor.fetchall())
    assert IBAN not in text and IBAN.encode().hex() not in text and IBAN[4:-4] not in text


def test_inv18_two_companies_with_the_same_numbers_have_a_mirror_each() -> None:
    """Invariant 18"""
    two = two_companies()
    one, other = Mirror(two.alice_entity), Mirror(two.charlie_entity)
    one.read(FIRST)
    other.read(["1|Zoe"])
    assert one.rows()["1"].first_name == "Ada" and one.read(FIRST).parsed == 0
    assert other.rows().keys() == {"1"}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fault", "mode"), [("E2", ""), ("E3", "controls"), ("E3", "rtl"), ("E3", "emoji"), ("E4", "")]
)
def test_e2_e3_e4_odd_names_never_stop_the_others(flow: Flow, fault: str, mode: str) -> None:
    """E2-E4"""
    (struck,) = flow.fault(fault, mode=mode)
    flow.connect()
    run = flow.run("first")
    assert run.error == "" and run.seen["employees"] + run.seen["set_aside"] >= 30
    stored = flow.get(lambda: Employee.objects.filter(external_id=str(struck)).first())
    name = stored.first_name if stored else ""
    assert "\x00" not in name and "\x07" not in name and len(name) < 10_000


def test_e6_wrong_types_set_one_record_aside_and_name_the_field(flow: Flow) -> None:
    """E6: the person counts as present, this time and the next."""
    flow.go_live()
    (struck,) = flow.fault("E6")
    for _ in range(2):
        run = flow.run()
        assert run.error == "" and run.seen["set_aside"] == 1 and run.seen["absent"] == 0
        assert flow.connection().set_aside[0]["id"] == str(struck)
    assert flow.employee(struck).absent_since is None


def test_e9_an_id_gone_from_every_record_ends_the_run(flow: Flow) -> None:
    """E9: one error, not thirty people set aside."""
    flow.go_live()
    before = flow.people()
    flow.fault("E9")
    assert flow.run().error in ("not_understood", "incomplete")
    assert flow.people() == before
