"""A number of the HR tool that stands for another person than before (I7)."""

import unicodedata
from datetime import date
from typing import Final

from rollcall.engine.masks import is_address
from rollcall.engine.roster import Member
from rollcall.engine.settings import Ownership, Settings, ownership
from rollcall.engine.snapshot import Employee, fold_email

FAR_DAYS: Final = 30
"""Start dates further apart than this are those of two people, if the name is another one too."""


def is_somebody_else(employee: Employee, member: Member, settings: Settings) -> bool:
    """Tell whether HR surely gives the member's number to another person (I7).

    Surely: both names are others, and so is the address or, by more than ``FAR_DAYS``, the start date. Fields that
    HR does not decide say nothing, nor does an empty one, nor first and last name changing places.
    """
    if employee.first_name == member.first_name or employee.last_name == member.last_name:
        return False  # nearly everybody: a name that is the same, or nothing to compare
    if any(ownership(settings, name) is not Ownership.HR for name in ("first_name", "last_name")):
        return False
    told = [_folded(name) for name in (employee.first_name, employee.last_name)]
    known = [_folded(name) for name in (member.first_name, member.last_name)]
    if not all(told) or not all(known) or set(told) & set(known):
        return False
    return _other_email(employee, member, settings) or _other_start(employee, member, settings)


def _folded(name: object) -> str:
    """A name without case, accents and what joins its parts; empty when there is none."""
    if not isinstance(name, str):
        return ""
    return "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if one.isalnum())


def _other_email(employee: Employee, member: Member, settings: Settings) -> bool:
    email = employee.work_email
    owned = ownership(settings, "email") is Ownership.HR
    return (
        owned
        and isinstance(email, str)
        and is_address(email)
        and fold_email(email) != fold_email(member.email)
    )


def _other_start(employee: Employee, member: Member, settings: Settings) -> bool:
    told, known = employee.start_date, member.start_date
    owned = ownership(settings, "start_date") is Ownership.HR
    return owned and isinstance(told, date) and known is not None and abs((told - known).days) > FAR_DAYS
