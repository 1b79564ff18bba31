"""Each fault that a stand-in can show, for every HR tool: nobody is archived, released, emptied or invited for it.

One company a tool goes live; then fault after fault is switched on for a run and off again. What a run may do about
it differs from tool to tool (some tell no totals, some have one page), but not what it may do to people.
"""

from typing import Any

import pytest

from rollcall.connections.models import State
from rollcall.connectors.catalogue import TOOLS
from rollcall.engine.settings import Settings
from rollcall.sync.models import PlanState
from tests.sync.flow import Flow

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# One tool in every whole run; all of them take eight minutes.
API = [
    pytest.param(key, marks=() if key == "personio" else pytest.mark.soak)
    for key, kind in sorted(TOOLS.items())
    if kind.tool.kind == "api"
]

# The answer is broken: nothing may change at all.
BROKEN: tuple[dict[str, Any], ...] = (
    *({"id": "T2", "mode": mode} for mode in ("before", "during")),
    *({"id": "T3", "mode": mode} for mode in ("short", "chunked", "gzip")),
    *({"id": "T5", "status": status} for status in (500, 502, 503, 504)),
    {"id": "T6"},
    *({"id": "T7", "mode": mode, "seconds": 1} for mode in ("date", "past", "nonsense", "year")),
    {"id": "T7", "mode": "year", "status": 503},
    {"id": "T8", "amount": 60},
    {"id": "T10"},
    *({"id": "T11", "mode": mode} for mode in ("empty", "204", "null", "object")),
    {"id": "T12"},
    *({"id": "T13", "mode": mode} for mode in ("host", "http", "internal", "loop")),
    *({"id": "A1", "mode": mode, "path": "/"} for mode in ("401", "403")),
    {"id": "A1", "mode": "401"},
    {"id": "A3"},
    {"id": "P2", "mode": "error", "page": 1},
    *({"id": "E1", "mode": mode} for mode in ("utf8", "latin1")),
    *({"id": "E8", "mode": mode} for mode in ("nan", "infinity", "digits", "nesting")),
    {"id": "E9"},
)
# The answer is whole and says something that must not be taken for people who left.
DOUBTFUL: tuple[dict[str, Any], ...] = (
    {"id": "P1"},
    *({"id": "P2", "mode": mode, "page": 1} for mode in ("short", "last")),
    *({"id": "P4", "mode": mode, "amount": amount} for mode in ("more", "less") for amount in (1, 5)),
    *({"id": "P5", "mode": mode} for mode in ("repeat", "expired")),
    {"id": "P8", "page": 1},
    *({"id": "A4", "mode": mode} for mode in ("office", "half")),
    *({"id": "A5", "mode": mode} for mode in ("hidden", "null")),
    {"id": "A6"},
    {"id": "E7"},
    {"id": "I1"},
    {"id": "I2"},
    {"id": "M1"},
    {"id": "M2"},
)


def _who(flow: Flow) -> dict[str, tuple[Any, ...]]:
    """What a fault must not take from anybody."""
    return {k: (m.pk, m.state, m.email, m.bank_digest, m.role) for k, m in flow.members().items()}


@pytest.mark.parametrize("flow", API, indirect=True)
def test_t2_t3_t5_t6_t7_t8_t10_t11_t12_t13_a1_a3_e1_e8_e9_inv4_no_broken_answer_of_any_tool_changes_anybody(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, and the run after all of it is a good one."""
    flow.go_live(Settings(archive_inactive=True))
    assert flow.run().error == ""
    people = flow.people()
    monkeypatch.setenv("ROLLCALL_HTTP_TRIES", "1")
    for fault in BROKEN:
        flow.fault(**{"fault": fault["id"], **{k: v for k, v in fault.items() if k != "id"}})
        run = flow.run()
        assert flow.people() == people, (fault, run.error)
        flow.heal()
    assert flow.run().error == ""
    assert flow.people() == people
    assert flow.connection().state == State.CONNECTED


@pytest.mark.parametrize("flow", API, indirect=True)
def test_p1_p2_p4_p5_p8_a4_a5_a6_e7_i1_i2_rule1_rule5_nothing_doubtful_of_any_tool_takes_anything_from_anybody(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held waits, and nobody new is invited to a company of strangers."""
    flow.go_live(Settings(archive_inactive=True))
    assert flow.run().error == ""
    who = _who(flow)
    monkeypatch.setenv("ROLLCALL_HTTP_TRIES", "1")
    for fault in DOUBTFUL:
        flow.fault(**{"fault": fault["id"], **{k: v for k, v in fault.items() if k != "id"}})
        run = flow.run()
        found = _who(flow)
        assert {k: found.get(k) for k in who} == who, (fault, run.error)
        assert fault["id"] != "A6" or found == who
        flow.heal()
    assert flow.run().error == "" == flow.run().error
    assert _who(flow) == who
    assert flow.latest().state != PlanState.HELD
