"""What is tried: a connector, and the stand-in beside it, which knows the truth and can be told to misbehave."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct, structs

from rollcall.connectors.base import EVERYTHING, Connector, Tool, Wanted
from rollcall.connectors.catalogue import TOOLS, connect
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Limits
from rollcall.simulators import server
from rollcall.simulators.loopback import LOOPBACK

PEOPLE: Final = 120
SEVERAL_PAGES: Final = {"bamboohr": 2_200, "lucca": 2_200, "workday": 2_200}
"""More than two pages of the size that the tool has; most have far smaller ones."""

SEVERAL_PAGES_ELSEWHERE: Final = 230

SEED: Final = 7
IMPATIENT: Final = Limits(connect=2, read=2.5, whole=20.0, tries=2)
"""Deadlines for a stand-in that hangs on purpose: waiting for the real ones would prove nothing more."""


class Read(Struct, frozen=True, kw_only=True):
    """Everything one read brought."""

    employees: Mapping[str, Employee]
    # records that could not be read, and ids that came with different contents
    set_aside: int
    contradicted: frozenset[str]
    bodies: tuple[bytes, ...]
    unreadable: frozenset[str]


def read(connector: Connector) -> Read:
    """Read everybody. Raises ``SourceError``."""
    employees: dict[str, Employee] = {}
    contradicted: set[str] = set()
    aside, bodies = 0, []
    for page in connector.pages():
        bodies.append(page.body)
        for record in page.records():
            try:
                one = connector.employee(record)
            except UnreadableRecord:
                aside += 1
                continue
            if employees.setdefault(one.id, one) != one:
                contradicted.add(one.id)
    return Read(
        employees=employees,
        set_aside=aside,
        contradicted=frozenset(contradicted),
        bodies=tuple(bodies),
        unreadable=connector.unreadable(),
    )


def key(first: object, last: object) -> str:
    """Return what a person is recognised by: stand-in and tool number people in ways of their own.

    Not the work e-mail, which some tools withhold; some write names in capitals.
    """
    return f"{first} {last}".casefold()


class Subject:
    """A tool with credentials; a stand-in's if it was started by us."""

    def __init__(
        self, tool: str, credentials: Mapping[str, str], base_url: str | None, running: server.Running | None
    ) -> None:
        """Keep what is needed to open the connector again and again."""
        self.key, self.credentials, self.base_url, self.running = tool, dict(credentials), base_url, running

    @property
    def tool(self) -> Tool:
        """The declaration."""
        return TOOLS[self.key].tool

    @contextmanager
    def opened(self, wanted: Wanted = EVERYTHING, **options: Any) -> Iterator[Connector]:
        """Yield the connector; against a stand-in waits cost no time."""
        if self.running is not None:
            kind = TOOLS[self.key]
            limits = structs.replace(
                IMPATIENT,
                response_bytes=kind.http_limits.response_bytes,
                run_bytes=kind.http_limits.run_bytes,
            )
            options = {"sleep": lambda _seconds: None, "limits": limits, **options}
        host = urlsplit(self.base_url or "").netloc
        with connect(
            self.key,
            self.credentials,
            environ_base_url=self.base_url,
            allow_hosts=[host] if host else [],
            wanted=wanted,
            **options,
        ) as connector:
            yield connector

    def read(self, wanted: Wanted = EVERYTHING, **options: Any) -> Read:
        """Read everybody with a fresh connector. Raises ``SourceError``."""
        with self.opened(wanted, **options) as connector:
            return read(connector)

    # --- the stand-in --------------------------------------------------------------------------------

    def control(self, action: str, **body: object) -> dict[str, Any]:
        """Tell the stand-in something. Raises ``httpx.HTTPError`` when it refuses."""
        if self.running is None:
            raise LookupError("there is no stand-in to tell anything")
        url = f"{self.running.control(self.key)}/{action}"
        answer = LOOPBACK.post(url, json=body, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def heal(self) -> None:
        """Switch all faults off."""
        self.control("faults", clear=True)

    def struck(self) -> bool:
        """Tell whether the fault that was switched on was shown by any answer; one that is spent was."""
        return all(one["struck"] for one in self._get("faults")["on"])

    def asked(self) -> int:
        """Return how many requests the stand-in has had."""
        return int(self._get("state")["requests"])

    def truth(self) -> list[dict[str, Any]]:
        """Return everybody as the stand-in knows them."""
        return list(self._get("people")["people"])

    def _get(self, what: str) -> dict[str, Any]:
        if self.running is None:
            raise LookupError("there is no stand-in to ask")
        return dict(LOOPBACK.get(f"{self.running.control(self.key)}/{what}", timeout=30).json())


def must_come(truth: list[dict[str, Any]]) -> Counter[str]:
    """Return how often each person must be in a complete list; leavers are allowed to be gone from some tools."""
    return Counter(
        key(one["first_name"], one["last_name"]) for one in truth if one["status"] in ("active", "on_leave")
    )


def came(found: Read) -> Counter[str]:
    """Return the same for what was read."""
    return Counter(key(one.first_name, one.last_name) for one in found.employees.values())


VERSIONS: Final = {"personio": ("v1", "v2")}
"""Tools whose connector speaks several versions with the same credentials: the hidden credential ``api`` chooses."""


def ways(tool: str) -> list[str]:
    """Return the names of the ways in which a connector can be used, each tried by itself; "" for the only one."""
    if tool in VERSIONS:
        return list(VERSIONS[tool])
    declared = TOOLS[tool].tool.ways
    return [" + ".join(one) for one in declared] if len(declared) > 1 else [""]


def credentials_for(way: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return what is needed for a way out of all a stand-in has."""
    if any(way in versions for versions in VERSIONS.values()):
        return {**given, "api": way}
    return {name: given[name] for name in way.split(" + ")} if way else dict(given)


@contextmanager
def stand_in(tool: str, people: int = PEOPLE, way: str = "") -> Iterator[Subject]:
    """Yield a subject with a stand-in of its own. Raises ``KeyError`` for a tool without one."""
    running = server.start([tool], people=people, seed=SEED)
    try:
        yield Subject(tool, credentials_for(way, running.credentials(tool)), running.url(tool), running)
    finally:
        running.stop()
