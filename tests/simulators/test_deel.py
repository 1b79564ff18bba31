"""What Deel answers, by its documents."""

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

BACK = "https://spend.example/back"


class DeelAccount(Account):
    def __init__(self, running: Running) -> None:
        super().__init__(running, "deel")
        self.client.headers["Authorization"] = f"Bearer {self.credentials['api_token']}"

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        return self.client.get(f"/rest/v2{path}", params=query)

    def people(self, limit: int = 50, **query: Any) -> list[dict[str, Any]]:
        """Everybody, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            body = self.get("/people", limit=limit, offset=len(found), sort_by="id", **query).json()
            found += body["data"]
            if not body["data"] or len(found) >= body["page"]["total_rows"]:
                return found

    def agree(self, scope: str = "people:read organizations:read") -> httpx.Response:
        """Ask for consent, and answer with what redeeming the code gives."""
        return self.redeem(self.code(scope))

    def code(self, scope: str = "people:read") -> str:
        """Ask for consent: the code."""
        query = {"client_id": self.credentials["client_id"], "redirect_uri": BACK, "response_type": "code"}
        sent = self.client.get("/oauth2/authorize", params=query | {"state": "s1", "scope": scope})
        assert sent.status_code == 302, sent.text
        back = httpx.URL(sent.headers["location"])
        assert back.params["state"] == "s1"
        return back.params["code"]

    def redeem(self, code: str, back: str = BACK) -> httpx.Response:
        return self.tokens(grant_type="authorization_code", code=code, redirect_uri=back)

    def tokens(self, secret: str = "", **form: str) -> httpx.Response:
        pair = (self.credentials["client_id"], secret or self.credentials["client_secret"])
        return self.client.post("/oauth2/tokens", data=form, auth=pair)

    def refresh(self, token: str) -> httpx.Response:
        return self.tokens(grant_type="refresh_token", refresh_token=token, redirect_uri=BACK)

    def use(self, token: str) -> None:
        self.client.headers["Authorization"] = f"Bearer {token}"


@pytest.fixture
def deel() -> Iterator[DeelAccount]:
    running = start(["deel"], people=120, today=TODAY)
    account = DeelAccount(running)
    yield account
    account.close()
    running.stop()


def work(row: dict[str, Any]) -> str | None:
    return next((one["value"] for one in row["emails"] if one["type"] == "work"), None)


def test_the_organisation_is_told_and_people_are_paged_by_rows(deel: DeelAccount) -> None:
    assert [row["name"] for row in deel.get("/organizations").json()["data"]] == ["Acme"]
    first = deel.get("/people", limit=50, offset=100, sort_by="id").json()
    assert (len(first["data"]), first["page"]) == (
        20,
        {"offset": 100, "items_per_page": 50, "total_rows": 120},
    )
    ids = [row["id"] for row in deel.people()]
    assert ids == sorted(ids)
    assert len(set(ids)) == 120
    assert len(deel.get("/people").json()["data"]) == 50


@pytest.mark.parametrize(
    "query", [{"limit": 101}, {"limit": "x"}, {"offset": "-1"}, {"sort_by": "shoe"}, {"hiring_types": "elf"}]
)
def test_bad_parameters_are_400_in_the_shape_with_a_field(deel: DeelAccount, query: dict[str, str]) -> None:
    answer = deel.get("/people", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].keys() == {"code", "field", "message"}


def test_people_look_as_documented(deel: DeelAccount) -> None:
    told = {person["id"]: person for person in deel.told("people")["people"]}
    for row in deel.people():
        person = told[int(row["id"][:8], 16)]
        assert row["worker_id"] == str(90_000 + person["id"])
        assert row["start_date"] == person["start_date"]
        assert row["work_location"] == person["work_location"]
        manager = row["direct_manager"]
        assert (manager and int(manager["id"][:8], 16)) == person["manager_id"]
        assert manager is None or isinstance(manager["worker_id"], int)
        if person["employment_type"] != "contractor":
            assert work(row) == person["work_email"]


def test_leavers_and_coming_people_stay_in_the_list_with_their_status(deel: DeelAccount) -> None:
    ids = deel.control("hire", n=3, start_date="2026-12-10")["ids"]
    gone, leaving = deel.control("terminate", n=1)["ids"][0], deel.told("people")["people"][3]["id"]
    deel.control("terminate", id=leaving, date="2026-12-31")
    rows = {int(row["id"][:8], 16): row for row in deel.people()}
    assert {rows[i]["hiring_status"] for i in ids} == {"onboarding", "onboarded"}
    assert {rows[i]["person_status"] for i in ids} == {"NOT_STARTED"} == {rows[ids[0]]["person_status"]}
    assert (rows[gone]["hiring_status"], rows[gone]["person_status"]) == ("inactive", "INACTIVE")
    assert all(one["is_ended"] for one in rows[gone]["employments"])
    assert (rows[leaving]["hiring_status"], rows[leaving]["person_status"]) == ("offboarding", "OFFBOARDING")
    assert rows[leaving]["completion_date"] == "2026-12-31T00:00:00.000Z"
    detail = deel.get(f"/people/{rows[leaving]['id']}").json()["data"]
    assert detail["completion_date"] == "2026-12-31"


def test_filters_keep_the_wanted_people(deel: DeelAccount) -> None:
    for name in ("hiring_statuses", "hiring_statuses[]"):
        rows = deel.get("/people", limit=100, **{name: ["inactive", "offboarding"]}).json()["data"]
        assert {row["hiring_status"] for row in rows} <= {"inactive", "offboarding"}
        assert rows
    assert {row["hiring_type"] for row in deel.people(hiring_types="contractor")} == {"contractor"}


def test_fields_trim_the_records_and_offer_more(deel: DeelAccount) -> None:
    deel.control("terminate", id=deel.told("people")["people"][0]["id"], date="2026-12-31")
    asked = ["id", "person_status", "worker_termination_last_date_of_work", "employments[0].employee_number"]
    row = deel.get("/people", sort_by="id", limit=1, **{"fields[]": asked}).json()["data"][0]
    assert row.keys() == {"id", "worker_termination_last_date_of_work", "employments"}
    assert row["worker_termination_last_date_of_work"].startswith("2026-12-31")
    assert row["employments"][0].keys() == {"employee_number"}


def test_person_status_is_null_without_its_permission(deel: DeelAccount) -> None:
    deel.control("permissions", hidden=["person_status"])
    assert {row["person_status"] for row in deel.people()} == {None}


def test_many_contractors_have_no_work_address_and_some_people_two_employments(deel: DeelAccount) -> None:
    deel.control("hire", n=40, employment_type="contractor")
    rows = deel.people()
    contractors = [row for row in rows if row["hiring_type"] == "contractor"]
    assert {work(row) is None for row in contractors} == {True, False}
    twice = [row for row in rows if len(row["employments"]) == 2]
    assert twice
    assert all(sum(one["is_ended"] for one in row["employments"]) >= 1 for row in twice)


def test_the_same_human_may_be_two_people(deel: DeelAccount) -> None:
    """Contractor, then employee: two ids, one private address."""
    model = next(person for person in deel.told("people")["people"] if person["personal_email"])
    names = {"first_name": model["first_name"], "last_name": model["last_name"]}
    same = {"personal_email": model["personal_email"], "employment_type": "contractor", "work_email": None}
    deel.control("hire", **names, **same, end_date="2026-01-31", start_date="2025-01-01")
    rows = [r for r in deel.people() if {"type": "personal", "value": model["personal_email"]} in r["emails"]]
    assert len({row["id"] for row in rows}) == 2


def test_leave_shows_in_personal_data_only(deel: DeelAccount) -> None:
    person = deel.told("people")["people"][2]["id"]
    deel.control("change", id=person, fields={"leave_from": "2026-11-01", "leave_until": "2026-11-30"})
    told = deel.get(f"/people/{90_000 + person}/personal").json()["data"]
    assert told["ooo"]["leave_type"] == "SHORT_TERM_LEAVE"
    rows = {row["id"]: row for row in deel.people()}
    assert "ooo" not in next(iter(rows.values()))
    number = deel.told("people", id=person)["employee_number"]
    assert deel.get(f"/people/external/{number}/personal").json()["data"]["ooo"] is not None
    assert deel.get("/people/external/none/personal").status_code == 404


def test_banks_are_for_global_payroll_only_and_empty_texts_stand_for_nothing(deel: DeelAccount) -> None:
    deel.control("hire", employment_type="contractor")
    people = {int(row["id"][:8], 16): row for row in deel.people()}
    seen: set[str] = set()
    for person in deel.told("people")["people"]:
        answer = deel.get(f"/gp/workers/{90_000 + person['id']}/banks")
        if people[person["id"]]["hiring_type"] != "hris_direct_employee":
            assert answer.status_code == 404
            continue
        rows = answer.json()["data"]
        if rows:
            assert rows[0]["iban"] == (person["iban"] or "")
            assert rows[0]["sort_code"] == (person["sort_code"] or "")
        seen.add("none" if not rows else "iban" if rows[0]["iban"] else "sort_code")
    assert seen == {"none", "iban", "sort_code"}


def test_bank_fields_can_be_hidden_or_null(deel: DeelAccount) -> None:
    """A5 and A7"""
    person = next(
        p["id"]
        for p in deel.told("people")["people"]
        if p["iban"] and p["id"] % 19 and p["employment_type"] != "contractor"
    )
    path = f"/gp/workers/{90_000 + person}/banks"
    deel.fault("A5", mode="null")
    assert deel.get(path).json()["data"][0]["iban"] is None
    deel.fault("A5", mode="hidden")
    assert {"iban", "swift_bic"}.isdisjoint(deel.get(path).json()["data"][0])
    deel.fault("A7", path="/gp/")
    assert deel.get(path).status_code == 403
    assert deel.get("/people").status_code == 200


def test_contracts_are_paged_by_cursor_and_unsigned_ones_have_no_worker(deel: DeelAccount) -> None:
    deel.control("hire", n=4, start_date="2026-12-10")
    rows, cursor = [], None
    while True:
        query = {"limit": 50, "expand": "cost_centers"} | ({"after_cursor": cursor} if cursor else {})
        body = deel.get("/contracts", **query).json()
        rows += body["data"]
        cursor = body["page"].get("cursor")
        if cursor is None:
            break
    assert len(rows) == body["page"]["total_rows"] == 124
    assert {row["worker"] is None for row in rows} == {True, False}
    assert rows[0]["cost_centers"][0].keys() == {"name", "number", "allocation_percentage"}
    linked = {one["id"] for row in deel.people() for one in row["employments"]}
    assert {row["id"] for row in rows} <= linked
    assert deel.get("/contracts", after_cursor="zz").status_code == 400


def test_parents_of_departments_are_names_on_people_and_ids_in_the_list(deel: DeelAccount) -> None:
    listed = {row["name"]: row for row in deel.get("/departments").json()["data"]}
    found = {row["department"]["name"]: row["department"] for row in deel.people()}
    assert found["Legal"]["parent"] == "Finance"
    assert listed["Legal"]["parent"] == listed["Finance"]["id"]
    assert listed["Legal"]["id"] == found["Legal"]["id"]


def test_lists_that_have_nothing_say_404(deel: DeelAccount) -> None:
    deel.control("options", without=["departments", "teams", "organizations", "working-locations"])
    for path in ("/departments", "/teams", "/organizations"):
        assert deel.get(path).status_code == 404
    assert deel.get("/working-locations").json()["data"] == []


def test_archived_units_come_unless_refused(deel: DeelAccount) -> None:
    for path, name in (("/legal-entities", "include_archived"), ("/groups", "include_archived_groups")):
        every = deel.get(path).json()["data"]
        assert sum(row["archived_at"] is not None for row in every) == 1
        assert len(deel.get(path, **{name: "false"}).json()["data"]) == len(every) - 1
    entity = deel.get("/legal-entities").json()["data"][0]["id"]
    centers = deel.get(f"/legal-entities/{entity}/cost-centers").json()["data"]
    assert centers[0].keys() == {"id", "cost_center_name", "cost_center_number"}
    assert isinstance(deel.get("/working-locations").json()["data"][0]["id"], int)
    assert deel.get("/hris/organization_structures").json()["data"][0]["teams"]
    assert deel.get("/people/custom_fields").json()["data"][0]["placement"] == "profile"


def test_a_manager_may_be_nobody_among_the_people(deel: DeelAccount) -> None:
    """M3"""
    deel.control("options", outside_manager=True)
    rows = deel.people()
    ids = {row["id"] for row in rows}
    outside = {row["direct_manager"]["id"] for row in rows} - ids
    assert len(outside) == 1
    assert outside < {row["id"] for row in deel.get("/managers", limit=100).json()["data"]}


def test_errors_come_in_three_shapes(deel: DeelAccount) -> None:
    deel.control("permissions", scopes=["organizations:read"])
    refused = deel.get("/people")
    assert (refused.status_code, refused.json()["request"]["code"]) == (403, 5)
    deel.use("no")
    assert deel.get("/people").json() == {"error": "Unauthorized"}
    assert deel.client.get("/scim/v2/Users").json()["status"] == "401"
    deel.fault("T5", status=500)
    assert deel.get("/people").json()["error"].keys() == {"code", "message", "details"}


def test_scopes_open_paths_one_by_one(deel: DeelAccount) -> None:
    table = {
        "people:read": ["/people", "/people/custom_fields"],
        "organizations:read": ["/organizations", "/departments", "/managers", "/legal-entities"],
        "contracts:read": ["/contracts"],
        "groups:read": ["/groups"],
        "accounting:read": ["/legal-entities"],
    }
    for scope, opened in table.items():
        deel.control("permissions", scopes=[scope])
        for path in {path for paths in table.values() for path in paths}:
            assert deel.get(path).status_code == (200 if path in opened else 403), (scope, path)


def test_a_personal_token_knows_its_person_only(deel: DeelAccount) -> None:
    assert deel.get("/people/me").status_code == 404
    deel.control("options", token_type="personal")
    assert deel.get("/organizations").status_code == 403
    assert deel.get("/people/me").json()["data"]["worker_id"]


def test_the_true_limit_is_five_a_second_over_all_tokens_without_headers(deel: DeelAccount) -> None:
    """T6"""
    other = deel.agree().json()["access_token"]
    deel.control("options", strict_limits=True)
    answers = [deel.get("/organizations") for _ in range(4)]
    deel.use(other)
    answers += [deel.get("/organizations") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    told = {name.lower() for name in answers[-1].headers}
    assert told == {"content-type", "date", "content-length"}


def test_codes_give_pairs_and_work_once(deel: DeelAccount) -> None:
    answer = deel.agree()
    assert answer.json() | {"access_token": "", "refresh_token": ""} == {
        "access_token": "",
        "expires_in": 2_592_000,
        "token_type": "Bearer",
        "scope": "people:read organizations:read",
        "refresh_token": "",
    }
    deel.use(answer.json()["access_token"])
    assert deel.get("/people").status_code == 200
    assert deel.get("/contracts").status_code == 403  # not in the scope
    code = deel.code()
    assert deel.redeem(code, back="https://elsewhere.example").status_code == 400
    assert deel.redeem(code).status_code == 400  # a try with another address uses it up
    code = deel.code()
    assert [deel.redeem(code).status_code for _ in range(2)] == [200, 400]
    code = deel.code()
    deel.control("clock", seconds=601)
    assert deel.redeem(code).json() == {"error": "invalid_grant"}
    assert deel.tokens(secret="wrong", grant_type="refresh_token").status_code == 401
    assert deel.client.get("/oauth2/authorize", params={"client_id": "who"}).status_code == 400


def test_refresh_tokens_rotate_and_a_reused_one_ends_the_grant(deel: DeelAccount) -> None:
    first = deel.agree().json()
    second = deel.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    deel.use(first["access_token"])
    assert deel.get("/people").status_code == 401
    deel.use(second["access_token"])
    assert deel.get("/people").status_code == 200
    reused = deel.refresh(first["refresh_token"])
    assert (reused.status_code, reused.json()) == (400, {"error": "invalid_grant"})
    assert deel.get("/people").status_code == 401
    assert deel.refresh(second["refresh_token"]).status_code == 400


def test_tokens_live_thirty_and_ninety_days(deel: DeelAccount) -> None:
    """A2"""
    pair = deel.agree().json()
    deel.use(pair["access_token"])
    deel.control("clock", days=29)
    assert deel.get("/people").status_code == 200
    deel.control("clock", days=2)
    assert deel.get("/people").status_code == 401
    renewed = deel.refresh(pair["refresh_token"])
    assert renewed.status_code == 200
    deel.control("clock", days=91)
    assert deel.refresh(renewed.json()["refresh_token"]).status_code == 400


def test_a_token_expires_while_people_are_read(deel: DeelAccount) -> None:
    """A2"""
    pair = deel.agree().json()
    deel.use(pair["access_token"])
    deel.fault("A2", page=2)
    assert [deel.get("/people", offset=offset).status_code for offset in (0, 50)] == [200, 401]
    deel.use(deel.refresh(pair["refresh_token"]).json()["access_token"])
    assert deel.get("/people", offset=50).status_code == 200


def test_a_revoked_organisation_is_let_in_nowhere_until_restored(deel: DeelAccount) -> None:
    """A3"""
    deel.fault("A3")
    assert deel.get("/people").status_code == 401
    assert deel.get("/organizations").status_code == 401
    deel.control("faults", off="A3")
    assert deel.get("/people").status_code == 200
    old = deel.credentials["api_token"]
    assert deel.control("credentials", action="replace")["credentials"]["api_token"] != old
    assert deel.get("/people").status_code == 401


def test_another_company_has_another_identity(deel: DeelAccount) -> None:
    """A6"""
    before = deel.get("/organizations").json()["data"][0]
    deel.fault("A6")
    after = deel.get("/organizations").json()["data"][0]
    assert before["id"] != after["id"]
    assert after["name"] == "Harbourlight"


def test_scim_leaves_people_without_work_address_out(deel: DeelAccount) -> None:
    deel.control("change", id=deel.told("people")["people"][3]["id"], fields={"work_email": None})
    rest = {row["id"] for row in deel.people() if work(row)}
    users: list[dict[str, Any]] = []
    while True:
        query = {"startIndex": len(users) + 1, "count": 60}
        body = deel.client.get("/scim/v2/Users", params=query).json()
        users += body["Resources"]
        if len(users) >= body["totalResults"]:
            break
    assert {user["id"] for user in users} == rest
    assert len(rest) < 120
    private = [user for user in users if user["emails"][0]["type"] == "home"]
    assert all(user["emails"][0]["primary"] for user in private)
    chief = [user for user in users if user[ENTERPRISE]["manager"]["value"] == ""]
    assert len(chief) == 1
    assert "" in {user[EXTENSION]["endDate"] for user in users}


ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:2.0:User"


def test_scim_takes_one_filter_and_less_than_a_hundred(deel: DeelAccount) -> None:
    address = next(work(row) for row in deel.people() if work(row))
    found = deel.client.get("/scim/v2/Users", params={"filter": f'email eq "{address}"'}).json()
    assert [user["userName"] for user in found["Resources"]] == [address]
    body = {"filter": f'email eq "{address}"'}
    assert deel.client.post("/scim/v2/Users/.search", json=body).json() == found
    wrong = deel.client.get("/scim/v2/Users", params={"filter": 'meta.lastModified gt "2026"'})
    assert (wrong.status_code, wrong.json()["scimType"]) == (400, "invalidFilter")
    assert deel.client.get("/scim/v2/Users?count=100").status_code == 400
    assert len(deel.client.get("/scim/v2/Users?count=0").json()["Resources"]) == 1
    one = deel.client.get(f"/scim/v2/Users/{found['Resources'][0]['id']}").json()
    assert one == found["Resources"][0]
    assert deel.client.get("/scim/v2/ServiceProviderConfig").json()["filter"]["supported"] is True


def test_webhooks_are_signed_over_post_and_body(deel: DeelAccount) -> None:
    deel.control("options", deliver_hooks=True)
    with open_inbox() as inbox:
        hook = {"name": "x", "url": inbox.url, "signing_key": "k1", "api_version": "v2", "status": "enabled"}
        events = ["worker.v2.updated", "employee.updated.direct"]
        made = deel.client.post("/rest/v2/webhooks", json=hook | {"events": events})
        assert made.status_code == 201
        person = next(p for p in deel.told("people")["people"] if p["id"] % 19 and p["status"] == "active")
        deel.control("change", id=person["id"], fields={"employment_type": "full_time"})
        for number in (1, 2):
            body, headers = inbox.first(number)
            signed = hmac.new(b"k1", b"POST" + body, hashlib.sha256).hexdigest()
            assert headers["x-deel-signature"] == signed
        told = [json.loads(body)["data"] for body, _ in inbox.got]
        assert told[0]["resource"]["id"].startswith(f"{person['id']:08x}")
        assert told[1]["resource"] == [told[0]["resource"]]
        deel.client.post(f"/rest/v2/webhooks/{made.json()['data']['id']}/test")
        assert json.loads(inbox.first(3)[0])["data"]["meta"]["is_simulation"] is True


def test_webhooks_that_fail_ten_times_are_switched_off(deel: DeelAccount) -> None:
    deel.control("options", deliver_hooks=True)
    person = deel.told("people")["people"][0]["id"]
    with open_inbox() as inbox:
        inbox.status = 500
        hook = {"url": inbox.url, "events": ["worker.v2.updated"]}
        made = deel.client.post("/rest/v2/webhooks", json=hook).json()["data"]
        for number in range(1, 11):
            deel.control("change", id=person, fields={"language": "fr"})
            inbox.first(number)
        deel.control("change", id=person, fields={"language": "en"})
        deel.control("change", id=person, fields={"language": "fr"})
    assert deel.get(f"/webhooks/{made['id']}").json()["data"]["status"] == "disabled"
    assert len(inbox.got) <= 11


def test_webhooks_are_registered_with_known_events_and_https(deel: DeelAccount) -> None:
    names = [row["name"] for row in deel.get("/webhooks/events/types").json()["data"]]
    assert "worker.v2.updated" in names
    for wrong in (
        {"url": "http://spend.example", "events": names},
        {"url": BACK, "events": ["employee.fly"]},
    ):
        assert deel.client.post("/rest/v2/webhooks", json=wrong).status_code == 400
    made = deel.client.post("/rest/v2/webhooks", json={"url": BACK, "events": names[:1]}).json()["data"]
    path = f"/rest/v2/webhooks/{made['id']}"
    assert deel.client.patch(path, json={"status": "disabled"}).json()["data"]["status"] == "disabled"
    assert deel.client.put(path).status_code == 405
    assert deel.client.delete("/rest/v2/webhooks").status_code == 405
    assert deel.client.delete(path).status_code == 200
    assert deel.get("/webhooks").json()["data"] == []


def test_who_joins_while_paging_shifts_the_rows(deel: DeelAccount) -> None:
    """P3"""
    deel.fault("P3", mode="added")
    ids = [row["id"] for row in deel.people(limit=40)]
    assert len(ids) - len(set(ids)) >= 1


@pytest.mark.parametrize("mode", ["endless", "repeat"])
def test_paging_may_never_end(deel: DeelAccount, mode: str) -> None:
    """P5"""
    deel.fault("P5", mode=mode)
    body = deel.get("/people", limit=50, offset=500).json()
    assert body["data"]
    assert body["page"]["total_rows"] > 550


def test_faults_show_in_people_and_in_scim(deel: DeelAccount) -> None:
    """P1, P4, P8, E6, E7, E9, I1"""
    deel.fault("P4")
    assert deel.get("/people").json()["page"]["total_rows"] == 121
    deel.fault("P4", mode="less")
    assert deel.client.get("/scim/v2/Users").json()["totalResults"] < 119
    deel.control("faults", off="P4")
    deel.fault("P2", mode="last", page=2)
    assert len(deel.people(limit=20)) == 40
    deel.control("faults", clear=True)
    deel.fault("P1")
    assert deel.get("/people").json()["data"] == []
    assert deel.client.get("/scim/v2/Users").json()["Resources"] == []
    deel.control("faults", clear=True)
    deel.fault("P8")
    rows = deel.people()
    assert len(rows) - len({row["id"] for row in rows}) == 1
    deel.control("faults", clear=True)
    odd = deel.fault("E7")[0]
    row = next(row for row in deel.people() if int(row["id"][:8], 16) == odd)
    assert (row["hiring_status"], row["person_status"]) == ("sabbatical-2027", "sabbatical-2027")
    deel.fault("E6")
    assert any(isinstance(work(row), int) for row in deel.people())
    deel.fault("E9", fields=["work_email"])
    assert {len(row["emails"]) for row in deel.people()} == {2}
    deel.fault("E9")
    assert all("id" not in row for row in deel.get("/people").json()["data"])


def test_the_same_seed_gives_the_same_answers() -> None:
    told = []
    for _ in range(2):
        running = start(["deel"], people=30, today=TODAY)
        account = DeelAccount(running)
        told.append((account.credentials, account.people()))
        account.close()
        running.stop()
    assert told[0] == told[1]


def test_twenty_thousand_people_are_read_twice_the_same() -> None:
    running = start(["deel"], people=20_000, today=TODAY)
    account = DeelAccount(running)
    first = account.people(limit=100)
    assert len({row["id"] for row in first}) == 20_000
    assert account.people(limit=100) == first
    account.close()
    running.stop()
