"""From the bytes of a file to its header and rows. Pure; rows are read one by one, however many there are.

Recognised without asking: encoding, separator, line ends, a line ``sep=;`` of Excel's, columns and lines that are
empty at the end.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rollcall.connectors.csv_file.errors import (
    BrokenQuotes,
    EmptyFile,
    NotText,
    OneColumn,
    Spreadsheet,
    TooLarge,
    TooManyColumns,
)
from rollcall.connectors.csv_file.layout import SEPARATORS, Encoding, Separator
from rollcall.connectors.parsing import clean

MOST_BYTES: Final = 50 * 1024 * 1024
"""Ten times what a company of 100,000 people needs with twenty columns."""

MOST_COLUMNS: Final = 200

_CHUNK: Final = 1 << 20
# What a file begins with that is a workbook, an archive or a document (F5): zip (xlsx, ods, docx), the compound
# files of old Office, gzip, 7-Zip, RAR, bzip2, xz, PDF, RTF.
_OTHER_KINDS: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"%PDF-",
    b"{\\rtf",
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EXCELS_LINE: Final = re.compile(r'"?sep=([,;|\t])"?[\r\n]*', re.IGNORECASE)
# Python's names of codecs
_CODECS: Final = {"windows-1252": "cp1252", "windows-1250": "cp1250"}


class Sheet(Struct, frozen=True, kw_only=True):
    """A file whose header is known."""

    content: bytes
    # "utf-8", "utf-16" or one of layout.ENCODINGS
    encoding: str
    # the file itself tells its encoding
    certain: bool
    separator: Separator
    header: tuple[str, ...]
    # bytes before the text, and what decodes it
    skip: int
    codec: str

    def __repr__(self) -> str:
        """Say nothing of what is in it."""
        return f"Sheet({len(self.content)} bytes)"


class Row(Struct, frozen=True):
    """A row and the line it begins in, counted from 1; ``cells`` has no blank ones behind the header's last."""

    line: int
    cells: list[str]


def open_sheet(
    content: bytes, *, encoding: Encoding = "windows-1252", separator: Separator | None = None
) -> Sheet:
    """Return the file with its header; raises ``FileRefused`` for what is no table.

    ``encoding`` is meant where the file is no Unicode, ``separator`` where the header has it at all.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge(f"{len(content)} bytes", most=str(MOST_BYTES // 1024 // 1024))
    if content.startswith(_OTHER_KINDS):
        raise Spreadsheet("magic bytes")
    skip, codec, name = _encoding(content, encoding)
    sheet = Sheet(
        content=content,
        encoding=name,
        certain=name.startswith("utf"),
        separator=",",
        header=(),
        skip=skip,
        codec=codec,
    )
    told, header, found = _first(sheet)
    if told is None and separator is not None:
        again = _header(sheet, separator)
        if len(again) > 1:
            header, found = again, separator
    if len(header) < 2:
        raise OneColumn("no separator in the header") if header else EmptyFile("no header")
    if len(header) > MOST_COLUMNS:
        raise TooManyColumns(f"{len(header)} columns", most=str(MOST_COLUMNS))
    return Sheet(
        content=content,
        encoding=name,
        certain=name.startswith("utf"),
        separator=found,
        header=header,
        skip=skip,
        codec=codec,
    )


def _encoding(content: bytes, otherwise: Encoding) -> tuple[int, str, str]:
    """Return how many bytes to skip, the codec, and the encoding's name. Nothing is ever replaced (E1)."""
    for mark, codec in _MARKS:
        if content.startswith(mark):
            _decodes(content[len(mark) :], codec)
            return len(mark), codec, "utf-8" if codec == "utf-8" else "utf-16"
    head = content[:4096]
    # Latin letters in UTF-16 have every second byte zero; no text in another encoding has that.
    for parity, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[parity::2].count(0) > len(head) // 5 and head[1 - parity :: 2].count(0) == 0:
            _decodes(content, codec)
            return 0, codec, "utf-16"
    try:
        _decodes(content, "utf-8")
    except NotText:
        _decodes(content, codec := _CODECS.get(otherwise, otherwise))
        return 0, codec, otherwise
    return 0, "utf-8", "utf-8"


def _decodes(content: bytes, codec: str) -> None:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        for at in range(0, len(content), _CHUNK):
            decoder.decode(content[at : at + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise NotText(f"{codec}: {error.reason}") from None


def _lines(sheet: Sheet) -> Iterator[str]:
    stream = io.BytesIO(sheet.content)
    stream.seek(sheet.skip)
    # newline="": \n, \r\n and a lone \r all end a line, and stay as they are within quotes
    return io.TextIOWrapper(stream, encoding=sheet.codec, errors="strict", newline="")


def _first(sheet: Sheet) -> tuple[Separator | None, tuple[str, ...], Separator]:
    """Return the separator that Excel's own line tells, and header and separator as recognised."""
    match = _EXCELS_LINE.fullmatch(next(_lines(sheet), ""))
    if match:
        told: Separator = match[1]  # type: ignore[assignment] # the pattern holds these four alone
        return told, _header(sheet, told), told
    best: tuple[tuple[str, ...], Separator] = ((), ",")
    for separator in SEPARATORS:
        header = _header(sheet, separator)
        if len(header) > len(best[0]):
            best = (header, separator)
    return None, *best


def _header(sheet: Sheet, separator: Separator) -> tuple[str, ...]:
    try:
        row = next(_records(sheet, separator), None)
    except BrokenQuotes:
        return ()
    names = [(clean(" ".join(name.split())) or "") for name in (row.cells if row else [])]
    return tuple(_trimmed(names, 0))


def _trimmed(cells: list[str], least: int) -> list[str]:
    while len(cells) > least and not cells[-1].strip():
        cells.pop()
    return cells


def _records(sheet: Sheet, separator: Separator) -> Iterator[Row]:
    """Yield everything that is not blank, header included."""
    lines = _lines(sheet)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            blank = not any(cell.strip() for cell in cells)
            told = begun == 1 and len(cells) <= 2 and _EXCELS_LINE.fullmatch(separator.join(cells))
            if not blank and not told:
                yield Row(begun, cells)
    except csv.Error as error:
        raise BrokenQuotes(str(error), line=str(line)) from None


def rows(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows under the header in order. Raises ``BrokenQuotes``."""
    found = _records(sheet, sheet.separator)
    next(found)
    width = len(sheet.header)
    for row in found:
        yield Row(row.line, _trimmed(row.cells, width))


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Return the form in which columns and words are compared: no case, no accents, no signs, single blanks."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = (sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    return " ".join("".join(letters).split())
