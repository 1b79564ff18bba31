"""What Factorial answers, by its documents."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rollcall.simulators.server import Running, start
from tests.simulators.conftest import TODAY, Account
from tests.simulators.inbox import open_inbox

BACK = "https://spend.example/back?app=1"
EMPLOYEES = "/employees/employees"


class FactorialAccount(Account):
    def __init__(self, running: Running) -> None:
        super().__init__(running, "factorial")
        self.client.headers["x-api-key"] = self.credentials["api_key"]
        self.version = "2026-10-01"

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        return self.client.get(f"/api/{self.version}/resources{path}", params=query)

    def all(self, path: str = EMPLOYEES, /, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list, by cursor."""
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            body = self.get(path, **query, **more).json()
            found += body["data"]
            if not body["meta"]["has_next_page"]:
                return found
            more = {"after_id": body["meta"]["end_cursor"]}

    def agree(self) -> httpx.Response:
        """Ask for consent, and answer with what redeeming the code gives."""
        query = {"client_id": self.credentials["client_id"], "redirect_uri": BACK, "response_type": "code"}
        sent = self.client.get("/oauth/authorize", params=query | {"state": "s1"})
        assert sent.headers["location"].startswith(f"{BACK}&code=")
        code = httpx.URL(sent.headers["location"]).params["code"]
        return self.token(grant_type="authorization_code", code=code, redirect_uri=BACK)

    def token(self, **form: str) -> httpx.Response:
        pair = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        return self.client.post("/oauth/token", data=pair | form)

    def use(self, token: str) -> None:
        self.client.headers.pop("x-api-key", None)
        self.client.headers["Authorization"] = f"Bearer {token}"


@pytest.fixture
def factorial() -> Iterator[FactorialAccount]:
    running = start(["factorial"], people=120, today=TODAY)
    account = FactorialAccount(running)
    yield account
    account.close()
    running.stop()


def test_the_identity_is_the_company(factorial: FactorialAccount) -> None:
    """A6"""
    before = factorial.get("/api_public/credentials").json()["data"][0]
    assert before.keys() >= {"id", "company_id", "legal_name", "name"}
    factorial.fault("A6")
    assert factorial.get("/api_public/credentials").json()["data"][0]["company_id"] != before["company_id"]


def test_versions_are_quarters_and_go_after_a_year(factorial: FactorialAccount) -> None:
    for version, status in (
        ("2026-10-01", 200),
        ("2026-01-01", 200),
        ("2025-10-01", 404),
        ("2027-01-01", 404),
        ("2026-09-01", 404),
    ):
        factorial.version = version
        assert factorial.get(EMPLOYEES).status_code == status, version
    factorial.version = "2026-04-01"
    factorial.control("clock", days=200)
    assert factorial.get(EMPLOYEES).status_code == 404


def test_employees_are_paged_by_cursor_or_number(factorial: FactorialAccount) -> None:
    first = factorial.get(EMPLOYEES, limit=50).json()
    assert first["meta"] | {"start_cursor": "", "end_cursor": ""} == {
        "limit": 50,
        "total": 120,
        "has_next_page": True,
        "has_previous_page": False,
        "start_cursor": "",
        "end_cursor": "",
    }
    by_cursor = factorial.all(limit=50)
    by_number = [
        row for page in (1, 2, 3) for row in factorial.get(EMPLOYEES, limit=50, page=page).json()["data"]
    ]
    assert by_cursor == by_number
    assert len({row["id"] for row in by_cursor}) == 120
    assert factorial.get(EMPLOYEES, limit=1000).json()["meta"]["limit"] == 100
    for wrong in ({"after_id": "zz"}, {"limit": 0}, {"page": "x"}):
        assert factorial.get(EMPLOYEES, **wrong).status_code == 422


def test_employees_say_what_the_company_knows(factorial: FactorialAccount) -> None:
    told = {person["id"]: person for person in factorial.told("people")["people"]}
    places = {row["id"]: row["name"] for row in factorial.all("/locations/locations")}
    entities = {row["id"]: row["legal_name"] for row in factorial.all("/companies/legal_entities")}
    for row in factorial.all():
        person = told[row["id"]]
        assert row["login_email"] == person["work_email"]
        assert row["company_identifier"] == person["employee_number"]
        assert row["manager_id"] == person["manager_id"]
        assert places[row["location_id"]] == person["work_location"]
        assert entities[row["legal_entity_id"]] == person["legal_entity"]
        assert row["active"] is (person["status"] != "inactive")
        assert row["terminated_on"] == person["end_date"]


def test_bank_numbers_tell_their_format(factorial: FactorialAccount) -> None:
    told = {person["id"]: person for person in factorial.told("people")["people"]}
    for row in factorial.all():
        person = told[row["id"]]
        if person["iban"]:
            assert (row["bank_number"], row["bank_number_format"]) == (person["iban"], "iban")
        elif person["account_number"]:
            assert row["bank_number"] == f"{person['sort_code']} {person['account_number']}"
            assert row["bank_number_format"] == "sort_code_and_account_number"
        else:
            assert row["bank_number"] is None
    assert {row["bank_number_format"] for row in factorial.all()} == {
        "iban",
        "sort_code_and_account_number",
        None,
    }


def test_bank_numbers_are_null_without_the_right(factorial: FactorialAccount) -> None:
    """A5"""
    factorial.control("permissions", hidden=["bank_number", "iban", "manager_id"])
    rows = factorial.all()
    assert {row["bank_number"] for row in rows} == {None}
    assert all("manager_id" not in row for row in rows)
    factorial.control("permissions", hidden=[])
    factorial.fault("A5")
    assert {row["swift_bic"] for row in factorial.all()} == {None}


def test_filters_choose_employees(factorial: FactorialAccount) -> None:
    ids = [row["id"] for row in factorial.all()]
    assert [row["id"] for row in factorial.all(**{"ids[]": ids[3:5]})] == ids[3:5]
    assert {row["active"] for row in factorial.all(only_active="true")} == {True}
    managers = {row["manager_id"] for row in factorial.all()} - {None}
    assert {row["id"] for row in factorial.all(only_managers="true")} == managers
    assert factorial.get(f"{EMPLOYEES}/{ids[0]}").json()["id"] == ids[0]
    assert factorial.get(f"{EMPLOYEES}/1").status_code == 404


def test_ends_show_before_and_after_they_come(factorial: FactorialAccount) -> None:
    person = factorial.told("people")["people"][4]["id"]
    factorial.control("terminate", id=person, date="2026-12-31")
    row = factorial.get(f"{EMPLOYEES}/{person}").json()
    assert (row["active"], row["is_terminating"], row["terminated_on"]) == (True, True, "2026-12-31")
    factorial.control("clock", set="2027-01-01")
    row = factorial.get(f"{EMPLOYEES}/{person}").json()
    assert (row["active"], row["is_terminating"]) == (False, False)


def test_the_greatest_effective_version_has_the_title(factorial: FactorialAccount) -> None:
    told = {person["id"]: person for person in factorial.told("people")["people"]}
    versions: dict[int, list[dict[str, Any]]] = {}
    for row in factorial.all("/contracts/contract_versions", limit=60):
        versions.setdefault(row["employee_id"], []).append(row)
    assert versions.keys() == told.keys()
    for person_id, rows in versions.items():
        assert {row["starts_on"] for row in rows} == {told[person_id]["start_date"]}
        begun = [row for row in rows if row["effective_on"] <= "2026-11-22"] or rows[:1]
        title = max(begun, key=lambda row: str(row["effective_on"]))["job_title"]
        assert title == told[person_id]["job_title"]
    some = next(i for i, rows in versions.items() if len(rows) > 1)
    found = factorial.all("/contracts/contract_versions", **{"employee_ids[]": some})
    assert found == versions[some]
    assert any(not row["has_payroll"] for rows in versions.values() for row in rows)


def test_everybody_is_in_a_team(factorial: FactorialAccount) -> None:
    told = {person["id"]: person for person in factorial.told("people")["people"]}
    teams = factorial.all("/teams/teams")
    for team in teams:
        assert {told[i]["department"] for i in team["employee_ids"]} <= {team["name"]}
    rows = factorial.all("/teams/memberships")
    assert {row["employee_id"] for row in rows} == told.keys()
    moved = rows[0]["employee_id"]
    factorial.control("change", id=moved, fields={"department": "IT"})
    names = {row["id"]: row["name"] for row in factorial.all("/teams/teams")}
    now = [row for row in factorial.all("/teams/memberships") if row["employee_id"] == moved]
    assert [names[row["team_id"]] for row in now] == ["IT"]
    factorial.control("options", small_teams=True)
    assert len(factorial.all("/teams/teams")) > len(teams)
    assert len(factorial.all("/teams/memberships")) > len(rows)


def test_the_other_lists_answer(factorial: FactorialAccount) -> None:
    titles = {person["job_title"] for person in factorial.told("people")["people"]}
    assert {row["name"] for row in factorial.all("/job_catalog/roles")} == titles
    assert len(factorial.all("/job_catalog/levels")) == len(titles)
    assert "Porto" not in {row["name"] for row in factorial.all("/locations/locations")}
    factorial.control("organisation", kind="offices", add="Porto", country="PT")
    assert "Porto" in {row["name"] for row in factorial.all("/locations/locations")}
    assert factorial.all("/finance/cost_centers")[0]["name"].startswith("CC ")
    assert factorial.get("/shoes/shoes").status_code == 404


def test_rights_are_by_area(factorial: FactorialAccount) -> None:
    factorial.control("permissions", scopes=["employees"])
    assert factorial.get(EMPLOYEES).status_code == 200
    for path in ("/contracts/contract_versions", "/teams/teams", "/locations/locations"):
        assert factorial.get(path).status_code == 403
    assert factorial.get("/api_public/credentials").status_code == 200
    factorial.control("permissions", scopes=["teams"])
    assert factorial.get(EMPLOYEES).status_code == 403


def test_keys_are_wrong_revoked_or_restored(factorial: FactorialAccount) -> None:
    """A3"""
    factorial.fault("A3")
    answer = factorial.get(EMPLOYEES)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})
    factorial.control("faults", clear=True)
    assert factorial.get(EMPLOYEES).status_code == 200
    factorial.client.headers["x-api-key"] = "no"
    assert factorial.get(EMPLOYEES).status_code == 401


def test_tokens_live_an_hour_and_refresh_tokens_are_replaced(factorial: FactorialAccount) -> None:
    """A2"""
    pair = factorial.agree().json()
    assert (pair["expires_in"], pair["token_type"]) == (3600, "Bearer")
    assert pair["created_at"] == pytest.approx(1_795_338_000, abs=600)
    factorial.use(pair["access_token"])
    assert factorial.get(EMPLOYEES).status_code == 200
    factorial.control("clock", hours=2)
    assert factorial.get(EMPLOYEES).status_code == 401
    renewed = factorial.token(grant_type="refresh_token", refresh_token=pair["refresh_token"]).json()
    factorial.use(renewed["access_token"])
    assert factorial.get(EMPLOYEES).status_code == 200
    again = factorial.token(grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert factorial.token(grant_type="password").json()["error"] == "unsupported_grant_type"
    assert factorial.client.post("/oauth/token", data={}).status_code == 401


def test_a_token_sees_what_its_person_sees(factorial: FactorialAccount) -> None:
    factorial.control("options", user_without_bank=True)
    assert {row["bank_number"] is None for row in factorial.all()} == {True, False}
    factorial.use(factorial.agree().json()["access_token"])
    assert {row["bank_number"] for row in factorial.all()} == {None}


def test_the_assumed_limit_answers_429(factorial: FactorialAccount) -> None:
    """T6"""
    factorial.control("options", strict_limits=True)
    answers = [factorial.get("/api_public/credentials").status_code for _ in range(301)]
    assert answers == [200] * 300 + [429]
    assert factorial.get(EMPLOYEES).json()["errors"]


def test_webhooks_bring_the_challenge_back(factorial: FactorialAccount) -> None:
    factorial.control("options", deliver_hooks=True)
    path = f"/api/{factorial.version}/resources/api_public/webhook_subscriptions"
    person = factorial.told("people")["people"][4]["id"]
    with open_inbox() as inbox:
        hook = {"target_url": inbox.url, "challenge": "c1"}
        for kind in ("update", "terminate"):
            body = hook | {"subscription_type": f"employees/employee/{kind}"}
            assert factorial.client.post(path, json=body).status_code == 201
        factorial.control("terminate", id=person)
        told = [inbox.first(number) for number in (1, 2)]
        factorial.control("rename", id=person, last_name="Other")
        assert json.loads(inbox.first(3)[0])["last_name"] == "Other"
    assert {json.loads(body)["id"] for body, _ in told} == {person}
    assert {headers["x-factorial-wh-challenge"] for _, headers in told} == {"c1"}
    assert len(inbox.got) == 3
    assert len(factorial.all("/api_public/webhook_subscriptions")) == 2
    assert factorial.client.delete(f"{path}/1").status_code == 200
    assert factorial.client.get(f"{path}/1").status_code == 404
    for wrong in ({"target_url": "http://spend.example"}, {"subscription_type": "employees/fly"}):
        good = {"subscription_type": "employees/employee/update", "target_url": "https://spend.example"}
        assert factorial.client.post(path, json=good | wrong).status_code == 422


def test_faults_show_in_the_list(factorial: FactorialAccount) -> None:
    """P1, P2, P3, P4, P8, E6, E7, E9, I1, T12, A7"""

    def every() -> list[dict[str, Any]]:
        return factorial.all(limit=50)

    def meta(**query: Any) -> Any:
        return factorial.get(EMPLOYEES, **query).json()["meta"]

    for fault, check in (
        ({"id": "P1"}, lambda: factorial.get(EMPLOYEES).json()["data"] == []),
        ({"id": "P2", "mode": "last", "page": 2}, lambda: len(every()) == 100),
        ({"id": "P4"}, lambda: meta()["total"] == 121),
        ({"id": "P8"}, lambda: sum(row["last_name"] == "Else" for row in every()) == 1),
        ({"id": "P3", "mode": "removed"}, lambda: len(every()) == 120),
        ({"id": "E6"}, lambda: sum(row["login_email"] == 42 for row in every()) == 1),
        ({"id": "E7"}, lambda: sum(row["active"] == "sabbatical-2027" for row in every()) == 1),
        ({"id": "E9"}, lambda: all("id" not in row for row in every())),
        ({"id": "I1"}, lambda: sum("id" not in row for row in every()) == 1),
        ({"id": "T12"}, lambda: factorial.get(EMPLOYEES).json().keys() == {"errors"}),
        ({"id": "A7", "path": "/contracts"}, lambda: factorial.get("/contracts/x").status_code == 403),
        ({"id": "E8"}, lambda: b'[{"score":NaN,"id"' in factorial.get(EMPLOYEES).content),
    ):
        factorial.control("faults", on=fault)
        assert check(), fault
        factorial.control("faults", clear=True)


@pytest.mark.parametrize("mode", ["endless", "repeat"])
def test_cursors_may_never_end(factorial: FactorialAccount, mode: str) -> None:
    """P5"""
    factorial.fault("P5", mode=mode)
    cursors: list[str] = []
    for _ in range(9):
        more = {"after_id": cursors[-1]} if cursors else {}
        meta = factorial.get(EMPLOYEES, limit=50, **more).json()["meta"]
        assert meta["has_next_page"]
        cursors.append(meta["end_cursor"])
    assert (len(set(cursors)) == 9) is (mode == "endless")


def test_twenty_thousand_people_are_read_twice_the_same() -> None:
    running = start(["factorial"], people=20_000, today=TODAY)
    account = FactorialAccount(running)
    first = account.all()
    assert len({row["id"] for row in first}) == 20_000
    assert account.all() == first
    account.close()
    running.stop()
