"""Small pieces of a worker as XML, and what fields are called."""

from datetime import timedelta

from rollcall.simulators.people import Person
from rollcall.simulators.workday.orgs import EPOCH, reference, wid
from rollcall.simulators.workday.soap import attribute, escaped

DEFAULT_GROUPS = frozenset(
    # Without a Response_Group (documented); compensation and roles have nothing to show here.
    {"Include_Reference", "Include_Personal_Information", "Include_Employment_Information"}
    | {"Include_Compensation", "Include_Organizations", "Include_Roles"}
)
OFFSET = "-08:00"
# What a person's field is called by permissions, faults and raw values.
NAMES = {
    "first_name": "First_Name",
    "last_name": "Last_Name",
    "preferred_name": "Preferred_Name_Data",
    "work_email": "Work_Email",
    "personal_email": "Home_Email",
    "start_date": "Hire_Date",
    "end_date": "Termination_Date",
    "manager_id": "Manager",
    "manager": "Manager",
    "job_title": "Business_Title",
    "office_id": "Location",
    "office": "Location",
    "work_location": "Location",
    "department": "SUPERVISORY",
    "department_id": "SUPERVISORY",
    "team": "TEAM",
    "legal_entity": "COMPANY",
    "cost_center": "COST_CENTER",
    "status": "Active",
    "id": "Worker_Reference",
    "language": "User_Account_Data",
    "iban": "IBAN",
    "bic": "BIC",
    "account_number": "Account_Number",
    "sort_code": "Bank_ID_Number",
}


def pacific(moment: float) -> str:
    """A date-time as Workday writes it: milliseconds and the offset of the Pacific coast in winter."""
    from_epoch = EPOCH + timedelta(seconds=moment, hours=-8)
    return f"{from_epoch.strftime('%Y-%m-%dT%H:%M:%S')}.{from_epoch.microsecond // 1000:03d}{OFFSET}"


def label_of(person: Person) -> str:
    """The name people are shown by."""
    return f"{person.preferred_name or person.first_name} {person.last_name}".strip()


def login_of(person: Person) -> str:
    """The user name: the first half of the work address."""
    return person.work_email.split("@")[0] if person.work_email else f"u{person.id}"


def name_detail(person: Person, first: str, land: str) -> str:
    """A name, with `first` as the given one (nothing if it is empty)."""
    whole = attribute(f"{first} {person.last_name}".strip())
    turned = attribute(f"{person.last_name}, {first}")
    given = f"<wd:First_Name>{escaped(first)}</wd:First_Name>" if first else ""
    return (
        f'<wd:Name_Detail_Data wd:Formatted_Name="{whole}" wd:Reporting_Name="{turned}">{land}{given}'
        f"<wd:Last_Name>{escaped(person.last_name)}</wd:Last_Name></wd:Name_Detail_Data>"
    )


def email(address: str, usage: str, *, primary: bool) -> str:
    """An address for WORK or HOME."""
    kind = ("WID", wid("usage", usage)), ("Communication_Usage_Type_ID", usage)
    return (
        f"<wd:Email_Address_Data><wd:Email_Address>{escaped(str(address))}</wd:Email_Address>"
        f'<wd:Usage_Data wd:Public="{int(usage == "WORK")}"><wd:Type_Data wd:Primary="{int(primary)}">'
        f"{reference('Type_Reference', usage.capitalize(), *kind)}</wd:Type_Data></wd:Usage_Data>"
        "</wd:Email_Address_Data>"
    )


def worker_type(person: Person) -> str:
    """The kind of worker and of hours."""
    names = {"contractor": "Contractor", "intern": "Intern"}
    name = names.get(person.employment_type, "Regular")
    type_id = "Contingent_Worker_Type_ID" if name == "Contractor" else "Employee_Type_ID"
    hours = "Part_time" if person.employment_type == "part_time" else "Full_time"
    return reference("Worker_Type_Reference", name, ("WID", wid("type", name)), (type_id, name)) + reference(
        "Position_Time_Type_Reference",
        hours.replace("_", " "),
        ("WID", wid("time", hours)),
        ("Position_Time_Type_ID", hours),
    )


def profile(title: str) -> str:
    """The job profile of that name."""
    ids = ("WID", wid("profile", title)), ("Job_Profile_ID", profile_id(title))
    return (
        f"<wd:Job_Profile_Summary_Data>{reference('Job_Profile_Reference', title, *ids)}"
        f"<wd:Job_Profile_Name>{escaped(title)}</wd:Job_Profile_Name></wd:Job_Profile_Summary_Data>"
    )


def profile_id(title: str) -> str:
    """The id of a job profile: five digits."""
    return f"4{int(wid('profile', title)[:4], 16) % 10_000:04d}"
