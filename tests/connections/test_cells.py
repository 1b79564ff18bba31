"""Files for spreadsheets: no cell of ours is ever taken for a formula, whatever the country's separator is."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.connections.cells import safe_cell

HARMLESS = (
    "Ada",
    "Zoë-Marie",
    "a=b",
    "1+1 = 2",
    "a@x.example",
    "",
    " ",
    "O'Brien",
    "3-4",
    "tel. +33",
    "«",
    "'",
    '"',
    ";",
    ",",
)
FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u3000=1", "\ufeff=1",
    "\u200b=1", "\u202e=1",
    "\x00=1", "＝1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "-2+3+cmd|' /C calc'!A0",
    "\t", "\r",
    "Ada;=1+1", "Ada; =1", "Ada\t=1", "Ada\n=1", 'Ada";"=1', "Ada\r\n@x", ";;;=1", "a;＝1", "Ada\u2028=1",
)  # fmt: skip
SIGNS = "=+-@＝＋－＠"
UNSEEN = "\x00\u00ad\u180e\ufeff" + "".join(
    map(chr, (*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A)))
)


def cells_of(text: str, separator: str) -> list[str]:
    """What a spreadsheet with this separator would have in its cells, without what nobody sees before them."""
    return [
        "".join(one for one in cell if one not in UNSEEN).lstrip()
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for cell in row
    ]


def written(cell: str) -> str:
    file = io.StringIO()
    csv.writer(file).writerow(["before", safe_cell(cell), "behind"])
    return file.getvalue()


@pytest.mark.parametrize("cell", FORMULAS)
def test_f6_no_cell_begins_with_a_sign_of_a_formula(cell: str) -> None:
    assert safe_cell(cell) != cell
    for separator in ",;\t":
        assert [one for one in cells_of(written(cell), separator) if one[:1] in SIGNS and one] == []


@pytest.mark.parametrize("cell", HARMLESS)
def test_a_cell_that_is_no_formula_stays_as_it_is(cell: str) -> None:
    assert safe_cell(cell) == cell


@given(st.text(alphabet=st.sampled_from("=+-@ \t\r\n;,\"'aA1\u00a0\u200b\ufeff＝\x00"), max_size=12))
def test_f6_no_text_at_all_begins_a_cell_with_a_sign_of_a_formula(text: str) -> None:
    for separator in ",;\t":
        assert [one for one in cells_of(written(text), separator) if one[:1] in SIGNS and one] == []
