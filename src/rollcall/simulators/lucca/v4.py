"""The legacy v4 APIs: work contracts, establishments, legal units, places of work; pages by number.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22.
"""

import re
from collections import Counter
from datetime import timedelta

from rollcall.simulators.lucca.facts import (
    Employment,
    archived_office,
    employments_of,
    state,
    template_id,
    visible,
)
from rollcall.simulators.lucca.v3 import error
from rollcall.simulators.lucca.v3_fields import moment
from rollcall.simulators.pages import Orders, json_bytes, whole
from rollcall.simulators.people import COUNTRY_NAMES, Person, Unit
from rollcall.simulators.rows import Record
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_PLACES = r"/work-locations/public/api/work-locations"
_STRUCTURE = r"/organization/structure/api"
PATHS = re.compile(rf"/directory/api/.*|{_STRUCTURE}/.*|{_PLACES}")
_MOST = 1_000  # documented in examples only
_REASONS = ((1, "Démission"), (2, "Fin de CDD"))


class V4:
    """Paths under `/directory/api`, `/organization/structure/api` and `/work-locations`."""

    def __init__(self, world: World, orders: Orders) -> None:
        self.world, self.orders = world, orders

    def answer(self, request: Request, rights: frozenset[str]) -> Reply:
        """The reply to a request that was let in."""
        path = request.path.rstrip("/")
        company = self.world.company
        if path == "/directory/api/4.0/work-contracts":
            return self._contracts(request, rights)
        if re.fullmatch(r"/directory/api/(4\.0/)?work-contract-termination-reasons", path):
            return self._listed(request, [{"id": number, "name": name} for number, name in _REASONS])
        if path == f"{_STRUCTURE}/establishments":
            return self._listed(request, self._establishments())
        if path == f"{_STRUCTURE}/legal-units":
            return self._listed(request, [self._legal_unit(u) for u in company.legal_entities.values()])
        if path == _PLACES:
            places = company.offices.values()
            kind = {"type": "office", "isActive": True}
            return self._listed(
                request, [{"id": o.id, "name": o.name, **kind, "office": {"id": o.id}} for o in places]
            )
        return error(self.world, 404, "Not Found")

    def _place(self, request: Request) -> tuple[int, int] | None:
        page, limit = whole(request.param("page"), 1), whole(request.param("limit"), 100)
        return ((page - 1) * limit, limit) if page >= 1 and 1 <= limit <= _MOST else None

    def _listed(self, request: Request, items: list[Record]) -> Reply:
        place = self._place(request)
        if place is None:
            return error(self.world, 400, "Invalid page or limit")
        body: Record = {"items": items[place[0] : place[0] + place[1]]}
        return json_reply(body | ({"count": len(items)} if _counted(request) else {}))

    # --- work contracts ---------------------------------------------------------------------------

    def _contracts(self, request: Request, rights: frozenset[str]) -> Reply:
        """Several a person; `count` only when asked for."""
        place = self._place(request)
        if place is None:
            return error(self.world, 400, "Invalid page or limit")
        codes = self._codes(request, rights)
        chosen = codes[place[0] : place[0] + place[1]]
        records = [self._contract(code) for code in chosen]
        tail = {"count": len(codes)} if _counted(request) else {}
        return json_bytes(json_reply({"items": records} | tail).body)

    def _codes(self, request: Request, rights: frozenset[str]) -> list[int]:
        world = self.world
        filters = tuple(request.param(name).lower() for name in ("ownerId", "isApplicable", "isArchived"))
        owners = {text for text in filters[0].split(",") if text}
        key = ("v4", filters, tuple(sorted(rights)), str(world.options))

        def wanted(employment: Employment) -> bool:
            applicable = employment.place == 0
            return filters[1] in ("", str(applicable).lower()) and filters[2] in ("", "false")

        def make(ids: list[int]) -> list[int]:
            people, seen, today = world.people, visible(world), world.today()
            hidden = {"upcoming"} if "future-employees" not in rights else set()
            hidden |= {"deactivated"} if "former-employees" not in rights else set()
            found = (p for i in ids if "employees" in rights and seen(p := people[i]))
            return [
                employment.number
                for person in found
                if state(person, today) not in hidden and (not owners or str(person.id) in owners)
                for employment in employments_of(person, world)
                if wanted(employment)
            ]

        return self.orders.of(key, make)

    def _contract(self, code: int) -> Record:
        person: Person = self.world.view(self.world.people[code // 10])
        one = employments_of(person, self.world)[code % 10]
        over = one.end is not None and one.end < self.world.today()
        nulled, hidden = self.world.nulled, self.world.hidden
        record: Record = {
            "id": code,
            "ownerId": person.id,
            "startsOn": one.start.isoformat(),
            "endsOn": one.end.isoformat() if one.end and "dtContractEnd" not in nulled else None,
            "isApplicable": one.place == 0,
            "establishmentId": person.office_id,
            "typeId": template_id(person),
            "hiringTypeId": 1,
            "terminationReasonId": 1 if over else None,
            "trialPeriodEndDate": (one.start + timedelta(days=180)).isoformat(),
            "createdAt": moment(person.created_at)[:19],
            "lastModifiedAt": moment(person.updated_at)[:19],
        }
        if "dtContractEnd" in hidden:
            del record["endsOn"]
        return record

    # --- structure --------------------------------------------------------------------------------

    def _establishments(self) -> list[Record]:
        world, company = self.world, self.world.company
        users = Counter(person.office_id for person in world.people.values())
        units = {unit.country: unit for unit in company.legal_entities.values()}
        return [
            {
                "id": office.id,
                "name": office.name,
                "code": f"E{office.id}",
                "legalUnitId": units[office.country].id,
                "legalUnit": {"id": units[office.country].id, "name": units[office.country].name},
                "legalIdentificationNumber": f"00000{company.number}{office.id:05d}",
                "address": f"1 rue de l'Exemple, {office.name}",
                "timeZoneId": office.time_zone,
                "usersCount": users[office.id],
                "isArchived": office.id == archived_office(world),
            }
            for office in company.offices.values()
        ]

    def _legal_unit(self, unit: Unit) -> Record:
        country = unit.country or "FR"
        numbers = {
            "FR": 250,
            "GB": 826,
            "DE": 276,
            "ES": 724,
        }  # ISO 3166 numeric; that ids are these: assumed
        currency = "GBP" if country == "GB" else "EUR"
        shown = {"id": numbers.get(country, 0), "name": COUNTRY_NAMES.get(country, country), "code": country}
        return {
            "id": unit.id,
            "name": unit.name,
            "code": f"LU{unit.id}",
            "countryId": shown["id"],
            "country": shown | {"currencyCode": currency},
            "headquartersId": next(
                (o.id for o in self.world.company.offices.values() if o.country == country), None
            ),
            "isArchived": False,
        }


def _counted(request: Request) -> bool:
    return "count" in request.param("fields.root")
