"""What Lucca answers, by its documents: who is let in, the legacy APIs, limits. The new API: test_lucca_new.py."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rollcall.simulators.server import Running, start
from tests.simulators.conftest import TODAY, Account

FIELDS = (
    "id,firstName,lastName,mail,login,employeeNumber,dtContractStart,dtContractEnd,jobTitle,manager[id,name],"
    "department[id,name],legalEntity[id,name],culture,nationality,extendedData,userAxisValues,modifiedAt"
)
PLACES = "/organization/structure/api"
CONTRACTS = "/directory/api/4.0/work-contracts"


class LuccaAccount(Account):
    """A client of the legacy APIs."""

    def __init__(self, running: Running) -> None:
        super().__init__(running, "lucca")
        self.client.headers["Authorization"] = f"lucca application={self.credentials['api_key']}"

    def users(self, fields: str = FIELDS, path: str = "", **query: Any) -> httpx.Response:
        query = {"formerEmployees": "true", "orderBy": "id,asc", "paging": "0,1000"} | query
        return self.client.get(f"/api/v3/users{path}", params={"fields": fields, **query})

    def items(self, fields: str = FIELDS, **query: Any) -> dict[int, dict[str, Any]]:
        return {row["id"]: row for row in self.users(fields, **query).json()["data"]["items"]}

    def truth(self) -> dict[int, dict[str, Any]]:
        return {person["id"]: person for person in self.told("people")["people"]}


@pytest.fixture
def lucca() -> Iterator[LuccaAccount]:
    running = start(["lucca"], people=300, today=TODAY)
    account = LuccaAccount(running)
    yield account
    account.close()
    running.stop()


def test_only_the_key_in_its_own_form_is_let_in(lucca: LuccaAccount) -> None:
    def status(header: str) -> int:
        return lucca.client.get("/api/v3/users", headers={"Authorization": header}).status_code

    key = lucca.credentials["api_key"]
    assert status(f"Lucca application={key}") == 200
    assert status(f"Bearer {key}") == 401
    assert status("lucca application=00000000-0000-4000-8000-000000000000") == 401
    assert status("") == 401


def test_a_deleted_key_is_401_until_it_is_back(lucca: LuccaAccount) -> None:
    """A3"""
    lucca.control("credentials", action="revoke")
    assert lucca.users().status_code == 401
    lucca.control("credentials", action="disable")
    assert lucca.users().status_code == 403
    lucca.control("credentials", action="restore")
    assert lucca.users().status_code == 200


def test_an_unknown_account_is_a_page_or_a_redirect(lucca: LuccaAccount) -> None:
    other = {"X-Simulated-Host": "acmee.ilucca.net"}
    answer = lucca.client.get("/api/v3/users", headers=other)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")
    lucca.control("options", unknown_account="redirect")
    assert lucca.client.get("/api/v3/users", headers=other).status_code == 302
    own = {"X-Simulated-Host": lucca.credentials["address"]}
    assert lucca.client.get("/api/v3/users", headers=own).status_code == 200


def test_the_probe_of_the_credentials_shows_id_and_name(lucca: LuccaAccount) -> None:
    first, *rest = lucca.users("id,name", paging="0,1").json()["data"]["items"]
    assert (first.keys(), rest) == ({"id", "name"}, [])
    assert lucca.client.get("/api/v3/users").json()["data"]["items"][0].keys() == {"id", "name"}


def test_leavers_come_only_when_asked_for(lucca: LuccaAccount) -> None:
    gone = {i for i, person in lucca.truth().items() if person["status"] == "inactive"}
    assert gone
    assert gone.isdisjoint(lucca.items(formerEmployees="false"))
    assert lucca.items().keys() == lucca.truth().keys()
    assert lucca.items(formerEmployees="", dtContractEnd="notequal,null").keys() >= gone


def test_what_the_role_may_not_see_is_absent_with_200(lucca: LuccaAccount) -> None:
    """A4, A5"""
    truth = lucca.truth()
    future = {i for i, person in truth.items() if person["status"] == "upcoming"}
    lucca.control("permissions", scopes=["employees"])
    rows = lucca.items()
    assert future.isdisjoint(rows)
    assert all(truth[i]["status"] in ("active", "on_leave") for i in rows)
    assert {"manager", "jobTitle", "extendedData"}.isdisjoint(next(iter(rows.values())))
    lucca.control("permissions", scopes=["employees", "future-employees", "custom-fields", "jobs"])
    assert future <= lucca.items().keys()
    assert "extendedData" in lucca.items()[next(iter(future))]
    lucca.control("permissions", scopes=[])
    answer = lucca.users()
    assert (answer.status_code, answer.json()) == (200, {"data": {"items": []}})


def test_users_are_the_truth(lucca: LuccaAccount) -> None:
    lucca.control("change", id=next(iter(lucca.truth())), fields={"work_email": None})
    truth = lucca.truth()
    for number, row in lucca.items().items():
        person = truth[number]
        assert (row["firstName"], row["mail"]) == (person["first_name"], person["work_email"])
        assert row["lastName"] in (person["last_name"], person["last_name"].upper())
        assert row["dtContractStart"] == f"{person['start_date']}T00:00:00"
        assert row["dtContractEnd"] == (f"{person['end_date']}T00:00:00" if person["end_date"] else None)
        assert (row["manager"] or {}).get("id") == person["manager_id"]
        assert row["department"]["name"] == person["department"]
        assert row["legalEntity"]["name"] == person["work_location"]
        assert row["userAxisValues_4"]["name"] == person["cost_center"]
        assert row["extendedData"]["e_iban"]["value"] == person["iban"]
        assert row["modifiedAt"][10] == "T"
        assert not row["modifiedAt"].endswith("Z")
    rows = lucca.items().values()
    assert {row["culture"]["id"] for row in rows} == {1036, 2057, 1031, 3082}
    assert "UK" in {row["nationality"]["id"] for row in rows}
    assert None in {row["mail"] for row in rows}
    assert len({row["login"] for row in rows}) == len(truth)
    assert sum(row["lastName"].isupper() for row in rows) > 150


def test_field_names_are_read_in_any_case_and_answered_in_their_own(lucca: LuccaAccount) -> None:
    row = lucca.users("ID,managerId,departmentId,LEGALENTITYID,manager.id,nosuch").json()["data"]["items"][0]
    assert row.keys() == {"id", "managerID", "departmentID", "legalEntityID", "manager"}
    managers = [row["manager"] for row in lucca.items("id,manager[id]").values() if row["manager"]]
    assert managers[0].keys() == {"id", "url"}


def test_pages_are_offsets_and_the_count_comes_when_asked_for(lucca: LuccaAccount) -> None:
    seen: list[int] = []
    for offset in (0, 120, 240):
        data = lucca.users("id,collection.count", paging=f"{offset},120").json()["data"]
        assert data["count"] == 300
        seen += [row["id"] for row in data["items"]]
    assert seen == list(lucca.truth())
    assert "count" not in lucca.users("id").json()["data"]
    assert lucca.users(paging="0,1001").status_code == 400
    by_name = [row["id"] for row in lucca.users("id", orderBy="").json()["data"]["items"]]
    assert by_name != seen
    assert sorted(by_name) == seen


def test_changes_since_a_time_are_found(lucca: LuccaAccount) -> None:
    """P7: neither a deletion nor a manager's new name shows there."""
    lucca.control("clock", days=1)
    assert lucca.items(modifiedAt="since,2026-11-23T00:00:00") == {}
    truth = lucca.truth()
    manager = next(person["manager_id"] for person in truth.values() if person["manager_id"])
    lucca.control("rename", id=manager, last_name="Neuf")
    lucca.control("remove", n=1)
    assert lucca.items(modifiedAt="since,2026-11-23T00:00:00").keys() == {manager}
    names = {row["manager"]["name"] for row in lucca.items().values() if row["manager"]}
    assert any(name.lower().endswith("neuf") for name in names)
    assert lucca.users(modifiedAt="since,yesterday").status_code == 400
    assert lucca.items(dtContractStart="between,2024-01-01,2024-12-31").keys() == {
        i for i, person in truth.items() if person["start_date"].startswith("2024") and i in lucca.items()
    }
    someone = next(person for person in truth.values() if person["work_email"])
    assert lucca.items(mail=someone["work_email"]).keys() == {someone["id"]}
    assert lucca.items(id="1,2") == {}


def test_filters_with_the_same_ends_are_not_mixed_up(lucca: LuccaAccount) -> None:
    """Two answers of the same length, first and last: kept apart in memory."""
    a, b, c, d = list(lucca.truth())[:4]
    assert list(lucca.items(id=f"{a},{b},{d}")) == [a, b, d]
    assert list(lucca.items(id=f"{a},{c},{d}")) == [a, c, d]


def test_one_user_is_read_and_an_unknown_one_is_500(lucca: LuccaAccount) -> None:
    number = next(iter(lucca.truth()))
    assert lucca.users("id,mail", path=f"/{number}").json()["data"]["id"] == number
    unknown = lucca.users(path="/1")
    assert (unknown.status_code, unknown.json()) == (500, {"Message": "User Not Found"})


def test_the_old_list_of_establishments_no_longer_answers(lucca: LuccaAccount) -> None:
    assert lucca.client.get("/api/v3/legalentities").status_code == 410
    lucca.control("options", legalentities_status=404, html_errors=True)
    answer = lucca.client.get("/api/v3/legalentities")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")


def test_establishments_lead_to_legal_units_and_countries(lucca: LuccaAccount) -> None:
    places = lucca.client.get(f"{PLACES}/establishments", params={"fields.root": "count"}).json()
    units = {u["id"]: u for u in lucca.client.get(f"{PLACES}/legal-units").json()["items"]}
    assert places["count"] == len(places["items"]) == 6
    place_of = {place["id"]: place for place in places["items"]}
    truth = lucca.truth()
    for number, row in lucca.items().items():
        unit = units[place_of[row["legalEntity"]["id"]]["legalUnitId"]]
        assert (unit["name"], unit["country"]["code"]) == (
            truth[number]["legal_entity"],
            truth[number]["country"],
        )
    archived = [place for place in place_of.values() if place["isArchived"]]
    assert len(archived) == 1
    assert archived[0]["usersCount"] > 0  # archived, and people still belong to it
    assert len(lucca.client.get("/work-locations/public/api/work-locations").json()["items"]) == 6


def test_departments_are_a_tree_with_parents_as_text(lucca: LuccaAccount) -> None:
    data = lucca.client.get("/api/v3/departments", params={"fields": "id,name,collection.count"}).json()[
        "data"
    ]
    assert data["count"] == 11
    assert {(type(row["id"]), row["parentId"]) for row in data["items"][1:]} == {(int, "1")}
    tree = lucca.client.get("/api/v3/departments/tree").json()["data"]
    assert len(tree["children"]) == 10


def test_axes_and_custom_lists_resolve(lucca: LuccaAccount) -> None:
    axes = {row["id"]: row["name"] for row in lucca.client.get("/api/v3/axes").json()["data"]["items"]}
    assert axes.keys() == {4, 5, 7}
    row = next(iter(lucca.items().values()))
    sections = lucca.client.get("/api/v3/axes/4").json()["data"]["axisSections"]
    assert row["userAxisValues_4"]["id"] in {section["id"] for section in sections}
    assert lucca.client.get("/api/v3/axes/6").status_code == 404
    url = "/api/v3/extensionuserdefinitions"
    (found,) = lucca.client.get(url, params={"formatKey": "select"}).json()["data"]["items"]
    assert found["id"] == "e_societe"
    entries = {entry["id"] for entry in found["extensionUserPropertyListEntries"]}
    assert row["extendedData"]["e_societe"]["value"] in entries
    assert lucca.client.get(f"{url}/e_societe").json()["data"] == found
    lucca.control("options", iban_key="e_rib")
    assert "e_rib" in next(iter(lucca.items().values()))["extendedData"]


def test_work_contracts_are_several_and_one_is_applicable(lucca: LuccaAccount) -> None:
    def contracts(**query: Any) -> dict[str, Any]:
        return dict(lucca.client.get(CONTRACTS, params={"limit": 1000, **query}).json())

    every = contracts(**{"fields.root": "count"})
    assert every["count"] == len(every["items"]) > 300
    applicable = {row["ownerId"]: row for row in contracts(isApplicable="true")["items"]}
    users = lucca.items()
    assert applicable.keys() == users.keys()
    assert all(users[i]["dtContractStart"][:10] == row["startsOn"] for i, row in applicable.items())
    twice = next(row for row in every["items"] if not row["isApplicable"])
    assert len(contracts(ownerId=twice["ownerId"])["items"]) == 2
    assert [row["id"] for row in contracts(limit=2, page=2)["items"]] == [
        row["id"] for row in every["items"][2:4]
    ]
    assert lucca.client.get(CONTRACTS, params={"page": 0}).status_code == 400
    reasons = lucca.client.get("/directory/api/work-contract-termination-reasons").json()["items"]
    assert reasons[0]["name"] == "Démission"


def test_the_log_tells_the_history_of_a_field(lucca: LuccaAccount) -> None:
    number = next(iter(lucca.truth()))
    lucca.control("change", id=number, fields={"department": "Finance"})
    lucca.control("change", id=number, fields={"work_location": "London"})
    (entry,) = lucca.client.get("/api/v3/userlogs", params={"name": "departmentid"}).json()["data"]["items"]
    assert (entry["owner"]["id"], entry["value"]) == (number, lucca.items()[number]["department"]["id"])
    (entry,) = lucca.client.get("/api/v3/userlogs", params={"name": "legalentityid"}).json()["data"]["items"]
    assert entry["value"] == lucca.items()[number]["legalEntity"]["id"]


def test_a_transfer_may_make_a_second_row_for_one_human(lucca: LuccaAccount) -> None:
    """I8: another id and another address, the same name."""
    first = next(p for p in lucca.truth().values() if p["status"] == "active" and p["work_email"])
    lucca.control("terminate", id=first["id"])
    lucca.control("hire", first_name=first["first_name"], last_name=first["last_name"], office="London")
    rows = [row for row in lucca.items().values() if row["firstName"] == first["first_name"]]
    same = [row for row in rows if row["lastName"].lower() == first["last_name"].lower()]
    assert len({row["id"] for row in same}) == len({row["mail"] for row in same}) == 2


def test_bank_fields_fade(lucca: LuccaAccount) -> None:
    """A5"""
    lucca.fault("A5", mode="null")
    assert {row["extendedData"]["e_iban"]["value"] for row in lucca.items().values()} == {None}
    lucca.fault("A5")
    extended = next(iter(lucca.items().values()))["extendedData"]
    assert extended.keys() == {"e_ville", "e_societe"}


def test_fifty_a_minute_are_shared_and_retry_after_is_told(lucca: LuccaAccount) -> None:
    """T7"""
    lucca.control("options", strict_limits=True, others_use=45)
    answers = [lucca.users("id") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 1 <= int(answers[5].headers["retry-after"]) <= 60
    lucca.control("options", others_use=None)
    answers = [lucca.users("id") for _ in range(46)]
    assert [answer.status_code for answer in answers].count(200) == 45
    lucca.control("options", strict_limits=None, limit={"rate": 2, "burst": 1})
    assert [lucca.users("id").status_code for _ in range(2)] == [200, 429]


def test_large_pages_with_custom_fields_may_take_too_long(lucca: LuccaAccount) -> None:
    lucca.control("options", slow_extended_data=True)
    assert lucca.users().status_code == 408
    assert lucca.users(paging="0,500").status_code == 200
    assert lucca.users("id").status_code == 200


def test_faults_of_pages_and_records_show_in_v3(lucca: LuccaAccount) -> None:
    """P1, P2, P3, P4, P5, P8, E6, E8, E9, T5, T6, T10, T11, T12, A1, A6, M1"""

    def page(number: int) -> httpx.Response:
        return lucca.users(
            "id,firstName,lastName,mail,manager,collection.count", paging=f"{(number - 1) * 100},100"
        )

    def on(fault: str, **more: Any) -> None:
        lucca.control("faults", clear=True, on={"id": fault, **more})

    on("P1")
    assert page(1).json() == {"data": {"count": 0, "items": []}}
    on("P2", page=2)
    assert (page(1).status_code, page(2).status_code, page(2).json()) == (
        200,
        500,
        {"Message": "The request could not be done"},
    )
    on("P4")
    assert page(1).json()["data"]["count"] == 301
    on("P5")
    assert len(page(9).json()["data"]["items"]) == 100
    on("P8")
    assert page(2).json()["data"]["items"][-1]["lastName"].lower() == "else"
    on("P3", mode="removed")
    first, second = page(1).json()["data"]["items"], page(2).json()["data"]["items"]
    assert list(lucca.truth()).index(second[0]["id"]) == 100
    assert list(lucca.truth())[99] not in {row["id"] for row in first + second}
    on("E9")
    assert all("id" not in row for row in page(1).json()["data"]["items"])
    on("E8", mode="infinity")
    assert b'"score":-Infinity' in page(1).content
    on("A1", page=2)
    assert (page(1).status_code, page(2).status_code) == (200, 401)
    on("T6")
    assert (page(1).status_code, "retry-after" in page(1).headers) == (429, False)
    on("T12")
    assert page(1).json()["status"] == 500
    on("T11")
    assert page(1).content == b""
    on("A6")
    assert page(1).json()["data"]["count"] == 200
    lucca.control("faults", clear=True)
    struck = lucca.fault("E6")[0]
    row = lucca.items()[struck]
    assert (row["firstName"], row["mail"], row["jobTitle"]) == ({"de": "Ada"}, 42, ["Buyer"])
    struck = lucca.fault("M1")[0]
    assert lucca.items()[struck]["manager"]["id"] == struck


def test_the_same_seed_answers_the_same_bytes() -> None:
    bodies = []
    for _ in range(2):
        running = start(["lucca"], people=30, today=TODAY)
        account = LuccaAccount(running)
        bodies.append(account.users().content)
        account.close()
        running.stop()
    assert bodies[0] == bodies[1]


@pytest.mark.soak
def test_a_hundred_thousand_users_are_read_quickly() -> None:
    """T9: from memory a thousand take some milliseconds; the bound is generous because machines differ."""
    running = start(["lucca"], people=100_000, today=TODAY)
    account = LuccaAccount(running)
    try:
        offsets = range(0, 100_000, 1000)
        pages = [account.users(paging=f"{offset},1000") for offset in offsets]
        assert sum(len(page.json()["data"]["items"]) for page in pages) == 100_000
        began = time.monotonic()
        assert [account.users(paging=f"{offset},1000").content for offset in offsets] == [
            p.content for p in pages
        ]
        assert (time.monotonic() - began) / 100 < 0.2
    finally:
        account.close()
        running.stop()
