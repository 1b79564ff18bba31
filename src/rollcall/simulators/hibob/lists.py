"""Field metadata, named lists, tables' metadata and payroll employers."""

from rollcall.simulators.hibob.fields import FIELDS, item_id, site_id, title_id
from rollcall.simulators.people import Company
from rollcall.simulators.rows import Record
from rollcall.simulators.world import World

_GO_TO_MARKET = {"Sales", "Marketing", "Customer Support"}
_DEPARTMENT_PARENT = "209779999"
_NAMES = {"1690123": "legal entity", "1691123": "cost centre"}
_BANK_COLUMNS = (
    *("bankAccountType", "accountNickname", "bankName", "branchAddress", "routingNumber", "accountNumber"),
    *("bicOrSwift", "iban", "allocation", "amount", "useForBonus"),
)


def fields() -> list[Record]:
    """Every field of the tenant, whether or not the service user may see it."""
    found: list[Record] = []
    for field in FIELDS:
        path = ".".join(field.place)
        row: Record = {"id": field.id, "categoryId": field.category}
        row |= {"categoryDisplayName": field.category.capitalize(), "name": field.name, "description": None}
        row |= {
            "jsonPath": path,
            "type": field.type,
            "typeData": {"listId": field.items} if field.items else {},
        }
        found.append(row | {"historical": field.category == "work"})
    return found


def _item(
    item: str | int, name: str, children: list[Record] | None = None, *, archived: bool = False
) -> Record:
    return {"id": item, "value": name, "name": name, "archived": archived, "children": children or []}


def named_lists(company: Company, *, archived: bool) -> dict[str, list[Record]]:
    """The items of every list. Departments nest; the ids of one list are numbers, as in old lists (seen)."""
    departments = [_item(item_id("department", u.id), u.name) for u in company.departments.values()]
    inside = [row for row in departments if row["name"] in _GO_TO_MARKET]
    tops = [row for row in departments if row["name"] not in _GO_TO_MARKET]
    titles = sorted({person.job_title for person in company.people.values()})
    entities = company.legal_entities.values()
    found = {
        "department": [*tops, _item(_DEPARTMENT_PARENT, "Go to market", inside)],
        "title": [_item(title_id(title), title) for title in titles],
        "site": [_item(str(site_id(office.id)), office.name) for office in company.offices.values()],
        "team": [_item(item_id("team", unit.id), unit.name) for unit in company.teams.values()],
        "1690123": [_item(item_id("1690123", unit.id), unit.name) for unit in entities],
        "1691123": [
            _item(int(item_id("1691123", unit.id)), unit.name) for unit in company.cost_centers.values()
        ],
    }
    if archived:
        found["department"].append(_item("209770001", "Old projects", archived=True))
    return found


def all_lists(world: World, *, archived: bool) -> object:
    """An object by name, or (option `lists_as_array`) an array: both were seen."""
    found = {key: _list(key, items) for key, items in named_lists(world.company, archived=archived).items()}
    return list(found.values()) if world.options.get("lists_as_array") else found


def one_list(world: World, list_id: str, *, archived: bool) -> Record | None:
    """One list, or None if there is none of that id."""
    items = named_lists(world.company, archived=archived).get(list_id)
    return None if items is None else _list(list_id, items)


def _list(key: str, items: list[Record]) -> Record:
    return {"id": key, "name": _NAMES.get(key, key), "items": items}


def bank_metadata() -> Record:
    """The columns of the bank accounts table."""
    columns = [
        {"id": name, "name": name, "mandatory": False, "type": "list" if name == "allocation" else "text"}
        for name in _BANK_COLUMNS
    ]
    return {"table": {"id": "bankAccounts", "category": "financial", "columns": columns}}


def employers(company: Company) -> list[Record]:
    """Payroll employers (shape beyond the two documented fields assumed)."""
    return [
        {"/employer/id": {"value": str(50_000 + unit.id)}, "/employer/legalName": {"value": unit.name}}
        for unit in company.legal_entities.values()
    ]


def work_locations(company: Company, employer: str) -> list[Record] | None:
    """The offices of an employer's country; None for an unknown employer."""
    unit = next((u for u in company.legal_entities.values() if str(50_000 + u.id) == employer), None)
    if unit is None:
        return None
    return [
        {"/workLocation/id": {"value": str(office.id)}, "/workLocation/name": {"value": office.name}}
        for office in company.offices.values()
        if office.country == unit.country
    ]
