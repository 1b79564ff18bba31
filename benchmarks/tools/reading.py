"""Every HR tool read from its stand-in, beside fetching and parsing the same bytes.

The floor sends the same requests again with a plain HTTP client and decodes each answer with the same library, into
nothing. Connector and floor run in processes of their own, the stand-in in a third.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final
from xml.etree import ElementTree as ET

import httpx
import msgspec
from msgspec import Struct

from benchmarks.measuring import peak
from benchmarks.measuring.ground import run, simulator
from benchmarks.tools.ways import WAYS, Asked, Way, connected
from rollcall.connectors.base import Connector
from rollcall.connectors.errors import UnreadableRecord
from rollcall.simulators.loopback import NO_AUTHORITIES

MEBIBYTE: Final = 2**20
TIMES: Final = 3
"""Measured so often, where it is cheap: the middle one counts."""
CHEAP: Final = 20.0
"""Seconds."""


class Figures(Struct, frozen=True, kw_only=True):
    """What one process measured: seconds by the clock and of its own work; memory in MiB."""

    employees: int
    requests: int
    bytes: int
    seconds: float
    cpu: float
    peak: float
    asked: list[Asked] = []


class Line(Struct, frozen=True, kw_only=True):
    """A row of the report. ``seconds`` and ``cpu`` are those of one read and of its floor."""

    tool: str
    people: int
    requests: int
    megabytes: float
    seconds: tuple[float, float]
    cpu: tuple[float, float]
    # resident memory at its highest, in MiB, and how much more that is than with few people
    peak: float
    growth: float
    # how often both were measured
    times: int


def read(way: Way, url: str, credentials: Mapping[str, str], *, keep: bool) -> Figures:
    """Read everybody with the connector, as a run would: every record mapped, none kept."""
    with connected(way, url, credentials, whole=keep) as (connector, kept):
        begun, cpu = time.perf_counter(), time.process_time()
        employees = sum(1 for _ in _employees(connector))
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        return Figures(
            employees=employees,
            requests=kept.requests,
            bytes=kept.bytes,
            seconds=seconds,
            cpu=cpu,
            peak=peak.highest_mb(),
            asked=kept.asked,
        )


def _employees(connector: Connector) -> Iterator[object]:
    for page in connector.pages():
        for record in page.records():
            try:
                yield connector.employee(record)
            except UnreadableRecord:
                continue


def floor(asked: Sequence[Asked]) -> Figures:
    """Send the same requests and decode the answers into nothing. Raises where another status comes."""
    size, begun, cpu = 0, time.perf_counter(), time.process_time()
    with httpx.Client(trust_env=False, verify=NO_AUTHORITIES, timeout=120) as http:
        for one in asked:
            answer = http.request(one.method, one.url, headers=one.headers, content=one.body)
            if answer.status_code != one.status:
                raise RuntimeError(f"status {answer.status_code} instead of {one.status}: {one.url}")
            size += len(answer.content)
            if "xml" in answer.headers.get("content-type", ""):
                ET.fromstring(answer.content)  # noqa: S314 - our own stand-in's
            else:
                msgspec.json.decode(answer.content)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return Figures(
        employees=0, requests=len(asked), bytes=size, seconds=seconds, cpu=cpu, peak=peak.highest_mb()
    )


# --- processes -----------------------------------------------------------------------------------------


class Job(Struct, frozen=True, kw_only=True):
    """What a child does: read with the connector, or send ``asked`` again."""

    way: str = ""
    url: str = ""
    credentials: Mapping[str, str] = {}
    keep: bool = False
    asked: list[Asked] = []


def _child(job: Job) -> Figures:
    said = run("benchmarks.tools.reading", environment=os.environ, given=msgspec.json.encode(job))
    return msgspec.json.decode(said, type=Figures)


def _done(job: Job) -> Figures:
    if job.asked:
        return floor(job.asked)
    return read(WAYS[job.way], job.url, job.credentials, keep=job.keep)


def measure(key: str, people: int, small: int) -> Line:
    """Measure one way of reading at two sizes."""
    way = WAYS[key]
    people = min(people, way.most or people)
    with simulator(small, way.tool) as tool:
        little = _child(Job(way=key, url=tool.url, credentials=tool.credentials))
    with simulator(people, way.tool) as tool:
        job = Job(way=key, url=tool.url, credentials=tool.credentials)
        # The stand-in writes each record once, at its first reading: not ours to count.
        first = _child(msgspec.structs.replace(job, keep=True))
        times = TIMES if first.seconds < CHEAP else 1
        ours, least = [], []
        for _ in range(times):
            ours.append(_child(job))
            least.append(_child(Job(asked=first.asked)))
    # PayFit does not list people who left long ago
    if ours[0].employees < 0.9 * people:
        raise RuntimeError(f"{way.name}: {ours[0].employees} of {people} people")
    highest = max(each.peak for each in ours)
    return Line(
        tool=way.name,
        people=ours[0].employees,
        requests=ours[0].requests,
        megabytes=ours[0].bytes / MEBIBYTE,
        seconds=(median(each.seconds for each in ours), median(each.seconds for each in least)),
        cpu=(median(each.cpu for each in ours), median(each.cpu for each in least)),
        peak=highest,
        growth=highest - little.peak,
        times=times,
    )


def head() -> Iterator[str]:
    """Yield the head of the table."""
    yield "| tool | employees | requests | MiB | employees a second | times the floor | own CPU | peak | growth |"
    yield "|---|---|---|---|---|---|---|---|---|"


def row(found: Line) -> str:
    """Return a row of the table."""
    ours, least = found.seconds
    return (
        f"| {found.tool} | {found.people:,} | {found.requests:,} | {found.megabytes:,.0f} |"
        f" {found.people / ours:,.0f} | {ours / least:.1f} | {found.cpu[0]:.1f} s of {ours:.1f} s |"
        f" {found.peak:.0f} MiB | {found.growth:+.0f} MiB |"
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.json.encode(_done(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)))
    )
