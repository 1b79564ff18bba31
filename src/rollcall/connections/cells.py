"""Cells of files that we write for spreadsheets."""

import re
from typing import Final

# the last four are the wide forms, which a spreadsheet in Japanese takes for the same signs
_SIGNS: Final = "=+\\-@＝＋－＠"
# what a spreadsheet passes over before a sign: blanks of any kind, and marks that are not to be seen
_UNSEEN: Final = "\\s\x00-\x1f\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_BEGINS: Final = re.compile(rf"[\t\r\n]|[{_UNSEEN}]*[{_SIGNS}]")
# where the separator of the reader's country is the semicolon or a tab, another cell begins behind one
_BEHIND: Final = re.compile(rf"([;\t\r\n\v\f\x85\u2028\u2029][{_UNSEEN}\"']*)(?=[{_SIGNS}])")


def safe_cell(cell: str) -> str:
    """Return the text so that no spreadsheet reads a formula in it: a quote before what could begin one (F6)."""
    guarded = f"'{cell}" if _BEGINS.match(cell) else cell
    return _BEHIND.sub(r"\1'", guarded)
