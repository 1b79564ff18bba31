"""The control interface under `/_control/`: JSON in, JSON out, for tests, demos and people.

GET state, people, requests, faults; POST clock, hire, terminate, rename, change, remove, organisation,
faults, permissions, credentials, options, hooks, requests. An unknown name or a wrong body answers 400 with `error`.

Long on purpose: one action below the other, a few lines each, and the table of them at the end.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

from rollcall.simulators.faults import CATALOGUE, Fault, Unknown
from rollcall.simulators.people import Office, Person, Unit, as_time
from rollcall.simulators.tool import EffectiveDated, HooksByAdmin, Tool
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

PREFIX = "/_control/"
_SECRETS = {"api_key", "api_token", "client_secret", "password", "service_user_token", "token"}
Body = dict[str, object]


class Wrong(Exception):
    """The body asks for something that does not exist."""


def answer(tool: Tool, request: Request) -> Reply:
    """Do what the request says; 404 for an unknown action, 400 for a body that makes no sense."""
    action = request.path.removeprefix(PREFIX).strip("/")
    table = _READ if request.method == "GET" else _WRITE
    if action not in table:
        return json_reply({"error": f"no {action}", "actions": [*_READ, *_WRITE]}, 404)
    try:
        body = msgspec.json.decode(request.body or b"{}", type=Body)
        if request.method == "GET":
            body = dict(request.query)
        return json_reply(table[action](tool, body))
    except (Wrong, Unknown, KeyError, ValueError, msgspec.ValidationError, msgspec.DecodeError) as error:
        return json_reply({"error": str(error)}, 400)


# --- reading --------------------------------------------------------------------------------------


def _state(tool: Tool, body: Body) -> object:
    world = tool.world
    counts: dict[str, int] = {}
    for person in world.people.values():
        now = world.status(person)
        counts[now] = counts.get(now, 0) + 1
    return {
        "now": world.now().isoformat(),
        "company": world.company.name,
        "people": len(world.people),
        "statuses": counts,
        "access": world.access,
        "requests": len(world.requests),
        "faults": world.faults,
        "options": world.options,
    }


def truth(world: World, person: Person) -> Body:
    """A person as the company knows them, units by name; days and times in ISO form."""
    company = world.company
    office = company.offices[person.office_id]
    found: Body = msgspec.to_builtins(person)
    for name in ("office_id", "department_id", "team_id", "legal_entity_id", "cost_center_id"):
        del found[name]
    return found | {
        "status": world.status(person),
        "work_location": office.name,
        "country": office.country,
        "time_zone": office.time_zone,
        "department": company.departments[person.department_id].name,
        "team": company.teams[person.team_id].name if person.team_id else None,
        "legal_entity": company.legal_entities[person.legal_entity_id].name,
        "cost_center": company.cost_centers[person.cost_center_id].name,
        "created_at": as_time(person.created_at).isoformat(),
        "updated_at": as_time(person.updated_at).isoformat(),
    }


def _people(tool: Tool, body: Body) -> object:
    """All people, or `id`, or `offset` and `limit`."""
    world = tool.world
    if "id" in body:
        return truth(world, world.people[int(str(body["id"]))])
    start, size = int(str(body.get("offset", 0))), int(str(body.get("limit", len(world.people))))
    ids = sorted(world.people)[start : start + size]
    return {
        "total": len(world.people),
        "people": [truth(world, world.people[person_id]) for person_id in ids],
    }


def _requests(tool: Tool, body: Body) -> object:
    return {"requests": list(tool.world.requests)}


def _faults(tool: Tool, body: Body) -> object:
    return {"on": tool.world.faults, "catalogue": CATALOGUE}


# --- the clock and the people ---------------------------------------------------------------------


def _clock(tool: Tool, body: Body) -> object:
    """`set` (ISO day or time), `days`, `hours`, `seconds` to advance, `frozen`."""
    world = tool.world
    now = world.now()
    if "set" in body:
        given = datetime.fromisoformat(str(body["set"]))
        now = given if given.tzinfo else given.replace(tzinfo=UTC)
    advance = {unit: float(str(body[unit])) for unit in ("days", "hours", "seconds") if unit in body}
    frozen = body.get("frozen")
    world.set_clock(now + timedelta(**advance), frozen=frozen if isinstance(frozen, bool) else None)
    return {"now": world.now().isoformat()}


def _hire(tool: Tool, body: Body) -> object:
    """`n` people (1) with the given fields; the rest is taken from a colleague at work, else from who was one.

    Answers their ids.
    """
    world = tool.world
    ids = []
    count = int(str(body.pop("n", 1)))
    for _ in range(count):
        everybody = world.people.values()
        colleague = next((one for one in everybody if world.status(one) == "active"), None)
        model = colleague or next(iter(everybody))
        person_id = max(world.people) + 1
        person = Person(
            id=person_id,
            employee_number=f"{person_id:05d}",
            first_name="Robin",
            last_name=f"Newcombe-{person_id}",
            work_email=f"robin.{person_id}@{world.company.domain}.example",
            start_date=world.today(),
            manager_id=colleague.id if colleague else None,
            office_id=model.office_id,
            department_id=model.department_id,
            team_id=model.team_id,
            legal_entity_id=model.legal_entity_id,
            cost_center_id=model.cost_center_id,
            job_title="Associate",
            created_at=world.stamp(),
            updated_at=world.stamp(),
        )
        _set_fields(world, person, body)
        world.add(person)
        ids.append(person.id)
    return {"ids": ids}


def _chosen(world: World, body: Body) -> list[Person]:
    """The people of `id`, `ids`, or the last `n` active ones."""
    if "id" in body or "ids" in body:
        ids = body.get("ids", [body.get("id")])
        return [world.people[int(str(person_id))] for person_id in (ids if isinstance(ids, list) else [ids])]
    active = [
        p for p in world.people.values() if world.status(p) == "active" and p.id not in world.managers()
    ]
    return active[-int(str(body.get("n", 1))) :]


def _terminate(tool: Tool, body: Body) -> object:
    """`id`, `ids` or `n`; `date` is the last day (default: yesterday, so gone today); null takes the end
    back.
    """
    world = tool.world
    default = (world.today() - timedelta(days=1)).isoformat()
    last_day = body.get("date", default)
    people = _chosen(world, body)
    for person in people:
        if isinstance(tool, EffectiveDated):
            tool.before_edit(person)
        person.end_date = person.last_working_day = date.fromisoformat(str(last_day)) if last_day else None
        world.touch(person, ["end_date"])
    return {"ids": [person.id for person in people]}


def _rename(tool: Tool, body: Body) -> object:
    """`id`, `first_name`, `last_name`."""
    names = {
        key: value for key, value in body.items() if key in ("first_name", "last_name", "preferred_name")
    }
    return _change(tool, {"id": body["id"], "fields": names})


def _change(tool: Tool, body: Body) -> object:
    """`id` or `ids`, and `fields` named as in the truth (units by name or id), or `raw`: values as the
    tool sends.

    `raw` may hold any JSON for any field and stays until `raw` is null; `silent` leaves the change stamp.
    `effective` (a later day) plans the fields for that day, where the tool knows such changes.
    """
    world = tool.world
    people = _chosen(world, body)
    fields, raw = body.get("fields") or {}, body.get("raw", {})
    if not isinstance(fields, dict) or not isinstance(raw, dict | None):
        raise Wrong("fields and raw are objects")
    if "effective" in body:
        return _planned(tool, people, fields, date.fromisoformat(str(body["effective"])))
    for person in people:
        if isinstance(tool, EffectiveDated) and not body.get("silent"):
            tool.before_edit(person)
        _set_fields(world, person, fields)
        if raw is None:
            world.raw.pop(person.id, None)
        elif raw:
            world.raw.setdefault(person.id, {}).update(raw)
        if body.get("silent"):
            world.forget()
        else:
            world.touch(person, [*fields, *(raw or {})])
    return {"ids": [person.id for person in people]}


def _planned(tool: Tool, people: list[Person], fields: Body, effective: date) -> object:
    if not isinstance(tool, EffectiveDated) or effective <= tool.world.today():
        raise Wrong("this tool keeps no changes for later, or the day is not later")
    for person in people:
        wanted = msgspec.structs.replace(person)
        _set_fields(tool.world, wanted, fields)
        tool.plan(person, wanted, effective)
    return {"ids": [person.id for person in people]}


_UNITS = {
    "work_location": ("offices", "office_id"),
    "office": ("offices", "office_id"),
    "department": ("departments", "department_id"),
    "team": ("teams", "team_id"),
    "legal_entity": ("legal_entities", "legal_entity_id"),
    "cost_center": ("cost_centers", "cost_center_id"),
}
_DAYS = {"start_date", "end_date", "last_working_day", "leave_from", "leave_until"}


def _set_fields(world: World, person: Person, fields: Body) -> None:
    for name, value in fields.items():
        if name in _UNITS:
            table, attribute = _UNITS[name]
            setattr(person, attribute, _unit_id(getattr(world.company, table), value))
        elif name in _DAYS:
            setattr(person, name, date.fromisoformat(str(value)) if value else None)
        elif name in Person.__struct_fields__ and name not in ("id", "created_at", "updated_at"):
            wanted = int(str(value)) if name == "manager_id" and value is not None else value
            setattr(person, name, wanted)
        else:
            raise Wrong(f"no field {name}")


def _unit_id(units: dict[int, Office] | dict[int, Unit], wanted: object) -> int | None:
    """The id of a unit by id or name; `Wrong` if nobody has it."""
    if wanted is None:
        return None
    for unit in units.values():
        if wanted in (unit.id, unit.name):
            return unit.id
    raise Wrong(f"no unit {wanted}")


def _organisation(tool: Tool, body: Body) -> object:
    """`kind` (offices, departments, teams, legal_entities, cost_centers), `id` or `name`, `rename` to; or
    `add`.
    """
    world = tool.world
    kind = str(body["kind"])
    units = getattr(world.company, kind)
    if "add" in body:
        number = max(units) + 1
        country, zone = str(body.get("country", "FR")), str(body.get("time_zone", "Europe/Paris"))
        name = str(body["add"])
        office = kind == "offices"
        units[number] = (
            Office(id=number, name=name, country=country, time_zone=zone)
            if office
            else Unit(
                number, name, next(iter(world.company.departments)) if kind == "teams" else None, country
            )
        )
        world.forget()
        return {"id": number}
    unit_id = _unit_id(units, body.get("id", body.get("name")))
    units[unit_id].name = str(body["rename"])
    world.forget()
    return {"id": unit_id}


def _remove(tool: Tool, body: Body) -> object:
    """Delete `id`, `ids` or `n` people for good."""
    people = _chosen(tool.world, body)
    for person in people:
        tool.world.remove(person.id)
    return {"ids": [person.id for person in people]}


# --- faults, permissions, credentials -------------------------------------------------------------


def _switch_faults(tool: Tool, body: Body) -> object:
    """`on`: a fault; `off`: its id; `clear`: all of them. Answers what is on, with the people chosen."""
    if body.get("clear"):
        tool.world.switch_off(None)
    if "off" in body:
        tool.world.switch_off(str(body["off"]))
    if "on" in body:
        fault = msgspec.convert(body["on"], Fault)
        if fault.id == "A5":
            fault.fields = [tool.canonical(name) for name in fault.fields]
        tool.world.switch_on(fault)
    return {"on": tool.world.faults}


def _names(body: Body, key: str) -> set[str] | None:
    """A list of names, or null for "no restriction"."""
    value = body[key]
    return None if value is None else set(msgspec.convert(value, list[str]))


def _permissions(tool: Tool, body: Body) -> object:
    """`hidden` fields (list), `whitelist` of attributes and `scopes` (lists, or null: everything)."""
    world = tool.world
    if "hidden" in body:
        world.hidden_fields = {tool.canonical(name) for name in _names(body, "hidden") or set()}
    if "whitelist" in body:
        world.whitelist = _names(body, "whitelist")
    if "scopes" in body:
        world.scopes = _names(body, "scopes")
    world.forget()
    return {"hidden": sorted(world.hidden), "whitelist": world.whitelist, "scopes": world.scopes}


def _credentials(tool: Tool, body: Body) -> object:
    """`action`: revoke, restore, disable (the owner's account), replace (new secrets), expire (tokens
    only).
    """
    world = tool.world
    match body.get("action"):
        case "revoke":
            world.rights = "revoked"
            world.tokens.clear()
        case "disable":
            world.rights = "disabled"
        case "restore":
            world.rights = "ok"
        case "expire":
            world.expire_tokens()
        case "replace":
            for name in world.credentials.keys() & _SECRETS:
                world.credentials[name] = secrets.token_hex(20)
            world.tokens.clear()
        case other:
            raise Wrong(f"no action {other}")
    world.tell_access(str(body["action"]))
    return {"access": world.access, "credentials": world.credentials}


def _options(tool: Tool, body: Body) -> object:
    """Set switches of the tool (null takes one away); `limit` = {"rate", "burst"} sets its buckets."""
    limit = body.pop("limit", None)
    if isinstance(limit, dict):
        tool.buckets.set(float(str(limit["rate"])), int(str(limit["burst"])))
    tool.world.options.update(body)
    for name in [name for name, value in body.items() if value is None]:
        del tool.world.options[name]
    tool.world.forget()
    return tool.world.options


def _hooks(tool: Tool, body: Body) -> object:
    """Webhooks that an admin makes on the tool's screens: `url`, `secret`, `events`; what else, by tool."""
    if not isinstance(tool, HooksByAdmin):
        raise Wrong("webhooks of this tool are made through its API")
    return tool.admin_hooks(body)


def _clear_requests(tool: Tool, body: Body) -> object:
    tool.world.requests.clear()
    return {"requests": []}


_READ: dict[str, Callable[[Tool, Body], object]] = {
    "state": _state,
    "people": _people,
    "requests": _requests,
    "faults": _faults,
}
_WRITE: dict[str, Callable[[Tool, Body], object]] = {
    "clock": _clock,
    "hire": _hire,
    "terminate": _terminate,
    "rename": _rename,
    "change": _change,
    "remove": _remove,
    "organisation": _organisation,
    "faults": _switch_faults,
    "permissions": _permissions,
    "credentials": _credentials,
    "options": _options,
    "hooks": _hooks,
    "requests": _clear_requests,
}
