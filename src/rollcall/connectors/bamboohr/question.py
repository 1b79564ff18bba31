"""What to ask BambooHR for, settled once a run from the fields that exist. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from rollcall.connectors import parsing
from rollcall.connectors.bamboohr import mapping
from rollcall.connectors.bamboohr.payloads import Frame
from rollcall.connectors.base import Wanted

MOST_FIELDS: Final = 400


class Question(Struct, frozen=True, kw_only=True):
    """What to ask for, settled once a run from the fields that exist."""

    frame: Frame
    # names to ask for
    names: Sequence[str]
    # field of Employee -> name in the row
    sought: Mapping[str, str] = field(default_factory=dict)


def settled(
    wanted: Wanted,
    labels: Mapping[str, str | None],
    *,
    report: bool,
    is_custom: Callable[[str], bool],
) -> Question:
    """Choose from the fields that exist: ours, the mapped ones, and the customer's own."""
    own = [name for name in labels if is_custom(name)]
    bank = {
        field.removeprefix("bank_account."): name
        for field, name in wanted.mapped.items()
        if field.startswith("bank_account.")
    }
    if not bank:
        # guessed by their names, unless the admin said which they are
        bank = {role: name for name in reversed(own) if (role := parsing.bank_part(name, labels[name]))}
    if "bank_account" in wanted.leave_out:
        bank = {}
    fields = {
        name: key for name, key in wanted.mapped.items() if "." not in name and name not in wanted.leave_out
    }
    sought = {name: keys[report] for name, keys in mapping.NAMES.items() if name not in wanted.leave_out}
    sought |= fields
    custom = {} if "custom" in wanted.leave_out else wanted.custom or _own(labels, own, bank, fields, report)
    names = [mapping.IDS[report], *sought.values(), *bank.values(), *custom]
    asked = [name for name in dict.fromkeys(names) if name in labels or name == mapping.IDS[report]]
    if "bank_account" not in wanted.leave_out:
        # with no field for them they do not come, which the admin should know
        sought["bank_account"] = next(iter(bank.values()), "")
    frame = Frame(report=report, fields=fields, bank=bank, custom=custom)
    return Question(frame=frame, names=asked[:MOST_FIELDS], sought=sought)


def _own(
    labels: Mapping[str, str | None],
    own: Sequence[str],
    bank: Mapping[str, str],
    fields: Mapping[str, str],
    report: bool,
) -> dict[str, str]:
    """Return the attributes delivered when the admin chose none.

    What looks like bank details is not among them.
    """
    taken = {*bank.values(), *fields.values()}
    free = {name: name for name in own if name not in taken and not parsing.bank_part(name, labels[name])}
    division = mapping.DIVISION[report]
    return free if division in taken else {division: "division", **free}
