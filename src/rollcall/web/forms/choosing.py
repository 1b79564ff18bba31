"""The form that chooses employees and says what is read: from the posted fields to settings, and back.

While somebody edits, a condition may be unfinished; only saving asks for whole ones. Fields of condition ``i``
are named ``c<i>-attribute``, ``c<i>-test``, ``c<i>-value`` (several; the empty text stands for *empty*) and
``c<i>-search``.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext

from rollcall.engine.plan import NEVER_CLEARED, OWNED_FIELDS
from rollcall.engine.scope import Condition, Everybody, Filter, Scope
from rollcall.engine.settings import AtOnce, DaysBefore, Invite, Ownership, Settings

MOST_CONDITIONS: Final = 20
MOST_DAYS: Final = 366


class Row(msgspec.Struct, kw_only=True):
    """One condition being edited; ``values`` has the empty text for *empty*."""

    attribute: str = ""
    test: str = "one_of"
    values: list[str] = msgspec.field(default_factory=list)
    search: str = ""


class Choice(msgspec.Struct, kw_only=True):
    """The whole form as it stands, finished or not."""

    everybody: bool = True
    rows: list[Row] = msgspec.field(default_factory=list)
    include_managers: bool = False
    archive_inactive: bool = False
    # at_once, on_start, days_before
    invite: str = "at_once"
    days: str = "7"
    fields: dict[str, str] = msgspec.field(default_factory=dict)


def from_settings(settings: Settings) -> Choice:
    """Return the form that shows these settings."""
    scope, invite = settings.scope, settings.invite
    choice = Choice(
        everybody=isinstance(scope, Everybody),
        archive_inactive=settings.archive_inactive,
        fields={name: str(owner) for name, owner in settings.fields.items()},
    )
    if isinstance(scope, Filter):
        choice.include_managers = scope.include_managers
        choice.rows = [
            Row(attribute=one.attribute, test=one.test, values=[value or "" for value in one.values])
            for one in scope.conditions
        ]
    if isinstance(invite, DaysBefore):
        choice.invite, choice.days = (
            ("days_before", str(invite.days)) if invite.days else ("on_start", choice.days)
        )
    return choice


def from_post(post: QueryDict) -> Choice:
    """Return the form as it was posted; anything strange is dropped."""
    numbers = sorted(
        int(name[1:].removesuffix("-attribute"))
        for name in post
        if name.startswith("c")
        and name.endswith("-attribute")
        and name[1:].removesuffix("-attribute").isdecimal()
    )
    return Choice(
        everybody=post.get("scope") != "filter",
        rows=[_row(post, number) for number in numbers[:MOST_CONDITIONS]],
        include_managers="include_managers" in post,
        archive_inactive="archive_inactive" in post,
        invite=post.get("invite", "at_once"),
        days=post.get("days", ""),
        fields={
            name: own
            for name in OWNED_FIELDS
            if (own := post.get(f"own-{name}", Ownership.HR)) != Ownership.HR
        },
    )


def _row(post: QueryDict, number: int) -> Row:
    return Row(
        attribute=post.get(f"c{number}-attribute", ""),
        test="none_of" if post.get(f"c{number}-test") == "none_of" else "one_of",
        values=list(dict.fromkeys(post.getlist(f"c{number}-value"))),
        search=post.get(f"c{number}-search", "").strip(),
    )


def scope_of(choice: Choice) -> Scope | None:
    """Return the scope so far without unfinished conditions; ``None`` for a filter without any."""
    if choice.everybody:
        return Everybody()
    conditions = tuple(found for row in choice.rows if (found := _condition(row)) is not None)
    return Filter(conditions=conditions, include_managers=choice.include_managers) if conditions else None


def _condition(row: Row) -> Condition | None:
    values = tuple(value or None for value in row.values)
    try:
        return Condition(
            attribute=row.attribute, test="none_of" if row.test == "none_of" else "one_of", values=values
        )
    except ValueError:
        return None


def problems(choice: Choice) -> list[str]:
    """Return what has to be mended before the form can be saved, as sentences."""
    found = []
    if not choice.everybody and not choice.rows:
        found.append(gettext("A custom filter needs a condition. Add one, or choose all employees."))
    if not choice.everybody and any(_condition(row) is None for row in choice.rows):
        found.append(
            gettext("Each condition needs an attribute and at least one value. Complete or remove it.")
        )
    if choice.invite == "days_before" and _days(choice.days) is None:
        found.append(
            gettext("Give a number of days from 0 to %(most)s for the invitation.") % {"most": MOST_DAYS}
        )
    return found


def _days(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(MOST_DAYS)):
        return None
    return int(text) if int(text) <= MOST_DAYS else None


def to_settings(choice: Choice, before: Settings) -> Settings:
    """Return the settings of a form without ``problems``; limits stay as they were."""
    return msgspec.structs.replace(
        before,
        scope=scope_of(choice) or Everybody(),
        archive_inactive=choice.archive_inactive,
        invite=_invite(choice),
        fields=_owners(choice.fields),
    )


def _invite(choice: Choice) -> Invite:
    if choice.invite == "on_start":
        return DaysBefore(0)
    return DaysBefore(_days(choice.days) or 0) if choice.invite == "days_before" else AtOnce()


def _owners(posted: Mapping[str, str]) -> dict[str, Ownership]:
    owners = {
        name: Ownership(value)
        for name, value in posted.items()
        if value in set(Ownership) and name in OWNED_FIELDS and value != Ownership.HR
    }
    # Nobody can be invited without an address and a name.
    return {
        name: own
        for name, own in owners.items()
        if own is not Ownership.NOT_READ or name not in NEVER_CLEARED
    }


def owner_choices(name: str) -> list[str]:
    """Return who may own a member's field, for its drop-down."""
    return [str(one) for one in Ownership if one is not Ownership.NOT_READ or name not in NEVER_CLEARED]


def described(scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the conditions of a stored scope (JSON), none for everybody; for pages that only tell them."""
    return [dict(one) for one in scope.get("conditions", ())]
