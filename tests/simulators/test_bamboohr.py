"""What BambooHR answers, by its documents."""

import hashlib
import hmac
import socket
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.simulators.conftest import Bamboo


def test_a_wrong_key_gets_an_empty_html_401_with_a_message_header(bamboo: Bamboo) -> None:
    answer = bamboo.client.get("/api/v1/meta/fields", auth=("wrong", "x"))
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["x-bamboohr-error-message"]
    assert answer.headers["www-authenticate"] == 'Basic realm="https://api.bamboohr.com/acme"'


def test_an_unknown_employee_is_404_with_the_header(bamboo: Bamboo) -> None:
    answer = bamboo.client.get("/api/v1/employees/5")
    assert answer.status_code == 404
    assert answer.headers["x-bamboohr-error-message"] == "Employee not found"


def test_zero_is_the_owner_of_the_key(bamboo: Bamboo) -> None:
    assert bamboo.client.get("/api/v1/employees/0?fields=workEmail").json().keys() == {"id", "workEmail"}
    bamboo.control("options", owner_id=0)
    assert bamboo.client.get("/api/v1/employees/0").status_code == 404


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("acme.bamboohr.com", "/api/v1/meta/fields", 200),
        ("other.bamboohr.com", "/api/v1/meta/fields", 404),
        (None, "/api/gateway.php/acme/v1/meta/fields", 200),
        (None, "/api/gateway.php/other/v1/meta/fields", 404),
    ],
)
def test_another_company_domain_is_not_found(
    bamboo: Bamboo, host: str | None, path: str, status: int
) -> None:
    headers = {"X-Simulated-Host": host} if host else {}
    assert bamboo.client.get(path, headers=headers).status_code == status


def test_the_dataset_lists_everybody_in_order_by_pages(bamboo: Bamboo) -> None:
    first, last = bamboo.page(1, 25).json(), bamboo.page(3, 25).json()
    assert first["meta"] == {"page": 1, "pageSize": 25, "totalPages": 3, "totalItems": 60}
    assert (len(first["data"]), len(last["data"])) == (25, 10)
    assert first["links"]["next"].endswith("page=2")
    ids = [row["fields"]["eeid"] for page in (1, 2, 3) for row in bamboo.page(page, 25).json()["data"]]
    assert ids == [str(person["id"]) for person in bamboo.told("people")["people"]]


def test_one_page_has_an_empty_list_of_links(bamboo: Bamboo) -> None:
    assert bamboo.page().json()["links"] == []


def test_missing_dates_are_zeros_and_leavers_are_inactive(bamboo: Bamboo) -> None:
    rows = bamboo.rows()
    for person in bamboo.told("people")["people"]:
        row = rows[str(person["id"])]
        assert row["terminationDate"] == (person["end_date"] or "0000-00-00")
        assert row["status"] == ("Active" if person["status"] in ("active", "on_leave") else "Inactive")
        assert row["email"] == person["work_email"]
        assert row["lastChanged"].endswith("+00:00")


def test_the_supervisor_id_is_the_managers_number(bamboo: Bamboo) -> None:
    people = {person["id"]: person for person in bamboo.told("people")["people"]}
    rows = bamboo.rows(fields=["eeid", "supervisorId", "supervisorEid", "jobInformationReportsTo"])
    managed = [row for row in rows.values() if row["supervisorEid"]]
    assert len(managed) == 59
    for row in managed:
        manager = people[int(row["supervisorEid"])]
        assert row["supervisorId"] == manager["employee_number"]
        assert row["jobInformationReportsTo"] == f"{manager['last_name']}, {manager['first_name']}"


@pytest.mark.parametrize(
    "body",
    [
        {"fields": ["noSuchField"]},
        {"pageSize": 1001},
        {"orderBy": "country asc"},
        {"filter": "noSuch eq 'x'"},
    ],
)
def test_the_dataset_refuses_with_a_problem_document(bamboo: Bamboo, body: dict[str, Any]) -> None:
    answer = bamboo.page(**body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("status eq 'Active'", {"Active"}),
        ("status ne 'Active'", {"Inactive"}),
        (
            "status in ('Active','Inactive') and (hireDate gt '1999-01-01' or eeid eq '1')",
            {"Active", "Inactive"},
        ),
    ],
)
def test_the_dataset_filters(bamboo: Bamboo, text: str, wanted: set[str]) -> None:
    bamboo.control("terminate", n=2)
    assert {row["status"] for row in bamboo.rows(filter=text).values()} == wanted


def test_comparisons_mind_their_edge(bamboo: Bamboo) -> None:
    stamps = sorted(row["lastChanged"] for row in bamboo.rows().values())
    counts = [
        len(bamboo.rows(filter=f"lastChanged {word} '{stamps[10]}'"))
        for word in ("gt", "ge", "lt", "le", "eq")
    ]
    assert counts == [49, 50, 10, 11, 1]


def test_a_hidden_field_is_left_out_with_status_200(bamboo: Bamboo) -> None:
    """A5, as permissions make it."""
    bamboo.control("permissions", hidden=["customField4340", "workEmail"])
    fields = bamboo.page(fields=["eeid", "email", "customField4340", "firstName"]).json()["data"][0]["fields"]
    assert fields.keys() == {"eeid", "firstName"}
    report = bamboo.report(["id", "workEmail", "customIBAN"]).json()
    assert [field["id"] for field in report["fields"]] == ["id"]
    known = bamboo.client.get("/api/v1/meta/fields").json()
    assert "IBAN" not in [field["name"] for field in known]


def test_the_report_drops_unknown_fields_and_gives_everybody(bamboo: Bamboo) -> None:
    report = bamboo.report(["id", "noSuchField", "terminationDate"]).json()
    assert report["employees"][0].keys() == {"id", "terminationDate"}
    assert len(report["employees"]) == 60


def test_the_report_is_strict_about_its_headers(bamboo: Bamboo) -> None:
    url, body = "/api/v1/reports/custom?format=JSON", b'{"fields":["id"]}'
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert bamboo.client.post(url, content=body, headers=charset).status_code == 400
    headers = {"Content-Type": "application/json", "Accept": "*/*"}
    assert bamboo.client.post("/api/v1/reports/custom", content=body, headers=headers).status_code == 404
    assert bamboo.report(["id"] * 401).status_code == 400


def test_only_current_hides_what_starts_later(bamboo: Bamboo) -> None:
    ids = bamboo.control("hire", start_date="2026-12-24")["ids"]
    find = {"id": str(ids[0])}.items()
    current, whole = (
        next(
            row for row in bamboo.report(["id", "jobTitle"], query).json()["employees"] if find <= row.items()
        )
        for query in ("format=JSON", "format=JSON&onlyCurrent=false")
    )
    assert (current["jobTitle"], whole["jobTitle"]) == (None, "Associate")


def test_cursor_paging_ends_and_a_changed_border_is_a_bad_page(bamboo: Bamboo) -> None:
    first = bamboo.client.get("/api/v1/employees", params={"page[limit]": 40}).json()
    cursor = {"page[limit]": 40, "page[after]": first["meta"]["page"]["nextCursor"]}
    second = bamboo.client.get("/api/v1/employees", params=cursor).json()
    assert len(first["data"]) + len(second["data"]) == 60
    assert second["meta"]["page"]["nextCursor"] is None
    bamboo.control("rename", id=first["data"][-1]["employeeId"], last_name="Changed")
    answer = bamboo.client.get("/api/v1/employees", params=cursor)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadPage")


def test_the_directory_has_no_leavers_and_may_not_be_shared(bamboo: Bamboo) -> None:
    gone = {str(i) for i in bamboo.control("terminate", n=3)["ids"]}
    listed = bamboo.client.get("/api/v1/employees/directory").json()["employees"]
    assert not gone & {row["id"] for row in listed}
    bamboo.control("options", directory_shared=False)
    assert bamboo.client.get("/api/v1/employees/directory").status_code == 403


def test_without_accept_older_endpoints_answer_xml(bamboo: Bamboo) -> None:
    answer = bamboo.client.get("/api/v1/meta/fields", headers={"Accept": "*/*"})
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.startswith("<?xml")


def test_the_feed_tells_inserted_updated_and_deleted(bamboo: Bamboo) -> None:
    bamboo.control("clock", days=1)
    url = "/api/v1/employees/changed?since=2026-11-23T00:00:00Z"
    assert bamboo.client.get(url).json()["employees"] == []
    hired = bamboo.control("hire")["ids"][0]
    people = [person["id"] for person in bamboo.told("people")["people"]]
    bamboo.control("rename", id=people[3], first_name="Changed")
    bamboo.control("remove", id=people[4])
    feed = bamboo.client.get(url).json()
    actions = {key: row["action"] for key, row in feed["employees"].items()}
    assert actions == {str(hired): "Inserted", str(people[3]): "Updated", str(people[4]): "Deleted"}
    assert list(bamboo.client.get(f"{url}&type=deleted").json()["employees"]) == [str(people[4])]
    assert bamboo.client.get("/api/v1/employees/changed?since=never").status_code == 400
    changed = bamboo.rows(filter="lastChanged gt '2026-11-23T00:00:00+00:00'")
    assert changed.keys() == {str(hired), str(people[3])}


def test_a_coming_end_flips_the_status_when_its_day_is_over(bamboo: Bamboo) -> None:
    person = bamboo.control("terminate", n=1, date="2026-11-25")["ids"][0]
    states = []
    for day in ("2026-11-22", "2026-11-25", "2026-11-26"):
        bamboo.control("clock", set=f"{day}T12:00:00Z")
        states.append(bamboo.rows()[str(person)]["status"])
    assert states == ["Active", "Active", "Inactive"]


def test_lists_have_archived_options_and_a_renamed_office_changes_everybody(bamboo: Bamboo) -> None:
    bamboo.control("organisation", kind="offices", name="Paris", rename="Paris HQ")
    rows = bamboo.rows(fields=["eeid", "jobInformationLocation"])
    assert {"Paris HQ"} < {row["jobInformationLocation"] for row in rows.values()}
    listed = next(r for r in bamboo.client.get("/api/v1/meta/lists").json() if r["alias"] == "location")
    names = {option["name"]: option["archived"] for option in listed["options"]}
    assert (names["Paris HQ"], names["Old site"]) == ("no", "yes")


@pytest.mark.parametrize(("action", "status"), [("revoke", 401), ("disable", 403)])
def test_a_key_that_lost_its_rights_is_refused_until_restored(
    bamboo: Bamboo, action: str, status: int
) -> None:
    """A3"""
    bamboo.control("credentials", action=action)
    assert bamboo.page().status_code == status
    bamboo.control("credentials", action="restore")
    assert bamboo.page().status_code == 200


def test_over_the_limit_comes_429_with_retry_after(bamboo: Bamboo) -> None:
    bamboo.control("options", limit={"rate": 0.001, "burst": 1})
    assert bamboo.page().status_code == 200
    limited = bamboo.page()
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")
    bamboo.control("options", limit_status=503)
    assert bamboo.page().status_code == 503


@pytest.mark.parametrize(
    "path",
    "datasets datasets/employee/fields meta/tables meta/users meta/countries/options company_information "
    "employees/all/tables/jobInfo employees/changed/tables/jobInfo?since=2020-01-01T00:00:00Z".split(),
)
def test_the_other_lists_answer(bamboo: Bamboo, path: str) -> None:
    version = "v1_2" if path.startswith("datasets") else "v1"
    answer = bamboo.client.get(f"/api/{version}/{path}")
    assert (answer.status_code, bool(answer.json())) == (200, True)


def test_unknown_option_fields_are_a_plain_500(bamboo: Bamboo) -> None:
    url = "/api/v1_2/datasets/employee/field-options"
    assert bamboo.client.post(url, json={"fields": ["status"]}).json()["status"][0]["id"] == "Active"
    assert bamboo.client.post(url, json={"fields": ["no"]}).status_code == 500


class _Inbox(BaseHTTPRequestHandler):
    got: list[tuple[bytes, dict[str, str]]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(200)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def test_webhooks_are_signed_over_body_and_timestamp(bamboo: Bamboo) -> None:
    got: list[tuple[bytes, dict[str, str]]] = []
    inbox = HTTPServer(("127.0.0.1", 0), type("Inbox", (_Inbox,), {"got": got}))
    Thread(target=inbox.serve_forever, daemon=True).start()
    hook = {"url": f"http://127.0.0.1:{inbox.server_port}/in", "events": ["employee.updated"], "name": "x"}
    assert bamboo.client.post("/api/v1/webhooks", json=hook).status_code == 400  # https only
    bamboo.control("options", allow_http_hooks=True, deliver_hooks=True)
    made = bamboo.client.post("/api/v1/webhooks", json=hook)
    key = made.json()["privateKey"]
    assert "privateKey" not in bamboo.client.get(f"/api/v1/webhooks/{made.json()['id']}").json()
    person = bamboo.told("people")["people"][0]["id"]
    bamboo.control("change", id=person, fields={"department": "Finance"})
    for _ in range(100):
        if got:
            break
        time.sleep(0.02)
    inbox.shutdown()
    inbox.server_close()
    body, headers = got[0]
    signed = hmac.new(key.encode(), body + headers["x-bamboohr-timestamp"].encode(), hashlib.sha256)
    assert headers["x-bamboohr-signature"] == signed.hexdigest()
    assert httpx.Response(200, content=body).json()["data"]["employeeId"] == str(person)


def test_a_second_read_of_a_thousand_is_answered_from_memory_and_a_change_is_seen(bamboo: Bamboo) -> None:
    before = bamboo.page().content
    assert bamboo.page().content == before
    person = bamboo.told("people")["people"][7]["id"]
    bamboo.control("rename", id=person, first_name="Fresh")
    assert bamboo.rows()[str(person)]["firstName"] == "Fresh"


def test_one_connection_serves_many_requests(bamboo: Bamboo) -> None:
    host, port = bamboo.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        for _ in range(3):
            line.sendall(b"GET /api/v1/meta/fields HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert line.recv(4096).startswith(b"HTTP/1.1 401")
