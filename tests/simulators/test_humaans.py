"""What Humaans answers, by its documents."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rollcall.simulators.server import Running, start
from tests.simulators.conftest import TODAY, Account
from tests.simulators.inbox import open_inbox


class HumaansAccount(Account):
    def __init__(self, running: Running) -> None:
        super().__init__(running, "humaans")
        self.client.headers["Authorization"] = f"Bearer {self.credentials['api_token']}"

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        return self.client.get(f"/api{path}", params=query)

    def all(self, path: str = "/people", /, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list."""
        found: list[dict[str, Any]] = []
        while True:
            body = self.get(path, **{"$limit": 250, "$skip": len(found)} | query).json()
            found += body["data"]
            if not body["data"] or len(found) >= body["total"]:
                return found


@pytest.fixture
def humaans() -> Iterator[HumaansAccount]:
    running = start(["humaans"], people=120, today=TODAY)
    account = HumaansAccount(running)
    yield account
    account.close()
    running.stop()


def number(row: dict[str, Any], key: str = "id") -> int:
    return int(row[key][:8], 16)


def test_lists_are_paged_by_limit_and_skip(humaans: HumaansAccount) -> None:
    body = humaans.get("/people", **{"$limit": 50, "$skip": 100}).json()
    assert (body["total"], body["limit"], body["skip"], len(body["data"])) == (120, 50, 100, 20)
    assert humaans.get("/people").json()["limit"] == 100
    assert humaans.get("/people", **{"$limit": 1000}).json()["limit"] == 250
    assert humaans.get("/people", **{"$limit": "x"}).status_code == 400
    assert len({row["id"] for row in humaans.all()}) == 120


def test_people_say_what_the_company_knows(humaans: HumaansAccount) -> None:
    told = {person["id"]: person for person in humaans.told("people")["people"]}
    words = {"upcoming": "newHire", "active": "active", "on_leave": "active", "inactive": "offboarded"}
    places = {row["id"]: row["label"] for row in humaans.all("/locations")}
    companies = {row["id"]: row["name"] for row in humaans.all("/companies")}
    remote = 0
    for row in humaans.all():
        person = told[number(row)]
        assert (row["email"], row["status"]) == (person["work_email"], words[person["status"]])
        assert row["employmentEndDate"] == person["end_date"]
        assert companies[row["companyId"]] == person["legal_entity"]
        if row["locationId"] == "remote":
            remote += 1
            assert row["remoteCountryCode"] == person["country"]
        else:
            assert places[row["locationId"]] == person["work_location"]
    assert remote


def test_filters_choose_people(humaans: HumaansAccount) -> None:
    humaans.control("terminate", n=2)
    for query in ({"status": "offboarded"}, {"status[$in]": ["offboarded"]}, {"status[$in][]": "offboarded"}):
        assert {row["status"] for row in humaans.all(**query)} == {"offboarded"}
    humaans.control("clock", days=1)
    changed = humaans.told("people")["people"][7]["id"]
    humaans.control("rename", id=changed, last_name="Fresh")
    found = humaans.all(**{"updatedAt[$gte]": "2026-11-23T00:00:00.000Z"})
    assert [row["lastName"] for row in found] == ["Fresh"]
    for wrong in ({"shoe": "4"}, {"email[$like]": "x"}):
        answer = humaans.get("/people", **wrong)
        assert (answer.status_code, answer.json()["name"]) == (400, "BadRequest")


def test_private_fields_need_their_scope(humaans: HumaansAccount) -> None:
    """A5"""
    assert "personalEmail" in humaans.all()[0]
    humaans.control("permissions", scopes=["public:read"])
    assert humaans.get("/token-info").json()["scopes"] == ["public:read"]
    assert all("personalEmail" not in row and "email" in row for row in humaans.all())
    assert humaans.get("/bank-accounts").status_code == 403
    humaans.control("options", private_null=True)
    assert {row["personalEmail"] for row in humaans.all()} == {None}
    humaans.control("permissions", scopes=["private:read"])
    assert humaans.get("/people").json() == {
        "code": 403,
        "name": "Forbidden",
        "message": "Missing scope public:read",
        "issues": [],
    }


def test_the_latest_role_that_has_begun_is_the_true_one(humaans: HumaansAccount) -> None:
    told = {person["id"]: person for person in humaans.told("people")["people"]}
    roles: dict[int, list[dict[str, Any]]] = {}
    for row in humaans.all("/job-roles"):
        roles.setdefault(number(row, "personId"), []).append(row)
    assert {len(rows) for rows in roles.values()} >= {1, 2}
    for person_id, rows in roles.items():
        person = told[person_id]
        begun = [row for row in rows if row["effectiveDate"] <= "2026-11-22"] or rows[:1]
        now = max(begun, key=lambda row: str(row["effectiveDate"]))
        assert (now["jobTitle"], now["department"]) == (person["job_title"], person["department"])
        manager = person["manager_id"]
        assert (number(now, "reportingTo") if now["reportingTo"] else None) == manager
    assert any(row["effectiveDate"] > "2027-06-01" for rows in roles.values() for row in rows)
    assert any(row["jobTitle"].startswith("Junior ") for rows in roles.values() for row in rows)


def test_roles_are_found_by_person_and_may_be_bare(humaans: HumaansAccount) -> None:
    one, two = (row["id"] for row in humaans.all()[4:6])
    assert {row["personId"] for row in humaans.all("/job-roles", personId=one)} == {one}
    found = humaans.all("/job-roles", **{"personId[$in]": f"{one},{two}"})
    assert {row["personId"] for row in found} == {one, two}
    assert humaans.all("/job-roles", personId="nobody") == []
    humaans.control("options", bare_roles=True)
    assert humaans.all("/job-roles")[0].keys() == {"id", "name"}


def test_bank_accounts_hold_ibans_or_sort_codes(humaans: HumaansAccount) -> None:
    told = {person["id"]: person for person in humaans.told("people")["people"]}
    rows = humaans.all("/bank-accounts")
    assert {number(row, "personId") for row in rows} == {
        i for i, person in told.items() if person["iban"] or person["account_number"]
    }
    for row in rows:
        person = told[number(row, "personId")]
        assert row["accountNumber"] == (person["iban"] or person["account_number"])
        assert row["sortCode"] == person["sort_code"]
    assert any(row["sortCode"] for row in rows)
    assert len(humaans.all("/bank-accounts", personId=rows[0]["personId"])) == 1
    humaans.fault("A5", mode="null")
    assert {row["accountNumber"] for row in humaans.all("/bank-accounts")} == {None}
    humaans.fault("A5")
    assert "accountNumber" not in humaans.all("/bank-accounts")[0]
    humaans.fault("A7", path="/bank-accounts")
    assert humaans.get("/bank-accounts").status_code == 403
    assert humaans.get("/people").status_code == 200


def test_one_person_and_oneself_are_read(humaans: HumaansAccount) -> None:
    row = humaans.all()[5]
    assert humaans.get(f"/people/{row['id']}").json() == row
    assert humaans.get("/people/nobody").json()["name"] == "NotFound"
    assert humaans.get("/me").json()["id"] == humaans.get("/token-info").json()["personId"]


def test_tokens_are_wrong_revoked_or_of_another_company(humaans: HumaansAccount) -> None:
    """A3 and A6"""
    before = {row["id"] for row in humaans.all("/companies")}
    humaans.fault("A6")
    assert before.isdisjoint({row["id"] for row in humaans.all("/companies")})
    humaans.fault("A3")
    answer = humaans.get("/people")
    assert (answer.status_code, answer.json()["name"]) == (401, "NotAuthenticated")
    humaans.control("faults", clear=True)
    humaans.client.headers["Authorization"] = "Bearer no"
    assert humaans.get("/token-info").status_code == 401


def test_the_limit_answers_429(humaans: HumaansAccount) -> None:
    """T6"""
    humaans.control("options", limit={"rate": 0.1, "burst": 1})
    assert [humaans.get("/me").status_code for _ in range(2)] == [200, 429]
    assert humaans.get("/me").json()["name"] == "TooManyRequests"


def test_webhooks_are_signed_over_the_body(humaans: HumaansAccount) -> None:
    humaans.control("options", deliver_hooks=True)
    with open_inbox() as inbox:
        hook = {"url": inbox.url, "events": ["person.updated"]}
        made = humaans.client.post("/api/webhooks", json=hook).json()
        person = humaans.told("people")["people"][0]["id"]
        for count, prefix in enumerate(("", "sha256="), start=1):
            humaans.control("options", signature_prefix=bool(prefix))
            humaans.control("change", id=person, fields={"language": "fr"})
            body, headers = inbox.first(count)
            signed = hmac.new(made["secret"].encode(), body, hashlib.sha256).hexdigest()
            assert headers["x-humaans-signature"] == prefix + signed
            assert number(json.loads(body)["data"]) == person
    assert "secret" not in humaans.get(f"/webhooks/{made['id']}").json()


def test_webhooks_that_fail_for_five_days_are_disabled(humaans: HumaansAccount) -> None:
    humaans.control("options", deliver_hooks=True)
    person = humaans.told("people")["people"][0]["id"]
    with open_inbox() as inbox:
        inbox.status = 500
        hook = {"url": inbox.url, "events": ["person.updated"]}
        made = humaans.client.post("/api/webhooks", json=hook).json()
        for days, wanted in ((0, "enabled"), (4, "enabled"), (2, "disabled")):
            humaans.control("clock", days=days)
            before = len(inbox.got)
            humaans.control("change", id=person, fields={"language": "fr"})
            if wanted == "enabled":
                inbox.first(before + 1)
            assert humaans.get(f"/webhooks/{made['id']}").json()["status"] == wanted


def test_webhooks_are_registered_with_https_and_the_right_scope(humaans: HumaansAccount) -> None:
    hook = {"url": "https://spend.example/in", "events": ["person.created"]}
    path = f"/api/webhooks/{humaans.client.post('/api/webhooks', json=hook).json()['id']}"
    assert humaans.client.patch(path, json={"events": ["person.deleted"]}).status_code == 200
    assert humaans.get("/webhooks").json()["data"][0]["events"] == ["person.deleted"]
    assert humaans.client.delete(path).status_code == 200
    assert humaans.client.delete(path).status_code == 404
    assert (
        humaans.client.post("/api/webhooks", json=hook | {"url": "http://spend.example"}).status_code == 400
    )
    humaans.control("permissions", scopes=["public:read"])
    assert humaans.client.post("/api/webhooks", json=hook).status_code == 403


def test_faults_show_in_the_list(humaans: HumaansAccount) -> None:
    """P1, P3, P4, P5, P8, E6, E7, E9, I1, T12"""
    for fault, check in (
        ({"id": "P1"}, lambda: humaans.get("/people").json()["data"] == []),
        ({"id": "P4"}, lambda: humaans.get("/people").json()["total"] == 121),
        ({"id": "P5"}, lambda: humaans.get("/people", **{"$skip": 5000}).json()["total"] > 5100),
        ({"id": "P8"}, lambda: sum(row["lastName"] == "Else" for row in humaans.all(**{"$limit": 50})) == 1),
        ({"id": "P3"}, lambda: len(rows := humaans.all(**{"$limit": 50})) > len({row["id"] for row in rows})),
        ({"id": "E6"}, lambda: sum(row["email"] == 42 for row in humaans.all()) == 1),
        ({"id": "E7"}, lambda: sum(row["status"] == "sabbatical-2027" for row in humaans.all()) == 1),
        ({"id": "E9"}, lambda: all("id" not in row for row in humaans.all())),
        ({"id": "I1"}, lambda: sum("id" not in row for row in humaans.all()) == 1),
        ({"id": "T12"}, lambda: humaans.get("/people").json()["code"] == 500),
        ({"id": "E8"}, lambda: b'[{"score":NaN,"id"' in humaans.get("/people").content),
    ):
        humaans.control("faults", on=fault)
        assert check(), fault
        humaans.control("faults", clear=True)


def test_twenty_thousand_people_are_read_twice_the_same() -> None:
    running = start(["humaans"], people=20_000, today=TODAY)
    account = HumaansAccount(running)
    first = account.all()
    assert len({row["id"] for row in first}) == 20_000
    assert account.all() == first
    assert len(account.all("/job-roles")) > 20_000
    account.close()
    running.stop()
