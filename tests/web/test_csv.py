"""The CSV dialog: upload, look, confirm, upload again."""

import re
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone, translation

from rollcall.accounts import access
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Company, Role, User
from rollcall.connections.models import Connection, Employee, SourceFile, Subscription
from rollcall.sync import actions, tasks
from rollcall.sync.runs.run import run_connection
from tests import planted
from tests.accounts.people import Two, two_companies
from tests.web.crew import browser
from tests.web.hr import text

HOME = "/settings/integrations/"
UPLOAD = f"{HOME}csv/connect/"
AGAIN = f"{HOME}csv/again/"
HEADER = "Matricule;Prénom;Nom;E-mail;Entrée;Statut;Site;Badge"
PEOPLE = tuple(
    f"00{n};Ana{n};Durand;ana{n}@acme.example;{n + 12}/02/2020;Actif;Paris;b{n}" for n in range(1, 11)
)

pytestmark = pytest.mark.django_db


class Desk(msgspec.Struct, kw_only=True):
    """Alice at her desk, with a file."""

    two: Two
    client: Client

    @property
    def company(self) -> int:
        return self.two.alice_company.pk

    def upload(
        self, rows: Sequence[str] = PEOPLE, name: str = "staff.csv", header: str = HEADER
    ) -> HttpResponse:
        content = "\r\n".join([header, *rows, ""]).encode()
        return self.send(content, name)

    def send(self, content: bytes, name: str = "staff.csv") -> HttpResponse:
        return self.client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)})  # type: ignore[return-value] # Django's own

    def page(self, answer: HttpResponse) -> str:
        """The preview that an upload leads to."""
        assert answer.status_code == 302, text(answer)
        return text(self.client.get(answer.headers["Location"]))

    def form(self, address: str, **changes: str) -> dict[str, str]:
        """The form of the page as a browser would send it."""
        return {**fields(text(self.client.get(address))), **changes}

    def press(self, address: str, op: str, **changes: str) -> HttpResponse:
        return self.client.post(address, {**self.form(address), "op": op, **changes})  # type: ignore[return-value] # Django's own

    def connected(self) -> None:
        address = self.upload().headers["Location"]
        assert self.press(address, "confirm").headers["Location"] == HOME
        self.run()

    def run(self) -> None:
        connection = self.connection()
        run = run_connection(self.company, connection.pk, trigger="file")
        assert run is not None and run.error == ""

    def connection(self) -> Connection:
        with access.acting_for(self.company):
            return Connection.objects.get()

    def files(self) -> list[SourceFile]:
        with access.acting_for(self.company):
            return list(SourceFile.objects.order_by("pk"))

    def employees(self) -> dict[str, Employee]:
        with access.acting_for(self.company):
            return {one.external_id: one for one in Employee.objects.filter(absent_since=None)}


def fields(page: str) -> dict[str, str]:
    """The values a browser sends for the page's own form."""
    found = {}
    for name, body in re.findall(
        r'<select class="input"[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        assert chosen
        found[name] = chosen[1]
    return found | dict(re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)" checked', page))


@pytest.fixture
def desk() -> Desk:
    two = two_companies()
    return Desk(two=two, client=browser(two.alice))


def test_the_gallery_offers_csv_and_leads_to_its_own_dialog(desk: Desk) -> None:
    """S10, S23"""
    assert f'href="{UPLOAD}"' in text(desk.client.get(HOME))
    page = text(desk.client.get(UPLOAD))
    assert 'type="file"' in page and "First name, last name and work e-mail." in page
    assert desk.client.get(f"{HOME}csv/connect/access/").status_code == 404


def test_f1_a_file_is_shown_as_it_will_be_read_and_changes_nobody(desk: Desk) -> None:
    """F1: preview before the first run."""
    page = desk.page(desk.upload())
    assert "10 people will be read" in page
    assert "14 February 2020" in page and "works here" in page
    assert "Nothing is read until" not in page
    assert not desk.employees()
    with access.acting_for(desk.company):
        assert not Connection.objects.exists()


def test_a_confirm_connects_and_the_first_run_reads_everybody(desk: Desk) -> None:
    """S14, S24, S25"""
    desk.connected()
    found = desk.employees()
    assert sorted(found) == sorted(row.partition(";")[0] for row in PEOPLE)
    assert found["001"].start_date is not None and found["001"].start_date.isoformat() == "2020-02-13"
    assert desk.connection().state == "action_required"
    card = text(desk.client.get(HOME))
    assert "staff.csv" in card and "Upload a new file" in card
    assert [one.read_at is not None for one in desk.files()] == [True]


def test_a_second_press_on_confirm_does_no_harm(desk: Desk) -> None:
    address = desk.upload().headers["Location"]
    form = desk.form(address)
    desk.client.post(address, {**form, "op": "confirm"})
    answer = desk.client.post(address, {**form, "op": "confirm"})
    assert answer.headers["Location"] == HOME
    assert len(desk.files()) == 1


def test_what_was_changed_is_shown_once_more_before_it_is_read(desk: Desk) -> None:
    """Product decision 4."""
    address = desk.upload().headers["Location"]
    answer = desk.press(address, "confirm", **{"column-7": "cost_center"})
    assert answer.headers["Location"] == address
    page = text(desk.client.get(address))
    assert "look at the preview once more" in page and "Cost centre" in page
    assert desk.press(address, "confirm").headers["Location"] == HOME


def test_v4_days_in_an_open_order_wait_for_a_choice(desk: Desk) -> None:
    """V4: never guessed."""
    rows = [row.replace("/02/2020", "/02/2020").replace(";13/", ";03/") for row in PEOPLE[:1]]
    address = desk.upload(rows).headers["Location"]
    page = text(desk.client.get(address))
    assert "can be read in more than one way" in page and "Connect and read" not in page
    assert desk.press(address, "confirm").headers["Location"] == address
    desk.press(address, "look", dates="mdy")
    assert "2 March 2020" in text(desk.client.get(address))
    desk.press(address, "look", dates="dmy")
    assert "3 February 2020" in text(desk.client.get(address))
    assert desk.press(address, "confirm").headers["Location"] == HOME


def test_f2_a_needed_column_that_nobody_knows_is_asked_for(desk: Desk) -> None:
    """F2"""
    address = desk.upload(header=HEADER.replace("E-mail", "Kontakt")).headers["Location"]
    page = text(desk.client.get(address))
    assert "Choose a column for: Work e-mail." in page and "Connect and read" not in page
    desk.press(address, "look", **{"column-3": "work_email"})
    assert "10 people will be read" in text(desk.client.get(address))


def test_a_column_can_be_an_attribute_of_their_own(desk: Desk) -> None:
    address = desk.upload().headers["Location"]
    desk.press(address, "look", **{"column-7": "custom"})
    assert desk.press(address, "confirm").headers["Location"] == HOME
    desk.run()
    assert desk.employees()["001"].custom == {"Badge": "b1"}


def test_account_numbers_are_not_shown_in_full(desk: Desk) -> None:
    """Product decision 9: in the column's first values, chosen or not, and in the preview."""
    rows = [f"{row};{planted.IBAN};{planted.IBAN};12345678" for row in PEOPLE[:2]]
    address = desk.upload(rows, header=f"{HEADER};IBAN;Compte;Numéro de compte").headers["Location"]
    page = text(desk.client.get(address))
    assert planted.IBAN not in page and "12345678" not in page
    assert page.count("•••• 3000") == 4 and "•••• 5678" in page


def test_two_columns_for_one_field_are_told(desk: Desk) -> None:
    address = desk.upload().headers["Location"]
    desk.press(address, "look", **{"column-7": "work_location"})
    assert "Two columns were chosen for “Work location”" in text(desk.client.get(address))


def test_another_separator_reads_the_header_anew(desk: Desk) -> None:
    address = desk.send(b"Email,Vorname;x,Nachname;y\r\na@x.example,A;1,B;2\r\n").headers["Location"]
    assert text(desk.client.get(address)).count('name="column-') == 3
    desk.press(address, "look", separator=";")
    page = text(desk.client.get(address))
    assert 'name="column-2"' in page and "Email,Vorname" in page


def test_e1_f1_letters_of_another_encoding_are_warned_of_and_can_be_chosen(desk: Desk) -> None:
    """E1, F1"""
    rows = "\n".join(["Email,Vorname,Nachname", "z@x.example,Zoë,Žižek"]).encode("windows-1250")
    address = desk.send(rows).headers["Location"]
    page = text(desk.client.get(address))
    assert "does not tell its encoding" in page and "Žižek" in page
    desk.press(address, "look", encoding="mac-roman")
    assert "Žižek" not in text(desk.client.get(address))
    desk.press(address, "look", encoding="windows-1250")
    assert "Žižek" in text(desk.client.get(address))


def test_f3_v4_rows_and_values_set_aside_are_listed_with_line_and_reason(desk: Desk) -> None:
    """F3, V4"""
    page = desk.page(desk.upload([*PEOPLE, "011;Bo", "012;Cy;Roy;cy@acme.example;31/06/2020;Zzz;Lyon;b12"]))
    assert (
        "11 people will be read" in page and "1 row is set aside" in page and "2 values are doubtful" in page
    )
    assert re.search(r'<td class="num">12</td><td>the whole row</td><td>fewer cells', page)
    assert re.search(r'<td class="num">13</td><td>Entrée</td><td>not a day', page)


def test_words_of_the_status_column_can_be_explained(desk: Desk) -> None:
    rows = [*PEOPLE, "012;Cy;Roy;cy@acme.example;13/06/2020;Zzz;Lyon;b12"]
    address = desk.upload(rows).headers["Location"]
    desk.press(address, "look", **{"word-zzz": "inactive"})
    assert "has left" in text(desk.client.get(address))
    assert desk.press(address, "confirm").headers["Location"] == HOME
    desk.run()
    assert desk.employees()["012"].status == "inactive"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "nobody in this file"),
        (b"PK\x03\x04rest", "CSV UTF-8"),
        (b"hello\nworld\n", "not a header of several columns"),
        (b"a,b\n\x81\x81\n", "cannot be read"),
    ],
)
def test_f5_e1_what_is_no_table_is_refused_in_a_sentence(desk: Desk, content: bytes, said: str) -> None:
    """F5, E1"""
    answer = desk.send(content or b" \n")
    assert answer.status_code == 422
    assert said in text(answer) and "Nothing was stored" in text(answer)
    assert desk.files() == []


def test_no_file_at_all_is_told(desk: Desk) -> None:
    answer = desk.client.post(UPLOAD, {})
    assert answer.status_code == 422 and "Choose a file first." in text(answer)


def test_f5_a_file_that_is_too_large_is_refused_before_it_is_read(desk: Desk) -> None:
    """F5: by its announced size; nothing is sent for it here."""
    answer = desk.client.post(UPLOAD, CONTENT_LENGTH=str(60 * 1024 * 1024), HTTP_X_NOTHING="1")
    assert answer.status_code == 413 and "more than 50 MB" in text(answer)


def test_an_upload_without_the_pages_token_is_refused(desk: Desk) -> None:
    """Z: the view is exempt so as not to read the body early; the inner one checks."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.two.alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n")})
    assert answer.status_code == 403 and desk.files() == []


def test_f5_z3_the_content_is_sealed_and_the_name_is_no_path(desk: Desk) -> None:
    """F5, Z5"""
    rows = [f"001;{planted.NAME};B;a@x.example;13/02/2020;Actif;P;b"]
    desk.upload(rows, name="../../etc/pass\u202ewd.csv")
    (file,) = desk.files()
    assert file.name == "passwd.csv"
    assert planted.NAME.encode() not in bytes(file.content) and b"x.example" not in bytes(file.content)


def test_f4_the_same_file_again_changes_nothing_and_says_so(desk: Desk) -> None:
    """F4"""
    desk.connected()
    address = desk.upload().headers["Location"]
    assert "Nothing changes unless you change how it is read" in text(desk.client.get(address))
    assert desk.press(address, "confirm").headers["Location"] == HOME
    assert "the same file as the last one" in text(desk.client.get(HOME))
    assert len(desk.files()) == 1 and desk.connection().run_wanted == ""


def test_a_newer_file_is_compared_and_starts_a_run(desk: Desk) -> None:
    desk.connected()
    address = desk.upload([row + ";x" for row in PEOPLE[1:]], header=HEADER + ";Étage").headers["Location"]
    page = text(desk.client.get(address))
    assert "lists 10 people; this one lists 9" in page and "New columns: Étage" in page
    assert desk.press(address, "confirm").headers["Location"] == HOME
    assert desk.connection().run_wanted == "file"
    desk.run()
    assert len(desk.employees()) == 9


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["staff-2026-10-01.csv", "staff_20261001.csv"])
def test_f4_an_older_file_is_asked_about(desk: Desk, name: str) -> None:
    """F4"""
    address = desk.upload(name="staff-2026-11-01.csv").headers["Location"]
    desk.press(address, "confirm")
    desk.run()
    address = desk.upload(PEOPLE[1:], name=name).headers["Location"]
    assert "written before the one that was read last" in text(desk.client.get(address))
    assert desk.press(address, "confirm").headers["Location"] == address
    assert len(desk.employees()) == 10 and desk.connection().run_wanted == ""
    assert desk.press(address, "confirm", anyway="yes").headers["Location"] == HOME
    assert desk.connection().run_wanted == "file"


def test_f4_a_file_that_was_read_before_a_newer_one_is_asked_about(desk: Desk) -> None:
    """F4: known by its digest, also when its content is long gone."""
    desk.connected()
    for last in (9, 8, 7):
        address = desk.upload(PEOPLE[:last]).headers["Location"]
        assert desk.press(address, "confirm").headers["Location"] == HOME
        desk.run()
    assert [bool(one.content) for one in desk.files()] == [False, False, True, True]
    page = desk.page(desk.upload())
    assert "This very file was read before" in page


def test_a_file_that_lost_many_rows_is_asked_about(desk: Desk) -> None:
    desk.connected()
    address = desk.upload(PEOPLE[:3]).headers["Location"]
    page = text(desk.client.get(address))
    assert "There are 3 people in this file; in the last one there were 10." in page
    assert desk.press(address, "confirm").headers["Location"] == address
    assert desk.press(address, "confirm", anyway="yes").headers["Location"] == HOME
    desk.run()
    assert len(desk.employees()) == 3


def test_p7_a_file_of_changes_leaves_all_others_as_they_were(desk: Desk) -> None:
    """P7: nobody is called absent by it."""
    desk.connected()
    address = desk.upload([PEOPLE[0].replace("Durand", "Roy")]).headers["Location"]
    desk.press(address, "look", everybody="no")
    assert desk.press(address, "confirm").headers["Location"] == HOME
    desk.run()
    found = desk.employees()
    assert len(found) == 10 and found["001"].last_name == "Roy" and found["002"].last_name == "Durand"
    # a second one before the first was read would make it lost
    one = desk.upload([PEOPLE[1].replace("Durand", "Roy")]).headers["Location"]
    assert desk.press(one, "confirm").headers["Location"] == HOME
    two = desk.upload([PEOPLE[2].replace("Durand", "Roy")]).headers["Location"]
    assert "has not been read yet" in text(desk.client.get(two))
    desk.run()
    assert "has not been read yet" not in text(desk.client.get(two))
    assert desk.press(two, "confirm").headers["Location"] == HOME
    desk.run()
    assert sum(one.last_name == "Roy" for one in desk.employees().values()) == 3


def test_how_the_last_file_is_read_can_be_changed_without_it(desk: Desk) -> None:
    desk.connected()
    address = desk.client.post(AGAIN).headers["Location"]
    desk.press(address, "look", **{"column-6": "department"})
    assert "read in another way" in text(desk.client.get(address))
    assert desk.press(address, "confirm").headers["Location"] == HOME
    desk.run()
    one = desk.employees()["001"]
    assert (one.department, one.work_location) == ("Paris", None)


def test_disconnecting_erases_the_files_and_keeps_the_layout(desk: Desk) -> None:
    """S47"""
    desk.connected()
    desk.client.post(f"{HOME}disconnect/")
    assert desk.files() == []
    assert desk.connection().layout["columns"]["work_email"] == "E-mail"
    desk.connected()
    assert len(desk.employees()) == 10


def test_whoever_is_tied_by_one_column_cannot_be_known_by_another(desk: Desk) -> None:
    desk.connected()
    address = desk.client.post(AGAIN).headers["Location"]
    desk.press(address, "look", key="work_email")
    with access.acting_for(desk.company):
        subscription = Subscription.objects.select_related("connection", "entity__company").get()
        from_file = actions.preview(subscription, subscription.get_settings(), actor=SYSTEM)
        actions.approve(from_file, from_file.digest, actor=SYSTEM, override="x")
    tasks.apply_plan(desk.company, from_file.pk, "Alice")
    assert desk.press(address, "confirm").headers["Location"] == address
    assert "members are linked to the file by another column" in text(desk.client.get(address))


def test_z1_a_waiting_file_is_for_the_person_who_sent_it_and_for_an_hour(desk: Desk) -> None:
    """Z1"""
    address = desk.upload().headers["Location"]
    erin = User.objects.create_user("erin@rollcall.example", "a good long password")
    with access.acting_for(desk.company):
        grant_role(desk.two.alice_entity, erin, Role.ADMIN)
    assert browser(erin).get(address).headers.get("Location") == HOME
    assert browser(desk.two.bob).get(address).status_code == 403
    assert browser(desk.two.charlie).get(address).status_code == 404
    with access.acting_for(desk.company):
        SourceFile.objects.update(uploaded_at=timezone.now() - timedelta(hours=2))
    assert desk.client.get(address).headers["Location"] == HOME


def test_another_upload_takes_the_place_of_the_waiting_one(desk: Desk) -> None:
    desk.upload()
    desk.upload(PEOPLE[:4])
    assert len(desk.files()) == 1


def test_a_company_on_essentials_is_told_what_it_needs(desk: Desk) -> None:
    """S5"""
    with access.acting_for(desk.company):
        Company.objects.filter(pk=desk.company).update(plan="essentials")
    assert desk.client.get(UPLOAD).headers["Location"] == HOME
    assert desk.upload().headers["Location"] == HOME
    assert desk.client.post(AGAIN).headers["Location"] == HOME
    assert desk.files() == []


def test_an_entity_with_another_tool_disconnects_it_first(desk: Desk) -> None:
    with access.acting_for(desk.company):
        other = Connection.objects.create(company_id=desk.company, tool="bamboohr", state="connected")
        Subscription.objects.create(company_id=desk.company, entity=desk.two.alice_entity, connection=other)
    assert desk.client.get(UPLOAD).headers["Location"] == HOME
    assert "connected to BambooHR. Disconnect it first." in text(desk.client.get(HOME))


def test_a_file_shared_with_an_entity_of_others_is_not_replaced_by_a_stranger(desk: Desk) -> None:
    """Product decision 6: one file for the company, an admin of all its entities hands it in."""
    desk.connected()
    with access.acting_for(desk.company):
        second = create_entity(desk.two.alice_company, "Second")
        dora = User.objects.create_user("dora@rollcall.example", "a good long password")
        grant_role(second, dora, Role.ADMIN)
    client = browser(dora)
    assert client.get(UPLOAD).headers["Location"] == HOME
    assert "you do not manage them" in text(client.get(HOME))
    with access.acting_for(desk.company):
        grant_role(desk.two.alice_entity, dora, Role.ADMIN)
    assert client.get(UPLOAD).status_code == 200


def test_there_is_nothing_to_look_at_again_before_the_first_file(desk: Desk) -> None:
    assert desk.client.post(AGAIN).headers["Location"] == UPLOAD


def test_a_waiting_file_is_of_no_use_once_the_plan_is_gone(desk: Desk) -> None:
    """S5"""
    address = desk.upload().headers["Location"]
    with access.acting_for(desk.company):
        Company.objects.filter(pk=desk.company).update(plan="essentials")
    assert desk.client.get(address).headers["Location"] == HOME
    assert desk.client.post(address, {"op": "confirm"}).headers["Location"] == HOME
    with access.acting_for(desk.company):
        assert not Connection.objects.exists()


def test_the_pages_are_french_too(desk: Desk) -> None:
    with translation.override("en"):
        desk.client.post("/language/", {"language": "fr"})
        assert '<html lang="fr"' in text(desk.client.get(UPLOAD))
