"""What PayFit answers, by its documents."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running, start
from tests.simulators.conftest import TODAY, Account
from tests.simulators.receiver import receiver

BACK = "http://127.0.0.1:9/callback"


class PayFitAccount(Account):
    def __init__(self, running: Running) -> None:
        super().__init__(running, "payfit")
        self.use(self.credentials["api_key"])
        self.company = str(self.introspect(self.credentials["api_key"]).json()["company_id"])

    def use(self, token: str) -> None:
        self.client.headers["Authorization"] = f"Bearer {token}"

    def introspect(self, token: str) -> httpx.Response:
        return self.client.post("/introspect", json={"token": token})

    def get(self, path: str = "", **query: Any) -> httpx.Response:
        return self.client.get(f"/companies/{self.company}{path}", params=query)

    def all(self, name: str = "collaborators", **query: Any) -> list[dict[str, Any]]:
        """Everything of a list, following tokens."""
        query = {"maxResults": 50, "includeInProgressContracts": "true", **query}
        answer = self.get(f"/{name}", **query).json()
        key = name.removesuffix("-fr")
        found: list[dict[str, Any]] = answer[key]
        while token := answer["meta"]["nextPageToken"]:
            answer = self.get(f"/{name}", **query, nextPageToken=token).json()
            found += answer[key]
        return found

    def one(self, person: int) -> dict[str, Any]:
        return next(row for row in self.all() if row["id"].endswith(f"{person:08x}"))

    def truth(self) -> dict[str, dict[str, Any]]:
        """The people as the company knows them, by the id that PayFit gives them."""
        return {f"60a1b2c3d4e5f607{p['id']:08x}": p for p in self.told("people")["people"]}

    def authorize(self, **more: str) -> dict[str, str]:
        """What the consent page sends back."""
        query = {"client_id": self.credentials["client_id"], "redirect_uri": BACK, "response_type": "code"}
        query |= {"state": "st&te", "scope": "collaborators:read contracts:read"}
        answer = self.client.get("/authorize", params=query | more)
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(BACK)
        return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def token(self, code: str, **more: str) -> httpx.Response:
        pair = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **pair}
        return self.client.post("/token", data=form | more)


@pytest.fixture
def payfit() -> Iterator[PayFitAccount]:
    running = start(["payfit"], people=400, today=TODAY)
    account = PayFitAccount(running)
    yield account
    account.close()
    running.stop()


def test_introspection_tells_company_and_scopes_of_a_key(payfit: PayFitAccount) -> None:
    told = payfit.introspect(payfit.credentials["api_key"]).json()
    assert (told["active"], told["token_type"], told["customer_token_name"]) == (True, "bearer", "Spend sync")
    assert len(told["company_id"]) == 24
    assert {"collaborators:read", "collaborators:bank-info:read"} <= set(told["scope"].split())


def test_introspection_needs_header_and_body(payfit: PayFitAccount) -> None:
    key = payfit.credentials["api_key"]
    assert payfit.client.post("/introspect").status_code == 400
    assert payfit.client.post("/introspect", data={"token": key}).json()["active"] is True
    assert LOOPBACK.post(f"{payfit.url}/introspect", json={"token": key}).status_code == 401


def test_introspection_of_a_dead_token_is_200_and_not_active(payfit: PayFitAccount) -> None:
    """A3: the one call that answers 200 with a dead token."""
    answer = payfit.introspect("unknown")
    assert (answer.status_code, answer.json()) == (200, {"active": False})
    payfit.control("credentials", action="revoke")
    assert payfit.introspect(payfit.credentials["api_key"]).json() == {"active": False}
    assert payfit.get("/collaborators").status_code == 401
    payfit.control("credentials", action="restore")
    assert payfit.get("/collaborators").status_code == 200


def test_only_bearer_tokens_are_read(payfit: PayFitAccount) -> None:
    del payfit.client.headers["Authorization"]
    payfit.client.headers["X-PayFit-Api-Key"] = payfit.credentials["api_key"]
    answer = payfit.get()
    assert (answer.status_code, answer.json()) == (401, {"message": "Missing authorization header"})
    payfit.use(payfit.credentials["client_secret"])  # what admins paste instead of a key
    assert (payfit.get().status_code, payfit.get().json()) == (401, {"message": "Unauthorized"})


def test_the_company_is_one_legal_entity_with_a_number_of_contracts(payfit: PayFitAccount) -> None:
    company = payfit.get().json()
    assert (company["id"], company["name"], company["country"]) == (payfit.company, "Acme France SAS", "FR")
    active = [c for row in payfit.all() for c in row["contracts"] if c["status"] == "ACTIVE"]
    assert company["nbActiveContracts"] == len(active)
    french = payfit.client.get(f"/companies-fr/{payfit.company}").json()
    assert french["siret"].startswith(french["siren"])


def test_another_company_is_404_or_403(payfit: PayFitAccount) -> None:
    """A6"""
    own, payfit.company = payfit.company, "5f0c1d2e3a4b5c6d7e8f9a0b"
    assert payfit.get("/collaborators").status_code == 404
    payfit.control("options", wrong_company_status=403)
    assert payfit.get("/collaborators").status_code == 403
    payfit.company = own
    payfit.fault("A6")
    assert payfit.get("/collaborators").status_code == 403
    assert payfit.introspect(payfit.credentials["api_key"]).json()["company_id"] != own


def test_pages_have_ten_by_default_and_at_most_fifty(payfit: PayFitAccount) -> None:
    answer = payfit.get("/collaborators").json()
    assert (len(answer["collaborators"]), answer["meta"]["count"]) == (10, 10)
    assert len(payfit.get("/collaborators", maxResults=51).json()["collaborators"]) == 50
    payfit.control("options", strict_paging=True, count_is_total=True)
    assert payfit.get("/collaborators", maxResults=51).status_code == 400
    assert payfit.get("/collaborators", maxResults=0).status_code == 400
    assert payfit.get("/collaborators", nextPageToken="!").status_code == 400
    assert payfit.get("/collaborators").json()["meta"]["count"] > 350


def test_the_list_is_everybody_but_leavers_of_over_a_year_ago(payfit: PayFitAccount) -> None:
    def old(person: dict[str, Any]) -> bool:
        return person["end_date"] is not None and person["end_date"] < "2025-11-22"

    truth = payfit.truth()
    rows = payfit.all()
    assert [row["id"] for row in rows] == [key for key, person in truth.items() if not old(person)]
    gone = next(key for key, person in truth.items() if old(person))
    assert payfit.get(f"/collaborators/{gone}").status_code == 404
    payfit.control("options", old_leavers_listed=True)
    assert {row["id"] for row in payfit.all()} == truth.keys()
    assert all(c["collaboratorId"] != gone for c in payfit.all("contracts"))


def test_contracts_that_are_being_set_up_come_only_when_asked_for(payfit: PayFitAccount) -> None:
    ids = payfit.control("hire", n=2, start_date="2027-01-04")["ids"]
    for name in ("collaborators", "contracts"):
        counts = [len(payfit.all(name, includeInProgressContracts=flag)) for flag in ("false", "true")]
        assert counts[0] < counts[1], name
    assert all(payfit.one(person)["contracts"][0]["status"] == "PENDING" for person in ids)


def test_somebody_new_has_no_contract_for_minutes(payfit: PayFitAccount) -> None:
    payfit.control("options", contract_delay=300)
    before = len(payfit.all())
    payfit.control("hire")
    assert len(payfit.all()) == before
    payfit.control("clock", seconds=301)
    assert len(payfit.all()) == before + 1


def test_fields_are_the_truth_and_one_record_has_no_wrapper(payfit: PayFitAccount) -> None:
    payfit.control("change", n=1, fields={"work_email": None})
    truth = payfit.truth()
    for row in payfit.all():
        person = truth[row["id"]]
        assert row["firstName"] == person["first_name"]
        assert row["matricule"] == person["employee_number"]
        assert row["iban"] == person["iban"]
        assert row["teamName"] == person["team"]
        assert (row["managerId"] or "").endswith(
            f"{person['manager_id']:08x}" if person["manager_id"] else ""
        )
        emails = {email["type"]: email["email"] for email in row["emails"]}
        assert emails.get("professional") == person["work_email"]
        assert emails.get("personal") == person["personal_email"]
        chosen = max(row["contracts"], key=lambda c: c["startDate"])
        assert chosen["startDate"] >= person["start_date"]
    rows = payfit.all()
    assert payfit.get(f"/collaborators/{rows[0]['id']}").json() == rows[0]
    assert None in {row["matricule"] for row in rows}
    assert any("professional" not in {e["type"] for e in row["emails"]} for row in rows)


def test_a_professional_address_finds_its_person(payfit: PayFitAccount) -> None:
    wanted = payfit.all()[30]
    found = payfit.get("/collaborators", email=wanted["emails"][0]["email"]).json()["collaborators"]
    assert [row["id"] for row in found] == [wanted["id"]]
    assert payfit.get("/collaborators", email="no@acme.example").json()["collaborators"] == []


def test_people_have_several_contracts(payfit: PayFitAccount) -> None:
    """Two at once, hired again after a gap, and one after the other without a gap."""
    shapes = set()
    for row in payfit.all():
        if len(row["contracts"]) == 2 and not row["terminationDate"]:
            first, second = row["contracts"]
            if first["endDate"] is None:
                shapes.add(("at once", first["status"], second["status"]))
            else:
                gap = second["startDate"][:7] > first["endDate"][:7]
                shapes.add(("again" if gap else "next", first["status"], second["status"]))
    assert ("at once", "ACTIVE", "ACTIVE") in shapes
    assert ("again", "ARCHIVED", "ACTIVE") in shapes
    assert ("next", "ARCHIVED", "ACTIVE") in shapes


def test_contract_lists_call_the_id_otherwise_and_leave_old_ones_out(payfit: PayFitAccount) -> None:
    contracts = payfit.all("contracts")
    listed = {contract["contractId"]: contract for contract in contracts}
    nested = {c["id"]: c for row in payfit.all() for c in row["contracts"]}
    assert listed.keys() < nested.keys()
    assert all(listed[key]["status"] == nested[key]["status"] for key in listed)
    assert all(not c["endDate"] or c["endDate"] >= "2025-11-22" for c in contracts)
    assert payfit.get(f"/contracts/{contracts[0]['contractId']}").json() == contracts[0]
    assert payfit.get("/contracts/61a1b2c3d4e5f60000000001").status_code == 404
    assert {contract["isFullTime"] for contract in contracts} == {True, False}


def test_french_contracts_tell_the_kind(payfit: PayFitAccount) -> None:
    kinds = {contract["natureContratDsn"] for contract in payfit.all("contracts-fr")}
    assert kinds == {"01", "02", "29"}
    payfit.control("options", country="ES")
    assert payfit.get("/contracts-fr").status_code == 404
    assert payfit.get().json()["country"] == "ES"
    rows = payfit.all()
    assert all(row["secondLastName"] for row in rows)
    assert sum(not any(e["type"] == "professional" for e in row["emails"]) for row in rows) > 50


def test_a_coming_and_a_past_end_are_told(payfit: PayFitAccount) -> None:
    even, odd = (
        next(p["id"] for p in payfit.truth().values() if p["id"] % 6 == rest and _plain(p)) for rest in (4, 1)
    )
    payfit.control("terminate", ids=[even, odd], date="2026-12-31")
    for person in (even, odd):
        row = payfit.one(person)
        assert (row["terminationDate"], row["contracts"][-1]["status"]) == ("2026-12-31", "ACTIVE")
    assert payfit.one(odd)["contracts"][-1]["endDate"] is None
    payfit.control("clock", set="2026-12-31")
    assert payfit.one(even)["contracts"][-1]["status"] == "ACTIVE"  # the last day is still one of work
    payfit.control("clock", set="2027-01-01")
    assert payfit.one(even)["contracts"][-1]["status"] == "ARCHIVED"
    payfit.control("clock", set="2028-01-02")
    assert all(not row["id"].endswith(f"{even:08x}") for row in payfit.all())


def _plain(person: dict[str, Any]) -> bool:
    return bool(person["status"] == "active" and person["employment_type"] == "full_time")


def test_a_manager_who_is_no_longer_listed_is_still_named(payfit: PayFitAccount) -> None:
    """M3"""
    manager = next(p["manager_id"] for p in reversed(payfit.truth().values()) if p["manager_id"])
    payfit.control("terminate", id=manager, date="2025-06-30")
    rows = payfit.all()
    key = f"60a1b2c3d4e5f607{manager:08x}"
    assert key not in {row["id"] for row in rows}
    assert key in {row["managerId"] for row in rows}


def test_a_missing_scope_takes_fields_away_and_endpoints_refuse(payfit: PayFitAccount) -> None:
    """A5, A7"""
    payfit.control("permissions", scopes=["collaborators:read"])
    row = payfit.all()[0]
    missing = {"contracts", "managerId", "teamName", "iban", "bic", "addresses", "phoneNumbers", "birthDate"}
    assert missing.isdisjoint(row)
    assert {"id", "firstName", "emails", "terminationDate"} <= row.keys()
    assert all(e["type"] == "professional" for r in payfit.all() for e in r["emails"])
    answer = payfit.get("/contracts")
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert payfit.introspect(payfit.credentials["api_key"]).json()["scope"] == "collaborators:read"
    assert payfit.get().status_code == 200
    payfit.control("permissions", scopes=["contracts:read"])
    assert payfit.get("/collaborators").status_code == 403


def test_bank_details_may_fade(payfit: PayFitAccount) -> None:
    """A5"""
    payfit.fault("A5", mode="null")
    assert {row["iban"] for row in payfit.all()} == {None}
    payfit.fault("A5")
    assert {"iban", "bic"}.isdisjoint(payfit.all()[0])


def test_the_list_may_become_shorter(payfit: PayFitAccount) -> None:
    """A4"""
    before = len(payfit.all())
    payfit.fault("A4", mode="half")
    assert 0 < len(payfit.all()) < before * 0.6


def test_a_company_agrees_and_the_code_works_once(payfit: PayFitAccount) -> None:
    sent = payfit.authorize()
    assert sent["state"] == "st&te"
    token = payfit.token(sent["code"]).json()
    assert token.keys() == {"access_token", "token_type", "company_id"}
    assert token["company_id"] == payfit.company
    again = payfit.token(sent["code"])
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    payfit.use(token["access_token"])
    told = payfit.introspect(token["access_token"]).json()
    assert (told["scope"], told["client_id"]) == (
        "collaborators:read contracts:read",
        payfit.credentials["client_id"],
    )
    assert "customer_token_name" not in told
    assert "iban" not in payfit.all()[0]
    assert payfit.get("/contracts").status_code == 200
    payfit.control("credentials", action="revoke")
    assert payfit.get("/contracts").status_code == 401


def test_wrong_apps_codes_and_refusals_are_told(payfit: PayFitAccount) -> None:
    code = payfit.authorize()["code"]
    assert payfit.token(code, client_secret="no").json() == {"error": "invalid_client"}
    assert payfit.token(code, grant_type="password").status_code == 400
    assert payfit.token(code, redirect_uri="http://127.0.0.1:9/other").json() == {"error": "invalid_grant"}
    late = payfit.authorize()["code"]
    payfit.control("clock", seconds=601)
    assert payfit.token(late).status_code == 400
    pair = {name: payfit.credentials[name] for name in ("client_id", "client_secret")}
    body = {"grant_type": "authorization_code", "code": payfit.authorize()["code"], "redirect_uri": BACK}
    assert payfit.client.post("/token", json=body | pair).status_code == 200
    payfit.control("options", consent="denied")
    assert payfit.authorize() == {"error": "access_denied", "state": "st&te"}
    assert payfit.client.get("/authorize", params={"client_id": "no"}).status_code == 400


def test_429_comes_from_the_gateway_without_retry_after(payfit: PayFitAccount) -> None:
    """T6"""
    assert int(payfit.get().headers["x-ratelimit-remaining-second"]) > 50
    payfit.control("options", strict_limits=True)
    time.sleep(1.05)
    answers = [payfit.get() for _ in range(51)]
    assert [a.headers["x-ratelimit-remaining-second"] for a in answers[:2]] == ["49", "48"]
    assert {a.status_code for a in answers[:50]} == {200}
    limited = answers[50]
    assert (limited.status_code, limited.json()) == (429, {"message": "API rate limit exceeded"})
    assert (limited.headers["x-ratelimit-limit-second"], "retry-after" in limited.headers) == ("50", False)
    time.sleep(1.05)
    assert payfit.get().status_code == 200


def test_hosts_are_told_apart(payfit: PayFitAccount) -> None:
    def status(path: str, host: str) -> int:
        url = path.format(company=payfit.company)
        return payfit.client.get(url, headers={"X-Simulated-Host": host}).status_code

    assert status("/companies/{company}", "partner-api.payfit.com") == 200
    assert status("/companies/{company}", "api.payfit.com") == 404
    assert status("/introspect", "partner-api.payfit.com") == 404


def test_other_paths_answer_by_scope(payfit: PayFitAccount) -> None:
    person = payfit.all()[0]["id"]
    assert payfit.get("/payroll-status").json()["payrollMonth"] == "202611"
    assert payfit.get("/accounting-v2").status_code == 400
    assert payfit.get("/accounting-v2", date="202610").status_code == 200
    assert payfit.get(f"/collaborators/{person}/payslips").json() == []
    assert payfit.get("/collaborators/60a1b2c3d4e5f60700000001/payslips").status_code == 404
    absences = payfit.all("absences")
    assert {"date", "moment"} == absences[0]["startDate"].keys()
    assert payfit.client.post(f"/companies/{payfit.company}/collaborators").status_code == 403
    assert payfit.get("/departments").status_code == 404
    payfit.control("permissions", scopes=["collaborators:read"])
    assert payfit.get("/absences").status_code == 403


def test_webhooks_are_signed_as_svix_does(payfit: PayFitAccount) -> None:
    pair = {"clientId": payfit.credentials["client_id"], "clientSecret": payfit.credentials["client_secret"]}
    assert (
        payfit.client.get("/webhooks", params=pair).json()["webhookConfigUrl"].startswith("https://app.svix")
    )
    assert payfit.client.get("/webhooks", params=pair | {"clientSecret": "no"}).status_code == 401
    with receiver() as box:
        made = payfit.control("hooks", url=box.url, events=["integration.deactivated", "payroll.run"])[
            "hooks"
        ]
        payfit.control("credentials", action="revoke")  # not delivered: the option is off
        payfit.control("options", deliver_hooks=True)
        payfit.control("credentials", action="restore")  # nobody asked for this event
        payfit.control("credentials", action="revoke")
        payfit.control("hooks", send="payroll.run")
        (body, headers), (payroll, _) = box.posts(2)
    key = base64.b64decode(made[0]["secret"].removeprefix("whsec_"))
    signed = hmac.new(
        key, f"{headers['svix-id']}.{headers['svix-timestamp']}.".encode() + body, hashlib.sha256
    )
    assert headers["svix-signature"] == f"v1,{base64.b64encode(signed.digest()).decode()}"
    data = {"companyId": payfit.company, "effectiveDate": "2026-11-22"}
    assert httpx.Response(200, content=body).json() == {"type": "integration.deactivated", "data": data}
    assert httpx.Response(200, content=payroll).json()["data"]["payrollMonth"] == "202611"


def test_faults_of_pages_and_records_show(payfit: PayFitAccount) -> None:
    """P1, P2, P3, P4, P5, P8, E1, E6, E7, E8, E9, T5, T10, T12, A1"""

    def page(number: int) -> httpx.Response:
        answer = payfit.get("/collaborators", maxResults=20)
        for _ in range(number - 1):
            token = answer.json()["meta"]["nextPageToken"]
            answer = payfit.get("/collaborators", maxResults=20, nextPageToken=token)
        return answer

    payfit.fault("P1")
    assert page(1).json() == {"collaborators": [], "meta": {"nextPageToken": None, "count": 0}}
    aimed: dict[str, dict[str, Any]] = {"P2": {"mode": "last", "page": 2}, "P4": {}, "P5": {"mode": "repeat"}}
    for fault, more in aimed.items():
        payfit.control("faults", clear=True, on={"id": fault, **more})
        meta = page(2).json()["meta"]
        if fault == "P2":
            assert meta["nextPageToken"] is None
        elif fault == "P4":
            assert meta["count"] == 21
        else:
            assert page(3).json()["meta"]["nextPageToken"] == page(4).json()["meta"]["nextPageToken"]
    payfit.control("faults", clear=True, on={"id": "P8"})
    assert page(2).json()["collaborators"][-1]["lastName"] == "Else"
    payfit.control("faults", clear=True, on={"id": "P3"})
    first, second = page(1).json(), page(2).json()
    assert first["collaborators"][-1]["id"] == second["collaborators"][0]["id"]
    payfit.control("faults", clear=True, on={"id": "A1", "page": 4})
    assert (page(3).status_code, page(4).status_code) == (200, 401)
    payfit.control("faults", clear=True, on={"id": "T10"})
    assert page(1).text.startswith("<!doctype html>")
    payfit.control("faults", clear=True, on={"id": "T12"})
    assert "collaborators" not in page(1).json()
    payfit.control("faults", clear=True, on={"id": "E9"})
    assert all("id" not in row for row in page(1).json()["collaborators"])
    payfit.control("faults", clear=True, on={"id": "E1"})
    with pytest.raises(UnicodeDecodeError):
        page(1).content.decode()
    payfit.control("faults", clear=True, on={"id": "E8"})
    assert b'"score":NaN' in page(1).content
    payfit.control("faults", clear=True)
    struck = payfit.fault("E7")[0]
    assert payfit.one(struck)["contracts"][-1]["status"] == "sabbatical-2027"
    struck = payfit.fault("E6")[0]
    row = payfit.one(struck)
    assert (row["firstName"], row["emails"][0]["email"]) == ({"de": "Ada"}, 42)
    jobs = [c["jobName"] for c in payfit.all("contracts") if c["collaboratorId"] == row["id"]]
    assert jobs[-1] == ["Buyer"]


def test_the_same_seed_answers_the_same_bytes() -> None:
    bodies = []
    for _ in range(2):
        running = start(["payfit"], people=30, today=TODAY)
        account = PayFitAccount(running)
        bodies.append(account.get("/collaborators", maxResults=50).content)
        account.close()
        running.stop()
    assert bodies[0] == bodies[1]


def test_a_change_is_seen_on_every_list(payfit: PayFitAccount) -> None:
    person = payfit.told("people")["people"][60]["id"]
    payfit.all(), payfit.all("contracts"), payfit.get()
    payfit.control("change", id=person, fields={"job_title": "Juggler", "first_name": "Zuzanna"})
    assert payfit.one(person)["firstName"] == "Zuzanna"
    jobs = {c["collaboratorId"]: c["jobName"] for c in payfit.all("contracts")}
    assert jobs[payfit.one(person)["id"]] == "Juggler"
    count = payfit.get().json()["nbActiveContracts"]
    payfit.control("terminate", id=person)
    assert payfit.get().json()["nbActiveContracts"] < count


@pytest.mark.soak
def test_a_hundred_thousand_people_are_read_quickly() -> None:
    """T9: a page from memory takes a few milliseconds; the bound is generous because machines differ."""
    running = start(["payfit"], people=100_000, today=TODAY)
    account = PayFitAccount(running)
    try:
        assert len(account.all()) > 95_000
        assert len(account.all("contracts")) > 95_000
        began = time.monotonic()
        account.all()
        assert (time.monotonic() - began) / 2000 < 0.02
    finally:
        account.close()
        running.stop()
