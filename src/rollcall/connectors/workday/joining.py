"""What a worker's record needs from the rest of the read: which fields come at all, whose manager, whose account."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

import msgspec
from msgspec import UNSET, Struct, UnsetType

from rollcall.connectors.base import Page, Wanted
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.workday import mapping
from rollcall.connectors.workday.cutting import parsed
from rollcall.connectors.workday.payloads import Frame, Record, When
from rollcall.engine.snapshot import BankAccount

SAMPLE: Final = 300
"""Workers of a page that are looked at for fields nobody showed so far."""

# fields of Employee that may be hidden; bank details come from elsewhere, organisations of one's own are as they are
SOUGHT: Final = frozenset(
    {
        *("first_name", "last_name", "preferred_name", "work_email", "personal_email"),
        *("status", "start_date", "end_date", "last_working_day", "manager_id"),
        *("job_title", "employment_type", "work_location", "country", "language"),
        *mapping.ORGANISATIONS,
    }
)

_encoder: Final = msgspec.json.Encoder()
_account: Final = msgspec.json.Decoder(BankAccount | None)


class Seen(Struct, frozen=True, kw_only=True):
    """One worker of an answer, and what joining them with others needs."""

    xml: bytes
    id: str | None
    # see ``mapping.keys``
    keys: tuple[str, ...]
    when: When
    # the day of hire of somebody upcoming
    hired: str
    # kind and number of a manager whose reference has no WID
    manager: tuple[str, str] | None


class Fields:
    """Which fields come: a hidden one is simply absent, for everybody (documented)."""

    def __init__(self, wanted: Wanted) -> None:
        self._mapped = {name: kind for name, kind in wanted.mapped.items() if "." not in name}
        self._sought = (SOUGHT | self._mapped.keys()) - wanted.leave_out
        self._wanted = wanted
        self._came: frozenset[str] = frozenset()
        self._any = False

    @property
    def hidden(self) -> frozenset[str]:
        """Fields that nobody has shown so far."""
        return self._sought - self._came

    @property
    def missing(self) -> frozenset[str]:
        """Fields that did not come; none as long as nobody was seen who could have shown them."""
        return self.hidden if self._any else frozenset()

    def notice(self, worker: Element) -> None:
        """Note which fields this worker shows."""
        try:
            found = mapping.mapped(worker, Record(frame=Frame(mapped=self._mapped), worker=""))
        except UnreadableRecord:
            return
        self._any = True
        self._came |= mapping.seen(found)

    def frame(self) -> Frame:
        """Return what the mapping must know."""
        return Frame(
            hidden=tuple(sorted(self.hidden)),
            leave_out=tuple(sorted(self._wanted.leave_out)),
            mapped=self._mapped,
            custom=self._wanted.custom,
        )


def looked_at(items: Iterable[bytes], fields: Fields, today: str) -> list[Seen]:
    """Return what joining needs of each worker; ``today`` is the server's day in ISO 8601. Notes which fields come."""
    people = []
    for place, xml in enumerate(items):
        worker = parsed(xml)
        if fields.hidden and place < SAMPLE:
            fields.notice(worker)
        ids, above = mapping.own_ids(worker), mapping.manager(worker)
        numbers = [(kind, above[kind]) for kind in mapping.NUMBERS if above.get(kind)]
        when = mapping.when(worker, today)
        people.append(
            Seen(
                xml=xml,
                id=ids.get("WID") or None,
                keys=mapping.keys(ids),
                when=when,
                hired=mapping.hire_day(worker) if when == "upcoming" else "",
                manager=numbers[0] if numbers and not above.get("WID") else None,
            )
        )
    return people


def record(
    each: Seen, frame: Frame, managers: Mapping[str, str], accounts: Mapping[str, bytes] | None
) -> bytes:
    """Return the record: it decides its person alone. ``accounts`` as JSON, by key; None if they were not read."""
    above = managers.get(" ".join(each.manager)) if each.manager else None
    account: BankAccount | UnsetType | None = UNSET
    if accounts is not None:
        account = _account.decode(next((accounts[key] for key in each.keys if key in accounts), b"null"))
    return _encoder.encode(
        Record(frame=frame, when=each.when, manager=above, account=account, worker=each.xml.decode())
    )


def page(records: Sequence[bytes]) -> Page:
    """Return a page of whole records, kept as one text with the places where each begins and ends."""
    body = b"\n".join(records)
    ends, at = [], 0
    for each in records:
        ends.append((at, at + len(each)))
        at += len(each) + 1
    return Page(body, lambda: [body[begin:end] for begin, end in ends])
