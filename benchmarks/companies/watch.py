"""Measures phases of this process: time, statements, rows written, and the peak of memory."""

import cProfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

from django.db import connection as database

from benchmarks.companies.report import Phase
from benchmarks.measuring import peak
from rollcall.accounts import access

T = TypeVar("T")
_SHOWN: Final = 150  # of a statement, in the list of the slowest


class Watch:
    """Measures phases one after the other."""

    def __init__(
        self,
        company_id: int,
        profiles: str,
        around: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """``around`` makes what is entered around the work of a phase of that name, such as a clock elsewhere."""
        self._around = around
        self.phases: list[Phase] = []
        self._company_id = company_id
        self._profiles = profiles
        self._statements = 0
        self._spent: dict[str, float] = defaultdict(float)

    def measure(self, name: str, work: Callable[[], T]) -> T:
        """Do ``work`` and note what it cost this process."""
        marks = {table: self._newest(table) for table in ("directory_member", "directory_link")}
        self._statements = 0
        self._spent.clear()
        peak.forget()
        profile = cProfile.Profile() if self._profiles else None
        cpu, clock = time.process_time(), time.perf_counter()
        with database.execute_wrapper(self._count), profile or nullcontext(), self._around(name):
            result = work()
        seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
        peak_mb = peak.highest_mb()
        if profile:
            profile.dump_stats(Path(self._profiles) / f"{name}.prof")
            slowest = sorted(((spent, query) for query, spent in self._spent.items()), reverse=True)[:20]
            (Path(self._profiles) / f"{name}.statements").write_text(
                "".join(f"{spent:8.2f} {query}\n" for spent, query in slowest), encoding="utf-8"
            )
        members, links = (self._written(table, mark) for table, mark in marks.items())
        self.phases.append(
            Phase(
                name=name,
                seconds=seconds,
                cpu=cpu,
                statements=self._statements,
                peak_mb=peak_mb,
                members=members,
                links=links,
            )
        )
        return result

    def _count(self, execute: Callable[..., Any], query: str, params: Any, many: bool, context: Any) -> Any:
        self._statements += 1
        before = time.perf_counter()
        try:
            return execute(query, params, many, context)
        finally:
            self._spent[" ".join(query.split())[:_SHOWN]] += time.perf_counter() - before

    def _newest(self, table: str) -> int:
        return self._ask(f"SELECT coalesce(max(xmin::text::bigint), 0) FROM {table}", [])

    def _written(self, table: str, since: int) -> int:
        return self._ask(f"SELECT count(*) FROM {table} WHERE xmin::text::bigint > %s", [since])

    def _ask(self, query: str, params: list[int]) -> int:
        with access.acting_for(self._company_id), database.cursor() as cursor:
            cursor.execute(query, params)
            return int(cursor.fetchone()[0])
