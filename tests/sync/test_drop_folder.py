"""Files put into a folder: taken when they stand still, moved away with a report."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.models import Entity
from rollcall.connections import source_files
from rollcall.connections.models import Connection, Employee, SourceFile
from rollcall.sync import actions
from rollcall.sync.incoming import drop_folder, files
from rollcall.sync.runs.run import run_connection
from tests.accounts.people import two_companies

pytestmark = pytest.mark.django_db

HEADER = "Id,First name,Last name,Email,Start date,=Team"
PEOPLE = tuple(f"{n},A{n},B,a{n}@acme.example,13/02/2020,T" for n in range(1, 11))
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def content(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


class Folder(msgspec.Struct, kw_only=True):
    """An entity's folder, and how its files came out."""

    path: Path
    entity: Entity

    def put(self, data: bytes, name: str = "staff.csv", *, at: int = 1_790_000_000) -> Path:
        file = self.path / name
        file.write_bytes(data)
        os.utime(file, (at, at))
        return file

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            drop_folder.look(NOW)

    def taken(self) -> list[str]:
        return sorted(one.name for one in (self.path / "taken").glob("*.csv"))

    def refused(self) -> list[str]:
        return sorted(one.name for one in (self.path / "refused").glob("*.csv"))

    def report(self) -> str:
        (found,) = (one for kind in ("taken", "refused") for one in (self.path / kind).glob("*.txt"))
        text = found.read_text()
        found.unlink()
        return text

    def connection(self) -> Connection:
        with access.acting_for(self.entity.company_id):
            return Connection.objects.get()

    def run(self) -> None:
        run = run_connection(self.entity.company_id, self.connection().pk, trigger="file")
        assert run is not None and run.error == ""

    def employees(self) -> int:
        with access.acting_for(self.entity.company_id):
            return Employee.objects.filter(absent_since=None).count()


def hand_in(entity: Entity, data: bytes, **changes: object) -> None:
    with access.acting_for(entity.company_id):
        layout = source_files.alone(source_files.open_sheet(data))
        layout = msgspec.structs.replace(layout, **changes)
        found = source_files.look(source_files.open_layout(data, layout))
        file = source_files.wait(
            entity, data, "first.csv", actor=SYSTEM, written_at=NOW - timedelta(days=300)
        )
        files.hand_in(entity, file, layout, found, actor=SYSTEM)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    two = two_companies()
    hand_in(two.alice_entity, content(*PEOPLE))
    monkeypatch.setenv(drop_folder.SETTING, str(tmp_path))
    made = Folder(path=tmp_path / str(two.alice_entity.pk), entity=two.alice_entity)
    made.path.mkdir()
    made.run()
    return made


def test_a_file_that_stands_still_is_taken_and_read(folder: Folder) -> None:
    folder.put(content(*PEOPLE, "11,New,B,n@acme.example,13/02/2020,T"))
    folder.look()
    assert folder.taken() == []
    folder.look()
    (name,) = folder.taken()
    assert name.startswith("20261122T100000Z-") and name.endswith("-staff.csv")
    assert "a sync has been asked for" in folder.report()
    assert folder.connection().run_wanted == "file"
    folder.run()
    assert folder.employees() == 11
    assert not (folder.path / "staff.csv").exists()


def test_a_file_that_grows_is_left_until_it_stands_still(folder: Folder) -> None:
    file = folder.put(content(*PEOPLE))
    folder.look()
    with file.open("ab") as more:
        more.write(b"11,New,B,n@acme.example,13/02/2020,T\n")
    folder.look()
    assert folder.taken() == []
    folder.look()
    assert len(folder.taken()) == 1
    assert "11 people" in folder.report()


def test_a_file_that_was_touched_or_replaced_is_looked_at_once_more(folder: Folder) -> None:
    folder.put(content(*PEOPLE), at=1_790_000_000)
    folder.look()
    folder.put(content(*PEOPLE), at=1_790_000_060)
    folder.look()
    assert folder.taken() == []


@pytest.mark.parametrize("marker", ["staff.csv.done", "staff.done"])
def test_a_marker_says_that_a_file_is_whole(folder: Folder, marker: str) -> None:
    folder.put(content(*PEOPLE[:9]))
    folder.put(b"", marker)
    folder.look()
    assert len(folder.taken()) == 1
    assert not (folder.path / marker).exists()


@pytest.mark.parametrize("name", ["staff.csv.tmp", ".staff.csv", "staff.xlsx", "staff"])
def test_what_is_not_called_csv_yet_is_left(folder: Folder, name: str) -> None:
    folder.put(content(*PEOPLE), name)
    folder.look(3)
    assert (folder.path / name).exists() and folder.taken() == folder.refused() == []


@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "folder"])
def test_f5_what_is_no_plain_file_is_left_and_does_not_stand_in_the_way(
    folder: Folder, tmp_path: Path, kind: str
) -> None:
    """F5: a link could lead anywhere, and a pipe wait for ever."""
    secret, odd = tmp_path / "secret.txt", folder.path / "a.csv"
    secret.write_bytes(content(*PEOPLE[:8]))
    if kind == "link":
        odd.symlink_to(secret)
    elif kind == "hard link":
        os.link(secret, odd)
    elif kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.mkdir()
    folder.put(content(*PEOPLE[:9]))
    folder.look(3)
    (taken,) = folder.taken()
    assert taken.endswith("staff.csv") and folder.refused() == []
    assert secret.exists() and (odd.exists() or odd.is_symlink())


def test_a_folder_that_is_a_link_is_not_entered(folder: Folder, tmp_path: Path) -> None:
    folder.put(content(*PEOPLE[:9]))
    moved = folder.path.rename(tmp_path / "elsewhere")
    folder.path.symlink_to(moved)
    folder.look(3)
    assert (moved / "staff.csv").exists()


def test_taken_as_a_link_is_not_followed_either(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder.path / "taken").symlink_to(tmp_path / "elsewhere")
    folder.put(content(*PEOPLE[:9]))
    folder.look(3)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_f5_a_name_is_never_used_as_a_path(folder: Folder) -> None:
    """F5"""
    name = "a\\..\\été =1+1;\u202e" + "x" * 150 + ".csv"
    folder.put(content(*PEOPLE[:9]), name)
    folder.look(2)
    (taken,) = folder.taken()
    assert set(taken) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert len(taken) < 200


def test_reports_and_folders_are_for_the_owner_alone(folder: Folder) -> None:
    folder.put(content(*PEOPLE[:9]))
    folder.look(2)
    beside = folder.path / "taken"
    assert stat.S_IMODE(beside.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in beside.glob("*.txt"))


def test_f3_f6_the_report_names_lines_and_reasons_and_holds_no_formula(folder: Folder) -> None:
    """F3, F6"""
    hand_in(folder.entity, content(*PEOPLE, "99,X,X,x@acme.example,13/02/2020,T"), columns=_with_team())
    folder.run()
    rows = [*PEOPLE[:9], "11,Bo", "12,Cy,C,cy@acme.example,31/06/2020,Fran\ufffdois"]
    folder.put(content(*rows), "=staff.csv")
    folder.look(2)
    lines = folder.report().splitlines()
    assert lines[0].startswith("'=staff.csv: The file was accepted")
    assert "11\t\tfewer cells than the header" in lines
    assert "12\tStart date\tnot a day in the chosen order" in lines
    assert "12\t'=Team\tletters were lost when the file was exported" in lines
    assert "a1@" not in "\n".join(lines)


def _with_team() -> dict[str, str]:
    layout = source_files.alone(source_files.open_sheet(content(*PEOPLE)))
    return {**layout.columns, "team": "=Team"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (content(*PEOPLE, header=HEADER.replace("Email", "Contact")), "The column “Email” is missing"),
        (content(PEOPLE[0], PEOPLE[0]), "The same value stands twice"),
        (b"PK\x03\x04", "CSV UTF-8"),
        (content(*PEOPLE[:3]), "There are 3 people in this file; in the last one there were 10."),
        (content(*(row.replace("13/02", "02/13") for row in PEOPLE)), "Not all days in this file fit"),
    ],
)
def test_f2_f4_f5_p8_what_somebody_must_look_at_is_refused_with_a_reason(
    folder: Folder, data: bytes, said: str
) -> None:
    """F2, F4, F5, P8"""
    folder.put(data)
    folder.look(2)
    assert len(folder.refused()) == 1
    assert said in folder.report()
    assert folder.connection().run_wanted == "" and folder.employees() == 10


def test_f4_the_same_file_again_is_taken_and_changes_nothing(folder: Folder) -> None:
    """F4"""
    folder.put(content(*PEOPLE))
    folder.look(2)
    assert "nothing changes" in folder.report()
    assert folder.connection().run_wanted == ""


def test_f4_an_older_file_is_refused(folder: Folder) -> None:
    """F4: by its time of change."""
    folder.put(content(*PEOPLE[:9]), at=1_790_000_000)
    folder.look(2)
    folder.report()
    folder.run()
    folder.put(content(*PEOPLE[:8]), at=1_780_000_000)
    folder.look(2)
    assert "written before the one that was read last" in folder.report()


def test_f5_a_file_that_is_too_large_is_refused_unread(folder: Folder) -> None:
    """F5"""
    file = folder.put(b"")
    with file.open("r+b") as big:
        big.truncate(source_files.MOST_BYTES + 1)
    folder.look(2)
    assert "more than 50 MB" in folder.report()


def test_files_of_changes_are_taken_one_after_the_other(folder: Folder) -> None:
    """None is lost: the second waits until the first has been read."""
    layout = source_files.layout_of(folder.connection())
    assert layout is not None
    data = content(PEOPLE[0].replace("A1", "Ann"))
    hand_in(folder.entity, data, everybody=False)
    folder.run()
    folder.put(content(PEOPLE[1].replace("A2", "Bea")), "a.csv", at=1_790_000_000)
    folder.put(content(PEOPLE[2].replace("A3", "Cat")), "b.csv", at=1_790_000_001)
    folder.look(3)
    assert len(folder.taken()) == 1
    folder.run()
    folder.look()
    assert len(folder.taken()) == 2
    folder.run()
    with access.acting_for(folder.entity.company_id):
        names = dict(Employee.objects.values_list("external_id", "first_name"))
    assert (names["1"], names["2"], names["3"], len(names)) == ("Ann", "Bea", "Cat", 10)


def test_z1_folders_of_entities_without_a_connection_to_files_are_left_alone(folder: Folder) -> None:
    """Z1"""
    foreign = folder.path.with_name("999999")
    foreign.mkdir()
    (foreign / "staff.csv").write_bytes(content(*PEOPLE))
    with access.acting_for(folder.entity.company_id):
        actions.pause(folder.connection(), actor=SYSTEM)
    folder.put(content(*PEOPLE[:9]))
    folder.look(3)
    assert (foreign / "staff.csv").exists() and (folder.path / "staff.csv").exists()


def test_a_folder_somebody_else_is_at_is_left_to_them(folder: Folder) -> None:
    folder.put(content(*PEOPLE[:9]))
    with drop_folder._folder(str(folder.path.parent), folder.path.name) as held:
        assert held is not None
        folder.look(3)
    assert folder.taken() == []


@pytest.mark.parametrize("damage", [b"{", b"[]"])
def test_a_damaged_memory_of_what_was_seen_costs_one_look(folder: Folder, damage: bytes) -> None:
    folder.put(content(*PEOPLE[:9]))
    folder.look()
    (folder.path / ".rollcall-seen.json").write_bytes(damage)
    folder.look()
    assert folder.taken() == []
    folder.look()
    assert len(folder.taken()) == 1


def test_a_missing_folder_or_no_setting_is_no_trouble(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.path.rmdir()
    folder.look()
    monkeypatch.delenv(drop_folder.SETTING)
    drop_folder.minute(0)


def test_a_file_that_nobody_confirmed_is_forgotten_after_an_hour(folder: Folder) -> None:
    with access.acting_for(folder.entity.company_id):
        source_files.wait(folder.entity, content(*PEOPLE), "x.csv", actor=SYSTEM)
    drop_folder.look(timezone.now() + timedelta(minutes=59))
    with access.acting_for(folder.entity.company_id):
        assert SourceFile.objects.filter(connection=None).count() == 1
    drop_folder.look(timezone.now() + timedelta(minutes=61))
    with access.acting_for(folder.entity.company_id):
        assert SourceFile.objects.filter(connection=None).count() == 0
        assert SourceFile.objects.count() == 1
