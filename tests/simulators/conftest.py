"""Running simulators and clients for them. One company per test: tests change it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from rollcall.simulators.loopback import NO_AUTHORITIES
from rollcall.simulators.server import Running, start

HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)
FIELDS = (
    "eeid employeeNumber firstName email status hireDate terminationDate supervisorEid lastChanged".split()
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stand-ins change seldom, and connectors are tried against them in any case."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.thorough)


class Account:
    """One tool's running account: a client that is let in, and the control interface."""

    def __init__(self, running: Running, tool: str) -> None:
        self.url, self.credentials = running.url(tool), running.credentials(tool)
        self.client = httpx.Client(base_url=self.url, timeout=5, trust_env=False, verify=NO_AUTHORITIES)
        self._control = httpx.Client(
            base_url=running.control(tool), timeout=5, trust_env=False, verify=NO_AUTHORITIES
        )

    def control(self, action: str, /, **body: Any) -> dict[str, Any]:
        """Do it and answer what the simulator says."""
        answer = self._control.post(f"/{action}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def told(self, action: str, /, **query: Any) -> dict[str, Any]:
        """Read something from the control interface."""
        return dict(self._control.get(f"/{action}", params=query).json())

    def fault(self, fault_id: str, /, **more: Any) -> list[int]:
        """Switch a fault on; the ids of the people it strikes."""
        on = self.control("faults", on={"id": fault_id, **more})["on"]
        return [int(i) for fault in on if fault["id"] == fault_id for i in fault["people"]]

    def close(self) -> None:
        self.client.close()
        self._control.close()


class Bamboo(Account):
    def __init__(self, running: Running) -> None:
        super().__init__(running, "bamboohr")
        self.client.auth = (self.credentials["api_key"], "x")
        self.client.headers["Accept"] = "application/json"

    def page(
        self, page: int = 1, size: int = 1000, fields: list[str] = FIELDS, **more: Any
    ) -> httpx.Response:
        body = {"fields": fields, "orderBy": "eeid asc", "page": page, "pageSize": size, **more}
        return self.client.post("/api/v2/datasets/employee/data", json=body)

    def rows(self, **more: Any) -> dict[str, dict[str, Any]]:
        return {row["fields"]["eeid"]: row["fields"] for row in self.page(**more).json()["data"]}

    def report(
        self, fields: list[str], query: str = "format=JSON&onlyCurrent=false", **more: Any
    ) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        body = httpx.Request("POST", "http://x.example", json={"fields": fields, **more}).content
        return self.client.post(f"/api/v1/reports/custom?{query}", content=body, headers=headers)


class PersonioAccount(Account):
    def __init__(self, running: Running) -> None:
        super().__init__(running, "personio")
        self.sign_in()

    def token(self, **more: str) -> httpx.Response:
        pair = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        return self.client.post("/v2/auth/token", data={"grant_type": "client_credentials", **pair, **more})

    def sign_in(self) -> None:
        self.client.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def v1(self, **query: Any) -> httpx.Response:
        return self.client.get("/v1/company/employees", params=query)

    def persons(self, limit: int = 50, **query: Any) -> list[dict[str, Any]]:
        """All persons, following links."""
        answer = self.client.get("/v2/persons", params={"limit": limit, **query}).json()
        found: list[dict[str, Any]] = answer["_data"]
        while "next" in answer["_meta"]["links"]:
            answer = self.client.get(answer["_meta"]["links"]["next"]["href"]).json()
            found += answer["_data"]
        return found


@pytest.fixture
def bamboo() -> Iterator[Bamboo]:
    running = start(["bamboohr"], people=60, today=TODAY)
    account = Bamboo(running)
    yield account
    account.close()
    running.stop()


@pytest.fixture
def personio() -> Iterator[PersonioAccount]:
    running = start(["personio"], people=60, today=TODAY)
    account = PersonioAccount(running)
    yield account
    account.close()
    running.stop()
