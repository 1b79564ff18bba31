"""Every connector does what every connector must do; and the kit notices one that does not."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from msgspec import UNSET, structs

from rollcall.connectors.base import Page
from rollcall.connectors.catalogue import TOOLS
from rollcall.connectors.errors import SourceError
from rollcall.connectors.payfit.connector import PayFit
from rollcall.engine.snapshot import Employee, Status
from rollcall.project.conformance.check import Check
from rollcall.project.conformance.checks import CHECKS
from rollcall.project.conformance.report import Verdict, against_stand_in, outcome
from rollcall.project.conformance.subject import Subject, stand_in, ways

pytestmark = pytest.mark.thorough

API = sorted(key for key, kind in TOOLS.items() if kind.tool.kind == "api")
WAYS = [(tool, way) for tool in API for way in ways(tool)]


@pytest.mark.parametrize(("tool", "way"), WAYS)
def test_a_connector_passes_every_check(tool: str, way: str) -> None:
    failed = [one for one in against_stand_in(tool, way) if one.verdict is Verdict.FAILED]
    assert failed == []


def check(title: str) -> Check:
    return next(one for one in CHECKS if one.title.startswith(title))


class Forgetful(PayFit):
    """Leaves the last page away and says nothing."""

    def pages(self) -> Iterator[Page]:
        pages = list(super().pages())
        yield from pages[:-1]


class Emptying(PayFit):
    """Takes what it may not see for empty."""

    def employee(self, record: bytes) -> Employee:
        found = super().employee(record)
        return structs.replace(found, bank_account=None) if found.bank_account is UNSET else found


class Guessing(PayFit):
    """Takes a status it does not know for a leaver."""

    def employee(self, record: bytes) -> Employee:
        found = super().employee(record)
        if found.status != Status.UNKNOWN:
            return found
        return structs.replace(found, status=Status.INACTIVE, end_date=None, last_working_day=None)


class Trusting(PayFit):
    """Takes whatever comes for a list."""

    def pages(self) -> Iterator[Page]:
        with suppress(SourceError):
            yield from super().pages()


@pytest.mark.parametrize(
    ("broken", "title", "verdict"),
    [
        (Forgetful, "Everybody is read", Verdict.FAILED),
        (Forgetful, "T5: a failing server, once", Verdict.FAILED),
        (Emptying, "Fields that are hidden", Verdict.FAILED),
        (Guessing, "A status nobody knows", Verdict.FAILED),
        (Trusting, "E9: no record has an id", Verdict.FAILED),
        (Forgetful, "Another company", Verdict.PASSED),
    ],
)
def test_the_kit_notices_a_connector_that_does_harm(
    broken: type[PayFit], title: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TOOLS, "payfit", broken)
    tried = check(title)
    with stand_in("payfit") as subject:
        assert outcome(tried, subject).verdict is verdict


def test_the_command_prints_a_report_and_ends_well() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rollcall.project", "conformance", "hibob"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0
    assert "HiBob, its stand-in" in done.stdout
    assert "ok      Everybody is read — 120 people" in done.stdout
    assert ", 0 failed, " in done.stdout


def test_with_credentials_the_tool_itself_is_only_read() -> None:
    with stand_in("bamboohr") as subject:
        arguments = [f"--credential={name}={value}" for name, value in subject.credentials.items()]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "rollcall.project", "conformance", "bamboohr"),
                *arguments,
                *("--base-url", subject.base_url or ""),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        methods = {(one["method"], one["path"]) for one in subject._get("requests")["requests"]}
    assert done.returncode == 0, done.stdout
    assert "reading only" in done.stdout
    assert "T5" not in done.stdout
    assert all(method == "GET" or "/datasets/" in path for method, path in methods)


def test_a_key_that_the_tool_refuses_is_told_and_fails() -> None:
    with stand_in("bamboohr") as subject:
        wrong = Subject("bamboohr", {**subject.credentials, "api_key": "wrong"}, subject.base_url, None)
        said = outcome(CHECKS[0], wrong)
    assert said.verdict is Verdict.FAILED
    assert "does not accept these credentials" in said.remark
