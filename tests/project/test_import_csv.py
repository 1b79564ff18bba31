"""`rollcall import-csv` and `rollcall pull csv`: what they print, what they keep, and how they end."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from rollcall.accounts import access
from rollcall.accounts.companies import create_company, create_entity
from rollcall.accounts.models import Company, Entity
from rollcall.connections.models import Connection, Employee, SourceFile
from rollcall.project.import_csv import import_csv
from rollcall.project.pull import pull
from rollcall.sync.runs.run import run_connection

HEADER = "Employee ID,First name,Last name,Email,Start date"
PEOPLE = tuple(f"0{n},A{n},B,a{n}@acme.example,{n + 12}/02/2020" for n in range(1, 7))


def content(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


@pytest.fixture
def entity(db: None) -> Entity:
    return create_entity(create_company("Acme"), "Acme France")


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    file = tmp_path / "staff.csv"
    file.write_bytes(content(*PEOPLE))
    return file


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(import_csv, [str(one) for one in arguments])


def connection(entity: Entity) -> Connection:
    with access.acting_for(entity.company_id):
        return Connection.objects.get()


def run(entity: Entity) -> int:
    made = run_connection(entity.company_id, connection(entity).pk, trigger="file")
    assert made is not None and made.error == ""
    with access.acting_for(entity.company_id):
        return Employee.objects.filter(absent_since=None).count()


def test_the_first_file_connects_the_entity(entity: Entity, staff: Path) -> None:
    done = call("Acme France", staff)
    assert done.exit_code == 0, done.output
    assert "6 people; utf-8; days: day first; known by: employee_number" in done.output
    assert "Connected. The first read starts in a moment" in done.output
    assert run(entity) == 6


def test_a_preview_keeps_nothing(entity: Entity, staff: Path) -> None:
    done = call(str(entity.pk), staff, "--preview")
    assert done.exit_code == 0 and "Employee ID = Employee number" in done.output
    with access.acting_for(entity.company_id):
        assert not SourceFile.objects.exists() and not Connection.objects.exists()


def test_a_next_file_is_read_as_the_last_one(entity: Entity, staff: Path) -> None:
    call("Acme France", staff)
    run(entity)
    assert "nothing changes" in call("Acme France", staff).output
    staff.write_bytes(content(*PEOPLE, "07,New,B,n@acme.example,01/02/2020"))
    done = call("Acme France", staff)
    assert "A sync starts in a moment" in done.output
    assert connection(entity).run_wanted == "file"
    assert run(entity) == 7


def test_f3_z5_what_was_set_aside_is_told_without_values(entity: Entity, staff: Path) -> None:
    """F3, F6"""
    staff.write_bytes(content(*PEOPLE, "08,X", "09,A,B,not-an-address,31/06/2020", header=HEADER))
    done = call("Acme France", staff)
    assert "1 rows set aside, 2 values doubtful" in done.stderr
    assert "line 8: fewer cells" in done.stderr and "line 9, Start date: not a day" in done.stderr
    assert "not-an-address" not in done.output
    staff.write_bytes(content(*(f"{n},A,B,x,13/02/2020" for n in range(30))))
    assert call("Acme France", staff, "--preview").stderr.rstrip().endswith("...")


def test_f4_a_file_that_lost_many_rows_or_is_older_needs_a_word(entity: Entity, staff: Path) -> None:
    """F4"""
    call("Acme France", staff)
    run(entity)
    staff.write_bytes(content(*PEOPLE[:2]))
    os.utime(staff, (1_500_000_000, 1_500_000_000))
    done = call("Acme France", staff)
    assert done.exit_code == 2 and "written before" in done.stderr and "There are 2 people" in done.stderr
    assert connection(entity).run_wanted == ""
    assert call("Acme France", staff, "--anyway").exit_code == 0
    assert run(entity) == 2


def test_a_list_of_changes_waits_for_the_one_before(entity: Entity, staff: Path, tmp_path: Path) -> None:
    layout = tmp_path / "layout.json"
    columns = dict(
        zip(("employee_number", "first_name", "last_name", "work_email"), HEADER.split(","), strict=False)
    )
    layout.write_bytes(msgspec.json.encode({"columns": columns, "dates": "iso", "everybody": False}))
    assert call("Acme France", staff, "--layout", layout).exit_code == 0
    staff.write_bytes(content(PEOPLE[0]))
    done = call("Acme France", staff)
    assert done.exit_code == 3 and "has not been read yet" in done.stderr
    run(entity)
    assert call("Acme France", staff).exit_code == 0
    assert run(entity) == 6


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04", "file_spreadsheet"),
        (content("1,A,B,a@acme.example,01/02/2020"), "file_dates_open"),
        (content("1,A,B,a@acme.example,13/02/2020", header="x,y,z,Email,d"), "file_not_chosen"),
    ],
)
def test_what_cannot_be_read_unasked_is_refused(entity: Entity, staff: Path, data: bytes, said: str) -> None:
    staff.write_bytes(data)
    done = call("Acme France", staff)
    assert done.exit_code == 2 and said in done.stderr
    with access.acting_for(entity.company_id):
        assert not SourceFile.objects.exists()


def test_a_layout_that_is_none_is_a_mistake_of_the_caller(
    entity: Entity, staff: Path, tmp_path: Path
) -> None:
    layout = tmp_path / "layout.json"
    layout.write_text('{"columns": {}}')
    assert call("Acme France", staff, "--layout", layout).exit_code == 2


def test_a_company_on_essentials_is_refused(entity: Entity, staff: Path) -> None:
    """S5"""
    with access.acting_for(entity.company_id):
        Company.objects.filter(pk=entity.company_id).update(plan="essentials")
    done = call("Acme France", staff)
    assert done.exit_code == 2 and "Scale or Premium" in done.stderr


# --- pull -----------------------------------------------------------------------------------------------


def pulled(*arguments: str) -> Result:
    return CliRunner().invoke(pull, ["csv", *arguments])


def test_pull_prints_the_people_of_a_file(staff: Path, tmp_path: Path) -> None:
    done = pulled("--credential", f"file={staff}")
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["id"] for one in lines] == ["01", "02", "03", "04", "05", "06"]
    assert lines[0]["start_date"] == "2020-02-13"
    used = done.stderr.partition("read as: ")[2].splitlines()[0]
    layout = tmp_path / "layout.json"
    layout.write_text(used)
    again = pulled("--credential", f"file={staff}", "--credential", f"layout={layout}")
    assert again.stdout == done.stdout


def test_f1_pull_warns_of_an_encoding_it_had_to_assume(staff: Path) -> None:
    """F1"""
    staff.write_bytes(content(*PEOPLE).replace(b"A1", "Zoé".encode("cp1252")))
    done = pulled("--credential", f"file={staff}")
    assert "taken for windows-1252" in done.stderr and "Zoé" in done.stdout


def test_v4_pull_refuses_what_is_ambiguous(staff: Path) -> None:
    """V4"""
    staff.write_bytes(content("1,A,B,a@acme.example,01/02/2020"))
    done = pulled("--credential", f"file={staff}")
    assert (done.exit_code, done.stdout) == (2, "") and "day or the month" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--credential", "file=/nowhere.csv")])
def test_pull_says_which_file_is_missing(arguments: tuple[str, ...]) -> None:
    assert pulled(*arguments).exit_code == 2


def test_pull_says_that_a_layout_is_none(staff: Path, tmp_path: Path) -> None:
    layout = tmp_path / "layout.json"
    layout.write_text("[]")
    done = pulled("--credential", f"file={staff}", "--credential", f"layout={layout}")
    assert done.exit_code == 2 and "not a layout" in done.stderr


# --- as an operator does it -----------------------------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rollcall-test-csv-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.mark.journey
def test_the_command_works_as_a_process_on_an_installation_of_its_own(home: Path, staff: Path) -> None:
    def rollcall(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        ours = ("ROLLCALL_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return subprocess.run(
            [sys.executable, "-m", "rollcall.project", *map(str, arguments)],
            env={**kept, "ROLLCALL_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert rollcall("migrate").returncode == 0
    made = rollcall("create-company", "Acme", "--entity", "Acme One", "--owner", "owner@acme.example")
    assert made.returncode == 0, made.stderr
    done = rollcall("import-csv", "Acme One", staff)
    assert done.returncode == 0, done.stderr
    assert "Connected." in done.stdout
    read = rollcall("sync", "Acme One")
    assert "Read 6 employees from CSV" in read.stdout, read.stderr
    assert "nothing changes" in rollcall("import-csv", "Acme One", staff).stdout
