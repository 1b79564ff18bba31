"""What a Get request asks for: the day, the moment of entry, the page, the groups, and who is wanted."""

from datetime import date

import msgspec

from rollcall.simulators.people import Person, status
from rollcall.simulators.workday import orgs
from rollcall.simulators.workday.history import History, moment
from rollcall.simulators.workday.lists import flag, ids_of
from rollcall.simulators.workday.parts import DEFAULT_GROUPS, pacific
from rollcall.simulators.workday.soap import BSVC, Node, Refused, invalid
from rollcall.simulators.world import World

_DAY = 86_400
# In the schema but without meaning here: refused rather than ignored, so that nobody relies on them.
_NOT_SIMULATED = (
    *("Position_Reference", "Event_Reference", "Benefit_Plan_Reference", "Universal_ID_Reference"),
    *("Field_And_Parameter_Criteria_Data", "National_ID_Criteria_Data", "Eligibility_Criteria_Data"),
)


class Asked(msgspec.Struct, kw_only=True):
    """The Response_Filter and Response_Group of a request, with the defaults filled in."""

    as_of: date
    entry: float  # seconds since 1970, as asked for
    page: int
    count: int
    groups: frozenset[str]
    labels: bool = False  # whether references have descriptors


class Span(msgspec.Struct):
    """One block of transaction log criteria: moments in seconds since 1970, both ends included."""

    updated: tuple[float, float] | None
    effective: tuple[float, float] | None
    kinds: set[str]


def asked(world: World, request: Node) -> Asked:
    """Read them; `Refused` for values out of bounds (Count 1-999, Page from 1: documented)."""
    given = request.child("Response_Filter") or Node("", {}, [])
    page, count = _number(given, "Page", 1), _number(given, "Count", 100)
    if page == 0:
        raise Refused(invalid("Page number cannot be zero.", "/wd:Response_Filter/wd:Page"))
    if page < 0 or not 1 <= count <= 999:
        raise Refused(invalid("Count must be between 1 and 999.", "/wd:Response_Filter/wd:Count"))
    entry = world.now().timestamp()
    if given.child("As_Of_Entry_DateTime"):
        entry = _moment(given, "As_Of_Entry_DateTime")
    as_of = world.today()
    if given.child("As_Of_Effective_Date"):
        _moment(given, "As_Of_Effective_Date")
        as_of = date.fromisoformat(given.value("As_Of_Effective_Date")[:10])
    group = request.child("Response_Group")
    groups = frozenset(child.local for child in group.children if flag(group, child.local)) if group else None
    # As soon as any flag is set, only the flagged groups come (documented).
    return Asked(as_of=as_of, entry=entry, page=page, count=count, groups=groups or DEFAULT_GROUPS)


def echo(wanted: Asked) -> str:
    """The Response_Filter as answers repeat it."""
    return (
        f"<wd:Response_Filter><wd:As_Of_Effective_Date>{wanted.as_of}</wd:As_Of_Effective_Date>"
        f"<wd:As_Of_Entry_DateTime>{pacific(wanted.entry)}</wd:As_Of_Entry_DateTime>"
        f"<wd:Page>{wanted.page}</wd:Page><wd:Count>{wanted.count}</wd:Count></wd:Response_Filter>"
    )


class Wanted(msgspec.Struct, kw_only=True):
    """Who is asked for by criteria; the key tells the same criteria from others."""

    inactive: bool = True
    employees: bool = True
    contingent: bool = True
    organizations: set[str] = set()
    countries: set[str] = set()
    spans: list[Span] = []

    @property
    def everybody(self) -> bool:
        """Whether there is no criterion at all."""
        narrow = self.organizations or self.countries or self.spans
        return self.inactive and self.employees and self.contingent and not narrow

    @property
    def key(self) -> object:
        """What a list made from these criteria can be kept by; None if it moves with the clock."""
        if self.spans:
            return None
        places = tuple(sorted(self.organizations)), tuple(sorted(self.countries))
        return self.inactive, self.employees, self.contingent, *places


def wanted(request: Node) -> Wanted:
    """Read the criteria; `Refused` for half a window, a window that ends before it begins, or what is not
    simulated.
    """
    criteria = request.child("Request_Criteria")
    if criteria is None:
        return Wanted()
    for name in _NOT_SIMULATED:
        if criteria.child(name):
            raise Refused(invalid(f"{name} is not simulated.", f"/wd:Request_Criteria/wd:{name}"))
    return Wanted(
        inactive=not flag(criteria, "Exclude_Inactive_Workers"),
        employees=not flag(criteria, "Exclude_Employees"),
        contingent=not flag(criteria, "Exclude_Contingent_Workers"),
        organizations=ids_of(criteria.all("Organization_Reference"), "Organization_Reference_ID"),
        countries=ids_of(criteria.all("Country_Reference"), "ISO_3166-1_Alpha-2_Code"),
        spans=[_span(node) for node in criteria.all("Transaction_Log_Criteria_Data")],
    )


def _span(node: Node) -> Span:
    """Inside a block both windows must fit, several blocks are alternatives (documented, assumed)."""
    ranges = node.child("Transaction_Date_Range_Data") or Node("", {}, [])
    kinds: set[str] = set()
    types = node.child("Transaction_Type_References")
    if types:
        kinds = ids_of(types.all("Transaction_Type_Reference"), "Business_Process_Type")
    return Span(_window(ranges, "Updated"), _window(ranges, "Effective"), kinds)


def _window(ranges: Node, name: str) -> tuple[float, float] | None:
    ends = [f"{name}_From", f"{name}_Through"]
    there = [end for end in ends if ranges.child(end)]
    if not there:
        return None
    if len(there) == 1:
        raise Refused(invalid(f"{ends[0]} and {ends[1]} are required together."))
    begin, end = (_moment(ranges, one) for one in ends)
    if begin > end:
        raise Refused(invalid(f"{ends[0]} must be on or before {ends[1]}."))
    whole_day = len(ranges.value(ends[1])) == 10
    return begin, end + (_DAY - 1 if whole_day else 0)


def chosen(world: World, history: History, order: list[int], found: Wanted, at: Asked) -> list[int]:
    """Of the ids in order, those who meet the criteria on the day and at the moment of entry."""
    kept = []
    for person_id in order:
        person = history.person(person_id)
        if person is None:
            continue
        if found.spans and not _logged(history, person, found.spans, at.entry):
            continue
        if _meets(world, history.at(person, at.as_of, at.entry), found, at.as_of):
            kept.append(person_id)
    return kept


def _meets(world: World, person: Person, found: Wanted, as_of: date) -> bool:
    contingent = person.employment_type == "contractor"
    if not (found.contingent if contingent else found.employees):
        return False
    # Drops ended contracts too (documented); somebody who has not started stays.
    if not found.inactive and status(person, as_of) == "inactive":
        return False
    company = world.company
    if found.countries and company.offices[person.office_id].country not in found.countries:
        return False
    if not found.organizations:
        return True
    mine = {
        orgs.company_of(company.legal_entities[person.legal_entity_id]).id,
        orgs.cost_center_of(company.cost_centers[person.cost_center_id]).id,
        f"SUP_{person.department_id}",
        f"TEAM_{person.team_id}",
    }
    return bool(mine & found.organizations)


def _logged(history: History, person: Person, spans: list[Span], entry: float) -> bool:
    lines = [line for line in history.log(person) if line.entered <= entry]
    return any(
        (span.updated is None or span.updated[0] <= line.entered <= span.updated[1])
        and (span.effective is None or span.effective[0] <= line.effective <= span.effective[1])
        and (not span.kinds or line.kind in span.kinds)
        for span in spans
        for line in lines
    )


def referred(request: Node, known: dict[tuple[str, str], int]) -> list[int] | None:
    """The people of Request_References; None if there are none. One unknown id fails the whole call unless
    the request says otherwise.
    """
    references = request.child("Request_References")
    if references is None:
        return None
    lenient = {
        key
        for key in ("Skip_Non_Existing_Instances", "Ignore_Invalid_References")
        if references.attributes.get(f"{BSVC} {key}") in ("true", "1")
    }
    found = []
    for node in references.all("Worker_Reference"):
        ids_of([node], "")  # each ID must have its type
        pairs = [(one.attributes[f"{BSVC} type"], one.text.strip()) for one in node.all("ID")]
        hits = [known[pair] for pair in pairs if pair in known]
        if hits:
            found.append(hits[0])
        elif not lenient:
            text = f"Invalid ID value. '{pairs[0][1] if pairs else ''}' is not a valid ID value for type."
            raise Refused(invalid(text, "/wd:Request_References/wd:Worker_Reference"))
    return sorted(set(found))


def _number(node: Node, name: str, default: int) -> int:
    text = node.value(name)
    if not node.child(name):
        return default
    if not text.lstrip("-").isdigit() or len(text) > 9:
        raise Refused(invalid(f"{name}: '{text}' is not a number."))
    return int(text)


def _moment(node: Node, name: str) -> float:
    found = moment(node.value(name))
    if found is None:
        raise Refused(invalid(f"{name}: '{node.value(name)}' is not a date."))
    return found
