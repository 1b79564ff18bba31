"""Deel's lists: organisation, departments, teams, groups, sites, legal entities, managers, custom fields.

Facts: Deel's developer documentation as known on 2026-11-22. Assumed where marked. The option `without`
(a list of paths' last parts) plays an organisation that has none of them: 404 on three lists, else empty.
"""

from collections.abc import Callable

from rollcall.simulators.deel import records
from rollcall.simulators.deel.errors import failure, invalid
from rollcall.simulators.pages import packed, unpacked, whole
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

# Documented: these say "not found" when there are none.
_MISSING = {"departments": "No departments found", "teams": "No teams found"}
_CUSTOM = (("Personnel number", "employee_number"), ("Language", "language"))


def _without(world: World, name: str) -> bool:
    lacking = world.options.get("without")
    return isinstance(lacking, list) and name in lacking


def _plain(world: World, request: Request, name: str, rows: list[Record]) -> Reply:
    """A list in one piece."""
    if _without(world, name) or not rows:
        text = _MISSING.get(name)
        return failure(request, 404, text) if text else json_reply({"data": []})
    return json_reply({"data": rows})


def _by_offset(request: Request, rows: list[Record]) -> Reply:
    limit, offset = whole(request.param("limit"), 50), whole(request.param("offset"), 0)
    if limit < 1 or offset < 0:
        return invalid("limit", "limit and offset must be numbers")
    page = {"offset": offset, "items_per_page": limit, "total_rows": len(rows)}
    return json_reply({"data": rows[offset : offset + limit], "page": page})


def by_cursor(request: Request, count: int, rows_at: Callable[[int, int], list[Record]], most: int) -> Reply:
    """A page by cursor: `after_cursor` or `cursor`; the last page has none."""
    limit = whole(request.param("limit"), most)
    place = unpacked(request.param("after_cursor") or request.param("cursor"))
    if not 1 <= limit <= 100 or place is None:
        return invalid("limit" if place else "cursor", "is not valid")
    start, number = place
    page: Record = {"total_rows": count}
    if start + limit < count:
        page["cursor"] = packed(start + limit, number + 1)
    return json_reply({"data": rows_at(start, start + limit), "page": page})


def organizations(world: World, request: Request) -> Reply:
    """The one organisation the token decides."""
    if _without(world, "organizations"):
        return failure(request, 404, "No organization found")
    return json_reply({"data": [{"id": organization_id(world), "name": world.company.name}]})


def organization_id(world: World) -> str:
    """The organisation's id."""
    return records.unit_id("organization", int(world.company.number))


def departments(world: World, request: Request) -> Reply:
    """Departments: here `parent` is an id."""
    rows: list[Record] = [
        {
            "id": records.unit_id("department", u.id),
            "name": u.name,
            "parent": records.parent_id(world, u.name),
        }
        for u in world.company.departments.values()
    ]
    return _plain(world, request, "departments", rows)


def _teams(world: World) -> list[Record]:
    return [{"id": records.unit_id("team", u.id), "name": u.name} for u in world.company.teams.values()]


def teams(world: World, request: Request) -> Reply:
    """Teams in one piece."""
    return _plain(world, request, "teams", _teams(world))


def groups(world: World, request: Request) -> Reply:
    """The same teams by cursor; archived ones come unless refused."""
    rows: list[Record] = [row | {"status": "active", "archived_at": None} for row in _teams(world)]
    if request.param("include_archived_groups", "true") != "false":
        gone: Record = {"id": records.unit_id("team", 0), "name": "Old team", "status": "archived"}
        rows.append(gone | {"archived_at": "2023-01-31T00:00:00.000Z"})
    return by_cursor(request, len(rows), lambda start, end: rows[start:end], 100)


def working_locations(world: World, request: Request) -> Reply:
    """Sites: ids are numbers; people carry the name only."""
    rows: list[Record] = [{"id": o.id, "name": o.name} for o in world.company.offices.values()]
    return _plain(world, request, "working-locations", rows)


def legal_entities(world: World, request: Request) -> Reply:
    """Legal entities by cursor; archived ones come unless refused."""
    blank: Record = {"entity_type": "COMPANY", "registrationNumber": "", "vat_id": "", "archived_at": None}
    rows: list[Record] = [
        blank | {"id": records.unit_id("entity", u.id), "name": u.name, "country": u.country}
        for u in world.company.legal_entities.values()
    ]
    if request.param("include_archived", "true") != "false":
        gone: Record = {"id": records.unit_id("entity", 0), "name": f"{world.company.name} Old Holding"}
        rows.append(blank | gone | {"country": "FR", "archived_at": "2023-01-31T00:00:00.000Z"})
    country = request.param("country")
    rows = [row for row in rows if not country or row["country"] == country]
    return by_cursor(request, len(rows), lambda start, end: rows[start:end], 100)


def cost_centers(world: World, request: Request, entity: str) -> Reply:
    """Cost centres of a legal entity: here all entities share them."""
    if entity not in {records.unit_id("entity", number) for number in world.company.legal_entities}:
        return failure(request, 404, "Legal entity not found")
    rows: list[Record] = [
        {
            "id": records.unit_id("cost", u.id),
            "cost_center_name": u.name,
            "cost_center_number": u.name.removeprefix("CC "),
        }
        for u in world.company.cost_centers.values()
    ]
    return _plain(world, request, "cost-centers", rows)


def managers(world: World, request: Request) -> Reply:
    """Managers, the user without a worker profile among them."""
    other = records.outsider(world)
    rows: list[Record] = [
        {"id": other["id"], "email": other["work_email"], "first_name": "Alex", "last_name": "Owner"}
    ]
    for person_id in sorted(world.managers()):
        person = world.people.get(person_id)
        if person is not None:
            row: Record = {"id": records.person_uuid(person_id), "email": person.work_email}
            rows.append(row | {"first_name": person.first_name, "last_name": person.last_name})
    return _by_offset(request, rows)


def structures(world: World, request: Request) -> Reply:
    """Organisational structures: one, whose teams are the departments."""
    parts = [
        {"id": records.unit_id("department", u.id), "name": u.name, "parent": None, "external_id": None}
        | {"name_route": u.name}
        for u in world.company.departments.values()
    ]
    row = {"id": records.unit_id("structure", 1), "name": "Divisions", "type": "HIERARCHY"}
    return _by_offset(request, [row | {"external_id": None, "teams": parts}])


def custom_fields(world: World, request: Request) -> Reply:
    """The custom fields of the organisation."""
    rows = [
        {"id": records.unit_id("field", i), "name": name, "type": {"name": "text", "options": []}}
        | {"placement": "profile"}
        for i, (name, _) in enumerate(_CUSTOM)
    ]
    return json_reply({"data": rows})


def custom_values(person: Person) -> list[Record]:
    """A person's custom fields."""
    return [{"name": name, "value": getattr(person, field)} for name, field in _CUSTOM]
