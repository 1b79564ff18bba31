"""Workers as XML: one string per person, put together in one go because a list may have 100,000.

Element names and order from the schema and recorded answers. Which dates carry an offset is assumed (some do,
some do not); who is sparse and what an ended contract looks like is marked below.

Long on purpose: one class writes one element, top to bottom, in the order of the schema.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date

from rollcall.simulators.people import Person, status
from rollcall.simulators.workday import orgs
from rollcall.simulators.workday.history import History
from rollcall.simulators.workday.orgs import Org, country, org_ids, org_type, reference, wid, worker_ids
from rollcall.simulators.workday.parts import (
    DEFAULT_GROUPS,
    OFFSET,
    email,
    label_of,
    login_of,
    name_detail,
    pacific,
    profile,
    worker_type,
)
from rollcall.simulators.workday.soap import escaped
from rollcall.simulators.world import World

_DESCRIPTOR = re.compile(' wd:Descriptor="[^"]*"')
_CHAIN_BEGIN = b"<wd:Management_Chain_Data><wd:Worker_Supervisory_Management_Chain_Data>"
_CHAIN_END = b"</wd:Worker_Supervisory_Management_Chain_Data></wd:Management_Chain_Data>"
_EXCLUDED = {
    "COMPANY": "Exclude_Companies",
    "COST_CENTER": "Exclude_Cost_Centers",
    "REGION": "Exclude_Regions",
    "SUPERVISORY": "Exclude_Supervisory_Organizations",
    "TEAM": "Exclude_Teams",
    "COMPANY_HIERARCHY": "Exclude_Company_Hierarchies",
    "COST_CENTER_HIERARCHY": "Exclude_Cost_Center_Hierarchies",
}


def numbers(people: Iterable[Person]) -> dict[int, str]:
    """Worker ids: employee numbers made unique, as Workday keeps them; text, with leading zeros."""
    taken: set[str] = set()
    found: dict[int, str] = {}
    for person in people:
        number = person.employee_number or f"9{person.id}"
        if number in taken:
            number = f"9{person.id}"
        taken.add(number)
        found[person.id] = f"CW{number}" if person.employment_type == "contractor" else number
    return found


def without_labels(text: str) -> str:
    """XML without the descriptors of references."""
    return _DESCRIPTOR.sub("", text)


class Workers:
    """Writes workers as seen on one day, at one moment of entry, with the asked groups and the given rights."""

    def __init__(
        self, world: World, history: History, numbers: dict[int, str], *, as_of: date, entry: float
    ) -> None:
        self.world, self.history, self.numbers = world, history, numbers
        self.as_of, self.entry = as_of, entry
        self.company = world.company
        self.groups: frozenset[str] = DEFAULT_GROUPS
        self.hidden = world.hidden | world.nulled  # an empty value is an absent element
        self.labels = True
        self._kept: dict[object, str] = {}
        self._kept_bytes: dict[object, bytes] = {}

    def seen(self, person_id: int) -> Person | None:
        """Somebody as of the day and the moment of entry, spoiled by faults."""
        person = self.history.person(person_id)
        return self.world.view(self.history.at(person, self.as_of, self.entry)) if person else None

    def worker(self, person: Person) -> tuple[bytes, ...]:
        """The Worker element of a person from `seen`, in parts: those that many share are the same object."""
        label = label_of(person)
        # As of today, somebody who starts later has little more than a name (documented as sparse).
        now = status(person, self.as_of)
        sparse = now == "upcoming"
        head = ["<wd:Worker>"]
        if "Include_Reference" in self.groups:
            head.append(reference("Worker_Reference", label, *self.ids(person)))
        head.append(f"<wd:Worker_Descriptor>{escaped(label)}</wd:Worker_Descriptor><wd:Worker_Data>")
        head.append(f"<wd:Worker_ID>{self.numbers.get(person.id, person.id)}</wd:Worker_ID>")
        head.append(f"<wd:User_ID>{escaped(login_of(person))}</wd:User_ID>")
        if "Include_Personal_Information" in self.groups:
            head.append(self._personal(person, now))
        if "Include_Employment_Information" in self.groups:
            head.append(self._employment(person, now, sparse=sparse))
        parts = [self.sent("".join(head))]
        if "Include_Organizations" in self.groups and not sparse:
            parts.append(self._organizations(person))
        if "Include_Management_Chain_Data" in self.groups and not sparse:
            parts += self._chain(person)
        parts.append(self.sent(f"{self._log(person)}{self._account(person)}</wd:Worker_Data></wd:Worker>"))
        return tuple(parts)

    def sent(self, text: str) -> bytes:
        """The bytes of it, without descriptors of references unless they are wanted."""
        return (text if self.labels else without_labels(text)).encode()

    def _account(self, person: Person) -> str:
        if "Include_User_Account" not in self.groups or "User_Account_Data" in self.hidden:
            return ""
        tongue = f"{person.language}_{self.company.offices[person.office_id].country}"
        return (
            f"<wd:User_Account_Data><wd:User_Name>{escaped(login_of(person))}</wd:User_Name>"
            + reference("User_Language__Reference", "", ("User_Language_ID", tongue))
            + reference("Locale__Reference", "", ("Locale_ID", tongue))
            + "</wd:User_Account_Data>"
        )

    def _keep(self, key: object, make: Callable[[], str]) -> str:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def _keep_bytes(self, key: object, make: Callable[[], str]) -> bytes:
        if key not in self._kept_bytes:
            self._kept_bytes[key] = self.sent(make())
        return self._kept_bytes[key]

    def ids(self, person: Person) -> tuple[tuple[str, str], ...]:
        """The IDs a worker is referred to by."""
        return worker_ids(self.company, person, self.numbers.get(person.id, str(person.id)))

    def _refer(self, name: str, person_id: int) -> str:
        def make() -> str:
            person = self.seen(person_id)
            return reference(name, label_of(person), *self.ids(person)) if person else ""

        return self._keep((name, person_id), make)

    # --- personal data ----------------------------------------------------------------------------

    def _personal(self, person: Person, now: str) -> str:
        land = self.company.offices[person.office_id].country
        legal = name_detail(person, person.first_name, self._keep(("land", land), lambda: country(land)))
        names = f"<wd:Legal_Name_Data>{legal}</wd:Legal_Name_Data>"
        # The preferred name is absent or equal to the legal one for most.
        if (person.preferred_name or person.id % 2) and "Preferred_Name_Data" not in self.hidden:
            called = name_detail(person, person.preferred_name or person.first_name, "")
            names += f"<wd:Preferred_Name_Data>{called}</wd:Preferred_Name_Data>"
        born = date(1960 + person.id % 45, 1 + person.id % 12, 1 + person.id % 28)
        birth = "" if "Birth_Date" in self.hidden else f"<wd:Birth_Date>{born}{OFFSET}</wd:Birth_Date>"
        gone = now == "inactive" and "Terminated_Contact" in self.hidden
        contact = "" if gone else self._contact(person)
        return f"<wd:Personal_Data><wd:Name_Data>{names}</wd:Name_Data>{birth}{contact}</wd:Personal_Data>"

    def _contact(self, person: Person) -> str:
        """Addresses in no order; a few have a second one for work that is not the primary one."""
        rows = []
        if person.work_email and "Work_Email" not in self.hidden:
            rows.append(email(person.work_email, "WORK", primary=True))
            if person.id % 5 == 0:
                alias = f"alias.{person.id}@{self.company.domain}.example"
                rows.append(email(alias, "WORK", primary=False))
        if person.personal_email and "Home_Email" not in self.hidden:
            rows.append(email(person.personal_email, "HOME", primary=True))
        if not rows:
            return ""
        turn = person.id % len(rows)
        return f"<wd:Contact_Data>{''.join(rows[turn:] + rows[:turn])}</wd:Contact_Data>"

    # --- employment -------------------------------------------------------------------------------

    def _employment(self, person: Person, now: str, *, sparse: bool) -> str:
        jobs = "" if sparse or "Position_Data" in self.hidden else self._job(person)
        return (
            f"<wd:Employment_Data>{jobs}{self._status(person, now)}{self._contract(person)}"
            "</wd:Employment_Data>"
        )

    def _job(self, person: Person) -> str:
        primary = f'<wd:Worker_Job_Data wd:Primary_Job="1">{self._position(person)}</wd:Worker_Job_Data>'
        if "Include_Additional_Jobs" not in self.groups or person.id % 31:
            return primary
        other = (
            f'<wd:Position_Data wd:Effective_Date="{person.start_date}"><wd:Position_ID>P-9{person.id}'
            f"</wd:Position_ID><wd:Position_Title>First Aider</wd:Position_Title></wd:Position_Data>"
        )
        return f'<wd:Worker_Job_Data wd:Primary_Job="0">{other}</wd:Worker_Job_Data>{primary}'

    def _position(self, person: Person) -> str:
        title = person.job_title.removeprefix("Senior ")
        position = f"P-{person.id:05d}"
        ids = ("WID", wid(self.company.domain, "position", person.id)), ("Position_ID", position)
        business = f"<wd:Business_Title>{escaped(person.job_title)}</wd:Business_Title>"
        full = round(person.weekly_hours / 40 * 100)
        return (
            f'<wd:Position_Data wd:Effective_Date="{person.start_date}">'
            f"{reference('Position_Reference', f'{position} {title}', *ids)}"
            f"<wd:Position_ID>{position}</wd:Position_ID><wd:Position_Title>{escaped(title)}</wd:Position_Title>"
            f"{'' if 'Business_Title' in self.hidden else business}"
            f"<wd:Start_Date>{person.start_date}</wd:Start_Date>"
            f"{self._keep(('type', person.employment_type), lambda: worker_type(person))}"
            f"<wd:Scheduled_Weekly_Hours>{person.weekly_hours}</wd:Scheduled_Weekly_Hours>"
            f"<wd:Full_Time_Equivalent_Percentage>{full}</wd:Full_Time_Equivalent_Percentage>"
            f"{self._keep(('profile', title), lambda: profile(title))}"
            f"{self._keep(('site', person.office_id, person.language), lambda: self._site(person))}"
            f"{self._manager(person)}</wd:Position_Data>"
        )

    def _site(self, person: Person) -> str:
        if "Location" in self.hidden:
            return ""
        office, tongue = self.company.offices[person.office_id], person.language
        local = f"{tongue}_{office.country}"
        return (
            "<wd:Business_Site_Summary_Data>"
            + reference("Location_Reference", office.name, *orgs.location_ids(self.company, office))
            + f"<wd:Name>{escaped(office.name)}</wd:Name>"
            + reference("Local_Reference", local, ("Locale_ID", local))
            + reference(
                "Display_Language_Reference",
                orgs.LANGUAGES.get(tongue, tongue),
                ("User_Language_ID", tongue),
            )
            + orgs.site_address(office)
            + "</wd:Business_Site_Summary_Data>"
        )

    def _manager(self, person: Person) -> str:
        """Filled by a background job: with the option `manager_lag` (seconds) it shows who it was then."""
        if "Manager" in self.hidden:
            return ""
        lag = float(str(self.world.options.get("manager_lag", 0)))
        known = self.history.person(person.id)
        shown = self.history.at(known, self.as_of, self.entry - lag) if lag and known else person
        if shown.manager_id is None:
            return ""
        return self._refer("Manager_as_of_last_detected_manager_change_Reference", shown.manager_id)

    def _status(self, person: Person, now: str) -> str:
        employee = person.employment_type != "contractor"
        terminated = employee and now == "inactive"
        first = self.history.first(person)
        back = first.start_date != person.start_date and first.start_date < person.start_date
        started = f"{person.start_date}{OFFSET if person.id % 7 == 0 else ''}"
        retired = terminated and person.id % 17 == 0
        rows = [
            ("Active", int(now in ("active", "on_leave"))),
            ("Active_Status_Date", person.start_date),
            ("Hire_Date", started),
            ("Original_Hire_Date", first.start_date if back else person.start_date),
            ("Continuous_Service_Date", person.start_date),
            ("First_Day_of_Work", person.start_date),
            ("Retired", int(retired)),
            ("Seniority_Date", person.start_date),
            ("Terminated", int(terminated)),
            *self._leaving(person, first.end_date if back else None, employee=employee),
            *(("Hire_Rescinded", 0), ("Not_Returning", 0), ("Return_Unknown", 0), ("Rehire", int(back))),
        ]
        plain = "".join(f"<wd:{n}>{v}</wd:{n}>" for n, v in rows if n not in self.hidden)
        return f"<wd:Worker_Status_Data>{plain}{self._leave(person, now)}</wd:Worker_Status_Data>"

    def _leaving(
        self, person: Person, earlier: date | None, *, employee: bool
    ) -> list[tuple[str, date | str | int]]:
        """The end of employment, hidden until the day is reached (assumed; option `future_terminations`).
        Of somebody hired again the old date stays (assumed).
        """
        end = person.end_date or earlier
        shown = end and (end <= self.as_of or self.world.options.get("future_terminations"))
        if not end or not shown or not employee:
            return []
        last = (person.last_working_day or end) if person.end_date else end
        return [("Termination_Date", f"{end}{OFFSET}"), ("Termination_Last_Day_of_Work", f"{last}{OFFSET}")]

    def _leave(self, person: Person, now: str) -> str:
        """Leaves that began; a leave that is over stays with On_Leave 0."""
        if person.leave_from is None or person.leave_from > self.as_of or "Leave_Status_Data" in self.hidden:
            return ""
        away = now == "on_leave"
        until = person.leave_until
        name = "Estimated_Leave_End_Date" if away else "Leave_End_Date"
        end = f"<wd:{name}>{until}{OFFSET}</wd:{name}>" if until else ""
        kind = ("WID", wid("leave", "parental")), ("Leave_of_Absence_Type_ID", "PARENTAL")
        return (
            f"<wd:Leave_Status_Data><wd:On_Leave>{int(away)}</wd:On_Leave>"
            f"<wd:Leave_Start_Date>{person.leave_from}{OFFSET}</wd:Leave_Start_Date>{end}"
            f"{reference('Leave_of_Absence_Type_Reference', 'Parental leave', *kind)}</wd:Leave_Status_Data>"
        )

    def _contract(self, person: Person) -> str:
        """Contingent workers only. That an ended contract is Active 0 and Terminated 0 is assumed."""
        if person.employment_type != "contractor" or "Worker_Contract_Data" in self.hidden:
            return ""
        end = person.end_date
        shown = f"<wd:Contract_End_Date>{end}</wd:Contract_End_Date>" if end else ""
        supplier = ("WID", wid("supplier", 1)), ("Supplier_ID", "SUP-1")
        return (
            f"<wd:Worker_Contract_Data><wd:Contract_Start_Date>{person.start_date}</wd:Contract_Start_Date>"
            f"{shown}{reference('Supplier_Reference', 'Example Staffing', *supplier)}</wd:Worker_Contract_Data>"
        )

    # --- organisations ----------------------------------------------------------------------------

    def _organizations(self, person: Person) -> bytes:
        """Contingent workers may lack a company."""
        paid = person.employment_type != "contractor" or bool(person.id % 3)
        place = self.company.offices[person.office_id].country
        units = person.cost_center_id, person.legal_entity_id if paid else None
        key = "organizations", *units, person.team_id, person.department_id, place
        return self._keep_bytes(key, lambda: self._memberships(person, place, paid=paid))

    def _memberships(self, person: Person, place: str, *, paid: bool) -> str:
        """Own organisations and, unless excluded, the hierarchies above."""
        company, hidden = self.company, self.hidden
        found = [orgs.cost_center_of(company.cost_centers[person.cost_center_id])]
        if paid:
            found.append(orgs.company_of(company.legal_entities[person.legal_entity_id]))
        if person.team_id is not None:
            found.append(Org("TEAM", f"TEAM_{person.team_id}", company.teams[person.team_id].name))
        found.append(orgs.supervisory_of(company.departments[person.department_id]))
        found.append(orgs.region(place))
        found.append(Org("COMPANY_HIERARCHY", "CH_ALL", "All companies"))
        found.append(Org("COST_CENTER_HIERARCHY", "CCH_ALL", "All cost centers"))
        shown = [org for org in found if _EXCLUDED[org.kind] not in self.groups and org.kind not in hidden]
        if not shown or "Organization_Data" in hidden:
            return ""
        return f"<wd:Organization_Data>{''.join(map(self._membership, shown))}</wd:Organization_Data>"

    def _membership(self, org: Org) -> str:
        role = ""
        if org.kind == "COST_CENTER" and "Exclude_Organization_Support_Role_Data" not in self.groups:
            role = (
                "<wd:Organization_Support_Role_Data><wd:Organization_Support_Role>"
                + reference("Organization_Role_Reference", "Controller", ("Organization_Role_ID", "CTRL"))
                + "</wd:Organization_Support_Role></wd:Organization_Support_Role_Data>"
            )
        return (
            "<wd:Worker_Organization_Data>"
            + reference("Organization_Reference", "", *org_ids(self.company, org))
            + f"<wd:Organization_Data><wd:Organization_Reference_ID>{org.id}</wd:Organization_Reference_ID>"
            f"<wd:Organization_Code>{org.id}</wd:Organization_Code>"
            f"<wd:Organization_Name>{escaped(org.name)}</wd:Organization_Name>{org_type(org)}{role}"
            "</wd:Organization_Data></wd:Worker_Organization_Data>"
        )

    def _chain(self, person: Person) -> list[bytes]:
        """From the top down to the direct manager; a leader's chain ends with the leader."""
        if "Management_Chain_Data" in self.hidden:
            return []
        rows = self._keep_bytes(("chain", person.manager_id), lambda: self._above(person.manager_id))
        own = b""
        if person.id in self.history.leaders(self.as_of, self.entry):
            own = self.sent(self._link(person.id))
        return [_CHAIN_BEGIN, rows, own, _CHAIN_END] if rows or own else []

    def _above(self, manager_id: int | None) -> str:
        path: list[int] = []
        while manager_id is not None and manager_id not in path and len(path) < 50:
            path.append(manager_id)
            manager = self.seen(manager_id)
            manager_id = manager.manager_id if manager else None
        return "".join(self._link(leader) for leader in reversed(path))

    def _link(self, leader: int) -> str:
        """One step of a chain: the organisation somebody leads, and who that is."""

        def make() -> str:
            person = self.seen(leader)
            if person is None:
                return ""
            unit = self.company.departments[person.department_id]
            top = person.manager_id is None
            place = "SUP_TOP" if top else f"SUP_{unit.id}_{leader}"
            label = f"{self.company.name} (top)" if top else f"{unit.name} ({label_of(person)})"
            ids = (
                ("WID", wid(self.company.domain, "SUPERVISORY", place)),
                ("Organization_Reference_ID", place),
            )
            organisation = reference("Organization_Reference", label, *ids)
            inside = organisation + self._refer("Manager_Reference", leader)
            return f"<wd:Management_Chain_Data>{inside}</wd:Management_Chain_Data>"

        return self._keep(("link", leader), make)

    def _log(self, person: Person) -> str:
        if "Include_Transaction_Log_Data" not in self.groups:
            return ""
        from_person = self.history.person(person.id) or person
        rows = []
        for line in self.history.log(from_person):
            if line.entered > self.entry:
                continue
            ids = ("WID", wid("process", line.kind)), ("Business_Process_Type", line.kind)
            rows.append(
                "<wd:Transaction_Log_Entry><wd:Transaction_Log_Data>"
                f"<wd:Transaction_Log_Description>{escaped(line.kind)}</wd:Transaction_Log_Description>"
                f"<wd:Transaction_Effective_Moment>{pacific(line.effective)}</wd:Transaction_Effective_Moment>"
                f"<wd:Transaction_Entry_Moment>{pacific(line.entered)}</wd:Transaction_Entry_Moment>"
                f"{reference('Transaction_Log_Type_Reference', line.kind, *ids)}"
                f"<wd:Is_Rescind_Or_Rescinded>{int(line.kind == 'Rescind')}</wd:Is_Rescind_Or_Rescinded>"
                "<wd:Is_Correction_Or_Corrected>0</wd:Is_Correction_Or_Corrected>"
                "</wd:Transaction_Log_Data></wd:Transaction_Log_Entry>"
            )
        return f"<wd:Transaction_Log_Entry_Data>{''.join(rows)}</wd:Transaction_Log_Entry_Data>"
