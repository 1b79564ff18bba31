"""How much a run may receive, by how many people there are."""

from rollcall.connections.opening import limits_of
from rollcall.connectors import catalogue

RECORD = 4 * 1024
"""Bytes of a long record."""


def test_t8_a_run_of_a_small_company_has_the_room_of_its_tool() -> None:
    for name, connector in catalogue.TOOLS.items():
        assert limits_of(name, people=5_000).run_bytes == connector.http_limits.run_bytes


def test_t8_a_run_of_a_million_people_has_room_for_two_looks_and_an_answer_none_for_more() -> None:
    for name, connector in catalogue.TOOLS.items():
        limits = limits_of(name, people=1_000_000)
        assert limits.run_bytes >= 2 * 1_000_000 * RECORD
        assert limits.response_bytes == connector.http_limits.response_bytes
