"""People from a file: the one way from what somebody hands in to a connection and its run.

Pages, the command and the drop folder call this; none stores a file itself. Functions run inside a transaction that
acts for the company, and runs start only after it has been committed.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.utils.translation import gettext, ngettext
from msgspec import Struct

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.connections import source_files
from rollcall.connections.models import Connection, SourceFile, State, Subscription
from rollcall.connections.source import Access, Wanted
from rollcall.connections.source_files import PROBLEMS, Comparison, Layout, Look, Problem
from rollcall.directory import links
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import NewEvent, append
from rollcall.sync import actions
from rollcall.sync.actions import Refused

TRIGGER: Final = "file"


class Doubt(StrEnum):
    """Why a person should look before a file is read."""

    OLDER = "older"
    REPLAYED = "replayed"
    FEWER = "fewer"
    DAYS = "days"
    UNREAD = "unread"


class Outcome(StrEnum):
    """What became of a file."""

    CONNECTED = "connected"
    STARTED = "started"
    # the very file that was read last, read in the same way
    SAME = "same"


class Doubtful(Exception):
    """The file was not taken: somebody has to say that it is meant. ``doubts`` say what is odd."""

    def __init__(self, doubts: Sequence[Doubt], comparison: Comparison) -> None:
        """Keep what is odd, and the comparison for the sentences."""
        super().__init__(", ".join(doubts))
        self.doubts = doubts
        self.comparison = comparison


class Weighed(Struct, frozen=True, kw_only=True):
    """A file that waits, beside the company's connection."""

    connection: Connection | None
    comparison: Comparison
    doubts: Sequence[Doubt]
    # read in another way than the last one
    other_layout: bool


def connection_for(company_id: int) -> Connection | None:
    """Return the company's connection to files unless it is disconnected; its entities share it."""
    found = Connection.objects.filter(company_id=company_id, tool=source_files.TOOL)
    return found.exclude(state=State.DISCONNECTED).first()


def layout_known(company_id: int) -> Layout | None:
    """Return how the company's files were read last, also before a disconnect."""
    found = Connection.objects.filter(company_id=company_id, tool=source_files.TOOL).first()
    return source_files.layout_of(found) if found else None


def layout_in_use(company_id: int) -> Layout:
    """Return how the company's files are read. Raises ``Refused``: ``not_connected``."""
    found = layout_known(company_id) if connection_for(company_id) else None
    if found is None:
        raise Refused("not_connected")
    return found


def weigh(file: SourceFile, layout: Layout, found: Look) -> Weighed:
    """Compare a file that waits with the last one."""
    connection = connection_for(file.company_id)
    beside = source_files.compare(connection, file, found, layout)
    signs = {
        Doubt.OLDER: beside.older and not beside.same,
        Doubt.REPLAYED: beside.replayed,
        Doubt.FEWER: beside.fewer,
        Doubt.DAYS: beside.before is not None and not found.days_fit,
        Doubt.UNREAD: beside.unread,
    }
    return Weighed(
        connection=connection,
        comparison=beside,
        doubts=[doubt for doubt, present in signs.items() if present],
        other_layout=connection is not None and source_files.layout_of(connection) != layout,
    )


@transaction.atomic
def hand_in(
    entity: Entity, file: SourceFile, layout: Layout, found: Look, *, actor: Actor, anyway: bool = False
) -> Outcome:
    """Take a file that waits: connect if the entity is not, and have it read.

    ``found`` is what was seen in the file with this very layout. Raises ``Refused`` as ``actions.connect`` does, with
    ``not_connected`` while paused and ``file_key`` for another key than that of the people known, and ``Doubtful``
    unless ``anyway``.
    """
    if entity.company.plan not in actions.PLANS_WITH_HR:
        raise Refused("plan", plan=entity.company.plan)
    used = Subscription.objects.select_related("connection").filter(entity=entity).first()
    other = used is not None and used.connection.tool != source_files.TOOL
    if used is not None and other and used.connection.state != State.DISCONNECTED:
        raise Refused("in_use", tool=used.connection.tool)
    # Two files at once are compared one after the other, and a run at its start sees all of a file or nothing.
    Connection.objects.select_for_update().filter(company_id=file.company_id, tool=source_files.TOOL).first()
    weighed = weigh(file, layout, found)
    _same_key(file.company_id, layout)
    if weighed.connection is None:
        return _connect(entity, file, layout, found, actor)
    connection = weighed.connection
    if not connection.is_used:
        raise Refused("not_connected")
    if used is None or used.connection_id != connection.pk or used.connection.state == State.DISCONNECTED:
        actions.join(entity, connection, actor=actor)
    return _read_next(connection, file, layout, found, weighed, actor=actor, anyway=anyway)


def _same_key(company_id: int, layout: Layout) -> None:
    """Another key would make everybody somebody else; links outlive a disconnect."""
    former = Connection.objects.filter(company_id=company_id, tool=source_files.TOOL).first()
    known = source_files.layout_of(former) if former else None
    if former is None or known is None or known.key == layout.key:
        return
    if links.any_of(former.pk):
        raise Refused("file_key")


def _connect(entity: Entity, file: SourceFile, layout: Layout, found: Look, actor: Actor) -> Outcome:
    access = Access(people=found.people)
    made = actions.connect(entity, source_files.TOOL, {}, wanted=Wanted(), access=access, actor=actor)
    source_files.keep(file, made, layout, found)
    return Outcome.CONNECTED


def _read_next(
    connection: Connection,
    file: SourceFile,
    layout: Layout,
    found: Look,
    weighed: Weighed,
    *,
    actor: Actor,
    anyway: bool,
) -> Outcome:
    if weighed.comparison.same and not weighed.other_layout:
        file.delete()
        return Outcome.SAME
    if weighed.doubts and not anyway:
        raise Doubtful(weighed.doubts, weighed.comparison)
    source_files.keep(file, connection, layout, found)
    append(
        [
            NewEvent(
                company_id=connection.company_id,
                kind=EventKind.CONNECTION_CHANGED,
                actor=actor,
                entity_id=file.entity_id,
                data={
                    "connection": connection.pk,
                    "tool": connection.tool,
                    "state": str(connection.state),
                    "file": file.sha256,
                },
            )
        ]
    )
    actions.start(connection, trigger=TRIGGER, actor=actor)
    return Outcome.STARTED


def doubt_sentence(doubt: Doubt, beside: Comparison, people: int) -> str:
    """Return what is odd about a file of so many ``people``, for whoever decides."""
    match doubt:
        case Doubt.OLDER:
            return gettext("This file was written before the one that was read last.")
        case Doubt.REPLAYED:
            return gettext("This very file was read before; a newer one came after it.")
        case Doubt.FEWER:
            before = beside.before or 0
            said = ngettext(
                "There is %(now)s person in this file; in the last one there were %(before)s."
                " Whoever is missing is not archived, but noted as missing.",
                "There are %(now)s people in this file; in the last one there were %(before)s."
                " Whoever is missing is not archived, but noted as missing.",
                people,
            )
            return said % {"now": people, "before": before}
        case Doubt.DAYS:
            return gettext("Not all days in this file fit the order in which days were read so far.")
        case Doubt.UNREAD:
            return gettext("The last file with changes has not been read yet. Wait until its sync is over.")


def problem_sentence(problem: Problem) -> str:
    """Return why a row or a value was set aside, without line and column."""
    return gettext(PROBLEMS[problem.reason])


def told(found: Look) -> Iterator[Problem]:
    """Yield every problem that is told one by one, by line: rows first where both are in one line."""
    yield from sorted((*found.problems, *found.doubts), key=lambda one: one.line)
