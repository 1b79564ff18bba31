"""What HiBob answers, by its documents, over real loopback HTTP."""

import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rollcall.simulators.hibob.fields import person_id
from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running, start
from tests.simulators.conftest import TODAY, Account
from tests.simulators.inbox import open_inbox

SEARCH = "/v1/people/search"
WANTED = (
    "root.id root.email root.firstName root.surname root.displayName home.privateEmail work.title "
    "work.department work.site work.siteId work.startDate work.manager work.reportsTo employment.type "
    "address.country internal.status internal.lifecycleStatus internal.terminationDate financial.iban"
).split()


def _flat(path: str) -> str:
    """HiBob's name of a field in the flat shape: a slash before each part of its path."""
    return "".join(f"/{part}" for part in path.split("."))


class Bob(Account):
    """A client with the service user's rights."""

    def __init__(self, running: Running) -> None:
        super().__init__(running, "hibob")
        self.sign_in()

    def sign_in(self) -> None:
        self.client.auth = (self.credentials["service_user_id"], self.credentials["service_user_token"])

    def search(self, fields: list[str] | None = WANTED, **more: Any) -> httpx.Response:
        body = {} if fields is None else {"fields": fields}
        return self.client.post(SEARCH, json={"showInactive": True, **body, **more})

    def people(self, **more: Any) -> dict[str, dict[str, Any]]:
        answer = self.search(**more)
        assert answer.status_code == 200, answer.text
        return {row["id"]: row for row in answer.json()["employees"]}

    def truth(self) -> dict[str, dict[str, Any]]:
        return {person_id(row["id"]): row for row in self.told("people")["people"]}


@pytest.fixture
def bob() -> Iterator[Bob]:
    running = start(["hibob"], people=60, today=TODAY)
    account = Bob(running)
    yield account
    account.close()
    running.stop()


# --- getting in -----------------------------------------------------------------------------------


def test_a_wrong_or_revoked_service_user_is_401(bob: Bob) -> None:
    """A3"""
    assert bob.client.get("/v1/company/people/fields").status_code == 200
    for pair in (
        ("SERVICE-1", bob.credentials["service_user_token"]),
        (bob.credentials["service_user_id"], "x"),
    ):
        answer = bob.client.get("/v1/company/people/fields", auth=pair)
        assert (answer.status_code, answer.json()["key"]) == (401, "unauthorized")
    bob.control("credentials", action="revoke")
    assert bob.search().status_code == 401
    bob.control("credentials", action="restore")
    bob.credentials = bob.control("credentials", action="replace")["credentials"]
    assert bob.search().status_code == 401
    bob.sign_in()
    assert bob.search().status_code == 200


def test_ten_quick_refusals_wake_the_firewall(bob: Bob) -> None:
    codes = [bob.client.get("/v1/company/people/fields", auth=("a", "b")).status_code for _ in range(10)]
    assert codes == [401] * 10
    blocked = bob.search()
    assert (blocked.status_code, blocked.headers["content-type"][:9]) == (403, "text/html")
    bob.control("clock", seconds=301)
    assert bob.search().status_code == 200
    bob.control("options", ip_blocked=True)
    assert bob.search().status_code == 403


def test_a_service_user_without_permission_sees_nobody_but_reads_fields(bob: Bob) -> None:
    bob.control("permissions", scopes=[])
    assert bob.search().json() == {"employees": []}
    assert bob.client.get("/v1/company/people/fields").status_code == 200


# --- the search -----------------------------------------------------------------------------------


def test_leavers_come_only_when_asked_for_and_covered(bob: Bob) -> None:
    truth = bob.truth()
    gone = {i for i, row in truth.items() if row["status"] == "inactive"}
    assert gone
    assert set(bob.people()) == set(truth)
    assert set(bob.people(showInactive=False)) == set(truth) - gone
    bob.control("options", access_for=["employed"])
    assert set(bob.people()) == {i for i, row in truth.items() if row["status"] == "active"}


def test_people_come_with_machine_values(bob: Bob) -> None:
    truth = bob.truth()
    for found, row in bob.people().items():
        person = truth[found]
        assert len(found) == 19
        assert row.get("email") == person["work_email"]
        assert row["work"]["startDate"] == person["start_date"]
        assert row["work"]["site"] == person["work_location"]
        assert row["address"]["country"] in ("France", "United Kingdom", "Germany")
        assert row["internal"].get("terminationDate") == person["end_date"]
        manager = row["work"].get("reportsTo")
        assert (manager and manager["id"]) == (person["manager_id"] and person_id(person["manager_id"]))
        assert row.get("financial", {}).get("iban") == person["iban"]
        assert row[_flat("root.id")] == {"value": found}
        assert row[_flat("work.department")]["value"] == row["work"]["department"]
        assert row["payroll"]["employment"]["type"] in ("permanent", "contractor", "internship")
        assert row["companyId"] > 630_000


def test_ids_are_too_long_for_floats(bob: Bob) -> None:
    ids = [int(found) for found in bob.people()]
    assert len({int(float(number)) for number in ids} & set(ids)) < 5


def test_missing_values_are_null_or_absent(bob: Bob) -> None:
    rows = [row["internal"] for row in bob.people().values()]
    forms = {("terminationDate" in row, row.get("terminationDate") is None) for row in rows}
    assert {(True, True), (False, True)} <= forms


def test_without_fields_four_categories_come(bob: Bob) -> None:
    row = next(iter(bob.people(fields=None).values()))
    assert {"work", "payroll", "about", "email"} <= row.keys()
    assert {"home", "financial", "internal", "address"}.isdisjoint(row)


def test_unknown_fields_are_dropped_and_too_many_refused(bob: Bob) -> None:
    row = next(iter(bob.people(fields=["root.id", "work.nothing", "no"]).values()))
    assert row.keys() == {"id", "companyId", _flat("root.id")}
    assert bob.search(fields=[f"x.{n}" for n in range(400)]).status_code == 200
    assert bob.search(fields=[f"x.{n}" for n in range(401)]).status_code == 400


def test_labels_stand_beside_or_instead_of_values(bob: Bob) -> None:
    truth = bob.truth()
    for found, row in bob.people(humanReadable="APPEND").items():
        assert row["humanReadable"]["work"]["department"] == truth[found]["department"]
        assert row["humanReadable"]["work"]["title"] == truth[found]["job_title"]
        assert row["work"]["department"].isdigit()
        year, month, day = truth[found]["start_date"].split("-")
        assert row["humanReadable"]["work"]["startDate"] == f"{day}/{month}/{year}"
    bob.control("options", date_format="%m/%d/%Y")
    for found, row in bob.people(humanReadable="REPLACE").items():
        assert row["work"]["department"] == truth[found]["department"]
        year, month, day = truth[found]["start_date"].split("-")
        assert row["work"]["startDate"] == f"{month}/{day}/{year}"
    assert bob.search(humanReadable="SOME").status_code == 400


def test_old_accounts_answer_labels_for_some_lists(bob: Bob) -> None:
    bob.control("options", labels_for=["department"])
    truth = bob.truth()
    assert all(row["work"]["department"] == truth[i]["department"] for i, row in bob.people().items())


def test_one_filter_with_equals_is_all_there_is(bob: Bob) -> None:
    chosen = list(bob.truth())[3:9]
    one = {"fieldPath": "root.id", "operator": "equals", "values": [*chosen, "7"]}
    assert list(bob.people(filters=[one])) == chosen
    email = next(row["work_email"] for row in bob.truth().values() if row["work_email"])
    found = bob.people(filters=[{"fieldPath": "root.email", "operator": "equals", "values": [email]}])
    assert [row["email"] for row in found.values()] == [email]
    for wrong in ([], [one, one], [one | {"operator": "contains"}], [one | {"fieldPath": "work.site"}]):
        answer = bob.search(filters=wrong)
        assert (answer.status_code, set(answer.json())) == (400, {"key", "error"})


def test_one_person_is_found_by_id_or_address_leavers_too(bob: Bob) -> None:
    truth = bob.truth()
    gone = next(i for i, row in truth.items() if row["status"] == "inactive")
    answer = bob.client.post(f"/v1/people/{gone}", json={"fields": ["internal.status"]})
    assert answer.json()["internal"]["status"] == "Inactive"
    assert bob.client.get(f"/v1/people/{truth[gone]['work_email']}").json()["id"] == gone
    for missing in ("1", "nobody@acme.example", "2478831935400000001"):
        assert bob.client.post(f"/v1/people/{missing}", json={}).status_code == 404
    bob.control("options", access_for=["employed"])
    assert bob.client.get(f"/v1/people/{gone}").status_code == 404
    assert bob.client.get("/v1/people").status_code == 404


def test_categories_that_are_not_granted_are_silent_in_the_search_and_403_in_tables(bob: Bob) -> None:
    """A5, A7"""
    bob.control("permissions", hidden=["financial", "work_email"])
    one = next(iter(bob.people()))
    row = bob.people()[one]
    assert "financial" not in row
    assert "email" not in row
    assert bob.client.get(f"/v1/people/{one}/bank-accounts").status_code == 403
    bob.control("permissions", hidden=[], scopes=["root", "work"])
    assert {"home", "internal", "payroll"}.isdisjoint(bob.people()[one])
    assert bob.client.get(f"/v1/people/{one}/lifecycle").status_code == 403
    assert bob.client.get("/v1/bulk/people/lifecycle").status_code == 403


def test_states_follow_the_life_cycle(bob: Bob) -> None:
    def state(found: str) -> tuple[str, str, str | None]:
        inside = bob.people()[found]["internal"]
        return inside["status"], inside["lifecycleStatus"], inside.get("terminationDate")

    number = next(p["id"] for p in bob.told("people")["people"] if p["status"] == "active")
    one = person_id(number)
    bob.control("terminate", id=number, date="2026-12-31")
    assert state(one) == ("Active", "employed", "2026-12-31")
    bob.control("change", id=number, fields={"last_working_day": "2026-11-20"})
    assert state(one)[:2] == ("Active", "garden leave")
    bob.control("change", id=number, fields={"end_date": None, "leave_from": "2026-11-01"})
    assert state(one) == ("Active", "parental leave", None)
    bob.control("change", id=number, fields={"leave_from": None, "start_date": "2026-12-01"})
    assert state(one)[:2] == ("Active", "hired")
    bob.control("change", id=number, fields={"start_date": "2024-01-01", "end_date": "2026-11-01"})
    assert state(one) == ("Inactive", "terminated", "2026-11-01")


def test_the_search_lags_behind_a_write(bob: Bob) -> None:
    bob.control("options", search_lag=20)
    number = bob.told("people")["people"][4]["id"]
    bob.control("change", id=number, fields={"last_name": "Later"})
    hired = person_id(bob.control("hire")["ids"][0])
    assert bob.people()[person_id(number)]["surname"] != "Later"
    assert hired not in bob.people()
    bob.control("clock", seconds=21)
    assert bob.people()[person_id(number)]["surname"] == "Later"
    assert hired in bob.people()


# --- lists, tables, bank --------------------------------------------------------------------------


def test_fields_tell_where_values_stand(bob: Bob) -> None:
    fields = {row["id"]: row for row in bob.client.get("/v1/company/people/fields").json()}
    assert fields["work.department"]["typeData"] == {"listId": "department"}
    entity = fields["work.customColumns.column_1690"]
    row = next(iter(bob.people(fields=[entity["id"]]).values()))
    value: Any = row
    for part in entity["jsonPath"].split("."):
        value = value[part]
    items = bob.client.get(f"/v1/company/named-lists/{entity['typeData']['listId']}").json()["items"]
    assert value in {item["id"] for item in items}


def test_named_lists_have_two_forms_archived_items_and_children(bob: Bob) -> None:
    by_name = bob.client.get("/v1/company/named-lists").json()
    assert {"department", "site", "title"} <= by_name.keys()
    nested = [item for item in by_name["department"]["items"] if item["children"]]
    assert {child["name"] for child in nested[0]["children"]} == {"Sales", "Marketing", "Customer Support"}
    names = [item["name"] for item in by_name["department"]["items"]]
    assert "Old projects" not in names
    more = bob.client.get("/v1/company/named-lists/department", params={"includeArchived": "true"}).json()
    assert [item["name"] for item in more["items"] if item["archived"]] == ["Old projects"]
    assert isinstance(by_name["1691123"]["items"][0]["id"], int)
    bob.control("options", lists_as_array=True)
    assert isinstance(bob.client.get("/v1/company/named-lists").json(), list)
    assert bob.client.get("/v1/company/named-lists/nothing").status_code == 404


def test_bank_accounts_are_one_request_each(bob: Bob) -> None:
    for found, row in bob.truth().items():
        answer = bob.client.get(f"/v1/people/{found}/bank-accounts").json()["values"]
        ibans = {one["iban"] for one in answer} - {None}
        assert ibans == ({row["iban"]} if row["iban"] else set())
        if row["account_number"]:
            assert answer[0]["accountNumber"] == row["account_number"]
    metadata = bob.client.get("/v1/people/custom-tables/metadata/bankAccounts")
    assert "iban" in metadata.text
    bob.fault("A5", mode="null")
    assert '"iban":"' not in bob.client.get(f"/v1/people/{found}/bank-accounts").text
    bob.fault("A5")
    assert bob.client.get(f"/v1/people/{found}/bank-accounts").status_code == 403


def test_bulk_tables_page_by_cursor_with_errors_beside_results(bob: Bob) -> None:
    bob.control("options", bulk_errors=7)
    seen, errors, cursor = [], [], ""
    for _ in range(9):
        query = {"limit": "20", "includeArchived": "true", **({"cursor": cursor} if cursor else {})}
        answer = bob.client.get("/v1/bulk/people/lifecycle", params=query).json()
        seen += [row["employeeId"] for row in answer["results"]]
        errors += [key for row in answer["errors"] for key in row]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    assert sorted(seen + errors) == sorted(bob.truth())
    assert errors
    assert bob.client.get("/v1/bulk/people/lifecycle?limit=201").status_code == 400
    assert bob.client.get("/v1/bulk/people/lifecycle?cursor=%21").status_code == 400
    one = seen[0]
    answer = bob.client.get("/v1/bulk/people/work", params={"employeeIds": f"{one},77"}).json()
    assert [row["employeeId"] for row in answer["results"]] == [one]
    assert answer["errors"][0]["77"]["error"] == "MISSING_PERMISSION"
    bob.control("options", wrapped_rows=True)
    answer = bob.client.get("/v1/bulk/people/work", params={"employeeIds": one}).json()
    assert answer["results"][0]["values"][0].keys() == {"values", "restricted_columns"}


def test_tables_tell_of_coming_ends_moves_and_earlier_spells(bob: Bob) -> None:
    people = bob.told("people")["people"]
    number = next(p["id"] for p in people if p["status"] == "active")
    bob.control("terminate", id=number, date="2026-12-31")
    rows = bob.client.get(f"/v1/people/{person_id(number)}/lifecycle").json()["values"]
    assert [(row["status"], row["isCurrent"]) for row in rows] == [("terminated", False), ("employed", True)]
    assert rows[0]["effectiveDate"] == "2026-12-31"
    bob.control("change", id=number, fields={"department": "Legal"}, effective="2026-11-25")
    rows = bob.client.get(f"/v1/people/{person_id(number)}/work").json()["values"]
    assert (rows[0]["effectiveDate"], rows[1]["endEffectiveDate"]) == ("2026-11-25", "2026-11-24")
    assert rows[0]["department"] != bob.people()[person_id(number)]["work"]["department"]
    bob.control("clock", set="2026-11-25T10:00:00")
    assert rows[0]["department"] == bob.people()[person_id(number)]["work"]["department"]
    gone = next(p for p in people if p["status"] == "inactive" and p["end_date"] < "2026-11-01")
    bob.control("change", id=gone["id"], fields={"end_date": None, "start_date": "2026-11-20"})
    rows = bob.client.get(f"/v1/people/{person_id(gone['id'])}/lifecycle").json()["values"]
    assert [row["status"] for row in rows] == ["employed", "terminated", "employed"]


def test_employers_lead_to_their_places(bob: Bob) -> None:
    body = {"fields": ["/employer/id", "/employer/legalName"]}
    first = bob.client.post("/v1/employers/search", json=body).json()["results"][0]
    place = bob.client.post(f"/v1/employers/{first['/employer/id']['value']}/work-locations/search", json={})
    assert place.json()["results"]
    bob.control("options", no_employers=True)
    assert bob.client.post("/v1/employers/search", json=body).status_code == 404


# --- limits and webhooks --------------------------------------------------------------------------


def test_fifty_searches_a_minute_with_three_headers(bob: Bob) -> None:
    bob.control("options", strict_limits=True)
    answers = [bob.search(fields=["root.id"]) for _ in range(51)]
    assert [answer.status_code for answer in answers] == [200] * 50 + [429]
    assert answers[0].headers["x-ratelimit-limit"] == "50"
    assert [answers[n].headers["x-ratelimit-remaining"] for n in (0, 49, 50)] == ["49", "0", "0"]
    assert 0 < int(answers[50].headers["x-ratelimit-reset"]) - time.time() < 62
    assert "retry-after" not in answers[50].headers
    assert bob.client.get("/v1/company/people/fields").status_code == 200
    bob.control("options", retry_after=True)
    assert 0 < int(bob.search().headers["retry-after"]) <= 60


def test_webhooks_are_made_by_the_admin_pinged_and_signed(bob: Bob) -> None:
    with open_inbox() as inbox:
        hook = bob.control("hooks", url=inbox.url, events=["employee.updated", "employee.left"])["hooks"][0]
        ping, _ = inbox.first()
        assert ping == b"Ping test"
        bob.control("options", deliver_hooks=True)
        number = bob.told("people")["people"][5]["id"]
        bob.control("change", id=number, fields={"department": "Legal"})
        body, headers = inbox.first(2)
        digest = hmac.new(hook["secret"].encode(), body, hashlib.sha512).digest()
        assert headers["bob-signature"] == base64.b64encode(digest).decode()
        told = json.loads(body)
        assert (told["type"], told["version"]) == ("employee.updated", "v2")
        assert told["data"] == {"employeeId": person_id(number), "fieldUpdates": [{"id": "work.department"}]}
        bob.control("terminate", id=number, date="2026-11-24")
        inbox.first(3)
        bob.control("clock", set="2026-11-25T10:00:00")
        assert json.loads(inbox.first(4)[0])["type"] == "employee.left"
        assert bob.control("hooks", delete=hook["id"])["hooks"] == []
    assert LOOPBACK.post(f"{bob.url}/_control/hooks", json={"url": "http://spend.example"}).status_code == 400


# --- faults ---------------------------------------------------------------------------------------


def test_faults_of_the_wire_and_of_rights(bob: Bob) -> None:
    """T2, T3, T5, T6, T10, T11, T12, T13, A1, A4, A6, P1, P2, P5"""
    for name, mode in (("T2", "during"), ("T3", "short")):
        bob.fault(name, mode=mode, times=1)
        with pytest.raises(httpx.TransportError):
            bob.search()
    for name, more, status in (
        ("T5", {"status": 502}, 502),
        ("T6", {}, 429),
        ("T10", {}, 200),
        ("T13", {}, 302),
        ("A1", {"mode": "403"}, 403),
    ):
        bob.fault(name, times=1, **more)
        assert bob.search().status_code == status
    bob.fault("T11", mode="null", times=1)
    assert bob.search().content == b"null"
    bob.fault("T12", times=1)
    assert "employees" not in bob.search().json()
    before = set(bob.people())
    bob.fault("A4")
    assert 5 < len(bob.people()) < 50
    bob.fault("A6")
    bob.control("faults", off="A4")
    assert next(iter(bob.people().values()))["companyId"] != 0
    bob.control("faults", clear=True)
    assert set(bob.people()) == before
    bob.fault("P1")
    assert bob.search().json() == {"employees": []}
    bob.control("faults", clear=True)
    bob.fault("P2", page=2)
    cursor = bob.client.get("/v1/bulk/people/work?limit=20").json()["response_metadata"]["next_cursor"]
    assert bob.client.get(f"/v1/bulk/people/work?limit=20&cursor={cursor}").status_code == 500
    bob.control("faults", clear=True)
    bob.fault("P5", mode="repeat", page=1)
    pages = [bob.client.get(f"/v1/bulk/people/work?limit=20&cursor={cursor}").json() for _ in range(2)]
    assert pages[0]["results"] == pages[1]["results"]


def test_another_companys_service_user_shows_its_number_and_people(bob: Bob) -> None:
    """A6"""
    before = next(iter(bob.people().values()))["companyId"]
    emails = {row["email"] for row in bob.people(fields=["root.email"]).values() if row.get("email")}
    bob.fault("A6")
    other = bob.people(fields=["root.email"]).values()
    assert {row["companyId"] for row in other} - {before}
    assert emails.isdisjoint({row.get("email") for row in other} - {None})


def test_records_are_odd(bob: Bob) -> None:
    """E1, E2, E3, E5, E6, E7, E8, E9, I1, I2, M1, P8"""
    bob.fault("E1")
    with pytest.raises(UnicodeDecodeError):
        bob.search().content.decode()
    bob.control("faults", clear=True)
    for name, part in (
        ("E2", "\\u0000"),
        ("E5", "<script>"),
        ("E6", '"firstName":{"de":"Ada"}'),
        ("E8", "NaN"),
    ):
        bob.fault(name)
        assert part in bob.search().text
        bob.control("faults", clear=True)
    bob.fault("E7")
    assert (
        Counter(row["internal"]["lifecycleStatus"] for row in bob.people().values())["sabbatical-2027"] == 1
    )
    bob.control("faults", clear=True)
    bob.fault("E9")
    assert all("id" not in row and _flat("root.id") not in row for row in bob.search().json()["employees"])
    bob.control("faults", clear=True)
    bob.fault("I1")
    assert Counter("id" in row for row in bob.search().json()["employees"]) == {True: 59, False: 1}
    bob.control("faults", clear=True)
    one, two = bob.fault("I2")
    rows = bob.people()
    assert rows[person_id(one)]["email"] == rows[person_id(two)]["email"]
    one = bob.fault("M1")[0]
    assert bob.people()[person_id(one)]["work"]["reportsTo"]["id"] == person_id(one)
    bob.control("faults", clear=True)
    bob.fault("P8", page=1)
    assert len(bob.search().json()["employees"]) == 61


def test_the_same_seed_answers_the_same(bob: Bob) -> None:
    running = start(["hibob"], people=60, today=TODAY)
    other = Bob(running)
    assert other.credentials == bob.credentials
    assert other.search().content == bob.search().content
    other.close()
    running.stop()


def test_eight_thousand_people_are_served_fast_the_second_time() -> None:
    running = start(["hibob"], people=8_000, today=TODAY)
    account = Bob(running)
    account.client.timeout = httpx.Timeout(30)
    assert len(account.search().json()["employees"]) == 8_000
    began = time.monotonic()
    assert account.search().status_code == 200
    assert time.monotonic() - began < 2
    account.close()
    running.stop()
