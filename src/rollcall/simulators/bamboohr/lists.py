"""BambooHR's answers about the account itself: fields, lists, tables, users, datasets, the company."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

import msgspec

from rollcall.simulators.bamboohr.fields import BY_DATASET, FIELDS, LISTS, NO_DATE
from rollcall.simulators.people import COUNTRY_NAMES, Person
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

TABLES = ("jobInfo", "employmentStatus", "compensation")


def company_information(world: World, request: Request) -> Reply:
    """The company's names and address; the fictitious number tells companies apart."""
    company = world.company
    office = next(iter(company.offices.values()))
    address = {"line1": "1 Example Street", "city": office.name, "state": "", "zip": "00000"}
    body = {"legalName": f"{company.name} Inc", "displayName": company.name, "address": address, "phone": ""}
    return json_reply(body)


def fields(world: World, request: Request) -> Reply:
    """The fields this key can see; ids are numbers or text, custom fields have no alias."""
    seen: list[dict[str, object]] = []
    for field in FIELDS:
        row: dict[str, object] = {"id": field.id, "name": field.label, "type": field.type}
        if not field.dataset.startswith("customField"):
            row["alias"] = field.alias
        if field.alias not in world.hidden:
            seen.append(row)
    return json_reply(seen)


def _options(world: World, alias: str) -> list[str]:
    company = world.company
    units: Iterable[str]
    match alias:
        case "department":
            units = (unit.name for unit in company.departments.values())
        case "location":
            units = (office.name for office in company.offices.values())
        case "division":
            units = (unit.name for unit in company.legal_entities.values())
        case "teams":
            units = (unit.name for unit in company.teams.values())
        case "jobTitle":
            units = sorted({person.job_title for person in company.people.values()})
        case _:
            units = ("Full-Time", "Part-Time", "Contractor", "Intern", "Furloughed", "Terminated")
    return list(units)


def lists(world: World, request: Request) -> Reply:
    """Value lists with options; employees carry the option's name. Each list has an archived option."""
    rows = []
    for number, alias in LISTS.items():
        options = [_option(number * 1000 + i, name, "no") for i, name in enumerate(_options(world, alias))]
        options.append(_option(number * 1000 + 999, "Old site", "yes"))
        rows.append(
            {"id": number, "fieldId": number, "name": alias.capitalize(), "alias": alias, "manageable": "yes"}
            | {"multiple": "yes" if alias == "teams" else "no", "options": options}
        )
    return json_reply(rows)


def _option(number: int, name: str, archived: str) -> dict[str, object]:
    gone = "2021-01-01" if archived == "yes" else None
    return {"id": number, "name": name, "archived": archived, "createdDate": "2015-01-01"} | {
        "archivedDate": gone,
        "manageable": "yes",
    }


def tables(world: World, request: Request) -> Reply:
    """The tables and their fields."""
    rows = [
        {"alias": "jobInfo", "fields": [{"id": 18, "name": "Location", "alias": "location", "type": "list"}]}
    ]
    return json_reply(
        [*rows, {"alias": "employmentStatus", "fields": []}, {"alias": "compensation", "fields": []}]
    )


def table_row(world: World, person: Person, name: str) -> dict[str, object]:
    """A person's row in a table."""
    company = world.company
    row: dict[str, object] = {"id": str(person.id + 100_000), "employeeId": str(person.id)}
    row["date"] = person.start_date.isoformat()
    if name == "jobInfo":
        manager = world.people.get(person.manager_id or 0)
        row |= {
            "location": company.offices[person.office_id].name,
            "department": company.departments[person.department_id].name,
            "division": company.legal_entities[person.legal_entity_id].name,
            "jobTitle": person.job_title,
            "reportsTo": f"{manager.first_name} {manager.last_name}" if manager else None,
        }
    elif name == "employmentStatus":
        field = BY_DATASET["employmentStatus"]
        row |= {"employmentStatus": field.value(world, person), "terminationDate": NO_DATE}
        if person.end_date:
            row["terminationDate"] = person.end_date.isoformat()
    return row


def users(world: World, request: Request) -> Reply:
    """People who may sign in, by user id; the first is the key's owner."""
    rows = {}
    for number, person_id in enumerate(world.order()[:5], start=2):
        person = world.people[person_id]
        row = {
            "id": number,
            "employeeId": person_id,
            "firstName": person.first_name,
            "lastName": person.last_name,
        }
        rows[str(number)] = row | {"email": person.work_email, "status": "enabled", "lastLogin": None}
    return json_reply(rows)


def countries(world: World, request: Request) -> Reply:
    """English names and ISO codes."""
    rows = enumerate(COUNTRY_NAMES.items(), start=1)
    return json_reply([{"id": str(i), "name": name, "isoCode": code} for i, (code, name) in rows])


def datasets(world: World, request: Request) -> Reply:
    """The datasets there are."""
    return json_reply({"datasets": [{"name": "employee", "label": "Employees"}]})


def dataset_fields(world: World, request: Request) -> Reply:
    """The fields of the dataset, paged by `page` and `page_size` (500)."""
    seen = [field for field in FIELDS if field.alias not in world.hidden]
    page, size = int(request.param("page", "1")), int(request.param("page_size", "500"))
    part = seen[(page - 1) * size : page * size]
    pages = max(1, -(-len(seen) // size))
    rows = [
        {
            "name": f.dataset,
            "label": f.label,
            "parentType": "Personal",
            "parentName": "Basic",
            "entityName": f.alias,
        }
        for f in part
    ]
    paging: dict[str, object] = {"total_records": len(seen), "current_page": page, "total_pages": pages}
    paging |= {"next_page": page + 1 if page < pages else None, "prev_page": page - 1 if page > 1 else None}
    return json_reply({"fields": rows, "pagination": paging})


def field_options(world: World, request: Request) -> Reply:
    """Values of list fields; an unknown field may give 500 in plain text (documented)."""
    asked = msgspec.json.decode(request.body or b"{}", type=dict[str, list[str]]).get("fields", [])
    found = {}
    for name in asked:
        if name not in BY_DATASET:
            return Reply(status=500, body=b"Internal error", headers={"Content-Type": "text/plain"})
        alias = BY_DATASET[name].alias
        names = ["Active", "Inactive"] if alias == "status" else _options(world, alias)
        found[name] = [{"id": value, "value": value} for value in names]
    return json_reply(found)


def in_wanted_format(request: Request, reply: Reply) -> Reply:
    """Older endpoints answer XML unless JSON is asked for."""
    wants_json = "json" in request.headers.get("accept", "") or request.param("format").lower() == "json"
    if reply.status != 200 or wants_json:
        return reply
    body = f'<?xml version="1.0"?>\n<answer>{_xml(msgspec.json.decode(reply.body))}</answer>'
    return Reply(body=body.encode(), headers={"Content-Type": "text/xml; charset=utf-8"})


def _xml(value: object) -> str:
    if isinstance(value, dict):
        return "".join(
            f'<field id="{escape(str(key))}">{_xml(inner)}</field>' for key, inner in value.items()
        )
    if isinstance(value, list):
        return "".join(f"<item>{_xml(inner)}</item>" for inner in value)
    return "" if value is None else escape(str(value))
