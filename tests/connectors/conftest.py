"""Servers that stop with the test."""

from collections.abc import Callable, Iterator

import pytest

from tests.connectors.loopback import Company, Script, Scripted


@pytest.fixture
def scripted() -> Iterator[Callable[[Script], Scripted]]:
    """Start scripted servers; they stop with the test."""
    running: list[Scripted] = []

    def begin(script: Script) -> Scripted:
        running.append(Scripted(script))
        return running[-1]

    yield begin
    for each in running:
        each.stop()


@pytest.fixture
def company() -> Iterator[Callable[[str, int], Company]]:
    """Start simulated companies; they stop with the test."""
    running: list[Company] = []

    def begin(tool: str, people: int) -> Company:
        running.append(Company(tool, people))
        return running[-1]

    yield begin
    for each in running:
        each.stop()
