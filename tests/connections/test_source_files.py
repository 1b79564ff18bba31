"""Files that people are read from: sealed, compared, kept and forgotten."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from django.conf import LazySettings
from django.db import ProgrammingError

from rollcall.accounts import access, sealed, secrets
from rollcall.accounts.actor import SYSTEM
from rollcall.connections import source_files
from rollcall.connections.models import Connection, SourceFile
from rollcall.connections.opening import opened
from rollcall.connections.source import Wanted
from rollcall.connections.source_files import NoFile, display_name, written_on
from rollcall.sync import actions
from rollcall.sync.incoming import files
from tests import planted
from tests.accounts.people import Two, two_companies

pytestmark = pytest.mark.django_db

CONTENT = f"Id,Given name,Surname,Email\n1,{planted.NAME},B,a@acme.example\n2,B,B,b@acme.example\n".encode()


@pytest.fixture
def two() -> Two:
    return two_companies()


def taken(two: Two, content: bytes = CONTENT) -> Connection:
    """Connect Alice's entity to a file."""
    with access.acting_for(two.alice_company.pk):
        layout = source_files.alone(source_files.open_sheet(content))
        found = source_files.look(source_files.open_layout(content, layout))
        file = source_files.wait(two.alice_entity, content, "a.csv", actor=SYSTEM)
        files.hand_in(two.alice_entity, file, layout, found, actor=SYSTEM)
        return Connection.objects.get()


def test_z3_a_content_is_sealed_for_its_row_and_comes_back_whole(two: Two) -> None:
    """Z4, Z5"""
    with access.acting_for(two.alice_company.pk):
        file = source_files.wait(two.alice_entity, CONTENT, "a.csv", actor=SYSTEM)
        other = source_files.wait(two.alice_entity, CONTENT + b"\n", "b.csv", actor=SYSTEM)
        assert source_files.content_of(other) == CONTENT + b"\n"
        assert planted.NAME.encode() not in bytes(other.content)
        other.content = file.content
        with pytest.raises(secrets.SealBroken):
            source_files.content_of(other)


def test_z4_a_new_key_seals_files_again(two: Two, settings: LazySettings, tmp_path: Path) -> None:
    """Z4"""
    settings.ROLLCALL_KEYS = tmp_path / "keys.json"
    secrets.ensure_keys(settings.ROLLCALL_KEYS)
    secrets._looked_at.clear()
    connection = taken(two)
    secrets.add_key(settings.ROLLCALL_KEYS)
    assert sealed.rotate() >= 1
    with access.acting_for(two.alice_company.pk):
        file = source_files.newest(connection)
        assert file is not None and not secrets.needs_rotation(file.content)
        assert source_files.content_of(file) == CONTENT
    secrets._looked_at.clear()


def test_z1_z2_another_company_sees_no_file_and_writes_none(two: Two) -> None:
    """Z1"""
    taken(two)
    with access.acting_for(two.charlie_company.pk):
        assert not SourceFile.objects.exists()
        with pytest.raises(ProgrammingError, match="row-level security"):
            SourceFile.objects.create(
                company=two.alice_company,
                entity=two.alice_entity,
                sha256="",
                size=0,
                uploaded_at=datetime(2026, 1, 1, tzinfo=UTC),
            )


def test_a_connection_is_opened_by_its_newest_file(two: Two) -> None:
    connection = taken(two)
    with opened(connection) as connector:
        assert connector.test().people == 2
    with access.acting_for(two.alice_company.pk):
        assert SourceFile.objects.get().read_at is None
    with opened(connection) as connector:
        list(connector.pages())
    with access.acting_for(two.alice_company.pk):
        assert SourceFile.objects.get().read_at is not None


def test_a_read_that_broke_off_is_no_read(two: Two) -> None:
    connection = taken(two)

    def breaks_off() -> None:
        with opened(connection) as connector:
            list(connector.pages())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks_off()
    with access.acting_for(two.alice_company.pk):
        assert SourceFile.objects.get().read_at is None


def test_a_connection_without_a_file_says_so(two: Two) -> None:
    connection = taken(two)
    with access.acting_for(two.alice_company.pk):
        SourceFile.objects.update(content=b"")
    with pytest.raises(NoFile), opened(connection):
        pass
    with access.acting_for(two.alice_company.pk):
        source_files.erase(connection)
    with pytest.raises(NoFile), opened(connection):
        pass


def test_nothing_can_be_connected_by_credentials() -> None:
    """The API says where to upload instead."""
    with pytest.raises(NoFile) as caught:
        actions.try_credentials("csv", {}, Wanted())
    assert "Settings > Integrations > CSV" in caught.value.sentence()


def test_a_layout_is_kept_whole(two: Two) -> None:
    connection = taken(two)
    layout = source_files.layout_of(connection)
    assert layout == source_files.alone(source_files.open_sheet(CONTENT))
    assert msgspec.to_builtins(layout) == connection.layout


def test_only_so_many_traces_are_kept(two: Two) -> None:
    connection = taken(two)
    with access.acting_for(two.alice_company.pk):
        layout = source_files.layout_of(connection)
        assert layout is not None
        found = source_files.look(source_files.open_layout(CONTENT, layout))
        for n in range(source_files.TRACES_KEPT + 2):
            file = source_files.wait(two.alice_entity, CONTENT + b"\n" * n, "a.csv", actor=SYSTEM)
            source_files.keep(file, connection, layout, found)
        kept = list(SourceFile.objects.order_by("uploaded_at", "pk"))
    assert len(kept) == source_files.TRACES_KEPT
    assert [bool(one.content) for one in kept[-3:]] == [False, True, True]
    assert {(one.name, one.header == []) for one in kept[:-2]} == {("", True)}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("staff.csv", "staff.csv"),
        ("C:\\fakepath\\staff.csv", "staff.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\u202ecsv\x00\n.exe", "acsv.exe"),
        ("", ""),
        ("x" * 120 + ".csv", "x" * 91 + "…" + "xxxx.csv"),
    ],
)
def test_f5_a_name_is_shown_and_never_a_path(given: str, shown: str) -> None:
    """F5"""
    assert display_name(given) == shown


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("staff-2026-11-22.csv", "2026-11-22"),
        ("staff_20261122.csv", "2026-11-22"),
        ("2026.11.22 staff.csv", "2026-11-22"),
        ("staff-2026-13-22.csv", None),
        ("staff-2026-1122.csv", None),
        ("staff-120261122.csv", None),
        ("staff.csv", None),
    ],
)
def test_f4_a_day_in_the_name_is_the_day_it_was_written(name: str, day: str | None) -> None:
    """F4"""
    found = written_on(name)
    assert (found.date().isoformat() if found else None) == day
