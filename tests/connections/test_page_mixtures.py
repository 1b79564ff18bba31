"""Lists that come in any order, doubled, contradicting, with holes that nobody can read: who is listed is present.

Rows P3, P8, E6 and I1 of the fault catalogue in any mixture, over several reads of the same company. ``LISTS`` sets how
many are tried (30; ``scripts/soak`` tries 2,000).
"""

import os
from collections.abc import Sequence

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.connections import known_pages
from tests.accounts.people import two_companies
from tests.connections.test_fetch import Mirror

pytestmark = pytest.mark.django_db

NUMBERS = tuple(str(number) for number in range(1, 9))


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[list[str]], set[str], set[str], bool]:
    """Pages of people, who is on them, who of them may change, and whether somebody unreadable has no number."""
    there = draw(st.lists(st.sampled_from(NUMBERS), unique=True, min_size=1))
    rows, sure, nameless = [], set(), False
    for number in there:
        kinds = draw(st.sampled_from(("once", "again", "other", "unreadable")))
        name = draw(st.sampled_from("AB"))
        rows.append(f"{number}|!" if kinds == "unreadable" else f"{number}|{name}")
        if kinds == "again":
            rows.append(rows[-1])
        elif kinds == "other":
            rows.append(f"{number}|Another")
        if kinds in ("once", "again"):
            sure.add(number)
    if draw(st.booleans()):
        rows.append("|!")
        nameless = True
    rows = draw(st.permutations(rows))
    size = draw(st.integers(1, len(rows)))
    return [list(rows[at : at + size]) for at in range(0, len(rows), size)], set(there), sure, nameless


def _check(mirror: Mirror, reads: Sequence[tuple[list[list[str]], set[str], set[str], bool]]) -> None:
    known: dict[str, str] = {}
    present: set[str] = set()
    for pages, there, sure, nameless in reads:
        read = mirror.read(*pages)
        rows = mirror.rows()
        said = {row.split("|")[0]: row.split("|")[1] for page in pages for row in page if "!" not in row}
        # whoever is listed is never missing, and is changed only by what cannot be misunderstood
        listed = there & rows.keys()
        assert (listed & present) | sure <= mirror.present()
        for number in sure:
            assert rows[number].first_name == said[number]
        for number in (known.keys() & there) - sure:
            assert rows[number].first_name == known[number]
        assert {one.id for one in read.set_aside if one.id} == there - sure
        assert not (there - sure - known.keys()) & rows.keys()
        if nameless:
            # they might be anybody
            assert present - mirror.present() == set()
        else:
            assert mirror.present() <= listed
        known = {number: one.first_name or "" for number, one in rows.items()}
        present = mirror.present()


@pytest.mark.thorough
@settings(
    max_examples=int(os.environ.get("LISTS") or 30), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(
    reads=st.lists(lists(), min_size=1, max_size=4),
    few=st.sampled_from((0, 2, 50)),
    alone=st.sampled_from((0, 1, 8)),
    at_once=st.sampled_from((1, 4, 8_000)),
)
def test_p3_p8_e6_i1_inv6_inv20_rule1_whoever_is_listed_is_present_in_any_mixture(
    db: None,
    reads: list[tuple[list[list[str]], set[str], set[str], bool]],
    few: int,
    alone: int,
    at_once: int,
) -> None:
    """The sizes from which pages and records are looked for together are drawn too: the lists are short."""
    with pytest.MonkeyPatch.context() as sizes, transaction.atomic():
        sizes.setattr(known_pages, "_FEW", few)
        sizes.setattr(known_pages, "_ALONE", alone)
        sizes.setattr(known_pages, "_AT_ONCE", at_once)
        _check(Mirror(two_companies().alice_entity), reads)
        transaction.set_rollback(True)


def test_p3_p8_e6_i1_inv20_a_list_with_all_of_it_at_once_takes_nobody_away(db: None) -> None:
    mirror = Mirror(two_companies().alice_entity)
    whole = ([[f"{number}|A" for number in NUMBERS]], set(NUMBERS), set(NUMBERS), False)
    mixed = (
        [["8|B", "1|A", "2|!"], ["1|A", "3|A", "3|B"], ["|!"], ["4|B", "2|!"]],
        {"8", "1", "2", "3", "4"},
        {"8", "1", "4"},
        True,
    )
    _check(mirror, [whole, mixed, mixed, whole])
    assert mirror.present() == set(NUMBERS)
