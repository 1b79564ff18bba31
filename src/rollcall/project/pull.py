"""``rollcall pull``: what a connector understands of an HR tool, as one JSON object a line.

Needs neither Django nor a database. Nothing is printed unless the list is complete.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any, Final

import click
import httpx
import msgspec

from rollcall.connectors import oauth
from rollcall.connectors.base import Connector
from rollcall.connectors.catalogue import TOOLS, connect, open_file
from rollcall.connectors.csv_file.layout import Layout
from rollcall.connectors.csv_file.reading import open_sheet
from rollcall.connectors.csv_file.suggesting import alone
from rollcall.connectors.errors import SourceError, UnexpectedAnswer, UnreadableRecord
from rollcall.connectors.pacing import InProcess

SPOOL_IN_MEMORY: Final = 4 * 1024 * 1024


def _say(text: str) -> None:
    click.echo(text, err=True)


class _Identified(msgspec.Struct):
    id: str


class Gathered:
    """Lines on disk, and what was seen of whom. Memory grows by a number a person."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._seen: dict[str, int] = {}
        # came twice with different content: counted as present, not printed
        self.contradictory: set[str] = set()
        self.unreadable = 0

    def add(self, connector: Connector, record: bytes) -> None:
        """Write one person down; a record that cannot be read is told and set aside."""
        try:
            employee = connector.employee(record)
        except UnreadableRecord as error:
            self.unreadable += 1
            _say(
                f"set aside: employee {error.employee_id or 'without id'}, field {error.field} cannot be read"
            )
            return
        line = msgspec.json.encode(employee)
        content = hash(line)
        if employee.id not in self._seen:
            self._seen[employee.id] = content
            self._spool.write(line + b"\n")
        elif self._seen[employee.id] != content:
            self._contradict(employee.id)

    def _contradict(self, number: str) -> None:
        if number not in self.contradictory:
            _say(f"set aside: employee {number} came twice with different content")
        self.contradictory.add(number)

    @property
    def people(self) -> int:
        """How many different people will be printed."""
        return len(self._seen) - len(self.contradictory)

    def print_to(self, stdout: IO[bytes]) -> None:
        """Copy the lines of everybody who did not contradict themselves."""
        self._spool.seek(0)
        if not self.contradictory:
            shutil.copyfileobj(self._spool, stdout)
            return
        for line in self._spool:
            if msgspec.json.decode(line, type=_Identified).id not in self.contradictory:
                stdout.write(line)


def pairs(*called_with: Any) -> dict[str, str]:
    """Return the values of options written NAME=VALUE; a callback for click."""
    pairs: Sequence[str] = called_with[2]
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            # the text itself may be a secret
            raise click.BadParameter("write NAME=VALUE")
        found[name] = value
    return found


def _moment(*called_with: Any) -> datetime | None:
    text: str | None = called_with[2]
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("write a date or time such as 2026-11-21T00:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@click.argument("tool", type=click.Choice(sorted(TOOLS)))
@click.option(
    "--credential",
    "credentials",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="A credential of the tool; also ROLLCALL_CREDENTIAL_<NAME>, off the command line.",
)
@click.option("--base-url", metavar="URL", help="Another origin for the tool; also ROLLCALL_BASE_URL_<TOOL>.")
@click.option(
    "--since", metavar="TIME", callback=_moment, help="Only what changed since; UTC if it has no offset."
)
def pull(tool: str, credentials: Mapping[str, str], base_url: str | None, since: datetime | None) -> None:
    """Print every employee of an HR tool, one JSON object a line, as Rollcall understands them.

    Ends with 0 when complete, 2 for what an admin can mend, 3 for "try later", 4 for an answer that is not
    understood.
    """
    if since is not None and not TOOLS[tool].tool.delta:
        raise click.UsageError(f"{tool} cannot tell what changed")
    try:
        with tempfile.SpooledTemporaryFile(SPOOL_IN_MEMORY) as spool:
            gathered = Gathered(spool)
            with _opened(tool, credentials, base_url) as connector:
                _gather(connector, since, gathered)
            gathered.print_to(sys.stdout.buffer)
    except SourceError as error:
        _say(f"{error.sentence()} [{error.code}: {error.detail}]")
        raise SystemExit(error.exit_code) from None


@contextmanager
def _opened(tool: str, credentials: Mapping[str, str], base_url: str | None) -> Iterator[Connector]:
    if TOOLS[tool].tool.kind == "file":
        yield _file(tool, credentials)
        return
    with connect(
        tool,
        credentials_from(tool) | dict(credentials),
        environ_base_url=base_url or os.environ.get(f"ROLLCALL_BASE_URL_{tool.upper()}"),
        allow_hosts=_allowed(base_url),
        limiter=InProcess(),
        on_wait=lambda seconds: _say(f"waiting {seconds:.0f} s"),
    ) as connector:
        yield connector


def _file(tool: str, credentials: Mapping[str, str]) -> Connector:
    """Return the connector of the file that ``file`` names, read as the JSON that ``layout`` names says.

    Without a layout it is read as its header suggests, if that leaves nothing open.
    """
    if "file" not in credentials:
        raise click.BadParameter("say which file: --credential file=PATH")
    try:
        content = Path(credentials["file"]).read_bytes()
        layout = Path(credentials["layout"]).read_bytes() if "layout" in credentials else None
    except OSError as error:
        raise click.BadParameter(f"cannot be read: {error.strerror}") from None
    if layout is None:
        sheet = open_sheet(content)
        chosen = alone(sheet)
        if not sheet.certain:
            _say(f"warning: not Unicode, taken for {sheet.encoding}")
        _say(f"read as: {msgspec.json.encode(chosen).decode()}")
        return open_file(tool, content, chosen)
    try:
        return open_file(tool, content, msgspec.json.decode(layout, type=Layout))
    except msgspec.MsgspecError as error:
        raise click.BadParameter(f"not a layout: {error}") from None


def _gather(connector: Connector, since: datetime | None, gathered: Gathered) -> None:
    total = 0
    for records in _batches(connector, since):
        for record in records:
            gathered.add(connector, record)
        total += len(records)
        _say(f"{total} records")
    if total and gathered.unreadable == total:
        raise UnexpectedAnswer("no record can be read", tool=connector.tool.name)
    missing = ", ".join(sorted(connector.unreadable()))
    if missing and total:
        _say(f"not delivered by {connector.tool.name}: {missing}")
    if not total and since is None:
        _say("warning: nobody at all")
    aside = gathered.unreadable + len(gathered.contradictory)
    _say(f"complete: {gathered.people} people, {aside} set aside")


def _batches(connector: Connector, since: datetime | None) -> Iterator[Sequence[bytes]]:
    if since is None:
        for page in connector.pages():
            yield page.records()
        return
    delta = connector.changes(since)
    if delta is None:
        raise UnexpectedAnswer("with these credentials it cannot tell what changed", tool=connector.tool.name)
    yield delta.records
    for number in delta.deleted:
        _say(f"deleted: employee {number}")
    _say(f"next: --since {delta.next_since.isoformat()}")


def credentials_from(tool: str) -> dict[str, str]:
    """Return the tool's credentials that stand in the environment."""
    names = [each.name for each in TOOLS[tool].tool.credentials]
    if TOOLS[tool].tool.oauth:
        names += [oauth.ACCESS_TOKEN, oauth.REFRESH_TOKEN]
    found = {name: os.environ.get(f"ROLLCALL_CREDENTIAL_{name.upper()}") for name in names}
    return {name: value for name, value in found.items() if value}


def _allowed(base_url: str | None) -> list[str]:
    """Return the operator's hosts; a loopback origin on the command line is meant as it is written."""
    hosts = os.environ.get("ROLLCALL_ALLOW_HOSTS", "").replace(",", " ").split()
    try:
        url = httpx.URL(base_url or "")
    except httpx.InvalidURL:
        return hosts
    if _is_loopback(url.host):
        hosts.append(url.netloc.decode("ascii"))
    return hosts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
