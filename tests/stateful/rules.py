"""Words that all invariants use."""

from tests.stateful.recording import Row

UNWRITTEN = frozenset({"created_at", "invited_at", "signed_up_at", "archived_at", "bank_confirmed_at"})
"""Times that follow from a change and are none by themselves; and they move when the test lets time pass."""


class Broken(AssertionError):
    """An invariant does not hold."""


def need(holds: bool, sentence: str, *evidence: object) -> None:
    """Raise ``Broken`` with the sentence and what shows it, unless it holds."""
    if not holds:
        raise Broken("\n".join([sentence, *(str(one) for one in evidence)]))


def columns_changed(old: Row | None, new: Row | None) -> set[str]:
    """Return the columns of a member in which two rows differ, apart from times."""
    names = (old or {}).keys() | (new or {}).keys()
    changed = {name for name in names if (old or {}).get(name) != (new or {}).get(name)} - UNWRITTEN
    if "suspended_at" in changed and old and new and bool(old["suspended_at"]) == bool(new["suspended_at"]):
        changed.discard("suspended_at")
    return changed


def is_empty(row: Row, name: str) -> bool:
    """Tell whether a member has no value there."""
    return row[name] in (None, "")
