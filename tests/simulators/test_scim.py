"""What a SCIM 2.0 provider answers, by the standard and by what differs between providers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running, start
from tests.simulators.conftest import TODAY, Account

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
HR = "urn:example:params:scim:schemas:extension:hr:1.0:User"


class ScimAccount(Account):
    def __init__(self, running: Running) -> None:
        super().__init__(running, "scim")
        self.client.headers["Authorization"] = f"Bearer {self.credentials['token']}"

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        return self.client.get(f"{self.credentials['base_url']}{path}", params=query)

    def page(self, **query: Any) -> dict[str, Any]:
        answer = self.get("/Users", **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def users(self, count: int = 50, **query: Any) -> list[dict[str, Any]]:
        """Everybody, by index."""
        found: list[dict[str, Any]] = []
        while True:
            body = self.page(startIndex=len(found) + 1, count=count, **query)
            found += body.get("Resources", [])
            if not body.get("Resources") or len(found) >= body["totalResults"]:
                return found


@pytest.fixture
def scim() -> Iterator[ScimAccount]:
    running = start(["scim"], people=120, today=TODAY)
    account = ScimAccount(running)
    yield account
    account.close()
    running.stop()


def test_the_base_address_is_where_it_is_served(scim: ScimAccount) -> None:
    assert scim.credentials["base_url"] == f"{scim.url}/scim/v2"


def test_users_are_paged_by_index_from_one(scim: ScimAccount) -> None:
    body = scim.page(startIndex=101, count=50)
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (120, 101, 20)
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    assert len({user["id"] for user in scim.users()}) == 120
    assert scim.page(startIndex=0, count=5)["startIndex"] == 1
    assert scim.page(startIndex=121)["Resources"] == []
    none = scim.page(count=0)
    assert (none["totalResults"], none["Resources"]) == (120, [])
    assert scim.get("/Users").headers["content-type"].startswith("application/scim+json")


def test_users_say_what_the_company_knows(scim: ScimAccount) -> None:
    told = {str(person["id"]): person for person in scim.told("people")["people"]}
    users = scim.users()
    ids = {user["externalId"]: user["id"] for user in users}
    for user in users:
        person = told[user["externalId"]]
        work = [one["value"] for one in user["emails"] if one["type"] == "work"]
        assert work == ([person["work_email"]] if person["work_email"] else [])
        assert user["active"] is (person["status"] in ("active", "on_leave"))
        assert user[ENTERPRISE]["department"] == person["department"]
        assert user[ENTERPRISE].get("employeeNumber") == person["employee_number"]
        manager = user[ENTERPRISE].get("manager")
        assert (manager and manager["value"]) == (person["manager_id"] and ids[str(person["manager_id"])])
        assert user[HR]["startDate"] == person["start_date"]
        assert user[HR].get("iban") == person["iban"]
        assert user["schemas"] == [name for name in user["schemas"] if name in user or "core" in name]


def test_one_user_is_read_by_id(scim: ScimAccount) -> None:
    user = scim.users()[3]
    assert scim.client.get(user["meta"]["location"]).json() == user
    missing = scim.get("/Users/0000")
    assert (missing.status_code, missing.json()["status"]) == (404, "404")


@pytest.mark.parametrize(
    ("header", "status"), [("", 401), ("Bearer no", 401), ("Basic eDp5", 401), ("Basic ????", 401)]
)
def test_wrong_credentials_are_refused_in_words_of_scim(scim: ScimAccount, header: str, status: int) -> None:
    scim.client.headers["Authorization"] = header
    answer = scim.get("/Users")
    assert (answer.status_code, answer.json()["status"]) == (status, str(status))
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert scim.get("/ServiceProviderConfig").status_code == 401
    scim.control("options", open_config=True)
    assert scim.get("/ServiceProviderConfig").status_code == 200


def test_basic_works_too_and_revoked_tokens_do_not(scim: ScimAccount) -> None:
    """A3"""
    token = scim.credentials["token"]
    url = f"{scim.credentials['base_url']}/Users"
    assert LOOPBACK.get(url, auth=("rollcall", token)).status_code == 200
    scim.control("credentials", action="revoke")
    assert scim.get("/Users").status_code == 401
    scim.control("credentials", action="restore")
    assert scim.get("/Users").status_code == 200
    scim.control("credentials", action="replace")
    assert scim.get("/Users").status_code == 401


def test_a_count_may_be_capped(scim: ScimAccount) -> None:
    scim.control("options", cap=7)
    assert scim.page(count=100)["itemsPerPage"] == 7
    assert len(scim.users(count=100)) == 120


def test_the_list_may_be_missing_when_it_is_empty(scim: ScimAccount) -> None:
    scim.control("options", omit_resources=True)
    assert "Resources" not in scim.page(filter='userName eq "nobody"')
    assert "Resources" in scim.page()


def test_the_total_may_be_that_of_the_page(scim: ScimAccount) -> None:
    scim.control("options", page_total=True)
    assert scim.page(count=50)["totalResults"] == 50
    assert scim.page(startIndex=101, count=50)["totalResults"] == 20


@pytest.mark.parametrize("option", ["cursor_paging", "cursor_only"])
def test_pages_may_come_by_cursor(scim: ScimAccount, option: str) -> None:
    scim.control("options", **{option: True})
    told = scim.get("/ServiceProviderConfig").json()["pagination"]
    assert told["cursor"] is True
    assert told["index"] is (option == "cursor_paging")
    found, cursor = [], ""
    while True:
        body = scim.page(cursor=cursor, count=50)
        assert "startIndex" not in body
        found += body["Resources"]
        if "nextCursor" not in body:
            break
        cursor = body["nextCursor"]
    assert len({user["id"] for user in found}) == 120
    wrong = scim.get("/Users", cursor="zz")
    assert (wrong.status_code, wrong.json()["scimType"]) == (400, "invalidCursor")
    assert ("startIndex" in scim.page()) is (option == "cursor_paging")


def _starts_or_ends(user: dict[str, Any]) -> bool:
    name = str(user["name"]["familyName"]).casefold()
    return name.startswith("m") or name.endswith("z")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("active eq false", lambda user: not user["active"]),
        (
            'active eq true and userType ne "Employee"',
            lambda user: user["active"] and user["userType"] != "Employee",
        ),
        ('not (USERTYPE eq "employee")', lambda user: user["userType"] != "Employee"),
        ('name.familyName sw "M" or name.familyName ew "z"', _starts_or_ends),
        (f'{ENTERPRISE}:department co "sale"', lambda user: user[ENTERPRISE]["department"] == "Sales"),
        ("emails pr", lambda user: any(one["type"] == "work" for one in user["emails"])),
        (
            'meta.lastModified gt "2026-10-01T00:00:00Z"',
            lambda user: user["meta"]["lastModified"][:7] >= "2026-10",
        ),
    ],
)
def test_filters_find_the_right_users(scim: ScimAccount, text: str, wanted: Any) -> None:
    every = scim.users()
    found = scim.users(filter=text)
    assert [user["id"] for user in found] == [user["id"] for user in every if wanted(user)]
    assert 0 < len(found) < 120


@pytest.mark.parametrize(
    "text",
    [
        "shoe eq 4",
        "userName",
        "userName eq",
        'userName is "x"',
        'userName eq "x',
        "(active eq true",
        'meta.created gt "now"',
        "active eq true active",
    ],
)
def test_filters_that_cannot_be_read_are_400(scim: ScimAccount, text: str) -> None:
    answer = scim.get("/Users", filter=text)
    assert (answer.status_code, answer.json().get("scimType")) == (400, "invalidFilter")


def test_filters_may_be_unsupported(scim: ScimAccount) -> None:
    assert scim.get("/ServiceProviderConfig").json()["filter"]["supported"] is True
    scim.control("options", filter_unsupported=True)
    assert scim.get("/ServiceProviderConfig").json()["filter"]["supported"] is False
    assert scim.get("/Users", filter="active eq true").json()["scimType"] == "invalidFilter"


def test_changes_are_found_and_deletions_are_not(scim: ScimAccount) -> None:
    """P7"""
    scim.control("clock", days=1)
    changed, removed = (person["id"] for person in scim.told("people")["people"][5:7])
    scim.control("rename", id=changed, first_name="Fresh")
    scim.control("remove", id=removed)
    found = scim.users(filter='meta.lastModified gt "2026-11-23T00:00:00Z"')
    assert [user["name"]["givenName"] for user in found] == ["Fresh"]
    assert len(scim.users()) == 119


def test_truth_may_be_text_and_names_in_another_case(scim: ScimAccount) -> None:
    scim.control("options", text_booleans=True)
    assert {user["active"] for user in scim.users()} == {"True", "False"}
    scim.control("options", odd_case=True)
    user = scim.page(count=1)["resources"][0]
    assert {"UserName", "Active", "Emails", ENTERPRISE} <= user.keys()
    assert user["Name"].keys() == {"GivenName", "FamilyName", "Formatted"}


def test_inactive_users_may_be_hidden(scim: ScimAccount) -> None:
    gone = next(user for user in scim.users() if not user["active"])
    scim.control("options", hide_inactive=True)
    users = scim.users()
    assert all(user["active"] for user in users)
    assert len(users) < 120
    assert scim.get(f"/Users/{gone['id']}").status_code == 404


def test_the_extension_may_be_missing(scim: ScimAccount) -> None:
    assert HR in [row["id"] for row in scim.get("/Schemas").json()["Resources"]]
    scim.control("options", standard_only=True)
    assert all(HR not in user and HR not in user["schemas"] for user in scim.users())
    assert HR not in [row["id"] for row in scim.get("/Schemas").json()["Resources"]]
    assert len(scim.get("/ResourceTypes").json()["Resources"]) == 2


def test_attributes_can_be_asked_for_or_left_out(scim: ScimAccount) -> None:
    assert scim.page(attributes="userName,ACTIVE", count=1)["Resources"][0].keys() == {
        "schemas",
        "id",
        "userName",
        "active",
    }
    assert "emails" not in scim.page(excludedAttributes="emails", count=1)["Resources"][0]
    body = {"attributes": ["userName"], "count": 2, "filter": "active eq true"}
    found = scim.client.post("/scim/v2/Users/.search", json=body).json()
    assert [user.keys() for user in found["Resources"]] == [{"schemas", "id", "userName"}] * 2


def test_departments_are_groups(scim: ScimAccount) -> None:
    groups = scim.get("/Groups").json()["Resources"]
    members = {one["value"] for group in groups for one in group["members"]}
    assert members == {user["id"] for user in scim.users()}
    assert "members" not in scim.get("/Groups", excludedAttributes="members").json()["Resources"][0]
    assert scim.get(f"/Groups/{groups[0]['id']}").json() == groups[0]
    assert scim.get("/Groups/0").status_code == 404
    assert scim.client.post("/scim/v2/Users", json={}).status_code == 501


def test_fields_can_be_hidden_or_null_and_the_company_another(scim: ScimAccount) -> None:
    """A5 and A6"""
    scim.fault("A5")
    assert all("iban" not in user[HR] for user in scim.users())
    scim.fault("A5", mode="null", fields=["job_title"])
    assert {user["title"] for user in scim.users()} == {None}
    scim.control("permissions", hidden=["work_email", "department"])
    assert all("emails" not in u and "department" not in u[ENTERPRISE] for u in scim.users())
    scim.fault("A6")
    assert {user[ENTERPRISE]["organization"] for user in scim.users()} == {"Harbourlight"}


def test_faults_show_in_the_list(scim: ScimAccount) -> None:
    """P1, P2, P3, P4, P5, P8, E6, E7, E9, T10, T11, T12, A1"""
    for fault, check in (
        ({"id": "P1"}, lambda: scim.page()["Resources"] == []),
        ({"id": "P2", "page": 2}, lambda: scim.get("/Users", startIndex=51, count=50).status_code == 500),
        ({"id": "P3"}, lambda: len(users := scim.users()) > len({user["id"] for user in users})),
        ({"id": "P4", "mode": "less"}, lambda: scim.page()["totalResults"] == 120),  # one joined by P3
        ({"id": "P5"}, lambda: scim.page(startIndex=5001, count=50)["totalResults"] > 5050),
        ({"id": "P8"}, lambda: sum(u["name"]["familyName"] == "Else" for u in scim.users()) == 1),
        ({"id": "E6"}, lambda: sum(u["userName"] == 42 for u in scim.users()) == 1),
        ({"id": "E7"}, lambda: sum(u["userType"] == "sabbatical-2027" for u in scim.users()) == 1),
        ({"id": "E9"}, lambda: all("id" not in user for user in scim.users())),
        ({"id": "E9", "fields": ["userName"]}, lambda: all("userName" not in u for u in scim.users())),
        ({"id": "E8"}, lambda: b'[{"score":NaN,"schemas"' in scim.get("/Users").content),
        ({"id": "T10"}, lambda: scim.get("/Users").text.startswith("<!doctype html>")),
        ({"id": "T11"}, lambda: scim.get("/Users").content == b""),
        ({"id": "T12"}, lambda: scim.get("/Users").json()["status"] == "500"),
        ({"id": "A1", "page": 2}, lambda: scim.get("/Users", startIndex=101).status_code == 401),
    ):
        scim.control("faults", on=fault)
        assert check(), fault
        scim.control("faults", clear=True)


@pytest.mark.parametrize("mode", ["endless", "repeat"])
def test_cursors_may_never_end(scim: ScimAccount, mode: str) -> None:
    """P5"""
    scim.control("options", cursor_only=True)
    scim.fault("P5", mode=mode)
    cursors = [""]
    for _ in range(8):
        cursors.append(scim.page(cursor=cursors[-1], count=50)["nextCursor"])
    assert (len(set(cursors)) == 9) is (mode == "endless")


def test_twenty_thousand_people_are_read_twice_the_same() -> None:
    running = start(["scim"], people=20_000, today=TODAY)
    account = ScimAccount(running)
    first = account.users(count=200)
    assert len({user["id"] for user in first}) == 20_000
    assert account.users(count=200) == first
    account.close()
    running.stop()
