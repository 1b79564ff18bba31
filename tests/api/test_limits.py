"""Limits over the API: read with their use, changed with a reason, never beside other settings."""

import pytest

from rollcall.engine.limits import RANGES, Limits
from tests.accounts.people import Two
from tests.api.conftest import Caller, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def base(two: Two) -> str:
    return f"/entities/{two.alice_entity.pk}"


def refused(answer: object) -> tuple[int, str, str]:
    body = answer.json()  # type: ignore[attr-defined] # an answer of Django's test client
    fields = body.get("params", {}).get("fields", [{"field": "", "message": ""}])
    return answer.status_code, fields[0]["field"], fields[0]["message"]  # type: ignore[attr-defined] # same


def test_limits_are_told_with_their_ranges_and_use(alice: Caller, base: str) -> None:
    found = alice.get(base + "/limits")
    assert found["limits"] == {name: pytest.approx(getattr(Limits(), name)) for name in RANGES}
    assert found["ranges"]["removed_share"] == [0, 0.5]
    assert set(found["fixed"]) == {"nobody_seen", "nobody_left", "renumbered"} and found["whole_group"] == 3
    used = {(one["limit"], one["window"]): one for one in found["used"]}
    assert used["archived", "day"]["done"] == 0 and used["archived", "week"]["most"] >= 0


def test_set3_limits_change_with_a_reason_and_keep_the_rest(alice: Caller, base: str) -> None:
    answer = alice("PUT", base + "/limits", {"limits": {"removed_heads": 60}, "reason": "merger"})
    assert answer.status_code == 200 and answer.json()["limits"]["removed_heads"] == 60
    assert answer.json()["limits"]["removed_floor"] == 3
    # Settings neither reset nor bring them.
    put = alice("PUT", base + "/settings", {"archive_inactive": True})
    assert put.status_code == 200 and put.json()["settings"]["limits"]["removed_heads"] == 60
    smuggled = alice("PUT", base + "/settings", {"limits": {"removed_heads": 61}})
    assert refused(smuggled) == (422, "body.limits", "changed at /limits, with a reason")


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"limits": {"removed_heads": 60}, "reason": " "}, "body.reason", "must not be empty"),
        ({"limits": {"removed_share": 0.6}, "reason": "x"}, "body.limits.removed_share", "from 0 to 0.5"),
        ({"limits": {"removed_heads": 2.5}, "reason": "x"}, "body.limits", "Expected `int`"),
        ({"limits": {"nobody_left": 1}, "reason": "x"}, "body.limits", "not a limit: nobody_left"),
        ({"limits": {"week_factor": 0}, "reason": "x"}, "body.limits.week_factor", "from 1 to 5"),
        ({"limits": {}}, "body", "missing required field"),
    ],
)
def test_set3_a_limit_is_not_switched_off(
    alice: Caller, base: str, body: object, field: str, message: str
) -> None:
    status, where, said = refused(alice("PUT", base + "/limits", body))
    assert (status, where) == (422, field) and message in said


def test_limits_need_the_right_to_change_connections(two: Two, base: str, alice: Caller) -> None:
    reader = token(two.alice_entity, "read")
    assert reader("GET", base + "/limits").status_code == 200
    assert reader("PUT", base + "/limits", {"limits": {}, "reason": "x"}).status_code == 403
