"""Each resource with a real company behind it: its HR tool is the stand-in on loopback."""

from typing import Any

import msgspec
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from rollcall.accounts import access
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import Company
from rollcall.api.members import ListedMember
from rollcall.connections.models import Connection, Employee
from rollcall.connections.queries import subscription_of
from rollcall.directory.queries import members_of
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import Settings
from rollcall.events.models import Event
from rollcall.simulators.server import Running
from tests.accounts.people import Two
from tests.api.conftest import PEOPLE, Caller, connected, previewed, token


def refused(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["detail"]
    return answer.status_code, document["code"]


def walk(caller: Caller, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, following `next`."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = caller.get(path, cursor=cursor, **query)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = page["next"]


@pytest.fixture
def base(two: Two) -> str:
    return f"/entities/{two.alice_entity.pk}"


@pytest.fixture
def connection(two: Two, alice: Caller) -> str:
    return f"/connections/{alice.get('/connections')['items'][0]['id']}"


def test_the_gallery_says_what_each_tool_needs(alice: Caller) -> None:
    """S10, S12, S15, S17"""
    tools = {one["key"]: one for one in alice.get("/tools")["items"]}
    assert [one["name"] for one in tools["bamboohr"]["credentials"]] == ["subdomain", "api_key"]
    assert tools["bamboohr"]["data"]
    assert not tools["gusto"]["connectable"]
    assert [tools[key]["kind"] for key in ("bamboohr", "csv", "gusto")] == ["api", "file", ""]


def test_a_tool_is_connected_configured_previewed_and_approved(two: Two, bamboo: Running) -> None:
    """S13, S14, S25, S27, S39-S41: from nothing to a plan that a worker applies."""
    caller = token(two.alice_entity)
    base = f"/entities/{two.alice_entity.pk}"
    assert refused(caller("GET", base + "/settings")) == (409, "not_connected")
    body = {
        "entity_id": two.alice_entity.pk,
        "tool": "bamboohr",
        "credentials": bamboo.credentials("bamboohr"),
        "leave_out": ["bank_account"],
    }
    made = caller("POST", "/connections", body)
    assert made.status_code == 201
    assert made.json()["state"] == "connecting"
    assert bamboo.credentials("bamboohr")["api_key"] not in made.content.decode()
    assert refused(caller("PUT", base + "/settings", {})) == (409, "not_read_yet")

    connected(two.alice_entity, bamboo)
    assert caller.get(f"/connections/{made.json()['id']}")["state"] == "action_required"
    previewed_plan = caller("PUT", base + "/settings", {"archive_inactive": True}).json()
    assert previewed_plan["state"] == "preview"
    assert previewed_plan["counts"]["create"] > 10
    assert caller.get(base)["waiting_plan_id"] == previewed_plan["id"]
    assert caller.get(base + "/members")["items"] == []

    place = f"{base}/plans/{previewed_plan['id']}"
    assert refused(caller("POST", place + "/approve", {"digest": "other"})) == (409, "digest")
    approved = caller("POST", place + "/approve", {"digest": previewed_plan["digest"]})
    assert (approved.status_code, approved.json()["state"]) == (202, "applying")
    again = caller("POST", place + "/approve", {"digest": previewed_plan["digest"]})
    assert refused(again) == (409, "decided")  # C6: twice does it once
    settings = caller.get(base + "/settings")
    assert settings["live"] and settings["settings"]["archive_inactive"]


def test_wrong_credentials_say_who_must_do_what_and_store_nothing(two: Two, bamboo: Running) -> None:
    caller = token(two.alice_entity)
    credentials = {**bamboo.credentials("bamboohr"), "api_key": "wrong"}
    body = {"entity_id": two.alice_entity.pk, "tool": "bamboohr", "credentials": credentials}
    answer = caller("POST", "/connections", body)
    assert refused(answer) == (422, "credentials")
    assert "BambooHR" in answer.json()["detail"]
    assert caller.get("/connections")["items"] == []


def test_a_tool_that_is_down_is_a_503(two: Two, bamboo: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", "http://127.0.0.1:9")
    body = {
        "entity_id": two.alice_entity.pk,
        "tool": "bamboohr",
        "credentials": bamboo.credentials("bamboohr"),
    }
    assert refused(token(two.alice_entity)("POST", "/connections", body)) == (503, "unreachable")


def test_a_company_on_the_plan_essentials_cannot_connect(two: Two, bamboo: Running) -> None:
    """S5"""
    with access.acting_for(two.alice_company.pk):
        Company.objects.filter(pk=two.alice_company.pk).update(plan="essentials")
    body = {
        "entity_id": two.alice_entity.pk,
        "tool": "bamboohr",
        "credentials": bamboo.credentials("bamboohr"),
    }
    assert refused(token(two.alice_entity)("POST", "/connections", body)) == (403, "plan")


def test_a_tool_nobody_knows_is_refused(two: Two) -> None:
    body = {"entity_id": two.alice_entity.pk, "tool": "gusto", "credentials": {}}
    assert refused(token(two.alice_entity)("POST", "/connections", body)) == (422, "unknown_tool")


def test_pause_sync_resume_and_disconnect(alice: Caller, connection: str, base: str) -> None:
    """S47, S48: members stay as they are, and nobody manages them."""
    assert alice("POST", connection + "/pause").json()["state"] == "paused"
    assert refused(alice("POST", connection + "/sync")) == (409, "not_connected")
    assert alice("POST", connection + "/resume").status_code == 202
    assert refused(alice("POST", connection + "/resume")) == (409, "not_paused")
    assert alice("POST", connection + "/sync").status_code == 202
    before = walk(alice, base + "/members")
    gone = alice("DELETE", connection)
    assert gone.json()["released"] == sum(one["hr_status"] == "managed" for one in before) > 10
    assert refused(alice("DELETE", connection)) == (409, "not_connected")
    assert {one["hr_status"] for one in walk(alice, base + "/members")} == {"released", "manual"}


def test_filter_values_come_with_their_counts(alice: Caller, connection: str) -> None:
    """S31-S34"""
    found = {one["attribute"]: one for one in alice.get(connection + "/filter-values")["items"]}
    assert found["work_location"]["label"] == "Work location"
    assert sum(one["count"] for one in found["work_location"]["values"]) <= PEOPLE


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"archive_inactve": True}, "unknown field"),
        ({"scope": {"type": "filter", "conditions": [], "managers": True}}, "unknown field"),
        ({"scope": {"type": "nobody"}}, "Invalid value"),
        ({"fields": {"shoe_size": "hr"}}, "not a member's field"),
        ({"limits": {"removed_share": 0.2}}, "changed at /limits"),
        ([], "Expected `object`"),
    ],
)
def test_settings_that_are_not_as_documented_are_refused(
    alice: Caller, base: str, body: object, message: str
) -> None:
    answer = alice("PUT", base + "/settings", body)
    assert refused(answer) == (422, "invalid")
    assert message in answer.json()["params"]["fields"][0]["message"]


def test_a_text_with_nul_is_refused(alice: Caller, base: str) -> None:
    condition = {"attribute": "team", "test": "one_of", "values": ["a\x00b"]}
    body = {"scope": {"type": "filter", "conditions": [condition]}}
    assert refused(alice("PUT", base + "/settings", body)) == (422, "invalid")
    assert refused(alice("GET", base + "/members", search="a\x00b")) == (422, "invalid")
    assert refused(alice("GET", base + "/employees/a%00b/why")) == (404, "not_found")


def test_changes_are_paged_and_every_line_has_its_reason(two: Two, bamboo: Running) -> None:
    """S40: product decision 4"""
    connected(two.alice_entity, bamboo)
    plan = previewed(two.alice_entity)
    caller = token(two.alice_entity)
    place = f"/entities/{two.alice_entity.pk}/plans/{plan.pk}/changes"
    found = walk(caller, place, limit=7)
    assert [one["number"] for one in found] == list(range(1, len(found) + 1))
    assert len(found) == sum(plan.counts[kind] for kind in ("create", "link", "update", "skip", "note"))
    assert all(one["why"]["sentence"] and one["why"]["code"] != one["why"]["sentence"] for one in found)
    invited = walk(caller, place, kind=["create"])
    assert len(invited) == plan.counts["create"] and invited[0]["fields"]["email"]["before"] is None
    assert all(set(one) == {"before", "after"} for line in found for one in line["fields"].values())
    name = invited[0]["name"].split()[0]
    assert walk(caller, place, search=name)


def test_a_plan_that_passes_a_limit_needs_an_override(alice: Caller, two: Two, base: str) -> None:
    plan = previewed(
        two.alice_entity,
        Settings(
            scope=Filter(conditions=(Condition(attribute="country", test="one_of", values=("XX",)),)),
        ),
    )
    shown = alice.get(f"{base}/plans/{plan.pk}")
    assert shown["breaches"] and all(one["detail"] for one in shown["breaches"])
    place = f"{base}/plans/{plan.pk}"
    body = {"digest": plan.digest}
    assert refused(alice("POST", place + "/approve", body)) == (409, "override_needed")
    body["override"] = "We close."
    assert alice("POST", place + "/approve", body).json()["override"] == "We close."


def test_c6_a_rejected_plan_stays_rejected(alice: Caller, two: Two, base: str) -> None:
    """C6"""
    plan = previewed(two.alice_entity)
    place = f"{base}/plans/{plan.pk}"
    assert alice("POST", place + "/reject").json()["state"] == "rejected"
    assert refused(alice("POST", place + "/reject")) == (409, "decided")
    assert refused(alice("POST", place + "/approve", {"digest": plan.digest})) == (409, "decided")


def test_runs_are_listed_newest_first_with_their_plans(alice: Caller, two: Two, connection: str) -> None:
    runs = walk(alice, connection + "/runs", limit=1)
    assert [one["state"] for one in runs] == ["succeeded"]
    assert runs[0]["seen"]["employees"] == PEOPLE
    assert alice.get(f"{connection}/runs/{runs[0]['id']}")["run"] == runs[0]


def test_members_are_walked_page_by_page_without_loss(alice: Caller, two: Two, base: str) -> None:
    found = walk(alice, base + "/members", limit=7)
    assert found == walk(alice, base + "/members", limit=100)
    assert msgspec.convert(found, list[ListedMember])
    with access.acting_for(two.alice_company.pk):
        assert [one["id"] for one in found] == list(
            members_of(two.alice_entity.pk).order_by("pk").values_list("pk", flat=True)
        )
    assert [one["email"] for one in found if one["hr_status"] == "manual"] == [two.alice.email]
    assert [one["id"] for one in walk(alice, base + "/members", search="alice owner")] == [found[-1]["id"]]
    invited = walk(alice, base + "/members", state="invited")
    assert len(invited) == alice.get(base)["members"]["invited"] == len(found) - 1


def test_the_list_of_members_takes_the_same_statements_for_any_number(alice: Caller, base: str) -> None:
    alice.get(base)  # notes the use of the token
    with CaptureQueriesContext(database) as few:
        alice.get(base + "/members", limit=1)
    with CaptureQueriesContext(database) as many:
        alice.get(base + "/members", limit=100)
    assert len(few) == len(many)
    assert sum("directory_member" in one["sql"] for one in many) == 1


def test_the_list_of_entities_takes_the_same_statements_for_any_number(alice: Caller, two: Two) -> None:
    alice.get("/entities")
    with CaptureQueriesContext(database) as few:
        assert [one["live"] for one in alice.get("/entities")["items"]] == [True]
    for number in range(3):
        create_entity(two.alice_company, f"Another {number}")
    with CaptureQueriesContext(database) as many:
        assert [one["live"] for one in walk(alice, "/entities")] == [True, False, False, False]
    assert len(few) == len(many)
    assert len(walk(alice, "/entities", limit=3)) == 4


def test_a_managed_field_is_refused_with_its_reason(alice: Caller, base: str) -> None:
    """S55, S56"""
    member = next(one for one in walk(alice, base + "/members") if one["hr_status"] == "managed")
    place = f"{base}/members/{member['id']}"
    answer = alice("PATCH", place, {"job_title": "Emperor"})
    assert refused(answer) == (409, "managed")
    assert answer.json()["params"] == {"field": "job_title", "tool": "bamboohr"}
    assert "BambooHR" in answer.json()["detail"]
    shown = alice.get(place)
    assert shown["job_title"] == member["job_title"]
    assert shown["locked_fields"]["job_title"] == "bamboohr"
    assert shown["link"]["managed"]


def test_a_member_by_hand_is_changed_and_the_token_stands_in_the_log(
    alice: Caller, two: Two, base: str
) -> None:
    """S60"""
    member = next(one for one in walk(alice, base + "/members") if one["hr_status"] == "manual")
    place = f"{base}/members/{member['id']}"
    assert alice("PATCH", place, {"job_title": "Founder", "team": None}).json()["job_title"] == "Founder"
    event = alice.get("/events", member_id=member["id"])["items"][0]
    assert (event["kind"], event["actor_kind"]) == ("member.updated", "token")
    assert refused(alice("PATCH", place, {"email": "nobody"})) == (422, "not_an_email")
    assert refused(alice("PATCH", place, {"role": "owner"})) == (422, "invalid")
    other = walk(alice, base + "/members")[0]["email"]
    assert refused(alice("PATCH", place, {"email": other})) == (409, "already_member")


def test_suspending_is_at_once_and_spares_the_last_owner(alice: Caller, base: str) -> None:
    """Product decisions 10 and 11"""
    members = walk(alice, base + "/members")
    managed = next(one for one in members if one["hr_status"] == "managed")
    place = f"{base}/members/{managed['id']}/suspend"
    answer = alice("POST", place).json()
    assert answer["suspended_at"] and answer["state"] == managed["state"]
    assert refused(alice("POST", place)) == (409, "suspended")
    back = f"{base}/members/{managed['id']}/lift-suspension"
    assert alice("POST", back).json()["suspended_at"] is None
    assert refused(alice("POST", back)) == (409, "not_suspended")
    assert alice("POST", f"{base}/members/{managed['id']}/archive").json()["state"] == "archived"
    assert refused(alice("POST", place)) == (409, "archived")
    owner = next(one for one in members if one["role"] == "owner")
    assert refused(alice("POST", f"{base}/members/{owner['id']}/suspend")) == (409, "last_owner")


def test_z5_employees_are_walked_without_account_numbers(alice: Caller, base: str) -> None:
    """Z5"""
    found = walk(alice, base + "/employees", limit=7)
    assert len(found) == len({one["id"] for one in found}) == PEOPLE
    assert all(one["work_email"] is None or "@" in one["work_email"] for one in found)
    assert not [one for one in found if "bank_account" in one]


def test_why_says_what_decided(alice: Caller, two: Two, base: str) -> None:
    """Product decision 16: also for people who were not invited."""
    with access.acting_for(two.alice_company.pk):
        member = (
            members_of(two.alice_entity.pk).filter(link__isnull=False).values("pk", "link__employee_id")[0]
        )
        subscription = subscription_of(two.alice_entity.pk)
        assert subscription is not None
        linked = members_of(two.alice_entity.pk).filter(link__isnull=False).values("link__employee_id")
        nobody = Employee.objects.exclude(external_id__in=linked).earliest("pk")
    why = alice.get(f"{base}/employees/{member['link__employee_id']}/why")
    assert (why["member_id"], why["in_scope"], why["kept_out_by"]) == (member["pk"], True, None)
    assert why["link"]["managed"]
    assert (why["findings"]["outcome"]["code"], why["findings"]["rule"]["code"]) == ("in_step", "everybody")
    assert [way["leads_to"]["code"] for way in why["findings"]["ways"]] == ["left_alone", "release"]
    why = alice.get(f"{base}/employees/{nobody.external_id}/why")
    assert (why["member_id"], why["link"], why["employee"]["status"]) == (None, None, "inactive")
    with access.acting_for(two.alice_company.pk):
        condition = Condition(attribute="country", test="one_of", values=("XX",))
        subscription.settings = msgspec.to_builtins(Settings(scope=Filter(conditions=(condition,))))
        subscription.save(update_fields=["settings"])
    why = alice.get(f"{base}/employees/{member['link__employee_id']}/why")
    assert (why["in_scope"], why["kept_out_by"]["attribute"]) == (False, "country")
    findings = why["findings"]
    assert (findings["outcome"]["code"], findings["reason_code"]) == ("release", "out_of_scope")
    assert [one["holds"] for one in findings["conditions"]] == [False]
    assert findings["reason"].endswith("The filter asks for: XX.")
    assert findings["ways"][0]["steps"][0]["code"] == "in_scope"
    assert alice("GET", base + "/employees/nobody/why").status_code == 404


def test_events_are_walked_newest_first_and_hold_no_part_of_a_link(alice: Caller, two: Two) -> None:
    found = walk(alice, "/events", limit=9)
    assert [one["number"] for one in found] == list(range(len(found), 0, -1))
    with access.acting_for(two.alice_company.pk):
        assert Event.objects.filter(data__has_key="nonce").exists()
    assert not [one for one in found if "nonce" in one["data"]]
    only = walk(alice, "/events", kind="member.invited", entity_id=two.alice_entity.pk)
    assert {one["kind"] for one in only} == {"member.invited"}


def test_a_broken_connection_says_so(alice: Caller, two: Two, connection: str) -> None:
    """S53"""
    with access.acting_for(two.alice_company.pk):
        Connection.objects.update(state="error", error="credentials", error_params={"tool": "BambooHR"})
    error = alice.get(connection)["error"]
    assert error["code"] == "credentials" and "BambooHR" in error["detail"]


def test_the_record_of_somebody_who_vanished_still_answers_why(alice: Caller, two: Two, base: str) -> None:
    with access.acting_for(two.alice_company.pk):
        row = Employee.objects.earliest("pk")
        row.absent_since = row.first_seen_at
        row.save(update_fields=["absent_since"])
    assert alice.get(f"{base}/employees/{row.external_id}/why")["listed"] is False
