"""Explains the statements of a run after a few changes; run by ``measuring.child`` in a process of its own.

Takes ``Work`` as JSON on standard input and prints a list of ``Explained``.
"""

import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from django.db import connection as database
from django.db import transaction

from benchmarks.companies import flow
from benchmarks.explain.statements import STATEMENTS, Explained, Work
from benchmarks.measuring.ground import Tool
from benchmarks.measuring.session import vacuum
from rollcall.accounts import access
from rollcall.connections.models import Connection, Tally
from rollcall.sync.models import Run

CHANGED: Final = 20
_EXPLAIN: Final = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF)"
_WALL: Final = re.compile(r"SELECT set_config\([^;]*; ")
_LONG: Final = 200


class _Explaining:
    """Explains each statement of ``STATEMENTS`` when it is first sent; what the explaining wrote is taken back."""

    def __init__(self) -> None:
        self.found: dict[str, Explained] = {}

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        name = next((one.name for one in STATEMENTS if re.search(one.pattern, sql, re.DOTALL)), "")
        if name and name not in self.found and not sql.startswith("DECLARE"):
            self.found[name] = self._explained(name, str(sql), params)
        return execute(sql, params, many, context)

    def _explained(self, name: str, sql: str, params: Any) -> Explained:
        self.found[name] = Explained(name=name, plan=(), seconds=0)
        with transaction.atomic(), database.cursor() as cursor:
            begun = time.perf_counter()
            # Some statements travel with the one that opens the company's wall.
            wall = found[0] if (found := _WALL.match(sql)) else ""
            asked = sql.removeprefix(wall)
            cursor.execute(f"{wall}{_EXPLAIN} {asked}", params)
            if wall:
                cursor.nextset()
            rows = [str(row[0]) for row in cursor.fetchall()]
            seconds = time.perf_counter() - begun
            transaction.set_rollback(True)
        return Explained(name=name, plan=tuple(_short(row) for row in rows), seconds=seconds)


def _short(row: str) -> str:
    return row if len(row) <= _LONG else f"{row[:_LONG]} ..."


def explain(work: Work) -> list[Explained]:
    """Let everybody be invited, change a few people, and explain what the next run sends."""
    connection = flow.invited(work.credentials)
    flow.read(connection, "clock")
    tool = Tool(os.environ["ROLLCALL_BASE_URL_BAMBOOHR"], work.credentials)
    tool.control("change", {"ids": _some(connection), "fields": {"job_title": "Baker"}})
    tool.control("hire", {"n": 5})
    vacuum()
    with access.acting_for(connection.company_id):
        Connection.objects.update(full_read_at=None)
        # as at midnight: nothing to go on from, everybody is looked at
        Run.objects.update(levels={})
        Tally.objects.update(marks="")
    explaining = _Explaining()
    with database.execute_wrapper(explaining):
        flow.read(connection, "clock")
    return [explaining.found[one.name] for one in STATEMENTS if one.name in explaining.found]


def _some(connection: Connection) -> list[int]:
    with access.acting_for(connection.company_id), database.cursor() as cursor:
        cursor.execute(
            "SELECT employee_id::int FROM directory_link ORDER BY md5(employee_id) LIMIT %s", [CHANGED]
        )
        return [row[0] for row in cursor.fetchall()]


if __name__ == "__main__":
    done = explain(msgspec.json.decode(sys.stdin.buffer.read(), type=Work))
    sys.stdout.write(msgspec.json.encode(done).decode())
