"""The HR tools that are measured, in each way that a connector has of reading them, and their stand-ins."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import httpx
from msgspec import Struct, field

from rollcall.connectors.base import EVERYTHING, Around, Connector
from rollcall.connectors.catalogue import TOOLS, normalised
from rollcall.http_client import Answer, HttpClient


class Way(Struct, frozen=True, kw_only=True):
    """One way of reading a tool."""

    tool: str
    name: str
    # credentials of the stand-in that are not used, and others that are added
    without: tuple[str, ...] = ()
    adding: Mapping[str, str] = {}
    # measured with so many people at most
    most: int | None = None

    @property
    def kind(self) -> type[Connector]:
        """The connector."""
        return TOOLS[self.tool]

    def credentials(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return those that lead to this way, of those that the stand-in gave."""
        return {name: value for name, value in given.items() if name not in self.without} | {**self.adding}


WAYS: Final[Mapping[str, Way]] = {
    "bamboohr": Way(tool="bamboohr", name="BambooHR"),
    "deel": Way(tool="deel", name="Deel"),
    "factorial": Way(tool="factorial", name="Factorial"),
    "hibob": Way(tool="hibob", name="HiBob"),
    "humaans": Way(tool="humaans", name="Humaans"),
    "lucca": Way(tool="lucca", name="Lucca", without=("api_key",)),
    "lucca-legacy": Way(tool="lucca", name="Lucca, API key", without=("client_id", "client_secret")),
    "payfit": Way(tool="payfit", name="PayFit"),
    "personio": Way(tool="personio", name="Personio", adding={"api": "v1"}),
    # one request a person for employments
    "personio-v2": Way(tool="personio", name="Personio, version 2", adding={"api": "v2"}, most=5_000),
    "scim": Way(tool="scim", name="SCIM"),
    "workday": Way(tool="workday", name="Workday"),
}


class Asked(Struct, frozen=True):
    """One request, to be sent again, and the status of its answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int


class Kept(Struct):
    """What was sent and came, over all origins of a tool."""

    # the requests themselves are kept; else only how many go where
    whole: bool = False
    asked: list[Asked] = []
    places: Counter[str] = field(default_factory=Counter)
    bytes: int = 0

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self.places.total()


class Recording(HttpClient):
    """Writes down what it sends, and counts what comes."""

    def __init__(self, base_url: str, kept: Kept, **options: Any) -> None:
        """See ``HttpClient``."""
        super().__init__(base_url, **options)
        self._kept = kept

    def request(self, method: str, path_or_url: str, **more: Any) -> Answer:
        """Send it and write it down."""
        answer = super().request(method, path_or_url, **more)
        self._kept.places[place(f"{method} {httpx.URL(answer.url).path}")] += 1
        self._kept.bytes += len(answer.body)
        if self._kept.whole:
            names = ("headers", "content", "data", "json")
            made = httpx.Request(method, answer.url, **{name: more.get(name) for name in names})
            body = made.read()
            self._kept.asked.append(Asked(method, answer.url, dict(made.headers), body, answer.status))
        return answer


@contextmanager
def connected(
    way: Way,
    url: str,
    given: Mapping[str, str],
    *,
    whole: bool = False,
    before: Callable[[str], None] | None = None,
) -> Iterator[tuple[Connector, Kept]]:
    """Yield a connector to a stand-in at ``url``, and what will have been sent and come.

    ``whole`` keeps the requests; ``before`` is called with the path of each.
    """
    kind, kept = way.kind, Kept(whole=whole)
    host = httpx.URL(url).netloc.decode()
    options = {
        "allow_hosts": [host],
        "limits": kind.http_limits,
        "wait_for": kind.wait_for,
        "before": before,
    }
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(Recording(url, kept, **options)) for name in ("", *kind.tool.origins)
        }
        own = clients.pop("")
        yield kind(normalised(kind, way.credentials(given)), own, EVERYTHING, Around(others=clients)), kept


def place(request: str) -> str:
    """Return a request's method and path with ``*`` for whatever is a number or an id."""
    return re.sub(r"(?<=/)(?:v?\d[\w.-]*\d[\w-]{2,}|\d+|[0-9a-f-]{16,}|\d\S*)(?=/|$)", "*", request)
