"""What to ask for, settled once a run from the fields that this customer has. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct, field

from rollcall.connectors.base import Wanted
from rollcall.connectors.hibob import mapping
from rollcall.connectors.hibob.payloads import FieldInfo, Frame

MOST_FIELDS: Final = 400
LISTS: Final = frozenset({"list", "multi-list", "hierarchy-list"})

OWN: Final = re.compile(r"work\.custom")
"""The customer's own columns that may be worth filtering by; other categories are not for that."""

# Field of Employee that HiBob has no field for -> what customers call theirs (names assumed; HiBob gives them in
# the customer's own language).
BY_NAME: Final = {
    "legal_entity": re.compile(
        r"(?:legal|employing) (?:entity|company|employer)|entity|company"
        r"|entit[ée](?: juridique| l[ée]gale)?|soci[ée]t[ée]"
        r"|gesellschaft|rechtseinheit|juristische einheit|firma",
        re.IGNORECASE,
    ),
    "cost_center": re.compile(r"cost[ -]?cent(?:er|re)s?|centre de co[ûu]ts?|kostenstelle", re.IGNORECASE),
    "team": re.compile(r"team|[ée]quipe", re.IGNORECASE),
}

# field of BankAccount -> ends of ids that stand for it
_BANK_IDS: Final = {part: {name.rpartition(".")[2].lower()} for part, name in mapping.BANK.items()} | {
    "bic": {"swift", "bic", "bicorswift", "swiftcode"}
}


class Question(Struct, frozen=True, kw_only=True):
    """What to ask for, and what to make of it."""

    frame: Frame
    # ids to ask for
    names: Sequence[str]
    # field of Employee -> ids of which one is enough
    sought: Mapping[str, Collection[str]]
    # the admin said which fields hold the bank details: no other place is looked at
    mapped_bank: bool = False
    # list field -> id of its list, where that is known
    lists: Mapping[str, str] = field(default_factory=dict)

    def framed(self, came: Collection[str]) -> bytes:
        """Return the frame, knowing which of the fields came for somebody."""
        looked_at = {*mapping.NAMES.values(), *self.names} - set(self.frame.bank.values())
        hidden = tuple(sorted(looked_at - {*came}))
        return msgspec.json.encode(msgspec.structs.replace(self.frame, hidden=hidden))

    def unreadable(self, came: Collection[str]) -> frozenset[str]:
        """Return fields of Employee of which nothing came, for anybody."""
        return frozenset(name for name, ids in self.sought.items() if not {*ids} & {*came})


def question(listed: Sequence[FieldInfo], wanted: Wanted) -> Question:
    """Choose from the fields that exist: ours, the mapped ones, and the customer's own."""
    known = {each.id: each for each in listed}
    mapped = {name: _by_id_or_name(key, listed) for name, key in wanted.mapped.items()}
    fields = _found(listed) | {name: key for name, key in mapped.items() if "." not in name}
    bank = {name.removeprefix("bank_account."): key for name, key in mapped.items() if "." in name}
    sought = _sought(fields, bank or _bank(listed), known)
    sought = {name: ids for name, ids in sought.items() if name not in wanted.leave_out}
    custom = {} if "custom" in wanted.leave_out else wanted.custom or _own(listed, fields, bank)
    names = dict.fromkeys(["root.id", *(key for ids in sought.values() for key in ids), *custom])
    asked = list(names)[:MOST_FIELDS]
    infos = [known[name] for name in asked if name in known]
    return Question(
        frame=Frame(
            fields={name: key for name, key in fields.items() if name not in wanted.leave_out},
            bank=bank or _other_bank(listed),
            custom=custom,
            paths={each.id: each.json_path for each in infos if each.json_path and _elsewhere(each)},
            lists=tuple(sorted(each.id for each in infos if each.type in LISTS)),
            leave_out=tuple(sorted(wanted.leave_out)),
        ),
        names=asked,
        sought=sought,
        mapped_bank=bool(bank),
        lists={
            each.id: str(each.type_data.list_id)
            for each in infos
            if each.type_data is not None and each.type_data.list_id is not None
        },
    )


def _elsewhere(info: FieldInfo) -> bool:
    return (info.json_path or "").removeprefix("root.") != info.id.removeprefix("root.")


def _by_id_or_name(key: str, listed: Sequence[FieldInfo]) -> str:
    """Return the id that the admin means, who may have given the name of the column."""
    if any(each.id == key for each in listed):
        return key
    named = (each.id for each in listed if (each.name or "").strip().casefold() == key.strip().casefold())
    return next(named, key)


def _found(listed: Sequence[FieldInfo]) -> dict[str, str]:
    """Return fields of Employee that the customer has a column of their own for, by its name."""
    own = [each for each in listed if OWN.match(each.id)]
    found = {}
    for field_, pattern in BY_NAME.items():
        if field_ in mapping.NAMES and any(each.id == mapping.NAMES[field_] for each in listed):
            continue
        for each in own:
            if field_ not in found and pattern.fullmatch((each.name or "").strip()):
                found[field_] = each.id
    return found


def _bank(listed: Sequence[FieldInfo]) -> dict[str, str]:
    """Return the fields of the single account by the ids that exist; the usual ones where none does."""
    found = dict(mapping.BANK)
    for each in listed:
        category, _, tail = each.id.partition(".")
        if category == "financial":
            found |= {part: each.id for part, ends in _BANK_IDS.items() if tail.lower() in ends}
    return found


def _other_bank(listed: Sequence[FieldInfo]) -> dict[str, str]:
    found = _bank(listed)
    return {} if found == mapping.BANK else found


def _sought(
    fields: Mapping[str, str], bank: Mapping[str, str], known: Mapping[str, FieldInfo]
) -> dict[str, Collection[str]]:
    found: dict[str, Collection[str]] = {
        name: (key,)
        for name, key in {**mapping.NAMES, **fields}.items()
        # the one usual field that many customers do not have
        if name != "team" or name in fields or key in known
    }
    return found | {
        "status": (mapping.STATUS, mapping.LIFE_CYCLE),
        "manager_id": (mapping.MANAGER, mapping.MANAGER_ID),
        "manager_email": (mapping.MANAGER,),
        "bank_account": tuple(bank.values()),
    }


def _own(listed: Sequence[FieldInfo], fields: Mapping[str, str], bank: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes delivered when the admin chose none: lists of Work that are nothing else already."""
    taken = {*fields.values(), *bank.values()}
    return {
        each.id: each.id
        for each in listed
        if OWN.match(each.id) and each.type in LISTS and each.id not in taken
    }
