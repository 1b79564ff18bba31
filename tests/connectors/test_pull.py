"""The command ``pull``: everybody as JSON lines, or nothing on stdout and a status that says why."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner

from rollcall.project.pull import pull

KEY = ("--credential", "subdomain=acme", "--credential", "api_key=k")


def run(*arguments: str, **environment: str) -> Any:
    return CliRunner().invoke(pull, list(arguments), env={"ROLLCALL_ALLOW_HOSTS": None, **environment})


def credentials(company: Any) -> Sequence[str]:
    return [part for pair in company.credentials.items() for part in ("--credential", "=".join(pair))]


def bamboo(*people: Any, feed: Any = None) -> Any:
    """Return a script of one page of people."""
    found = [{"fields": each} for each in people]
    names = sorted({name for each in people for name in each} | {"eeid"})

    def script(asked: Any) -> Any:
        if asked.path.endswith("/fields"):
            return 200, {"fields": [{"name": name} for name in names]}
        if asked.path.endswith("/changed"):
            return 200, feed
        return 200, {
            "data": found,
            "meta": {"totalPages": 1, "totalItems": len({str(p.get("eeid")) for p in people})},
        }

    return script


def test_everybody_is_printed_as_one_json_object_a_line(company: Any) -> None:
    acme = company("personio", 230)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from rollcall.project.pull import pull; pull()",
            "personio",
            *credentials(acme),
            "--base-url",
            acme.url,
        ],
        capture_output=True,
        check=False,
        env={name: text for name, text in os.environ.items() if not name.startswith("ROLLCALL_")},
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["id"] for line in lines} == {str(each["id"]) for each in acme.people()}
    assert b"complete: 230 people, 0 set aside" in done.stderr
    assert b"200 records" in done.stderr
    assert all(line["custom"] is not None for line in lines)


def test_it_needs_neither_django_nor_a_database() -> None:
    code = "import sys, rollcall.project.pull; sys.exit('django' in sys.modules or 'psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_field_left_out_differs_from_an_empty_one(scripted: Any) -> None:
    server = scripted(bamboo({"eeid": "1", "email": None, "hireDate": "2026-02-03"}))
    done = run("bamboohr", *KEY, "--base-url", server.url)
    person = json.loads(done.stdout)
    assert person["work_email"] is None
    assert person["start_date"] == "2026-02-03"
    assert "first_name" not in person
    assert "not delivered by BambooHR: bank_account, country" in done.stderr


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"name": "A3"}, 2),
        ({"name": "A1", "mode": "403"}, 2),
        ({"name": "T7", "mode": "year"}, 3),
        ({"name": "T10"}, 4),
        ({"name": "P4"}, 4),
    ],
    ids=str,
)
def test_the_status_says_who_must_act_and_nothing_is_printed(company: Any, fault: Any, status: Any) -> None:
    """A1, A3, T7, T10, P4."""
    acme = company("bamboohr", 20)
    acme.fault(**fault)
    done = run("bamboohr", *credentials(acme), "--base-url", acme.url)
    assert (done.exit_code, done.stdout) == (status, "")
    assert acme.credentials["api_key"] not in done.stderr


def test_p2_nothing_is_printed_of_a_read_that_breaks_late(company: Any) -> None:
    """P2: pages one and two were fine."""
    acme = company("bamboohr", 2050)
    acme.fault("P2", mode="last", page=2)
    done = run("bamboohr", *credentials(acme), "--base-url", acme.url)
    assert (done.exit_code, done.stdout) == (4, "")


def test_credentials_and_origin_come_from_the_environment(company: Any) -> None:
    """So that a key need not stand in the shell's history."""
    acme = company("bamboohr", 20)
    secrets = {f"ROLLCALL_CREDENTIAL_{name.upper()}": value for name, value in acme.credentials.items()}
    host = acme.url.removeprefix("http://")
    done = run(
        "bamboohr", ROLLCALL_BASE_URL_BAMBOOHR=acme.url, ROLLCALL_ALLOW_HOSTS=f"other, {host}", **secrets
    )
    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.splitlines()) == 20
    assert run("bamboohr", ROLLCALL_BASE_URL_BAMBOOHR=acme.url, **secrets).exit_code == 2


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1:9", "http://[", "http://acme:port", "http://acme.example", "nonsense"]
)
def test_h1_h4_only_loopback_is_allowed_by_being_written(url: Any) -> None:
    """H1, H4."""
    done = run("bamboohr", *KEY, "--base-url", url)
    assert (done.exit_code, done.stdout) == (2, "")


def test_localhost_is_loopback(scripted: Any) -> None:
    server = scripted(bamboo({"eeid": "1"}))
    done = run("bamboohr", *KEY, "--base-url", server.url.replace("127.0.0.1", "localhost"))
    assert done.exit_code == 0, done.stderr


def test_a_record_that_cannot_be_read_is_set_aside_and_told(scripted: Any) -> None:
    """E6, I1: with its id, without its values."""
    server = scripted(bamboo({"eeid": "1", "email": 5}, {"eeid": "2"}, {"email": "planted@acme.example"}))
    done = run("bamboohr", *KEY, "--base-url", server.url)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["2"]
    assert "set aside: employee 1, field email cannot be read" in done.stderr
    assert "set aside: employee without id, field eeid cannot be read" in done.stderr
    assert "complete: 1 people, 2 set aside" in done.stderr
    assert "planted" not in done.stderr


def test_e9_when_no_record_can_be_read_the_answer_is_not_understood(scripted: Any) -> None:
    """E9."""
    server = scripted(bamboo({"eeid": "1", "email": 5}, {"eeid": "2", "email": 6}))
    assert run("bamboohr", *KEY, "--base-url", server.url).exit_code == 4


def test_somebody_who_came_twice_is_printed_once_or_not_at_all(scripted: Any) -> None:
    """P3, P8."""
    ann, bob, rob = ({"eeid": "1"}, {"eeid": "2", "firstName": "Bob"}, {"eeid": "2", "firstName": "Rob"})
    done = run("bamboohr", *KEY, "--base-url", scripted(bamboo(ann, ann, {"eeid": "3"})).url)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["1", "3"]
    done = run("bamboohr", *KEY, "--base-url", scripted(bamboo(ann, bob, rob, rob)).url)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["1"]
    assert done.stderr.count("employee 2 came twice") == 1


def test_p6_nobody_at_all_is_complete_with_a_warning(scripted: Any) -> None:
    """P6."""
    done = run("bamboohr", *KEY, "--base-url", scripted(bamboo()).url)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "warning: nobody at all" in done.stderr


@pytest.mark.parametrize("since", ["2026-11-21", "2026-11-21T00:00:00+01:00"])
def test_only_what_changed_can_be_asked_for(scripted: Any, since: Any) -> None:
    feed = {
        "latest": "2026-11-22T09:00:00Z",
        "employees": {"9": {"action": "Deleted"}, "1": {"action": "Updated"}},
    }
    done = run(
        "bamboohr", *KEY, "--base-url", scripted(bamboo({"eeid": "1"}, feed=feed)).url, "--since", since
    )
    assert json.loads(done.stdout)["id"] == "1"
    assert "deleted: employee 9" in done.stderr
    assert "next: --since 2026-11-22T08:55:00+00:00" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["abacus"],
        ["bamboohr", "--credential", "planted-secret"],
        ["bamboohr", "--credential", "=planted-secret"],
        ["bamboohr", "--since", "yesterday"],
        ["bamboohr", "--credential", "subdomain=acme"],
    ],
    ids=str,
)
def test_what_was_typed_wrongly_is_said_without_secrets(arguments: Any) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "planted-secret" not in done.stderr


def test_t7_a_wait_is_told(company: Any) -> None:
    """T7."""
    acme = company("bamboohr", 20)
    acme.fault("T7", mode="seconds", seconds=1, times=1)
    done = run("bamboohr", *credentials(acme), "--base-url", acme.url)
    assert done.exit_code == 0
    assert "waiting" in done.stderr
