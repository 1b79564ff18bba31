"""Why a file is not read at all. Somebody has to hand in another one, or say how this one is to be read.

FileRefused (an AdminMustAct)
├── TooLarge, EmptyFile, Spreadsheet, NotText     what was handed in
├── OneColumn, TooManyColumns, BrokenQuotes, MostRowsBroken
├── MissingColumn, DoubledColumn, NotChosen, DatesOpen, BadLayout      how it is read
├── DoubledKey                                    who is in it
└── NoFile                                        nothing was handed in
"""

from typing import Final

from rollcall.connectors.errors import AdminMustAct, gettext_noop

TOOL: Final = "CSV"


class FileRefused(AdminMustAct):
    """Nothing of the file is read, and nobody is changed."""

    def __init__(self, detail: str = "", *, tool: str = TOOL, **params: str) -> None:
        """Keep what the sentence needs; never a value out of a row."""
        super().__init__(detail, tool=tool, **params)


class TooLarge(FileRefused):
    """More bytes than are read (F5)."""

    code = "file_too_large"
    message = gettext_noop("The file has more than {most} MB. Export only the columns that Rollcall reads.")


class EmptyFile(FileRefused):
    """No rows."""

    code = "file_empty"
    message = gettext_noop(
        "There is nobody in this file: it has no row under its header. Nobody was changed."
    )


class Spreadsheet(FileRefused):
    """A workbook instead of a text (F5)."""

    code = "file_spreadsheet"
    message = gettext_noop(
        "This is a spreadsheet or an archive, not a CSV file. Open it in Excel, choose File > Save as, and the"
        " file type “CSV UTF-8 (Comma delimited)”. In LibreOffice or Google Sheets, download or save it as CSV."
    )


class NotText(FileRefused):
    """Neither Unicode nor the encoding that was chosen (F1, E1)."""

    code = "file_not_text"
    message = gettext_noop(
        "The letters of this file cannot be read. Export it again as a CSV file in the encoding UTF-8."
    )


class OneColumn(FileRefused):
    """No separator in the header."""

    code = "file_one_column"
    message = gettext_noop(
        "The first line of the file is not a header of several columns. It must hold the columns’ names,"
        " with a comma, a semicolon, a tab or a | between them."
    )


class TooManyColumns(FileRefused):
    """A header of more columns than anybody would map."""

    code = "file_too_many_columns"
    message = gettext_noop("The file has more than {most} columns. Export only those that Rollcall reads.")


class BrokenQuotes(FileRefused):
    """Quotes that do not pair up may swallow rows, so nothing behind them can be trusted."""

    code = "file_broken_quotes"
    message = gettext_noop(
        "From line {line} on, the quotes of the file do not pair up, so that rows cannot be told apart."
        " Correct that line, or export the file again."
    )


class MostRowsBroken(FileRefused):
    """The header fits hardly any row (F3)."""

    code = "file_most_rows_broken"
    message = gettext_noop(
        "{broken} of {rows} rows cannot be used, the first in line {line}. Most likely they do not have"
        " as many cells as the header, or no value to know people by."
    )


class MissingColumn(FileRefused):
    """A column that was chosen is not there any more (F2)."""

    code = "file_missing_column"
    message = gettext_noop(
        "The column “{column}” is missing in the file, and nobody was changed. Put it back under that name,"
        " or upload the file in the settings and choose another column there."
    )


class DoubledColumn(FileRefused):
    """Two columns of the name that was chosen."""

    code = "file_doubled_column"
    message = gettext_noop(
        "Two columns of the file are called “{column}”, so that nobody knows which one is meant. Rename one."
    )


class NotChosen(FileRefused):
    """A field that is needed has no column."""

    code = "file_not_chosen"
    message = gettext_noop(
        "No column is chosen for: {fields}. Without it nobody can be invited or recognised."
    )


class DatesOpen(FileRefused):
    """Days could be read in two ways, and nobody has said which."""

    code = "file_dates_open"
    message = gettext_noop(
        "The days in this file can be read in more than one way (3/2 may be 3 February or March 2)."
        " Say whether the day or the month comes first."
    )


class BadLayout(FileRefused):
    """A layout that names what does not exist."""

    code = "file_bad_layout"
    message = gettext_noop("The description of the file’s layout is not valid: {what}.")


class DoubledKey(FileRefused):
    """Two rows for one person, as far as the key tells (P8)."""

    code = "file_doubled_key"
    message = gettext_noop(
        "The same value stands twice in “{column}”, by which people are known: lines {lines}."
        " Each person has one row; correct the file, or choose another column to know people by."
    )


class NoFile(FileRefused):
    """Asked for people of a file without one."""

    code = "file_none"
    message = gettext_noop(
        "There is no file to read people from. Upload one in Settings > Integrations > CSV."
    )
