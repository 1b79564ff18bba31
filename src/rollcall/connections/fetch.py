"""From the HR tool to the mirror: read everything, prove it complete, then write only what differs.

While pages arrive nothing but temporary tables of this session is written. Bytes come first: a page whose keyed
digest is that of the last read is only marked as seen, then a record likewise; what is left is parsed, staged by
COPY and merged with a fixed number of statements, while the next page is on its way. Memory does not grow with the
number of people.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import msgspec

from rollcall.connections.ahead import Ahead
from rollcall.connections.gone import Gone
from rollcall.connections.merging import MANY
from rollcall.connections.models import Connection
from rollcall.connections.reading import Fetched, Reading
from rollcall.connectors.base import Connector, Page


def fetch(
    connection: Connection,
    connector: Connector,
    *,
    now: datetime,
    progress: Callable[[int], None],
    guard: Callable[[], object] = lambda: None,
    gone: Callable[[], Gone] | None = None,
    usual: float | None = None,
    unmoved: int | None = None,
) -> Fetched:
    """Read all employees into the mirror, or raise and leave the mirror as it was.

    Args:
        connection: whose employees.
        connector: open, with that connection's credentials.
        now: aware; written as the time of first sight and of change.
        progress: called with the number of people read so far, at most once a page.
        guard: called first in the transaction that writes the mirror; raises to write nothing.
        gone: tells whom to leave out because they were erased; they are read, so they count as present (rule 1).
        usual: how many people the last good full reads brought; a list far shorter calls nobody absent.
        unmoved: how many people the mirror has, where it is known to be as the last good run left it and nobody's
            absence is being counted: the same pages again then need no look at it.

    Raises:
        SourceError: from the connector, or ``EmptyList`` when people were known and none came (P1).
    """
    reading = Reading(connection, connector, gone)
    reading.remember_known()
    with Ahead(connector) as pages:
        reading.run(pages, progress, pages.begin)
    if unmoved is not None and reading.is_known():
        return reading.result(unmoved, 0, 0, 0)
    merge = partial(reading.merge, usual=usual) if connector.lists_everybody else reading.merge_changes
    return reading.in_one(merge, now, guard)


def fetch_changes(
    connection: Connection,
    connector: Connector,
    *,
    since: datetime,
    now: datetime,
    progress: Callable[[int], None],
    guard: Callable[[], object] = lambda: None,
    gone: Callable[[], Gone] | None = None,
    unmoved: int | None = None,
) -> tuple[Fetched, datetime] | None:
    """Bring what changed after ``since`` into the mirror; return what it was and from when to ask next time.

    Nobody is called absent by it (P7). ``None`` when the tool can't tell, tells of people who were deleted, or of
    somebody unreadable without a number: only a full read can show who that is. Arguments and errors as with ``fetch``.
    """
    delta = connector.changes(since)
    if delta is None or delta.deleted:
        return None
    reading = Reading(connection, connector, gone)
    if unmoved is not None and not delta.records:
        return msgspec.structs.replace(reading.result(unmoved, 0, 0, 0), full=False), delta.next_since
    reading.run((_part(delta.records[at : at + MANY]) for at in range(0, len(delta.records), MANY)), progress)
    if any(one.id is None for one in reading.aside):
        # It may be anybody's; only a list of everybody shows whose it is not.
        return None
    return reading.in_one(reading.merge_changes, now, guard), delta.next_since


def merge_made_up(
    connection: Connection,
    connector: Connector,
    *,
    fill: Callable[[], int],
    now: datetime,
    usual: float | None,
) -> Fetched:
    """Do with people whom ``fill`` puts into the stage what is done at the end of a full read (fire drill).

    ``fill`` returns how many they are; ``usual`` as with ``fetch``. In the caller's transaction; raises
    ``SourceError`` as ``fetch`` does.
    """
    reading = Reading(connection, connector)
    reading.stage.make()
    reading.pages = 1
    reading.read = reading.parsed = reading.stage.rows = fill()
    reading.new_pages = {1: b"made up"}
    return reading.merge(now, usual)


def _part(records: Sequence[bytes]) -> Page:
    return Page(b"".join(records), lambda: records)
