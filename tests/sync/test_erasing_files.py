"""Files that people are read from: the person's row goes, everybody else's stays, and the next read misses nobody."""

import pytest

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.connections import forgetting, source_files
from rollcall.connections.models import Connection, SourceFile
from rollcall.connections.source_files import Layout
from tests.accounts.people import Two, two_companies

pytestmark = pytest.mark.django_db

LAYOUT = Layout(
    columns={
        "employee_number": "No",
        "work_email": "E-mail",
        "first_name": "First",
        "last_name": "Last",
        "manager_email": "Boss",
    },
    dates="iso",
    separator=";",
)
FILE = (
    "No;E-mail;First;Last;Boss\r\n"
    "1;ada@acme.example;Ada;Byron;\r\n"
    '2;Gone@acme.example;"Go;ne";Person;ada@acme.example\r\n'
    "3;zoé@acme.example;Zoé;Quux;gone@acme.example\r\n"
)


def kept(two: Two, content: bytes, *, of: Connection | None = None) -> SourceFile:
    """A file that is kept with a connection of Alice's company."""
    connection = of or Connection.objects.create(company=two.alice_company, tool="csv")
    actor = Actor(kind="user", id=two.alice.pk, label="Alice")
    file = source_files.wait(two.alice_entity, content, "staff.csv", actor=actor)
    found = source_files.look(source_files.open_layout(content, LAYOUT))
    source_files.keep(file, connection, LAYOUT, found)
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_z7_f1_the_row_goes_from_the_newest_file_and_everybody_else_stays_as_they_were(encoding: str) -> None:
    two = two_companies()
    with access.acting_for(two.alice_company.pk):
        file = kept(two, FILE.encode(encoding))
        assert forgetting.forget_in_files(two.alice_company.pk, ["2"], ["gone@acme.example"]) == 1
        again = SourceFile.objects.get(pk=file.pk)
        people = source_files.open_layout(source_files.content_of(again), LAYOUT)
        read = [people.employee(record) for page in people.pages() for record in page.records()]
        assert [(one.id, one.first_name) for one in read] == [("1", "Ada"), ("3", "Zoé")]
        assert again.sha256 == file.sha256, "that there was this file stays"
        assert forgetting.forget_in_files(two.alice_company.pk, ["2"], ["gone@acme.example"]) == 0


def test_z7_the_content_of_an_older_file_goes_and_one_that_waits_is_deleted() -> None:
    two = two_companies()
    with access.acting_for(two.alice_company.pk):
        older = kept(two, FILE.encode())
        assert older.connection is not None
        newest = kept(
            two, FILE.replace("2;Gone@acme.example", "4;new@acme.example").encode(), of=older.connection
        )
        waiting = source_files.wait(
            two.alice_entity, FILE.encode(), "x.csv", actor=Actor(kind="user", id=5, label="Bob")
        )
        forgetting.forget_in_files(two.alice_company.pk, ["2"], ["gone@acme.example"])
        assert bytes(SourceFile.objects.get(pk=older.pk).content) == b""
        assert not SourceFile.objects.filter(pk=waiting.pk).exists()
        content = source_files.content_of(SourceFile.objects.get(pk=newest.pk)).decode()
        assert "gone@acme.example" not in content.lower() and "new@acme.example" in content


def test_z7_a_file_without_the_person_is_not_touched() -> None:
    two = two_companies()
    with access.acting_for(two.alice_company.pk):
        file = kept(two, FILE.encode())
        assert forgetting.forget_in_files(two.alice_company.pk, ["99"], ["nobody@acme.example"]) == 0
        assert source_files.content_of(SourceFile.objects.get(pk=file.pk)) == FILE.encode()
