"""Files of people: mapping, suggestions, what stops a file, what is set aside."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from rollcall.connectors.base import Wanted
from rollcall.connectors.catalogue import TOOLS, connect, open_file
from rollcall.connectors.csv_file import errors
from rollcall.connectors.csv_file.connector import CsvFile
from rollcall.connectors.csv_file.layout import FIELDS, Layout
from rollcall.connectors.csv_file.looking import MOST_TOLD, look
from rollcall.connectors.csv_file.mapping import STATUSES, day, orders
from rollcall.connectors.csv_file.names import BY_NAME
from rollcall.connectors.csv_file.problems import SENTENCES, Problem, Reason
from rollcall.connectors.csv_file.reading import folded, open_sheet
from rollcall.connectors.csv_file.suggesting import alone, samples, suggest
from rollcall.connectors.errors import AdminMustAct, UnreadableRecord
from rollcall.engine.snapshot import BankAccount, Employee, Status

NEEDED = {"employee_number": "Id", "first_name": "First", "last_name": "Last", "work_email": "Mail"}
PEOPLE = ("1,Ann,A,ann@x.example", "2,Bo,B,bo@x.example", "3,Cy,C,cy@x.example")


def content(rows: Sequence[str] = PEOPLE, more: str = "") -> bytes:
    return "\n".join([f"Id,First,Last,Mail{more}", *rows, ""]).encode()


def layout(columns: Mapping[str, str] | None = None, **more: Any) -> Layout:
    return Layout(**{"columns": {**NEEDED, **(columns or {})}, "dates": "dmy", **more})


def opened(rows: Sequence[str] = PEOPLE, more: str = "", how: Layout | None = None) -> CsvFile:
    return open_file("csv", content(rows, more), how or layout())


def people(file: CsvFile) -> dict[str, Employee]:
    found = [file.employee(record) for page in file.pages() for record in page.records()]
    return {one.id: one for one in found}


def one(cell: str, field: str, **more: Any) -> Employee:
    """Read one cell as one field."""
    file = opened([f'7,Ann,A,ann@x.example,"{cell}",z'], ",Value,Last one", layout({field: "Value"}, **more))
    return people(file)["7"]


def doubts(cell: str, field: str, **more: Any) -> list[Reason]:
    file = opened([f'7,Ann,A,ann@x.example,"{cell}",z'], ",Value,Last one", layout({field: "Value"}, **more))
    return [problem.reason for problem in look(file).doubts]


def test_numbers_stay_text_and_keep_their_zeros() -> None:
    found = people(opened(["007,Ann,A,ann@x.example"]))
    assert list(found) == ["007"] and found["007"].employee_number == "007"


def test_f2_columns_are_found_in_any_order_and_spelling() -> None:
    """F2"""
    file = open_file("csv", b"MAIL;last;\xc3\xadd;first\na@x.example;A;1;Ann\n", layout())
    assert people(file)["1"].last_name == "A"


def test_f2_a_missing_column_stops_the_file_and_is_named() -> None:
    """F2"""
    with pytest.raises(errors.MissingColumn) as caught:
        opened(how=layout({"department": "Abteilung"}))
    assert isinstance(caught.value, AdminMustAct)
    assert "“Abteilung” is missing" in caught.value.sentence()


def test_a_column_that_is_there_twice_stops_the_file() -> None:
    with pytest.raises(errors.DoubledColumn):
        opened([], ",mail")


def test_a_layout_without_what_is_needed_or_with_unknown_fields_is_refused() -> None:
    with pytest.raises(errors.NotChosen) as missing:
        open_file("csv", content(), Layout(columns={"first_name": "First"}, dates="iso"))
    assert missing.value.params["fields"] == "employee_number, last_name, work_email"
    with pytest.raises(errors.BadLayout):
        opened(how=layout({"shoe_size": "First"}))


def test_f3_rows_too_short_or_too_long_are_set_aside_by_their_line() -> None:
    """F3: nobody is called absent, for such a row may be anybody's."""
    file = opened([*PEOPLE, "4,Di", "5,Ed,E,ed@x.example,more", ",No,Key,no@x.example"])
    records = [record for page in file.pages() for record in page.records()]
    broken = []
    for record in records:
        try:
            file.employee(record)
        except UnreadableRecord as error:
            broken.append((error.field, error.employee_id))
    assert broken == [("line 5 short", None), ("line 6 long", None), ("line 7 no_key", None)]
    assert look(file).problems == [
        Problem(5, "", Reason.SHORT),
        Problem(6, "", Reason.LONG),
        Problem(7, "Id", Reason.NO_KEY),
    ]


def test_a_file_whose_rows_are_mostly_broken_is_stopped() -> None:
    file = opened([PEOPLE[0], "2,Bo", "3,Cy"])
    with pytest.raises(errors.MostRowsBroken) as caught:
        file.test()
    assert "2 of 3 rows" in caught.value.sentence() and "line 3" in caught.value.sentence()


def test_a_file_without_rows_is_stopped() -> None:
    """P1, P6"""
    with pytest.raises(errors.EmptyFile):
        list(opened([]).pages())


def test_a_key_that_is_there_twice_stops_the_file_and_its_lines_are_named() -> None:
    """P8"""
    file = opened([*PEOPLE, *(f"{n},X,X,x@x.example" for n in (1, 2, 3, 1, 2, 3))])
    with pytest.raises(errors.DoubledKey) as caught:
        file.test()
    assert caught.value.params["lines"] == "2 + 5, 3 + 6, 4 + 7, 2 + 8, 3 + 9, …"
    with pytest.raises(errors.DoubledKey) as caught:
        opened(["1,A,A,a@x.example", "1,B,B,b@x.example"]).test()
    assert caught.value.params["lines"] == "2 + 3"


def test_people_can_be_known_by_their_address_in_any_case() -> None:
    how = layout(key="work_email")
    assert list(people(opened(["1,Ann,A, Ann@X.example "], how=how))) == ["ann@x.example"]
    with pytest.raises(errors.DoubledKey):
        opened(["1,A,A,a@x.example", "2,B,B,A@x.example"], how=how).test()


def test_pages_hold_500_people_and_equal_bytes_for_equal_rows() -> None:
    rows = [f"{n},A{n},A,a{n}@x.example" for n in range(1_200)]
    pages = list(opened(rows).pages())
    assert [len(page.records()) for page in pages] == [500, 500, 200]
    assert [page.body for page in opened(rows).pages()] == [page.body for page in pages]
    other = opened(rows, how=layout(clear=True))
    assert next(other.pages()).body != pages[0].body


def test_a_file_is_read_to_its_end_before_it_counts_as_read() -> None:
    file = opened([f"{n},A,A,a{n}@x.example" for n in range(600)])
    pages = file.pages()
    next(pages)
    assert not file.read_whole
    list(pages)
    assert file.read_whole


def test_a_list_of_changes_says_so() -> None:
    assert opened().lists_everybody
    assert not opened(how=layout(everybody=False)).lists_everybody


def test_what_is_left_out_is_not_in_the_records() -> None:
    rows, how = ["1,Ann,A,ann@x.example,DE89370400440532013000"], layout({"bank_account.iban": "Iban"})
    file = CsvFile(content(rows, ",Iban"), how, Wanted(leave_out=frozenset({"bank_account"})))
    page = next(file.pages())
    assert b"DE89" not in page.body
    assert people(file)["1"].bank_account is UNSET
    assert file.unreadable() == frozenset()


def test_there_is_no_question_for_changes_and_nothing_to_connect_to() -> None:
    with pytest.raises(NotImplementedError):
        opened().changes(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(errors.NoFile), connect("csv", {}):
        pass
    with pytest.raises(LookupError):
        open_file("personio", content(), layout())
    assert TOOLS["csv"].tool.kind == "file"


# --- values ---------------------------------------------------------------------------------------------


def test_an_empty_cell_says_nothing_unless_it_is_to_clear() -> None:
    for field in ("department", "end_date", "country", "status"):
        assert getattr(one("", field), field) is UNSET
    assert one(" \u00a0", "department").department is UNSET
    assert one("", "department", clear=True).department is None
    assert one("", "end_date", clear=True).end_date is None
    assert one("", "status", clear=True).status is UNSET


def test_outer_blanks_and_breaks_in_cells_are_the_files_not_the_persons() -> None:
    assert one("\u00a0 Ber\nlin ", "work_location").work_location == "Ber lin"


@pytest.mark.parametrize(
    ("cell", "order", "found"),
    [
        ("2026-11-22", "iso", date(2026, 11, 22)),
        ("2026-11-22", "dmy", date(2026, 11, 22)),
        ("2026-11-22T10:00:00Z", "mdy", date(2026, 11, 22)),
        ("03/02/2026", "dmy", date(2026, 2, 3)),
        ("03/02/2026", "mdy", date(2026, 3, 2)),
        ("3.2.2026", "dmy", date(2026, 2, 3)),
        ("03-02-2026 00:00", "dmy", date(2026, 2, 3)),
        ("0000-00-00", "iso", None),
        ("03/02/2026", "iso", UNSET),
        ("22/11/2026", "mdy", UNSET),
        ("31/06/2026", "dmy", UNSET),
        ("2026-2-3", "iso", UNSET),
        ("2026-02-31", "dmy", UNSET),
        ("03/02/26", "dmy", UNSET),
        ("03/02.2026", "dmy", UNSET),
        ("soon", "dmy", UNSET),
        ("46000", "dmy", UNSET),
    ],
)
def test_v4_days_are_read_in_the_chosen_order_alone(cell: str, order: Any, found: Any) -> None:
    """V4: a day that is none is set aside and never guessed."""
    assert day(cell, order) == found
    assert one(cell, "start_date", dates=order).start_date == found


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(["iso", "dmy", "mdy"]))
def test_v4_a_day_written_in_an_order_is_read_back_in_it(written: date, order: Any) -> None:
    form = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}[order]
    text = written.strftime(form)
    assert day(text, order) == written
    assert order in orders(text)


def test_what_is_wrong_with_a_value_is_told_with_its_reason() -> None:
    assert doubts("soon", "start_date") == [Reason.NOT_A_DAY]
    assert doubts("46000", "start_date") == [Reason.DAY_NUMBER]
    assert doubts("Atlantis", "country") == [Reason.NOT_A_COUNTRY]
    assert doubts("zzz", "status") == [Reason.STATUS_UNKNOWN]
    assert doubts("nobody", "personal_email") == [Reason.NOT_AN_EMAIL]
    assert doubts("Fran\ufffdois", "team") == [Reason.DAMAGED]
    assert doubts("1.23E+05", "bank_account.account_number") == [Reason.ROUNDED]
    assert doubts("x" * 501, "team") == [Reason.CUT]
    assert doubts("fine", "team") == []
    assert set(SENTENCES) == set(Reason)


def test_e1_letters_that_were_lost_are_never_written_into_names() -> None:
    """E1"""
    assert one("Fran\ufffdois", "preferred_name").preferred_name is UNSET
    assert look(opened([*PEOPLE, "\ufffd4,A,A,a@x.example", "1E+05,A,A,a@x.example"])).problems == [
        Problem(5, "Id", Reason.DAMAGED),
        Problem(6, "Id", Reason.ROUNDED),
    ]


def test_e2_e4_nul_and_controls_are_cleaned_and_long_texts_cut() -> None:
    """E2, E4"""
    assert one("a\x00b", "team").team == "ab"
    assert len(str(one("x" * 9_000, "team").team)) == 500


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("FR", "FR"),
        ("Germany", "DE"),
        ("Allemagne", "DE"),
        ("Deutschland", "DE"),
        ("SUISSE", "CH"),
        ("usa", "US"),
    ],
)
def test_countries_are_known_in_three_languages(cell: str, code: str) -> None:
    assert one(cell, "country").country == code


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Active", Status.ACTIVE),
        ("Aktiv", Status.ACTIVE),
        ("EN POSTE", Status.ACTIVE),
        ("Sorti", Status.INACTIVE),
        ("ausgeschieden", Status.INACTIVE),
        ("Congé maternité", Status.ON_LEAVE),
        ("Elternzeit", Status.ON_LEAVE),
        ("à venir", Status.UPCOMING),
        ("zzz", Status.UNKNOWN),
    ],
)
def test_words_of_the_status_column_are_known_in_three_languages(word: str, status: Status) -> None:
    assert one(word, "status").status is status


def test_every_word_of_the_tables_is_folded_and_means_one_thing() -> None:
    assert all(folded(word) == word for word in (*STATUSES, *BY_NAME))
    assert set(BY_NAME.values()) <= set(FIELDS)


def test_an_admins_own_words_come_first() -> None:
    own = {"zzz": Status.INACTIVE, "aktiv": Status.UNKNOWN}
    assert one("ZZZ", "status", statuses=own).status is Status.INACTIVE
    assert one("aktiv", "status", statuses=own).status is Status.UNKNOWN


def test_without_a_status_the_dates_decide_alone() -> None:
    assert one("13/02/2020", "end_date").status is UNSET


def test_bank_details_are_put_together_from_their_columns() -> None:
    rows = ["1,Ann,A,ann@x.example,de89 3704 0044 0532 0130 00,Ann A"]
    how = layout({"bank_account.iban": "Iban", "bank_account.holder": "Holder"})
    found = people(opened(rows, ",Iban,Holder", how))["1"]
    assert found.bank_account == BankAccount(iban="DE89370400440532013000", holder="Ann A")


def test_attributes_of_their_own_are_delivered_by_their_names() -> None:
    rows = ["1,Ann,A,ann@x.example,b1", "2,Bo,B,bo@x.example,"]
    found = people(opened(rows, ",Badge", layout(custom={"Badge": "Badge"})))
    assert (found["1"].custom, found["2"].custom) == ({"Badge": "b1"}, {})
    cleared = people(opened(rows, ",Badge", layout(custom={"Badge": "Badge"}, clear=True)))
    assert cleared["2"].custom == {"Badge": None}
    assert people(opened())["1"].custom is UNSET


# --- managers -------------------------------------------------------------------------------------------

BOSSES = ("1,Ann,A,ann@x.example", "2,Bo,B,bo@x.example")


def managers(*cells: str, **how: Any) -> dict[str, Any]:
    """Return the manager of each person; the third has the cells."""
    rows = [row + "," * len(cells) for row in BOSSES]
    rows = [f"{row},z" for row in (*rows, ",".join(["3,Cy,C,cy@x.example", *cells]))]
    names = [f"M{n}" for n in range(len(cells))]
    fields = how.pop("fields")
    found = opened(rows, f",{','.join(names)},End", layout(dict(zip(fields, names, strict=True)), **how))
    return {number: person.manager_id for number, person in people(found).items()}


def test_a_manager_is_found_by_number_or_by_address() -> None:
    assert managers("2", fields=["manager_id"])["3"] == "2"
    assert managers("BO@x.example", fields=["manager_email"])["3"] == "2"
    assert managers("9", "ann@x.example", fields=["manager_id", "manager_email"])["3"] == "1"
    by_address = managers("2", fields=["manager_id"], key="work_email")
    assert by_address["cy@x.example"] == "bo@x.example"


def test_a_manager_who_is_not_listed_is_named_by_a_list_of_everybody_only() -> None:
    assert managers("zed@x.example", fields=["manager_email"])["3"] == "zed@x.example"
    assert managers("zed@x.example", fields=["manager_email"], everybody=False)["3"] is UNSET
    assert managers("bo@x.example", fields=["manager_email"], everybody=False)["3"] == "2"


def test_an_empty_managers_cell_follows_the_rule_for_empty_cells() -> None:
    assert managers("2", fields=["manager_id"])["1"] is UNSET
    assert managers("2", fields=["manager_id"], clear=True)["1"] is None
    assert managers("2", fields=["manager_id"], clear=True, everybody=False)["1"] is None


def test_a_file_without_numbers_knows_managers_by_address() -> None:
    how = Layout(
        columns={"first_name": "F", "last_name": "L", "work_email": "M", "manager_email": "Boss"},
        dates="iso",
        key="work_email",
    )
    file = open_file("csv", b"F,L,M,Boss\nA,A,a@x.example,\nB,B,b@x.example,A@X.example\n", how)
    assert people(file)["b@x.example"].manager_id == "a@x.example"


def test_a_managers_number_that_cannot_be_read_is_set_aside() -> None:
    assert managers("1.2E+05", fields=["manager_id"], clear=True)["3"] is UNSET
    assert doubts("1.2E+05", "manager_id") == [Reason.ROUNDED]


def test_an_address_that_two_people_have_finds_no_manager() -> None:
    rows = ["1,A,A,same@x.example,", "2,B,B,same@x.example,", "3,C,C,c@x.example,same@x.example"]
    found = people(opened(rows, ",Boss", layout({"manager_email": "Boss"})))
    assert found["3"].manager_id == "same@x.example"


def test_a_row_without_an_address_is_nobodys_manager() -> None:
    found = people(opened(["1,A,A,,9", "2,B,B,b@x.example,1"], ",Boss", layout({"manager_id": "Boss"})))
    assert found["2"].manager_id == "1" and found["1"].manager_id == "9"


# --- suggestions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "Employee ID,First name,Surname,Email,Hire date,Termination date,Status,Line manager email,Office",
            "employee_number first_name last_name work_email start_date end_date status manager_email work_location",
        ),
        (
            "Matricule;Prénom;Nom;Adresse e-mail;Date d’entrée;Date de sortie;Statut;Matricule N+1;Établissement",
            "employee_number first_name last_name work_email start_date end_date status manager_id work_location",
        ),
        (
            "Personalnummer;Vorname;Nachname;E-Mail;Eintritt;Austritt;Status;Vorgesetzter E-Mail;Standort",
            "employee_number first_name last_name work_email start_date end_date status manager_email work_location",
        ),
        ("Name,Email", "work_email"),
        ("Given name,Name,Mail,mail", "first_name last_name work_email"),
        ("Vorname,Titel,Mail", "first_name work_email"),
    ],
)
def test_columns_are_suggested_by_their_names_in_three_languages(header: str, fields: str) -> None:
    found = suggest(open_sheet(f"{header}\n".encode()))
    assert set(found.layout.columns) == set(fields.split())


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (("", "b@x.example"), "manager_email"),
        (("2", ""), "manager_id"),
        (("Bo B", ""), None),
        (("", ""), None),
    ],
)
def test_a_column_called_manager_is_judged_by_what_stands_in_it(
    cells: Sequence[str], field: str | None
) -> None:
    rows = "".join(f"{n},A,B,{n}@x.example,{cell},z\n" for n, cell in enumerate(cells, 1))
    columns = suggest(
        open_sheet(f"Employee ID,First name,Last name,Email,Manager,Z\n{rows}".encode())
    ).layout.columns
    assert {name for name, column in columns.items() if column == "Manager"} == ({field} if field else set())


def test_a_managers_number_means_nothing_without_numbers() -> None:
    columns = suggest(open_sheet(b"First name,Email,Manager\nA,a@x.example,2\n")).layout.columns
    assert set(columns) == {"first_name", "work_email"}


@pytest.mark.parametrize(
    ("cells", "order", "open_"),
    [
        (("13/02/2020", "01/02/2020"), "dmy", False),
        (("02/13/2020", "01/02/2020"), "mdy", False),
        (("2020-02-13", ""), "iso", False),
        (("", ""), "iso", False),
        (("01/02/2020", "03/04/2020"), "iso", True),
        (("13/02/2020", "02/13/2020"), "iso", True),
    ],
)
def test_v4_the_order_of_days_is_only_suggested_where_the_file_leaves_one(
    cells: Sequence[str], order: str, open_: bool
) -> None:
    """V4"""
    rows = "".join(f"{n},A,B,{n}@x.example,{cell},z\n" for n, cell in enumerate(cells))
    sheet = open_sheet(f"Employee ID,First name,Last name,Email,Start date,Z\n{rows}".encode())
    found = suggest(sheet)
    assert (found.layout.dates, found.dates_open) == (order, open_)
    if open_:
        with pytest.raises(errors.DatesOpen):
            alone(sheet)
    else:
        assert alone(sheet) == found.layout


def test_a_file_that_lacks_what_is_needed_is_not_read_unasked() -> None:
    with pytest.raises(errors.NotChosen) as caught:
        alone(open_sheet(b"Email,Phone\na@x.example,1\n"))
    assert caught.value.params["fields"] == "first_name, last_name"


@pytest.mark.parametrize(
    ("numbers", "key"), [("12", "employee_number"), ("11", "work_email"), ("1 ", "work_email")]
)
def test_people_are_known_by_number_only_if_everybody_has_one_of_their_own(numbers: str, key: str) -> None:
    rows = "".join(f"{number},A,B,{at}@x.example\n" for at, number in enumerate(numbers))
    assert suggest(open_sheet(f"Employee ID,First,Last,Email\n{rows}".encode())).layout.key == key
    assert suggest(open_sheet(b"Email,First\n")).layout.key == "work_email"


def test_a_layout_that_is_known_is_kept_as_far_as_the_file_has_its_columns() -> None:
    known = layout({"department": "Dept", "team": "Gone"}, custom={"B": "Badge", "X": "Gone"}, clear=True)
    found = suggest(open_sheet(content(["1,A,A,a@x.example,D,b"], ",Dept,Badge")), known)
    assert found.layout.columns == {**NEEDED, "department": "Dept"}
    assert (found.layout.custom, found.layout.clear, found.dates_open) == ({"B": "Badge"}, True, False)


def test_a_renamed_column_is_looked_for_and_one_never_read_stays_unread() -> None:
    found = suggest(open_sheet(b"Id,First,Last,Email,Team\n1,A,A,a@x.example,T\n"), layout())
    assert found.layout.columns == {**NEEDED, "work_email": "Email"}


@pytest.mark.parametrize(
    ("cell", "order", "open_"),
    [("01/02/2020", "dmy", False), ("02/13/2020", "mdy", False), ("13/13/2020", "dmy", True)],
)
def test_a_known_order_is_kept_unless_the_file_contradicts_it(cell: str, order: str, open_: bool) -> None:
    known = layout({"start_date": "Day"})
    found = suggest(open_sheet(content([f"1,A,A,a@x.example,{cell},z"], ",Day,Z")), known)
    assert (found.layout.dates, found.dates_open) == (order, open_)


def test_the_legacy_encoding_of_the_file_is_kept_for_the_next_ones() -> None:
    sheet = open_sheet("Id,Ž\n1,Ž\n".encode("cp1250"), encoding="windows-1250")
    assert suggest(sheet).layout.encoding == "windows-1250"
    assert suggest(sheet, layout()).layout.encoding == "windows-1250"
    assert suggest(open_sheet(content()), layout(encoding="mac-roman")).layout.encoding == "mac-roman"


def test_samples_show_a_few_different_values_of_the_first_rows() -> None:
    rows = "".join(f"{n},x,\n" for n in range(400))
    sheet = open_sheet(f"a,b,c,\n{rows}".encode())
    assert samples(sheet, 3) == [["0", "1", "2"], ["x"], []]
    assert samples(open_sheet(b"a,b\n"), 3) == [[], []]


# --- looking through ------------------------------------------------------------------------------------


def test_a_look_counts_everything_and_lists_the_first() -> None:
    rows = [f"{n},A,A,not-an-address,Zzz{n % 60},01/02/2020" for n in range(300)]
    how = layout({"status": "State", "start_date": "Day"})
    found = look(opened([*rows, *(["x"] * 250)], ",State,Day", how), first=3)
    assert (found.people, found.broken, found.doubtful) == (300, 250, 600)
    assert (len(found.first), len(found.problems), len(found.doubts)) == (3, MOST_TOLD, MOST_TOLD)
    assert len(found.words) == 50 and found.words[0].count == 5
    assert found.days_fit
    assert not look(opened(rows, ",State,Day", layout({"start_date": "Day"}, dates="iso"))).days_fit


def test_a_doubt_names_the_column_also_of_a_manager_found_by_address() -> None:
    file = opened(
        ["1,A,A,a@x.example,\ufffd,b"],
        ",Boss,Badge",
        layout({"manager_email": "Boss"}, custom={"B": "Badge"}),
    )
    assert [(one.line, one.column) for one in look(file).doubts] == [(2, "Boss")]


def test_a_layout_survives_the_way_through_json() -> None:
    made = layout({"team": "T"}, statuses={"zzz": Status.ON_LEAVE}, separator="\t", custom={"B": "Badge"})
    assert msgspec.json.decode(msgspec.json.encode(made), type=Layout) == made
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"columns": {}, "dates": "iso", "more": 1}, Layout)


def test_records_are_small_json_that_decides_its_person_alone() -> None:
    (record,) = next(opened([PEOPLE[0]]).pages()).records()
    told = json.loads(record)
    assert told["cells"] == {
        "employee_number": "1",
        "first_name": "Ann",
        "last_name": "A",
        "work_email": "ann@x.example",
    }
    assert "line" not in told


CELL = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd\x85\u2028\u2029"), max_size=20
)


@pytest.mark.thorough
@given(cells=st.lists(CELL, min_size=1, max_size=5))
def test_e3_e5_any_text_of_a_cell_arrives_as_it_was_written(cells: list[str]) -> None:
    """E3, E5: apart from outer blanks."""
    rows = [f'{n},A,A,{n}@x.example,"{cell.replace(chr(34), chr(34) * 2)}",z' for n, cell in enumerate(cells)]
    found = people(opened(rows, ",Team,Z", layout({"team": "Team"})))
    for n, cell in enumerate(cells):
        assert found[str(n)].team == (cell.strip() or UNSET)
