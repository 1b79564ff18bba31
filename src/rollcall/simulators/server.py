"""Starts simulated HR tools on loopback: one port per tool, the control interface on the same port.

In code: running = start(["bamboohr"], people=500); running.url("bamboohr"); running.stop()
"""

import random
import threading
from collections.abc import Callable, Sequence
from datetime import date

import msgspec

from rollcall.simulators import breaking, control
from rollcall.simulators.bamboohr.api import BambooHR
from rollcall.simulators.deel.api import Deel
from rollcall.simulators.factorial.api import Factorial
from rollcall.simulators.hibob.api import HiBob
from rollcall.simulators.humaans.api import Humaans
from rollcall.simulators.lucca.api import Lucca
from rollcall.simulators.payfit.api import PayFit
from rollcall.simulators.personio.api import Personio
from rollcall.simulators.scim.api import Scim
from rollcall.simulators.tool import Tool
from rollcall.simulators.wire import Reply, Request, Server
from rollcall.simulators.workday.api import Workday
from rollcall.simulators.world import Seen, World

TOOLS: dict[str, type[Tool]] = {
    "bamboohr": BambooHR,
    "deel": Deel,
    "factorial": Factorial,
    "hibob": HiBob,
    "humaans": Humaans,
    "lucca": Lucca,
    "payfit": PayFit,
    "personio": Personio,
    "workday": Workday,
    "scim": Scim,
}


class Part(msgspec.Struct):
    """One running tool."""

    tool: Tool
    server: Server
    thread: threading.Thread


class Running:
    """Simulated tools that are being served; `stop()` ends them."""

    def __init__(self, parts: dict[str, Part]) -> None:
        self._parts = parts

    def url(self, tool: str) -> str:
        """The address that stands for the tool's own, without trailing slash and without `/api` or `/v1`."""
        host, port = self._parts[tool].server.server_address[:2]
        return f"http://{host!s}:{port}"

    def control(self, tool: str) -> str:
        """The address of the tool's control interface, without a trailing slash."""
        return f"{self.url(tool)}/_control"

    def credentials(self, tool: str) -> dict[str, str]:
        """The values of the credential fields that are valid now."""
        held = self._parts[tool].tool.world.credentials
        # A field that holds an address is kept as its path: the port is not known before it is served.
        return {n: self.url(tool) + value if value.startswith("/") else value for n, value in held.items()}

    def world(self, tool: str) -> World:
        """The tool's state, for code in the same process; take its `lock`."""
        return self._parts[tool].tool.world

    def stop(self) -> None:
        """End all servers and their connections."""
        for part in self._parts.values():
            part.tool.world.stopping.set()
            part.server.shutdown()
            part.server.close_connections()
            part.server.server_close()
            part.thread.join()

    def wait(self) -> None:
        """Until the process is interrupted."""
        for part in self._parts.values():
            part.thread.join()


def start(
    tools: Sequence[str],
    *,
    people: int = 500,
    seed: int = 1,
    host: str = "127.0.0.1",
    port: int = 0,
    today: date | None = None,
) -> Running:
    """Serve the tools, each a company of its own of that many people.

    `port` is the first tool's, the next ones follow; 0 takes free ports. `today` fixes the day (the clock
    starts at 09:00 UTC and ticks); None means now. Raises KeyError for an unknown tool, OSError if a port
    is taken.
    """
    parts = {}
    for place, name in enumerate(tools):
        kind = TOOLS[name]
        # known to everybody on purpose: the same seed makes the same credentials
        credentials = kind.credentials(random.Random(f"{name}:{seed}"))
        tool = kind(World(people, seed, today, credentials))
        address = (host, port + place if port else 0)
        server = Server(address, _answering(tool), tool.world.stopping)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        parts[name] = Part(tool, server, thread)
    return Running(parts)


def serve_forever(tools: Sequence[str], people: int = 500, seed: int = 1, port: int = 0) -> None:
    """Serve until interrupted; prints one line per tool with its address and credentials (made up, so no
    secret).
    """
    running = start(tools, people=people, seed=seed, port=port)
    for tool in tools:
        fields = " ".join(f"{name}={value}" for name, value in running.credentials(tool).items())
        print(f"{tool} {running.url(tool)} {fields} control={running.control(tool)}", flush=True)
    try:
        running.wait()
    except KeyboardInterrupt:
        running.stop()


def _answering(tool: Tool) -> Callable[[Request], Reply]:
    world = tool.world

    def answer(request: Request) -> Reply:
        with world.lock:
            if request.path.startswith(control.PREFIX):
                return control.answer(tool, request)
            reply = breaking.answer(tool, request)
            world.requests.append(Seen(request.method, request.path, request.query_text, reply.status))
            return reply

    return answer
