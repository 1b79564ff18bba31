"""The changes behind passed limits: a held plan may be confirmed without them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db.models import Count, Q

from rollcall.engine.change import ACTING, Kind, Why
from rollcall.engine.limits import Breach
from rollcall.sync.models import Line, LineState, Plan

_REMOVED: Final = (Kind.ARCHIVE, Kind.RELEASE)
_KINDS: Final[Mapping[str, tuple[Kind, ...]]] = {
    Breach.NOBODY_SEEN: _REMOVED,
    Breach.NOBODY_LEFT: _REMOVED,
    Breach.GROUP_GONE: _REMOVED,
    Breach.ARCHIVED: (Kind.ARCHIVE,),
    Breach.RELEASED: (Kind.RELEASE,),
    Breach.CREATED: (Kind.CREATE,),
    Breach.REACTIVATED: (Kind.REACTIVATE,),
}
_FIELDS: Final[Mapping[str, str]] = {
    Breach.EMAILS: "email",
    Breach.BANKS: "bank_account",
    Breach.MANAGERS: "manager",
}


def doubtful(breaches: Iterable[Mapping[str, Any]]) -> Q:
    """Return the condition of the lines whose number passed a limit: without them no limit is passed."""
    found = Q(pk=None)
    for one in breaches:
        code = one["breach"]
        if code in _KINDS:
            found |= Q(kind__in=_KINDS[code])
            continue
        if code == Breach.RENUMBERED:
            found |= Q(why=Why.RENUMBERED)
            continue
        if code == Breach.VANISHED:
            found |= Q(kind=Kind.ARCHIVE, why=Why.VANISHED)
            continue
        name = _FIELDS.get(code, one.get("what") or "")
        changed = Q(fields__has_key=name) & ~Q(kind__in=(Kind.CREATE, Kind.ARCHIVE))
        # The limit on cleared fields is about lines that make this field empty; the others count every change.
        found |= changed & Q(**{f"fields__{name}__after": None}) if code == Breach.CLEARED else changed
    return found


def wanted(made: Plan) -> Any:
    """Return the plan's lines that change somebody and are not decided yet."""
    return Line.objects.filter(plan=made, state=LineState.WANTED, kind__in=ACTING)


def doubtful_kinds(made: Plan) -> dict[str, int]:
    """Return how many changes of each kind passed a limit; none for a plan inside them. One statement, or none."""
    if not made.breaches:
        return {}
    stopped = wanted(made).filter(doubtful(made.breaches))
    return dict(stopped.order_by().values_list("kind").annotate(Count("pk")))


def counts_without(made: Plan) -> dict[str, int]:
    """Return how many changes of each kind are left when the doubtful ones are left out; one statement."""
    rest = wanted(made).exclude(doubtful(made.breaches))
    return dict(rest.order_by().values_list("kind").annotate(Count("pk")))


def leave_out(made: Plan) -> int:
    """Mark the doubtful lines as left out; return how many."""
    return int(wanted(made).filter(doubtful(made.breaches)).update(state=LineState.LEFT_OUT))
