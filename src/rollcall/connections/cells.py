"""Cells of files that we write for spreadsheets."""

from typing import Final

DANGEROUS: Final = frozenset("=+-@\t\r\n")


def safe_cell(cell: str) -> str:
    """Return the text so that no spreadsheet reads a formula in it: a quote before what could begin one (F6)."""
    return f"'{cell}" if cell.lstrip(" ")[:1] in DANGEROUS else cell
