"""Reports as a service: one report, shared with the integration user, whose columns this customer chose."""

import csv
import io
from typing import Protocol
from xml.sax.saxutils import escape

from rollcall.simulators.grants import basic
from rollcall.simulators.people import Person
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.workday.workers import numbers
from rollcall.simulators.world import World

_REPORT = "Rollcall_Workers"


class Tenant(Protocol):
    """What a report needs of the tool."""

    world: World

    @property
    def tenant(self) -> str:
        """The tenant's name."""

    def knows(self, username: str, password: str) -> bool:
        """Whether that user may come in."""


def answer(tool: Tenant, request: Request) -> Reply:
    """`GET .../customreport2/{tenant}/{owner}/{report}?format=json`: the whole report, no paging.

    The user may be written with the tenant or without (assumed); every value is text.
    """
    pair = basic(request)
    name = (pair[0] if "@" in pair[0] else f"{pair[0]}@{tool.tenant}") if pair else ""
    if not pair or not tool.knows(name, pair[1]):
        return _error(401, "invalid username or password")
    parts = request.path.rstrip("/").split("/")
    if len(parts) != 7 or parts[4] != tool.tenant or parts[6] != _REPORT:
        return _error(404, "no such report")
    scopes = tool.world.scopes
    if scopes is not None and "Reports" not in scopes:
        return _error(403, "permission denied")
    rows = _rows(tool.world)
    match request.param("format", "xml"):
        case "json":
            return json_reply({"Report_Entry": rows})
        case "csv":
            out = io.StringIO()
            writer = csv.DictWriter(out, list(rows[0]) if rows else [])
            writer.writeheader()
            writer.writerows(rows)
            return Reply(body=out.getvalue().encode(), headers={"Content-Type": "text/csv;charset=UTF-8"})
    entries = "".join(
        "<wd:Report_Entry>"
        + "".join(f"<wd:{key}>{escape(value)}</wd:{key}>" for key, value in row.items())
        + "</wd:Report_Entry>"
        for row in rows
    )
    space = f"urn:com.workday.report/{_REPORT}"
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><wd:Report_Data xmlns:wd="{space}">{entries}</wd:Report_Data>'
    )
    return Reply(body=body.encode(), headers={"Content-Type": "text/xml;charset=UTF-8"})


def _rows(world: World) -> list[dict[str, str]]:
    """Column names as a customer would choose them; a field nobody may see is not in the report."""
    found = numbers(world.people.values())
    rows = []
    for person_id in world.order():
        person = world.view(world.people[person_id])
        row = _row(world, person, found[person_id])
        rows.append({key: value for key, value in row.items() if value and key not in world.hidden})
    return rows


def _row(world: World, person: Person, number: str) -> dict[str, str]:
    company = world.company
    return {
        "Employee_ID": number,
        "First_Name": person.first_name,
        "Last_Name": person.last_name,
        "Work_Email": person.work_email or "",
        "Active_Status": "1" if world.status(person) in ("active", "on_leave") else "0",
        "Hire_Date": person.start_date.isoformat(),
        "Termination_Date": person.end_date.isoformat() if person.end_date else "",
        "Location": company.offices[person.office_id].name,
        "Cost_Center": company.cost_centers[person.cost_center_id].name,
    }


def _error(status: int, text: str) -> Reply:
    return json_reply({"error": text}, status)
