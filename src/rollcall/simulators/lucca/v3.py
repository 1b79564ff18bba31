"""The legacy v3 API: users by offset, departments, axes, definitions of custom fields, the log of changes.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22.
"""

import re
from itertools import count

from rollcall.simulators.lucca import v3_fields
from rollcall.simulators.lucca.facts import (
    COST_CENTERS,
    PLACES,
    ROOT_DEPARTMENT,
    TEAMS,
    state,
    visible,
)
from rollcall.simulators.pages import Orders, json_bytes, page_bytes, whole
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record, cut, record_of
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_MOST = 1_000
_LOGGED = {  # field of a person: what the log of changes calls it (the last one's name assumed), where it is
    "department": ("departmentid", "department_id"),
    "department_id": ("departmentid", "department_id"),
    "work_location": ("legalentityid", "office_id"),
    "office": ("legalentityid", "office_id"),
    "office_id": ("legalentityid", "office_id"),
    "manager_id": ("manager", "manager_id"),
    "cost_center": (f"userAxisValues_{COST_CENTERS}", "cost_center_id"),
    "job_title": ("jobtitle", "job_title"),
}


def error(world: World, status: int, detail: str) -> Reply:
    """An error of the legacy APIs: JSON in one of two forms, or with the option `html_errors` HTML (seen)."""
    if world.options.get("html_errors"):
        page = f"<!DOCTYPE html><html><head><title>{detail}</title></head></html>"
        return Reply(status=status, body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
    if status >= 500:
        return json_reply({"Message": detail}, status)
    return json_reply({"status": status, "title": detail, "detail": detail}, status)


def page_of(request: Request) -> int | None:
    """The page of users that the request reads."""
    if request.path.lower() != "/api/v3/users":
        return None
    offset, limit = _paging(request) or (0, 1)
    return 1 + offset // max(1, limit)


def _paging(request: Request) -> tuple[int, int] | None:
    """Offset and limit of `paging=0,1000`; None for nonsense or more than is given at once (assumed)."""
    offset, _, limit = request.param("paging", f"0,{_MOST}").partition(",")
    found = whole(offset, 0), whole(limit, _MOST)
    return found if found[0] >= 0 and 1 <= found[1] <= _MOST else None


class V3:
    """Paths under `/api/v3`."""

    def __init__(self, world: World, orders: Orders) -> None:
        self.world, self.orders = world, orders
        self._log: list[tuple[int, str, int, int, object]] = []  # id, name, person, time, value
        self._numbers = count(1)
        world.listeners.append(self._note)

    def answer(self, request: Request, rights: frozenset[str]) -> Reply:
        """The reply to a request that was let in."""
        path = request.path.lower().removeprefix("/api/v3/").rstrip("/")
        if path == "users":
            return self._users(request, rights)
        if user := re.fullmatch(r"users/(\d+)", path):
            return self._user(request, rights, int(user[1]))
        if path.startswith("legalentities"):
            # Stopped answering in September 2026 (documented); the status is assumed, option to choose.
            status = self.world.options.get("legalentities_status")
            return error(self.world, 404 if status == 404 else 410, "Gone")
        if path in ("departments", "departments/tree"):
            return self._departments(request, tree=path.endswith("tree"))
        if axis := re.fullmatch(r"axes(?:/(\d+))?", path):
            return self._axes(request, axis[1])
        if definition := re.fullmatch(r"extensionuserdefinitions(?:/(\w+))?", path):
            return self._definitions(request, definition[1])
        if path == "userlogs":
            return self._userlogs(request)
        return error(self.world, 404, "Not Found")

    # --- users ------------------------------------------------------------------------------------

    def _users(self, request: Request, rights: frozenset[str]) -> Reply:
        place, text = _paging(request), ",".join(request.params("fields"))
        if place is None:
            return error(self.world, 400, "Invalid paging")
        offset, limit = place
        fields, counted = v3_fields.asked(text)
        if self.world.options.get("slow_extended_data") and "extendedData" in fields and limit >= _MOST:
            return error(self.world, 408, "Request Timeout")  # over five seconds (documented)
        try:
            ids = self._found(request, rights)
        except v3_fields.BadFilter:
            return error(self.world, 400, "Invalid filter")
        rows = cut(self.world, ids, offset, limit, 1 + offset // limit)
        encode = v3_fields.encoder(self.world, fields, rights)
        ordered = request.param("orderBy").lower() == "id,asc"
        asked = tuple((n, t) for n, t in request.query if n.lower() not in ("paging", "fields"))
        key = ("v3", text.lower(), asked, tuple(sorted(rights))) if ordered else None
        data = page_bytes(self.world, rows, encode, v3_fields.putter(self.world), key=key)
        head = b'{"data":{' + (f'"count":{rows.total},'.encode() if counted else b"")
        return json_bytes(head + b'"items":' + data + b"}}")

    def _found(self, request: Request, rights: frozenset[str]) -> list[int]:
        """Ids of the users that the role may see and the filters let through, in the order asked for."""
        world = self.world
        former = request.param("formerEmployees").lower() == "true" or any(
            name.lower() == "dtcontractend" for name, _ in request.query
        )
        order = request.param("orderBy").lower()
        filters = [(n, t) for n, t in request.query if n.lower() not in ("paging", "fields", "orderby")]
        key = ("v3", former, order, tuple(filters), tuple(sorted(rights)), str(world.options))

        def make(ids: list[int]) -> list[int]:
            shown = {"active"}
            shown |= {"upcoming"} if "future-employees" in rights else set()
            shown |= {"deactivated"} if former and "former-employees" in rights else set()
            tests, seen, today = v3_fields.tests(filters), visible(world), world.today()
            people = world.people
            if "employees" not in rights:
                return []
            found = [
                i
                for i in ids
                if state(people[i], today) in shown
                and seen(people[i])
                and all(test(people[i]) for test in tests)
            ]
            if order.startswith("id"):
                return found[::-1] if order.endswith("desc") else found
            # The usual order is not documented; by name is assumed.
            return sorted(found, key=lambda i: (people[i].last_name, people[i].first_name, i))

        return self.orders.of(key, make)

    def _user(self, request: Request, rights: frozenset[str], number: int) -> Reply:
        person = self.world.people.get(number)
        if person is None or "employees" not in rights or not visible(self.world)(person):
            return error(self.world, 500, "User Not Found")  # documented in the vendor's OpenAPI description
        fields, _ = v3_fields.asked(",".join(request.params("fields")))
        encode = v3_fields.encoder(self.world, fields, rights)
        return json_reply({"data": record_of(self.world, person, encode, v3_fields.putter(self.world))})

    # --- lists ------------------------------------------------------------------------------------

    def _listed(self, request: Request, items: list[Record]) -> Reply:
        place = _paging(request)
        if place is None:
            return error(self.world, 400, "Invalid paging")
        total = {"count": len(items)} if "collection.count" in ",".join(request.params("fields")) else {}
        return json_reply({"data": {**total, "items": items[place[0] : place[0] + place[1]]}})

    def _departments(self, request: Request, *, tree: bool) -> Reply:
        """A root and one level below it; `parentId` is text while `id` is a number (seen)."""
        company = self.world.company
        root: Record = {"id": ROOT_DEPARTMENT, "name": company.name, "code": "ROOT", "parentId": None}
        root |= {"hierarchy": "1", "level": 0, "isActive": True, "headID": None}
        below: list[Record] = [
            {
                "id": unit.id,
                "name": unit.name,
                "code": f"D{unit.id}",
                "hierarchy": f"1.{unit.id}",
                "parentId": str(ROOT_DEPARTMENT),
                "level": 1,
                "isActive": True,
                "headID": None,
            }
            for unit in company.departments.values()
        ]
        if tree:
            return json_reply(
                {"data": {"node": root, "children": [{"node": n, "children": []} for n in below]}}
            )
        return self._listed(request, [root, *below])

    def _axes(self, request: Request, number: str | None) -> Reply:
        company, world = self.world.company, self.world
        sections = {
            COST_CENTERS: ("Cost centers", [(u.id, u.name) for u in company.cost_centers.values()]),
            TEAMS: ("Équipes", [(u.id, u.name) for u in company.teams.values()]),
            PLACES: ("Lieux", [(o.id, o.name) for o in company.offices.values()]),
        }
        if number is None:
            named = [(axis, name) for axis, (name, _) in sections.items()]
            return self._listed(request, [v3_fields.boxed(world, "axes", axis, name) for axis, name in named])
        if int(number) not in sections:
            return error(world, 404, "Not Found")
        name, rows = sections[int(number)]
        inside = [v3_fields.boxed(world, "axissections", section, title) for section, title in rows]
        return json_reply({"data": {"id": int(number), "name": name, "axisSections": inside}})

    def _definitions(self, request: Request, key: str | None) -> Reply:
        entities = self.world.company.legal_entities.values()
        options = [{"id": unit.id, "name": unit.name} for unit in entities]
        items: list[Record] = [
            {
                "id": shown,
                "formatKey": "select" if name == "e_societe" else "text",
                "extensionUserPropertyListEntries": options if name == "e_societe" else [],
            }
            for name, shown in v3_fields.custom_keys(self.world)
        ]
        if key is not None:
            found = next((item for item in items if item["id"] == key), None)
            return json_reply({"data": found}) if found else error(self.world, 404, "Not Found")
        wanted = request.param("formatKey")
        return self._listed(request, [item for item in items if wanted in ("", item["formatKey"])])

    def _note(self, what: str, person: Person, fields: list[str]) -> None:
        for field in fields if what == "updated" else []:
            if field in _LOGGED:
                name, attribute = _LOGGED[field]
                entry = (next(self._numbers), name, person.id, self.world.stamp(), getattr(person, attribute))
                self._log.append(entry)

    def _userlogs(self, request: Request) -> Reply:
        """The history of one field, kept from the start of the simulator; the values are ids (seen)."""
        people, wanted = self.world.people, request.param("name").lower()
        items: list[Record] = [
            {
                "id": number,
                "name": name,
                "owner": v3_fields.boxed(self.world, "users", owner, v3_fields.full_name(people[owner])),
                "modifiedAt": v3_fields.moment(at),
                "value": value,
            }
            for number, name, owner, at, value in self._log
            if owner in people and wanted in ("", name.lower())
        ]
        return self._listed(request, items)
