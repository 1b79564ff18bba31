"""What is wrong with one row or one cell, by line and column; never with its value."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from rollcall.connectors.errors import gettext_noop


class Reason(StrEnum):
    """Why a row or a value was set aside."""

    # the row
    SHORT = "short"
    LONG = "long"
    NO_KEY = "no_key"
    # a value
    DAMAGED = "damaged"
    ROUNDED = "rounded"
    NOT_A_DAY = "not_a_day"
    DAY_NUMBER = "day_number"
    NOT_A_COUNTRY = "not_a_country"
    STATUS_UNKNOWN = "status_unknown"
    NOT_AN_EMAIL = "not_an_email"
    CUT = "cut"


SENTENCES: Final = {
    Reason.SHORT: gettext_noop("fewer cells than the header"),
    Reason.LONG: gettext_noop("more cells than the header"),
    Reason.NO_KEY: gettext_noop("nothing to recognise the person by"),
    Reason.DAMAGED: gettext_noop("letters were lost when the file was exported"),
    Reason.ROUNDED: gettext_noop("a spreadsheet has rounded the number, such as 1.23E+05"),
    Reason.NOT_A_DAY: gettext_noop("not a day in the chosen order"),
    Reason.DAY_NUMBER: gettext_noop("a spreadsheet’s number instead of a day: format the column as a date"),
    Reason.NOT_A_COUNTRY: gettext_noop("not the name or code of a country"),
    Reason.STATUS_UNKNOWN: gettext_noop("a status that Rollcall does not know"),
    Reason.NOT_AN_EMAIL: gettext_noop("not an e-mail address"),
    Reason.CUT: gettext_noop("longer than 500 signs: the rest is cut off"),
}
"""English sentences, marked for translation."""


class Problem(Struct, frozen=True):
    """Where something is wrong. ``column`` is the header's name, empty when it is about the whole row."""

    line: int
    column: str
    reason: Reason
