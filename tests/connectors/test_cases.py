"""Every documented shape of a record, as a data file; the file's name is the sentence."""

import json
from pathlib import Path

import msgspec
import pytest

from rollcall.connectors.bamboohr.connector import BambooHR
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.personio.connector import Personio
from rollcall.http_client import HttpClient

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/cases/*.json"))
VENDORS = {
    "bamboohr": BambooHR({"subdomain": "acme", "api_key": "k"}, HttpClient("https://acme.bamboohr.com")),
    "personio": Personio({"client_id": "i", "client_secret": "s"}, HttpClient("https://api.personio.de")),
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_a_record_becomes_the_employee_of_its_case(path: Path) -> None:
    """S2, S3, E2, E4, E6, E7, I1, V3, V4: nothing is sent for mapping a record."""
    case = json.loads(path.read_text())
    connector = VENDORS[path.parent.parent.name]
    record = json.dumps(case["record"], separators=(",", ":")).encode()
    if "employee" in case:
        assert json.loads(msgspec.json.encode(connector.employee(record))) == case["employee"]
        return
    with pytest.raises(UnreadableRecord) as caught:
        connector.employee(record)
    assert (caught.value.field, caught.value.employee_id) == (case["unreadable"], case["id"])
