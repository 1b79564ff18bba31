"""Lists beside people: locations, organisations, job profiles, cost centres, companies."""

from collections.abc import Iterator

from rollcall.simulators.people import Company, Person
from rollcall.simulators.workday import orgs
from rollcall.simulators.workday.orgs import Org, org_ids, org_type, reference, wid, worker_ids
from rollcall.simulators.workday.parts import profile_id
from rollcall.simulators.workday.soap import BSVC, Node, Refused, escaped, invalid
from rollcall.simulators.world import World


def flag(node: Node | None, name: str, default: bool = False) -> bool:
    """A boolean child: true, false, 1 or 0; anything else is a validation fault."""
    text = node.value(name) if node else ""
    if text in ("true", "1", "false", "0"):
        return text in ("true", "1")
    if text or (node and node.child(name)):
        raise Refused(invalid(f"{name}: '{text}' is not a boolean."))
    return default


def ids_of(nodes: list[Node], kind: str) -> set[str]:
    """The values of the ID elements of one type. An ID without its type is a validation fault."""
    found = set()
    for node in nodes:
        for one in node.all("ID"):
            given = next((v for k, v in one.attributes.items() if k == f"{BSVC} type"), None)
            if given is None:
                raise Refused(invalid("The ID type is required."))
            if given == kind:
                found.add(one.text.strip())
    return found


def locations(company: Company, request: Node) -> list[str]:
    """Business sites, a work space in each, and one site that was closed."""
    criteria, group = request.child("Request_Criteria"), request.child("Response_Group")
    usages = ids_of(criteria.all("Location_Usage_Reference") if criteria else [], "Location_Usage_ID")
    name = criteria.value("Location_Name") if criteria else ""
    no_inactive = flag(criteria, "Exclude_Inactive_Locations")
    no_active = flag(criteria, "Exclude_Active_Locations")
    with_data = group is None or flag(group, "Include_Location_Data")
    with_reference = group is None or flag(group, "Include_Reference")
    return [
        f"<wd:Location>{refer if with_reference else ''}{data if with_data else ''}</wd:Location>"
        for label, usage, inactive, refer, data in _places(company)
        if (not usages or usage in usages)
        and (not name or name == label)
        and not (no_inactive if inactive else no_active)
    ]


def _places(company: Company) -> Iterator[tuple[str, str, bool, str, str]]:
    for office in company.offices.values():
        ids = orgs.location_ids(company, office)
        local = f"en_{office.country}"
        more = (
            reference("Time_Profile_Reference", "", ("Time_Profile_ID", "Standard_Hours"))
            + reference("Locale_Reference", "", ("Locale_ID", local))
            + f"<wd:Contact_Data>{orgs.site_address(office)}</wd:Contact_Data>"
        )
        yield _place(office.name, "BUSINESS SITE", ids, more)
        space = f"{office.name}, floor 1"
        own = ("WID", wid(company.domain, "space", office.id)), ("Location_ID", f"{ids[1][1]}_F1")
        yield _place(space, "WORK SPACE", own, "")
    old = ("WID", wid(company.domain, "location", "old")), ("Location_ID", "OLD_SITE")
    yield _place("Old harbour", "BUSINESS SITE", old, "", inactive=True)


def _place(
    name: str, usage: str, ids: tuple[tuple[str, str], ...], more: str, *, inactive: bool = False
) -> tuple[str, str, bool, str, str]:
    usage_ref = reference("Location_Usage_Reference", usage.title(), ("Location_Usage_ID", usage))
    data = (
        f"<wd:Location_Data><wd:Location_ID>{ids[1][1]}</wd:Location_ID>"
        f"<wd:Location_Name>{escaped(name)}</wd:Location_Name>{usage_ref}"
        f"<wd:Inactive>{int(inactive)}</wd:Inactive>{more}</wd:Location_Data>"
    )
    return name, usage, inactive, reference("Location_Reference", name, *ids), data


def organizations(world: World, numbers: dict[int, str], request: Node) -> list[str]:
    """Organisations of the wanted types (all if none is named), inactive ones only when asked for."""
    criteria, group = request.child("Request_Criteria"), request.child("Response_Group")
    kinds = ids_of(criteria.all("Organization_Type_Reference") if criteria else [], "Organization_Type_ID")
    inactive = flag(criteria, "Include_Inactive")
    hierarchy = flag(group, "Include_Hierarchy_Data")
    return [
        _organization(world, numbers, org, hierarchy=hierarchy)
        for org in orgs.organizations(world.company)
        if (not kinds or org.kind in kinds) and (inactive or not org.inactive)
    ]


def _organization(world: World, numbers: dict[int, str], org: Org, *, hierarchy: bool) -> str:
    company = world.company
    closed = "<wd:Inactive_Date>2024-12-31</wd:Inactive_Date>" if org.inactive else ""
    head, leader = _head(company, org), ""
    if head:
        ids = worker_ids(company, head, numbers.get(head.id, str(head.id)))
        leader = reference("Manager_Reference", f"{head.first_name} {head.last_name}", *ids)
    above = ""
    if hierarchy and org.kind == "SUPERVISORY" and org.unit:
        top = ("WID", wid(company.domain, "SUPERVISORY", "SUP_TOP")), ("Organization_Reference_ID", "SUP_TOP")
        superior = reference("Superior_Organization_Reference", "", *top)
        above = f"<wd:Hierarchy_Data>{superior}</wd:Hierarchy_Data>"
    return (
        f"<wd:Organization>{reference('Organization_Reference', org.name, *org_ids(company, org))}"
        f"<wd:Organization_Data><wd:Reference_ID>{org.id}</wd:Reference_ID><wd:Name>{escaped(org.name)}</wd:Name>"
        f"<wd:Organization_Code>{org.id}</wd:Organization_Code>{org_type(org)}"
        f"<wd:Last_Updated_DateTime>2025-01-02T03:04:05.678-08:00</wd:Last_Updated_DateTime>"
        f"<wd:Inactive>{int(org.inactive)}</wd:Inactive>{closed}{leader}{above}"
        "</wd:Organization_Data></wd:Organization>"
    )


def _head(company: Company, org: Org) -> Person | None:
    """Who leads a department: its first member under the one at the top."""
    if org.kind != "SUPERVISORY" or org.unit is None:
        return None
    top = next((p.id for p in company.people.values() if p.manager_id is None), None)
    wanted = (p for p in company.people.values() if p.manager_id == top and p.department_id == org.unit.id)
    return next(wanted, None)


def job_profiles(company: Company) -> list[str]:
    """The profiles that people have."""
    titles = sorted({person.job_title.removeprefix("Senior ") for person in company.people.values()})
    return [
        "<wd:Job_Profile>"
        + reference(
            "Job_Profile_Reference",
            title,
            ("WID", wid("profile", title)),
            ("Job_Profile_ID", profile_id(title)),
        )
        + f"<wd:Job_Profile_Data><wd:Job_Code>{profile_id(title)}</wd:Job_Code><wd:Inactive>0</wd:Inactive>"
        f"<wd:Job_Profile_Basic_Data><wd:Job_Title>{escaped(title)}</wd:Job_Title></wd:Job_Profile_Basic_Data>"
        "</wd:Job_Profile_Data></wd:Job_Profile>"
        for title in titles
    ]


def finance(company: Company, kind: str) -> list[str]:
    """Cost centres or companies as Financial_Management lists them; needs a finance permission."""
    name = {"COST_CENTER": "Cost_Center", "COMPANY": "Company"}[kind]
    return [
        f"<wd:{name}>{reference(f'{name}_Reference', org.name, *org_ids(company, org))}"
        f"<wd:{name}_Data><wd:{name}_ID>{org.id}</wd:{name}_ID><wd:Organization_Data><wd:ID>{org.id}</wd:ID>"
        f"<wd:Organization_Name>{escaped(org.name)}</wd:Organization_Name>"
        f"<wd:Organization_Active>{int(not org.inactive)}</wd:Organization_Active></wd:Organization_Data>"
        f"</wd:{name}_Data></wd:{name}>"
        for org in orgs.organizations(company)
        if org.kind == kind
    ]
