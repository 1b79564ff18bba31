"""A server between Rollcall and a simulated HR tool, which hands everything on and may spoil the answers.

What the tool's own faults do not know is done here: any header, any value in any record.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import pytest

from rollcall.simulators.loopback import LOOPBACK
from tests.connectors.loopback import Asked, Reply, Scripted
from tests.sync.flow import Flow

# a request, and the tool's answer to it: what is said instead
Spoil: TypeAlias = Callable[[Asked, Reply], Reply]
_KEPT = ("content-type", "retry-after", "date", "location")


def honest(_asked: Asked, reply: Reply) -> Reply:
    """Say what the tool says."""
    return reply


class Spoiling:
    """`spoil` may be changed between two runs; `asked` counts the requests since then."""

    def __init__(self, flow: Flow) -> None:
        self.spoil: Spoil = honest
        self._tool = flow.sim.url(flow.tool)
        self._server = Scripted(self._answer)
        self.url = self._server.url

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    def _answer(self, asked: Asked) -> Reply:
        headers = {
            name: text
            for name, text in asked.headers.items()
            if name.lower() not in ("host", "accept-encoding")
        }
        got = LOOPBACK.request(
            asked.method, self._tool + asked.path, params=asked.params, headers=headers, content=asked.body
        )
        kept = {name.title(): got.headers[name] for name in _KEPT if name in got.headers}
        return self.spoil(asked, (got.status_code, got.content, kept))

    def stop(self) -> None:
        self._server.stop()


@contextmanager
def between(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spoiling]:
    """Stand between Rollcall and the tool from now on."""
    made = Spoiling(flow)
    monkeypatch.setenv(f"ROLLCALL_BASE_URL_{flow.tool.upper()}", made.url)
    try:
        yield made
    finally:
        made.stop()


def every_list(status: int, body: bytes | object = b"", **headers: str) -> Spoil:
    """Answer this instead of each page of people of BambooHR."""
    named = {name.replace("_", "-").title(): text for name, text in headers.items()}

    def spoil(asked: Asked, reply: Reply) -> Reply:
        return (status, body, named) if is_list(asked) else reply

    return spoil


def is_list(asked: Asked) -> bool:
    """Tell whether a page of people was asked for."""
    return asked.path.endswith("/datasets/employee/data")


def each_row(change: Callable[[int, dict[str, Any]], None]) -> Spoil:
    """Change the fields of each person of BambooHR, given their number in the list."""

    def spoil(asked: Asked, reply: Reply) -> Reply:
        if not is_list(asked):
            return reply
        page = json.loads(reply[1])
        for number, row in enumerate(page["data"]):
            change(number, row["fields"])
        return (200, json.dumps(page).encode(), {"Content-Type": "application/json"})

    return spoil
