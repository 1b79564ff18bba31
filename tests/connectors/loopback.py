"""Servers on loopback for the tests of connectors: simulators, and servers that answer as told."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from rollcall.connectors.base import EVERYTHING, Connector, Delta, Wanted
from rollcall.connectors.catalogue import connect
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Limits
from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import start

JSON = "application/json"


class Asked:
    """One request as a scripted server saw it."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method, self.path = method, urlsplit(url).path
        self.params = dict(parse_qsl(urlsplit(url).query))
        self.headers, self.body = headers, body


# status, body (a value becomes JSON), headers
Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]
Script = Callable[[Asked], Reply]


class Scripted:
    """A loopback server that answers what the script says, and keeps what it was asked."""

    def __init__(self, script: Script) -> None:
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, self.path, dict(self.headers), body)
                outer.asked.append(asked)
                status, value, *more = script(asked)
                content = value if isinstance(value, bytes) else json.dumps(value).encode()
                headers = {"Content-Type": JSON, **(more[0] if more else {})}
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815  # the names that http.server calls

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def opened(
    tool: str, url: str, credentials: Mapping[str, str], wanted: Wanted = EVERYTHING, **options: Any
) -> Iterator[Connector]:
    """Open a connector to a loopback server; waiting costs no time."""
    options = {"sleep": lambda _seconds: None, "limits": Limits(tries=2), **options}
    with connect(
        tool, credentials, environ_base_url=url, allow_hosts=[urlsplit(url).netloc], wanted=wanted, **options
    ) as connector:
        yield connector


class Company:
    """A simulated company and what a connector reads of it."""

    def __init__(self, tool: str, people: int) -> None:
        self.tool = tool
        self._running = start([tool], people=people, seed=3)
        self.url = self._running.url(tool)
        self.credentials = dict(self._running.credentials(tool))

    def control(self, action: str, **what: Any) -> Any:
        answer = LOOPBACK.post(f"{self._running.control(self.tool)}/{action}", json=what)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def people(self) -> list[dict[str, Any]]:
        answer = LOOPBACK.get(f"{self._running.control(self.tool)}/people")
        return list(answer.json()["people"])

    def fault(self, name: str, **more: Any) -> None:
        self.control("faults", on={"id": name, **more})

    def opened(self, wanted: Wanted = EVERYTHING, **credentials: str) -> Any:
        return opened(self.tool, self.url, {**self.credentials, **credentials}, wanted)

    def read(self, wanted: Wanted = EVERYTHING, **credentials: str) -> dict[str, Employee]:
        """Read everybody; the last record of an id counts, unreadable ones are left out."""
        with self.opened(wanted, **credentials) as connector:
            return employees(connector)

    def stop(self) -> None:
        self._running.stop()


def changed(connector: Connector, since: datetime) -> Delta:
    """Return what changed, of a connector that can tell."""
    delta = connector.changes(since)
    assert delta is not None
    return delta


def employees(connector: Connector) -> dict[str, Employee]:
    """Return every employee a connector can read, by id."""
    found = {}
    for page in connector.pages():
        for record in page.records():
            assert record.startswith(page.head)
            try:
                employee = connector.employee(record)
            except UnreadableRecord:
                continue
            found[employee.id] = employee
    return found
