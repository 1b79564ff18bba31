"""What Lucca's new API answers, by its documents, and its webhooks."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rollcall.simulators.server import Running, start
from tests.simulators.conftest import TODAY, Account
from tests.simulators.receiver import Receiver, receiver


class NewLucca(Account):
    """A client of the new API."""

    def __init__(self, running: Running) -> None:
        super().__init__(running, "lucca")
        self.client.headers["Api-Version"] = "2024-11-01"
        self.sign_in()

    def token(self, **more: str) -> httpx.Response:
        pair = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        return self.client.post("/connect/token", data={"grant_type": "client_credentials", **pair} | more)

    def sign_in(self, **more: str) -> None:
        self.client.headers["Authorization"] = f"Bearer {self.token(**more).json()['access_token']}"

    def get(self, resource: str = "employees", **query: Any) -> httpx.Response:
        return self.client.get(f"/lucca-api/{resource}", params=query)

    def pages(self, resource: str = "employees", **query: Any) -> list[dict[str, Any]]:
        """All pages, following links."""
        query = {"limit": 100, "include": "embedded,links,totalCount"} | query
        found = [self.get(resource, **query).json()]
        while following := found[-1]["links"]["next"]:
            found.append(self.client.get(following["href"]).json())
        return found

    def all(self, resource: str = "employees", **query: Any) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for page in self.pages(resource, **query) for row in page["items"]}

    def truth(self) -> dict[str, dict[str, Any]]:
        return {str(person["id"]): person for person in self.told("people")["people"]}

    def endpoint(self, url: str, *topics: str, **more: Any) -> httpx.Response:
        body = {"name": "sync", "webhookUrl": url, "topics": list(topics), "apiVersion": "2024-11-01"}
        return self.client.post("/lucca-api/webhook-endpoints", json=body | more)

    def until(self, number: str, status: str) -> None:
        """Wait for an endpoint to get that status."""
        for _ in range(150):
            if self.get(f"webhook-endpoints/{number}").json()["status"] == status:
                return
            time.sleep(0.02)
        raise AssertionError(f"{number} did not become {status}")


@pytest.fixture
def lucca() -> Iterator[NewLucca]:
    running = start(["lucca"], people=300, today=TODAY)
    account = NewLucca(running)
    yield account
    account.close()
    running.stop()


def test_a_token_lives_for_twenty_minutes(lucca: NewLucca) -> None:
    """A2"""
    answer = lucca.token(scope="employees.readonly employments.readonly").json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 1200)
    assert answer["scope"] == "employees.readonly employments.readonly"
    lucca.control("clock", seconds=1201)
    expired = lucca.get()
    assert (expired.status_code, expired.json()["title"]) == (401, "Unauthorized")
    lucca.sign_in()
    assert lucca.get().status_code == 200


def test_wrong_clients_and_grants_are_refused(lucca: NewLucca) -> None:
    assert lucca.token(client_secret="no").json() == {"error": "invalid_client"}
    assert lucca.token(grant_type="password").json() == {"error": "unsupported_grant_type"}
    assert lucca.token(scope="payroll.readonly").json() == {"error": "invalid_scope"}
    lucca.control("credentials", action="revoke")
    assert (lucca.token().status_code, lucca.get().status_code) == (400, 401)
    wrong = {"X-Simulated-Host": "acme.ilucca.net"}
    assert lucca.client.post("/connect/token", headers=wrong).status_code == 404


def test_the_version_is_required(lucca: NewLucca) -> None:
    del lucca.client.headers["Api-Version"]
    answer = lucca.get()
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == {"Api-Version": ["is required"]}
    lucca.client.headers["Api-Version"] = "2024-11-01"
    assert lucca.get().headers["api-version"] == "2024-11-01"
    lucca.control("options", deprecated=True)
    assert {"deprecation", "sunset"} <= lucca.get().headers.keys()


def test_a_missing_scope_is_403_with_the_title_of_401(lucca: NewLucca) -> None:
    """A7"""
    lucca.sign_in(scope="employees.readonly employments.readonly")
    answer = lucca.get("employee-personal-records")
    assert (answer.status_code, answer.json()["title"]) == (403, "Unauthorized")
    assert lucca.get(include="embedded").json()["embedded"].keys() == {"employment"}
    lucca.control("permissions", scopes=["employments.readonly"])
    assert lucca.get().status_code == 403


def test_pages_follow_links_that_come_when_asked_for(lucca: NewLucca) -> None:
    pages = lucca.pages()
    assert [len(page["items"]) for page in pages] == [100, 100, 100]
    assert {page["totalCount"] for page in pages} == {300}
    assert [row["id"] for page in pages for row in page["items"]] == list(lucca.truth())
    bare = lucca.get().json()
    assert (len(bare["items"]), bare.keys()) == (25, {"type", "url", "items"})
    refused = lucca.get(limit=101)
    assert (refused.status_code, refused.json()["errors"]) == (400, {"limit": ["must be at most 100"]})
    assert lucca.get(page="!x").status_code == 400


def test_employees_and_what_they_embed_are_the_truth(lucca: NewLucca) -> None:
    truth = lucca.truth()
    titles = {row["id"]: row["profession"]["name"] for row in lucca.all("job-qualifications").values()}
    entities = {key: row["legalName"] for key, row in lucca.all("legal-entities").items()}
    states = {"on_leave": "active", "inactive": "deactivated"}
    without_title = 0
    for page in lucca.pages():
        for row in page["items"]:
            person = truth[row["id"]]
            employment = page["embedded"]["employment"][row["applicableEmployment"]["id"]]
            position = page["embedded"]["job-position"][row["applicableJobPosition"]["id"]]
            assert (row["givenName"], row["familyName"]) == (person["first_name"], person["last_name"])
            assert row["status"] == states.get(person["status"], person["status"])
            assert row["email"] == person["work_email"]
            assert employment["start"] == {"date": person["start_date"]}
            assert employment["end"] == ({"date": person["end_date"]} if person["end_date"] else None)
            assert entities[employment["legalEntity"]["id"]] == person["legal_entity"]
            manager = str(person["manager_id"]) if person["manager_id"] else None
            assert (position["manager"] or {"id": None})["id"] == manager
            assert (position["jobTitle"] or titles[position["jobQualification"]["id"]]) == person["job_title"]
            without_title += position["jobTitle"] is None
    assert without_title > 5


def test_filters_and_sorts_work(lucca: NewLucca) -> None:
    truth = lucca.truth()
    office = next(iter(lucca.all("business-establishments", search="London")))
    found = lucca.all(status="active,upcoming", **{"applicableJobPosition.businessEstablishment.id": office})
    assert found.keys() == {
        i for i, p in truth.items() if p["work_location"] == "London" and p["status"] != "inactive"
    }
    lucca.control("change", id=int(next(iter(truth))), fields={"work_email": None})
    assert lucca.all(email="null").keys() == {next(iter(truth))}
    started = lucca.all(**{"applicableEmployment.startsOn.between": "2024-01-01,2024-12-31"})
    assert started.keys() == {i for i, p in truth.items() if p["start_date"].startswith("2024")}
    assert lucca.all(**{"applicableEmployment.template.term": "fixed"}).keys() == {
        i for i, p in truth.items() if p["employment_type"] in ("contractor", "intern")
    }
    names = [row["familyName"] for row in lucca.all(sort="-familyName").values()]
    assert names == sorted(names, reverse=True)
    assert lucca.get(sort="lastUpdatedAt").status_code == 400
    assert lucca.get(id=",".join(map(str, range(101)))).status_code == 400
    a, b, c, d = list(truth)[:4]
    assert list(lucca.all(id=f"{a},{b},{d}")) == [a, b, d]
    assert list(lucca.all(id=f"{a},{c},{d}")) == [a, c, d]


def test_the_last_day_is_one_of_work(lucca: NewLucca) -> None:
    person = str(lucca.control("terminate", n=1, date="2026-11-22")["ids"][0])
    assert lucca.get(f"employees/{person}").json()["status"] == "active"
    lucca.control("clock", hours=16)
    lucca.sign_in()
    assert lucca.get(f"employees/{person}").json()["status"] == "deactivated"
    assert person in lucca.all(status="deactivated")


def test_a_deactivated_employee_keeps_a_deactivated_manager(lucca: NewLucca) -> None:
    """M3"""
    leaver = next(p for p in lucca.truth().values() if p["status"] == "inactive" and p["manager_id"])
    lucca.control("terminate", id=leaver["manager_id"], date="2026-10-31")
    position = lucca.get(f"job-positions/{leaver['id'] * 10}").json()
    assert position["manager"] == {"id": str(leaver["manager_id"])}
    assert lucca.get(f"employees/{leaver['manager_id']}").json()["status"] == "deactivated"


def test_employments_and_job_positions_are_read_by_employee(lucca: NewLucca) -> None:
    every = lucca.all("employments")
    twice = next(row["employee"]["id"] for key, row in every.items() if key.endswith("1"))
    both = lucca.all("employments", **{"employee.id": twice}).values()
    assert [row["status"] for row in both][1] == "terminated"
    assert len(lucca.all("job-positions", **{"employment.employee.id": twice})) == 2
    assert lucca.get("employments/1").status_code == 404
    templates = lucca.all("employment-templates")
    assert {row["template"]["id"] for row in every.values()} <= templates.keys()
    assert {"employee", "student", "external"} == {row["audience"] for row in templates.values()}


def test_lists_have_three_letter_countries_and_archived_places(lucca: NewLucca) -> None:
    entities = lucca.all("legal-entities")
    assert {row["countryCode"] for row in entities.values()} == {"FRA", "GBR", "DEU", "ESP"}
    assert len(lucca.all("legal-entities", countryCode="GBR")) == 1
    places = lucca.all("business-establishments")
    assert {row["legalEntity"]["id"] for row in places.values()} == entities.keys()
    (archived,) = lucca.all("business-establishments", isArchived="true")
    assert lucca.all(**{"applicableJobPosition.businessEstablishment.id": archived})
    departments = lucca.all("departments", limit=2)
    assert len(departments) == 11
    assert {(row["parent"] or {}).get("id") for row in departments.values()} == {None, "1"}
    assert lucca.get("departments/1").json()["parent"] is None
    assert lucca.get("teams").status_code == 404


def test_personal_records_have_ibans_without_bic_and_other_accounts(lucca: NewLucca) -> None:
    truth = lucca.truth()
    records = lucca.all("employee-personal-records")
    assert len(records) == 300
    formats = set()
    for record in records.values():
        person, account = truth[record["employee"]["id"]], record["bankAccount"]
        assert record["email"] == person["personal_email"]
        formats.add(account and account["format"])
        if person["iban"]:
            assert (account["accountIdentifier"], account["bankIdentifier"]) == (person["iban"], None)
        elif person["account_number"]:
            assert account["accountIdentifier"] == person["account_number"]
            assert account["bankIdentifier"] == person["sort_code"]
    assert formats == {None, "iban", "other"}
    (one,) = lucca.all("employee-personal-records", **{"employee.id": next(iter(truth))}).values()
    assert lucca.get(f"employee-personal-records/{one['id']}").json() == one
    lucca.fault("A5", mode="null")
    assert {r["bankAccount"] for r in lucca.all("employee-personal-records").values()} == {None}
    lucca.fault("A5")
    assert all("bankAccount" not in r for r in lucca.all("employee-personal-records").values())


def test_attributes_come_as_rows_of_up_to_a_thousand(lucca: NewLucca) -> None:
    query = {"definition.id": "givenName,employment.start,e_cost_center", "limit": 1000}
    rows = lucca.get("employee-attributes", **query).json()["items"]
    assert len(rows) == 900
    truth = lucca.truth()
    for row in rows:
        person = truth[row["employee"]["id"]]
        expected = {
            "givenName": "first_name",
            "employment.start": "start_date",
            "e_cost_center": "cost_center",
        }
        assert row["value"] == person[expected[row["definition"]["id"]]]
    assert lucca.get("employee-attributes", **{"definition.id": "shoeSize"}).status_code == 400
    assert lucca.get("employee-attributes", limit=1001).status_code == 400
    assert len(lucca.all("employee-extensions")) == 600
    assert all(key.startswith("e_") for key in lucca.all("employee-extension-definitions"))


def test_a_tag_spares_the_body(lucca: NewLucca) -> None:
    tag = lucca.get().headers["etag"]
    headers = {"If-None-Match": tag}
    assert lucca.client.get("/lucca-api/employees", headers=headers).status_code == 304
    lucca.control("rename", id=next(iter(lucca.truth())), first_name="Zuzanna")
    assert lucca.client.get("/lucca-api/employees", headers=headers).status_code == 200


def test_a_client_of_some_establishments_sees_no_others(lucca: NewLucca) -> None:
    """A4"""
    office = next(key for key, row in lucca.all("business-establishments").items() if row["name"] == "Lyon")
    lucca.control("options", establishments=[int(office)])
    inside = {i for i, person in lucca.truth().items() if person["work_location"] == "Lyon"}
    assert lucca.all().keys() == inside
    outside = next(i for i in lucca.truth() if i not in inside)
    assert lucca.get(f"employees/{outside}").status_code == 404
    assert len(lucca.all("employee-personal-records")) == len(inside)


def test_hidden_fields_are_absent(lucca: NewLucca) -> None:
    """A5"""
    lucca.control("permissions", hidden=["manager_id", "work_email", "end_date"])
    page = lucca.pages()[0]
    assert "email" not in page["items"][0]
    assert all("manager" not in row for row in page["embedded"]["job-position"].values())
    assert all("end" not in row for row in page["embedded"]["employment"].values())


def test_faults_show_in_the_new_api(lucca: NewLucca) -> None:
    """P1, P2, P4, P5, P8, A1, A2, E6, E7, E9, T5, T12"""

    def on(fault: str, **more: Any) -> None:
        lucca.control("faults", clear=True, on={"id": fault, **more})

    on("P1")
    assert lucca.get().json()["items"] == []
    on("P2", mode="last", page=2)
    assert sum(len(page["items"]) for page in lucca.pages()) == 200
    on("P4")
    assert lucca.pages()[0]["totalCount"] == 301
    on("P5", mode="repeat")
    answer = lucca.get(limit=100, include="links").json()
    hrefs = []
    for _ in range(3):
        answer = lucca.client.get(answer["links"]["next"]["href"]).json()
        hrefs.append(answer["links"]["next"]["href"])
    assert len(set(hrefs)) == 1
    on("P8")
    second = lucca.client.get(lucca.get(include="links").json()["links"]["next"]["href"]).json()
    assert (len(second["items"]), second["items"][-1]["familyName"]) == (26, "Else")
    on("A1", mode="403", page=2)
    first = lucca.get(include="links")
    refused = lucca.client.get(first.json()["links"]["next"]["href"])
    assert (refused.status_code, refused.json()["title"]) == (403, "Unauthorized")
    on("A2", page=2)
    following = lucca.get(include="links").json()["links"]["next"]["href"]
    assert lucca.client.get(following).status_code == 401
    lucca.sign_in()
    assert lucca.client.get(following).status_code == 200
    on("T12")
    assert lucca.get().json()["status"] == 500
    on("E9")
    assert all("id" not in row for row in lucca.get().json()["items"])
    lucca.control("faults", clear=True)
    struck = lucca.fault("E7")[0]
    assert lucca.get(f"employees/{struck}").json()["status"] == "sabbatical-2027"
    struck = lucca.fault("E6")[0]
    page = lucca.pages(id=struck)[0]
    assert page["items"][0]["givenName"] == {"de": "Ada"}
    assert page["embedded"]["job-position"][f"{struck}0"]["jobTitle"] == ["Buyer"]


def test_the_limit_is_shared_with_the_legacy_apis(lucca: NewLucca) -> None:
    lucca.control("options", strict_limits=True, others_use=48)
    key = {"Authorization": f"lucca application={lucca.credentials['api_key']}"}
    assert lucca.client.get("/api/v3/users", headers=key).status_code == 200
    assert lucca.get().status_code == 200
    limited = lucca.get()
    assert (limited.status_code, limited.json()["status"]) == (429, 429)
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    assert lucca.token().status_code == 200  # another host, another limit


def test_an_endpoint_becomes_active_by_its_echo(lucca: NewLucca) -> None:
    with receiver() as box:
        made = lucca.endpoint(box.url, "employee.updated")
        assert (made.status_code, bool(made.json()["secret"])) == (201, True)
        number = made.json()["id"]
        lucca.until(number, "active")
        assert "secret" not in lucca.get(f"webhook-endpoints/{number}").json()
        assert [row["id"] for row in lucca.get("webhook-endpoints").json()["items"]] == [number]
        box.echoes = False
        silent = lucca.endpoint(box.url, "employee.updated").json()["id"]
        for _ in range(100):
            if len(box.got) > 1:
                break
            time.sleep(0.02)
        assert lucca.get(f"webhook-endpoints/{silent}").json()["status"] == "inactive"
    assert lucca.client.delete(f"/lucca-api/webhook-endpoints/{number}").status_code == 204
    assert lucca.get(f"webhook-endpoints/{number}").status_code == 404


def test_endpoints_that_make_no_sense_are_refused(lucca: NewLucca) -> None:
    assert lucca.endpoint("http://spend.example/hook", "employee.updated").status_code == 400
    assert lucca.endpoint("https://spend.example/hook", "employee.promoted").status_code == 400
    assert lucca.endpoint("https://spend.example/hook", "employee.updated", apiVersion="1").status_code == 400
    lucca.sign_in(scope="employees.readonly")
    assert lucca.endpoint("https://spend.example/hook", "employee.updated").status_code == 403


def test_deliveries_are_signed_and_name_what_changed(lucca: NewLucca) -> None:
    person = lucca.told("people")["people"][0]["id"]
    topics = ("employee.updated", "employment.updated", "job-position.updated", "test.created")
    with receiver() as box:
        made = _active(lucca, box, *topics)
        lucca.control("change", id=person, fields={"department": "Finance"})  # deliveries are off
        lucca.control("options", deliver_hooks=True)
        lucca.control("change", id=person, fields={"first_name": "Zuzanna", "iban": None})
        lucca.control("change", id=person, fields={"work_location": "Lyon"})
        lucca.control("terminate", id=person, date="2026-12-31")
        lucca.control("hooks", test=made["id"])
        posts = box.posts(4)
    # Several are on their way at once: the order of arrival says nothing.
    arrived = {httpx.Response(200, content=body).json()["topic"]: (body, headers) for body, headers in posts}
    assert arrived.keys() == {*topics}
    told = {topic: httpx.Response(200, content=body).json()["data"] for topic, (body, _) in arrived.items()}
    assert told["employee.updated"]["givenName"] == "Zuzanna"
    assert told["employment.updated"]["employee"] == {"id": str(person)}
    for body, headers in arrived.values():
        signed = hmac.new(
            made["secret"].encode(), headers["lucca-timestamp"].encode() + b"." + body, hashlib.sha256
        )
        assert headers["lucca-signature"] == base64.b64encode(signed.digest()).decode()
        assert headers["lucca-timestamp"].startswith("2026-11-22T09:")


def test_404_suspends_until_the_challenge_is_passed_again(lucca: NewLucca) -> None:
    person = lucca.told("people")["people"][0]["id"]
    lucca.control("options", deliver_hooks=True)
    with receiver() as box:
        number = _active(lucca, box, "employee.updated")["id"]
        box.status = 404
        lucca.control("change", id=person, fields={"first_name": "Zuzanna"})
        lucca.until(number, "suspended")
        lucca.control("change", id=person, fields={"first_name": "Zoe"})  # not delivered
        box.status = 200
        lucca.control("hooks", challenge=number)
        lucca.until(number, "active")
        lucca.control("hooks", retry=True)
        first, again = box.posts(2)
        assert first[0] == again[0]
        deliveries = lucca.get("webhook-deliveries").json()["items"]
        assert len(deliveries) == 1
        assert (
            len(lucca.get("webhook-delivery-attempts").json()["items"]) == 4
        )  # two challenges, two deliveries


def test_an_endpoint_may_be_limited_to_establishments(lucca: NewLucca) -> None:
    lucca.control("options", deliver_hooks=True)
    people = {p["work_location"]: p["id"] for p in lucca.truth().values()}
    office = next(key for key, row in lucca.all("business-establishments").items() if row["name"] == "Lyon")
    with receiver() as box:
        _active(lucca, box, "employee.updated", businessEstablishments=[{"id": office}])
        lucca.control("change", id=people["Paris"], fields={"first_name": "Zoe"})
        lucca.control("change", id=people["Lyon"], fields={"first_name": "Zuzanna"})
        ((body, _),) = box.posts(1)
    assert httpx.Response(200, content=body).json()["data"]["givenName"] == "Zuzanna"


def _active(lucca: NewLucca, box: Receiver, *topics: str, **more: Any) -> dict[str, Any]:
    made = dict(lucca.endpoint(box.url, *topics, **more).json())
    lucca.until(made["id"], "active")
    return made


@pytest.mark.soak
def test_a_hundred_thousand_employees_are_read_quickly() -> None:
    """T9: from memory a page takes some milliseconds; the bound is generous because machines differ."""
    running = start(["lucca"], people=100_000, today=TODAY)
    account = NewLucca(running)
    try:
        assert len(account.all()) == 100_000
        began = time.monotonic()
        account.pages()
        assert (time.monotonic() - began) / 1000 < 0.05
    finally:
        account.close()
        running.stop()
