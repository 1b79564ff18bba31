"""Deel's JSON, as far as we read it. Sources: documented on developer.deel.com, assumed where marked."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Raw, Struct, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a row; ours, and part of every record."""

    # fields of Employee that the admin does not want read
    leave_out: tuple[str, ...] = ()


class Row(Struct, frozen=True, kw_only=True):
    """A person with what other lists say about them; composed by us."""

    person: dict[str, Any]
    # fields that only come when they are asked for by name; None where they may not be
    more: dict[str, Any] | None = None
    # contract -> cost centre, of this person's contracts; None where they may not be read
    contracts: Mapping[str, str | None] | None = None
    # None unless the person can have accounts that the organisation sees
    banks: list[dict[str, Any]] | None = None


class Framed(Struct, frozen=True):
    """One record as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: Row


class PageInfo(Struct, frozen=True):
    """``page`` of lists by offset and by cursor; rows, not pages."""

    total_rows: int | None = None
    cursor: str | None = None


class Listed(Struct, frozen=True):
    """Any list."""

    data: Raw
    page: PageInfo = field(default_factory=PageInfo)


class EntityHead(Struct, frozen=True):
    """A legal entity; ``name`` beside it is for the mapping."""

    id: str | int | None = None


class EmploymentHead(Struct, frozen=True):
    """An employment's id is that of its contract (assumed)."""

    id: str | int | None = None
    hiring_type: str | None = None
    client_legal_entity: EntityHead | None = None


class IdRow(Struct, frozen=True):
    """The id alone, so that nothing else of a person can hide it."""

    id: str | int | None = None


class PersonHead(Struct, frozen=True):
    """What joins a person to other lists. ``worker_id`` is a text of digits here, a number elsewhere."""

    id: str | int | None = None
    worker_id: str | int | None = None
    person_status: str | None = None
    hiring_status: str | None = None
    hiring_type: str | None = None
    client_legal_entity: EntityHead | None = None
    employments: list[EmploymentHead] | None = None


class More(Struct, frozen=True, omit_defaults=True):
    """What only comes when it is asked for by name (``fields[]``)."""

    id: str | int | None = None
    worker_termination_last_date_of_work: Any = UNSET
    ooo: Any = UNSET
    employments: Any = UNSET


class Contract(Struct, frozen=True):
    """An item of ``GET /contracts``; ``cost_centers`` only with ``expand``."""

    id: str | int
    cost_centers: Any = UNSET


class FramedContract(Struct, frozen=True):
    """A contract as its page cuts it."""

    row: Contract


class FramedEntity(Struct, frozen=True):
    """Likewise."""

    row: EntityHead


class FramedMore(Struct, frozen=True):
    """Likewise."""

    row: More


class Bank(Struct, frozen=True, omit_defaults=True):
    """An item of ``GET /gp/workers/{worker_id}/banks``, cut down to what is used."""

    status: Any = UNSET
    iban: Any = UNSET
    swift_bic: Any = UNSET
    account_number: Any = UNSET
    sort_code: Any = UNSET
    ach_routing_number: Any = UNSET
    full_name: Any = UNSET
    currency_code: Any = UNSET
    created_at: Any = UNSET
    updated_at: Any = UNSET


class Organisation(Struct, frozen=True):
    """An item of ``GET /organizations``."""

    id: str | int | None = None
    name: str | None = None


class EventType(Struct, frozen=True):
    """An item of ``GET /webhooks/events/types``."""

    name: str


class EventTypes(Struct, frozen=True):
    """``GET /webhooks/events/types``."""

    data: list[EventType]


class Subscription(Struct, frozen=True):
    """What a registration answers (assumed)."""

    id: str | int


class Subscribed(Struct, frozen=True):
    """``POST /webhooks`` (assumed: wrapped like every other answer)."""

    data: Subscription


class ToldRequest(Struct, frozen=True):
    """In errors: what was asked, and the status it would have had."""

    status: int | None = None


class Told(Struct, frozen=True):
    """The three shapes of errors at once."""

    request: ToldRequest | None = None
    errors: list[Any] | None = None
    error: str | dict[str, Any] | None = None


class HookMeta(Struct, frozen=True):
    """About an event."""

    tracking_id: str = ""
    is_simulation: bool = False


class HookData(Struct, frozen=True):
    """``resource`` beside it, an object or a list, is not read: an event is a reason to look."""

    meta: HookMeta = field(default_factory=HookMeta)


class Hook(Struct, frozen=True):
    """A delivery."""

    data: HookData = field(default_factory=HookData)
    timestamp: str = ""
