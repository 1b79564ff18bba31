"""Who is let in, and to what: every operation, taken from the document so that none is forgotten."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.utils import timezone

from rollcall.accounts import access, tokens
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import ApiToken
from rollcall.api.urls import document
from rollcall.connections.queries import subscription_of
from rollcall.directory.models import Tombstone
from rollcall.directory.queries import members_of
from rollcall.sync import actions
from rollcall.sync.models import Plan, Run
from tests.accounts.people import Two
from tests.api.conftest import ACTOR, Caller, token

WRITES = {
    "patch_member": "members:write",
    "suspend_member": "members:write",
    "lift_suspension": "members:write",
    "archive_member": "members:write",
    "erase_member": "members:erase",
    "allow_again": "members:erase",
    "approve_plan": "plans:approve",
    "undo_plan": "plans:approve",
    "undo_run": "plans:approve",
    "reject_plan": "plans:approve",
    "decide_conflict": "plans:approve",
}


def operations() -> list[tuple[str, str, str]]:
    """(method, path template, name) of every operation."""
    paths: dict[str, Any] = msgspec.json.decode(document())["paths"]
    return [
        (method.upper(), path.removeprefix("/api/v1"), details["operationId"])
        for path, methods in paths.items()
        for method, details in methods.items()
    ]


def needed(method: str, name: str) -> str:
    short = next((one for one in WRITES if name.endswith(one)), None)
    return WRITES[short] if short else "read" if method == "GET" else "connections:write"


def ids(two: Two) -> dict[str, object]:
    """Ids of rows that Alice's company really has."""
    with access.acting_for(two.alice_company.pk):
        subscription = subscription_of(two.alice_entity.pk)
        assert subscription is not None
        member = (
            members_of(two.alice_entity.pk).filter(link__isnull=False).values("pk", "link__employee_id")[0]
        )
        return {
            "entity_id": two.alice_entity.pk,
            "connection_id": subscription.connection_id,
            "plan_id": Plan.objects.latest("pk").pk,
            "run_id": Run.objects.latest("pk").pk,
            "member_id": member["pk"],
            "employee_id": member["link__employee_id"],
            "tombstone_id": Tombstone.objects.create(
                company=two.alice_company,
                entity=two.alice_entity,
                member_id=0,
                erased_at=timezone.now(),
                erased_by="Alice",
            ).pk,
        }


def filled(two: Two) -> Iterator[tuple[str, str, str]]:
    known = ids(two)
    for method, path, name in operations():
        yield method, path.format_map(known), name


def test_n4_without_a_live_token_every_operation_is_401_without_detail(two: Two, alice: Caller) -> None:
    """N4: missing, wrong, expired and revoked look the same."""
    company = two.alice_company.pk
    with access.acting_for(company):
        _, old = tokens.issue(
            company_id=company, name="old", scopes=["read"], expires_at=timezone.now() - timedelta(seconds=1)
        )
        revoked, ended = tokens.issue(company_id=company, name="ended", scopes=["read"])
        assert tokens.revoke(revoked)
    callers = [Caller(None), Caller("rc_wrong"), Caller(old), Caller(ended)]
    answers = [caller(method, path) for caller in callers for method, path, _ in filled(two)]
    assert len(answers) > 80
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert "detail" not in answers[0].json()
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    assert answers[0].headers["Content-Type"] == "application/problem+json"


def test_a_session_opens_nothing_here(two: Two, alice: Caller) -> None:
    client = Client()
    client.force_login(two.alice)
    assert client.get("/api/v1/tools").status_code == 401


def test_n4_the_last_use_of_a_token_is_noted_also_when_the_answer_is_an_error(
    two: Two, alice: Caller
) -> None:
    """N4"""
    assert alice("GET", "/entities/999999").status_code == 404
    with access.acting_for(two.alice_company.pk):
        assert ApiToken.objects.get().last_used_at is not None


def test_every_operation_needs_exactly_its_scope(two: Two, alice: Caller) -> None:
    callers = {
        scope: token(two.alice_entity, *(one for one in tokens.SCOPES if one != scope))
        for scope in tokens.SCOPES
    }
    for method, path, name in filled(two):
        scope = needed(method, name)
        answer = callers[scope](method, path, {})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), name
        assert answer.json()["params"] == {"scope": scope}


@pytest.mark.thorough
@pytest.mark.parametrize("only", tokens.SCOPES)
def test_no_scope_includes_another(two: Two, alice: Caller, only: str) -> None:
    caller = token(two.alice_entity, only)
    # What changes most comes last, so that each operation still finds what it asks for.
    for method, path, name in sorted(filled(two), key=lambda one: one[2].endswith("delete_connection")):
        answer = caller(method, path, {})
        forbidden = answer.status_code == 403 and answer.json()["code"] == "forbidden"
        assert forbidden == (needed(method, name) != only), name


def test_z1_inv18_with_the_ids_of_others_every_operation_is_404(
    two: Two, alice: Caller, charlie: Caller
) -> None:
    """Z1, Z2: the same answer as for ids that nobody has."""
    known = ids(two)
    tried = 0
    for method, path, name in operations():
        if "{" not in path:
            continue
        foreign = charlie(method, path.format_map(known), {})
        nobodys = charlie(method, path.format_map(dict.fromkeys(known, 987654321)), {})
        assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found"), name
        assert foreign.content == nobodys.content, name
        tried += 1
    assert tried > 18


def test_z1_inv18_lists_hold_nothing_of_others(two: Two, alice: Caller, charlie: Caller) -> None:
    """Z1"""
    assert [one["id"] for one in charlie.get("/entities")["items"]] == [two.charlie_entity.pk]
    assert charlie.get("/connections")["items"] == []
    assert charlie.get("/events")["items"] == []
    assert alice.get("/events")["items"]
    assert charlie("GET", "/events", entity_id=two.alice_entity.pk).status_code == 404


def test_z1_the_body_cannot_name_an_entity_of_others(two: Two, alice: Caller, charlie: Caller) -> None:
    """Z1"""
    body = {"entity_id": two.alice_entity.pk, "tool": "bamboohr", "credentials": {}}
    assert charlie("POST", "/connections", body).status_code == 404
    connection = ids(two)["connection_id"]
    joined = alice("POST", f"/connections/{connection}/entities", {"entity_id": two.charlie_entity.pk})
    assert joined.status_code == 404


def test_a_token_of_one_entity_reaches_that_entity_only(two: Two, alice: Caller) -> None:
    known = ids(two)
    other = create_entity(two.alice_company, "Another")
    caller = token(other, bound=True)
    for method, path, name in operations():
        if "{" in path:
            assert caller(method, path.format_map(known), {}).status_code == 404, name
    assert [one["id"] for one in caller.get("/entities")["items"]] == [other.pk]
    assert caller.get("/connections")["items"] == []
    assert caller.get("/events")["items"] == []


def test_a_token_of_one_entity_does_not_touch_what_others_share(two: Two, alice: Caller) -> None:
    known = ids(two)
    other = create_entity(two.alice_company, "Another")
    caller = token(other, bound=True)
    with access.acting_for(two.alice_company.pk):
        subscription = subscription_of(two.alice_entity.pk)
        assert subscription is not None
        actions.join(other, subscription.connection, actor=ACTOR)
    place = f"/connections/{known['connection_id']}"
    assert caller.get(place)["state"] == "connected"
    body = {"entity_id": other.pk, "tool": "bamboohr", "credentials": {}}
    refused = [
        caller("POST", place + "/pause"),
        caller("POST", place + "/resume"),
        caller("DELETE", place),
        caller("POST", "/connections", body),
        caller("GET", f"/entities/{other.pk}/employees"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "shared")] * 5
    assert alice.get(place)["state"] == "connected"
    run = caller.get(f"{place}/runs/{known['run_id']}")
    assert run["plans"] == []
