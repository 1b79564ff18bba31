"""Deel's SCIM reading side: users with a work e-mail, at most 99 a page, one filter.

Facts: Deel's SCIM guide as known on 2026-11-22: who has no work e-mail is left out; the home e-mail is
primary; what is missing is an empty text.
"""

import re

import msgspec

from rollcall.simulators.deel import records
from rollcall.simulators.deel.errors import scim_failure
from rollcall.simulators.pages import Orders, json_bytes, page_bytes, told_total, whole
from rollcall.simulators.people import Person, status
from rollcall.simulators.rows import Encode, Record, cut, record_of
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:2.0:User"
_FILTER = re.compile(r'\s*(email|userName|emails|emails\.value)\s+eq\s+"([^"]*)"\s*', re.IGNORECASE)


def asked(request: Request) -> tuple[str, str, str]:
    """`startIndex`, `count` and `filter` of a list, or of the body of a search."""
    if request.method != "POST":
        return request.param("startIndex"), request.param("count"), request.param("filter")
    try:
        body = msgspec.json.decode(request.body or b"{}", type=dict[str, object])
    except msgspec.MsgspecError:
        body = {}
    return str(body.get("startIndex", "")), str(body.get("count", "")), str(body.get("filter", ""))


def place(request: Request) -> tuple[int, int]:
    """The first row (from 0) and how many. A count of 0 gives one (documented), 100 and more are refused
    (-1).
    """
    first, count, _ = asked(request)
    size = whole(count, 50)
    return max(whole(first, 1), 1) - 1, -1 if size >= 100 or size < 0 else max(size, 1)


def users(world: World, orders: Orders, request: Request) -> Reply:
    """The list of users."""
    start, size = place(request)
    if size < 0:
        return scim_failure(400, "count must be below 100", "invalidValue")
    wanted = asked(request)[2]
    ids = orders.of("scim", lambda base: [i for i in base if records.work_email(world, world.people[i])])
    if wanted:
        match = _FILTER.fullmatch(wanted)
        if not match:
            return scim_failure(400, "filter is not supported", "invalidFilter")
        address = match[2].casefold()
        ids = [i for i in ids if (records.work_email(world, world.people[i]) or "").casefold() == address]
    rows = cut(world, ids, start, size, 1 + start // size)
    encode = encoder(world)
    data = page_bytes(world, rows, encode, put, key=None if wanted else ("scim",))
    head: Record = {
        "schemas": [_LIST],
        "totalResults": told_total(world, rows, start, size),
        "startIndex": start + 1,
    }
    head["itemsPerPage"] = len(rows.ids)
    return json_bytes(msgspec.json.encode(head)[:-1] + b',"Resources":' + data + b"}")


def user(world: World, text: str) -> Reply:
    """One user."""
    person = world.people.get(records.person_number(text))
    if person is None or not records.work_email(world, person):
        return scim_failure(404, "User not found")
    return json_reply(record_of(world, person, encoder(world), put))


def provider_config() -> Reply:
    """What the service can do."""
    off = {"supported": False}
    body: Record = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]}
    body |= {"patch": off, "bulk": off, "filter": {"supported": True, "maxResults": 99}, "sort": off}
    return json_reply(body | {"etag": off, "changePassword": off, "authenticationSchemes": []})


def encoder(world: World) -> Encode:
    """The encoder of a user."""
    hidden = world.hidden

    def encode(person: Person) -> Record:
        work = records.work_email(world, person)
        shown = records.person_uuid(person.id)
        now = status(person, world.today())
        home: list[Record] = [{"value": person.personal_email, "type": "home", "primary": True}]
        record: Record = {
            "id": shown,
            "userName": work,
            "active": now in ("active", "on_leave"),
            "title": person.job_title,
            "userType": records.hiring_type(person),
            "name": {"givenName": person.first_name, "familyName": person.last_name},
            "emails": (home if person.personal_email else [])
            + [{"value": work, "type": "work", "primary": not person.personal_email}],
            "meta": {
                "resourceType": "User",
                "created": records.timestamp(person.created_at),
                "lastModified": records.timestamp(person.updated_at),
                "location": f"/scim/v2/Users/{shown}",
            },
            ENTERPRISE: _enterprise(world, person),
            EXTENSION: _extension(world, person),
        }
        for name in hidden:
            put(record, name, msgspec.UNSET)
        return record

    return encode


def _enterprise(world: World, person: Person) -> Record:
    company = world.company
    manager = world.people.get(person.manager_id) if person.manager_id is not None else None
    told = {"value": "", "displayName": "", "email": ""}
    if manager is not None:
        names = f"{manager.first_name} {manager.last_name}"
        told = {"value": records.person_uuid(manager.id), "displayName": names}
        told["email"] = records.work_email(world, manager) or ""
    return {
        "department": company.departments[person.department_id].name,
        "costCenter": company.legal_entities[person.legal_entity_id].name,  # seen: not the cost centre
        "organization": company.name,
        "manager": told,
    }


def _extension(world: World, person: Person) -> Record:
    company, kind = world.company, records.hiring_type(person)
    found = records.department(world, person.department_id)
    team = company.teams.get(person.team_id or 0)
    last = person.last_working_day or person.end_date
    state = records.hiring_status(world, person)
    employment = {"contractId": records.unit_id("contract", person.id), "title": person.job_title}
    employment |= {"contractType": kind, "startDate": person.start_date.isoformat()}
    return {
        "workerId": str(records.worker_id(person.id)),
        "startDate": person.start_date.isoformat(),
        "endDate": person.end_date.isoformat() if person.end_date else "",
        "hiringStatus": "no_active_contracts" if state == "inactive" else state,
        "country": company.offices[person.office_id].country,
        "workLocation": company.offices[person.office_id].name,
        "isManager": person.id in world.managers(),
        "departmentHierarchy": f"{found['parent']}/{found['name']}" if found["parent"] else found["name"],
        "workerTerminationLastDateOfWork": last.isoformat() if last else None,
        "employments": [
            employment | {"active": state != "inactive", "team": {"name": team.name if team else ""}}
        ],
    }


_PLACES: dict[str, tuple[str, str]] = {
    "first_name": ("name", "givenName"),
    "last_name": ("name", "familyName"),
    "start_date": (EXTENSION, "startDate"),
    "completion_date": (EXTENSION, "endDate"),
    "status": (EXTENSION, "hiringStatus"),
    "hiring_status": (EXTENSION, "hiringStatus"),
}


def put(record: Record, field: str, value: object) -> None:
    """Set a field of a user, or take it away (UNSET)."""
    inside, key = _PLACES.get(field, ("", {"work_email": "userName", "job_title": "title"}.get(field, field)))
    where = record.get(inside) if inside else record
    if not isinstance(where, dict):
        return
    if value is msgspec.UNSET:
        where.pop(key, None)
    elif key in where:
        where[key] = value
