"""From bytes to rows: encodings, separators, quotes, line ends."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.connectors.csv_file import errors, reading
from rollcall.connectors.csv_file.layout import ENCODINGS, SEPARATORS
from rollcall.connectors.csv_file.reading import folded, open_sheet, rows

TEXT = "Nummer;Vorname;Straße\n001;Zoé;A\n"


def cells(content: bytes, **options: object) -> list[tuple[int, list[str]]]:
    return [(row.line, row.cells) for row in rows(open_sheet(content, **options))]  # type: ignore[arg-type] # any option


@pytest.mark.parametrize(
    ("codec", "name", "certain"),
    [
        ("utf-8", "utf-8", True),
        ("utf-8-sig", "utf-8", True),
        ("utf-16", "utf-16", True),
        ("utf-16-le", "utf-16", True),
        ("utf-16-be", "utf-16", True),
        ("cp1252", "windows-1252", False),
    ],
)
def test_f1_e1_the_encoding_is_recognised(codec: str, name: str, certain: bool) -> None:
    """F1, E1"""
    sheet = open_sheet(TEXT.encode(codec))
    assert (sheet.encoding, sheet.certain) == (name, certain)
    assert sheet.header == ("Nummer", "Vorname", "Straße")
    assert [row.cells for row in rows(sheet)] == [["001", "Zoé", "A"]]


def test_utf_16_with_its_mark_the_other_way_round_is_recognised() -> None:
    assert open_sheet(b"\xfe\xff" + TEXT.encode("utf-16-be")).encoding == "utf-16"


def test_z5_what_is_in_a_file_does_not_reach_a_traceback() -> None:
    """Z5"""
    assert repr(open_sheet(TEXT.encode())) == f"Sheet({len(TEXT.encode())} bytes)"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_chosen_encoding_is_meant_for_what_is_no_unicode(encoding: str) -> None:
    codec = {"windows-1252": "cp1252", "windows-1250": "cp1250"}.get(encoding, encoding)
    sheet = open_sheet("a;é\n1;é\n".encode(codec), encoding=encoding)  # type: ignore[arg-type] # one of them
    assert sheet.encoding == encoding and sheet.header == ("a", "é")
    assert open_sheet("a;é\n".encode(), encoding=encoding).encoding == "utf-8"  # type: ignore[arg-type] # same


@pytest.mark.parametrize("content", [b"a,b\n\x81,1\n", b"\xef\xbb\xbfa,b\n\xff,1\n", b"\xff\xfea\x00,\x00b"])
def test_e1_f1_what_no_encoding_fits_is_refused_and_nothing_is_replaced(content: bytes) -> None:
    """E1: no U+FFFD."""
    with pytest.raises(errors.NotText):
        open_sheet(content)


@pytest.mark.parametrize(
    "head", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b", b"%PDF-1.7", b"{\\rtf1"]
)
def test_f5_workbooks_and_archives_are_known_by_their_first_bytes(head: bytes) -> None:
    """F5: the sentence says how to export CSV."""
    with pytest.raises(errors.Spreadsheet) as caught:
        open_sheet(head + b"a,b\n1,2\n")
    assert "CSV UTF-8" in caught.value.sentence()


def test_f5_a_file_of_more_than_50_mb_is_refused() -> None:
    """F5"""
    with pytest.raises(errors.TooLarge) as caught:
        open_sheet(b"a,b\n" + bytes(reading.MOST_BYTES))
    assert "50 MB" in caught.value.sentence()


def test_a_header_of_too_many_columns_is_refused() -> None:
    with pytest.raises(errors.TooManyColumns):
        open_sheet(",".join(f"c{n}" for n in range(201)).encode())


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n\t\n"])
def test_a_file_without_a_header_is_empty(content: bytes) -> None:
    with pytest.raises(errors.EmptyFile):
        open_sheet(content)


def test_a_header_of_one_column_is_told() -> None:
    with pytest.raises(errors.OneColumn):
        open_sheet(b"name\nAnna\n")


@pytest.mark.parametrize("separator", SEPARATORS)
def test_f1_the_separator_is_recognised_from_the_header(separator: str) -> None:
    """F1"""
    content = f'a{separator}b{separator}"c, d; e"\n1{separator}2{separator}3\n'.encode()
    if separator in ",;":
        content = content.replace(b"c, d; e", b"c d e")
    sheet = open_sheet(content)
    assert sheet.separator == separator and len(sheet.header) == 3


def test_a_separator_that_is_known_wins_where_the_header_has_it() -> None:
    content = b"a,b;c\n1,2;3\n"
    assert open_sheet(content, separator=";").header == ("a,b", "c")
    assert open_sheet(content, separator="|").header == ("a,b", "c")
    assert open_sheet(content, separator=",").header == ("a", "b;c")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_own_line_tells_the_separator(line: str) -> None:
    assert cells(f"{line}\r\na,b;c\r\n1,2;3\r\n".encode()) == [(3, ["1,2", "3"])]
    assert cells(f"{line}\r\na,b;c\r\n1,2;3\r\n".encode(), separator=",") == [(3, ["1,2", "3"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_f1_every_kind_of_line_end_ends_a_line(end: str) -> None:
    """F1"""
    content = end.join(["a;b", "", '1;"x\ny"', "2;z", ";", ""]).encode()
    assert [one[1] for one in cells(content)] == [["1", "x\ny"], ["2", "z"]]
    assert cells(content)[0][0] == 3


def test_lines_are_counted_as_an_editor_does() -> None:
    assert cells(b'\na;b\n"1\n\n";2\n3;4\n') == [(3, ["1\n\n", "2"]), (6, ["3", "4"])]


def test_columns_and_cells_that_are_empty_at_the_end_do_not_count() -> None:
    assert cells(b"a;b;;\n1;2;;\n3;;;;;\n4\n5;6;7\n") == [
        (2, ["1", "2"]),
        (3, ["3", ""]),
        (4, ["4"]),
        (5, ["5", "6", "7"]),
    ]


@pytest.mark.parametrize(
    "content", [b'a;b\n1;"open\n2;3\n', b'a;b\n1;"x"y\n', b"a;b\n1;" + b"x" * 140_000 + b"\n"]
)
def test_quotes_that_do_not_pair_up_stop_the_file(content: bytes) -> None:
    sheet = open_sheet(content)
    with pytest.raises(errors.BrokenQuotes) as caught:
        list(rows(sheet))
    assert caught.value.params["line"] == "2"


def test_quotes_that_do_not_pair_up_in_the_header_leave_no_header() -> None:
    with pytest.raises(errors.EmptyFile):
        open_sheet(b'"a;b\n1;2\n')


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("E-Mail (geschäftlich)", "e mail geschaftlich"),
        ("  PRÉNOM ", "prenom"),
        ("Straße", "strasse"),
        ("N°\u00a0Matricule", "n matricule"),
        ("e\u0301tat", "etat"),
    ],
)
def test_names_are_compared_without_case_accents_and_signs(written: str, same: str) -> None:
    assert folded(written) == same


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff"), max_size=12).filter(
    lambda text: text.strip() == text and text != ""
)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(
    table=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6),
    separator=st.sampled_from(SEPARATORS),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_writes_is_read_back(
    table: list[list[str]], separator: str, codec: str, end: str
) -> None:
    """Whatever stands in the cells: quotes, separators, line breaks, formulas."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["one", "two", "three"], *table])
    sheet = open_sheet(out.getvalue().encode(codec))
    assert sheet.header == ("one", "two", "three")
    assert [row.cells for row in rows(sheet)] == table
