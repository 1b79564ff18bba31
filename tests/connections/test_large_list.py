"""T9: an honest answer of 100,000 people, in the memory of a few pages."""

import resource
import time
from collections.abc import Iterator

import pytest
from django.utils import timezone

from rollcall.connections.fetch import fetch
from rollcall.connectors.base import Page
from tests.accounts.people import two_companies
from tests.connections.test_fetch import Listed, Mirror

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PEOPLE, PAGE = 100_000, 1_000


def _memory() -> float:
    """The most this process ever used, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Many(Listed):
    """Makes its pages when they are asked for, as a tool does."""

    def pages(self) -> Iterator[Page]:
        for first in range(0, PEOPLE, PAGE):
            records = [f"{number}|Ada{number}".encode() for number in range(first, first + PAGE)]
            yield Page(b"\n".join(records), lambda records=records: records)  # type: ignore[misc] # bound early


def test_t9_a_hundred_thousand_people_are_read_in_the_memory_of_a_few_pages() -> None:
    """Twice: everybody new, then nobody changed."""
    mirror = Mirror(two_companies().alice_entity)
    told: list[int] = []
    for new in (PEOPLE, 0):
        connector = Many({}, None)  # type: ignore[arg-type] # sends nothing
        began, before = time.monotonic(), _memory()
        read = fetch(mirror.connection, connector, now=timezone.now(), progress=told.append)
        assert (read.employees, read.new, read.absent) == (PEOPLE, new, 0)
        assert _memory() - before < 100, "MB more than before"
        assert time.monotonic() - began < 300
    # the page that shows the progress is told after each page of the list
    assert len(told) == 2 * PEOPLE // PAGE
