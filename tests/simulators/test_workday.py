"""What Workday answers, by its schemas and documents, over real loopback HTTP."""

import time
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest

from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running, start
from rollcall.simulators.workday.soap import BSVC, ENVELOPE, WSSE, Node, Unreadable, parse
from tests.simulators.conftest import TODAY, Account, Bamboo

HR, CASH = "Human_Resources", "Cash_Management"
ALL = (
    "Include_Reference Include_Personal_Information Include_Employment_Information Include_Organizations "
    "Include_Management_Chain_Data Include_User_Account"
)


class Tenant(Account):
    """A client with the integration user's rights."""

    def __init__(self, running: Running) -> None:
        super().__init__(running, "workday")
        self.user, self.password = f"{self.credentials['username']}@acme", self.credentials["password"]

    def post(
        self, body: str, service: str = HR, path: str = "acme", version: str = "v44.0", header: str = ""
    ) -> httpx.Response:
        """The answer to a SOAP message with that body."""
        text = (
            f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:b="{BSVC}"><s:Header><w:Security xmlns:w="{WSSE}">'
            f"<w:UsernameToken><w:Username>{self.user}</w:Username>"
            f"<w:Password>{escape(self.password)}</w:Password></w:UsernameToken></w:Security>{header}"
            f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        where = f"/ccx/service/{path}/{service}/{version}"
        return self.client.post(where, content=text.encode(), headers={"Content-Type": "text/xml"})

    def get(
        self,
        name: str,
        criteria: str = "",
        page: str = "<b:Count>999</b:Count>",
        groups: str = "",
        **more: Any,
    ) -> httpx.Response:
        """The answer to Get_<name>; `groups` are flags to set."""
        flags = "".join(f"<b:{flag}>true</b:{flag}>" for flag in groups.split())
        parts = [
            criteria,
            f"<b:Response_Filter>{page}</b:Response_Filter>",
            f"<b:Response_Group>{flags}</b:Response_Group>" if flags else "",
        ]
        request = f'<b:Get_{name}_Request b:version="v44.0">{"".join(parts)}</b:Get_{name}_Request>'
        return self.post(request, **more)

    def workers(
        self, criteria: str = "", groups: str = ALL, page: str = "<b:Count>999</b:Count>"
    ) -> list[Node]:
        """The Worker elements."""
        wrapped = f"<b:Request_Criteria>{criteria}</b:Request_Criteria>" if criteria else ""
        return data(self.get("Workers", wrapped, page, groups))

    def by_id(self, **more: Any) -> dict[int, Node]:
        """Worker elements by the id of the person behind: the position's number tells it."""
        return {number(worker): worker for worker in self.workers(**more)}

    def one(self, person: int, **more: Any) -> Node:
        people = self.told("people")["people"]
        place = [row["id"] for row in people].index(person)
        return self.workers(**more)[place]


def data(answer: httpx.Response) -> list[Node]:
    assert answer.status_code == 200, answer.text
    found = parse(answer.content).child("Body")
    assert found
    inside = found.children[0].child("Response_Data")
    assert inside is not None
    return inside.children


def results(answer: httpx.Response) -> list[int]:
    """Total_Results, Total_Pages, Page_Results, Page."""
    node = parse(answer.content).child("Body")
    assert node
    found = node.children[0].child("Response_Results")
    assert found
    return [int(child.text) for child in found.children]


def fault(answer: httpx.Response) -> tuple[int, str, str]:
    node = parse(answer.content).child("Body", "Fault")
    assert node
    return answer.status_code, node.value("faultcode").partition(":")[2], node.value("faultstring")


def ids(node: Node | None) -> dict[str, str]:
    """The IDs of a reference, by type."""
    return {one.attributes[f"{BSVC} type"]: one.text for one in node.all("ID")} if node else {}


def number(worker: Node) -> int:
    data = worker.child("Worker_Data", "Employment_Data", "Worker_Job_Data", "Position_Data")
    return int(data.value("Position_ID")[2:]) if data else -1


def status_of(worker: Node) -> Node:
    found = worker.child("Worker_Data", "Employment_Data", "Worker_Status_Data")
    assert found
    return found


def emails(worker: Node) -> list[tuple[str, str, str]]:
    """Usage, primary, address; as they come."""
    contact = worker.child("Worker_Data", "Personal_Data", "Contact_Data")
    found = []
    for row in contact.all("Email_Address_Data") if contact else []:
        kind = row.child("Usage_Data", "Type_Data")
        assert kind
        usage = ids(kind.child("Type_Reference"))["Communication_Usage_Type_ID"]
        found.append((usage, kind.attributes[f"{BSVC} Primary"], row.value("Email_Address")))
    return found


def organizations(worker: Node) -> dict[str, str]:
    """Names by type."""
    listed = worker.child("Worker_Data", "Organization_Data")
    rows = (
        [row.child("Organization_Data") for row in listed.all("Worker_Organization_Data")] if listed else []
    )
    return {
        ids(row.child("Organization_Type_Reference"))["Organization_Type_ID"]: row.value("Organization_Name")
        for row in rows
        if row
    }


def window(kind: str, begin: str, end: str) -> str:
    return (
        "<b:Transaction_Log_Criteria_Data><b:Transaction_Date_Range_Data>"
        f"<b:{kind}_From>{begin}</b:{kind}_From><b:{kind}_Through>{end}</b:{kind}_Through>"
        "</b:Transaction_Date_Range_Data></b:Transaction_Log_Criteria_Data>"
    )


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    running = start(["workday"], people=60, today=TODAY)
    account = Tenant(running)
    yield account
    account.close()
    running.stop()


# --- getting in -----------------------------------------------------------------------------------


def test_a_wrong_user_password_or_tenant_is_one_fault_at_500(tenant: Tenant) -> None:
    wanted = (500, "Client.authenticationError", "invalid username or password")
    good = tenant.user, tenant.password
    for user, password in ((good[0], "wrong"), ("ISU_Rollcall", good[1]), ("ISU_Rollcall@other", good[1])):
        tenant.user, tenant.password = user, password
        assert fault(tenant.get("Workers")) == wanted
    tenant.user, tenant.password = good
    assert tenant.get("Workers").status_code == 200
    bare = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><a/></s:Body></s:Envelope>'
    assert fault(tenant.client.post(f"/ccx/service/acme/{HR}/v44.0", content=bare)) == wanted


def test_repeated_failures_lock_the_user_until_it_is_restored(tenant: Tenant) -> None:
    good, tenant.password = tenant.password, "wrong"
    for _ in range(10):
        tenant.get("Workers")
    tenant.password = good
    assert fault(tenant.get("Workers"))[1] == "Client.authenticationError"
    tenant.control("credentials", action="restore")
    assert tenant.get("Workers").status_code == 200


def test_revoked_and_replaced_credentials_end_access(tenant: Tenant) -> None:
    """A3"""
    tenant.control("credentials", action="revoke")
    assert fault(tenant.get("Workers"))[1] == "Client.authenticationError"
    tenant.control("options", auth_status=401)
    assert tenant.get("Workers").status_code == 401
    tenant.control("credentials", action="restore")
    tenant.password = tenant.control("credentials", action="replace")["credentials"]["password"]
    assert tenant.get("Workers").status_code == 200


def test_wrong_tenants_hosts_versions_and_services_differ(tenant: Tenant) -> None:
    assert tenant.get("Workers", path="nobody").status_code == 404
    tenant.control("options", unknown_tenant="fault")
    assert fault(tenant.get("Workers", path="nobody"))[1] == "Client.authenticationError"
    for version in ("v99.0", "v4", "vnext"):
        assert "invalid service version" in tenant.get("Workers", version=version).text
    assert tenant.get("Workers", version="v30.0").status_code == 200
    tenant.client.headers["X-Simulated-Host"] = "impl.workday.com"
    assert tenant.get("Workers").headers["content-type"].startswith("text/html")


def test_a_right_that_is_missing_is_named(tenant: Tenant) -> None:
    tenant.control("permissions", scopes=["Get_Workers"])
    assert tenant.get("Workers").status_code == 200
    status, code, text = fault(tenant.get("Locations"))
    assert (status, code, "not authorized" in text) == (500, "Client", True)


# --- the request ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("<b:Response_Group/><b:Response_Filter/>", "out of order"),
        ("<b:Response_Filter><b:Count>5</b:Count><b:Page>1</b:Page></b:Response_Filter>", "out of order"),
        ("<b:Response_Filter><b:Size>5</b:Size></b:Response_Filter>", "not expected"),
        ("<b:Response_Filter><b:Page>0</b:Page></b:Response_Filter>", "Page number cannot be zero."),
        ("<b:Response_Filter><b:Count>1000</b:Count></b:Response_Filter>", "between 1 and 999"),
        ("<b:Response_Filter><b:Count>0</b:Count></b:Response_Filter>", "between 1 and 999"),
        ("<b:Request_References/><b:Request_Criteria/>", "not both"),
        (
            "<b:Request_Criteria><b:Exclude_Employees>yes</b:Exclude_Employees></b:Request_Criteria>",
            "boolean",
        ),
        (
            f"<b:Request_Criteria>{window('Updated', '2026-11-22', '2026-11-21')}</b:Request_Criteria>",
            "on or before",
        ),
        ("<b:Response_Filter><Page>1</Page></b:Response_Filter>", "not expected"),
    ],
)
def test_what_the_schema_does_not_allow_is_a_validation_fault(tenant: Tenant, body: str, part: str) -> None:
    answer = tenant.post(f"<b:Get_Workers_Request>{body}</b:Get_Workers_Request>")
    status, code, text = fault(answer)
    assert (status, code) == (500, "Client.validationError")
    assert text.startswith("Validation error occurred.")
    assert part in text
    detail = parse(answer.content).child("Body", "Fault", "detail", "Validation_Fault", "Validation_Error")
    assert detail
    assert [child.local for child in detail.children] == ["Message", "Detail_Message", "Xpath"]


def test_half_a_window_is_refused(tenant: Tenant) -> None:
    half = window("Updated", "2026-11-22", "2026-11-22").replace(
        "<b:Updated_Through>2026-11-22</b:Updated_Through>", ""
    )
    answer = tenant.get("Workers", f"<b:Request_Criteria>{half}</b:Request_Criteria>")
    assert "required together" in fault(answer)[2]


def test_requests_that_would_harm_a_reader_are_refused(tenant: Tenant) -> None:
    """H6"""
    for text in (
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        "<a>" * 5_000 + "</a>" * 5_000,
        "<a",
        '{"employees": []}',
        "",
    ):
        answer = tenant.client.post(f"/ccx/service/acme/{HR}/v44.0", content=text)
        assert fault(answer)[1] == "Client"


# --- paging and time ------------------------------------------------------------------------------


def test_pages_tell_totals_and_default_to_a_hundred(tenant: Tenant) -> None:
    assert results(tenant.get("Workers", page="")) == [60, 1, 60, 1]
    seen = []
    for page in (1, 2, 3):
        answer = tenant.get("Workers", page=f"<b:Page>{page}</b:Page><b:Count>25</b:Count>", groups=ALL)
        assert results(answer) == [60, 3, 25 if page < 3 else 10, page]
        seen += data(answer)
    wids = {ids(worker.child("Worker_Reference"))["WID"] for worker in seen}
    assert (len(seen), len(wids), {len(wid) for wid in wids}) == (60, 60, {32})
    beyond = tenant.get("Workers", page="<b:Page>9</b:Page><b:Count>25</b:Count>")
    assert (results(beyond)[2:], data(beyond)) == ([0, 9], [])


def test_a_frozen_moment_of_entry_keeps_pages_still_while_people_change(tenant: Tenant) -> None:
    """P3: what the schema's text asks for when paging."""
    stamp = parse(tenant.post("<b:Server_Timestamp_Get/>").content).child("Body", "Server_Timestamp")
    assert stamp
    moment = stamp.value("Server_Timestamp_Data")
    assert moment.endswith("-08:00")
    frozen = f"<b:As_Of_Entry_DateTime>{moment}</b:As_Of_Entry_DateTime><b:Count>999</b:Count>"
    before = tenant.get("Workers", page=frozen, groups=ALL).content
    people = tenant.told("people")["people"]
    tenant.control("hire", n=2)
    tenant.control("remove", id=people[3]["id"])
    tenant.control("change", id=people[8]["id"], fields={"last_name": "Changed", "department": "Legal"})
    tenant.control("terminate", n=1)
    assert tenant.get("Workers", page=frozen, groups=ALL).content == before
    now = tenant.workers()
    assert len(now) == 61
    assert sum("Changed" in worker.value("Worker_Descriptor") for worker in now) == 1


def test_without_a_frozen_moment_pages_shift(tenant: Tenant) -> None:
    """P3"""
    tenant.fault("P3")
    seen: Counter[str] = Counter()
    for page in (1, 2, 3, 4):
        rows = data(tenant.get("Workers", page=f"<b:Page>{page}</b:Page><b:Count>20</b:Count>"))
        seen.update(ids(row.child("Worker_Reference"))["WID"] for row in rows)
    assert (max(seen.values()), len(seen)) == (2, 60)


def test_people_show_as_of_the_effective_date(tenant: Tenant) -> None:
    future = next(p for p in tenant.told("people")["people"] if p["status"] == "active" and p["manager_id"])
    tenant.control("change", id=future["id"], fields={"start_date": "2026-12-10"})
    sparse = tenant.one(future["id"])
    assert sparse.child("Worker_Data", "Employment_Data", "Worker_Job_Data") is None
    assert sparse.child("Worker_Data", "Organization_Data") is None
    state = status_of(sparse)
    assert [state.value(name) for name in ("Active", "Terminated")] == ["0", "0"]
    assert state.value("Hire_Date")[:10] == "2026-12-10"
    later = "<b:As_Of_Effective_Date>2026-12-10</b:As_Of_Effective_Date><b:Count>999</b:Count>"
    whole = tenant.one(future["id"], page=later)
    assert status_of(whole).value("Active") == "1"
    assert number(whole) == future["id"]


def test_a_move_planned_for_later_shows_from_its_day_and_in_the_effective_window(tenant: Tenant) -> None:
    person = next(p for p in tenant.told("people")["people"] if p["status"] == "active")
    tenant.control("change", id=person["id"], fields={"department": "Legal"}, effective="2026-11-25")
    assert organizations(tenant.one(person["id"]))["SUPERVISORY"] == person["department"]
    ahead = "<b:As_Of_Effective_Date>2026-11-25</b:As_Of_Effective_Date><b:Count>999</b:Count>"
    assert organizations(tenant.one(person["id"], page=ahead))["SUPERVISORY"] == "Legal"
    tenant.control("clock", set="2026-11-25T06:00:00")
    updated = window("Updated", "2026-11-24T06:00:00Z", "2026-11-25T06:00:00Z")
    effective = window("Effective", "2026-11-24T06:00:00Z", "2026-11-25T06:00:00Z")
    assert person["id"] not in tenant.by_id(criteria=updated)
    found = tenant.by_id(criteria=effective)
    assert organizations(found[person["id"]])["SUPERVISORY"] == "Legal"
    assert tenant.told("people", id=person["id"])["department"] == "Legal"
    assert person["id"] in tenant.by_id(criteria=updated + effective)  # blocks are alternatives
    other = window("Effective", "2026-11-26", "2026-11-27")
    assert person["id"] not in tenant.by_id(criteria=other)
    inner = other.split("Range_Data>")[1].removesuffix("</b:Transaction_Date_")
    both = updated.replace("</b:Updated_Through>", "</b:Updated_Through>" + inner)
    assert person["id"] not in tenant.by_id(criteria=both)  # inside a block both must fit


def test_an_edit_shows_at_once_and_bamboo_keeps_no_plans(tenant: Tenant, bamboo: Bamboo) -> None:
    people = tenant.told("people")["people"]
    managers = {p["manager_id"] for p in people}
    person = next(p["id"] for p in people if p["status"] == "active" and p["id"] not in managers)
    tenant.workers()
    tenant.control("change", id=person, fields={"last_name": "Newname"})
    assert "Newname" in tenant.one(person).value("Worker_Descriptor")
    body = {"id": person, "fields": {"department": "Legal"}, "effective": "2027-01-01"}
    assert LOOPBACK.post(f"{bamboo.url}/_control/change", json=body).status_code == 400


def test_the_updated_window_gives_whole_workers_of_what_was_typed_in(tenant: Tenant) -> None:
    tenant.control("clock", set="2026-11-24T10:00:00")
    span = window("Updated", "2026-11-24T09:00:00Z", "2026-11-24T11:00:00Z")
    assert tenant.workers(span) == []
    people = tenant.told("people")["people"]
    chosen = [p["id"] for p in people if p["status"] == "active"][4:7]
    tenant.control("change", ids=chosen, fields={"language": "pt"})
    found = tenant.by_id(criteria=span)
    assert sorted(found) == chosen
    assert all(worker.child("Worker_Data", "Personal_Data") for worker in found.values())
    log = tenant.workers(span, groups="Include_Reference Include_Transaction_Log_Data")[0]
    entries = log.child("Worker_Data", "Transaction_Log_Entry_Data")
    assert entries
    assert entries.children[-1].value("Transaction_Log_Data", "Transaction_Entry_Moment") > "2026-11-24T01"


def test_a_termination_for_later_is_hidden_until_its_day_comes(tenant: Tenant) -> None:
    person = next(p["id"] for p in tenant.told("people")["people"] if p["status"] == "active")
    tenant.control("terminate", id=person, date="2026-11-30")
    assert status_of(tenant.one(person)).value("Termination_Date") == ""
    tenant.control("options", future_terminations=True)
    assert status_of(tenant.one(person)).value("Termination_Date") == "2026-11-30-08:00"
    tenant.control("options", future_terminations=None)
    tenant.control("clock", set="2026-11-30T12:00:00")
    state = status_of(tenant.one(person))
    assert (state.value("Active"), state.value("Termination_Date")[:10]) == ("1", "2026-11-30")
    assert person in tenant.by_id(criteria=window("Effective", "2026-11-29", "2026-11-30"))
    tenant.control("clock", days=1)
    state = status_of(tenant.one(person))
    assert [state.value(name) for name in ("Active", "Terminated")] == ["0", "1"]


def test_somebody_hired_again_keeps_the_wid_and_the_old_termination_date(tenant: Tenant) -> None:
    person = next(
        p
        for p in tenant.told("people")["people"]
        if p["status"] == "inactive" and p["end_date"] < "2026-11-01"
    )
    before = ids(tenant.one(person["id"]).child("Worker_Reference"))
    tenant.control("change", id=person["id"], fields={"end_date": None, "start_date": "2026-11-20"})
    worker = tenant.one(person["id"])
    state = status_of(worker)
    assert ids(worker.child("Worker_Reference")) == before
    assert [state.value(n) for n in ("Active", "Rehire", "Terminated")] == ["1", "1", "0"]
    assert state.value("Hire_Date")[:10] == "2026-11-20"
    assert state.value("Original_Hire_Date") == person["start_date"]
    assert state.value("Termination_Date")[:10] == person["end_date"]


# --- who is listed --------------------------------------------------------------------------------


def test_leavers_are_listed_unless_excluded_and_contingent_workers_are_apart(tenant: Tenant) -> None:
    people = {p["id"]: p for p in tenant.told("people")["people"]}
    contingent = [p for p in people.values() if p["employment_type"] == "contractor"]
    gone = [p for p in people.values() if p["status"] == "inactive"]
    assert contingent
    assert gone
    assert len(tenant.workers()) == len(people)
    active = tenant.workers("<b:Exclude_Inactive_Workers>1</b:Exclude_Inactive_Workers>")
    assert len(active) == len(people) - len(gone)
    only = tenant.workers("<b:Exclude_Employees>true</b:Exclude_Employees>")
    assert all("Contingent_Worker_ID" in ids(worker.child("Worker_Reference")) for worker in only)
    assert len(only) == len(contingent)
    rest = tenant.workers("<b:Exclude_Contingent_Workers>true</b:Exclude_Contingent_Workers>")
    assert len(rest) == len(people) - len(contingent)


def test_an_ended_contract_is_inactive_by_its_end_date_alone(tenant: Tenant) -> None:
    people = tenant.told("people")["people"]
    person = next(p["id"] for p in people if p["employment_type"] == "contractor")
    tenant.control("terminate", id=person, date="2026-11-20")
    worker = tenant.one(person)
    state = status_of(worker)
    assert [state.value(n) for n in ("Active", "Terminated", "Termination_Date")] == ["0", "0", ""]
    contract = worker.child("Worker_Data", "Employment_Data", "Worker_Contract_Data")
    assert contract
    assert contract.value("Contract_End_Date") == "2026-11-20"


def test_the_credential_test_of_zero_length_finds_nobody(tenant: Tenant) -> None:
    criteria = window("Updated", "2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z") + "".join(
        f"<b:{name}>true</b:{name}>"
        for name in ("Exclude_Inactive_Workers", "Exclude_Employees", "Exclude_Contingent_Workers")
    )
    answer = tenant.get("Workers", f"<b:Request_Criteria>{criteria}</b:Request_Criteria>")
    assert (results(answer), data(answer)) == ([0, 0, 0, 1], [])


def test_single_workers_are_found_by_any_id_and_unknown_ones_fail_the_call(tenant: Tenant) -> None:
    known, reference, value = ids(tenant.workers()[5].child("Worker_Reference")), "", ""
    for kind, value in known.items():
        reference = f'<b:Worker_Reference><b:ID b:type="{kind}">{value}</b:ID></b:Worker_Reference>'
        rows = data(tenant.get("Workers", f"<b:Request_References>{reference}</b:Request_References>"))
        assert [ids(row.child("Worker_Reference")) for row in rows] == [known]
    missing = '<b:Worker_Reference><b:ID b:type="WID">nobody</b:ID></b:Worker_Reference>'
    whole = f"{{}}{reference}{missing}</b:Request_References>"
    assert "not a valid ID" in fault(tenant.get("Workers", whole.format("<b:Request_References>")))[2]
    lenient = whole.format('<b:Request_References b:Skip_Non_Existing_Instances="true">')
    assert len(data(tenant.get("Workers", lenient))) == 1
    untyped = f"<b:Worker_Reference><b:ID>{value}</b:ID></b:Worker_Reference>"
    answer = tenant.get("Workers", f"<b:Request_References>{untyped}</b:Request_References>")
    assert fault(answer)[1] == "Client.validationError"


# --- what a worker shows --------------------------------------------------------------------------


def test_only_flagged_groups_come_and_without_a_group_the_default_ones(tenant: Tenant) -> None:
    def names(worker: Node) -> set[str]:
        inside = worker.child("Worker_Data")
        assert inside
        return {child.local for child in inside.children} - {"Worker_ID", "User_ID"}

    assert names(tenant.workers(groups="")[5]) == {"Personal_Data", "Employment_Data", "Organization_Data"}
    alone = tenant.workers(groups="Include_User_Account")[5]
    assert names(alone) == {"User_Account_Data"}
    assert alone.child("Worker_Reference") is None
    few = tenant.workers(groups="Include_Organizations Exclude_Cost_Centers Exclude_Companies")[5]
    assert {"COMPANY", "COST_CENTER"}.isdisjoint(organizations(few))
    assert "SUPERVISORY" in organizations(few)


def test_workers_show_what_the_company_knows(tenant: Tenant) -> None:
    people = {p["id"]: p for p in tenant.told("people")["people"]}
    managers = {p["manager_id"] for p in people.values()}
    for person_id, worker in tenant.by_id().items():
        if person_id < 0:
            continue
        person = people[person_id]
        name = worker.child(
            "Worker_Data", "Personal_Data", "Name_Data", "Legal_Name_Data", "Name_Detail_Data"
        )
        assert name
        assert (name.value("First_Name"), name.value("Last_Name")) == (
            person["first_name"],
            person["last_name"],
        )
        work = [address for usage, first, address in emails(worker) if (usage, first) == ("WORK", "1")]
        assert work == ([person["work_email"]] if person["work_email"] else [])
        assert organizations(worker)["SUPERVISORY"] == person["department"]
        assert organizations(worker)["COST_CENTER"] == person["cost_center"]
        position = worker.child("Worker_Data", "Employment_Data", "Worker_Job_Data", "Position_Data")
        assert position
        assert position.value("Business_Title") == person["job_title"]
        site = position.child("Business_Site_Summary_Data")
        assert site
        assert site.value("Name") == person["work_location"]
        land = ids(site.child("Address_Data", "Country_Reference"))
        assert land["ISO_3166-1_Alpha-2_Code"] == person["country"]
        chain = worker.child(
            "Worker_Data", "Management_Chain_Data", "Worker_Supervisory_Management_Chain_Data"
        )
        assert chain
        last = ids(chain.children[-1].child("Manager_Reference"))
        own = ids(worker.child("Worker_Reference"))
        assert (last == own) == (person_id in managers)  # a leader's chain ends with the leader


def test_dates_addresses_and_companies_come_in_their_odd_forms(tenant: Tenant) -> None:
    workers = tenant.workers()
    hired = {len(status_of(worker).value("Hire_Date")) for worker in workers}
    assert hired == {10, 16}
    orders = {tuple(usage for usage, _, _ in emails(worker)) for worker in workers}
    assert {("WORK", "HOME"), ("HOME", "WORK")} <= orders
    assert any(order.count("WORK") == 2 for order in orders)
    text = tenant.get("Workers", groups=ALL).text
    assert "&amp;amp;#xa;" not in text
    assert "&amp;#xa;" in text


def test_leave_is_told_beside_an_active_status(tenant: Tenant) -> None:
    person = next(p["id"] for p in tenant.told("people")["people"] if p["status"] == "active")
    tenant.control("change", id=person, fields={"leave_from": "2026-11-01", "leave_until": "2026-12-24"})
    state = status_of(tenant.one(person))
    leave = state.child("Leave_Status_Data")
    assert leave
    assert (state.value("Active"), leave.value("On_Leave")) == ("1", "1")
    assert leave.value("Estimated_Leave_End_Date")[:10] == "2026-12-24"
    tenant.control("clock", set="2026-12-25T09:00:00")
    leave = status_of(tenant.one(person)).child("Leave_Status_Data")
    assert leave
    assert (leave.value("On_Leave"), leave.value("Leave_End_Date")[:10]) == ("0", "2026-12-24")


def test_labels_of_references_come_only_when_asked_for(tenant: Tenant) -> None:
    header = (
        "<b:Workday_Common_Header><b:Include_Reference_Descriptors_In_Response>true"
        "</b:Include_Reference_Descriptors_In_Response></b:Workday_Common_Header>"
    )
    assert "wd:Descriptor=" not in tenant.get("Workers").text
    assert "wd:Descriptor=" in tenant.get("Workers", header=header).text


def test_the_manager_reference_may_lag_behind_the_chain(tenant: Tenant) -> None:
    tenant.control("options", manager_lag=3600)
    people = [p for p in tenant.told("people")["people"] if p["status"] == "active" and p["manager_id"]]
    managers = {p["manager_id"] for p in people}
    person = next(p for p in people if p["id"] not in managers)
    other = next(m for m in managers if m != person["manager_id"])
    numbers = {number(w): ids(w.child("Worker_Reference")) for w in tenant.workers()}

    def shown() -> tuple[dict[str, str], dict[str, str]]:
        worker = tenant.one(person["id"])
        inside = worker.child("Worker_Data")
        assert inside
        name = "Manager_as_of_last_detected_manager_change_Reference"
        old = ids(inside.child("Employment_Data", "Worker_Job_Data", "Position_Data", name))
        chain = inside.child("Management_Chain_Data", "Worker_Supervisory_Management_Chain_Data")
        assert chain
        return old, ids(chain.children[-1].child("Manager_Reference"))

    tenant.control("change", id=person["id"], fields={"manager_id": other})
    assert shown() == (numbers[person["manager_id"]], numbers[other])
    tenant.control("clock", hours=2)
    assert shown() == (numbers[other], numbers[other])


def test_hidden_domains_leave_elements_out_without_a_word(tenant: Tenant) -> None:
    """A5, A7"""
    tenant.control("permissions", hidden=["work_email", "manager", "legal_entity", "Location"])
    worker = tenant.workers()[5]
    assert {usage for usage, _, _ in emails(worker)} <= {"HOME"}
    assert "COMPANY" not in organizations(worker)
    text = tenant.get("Workers", groups=ALL).text
    assert "Business_Site_Summary_Data" not in text
    assert "Manager_as_of_last" not in text


def test_a_rescinded_hire_is_a_raw_value(tenant: Tenant) -> None:
    person = tenant.control("hire", start_date="2026-12-01")["ids"][0]
    tenant.control("change", id=person, raw={"Hire_Rescinded": 1})
    assert [status_of(w).value("Hire_Rescinded") for w in tenant.workers()].count("1") == 1


# --- bank, lists, reports -------------------------------------------------------------------------


def test_elections_lead_to_the_account_that_counts(tenant: Tenant) -> None:
    people = tenant.told("people")["people"]
    numbers = {}
    for worker, person in zip(tenant.workers(), people, strict=True):
        known = ids(worker.child("Worker_Reference"))
        numbers[known.get("Employee_ID") or known["Contingent_Worker_ID"]] = person
    rules, ways = Counter[str](), Counter[str]()
    for row in data(tenant.get("Payment_Election_Enrollments", service=CASH)):
        inside = row.child("Payment_Election_Enrollment_Data")
        assert inside
        person = numbers[
            next(iter(v for k, v in ids(inside.child("Role_ID_Reference")).items() if k != "WID"))
        ]
        groups = {
            ids(group.child("Payment_Election_Rule_Reference"))["Payment_Election_Rule_ID"]: group
            for group in inside.all("Payment_Election_Rule_Group_Data")
        }
        rules.update(groups.keys())
        group = groups.get("EXPENSE", groups["PAY"])
        best = next(e for e in group.all("Payment_Election_Data") if e.value("Distribution_Balance") == "1")
        ways.update([ids(best.child("Payment_Type_Reference"))["Payment_Type_ID"]])
        account = best.child("Worker_Bank_Account_Data")
        assert (account.value("IBAN") if account else "") == (person["iban"] or "")
        assert (account.value("Account_Number") if account else "") == (person["account_number"] or "")
    assert rules.keys() == {"PAY", "EXPENSE"}
    assert ways["Direct_Deposit"] > 50


def test_account_numbers_may_be_hidden_or_masked(tenant: Tenant) -> None:
    """A5"""
    tenant.control("options", masked_accounts=True)
    assert "<wd:IBAN>********" in tenant.get("Payment_Election_Enrollments", service=CASH).text
    tenant.fault("A5")
    text = tenant.get("Payment_Election_Enrollments", service=CASH).text
    assert "Worker_Bank_Account_Data" in text
    assert "IBAN" not in text
    tenant.control("permissions", scopes=["Get_Workers"])
    assert "not authorized" in tenant.get("Payment_Election_Enrollments", service=CASH).text
    answer = tenant.get(
        "Payment_Election_Enrollments", "<b:Request_Criteria><b:Worker/></b:Request_Criteria>", service=CASH
    )
    assert answer.status_code == 500


def test_locations_and_organizations_are_filtered(tenant: Tenant) -> None:
    names = [row.value("Location_Data", "Location_Name") for row in data(tenant.get("Locations"))]
    assert {"Paris", "Paris, floor 1", "Old harbour"} <= set(names)
    criteria = (
        '<b:Request_Criteria><b:Location_Usage_Reference><b:ID b:type="Location_Usage_ID">BUSINESS SITE</b:ID>'
        "</b:Location_Usage_Reference><b:Exclude_Inactive_Locations>true</b:Exclude_Inactive_Locations>"
        "</b:Request_Criteria>"
    )
    names = [row.value("Location_Data", "Location_Name") for row in data(tenant.get("Locations", criteria))]
    assert names == ["Paris", "London", "Berlin"]
    kind = (
        '<b:Organization_Type_Reference><b:ID b:type="Organization_Type_ID">COST_CENTER</b:ID>'
        "</b:Organization_Type_Reference>"
    )
    for more, count in (("", 10), ("<b:Include_Inactive>true</b:Include_Inactive>", 11)):
        asked = f"<b:Request_Criteria>{kind}{more}</b:Request_Criteria>"
        assert results(tenant.get("Organizations", asked))[0] == count
    heads = [row.child("Organization_Data", "Manager_Reference") for row in data(tenant.get("Organizations"))]
    assert sum(head is not None for head in heads) == 10
    assert results(tenant.get("Job_Profiles"))[0] > 5
    assert results(tenant.get("Cost_Centers", service="Financial_Management"))[0] == 11


def test_a_report_is_one_answer_of_texts(tenant: Tenant) -> None:
    path = "/ccx/service/customreport2/acme/ISU_Rollcall/Rollcall_Workers"
    for user in ("ISU_Rollcall", "ISU_Rollcall@acme"):
        answer = tenant.client.get(path, params={"format": "json"}, auth=(user, tenant.password))
        assert len(answer.json()["Report_Entry"]) == 60
    assert tenant.client.get(path, auth=("ISU_Rollcall", "no")).status_code == 401
    assert tenant.client.get(f"{path}s", auth=("ISU_Rollcall", tenant.password)).status_code == 404


# --- faults ---------------------------------------------------------------------------------------


def test_the_wire_breaks_as_for_every_tool(tenant: Tenant) -> None:
    """T2, T3, T5, T6, T8, T10, T13"""
    for name, mode in (("T2", "during"), ("T3", "short")):
        tenant.fault(name, mode=mode, times=1)
        with pytest.raises(httpx.TransportError):
            tenant.get("Workers")
    tenant.fault("T5", times=1)
    answer = tenant.get("Workers")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (503, "text/html")
    tenant.fault("T5", status=500, times=1)
    assert fault(tenant.get("Workers")) == (500, "Server", "Processing error occurred")
    tenant.fault("T6", times=1)
    assert tenant.get("Workers").status_code == 429
    tenant.fault("T10", times=1)
    assert tenant.get("Workers").headers["content-type"].startswith("text/html")
    tenant.fault("T13", times=1)
    assert tenant.get("Workers").status_code == 302
    tenant.fault("T8", amount=5, times=1)
    assert len(tenant.get("Workers").content) > 5_000_000


def test_answers_are_empty_or_fail_with_200(tenant: Tenant) -> None:
    """T11, T12"""
    for mode, status in (("empty", 200), ("204", 204), ("null", 200), ("object", 200)):
        tenant.fault("T11", mode=mode)
        answer = tenant.get("Workers")
        assert (answer.status_code, b"Worker>" in answer.content) == (status, False)
        if mode in ("null", "object"):
            parse(answer.content)
    tenant.control("faults", clear=True)
    tenant.fault("T12")
    assert fault(tenant.get("Workers"))[:2] == (200, "Server")


def test_access_and_rights_are_narrowed(tenant: Tenant) -> None:
    """A1, A4, A6, A7"""
    tenant.fault("A1", page=2)
    codes = [fault(tenant.get("Workers", page=f"<b:Page>{n}</b:Page>"))[1] for n in (2, 3)]
    assert codes == ["Client.authenticationError"] * 2
    tenant.control("faults", clear=True)
    tenant.fault("A7", path=CASH)
    assert fault(tenant.get("Payment_Election_Enrollments", service=CASH))[1] == "Client"
    before = {ids(row.child("Worker_Reference"))["WID"] for row in tenant.workers()}
    tenant.fault("A4")
    assert 5 < results(tenant.get("Workers"))[0] < 50
    tenant.control("faults", clear=True)
    tenant.fault("A6")
    assert {ids(row.child("Worker_Reference"))["WID"] for row in tenant.workers()}.isdisjoint(before)


def test_pages_are_empty_short_endless_or_doubled(tenant: Tenant) -> None:
    """P1, P2, P4, P5, P8"""

    def page(number: int) -> httpx.Response:
        return tenant.get("Workers", page=f"<b:Page>{number}</b:Page><b:Count>20</b:Count>")

    tenant.fault("P1")
    assert results(page(1)) == [0, 0, 0, 1]
    tenant.control("faults", clear=True)
    tenant.fault("P2", mode="last", page=2)
    assert results(page(2))[:2] == [60, 2]
    tenant.fault("P2", mode="short", page=2)
    assert len(data(page(2))) == 10
    tenant.control("faults", clear=True)
    tenant.fault("P4", amount=7)
    assert results(page(1))[0] == 67
    tenant.control("faults", clear=True)
    tenant.fault("P5")
    assert all(results(page(number))[1] > number and data(page(number)) for number in range(2, 9))
    tenant.control("faults", clear=True)
    tenant.fault("P8")
    first, second = data(page(1)), data(page(2))
    assert ids(first[0].child("Worker_Reference")) == ids(second[-1].child("Worker_Reference"))
    assert "Somebody Else" in second[-1].value("Worker_Descriptor")


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *(("E1", "utf8"), ("E1", "latin1"), ("E2", ""), ("E3", "controls"), ("E8", "nesting")),
        *(("H6", mode) for mode in ("doctype", "entities", "external", "dtd", "nesting")),
    ],
)
def test_bodies_no_reader_should_take(tenant: Tenant, name: str, mode: str) -> None:
    """E1, E2, E3, E8, H6: XML cannot carry NUL or controls, so they make the whole body unreadable."""
    tenant.fault(name, mode=mode)
    with pytest.raises(Unreadable):
        parse(tenant.get("Workers").content)


def test_numbers_names_types_and_fields_are_odd(tenant: Tenant) -> None:
    """E3, E4, E5, E6, E7, E8, E9, I1, I2, M1"""
    for name, mode, part in (
        ("E8", "digits", "9" * 5_000),
        ("E8", "nan", ">NaN<"),
        ("E3", "rtl", "\u202e"),
        ("E4", "", "a" * 9_000),
        ("E5", "", "&lt;script&gt;"),
        ("E6", "", "<wd:First_Name><wd:de>Ada</wd:de></wd:First_Name>"),
        ("E7", "status", "<wd:Active>sabbatical-2027</wd:Active>"),
        ("E7", "fields", "<wd:Pronouns>they</wd:Pronouns>"),
    ):
        tenant.fault(name, mode=mode)
        text = tenant.get("Workers").text
        parse(text.encode())
        assert text.count(part) >= 1, name
        tenant.control("faults", clear=True)
    tenant.fault("E9")
    assert all(row.child("Worker_Reference") is None for row in tenant.workers())
    tenant.control("faults", clear=True)
    tenant.fault("I1")
    assert [row.child("Worker_Reference") is None for row in tenant.workers()].count(True) == 1
    tenant.control("faults", clear=True)
    one, two = tenant.fault("I2")
    found = tenant.by_id()
    work = [{e for e in emails(found[person]) if e[:2] == ("WORK", "1")} for person in (one, two)]
    assert work[0] == work[1]


def test_the_answer_is_packed_when_the_option_says_so(tenant: Tenant) -> None:
    tenant.control("options", gzip=True)
    answer = tenant.get("Workers")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(data(answer)) == 60
    with tenant.client.stream("POST", "/ccx/service/acme/x/v1.0", headers={"Accept-Encoding": "gzip"}) as raw:
        assert zlib.decompress(b"".join(raw.iter_raw()), 31)


def test_the_same_seed_answers_the_same(tenant: Tenant) -> None:
    running = start(["workday"], people=60, today=TODAY)
    other = Tenant(running)
    page = "<b:As_Of_Entry_DateTime>2026-11-22T12:00:00Z</b:As_Of_Entry_DateTime><b:Count>999</b:Count>"
    assert (
        other.get("Workers", page=page, groups=ALL).content
        == tenant.get("Workers", page=page, groups=ALL).content
    )
    other.close()
    running.stop()


def test_eight_thousand_people_are_served_fast_the_second_time() -> None:
    running = start(["workday"], people=8_000, today=TODAY)
    account = Tenant(running)
    pages = [f"<b:Page>{n}</b:Page><b:Count>500</b:Count>" for n in range(1, 17)]
    bodies = [account.get("Workers", page=page, groups=ALL).content for page in pages]
    assert sum(body.count(b"</wd:Worker>") for body in bodies) == 8_000
    began = time.monotonic()
    for page in pages:
        account.get("Workers", page=page, groups=ALL)
    assert time.monotonic() - began < 3
    account.close()
    running.stop()
