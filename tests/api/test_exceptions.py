"""People named by hand (S35) through the API: previewed, signed by the caller, told back."""

import pytest

from tests.accounts.people import Two
from tests.api.conftest import Caller


@pytest.fixture
def base(two: Two) -> str:
    return f"/entities/{two.alice_entity.pk}"


def test_s35_exceptions_are_previewed_signed_by_the_caller_and_counted(alice: Caller, base: str) -> None:
    somebody = next(one["id"] for one in alice.get(base + "/employees")["items"] if one["status"] == "active")
    whole = alice("PUT", base + "/settings", {}).json()
    forged = {"employee_id": somebody, "act": "keep_out", "reason": "On loan", "by": "The Queen", "at": None}
    made = alice("PUT", base + "/settings", {"exceptions": [forged]})
    assert made.status_code == 200
    assert made.json()["counts"]["in_scope"] == whole["counts"]["in_scope"] - 1
    (kept,) = alice.get(base + "/settings")["draft"]["exceptions"]
    assert (kept["employee_id"], kept["act"], kept["reason"]) == (somebody, "keep_out", "On loan")
    assert kept["by"] not in ("", "The Queen") and kept["at"]
    alice("PUT", base + "/settings", {"exceptions": [forged], "archive_inactive": True})
    (same,) = alice.get(base + "/settings")["draft"]["exceptions"]
    assert same == kept  # who decided it first stays


@pytest.mark.parametrize(
    ("exceptions", "message"),
    [
        ([{"employee_id": "1", "act": "add"}], "reason"),
        ([{"employee_id": "1", "act": "add", "reason": ""}], "length"),
        ([{"employee_id": "1", "act": "invite", "reason": "a"}], "Invalid enum value"),
        ([{"employee_id": "1", "act": "add", "reason": "a", "why": "b"}], "unknown field"),
        (
            [{"employee_id": "1", "act": act, "reason": "a"} for act in ("add", "keep_out")],
            "is named twice",
        ),
        ([{"employee_id": str(one), "act": "add", "reason": "a"} for one in range(501)], "length"),
    ],
)
def test_s35_exceptions_that_are_not_as_documented_are_refused(
    alice: Caller, base: str, exceptions: object, message: str
) -> None:
    answer = alice("PUT", base + "/settings", {"exceptions": exceptions})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert message in answer.json()["params"]["fields"][0]["message"]
