"""The form that chooses employees and says what is read: from the posted fields to settings, and back.

While somebody edits, a condition may be unfinished; only saving asks for whole ones. Fields of condition ``i``
are named ``c<i>-attribute``, ``c<i>-was`` (the attribute that the values belong to), ``c<i>-test``, ``c<i>-value``
(several; the empty text stands for *empty*) and ``c<i>-search``; those of a person named by hand ``x<i>-id``,
``x<i>-act`` and ``x<i>-reason``.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext

from rollcall.engine.plan import NEVER_CLEARED, OWNED_FIELDS
from rollcall.engine.scope import Condition, Everybody, Filter, Named, Scope
from rollcall.engine.settings import MOST_EXCEPTIONS, AtOnce, DaysBefore, Invite, Ownership, Settings
from rollcall.web.choosing import domains

MOST_CONDITIONS: Final = 20
MOST_DAYS: Final = 366
LONGEST_ID: Final = 255
LONGEST_REASON: Final = 500


class Row(msgspec.Struct, kw_only=True):
    """One condition being edited; ``values`` has the empty text for *empty*."""

    attribute: str = ""
    test: str = "one_of"
    values: list[str] = msgspec.field(default_factory=list)
    search: str = ""


class Name(msgspec.Struct, kw_only=True):
    """One person named by hand, being edited; ``act`` is add or keep_out."""

    employee_id: str
    act: Literal["add", "keep_out"] = "add"
    reason: str = ""


class Choice(msgspec.Struct, kw_only=True):
    """The whole form as it stands, finished or not."""

    everybody: bool = True
    rows: list[Row] = msgspec.field(default_factory=list)
    include_managers: bool = False
    names: list[Name] = msgspec.field(default_factory=list)
    # the search for people to name
    who: str = ""
    archive_inactive: bool = False
    # at_once, on_start, days_before
    invite: str = "at_once"
    days: str = "7"
    # the company's, as they were typed
    domains: str = ""
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    # names the settings that the form was made from, empty when nobody knows
    made_from: str = ""


class Wrong(msgspec.Struct, frozen=True):
    """What has to be mended, and where: *filter*, ``c<i>``, ``x<i>``, *names*, *days* or *domains*."""

    place: str
    sentence: str


def from_settings(settings: Settings) -> Choice:
    """Return the form that shows these settings."""
    scope, invite = settings.scope, settings.invite
    choice = Choice(
        everybody=isinstance(scope, Everybody),
        names=[
            Name(employee_id=one.employee_id, act=one.act, reason=one.reason) for one in settings.exceptions
        ],
        archive_inactive=settings.archive_inactive,
        domains=", ".join(settings.domains),
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
    names: dict[str, Name] = {}
    for number in _numbers(post, "x", "-id"):
        one = _name(post, number)
        if one is not None:
            names.setdefault(one.employee_id, one)
    return Choice(
        everybody=post.get("scope") != "filter",
        rows=[_row(post, number) for number in _numbers(post, "c", "-attribute")[:MOST_CONDITIONS]],
        include_managers="include_managers" in post,
        names=list(names.values()),
        who=_text(post, "who"),
        archive_inactive="archive_inactive" in post,
        invite=post.get("invite", "at_once"),
        days=post.get("days", "").strip(),
        domains=_text(post, "domains")[: domains.LONGEST],
        fields={
            name: own
            for name in OWNED_FIELDS
            if (own := post.get(f"own-{name}", Ownership.HR)) != Ownership.HR
        },
        made_from=post.get("made_from", ""),
    )


def _numbers(post: QueryDict, head: str, tail: str) -> list[int]:
    between = (name[len(head) : -len(tail)] for name in post if name.startswith(head) and name.endswith(tail))
    return sorted(int(number) for number in between if number.isascii() and number.isdecimal())


def _text(post: QueryDict, name: str) -> str:
    return post.get(name, "").replace("\0", "").strip()


def _row(post: QueryDict, number: int) -> Row:
    attribute = _text(post, f"c{number}-attribute")
    row = Row(attribute=attribute, test="none_of" if post.get(f"c{number}-test") == "none_of" else "one_of")
    # Values of the attribute that stood here before mean nothing for this one.
    if post.get(f"c{number}-was", attribute) == attribute:
        values = [value.replace("\0", "") for value in post.getlist(f"c{number}-value")]
        row.values, row.search = list(dict.fromkeys(values)), _text(post, f"c{number}-search")
    return row


def _name(post: QueryDict, number: int) -> Name | None:
    employee_id = post.get(f"x{number}-id", "").replace("\0", "")[:LONGEST_ID]
    if not employee_id:
        return None
    return Name(
        employee_id=employee_id,
        act="keep_out" if post.get(f"x{number}-act") == "keep_out" else "add",
        reason=_text(post, f"x{number}-reason")[:LONGEST_REASON],
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


def unfinished(choice: Choice) -> bool:
    """Tell whether the filter has conditions that cannot be counted yet."""
    return not choice.everybody and any(_condition(row) is None for row in choice.rows)


def exceptions_of(choice: Choice) -> tuple[Named, ...]:
    """Return the people named so far; a reason that is still missing is “-”, which saving refuses."""
    return tuple(
        Named(employee_id=one.employee_id, act=one.act, reason=one.reason or "-")
        for one in choice.names[:MOST_EXCEPTIONS]
    )


def problems(choice: Choice) -> list[Wrong]:
    """Return what has to be mended before the form can be saved, in the order of the page."""
    found = []
    if not choice.everybody and not choice.rows:
        found.append(
            Wrong("filter", gettext("A custom filter needs a condition. Add one, or choose all employees."))
        )
    if not choice.everybody:
        found += [
            Wrong(f"c{number}", _unfinished(row))
            for number, row in enumerate(choice.rows)
            if _condition(row) is None
        ]
    found += [
        Wrong(f"x{number}", gettext("Write down why. It is kept, and shown in the preview."))
        for number, one in enumerate(choice.names)
        if not one.reason
    ]
    if len(choice.names) > MOST_EXCEPTIONS:
        said = gettext("At most %(most)s people can be named. More than that is a group: use a condition.")
        found.append(Wrong("names", said % {"most": MOST_EXCEPTIONS}))
    if choice.invite == "days_before" and _days(choice.days) is None:
        said = gettext("Give a number of days from 0 to %(most)s for the invitation.")
        found.append(Wrong("days", said % {"most": MOST_DAYS}))
    complaint = domains.complaint(choice.domains)
    return [*found, Wrong("domains", complaint)] if complaint else found


def _unfinished(row: Row) -> str:
    if not row.attribute:
        return gettext("Choose what this condition looks at, or remove it.")
    return gettext("Tick at least one value, or remove this condition.")


def _days(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(MOST_DAYS)):
        return None
    return int(text) if int(text) <= MOST_DAYS else None


def to_settings(choice: Choice, before: Settings) -> Settings:
    """Return the settings of a form without ``problems``; limits stay as they were. Exceptions are not signed."""
    return msgspec.structs.replace(
        before,
        scope=scope_of(choice) or Everybody(),
        exceptions=exceptions_of(choice),
        archive_inactive=choice.archive_inactive,
        invite=_invite(choice),
        domains=domains.named(choice.domains),
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


def owner_choices(name: str) -> list[Ownership]:
    """Return who may own a member's field, for its drop-down."""
    return [one for one in Ownership if one is not Ownership.NOT_READ or name not in NEVER_CLEARED]


def described(scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the conditions of a stored scope (JSON), none for everybody; for pages that only tell them."""
    return [dict(one) for one in scope.get("conditions", ())]
