"""People as JSON: which fields somebody may see, nested and flat, with labels where they are asked for."""

from collections.abc import Callable
from datetime import date

import msgspec

from rollcall.simulators.hibob.fields import BY_ID, DEFAULT, NAMES, Field, company_id, person_id
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.world import World


def granted(world: World, field: Field) -> bool:
    """Whether the service user's group may see it: scopes are categories, hidden names fields or categories."""
    scopes = world.scopes
    return {field.id, field.category}.isdisjoint(world.hidden) and (
        scopes is None or field.category in scopes
    )


def asked_for(world: World, names: list[str] | None) -> list[Field]:
    """The fields of a request; unknown ones and those without permission are dropped without a word."""
    if names is None:
        return [field for field in DEFAULT if granted(world, field)]
    plain = [name.strip("/").replace("/", ".") for name in names]
    found = dict.fromkeys(name for name in plain if name in BY_ID)
    return [BY_ID[name] for name in found if granted(world, BY_ID[name])]


def readable(world: World, field: Field, person: Person, value: object) -> str | None:
    """What humanReadable says: labels, dates as the service user's locale writes them, Yes and No, texts."""
    if value is None:
        return None
    if field.label:
        label = field.label(world, person)
        return str(label) if label is not None else None
    if field.type == "date":
        form = str(world.options.get("date_format", "%d/%m/%Y"))
        return date.fromisoformat(str(value)).strftime(form)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return str(value["displayName"])
    return str(value)


def encoder(world: World, fields: list[Field], human: str) -> Callable[[Person], Record]:
    """Writes a person with these fields; `human` is "", APPEND or REPLACE."""
    nulled = world.nulled
    company = company_id(world)
    places = [(field, field.place, f"/{field.id.replace('.', '/')}") for field in fields]

    def encode(person: Person) -> Record:
        record: Record = {"id": person_id(person.id), "companyId": company}
        labels: Record = {}
        for field, place, flat in places:
            value = None if field.id in nulled else field.value(world, person)
            label = readable(world, field, person, value) if human else None
            shown = label if human == "REPLACE" else value
            # A missing value is null or an absent key; both were seen.
            if shown is not None or person.id % 2:
                put(record, place, shown)
                record[flat] = {"value": shown}
            if human == "APPEND" and label is not None:
                put(labels, place, label)
        if human == "APPEND":
            record["humanReadable"] = labels
        return record

    return encode


def put(record: Record, place: list[str], value: object) -> None:
    """Set a value some levels down."""
    inner = record
    for name in place[:-1]:
        found = inner.setdefault(name, {})
        if not isinstance(found, dict):
            return
        inner = found
    inner[place[-1]] = value


def put_named(record: Record, field: str, value: object) -> None:
    """Set a field, or take it away (UNSET), in both forms."""
    found = BY_ID.get(NAMES.get(field, field))
    if found is None:
        return
    flat = f"/{found.id.replace('.', '/')}"
    inner: object = record
    for name in found.place[:-1]:
        inner = inner.get(name) if isinstance(inner, dict) else None
    last = found.place[-1]
    if isinstance(inner, dict) and last in inner:
        inner[last] = value
        record[flat] = {"value": value}
        if value is msgspec.UNSET:
            del inner[last]
            del record[flat]
