"""Errors under the API, and the document that describes it, tried by a machine."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.test.client import ClientHandler
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.accounts.people import Two
from tests.api.conftest import Caller


@pytest.mark.parametrize("path", ["/nothing", "/entities/abc", "/", "/tools/", "/entities/1/plans"])
def test_an_address_that_does_not_exist_is_a_problem_document(charlie: Caller, path: str) -> None:
    answer = charlie("GET", path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:rollcall:problem:not-found"


def test_a_wrong_method_is_a_problem_document(charlie: Caller) -> None:
    answer = charlie("PUT", "/tools", {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "!"}, {"cursor": "YQ=="}]
)
def test_a_wrong_parameter_is_named(charlie: Caller, query: dict[str, Any]) -> None:
    answer = charlie("GET", "/entities", **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["params"]["fields"][0]["field"].endswith(next(iter(query)))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"entity_id": 1e999}'])
def test_a_body_that_is_no_json_is_a_problem_document(charlie: Caller, body: bytes) -> None:
    answer = charlie.client.post(
        "/api/v1/connections", body, content_type="application/json", headers=charlie.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_body_that_is_too_large_is_a_problem_document(charlie: Caller) -> None:
    answer = charlie("POST", "/connections", {"tool": "x" * 6_000_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_sentences_come_in_the_language_asked_for(charlie: Caller) -> None:
    charlie.headers["Accept-Language"] = "fr"
    answer = charlie("GET", "/nothing")
    assert answer.headers["Content-Language"] == "fr"


def test_the_document_describes_every_operation_with_its_token(charlie: Caller) -> None:
    answer = Caller(None).get("/openapi.json")
    assert answer["openapi"].startswith("3.1")
    operations = [one for methods in answer["paths"].values() for one in methods.values()]
    assert all(one["security"] == [{"Bearer": []}] for one in operations)
    bodies = [one["requestBody"]["content"]["application/json"] for one in operations if "requestBody" in one]
    assert bodies and all("example" in one for one in bodies)
    assert len({one["operationId"] for one in operations}) == len(operations)


def _app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """The whole application; Django's own WSGI handler would close the database connection of the test."""
    response: Any = ClientHandler(enforce_csrf_checks=True)(environ)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


@pytest.mark.journey
def test_no_request_a_machine_can_think_of_breaks_an_operation(two: Two, alice: Caller) -> None:
    """What comes back has the documented status, type and shape, and is never a 500."""
    tried = 0
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", _app)
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            # Cursors, tools and fields are judged by more than their schema: a refusal may be right.
            nonlocal tried
            # Half of the made-up ids are ones that exist, so that more than 404 is seen.
            if "entity_id" in case.path_parameters and tried % 2:
                case.path_parameters["entity_id"] = two.alice_entity.pk
            case.call_and_validate(headers=alice.headers, excluded_checks=[positive_data_acceptance])
            tried += 1

        check()
    assert tried > 100
