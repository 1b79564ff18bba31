"""Checks with faults: what a connector must make of each: the class of its error, or the whole list all the same.

One rule stands over the table: a read ends with everybody or with an error, never with fewer people and no error.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from msgspec import Struct

from rollcall.connectors.errors import AdminMustAct, NotUnderstood, SourceError, TryLater
from rollcall.project.conformance.check import Check, Failed, NotApplicable
from rollcall.project.conformance.subject import Subject, came, must_come

BY_TIME: Final = (TryLater,)
BY_ADMIN: Final = (AdminMustAct,)
BY_US: Final = (NotUnderstood,)
NEVER: Final[tuple[type[SourceError], ...]] = ()


class Trial(Struct, frozen=True, kw_only=True):
    """A fault to switch on, and the errors that may come of it. ``()``: only the whole list will do."""

    row: str
    fault: dict[str, Any]
    errors: tuple[type[SourceError], ...]
    says: str
    # A tool without totals can leave people out without a trace; vanishing people are then a matter of limits (A4).
    may_hide: bool = False


def _trial(
    row: str, says: str, errors: tuple[type[SourceError], ...], *, may_hide: bool = False, **fault: Any
) -> Trial:
    return Trial(row=row, fault={"id": row, **fault}, errors=errors, says=says, may_hide=may_hide)


TRIALS: Final = (
    _trial("T2", "a connection reset once is tried again", NEVER, times=1),
    _trial("T2", "a connection always reset is a matter of time", BY_TIME, path="/"),
    _trial("T3", "a body cut short, for ever", BY_TIME + BY_US, mode="short"),
    _trial("T3", "a chunked body cut short, for ever", BY_TIME + BY_US, mode="chunked"),
    _trial("T3", "a compressed body cut short, for ever", BY_TIME + BY_US, mode="gzip"),
    _trial("T4", "no answer at all", BY_TIME, mode="hang", seconds=6),
    _trial("T5", "a failing server, once", NEVER, times=1, status=503),
    _trial("T5", "a failing server, for ever", BY_TIME, path="/", status=503),
    _trial("T5", "a failing gateway, for ever", BY_TIME, path="/", status=502),
    _trial("T6", "throttled once without being told for how long", NEVER, times=1),
    _trial("T6", "throttled for ever", BY_TIME, path="/"),
    _trial("T7", "throttled with a wait in seconds, once", NEVER, mode="seconds", times=1),
    _trial("T7", "throttled with a wait as a date, once", NEVER, mode="date", times=1),
    _trial("T7", "told to wait for a year", BY_TIME, mode="year", path="/"),
    _trial("T7", "told to wait in words nobody understands, once", NEVER, mode="nonsense", times=1),
    _trial("T8", "a body that unpacks to more than is taken", BY_US, path="/", amount=60),
    _trial("T10", "a sign-in page instead of data", BY_US + BY_ADMIN + BY_TIME),
    _trial("T11", "an empty body", BY_US + BY_TIME),
    _trial("T11", "204 instead of people", BY_US + BY_TIME, mode="204"),
    _trial("T11", "null instead of people", BY_US, mode="null"),
    _trial("T11", "an object instead of a list", BY_US, mode="object"),
    _trial("T12", "an error told with status 200", (SourceError,)),
    _trial("T13", "sent to another host", BY_US + BY_ADMIN, mode="host"),
    _trial("T13", "sent to http", BY_US + BY_ADMIN, mode="http"),
    _trial("T13", "sent to an inside address", BY_US + BY_ADMIN, mode="internal"),
    _trial("T13", "sent in circles", BY_US + BY_ADMIN, mode="loop"),
    _trial("A1", "the key is refused from the first page on", BY_ADMIN, mode="401", page=1),
    _trial("A1", "the key is refused from the second page on", BY_ADMIN, mode="401", page=2),
    _trial("A1", "the key is not allowed to see people", BY_ADMIN, mode="403", page=1),
    _trial("A2", "a token that expires while reading", NEVER),
    _trial("A3", "a key that was revoked", BY_ADMIN),
    _trial("P2", "a page that fails for good", BY_TIME + BY_US, page=2),
    _trial("P2", "the last pages are missing", BY_US, mode="last", page=1, may_hide=True),
    _trial("P2", "a page with half of its people", BY_US, mode="short", page=1, may_hide=True),
    _trial("P3", "somebody is hired while pages are read", BY_US, mode="added"),
    _trial("P4", "a total that is too high", BY_US, mode="more"),
    _trial("P4", "a total that is too low", BY_US, mode="less"),
    _trial("P5", "pages that never end", BY_US, mode="endless"),
    _trial("P5", "the same page again and again", BY_US, mode="repeat"),
    _trial("P5", "a cursor that is refused", BY_US + BY_TIME, mode="expired"),
    _trial("E1", "bytes that are no UTF-8", BY_US),
    _trial("E1", "Latin-1 where UTF-8 was promised", BY_US, mode="latin1"),
    _trial("E8", "numbers that are none", BY_US, mode="nan"),
    _trial("E8", "nesting without a bottom", BY_US, mode="nesting"),
    _trial("E9", "no record has an id any more", BY_US),
)
"""Rows of the fault catalogue that end a read, or must not."""


def _of(trial: Trial) -> Check:
    def run(subject: Subject) -> str:
        before = subject.truth()
        subject.control("faults", on=trial.fault)
        try:
            found = subject.read()
        except trial.errors as error:
            return f"{type(error).__name__}: {error.code}"
        except SourceError as error:
            wanted = " or ".join(kind.__name__ for kind in trial.errors) or "the whole list"
            raise Failed(f"{type(error).__name__} ({error.detail}) instead of {wanted}") from None
        if not subject.struck():
            raise NotApplicable("no answer of this tool can show it")
        missing = must_come(before) - came(found)
        if missing and trial.may_hide:
            raise NotApplicable("the tool tells a shorter list as the whole one: only limits can hold it")
        if missing:
            raise Failed(f"{missing.total()} people of {len(before)} are missing")
        return "the whole list"

    several = trial.row.startswith("P") or trial.fault.get("page") == 2
    return Check(title=f"{trial.row}: {trial.says}", run=run, several_pages=several, alters=trial.row == "P3")


def _no_secret(subject: Subject) -> str:
    secrets = [
        value
        for one in subject.tool.credentials
        if one.kind == "secret" and (value := subject.credentials.get(one.name, ""))
    ]
    with _logged() as lines:
        for trial in TRIALS[::4]:
            subject.control("faults", on=trial.fault)
            try:
                subject.read()
            except SourceError as error:
                lines += [
                    str(error),
                    repr(error),
                    error.sentence(),
                    repr(error.__cause__),
                    repr(error.__context__),
                ]
            subject.control("faults", clear=True)
    for line in lines:
        if any(secret in line for secret in secrets):
            raise Failed("a credential stands in a log line or an error")
    return f"{len(lines)} lines looked at"


@contextmanager
def _logged() -> Iterator[list[str]]:
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, keeping = logging.getLogger(), Keeping()
    level = root.level
    root.addHandler(keeping)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(keeping)


FAULTS: Final = (
    *(_of(trial) for trial in TRIALS),
    Check(title="No credential stands in a log line or an error (Z5)", run=_no_secret),
)
