"""Reads with few changes find what a look at everybody finds: loops, absences, and what lists of changes told of."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.fetch import fetch_changes
from rollcall.connections.loops import mark_loops
from rollcall.connections.models import ReadPage
from rollcall.connections.reading import Fetched
from rollcall.connectors.base import Delta
from tests.accounts.people import two_companies
from tests.connections.test_fetch import Listed, Mirror

pytestmark = pytest.mark.django_db

PAGE = 40


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(two_companies().alice_entity)


class Told(Listed):
    """A tool that tells what changed."""

    told: Sequence[str] = ()

    def changes(self, since: object) -> Any:
        return Delta(records=[line.encode() for line in self.told], deleted=(), next_since=timezone.now())


def tell(mirror: Mirror, *lines: str) -> Fetched:
    """One list of changes."""
    connector = Told({}, None)  # type: ignore[arg-type] # sends nothing
    connector.told, connector.mapping_version = lines, 1  # type: ignore[misc]
    found = fetch_changes(
        mirror.connection, connector, since=timezone.now(), now=timezone.now(), progress=lambda _: None
    )
    assert found is not None
    return found[0]


def pages(lines: Sequence[str]) -> list[Sequence[str]]:
    return [lines[at : at + PAGE] for at in range(0, len(lines), PAGE)]


def company(managers: dict[int, int | None], names: dict[int, str]) -> list[str]:
    return [f"{n}|{names.get(n, 'Ada')}|{manager or ''}" for n, manager in sorted(managers.items())]


def above_themselves(managers: dict[int, int | None]) -> set[str]:
    found = set()
    for person, manager in managers.items():
        seen, at = set(), manager
        while at is not None and at in managers and at not in seen and at != person:
            seen.add(at)
            at = managers[at]
        if at == person:
            found.add(str(person))
    return found


def flagged(mirror: Mirror) -> set[str]:
    return {number for number, one in mirror.rows().items() if one.manager_in_loop}


def look_at_everybody(mirror: Mirror) -> set[str]:
    with access.acting_for(mirror.entity.company_id), database.cursor() as cursor:
        mark_loops(cursor, mirror.connection.pk)
    return flagged(mirror)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(6))
def test_m1_m2_m3_few_changes_leave_the_loops_that_a_look_at_everybody_finds(
    mirror: Mirror, seed: int
) -> None:
    """M1, M2, M3: managers change, people come and go, by full reads and by lists of changes."""
    rng = random.Random(seed)
    managers: dict[int, int | None] = {n: rng.choice([None, *range(1, 260)]) for n in range(1, 240)}
    mirror.read(*pages(company(managers, {})))
    assert flagged(mirror) == above_themselves(managers) == look_at_everybody(mirror)
    for _ in range(4):
        moved = rng.sample(sorted(managers), 3)
        moved += [max(managers) + 1]
        for person in moved:
            managers[person] = rng.choice([None, person, *rng.sample(sorted(managers), 5)])
        if rng.random() < 0.5:
            mirror.read(*pages(company(managers, {})))
        else:
            tell(mirror, *(f"{n}|Ada|{managers[n] or ''}" for n in moved))
        assert flagged(mirror) == above_themselves(managers)
        assert look_at_everybody(mirror) == above_themselves(managers)


def test_inv6_of_a_page_that_has_changed_only_the_changed_record_is_parsed(mirror: Mirror) -> None:
    """Also when somebody new stands before them, so that every page begins elsewhere."""
    managers: dict[int, int | None] = dict.fromkeys(range(10, 330))
    mirror.read(*pages(company(managers, {})))
    read = mirror.read(*pages(company(managers, {15: "Bea", 301: "Cid"})))
    assert (read.parsed, read.changed, read.new, read.absent, read.known_pages) == (2, 2, 0, 0, 6)
    managers[1] = None
    read = mirror.read(*pages(company(managers, {15: "Bea", 301: "Cid"})))
    assert (read.parsed, read.changed, read.new, read.absent) == (1, 0, 1, 0)
    assert mirror.read(*pages(company(managers, {15: "Bea", 301: "Cid"}))).moved is False


@pytest.mark.parametrize("shuffles", range(3))
def test_inv6_in_any_order_nobody_is_new_gone_or_changed(mirror: Mirror, shuffles: int) -> None:
    """Invariant 6: also from one shuffled order to another."""
    rng = random.Random(shuffles)
    lines = company(dict.fromkeys(range(1, 300)), {})
    for _ in range(3):
        read = mirror.read(*pages(lines))
        assert (read.new, read.changed, read.absent) in {(299, 0, 0), (0, 0, 0)}
        assert len(mirror.present()) == read.employees == 299
        lines = rng.sample(lines, len(lines))


def test_rule1_rule5_who_is_missing_is_found_whatever_is_remembered_of_pages(mirror: Mirror) -> None:
    """Rules 1 and 5: on a page that changed, on one that is gone, and with no page known at all."""
    managers: dict[int, int | None] = dict.fromkeys(range(1, 241))
    mirror.read(*pages(company(managers, {})))
    del managers[7]
    read = mirror.read(*pages(company(managers, {})))
    assert (read.absent, read.employees) == (1, 239)
    assert mirror.read(*pages(company(managers, {}))[:-1]).absent == 39
    with access.acting_for(mirror.entity.company_id):
        ReadPage.objects.all().delete()
    read = mirror.read(*pages(company(managers, {})))
    assert (read.absent, read.employees, read.parsed) == (0, 239, 0)
    assert mirror.present() == set(map(str, managers))


def test_p7_what_was_told_of_is_looked_at_again_by_the_next_full_read(mirror: Mirror) -> None:
    """P7: pages with an older record come again byte for byte, and somebody told of is not listed any more."""
    lines = company(dict.fromkeys(range(1, 201)), {})
    mirror.read(*pages(lines))
    told = tell(mirror, "5|Bea", "500|New")
    assert (told.changed, told.new, told.employees, told.full) == (1, 1, 201, False)
    assert tell(mirror, "500|New").moved is False
    read = mirror.read(*pages(lines))
    assert (read.changed, read.absent, read.employees, read.known_pages) == (1, 1, 200, 4)
    assert mirror.rows()["5"].first_name == "Ada" and "500" not in mirror.present()
    assert mirror.read(*pages(lines)).known_pages == 5


def test_i8_rule5_somebody_told_of_is_back_and_counted(mirror: Mirror) -> None:
    lines = company(dict.fromkeys(range(1, 101)), {})
    mirror.read(*pages(lines))
    assert mirror.read(*pages(lines[1:])).employees == 99
    assert tell(mirror, lines[0]).employees == 100
    assert "1" in mirror.present()


def test_a_read_without_a_change_makes_no_table(mirror: Mirror) -> None:
    lines = company(dict.fromkeys(range(1, 101)), {})
    mirror.read(*pages(lines))
    before = mirror.bytes()
    sent: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql)
        return execute(sql, params, many, context)

    with database.execute_wrapper(note):
        assert mirror.read(*pages(lines)).moved is False
    assert not any("CREATE" in sql or "DROP" in sql for sql in sent)
    assert mirror.bytes() == before


def test_t9_a_list_of_changes_asks_for_nobody_but_those_it_tells_of(mirror: Mirror) -> None:
    """T9: the same statements, and not one that scans the mirror or its pages, however many people there are."""
    counts = []
    for people in (100, 1500):
        mirror.read(*pages(company(dict.fromkeys(range(1, people + 1)), {})))
        with access.acting_for(mirror.entity.company_id), database.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
        sent: list[str] = []

        def note(
            execute: Any, sql: str, params: Any, many: bool, context: Any, sent: list[str] = sent
        ) -> Any:
            sent.append(sql)
            return execute(sql, params, many, context)

        with database.execute_wrapper(note):
            assert tell(mirror, f"3|Bea{people}", f"4|Cid{people}").changed == 2
        assert not any(
            "unnest(q.employees)" in sql or "count(*) FROM connections_employee WHERE connection_id" in sql
            for sql in sent
        )
        counts.append(len(sent))
    assert counts[0] == counts[1]
