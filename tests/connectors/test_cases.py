"""Every documented shape of a record, as a data file; the file's name is the sentence."""

import json
from pathlib import Path

import msgspec
import pytest

from rollcall.connectors.base import Connector
from rollcall.connectors.catalogue import TOOLS
from rollcall.connectors.errors import UnreadableRecord
from rollcall.http_client import HttpClient

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/cases/*.json"))


def unopened(key: str) -> Connector:
    """Return the connector of a tool that nothing can be sent with: mapping a record needs no more."""
    kind = TOOLS[key]
    # any text will do, but a tool with several ways in has to know which one it is
    names = kind.tool.ways[0] if kind.tool.ways else [field.name for field in kind.tool.credentials]
    return kind(dict.fromkeys(names, "planted"), HttpClient("https://tool.example"))


@pytest.mark.parametrize("key", [key for key, kind in TOOLS.items() if kind.tool.kind == "api"])
def test_every_tool_has_cases(key: str) -> None:
    assert [path for path in CASES if path.parent.parent.name == key]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_a_record_becomes_the_employee_of_its_case(path: Path) -> None:
    """S2, S3, E2, E4, E6, E7, I1, V3, V4: nothing is sent for mapping a record."""
    case = json.loads(path.read_text())
    connector = unopened(path.parent.parent.name)
    record = json.dumps(case["record"], separators=(",", ":")).encode()
    if "employee" in case:
        assert json.loads(msgspec.json.encode(connector.employee(record))) == case["employee"]
        return
    with pytest.raises(UnreadableRecord) as caught:
        connector.employee(record)
    assert (caught.value.field, caught.value.employee_id) == (case["unreadable"], case["id"])
