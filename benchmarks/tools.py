"""``scripts/bench tools``: every HR tool read from its stand-in, beside fetching and parsing the same bytes.

The floor sends the same requests again with a plain HTTP client and decodes each answer with the same library, into
nothing. Connector and floor run in processes of their own, the stand-in in a third.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from xml.etree import ElementTree as ET

import click
import httpx
import msgspec
from msgspec import Struct

from rollcall.connectors.base import EVERYTHING, Around, Connector
from rollcall.connectors.catalogue import TOOLS, normalised
from rollcall.connectors.errors import UnreadableRecord
from rollcall.http_client import Answer, HttpClient
from rollcall.simulators.server import TOOLS as STAND_INS

API: Final = sorted(key for key, kind in TOOLS.items() if kind.tool.kind == "api" and key in STAND_INS)
MEBIBYTE: Final = 1024


class Asked(Struct, frozen=True):
    """One request, to be sent again."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class Figures(Struct, frozen=True, kw_only=True):
    """What one process measured, in seconds; memory in KiB."""

    employees: int
    requests: int
    bytes: int
    seconds: float
    peak: int
    asked: list[Asked] = []


class Line(Struct, frozen=True, kw_only=True):
    """A row of the report."""

    tool: str
    people: int
    requests: int
    per_second: float
    ratio: float
    megabytes: float
    growth: float


class Recording(HttpClient):
    """Keeps what it sends, so that the floor can send it again, and counts what comes."""

    def __init__(self, *args: Any, keep: bool, **options: Any) -> None:
        """``keep`` the requests themselves; the rest as ``HttpClient``."""
        super().__init__(*args, **options)
        self.keep, self.asked, self.count, self.bytes = keep, list[Asked](), 0, 0

    def request(self, method: str, path_or_url: str, **more: Any) -> Answer:
        """Send it and write it down."""
        answer = super().request(method, path_or_url, **more)
        self.count += 1
        self.bytes += len(answer.body)
        if self.keep:
            made = httpx.Request(
                method,
                answer.url,
                headers=more.get("headers"),
                content=more.get("content"),
                data=more.get("data"),
                json=more.get("json"),
            )
            self.asked.append(Asked(method, answer.url, dict(made.headers), made.read()))
        return answer


def read(tool: str, url: str, credentials: Mapping[str, str], *, keep: bool) -> Figures:
    """Read everybody with the connector, as a run would: every record mapped, none kept."""
    kind = TOOLS[tool]
    host = httpx.URL(url).netloc.decode()
    with Recording(
        url, allow_hosts=[host], limits=kind.http_limits, wait_for=kind.wait_for, keep=keep
    ) as http:
        others = dict.fromkeys(kind.tool.origins, http)
        connector = kind(normalised(kind, credentials), http, EVERYTHING, Around(others=others))
        begun = time.perf_counter()
        employees = sum(1 for _ in _employees(connector))
        seconds = time.perf_counter() - begun
        return Figures(
            employees=employees,
            requests=http.count,
            bytes=http.bytes,
            seconds=seconds,
            peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            asked=http.asked,
        )


def _employees(connector: Connector) -> Iterator[object]:
    for page in connector.pages():
        for record in page.records():
            try:
                yield connector.employee(record)
            except UnreadableRecord:
                continue


def floor(asked: list[Asked]) -> Figures:
    """Send the same requests and decode the answers into nothing."""
    size, begun = 0, time.perf_counter()
    with httpx.Client(trust_env=False, timeout=120) as http:
        for one in asked:
            answer = http.request(one.method, one.url, headers=one.headers, content=one.body)
            size += len(answer.content)
            if "xml" in answer.headers.get("content-type", ""):
                ET.fromstring(answer.content)  # noqa: S314 - our own stand-in's
            else:
                msgspec.json.decode(answer.content)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Figures(employees=0, requests=len(asked), bytes=size, seconds=seconds, peak=peak)


# --- processes -----------------------------------------------------------------------------------------


class Job(Struct, frozen=True, kw_only=True):
    """What a child does: read with the connector, or send ``asked`` again."""

    tool: str = ""
    url: str = ""
    credentials: dict[str, str] = {}
    keep: bool = False
    asked: list[Asked] = []


def _child(job: Job) -> Figures:
    command = [sys.executable, "-m", "benchmarks.tools", "--child"]
    done = subprocess.run(command, input=msgspec.json.encode(job), stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Figures)


@contextmanager
def _stand_in(tool: str, people: int) -> Iterator[tuple[str, dict[str, str]]]:
    command = [
        sys.executable,
        "-m",
        "rollcall.project",
        "simulate",
        tool,
        "--people",
        str(people),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:  # pragma: no cover - it is a pipe
                raise RuntimeError
            _name, url, *words = process.stdout.readline().split()
            pairs = (word.partition("=") for word in words)
            yield url, {name: value for name, _, value in pairs if name != "control"}
        finally:
            process.terminate()


def measure(tool: str, people: int, small: int) -> Line:
    """Measure one tool at two sizes."""
    with _stand_in(tool, small) as (url, credentials):
        little = _child(Job(tool=tool, url=url, credentials=credentials))
    with _stand_in(tool, people) as (url, credentials):
        job = Job(tool=tool, url=url, credentials=credentials)
        # The stand-in writes each record once, at its first reading: not ours to count.
        asked = _child(msgspec.structs.replace(job, keep=True)).asked
        ours = _child(job)
        least = _child(Job(asked=asked))
    return Line(
        tool=TOOLS[tool].tool.name,
        people=ours.employees,
        requests=ours.requests,
        per_second=ours.employees / ours.seconds,
        ratio=ours.seconds / least.seconds,
        megabytes=ours.peak / MEBIBYTE,
        growth=(ours.peak - little.peak) / MEBIBYTE,
    )


@click.command()
@click.option(
    "--people", default=100_000, show_default=True, type=click.IntRange(1), help="How many employees."
)
@click.option(
    "--small", default=1_000, show_default=True, type=click.IntRange(1), help="The one to compare with."
)
@click.option("--tool", "only", multiple=True, type=click.Choice(API), help="Only these tools.")
@click.option("--child", is_flag=True, hidden=True)
def tools(people: int, small: int, only: tuple[str, ...], child: bool) -> None:
    """Read every tool's stand-in; print employees a second, the ratio to the floor, and memory."""
    if child:
        job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
        figures = floor(job.asked) if job.asked else read(job.tool, job.url, job.credentials, keep=job.keep)
        sys.stdout.buffer.write(msgspec.json.encode(figures))
        return
    click.echo(
        "| tool | employees | requests | employees a second | times the floor | peak memory | growth |"
    )
    click.echo("|---|---|---|---|---|---|---|")
    for name in only or API:
        one = measure(name, people, small)
        click.echo(
            f"| {one.tool} | {one.people:,} | {one.requests:,} | {one.per_second:,.0f} | {one.ratio:.1f} |"
            f" {one.megabytes:.0f} MiB | {one.growth:+.0f} MiB |"
        )


if __name__ == "__main__":
    tools()
