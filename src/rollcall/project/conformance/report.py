"""Runs the checks and says what was seen, in lines a person can read."""

import time
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from rollcall.connectors.errors import SourceError
from rollcall.project.conformance.check import Check, Failed, NotApplicable
from rollcall.project.conformance.checks import CHECKS
from rollcall.project.conformance.subject import (
    PEOPLE,
    SEVERAL_PAGES,
    SEVERAL_PAGES_ELSEWHERE,
    Subject,
    stand_in,
)


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "ok"
    FAILED = "FAILED"
    NOT_APPLICABLE = "n/a"


class Outcome(Struct, frozen=True, kw_only=True):
    """One line of the report."""

    title: str
    verdict: Verdict
    remark: str
    seconds: float


_MARKS: Final = {Verdict.PASSED: "ok    ", Verdict.FAILED: "FAILED", Verdict.NOT_APPLICABLE: "n/a   "}


def against_stand_in(tool: str, way: str = "", checks: Iterable[Check] = CHECKS) -> Iterator[Outcome]:
    """Yield the outcome of every check. Raises ``KeyError`` for a tool without one."""
    many = SEVERAL_PAGES.get(tool, SEVERAL_PAGES_ELSEWHERE)
    with stand_in(tool, PEOPLE, way) as few, stand_in(tool, many, way) as crowd:
        for check in checks:
            if check.alters:
                with stand_in(tool, many if check.several_pages else PEOPLE, way) as own:
                    yield outcome(check, own)
                continue
            subject = crowd if check.several_pages else few
            yield outcome(check, subject)
            subject.heal()


def against_tool(subject: Subject, checks: Iterable[Check] = CHECKS) -> Iterator[Outcome]:
    """Yield the outcome of the checks that only read, against the real tool."""
    for check in checks:
        if not check.stand_in:
            yield outcome(check, subject)


def outcome(check: Check, subject: Subject) -> Outcome:
    """Run one check."""
    begun = time.monotonic()
    try:
        verdict, remark = Verdict.PASSED, check.run(subject)
    except NotApplicable as reason:
        verdict, remark = Verdict.NOT_APPLICABLE, str(reason)
    except Failed as failure:
        verdict, remark = Verdict.FAILED, str(failure)
    except SourceError as error:
        verdict, remark = Verdict.FAILED, f"{type(error).__name__}: {error.sentence()} [{error.detail}]"
    return Outcome(title=check.title, verdict=verdict, remark=remark, seconds=time.monotonic() - begun)


def told(outcomes: Iterable[Outcome], say: Callable[[str], None]) -> bool:
    """Say each outcome as it comes, then the sum; return whether nothing failed."""
    count = dict.fromkeys(Verdict, 0)
    for one in outcomes:
        count[one.verdict] += 1
        say(f"{_MARKS[one.verdict]}  {one.title}{f' — {one.remark}' if one.remark else ''}")
    say(
        f"\n{count[Verdict.PASSED]} passed, {count[Verdict.FAILED]} failed,"
        f" {count[Verdict.NOT_APPLICABLE]} do not apply"
    )
    return not count[Verdict.FAILED]
