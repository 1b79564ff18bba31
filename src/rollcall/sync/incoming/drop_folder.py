"""Files that another program puts into a folder: ``ROLLCALL_DROP_FOLDER/<entity id>/*.csv``, looked at every minute.

A file is taken when it stands still: the same size and time of change at two looks, or a file of its name with
``.done`` behind beside it. It then moves to ``taken`` or ``refused`` next to it, with a report. Folders and files are
only ever reached through an open folder, so that neither a link nor a name leads anywhere else.
"""

import fcntl
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog
from django.utils import timezone, translation
from msgspec import Struct

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.apart import one_by_one
from rollcall.accounts.models import Entity
from rollcall.connections import source_files
from rollcall.connections.cells import safe_cell
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.source_files import FileRefused, Look
from rollcall.sync.actions import Refused
from rollcall.sync.incoming import files
from rollcall.sync.incoming.files import Doubt, Doubtful, Outcome
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import error_sentence

log = structlog.get_logger(__name__)

SETTING: Final = "ROLLCALL_DROP_FOLDER"
ACTOR: Final = Actor(kind="system", label="drop folder")
TAKEN: Final = "taken"
REFUSED: Final = "refused"
DUTY: Final = "schedule"

_SEEN: Final = ".rollcall-seen.json"
_DONE: Final = ".done"
_AT_ONCE: Final = 20
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# O_NONBLOCK: a pipe that is called .csv must not stop the round
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class _Found(Struct, frozen=True, kw_only=True):
    """A file of a listing. ``state`` is size, time of change and inode."""

    name: str
    state: tuple[int, int, int]
    done: bool


class _Report(Struct, frozen=True, kw_only=True):
    """What became of a file: where it goes, and the lines of its report."""

    to: str
    lines: Sequence[str]


def minute(timestamp: int) -> None:
    """The minute's round, as a job of its own; ``timestamp`` is the minute it stands for."""
    look(timezone.now())


def look(now: datetime) -> None:
    """Take what stands still in the folders of entities that are connected to files; forget what nobody confirmed.

    ``now`` is aware. A folder that cannot be read is logged and passed over.
    """
    with access.on_duty(DUTY):
        source_files.forget_waiting(now)
    root = os.environ.get(SETTING, "")
    if not root:
        return
    one_by_one("drop_folder_not_looked_at", _companies(), lambda one: _look_for(one[0], root, now))


def _look_for(company_id: int, root: str, now: datetime) -> None:
    mine = [(company_id, entity) for entity in _entities(company_id)]
    one_by_one("drop_folder_file_not_taken", mine, lambda one: _look_into(root, one[1], now))


def _look_into(root: str, entity: Entity, now: datetime) -> None:
    try:
        with _folder(root, str(entity.pk)) as folder:
            if folder is not None:
                _empty(folder, entity, now)
    except OSError as error:
        log.warning("drop_folder_unreadable", entity=entity.pk, error=error.strerror)


def _companies() -> list[tuple[int]]:
    with access.on_duty(DUTY):
        found = Connection.objects.filter(tool=source_files.TOOL)
        return [(one,) for one in sorted(set(found.values_list("company_id", flat=True)))]


def _entities(company_id: int) -> list[Entity]:
    with access.acting_for(company_id):
        used = Subscription.objects.select_related("entity__company", "connection")
        found = used.filter(connection__tool=source_files.TOOL).order_by("entity_id")
        return [one.entity for one in found if one.connection.is_used]


@contextmanager
def _folder(root: str, name: str) -> Iterator[int | None]:
    """Yield a folder's descriptor, locked against another worker; ``None`` if it is missing, a link, or locked."""
    try:
        folder = os.open(os.path.join(root, name), _FOLDER)  # noqa: PTH118 - descriptors throughout
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield folder
    finally:
        os.close(folder)


def _empty(folder: int, entity: Entity, now: datetime) -> None:
    listed = _listed(folder)
    known = _seen(folder)
    still = [one for one in listed if one.done or known.get(one.name) == one.state]
    for one in still[:_AT_ONCE]:
        report = _take(folder, entity, one)
        if report is not None:
            _put_away(folder, one, report, now)
    _remember(folder, {one.name: one.state for one in listed}, known)


def _listed(folder: int) -> list[_Found]:
    """Return the plain files called .csv, oldest first; links, pipes and what is still called .tmp are none."""
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries}
    found = []
    for name in names:
        if not name.lower().endswith(".csv") or name.startswith("."):
            continue
        with suppress(FileNotFoundError):
            told = os.stat(name, dir_fd=folder, follow_symlinks=False)
            # another name for the same file could be one that is not ours to hand out
            if stat.S_ISREG(told.st_mode) and told.st_nlink == 1:
                done = bool(names & {name + _DONE, name[:-4] + _DONE})
                found.append(_Found(name=name, state=_state(told), done=done))
    return sorted(found, key=lambda one: (one.state[1], one.name))


def _state(told: os.stat_result) -> tuple[int, int, int]:
    return told.st_size, told.st_mtime_ns, told.st_ino


def _seen(folder: int) -> dict[str, tuple[int, int, int]]:
    try:
        file = os.open(_SEEN, _FILE, dir_fd=folder)
    except OSError:
        return {}
    with os.fdopen(file, "rb") as text:
        try:
            return msgspec.json.decode(text.read(), type=dict[str, tuple[int, int, int]])
        except msgspec.MsgspecError:
            return {}


def _remember(
    folder: int, states: dict[str, tuple[int, int, int]], known: dict[str, tuple[int, int, int]]
) -> None:
    if states != known:
        _write(folder, _SEEN, msgspec.json.encode(states))


def _write(folder: int, name: str, content: bytes) -> None:
    """Write a file whole or not at all."""
    draft = f".{name}.{os.getpid()}"
    with suppress(FileNotFoundError):
        os.unlink(draft, dir_fd=folder)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    with os.fdopen(file, "wb") as out:
        out.write(content)
    os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)


def _take(folder: int, entity: Entity, one: _Found) -> _Report | None:
    """Hand a file in; ``None`` if it has to wait for a later look."""
    if one.state[0] > source_files.MOST_BYTES:
        content = b""
    else:
        try:
            file = os.open(one.name, _FILE, dir_fd=folder)
        except OSError:
            return None
        with os.fdopen(file, "rb") as source:
            content = source.read(source_files.MOST_BYTES + 1)
            if _state(os.fstat(source.fileno())) != one.state or len(content) != one.state[0]:
                return None
    with translation.override("en"):
        return _handed_in(entity, one, content)


def _handed_in(entity: Entity, one: _Found, content: bytes) -> _Report | None:
    written_at = datetime.fromtimestamp(one.state[1] / 1e9, tz=UTC)
    found: Look | None = None
    try:
        with access.acting_for(entity.company_id):
            layout = files.layout_in_use(entity.company_id)
            source_files.refuse_size(one.state[0])
            found = source_files.look(source_files.open_layout(content, layout))
            file = source_files.wait(entity, content, one.name, actor=ACTOR, written_at=written_at)
            outcome = files.hand_in(entity, file, layout, found, actor=ACTOR)
    except FileRefused as error:
        return _report(REFUSED, one, error_sentence(error.code, error.params), found)
    except Refused as refused:
        return _report(REFUSED, one, refusal_sentence(refused.code, refused.params), found)
    except Doubtful as doubtful:
        if Doubt.UNREAD in doubtful.doubts:
            return None
        people = found.people if found else 0
        said = [files.doubt_sentence(each, doubtful.comparison, people) for each in doubtful.doubts]
        return _report(REFUSED, one, " ".join([*said, "Upload it in the settings if it is meant."]), found)
    said_of = {
        Outcome.SAME: "This is the same file as the last one: nothing changes.",
        Outcome.STARTED: "The file was accepted; a sync has been asked for.",
        Outcome.CONNECTED: "The file was accepted; a sync has been asked for.",
    }
    return _report(TAKEN, one, said_of[outcome], found)


def _report(to: str, one: _Found, sentence: str, found: Look | None) -> _Report:
    log.info("drop_folder_file", result=to, size=one.state[0])
    lines = [f"{source_files.display_name(one.name)}: {sentence}"]
    if found is not None:
        lines.append(
            f"{found.people} people, {found.broken} rows set aside, {found.doubtful} values doubtful"
        )
        if found.problems or found.doubts:
            lines.append("line\tcolumn\treason")
        lines += [
            "\t".join((str(each.line), each.column, files.problem_sentence(each)))
            for each in files.told(found)
        ]
    return _Report(to=to, lines=[safe_cell(line) for line in lines])


def _put_away(folder: int, one: _Found, report: _Report, now: datetime) -> None:
    with suppress(FileExistsError):
        os.mkdir(report.to, 0o700, dir_fd=folder)
    beside = os.open(report.to, _FOLDER, dir_fd=folder)
    try:
        stem = re.sub(r"[^A-Za-z0-9._-]", "_", one.name[:-4])[:100].lstrip(".")
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{one.state[2]}-{stem}"
        os.rename(one.name, f"{name}.csv", src_dir_fd=folder, dst_dir_fd=beside)
        _write(beside, f"{name}.txt", ("\n".join(report.lines) + "\n").encode())
        for marker in (one.name + _DONE, one.name[:-4] + _DONE):
            with suppress(FileNotFoundError):
                os.unlink(marker, dir_fd=folder)
    finally:
        os.close(beside)
