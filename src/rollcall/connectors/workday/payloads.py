"""What a record of ours holds besides the tool's own XML."""

from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from rollcall.engine.snapshot import BankAccount

When = Literal["", "upcoming", "ended"]
"""What a worker's dates say on the day of the read, where no flag of the tool says it."""


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a worker.

    The same for all workers of a read, as a rule empty.
    """

    # fields of Employee that nobody has: absent is silent in Workday, so they are not delivered
    hidden: tuple[str, ...] = ()
    # fields of Employee that the admin does not want read
    leave_out: tuple[str, ...] = ()
    # field of Employee -> type of organisation that it is taken from
    mapped: Mapping[str, str] = field(default_factory=dict)
    # type of organisation -> name to deliver it under; empty: every type that is no field
    custom: Mapping[str, str] = field(default_factory=dict)


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One worker, with what other answers say about them."""

    frame: Frame = field(default=Frame(), name="as")
    when: When = ""
    # WID of a manager whose reference has only an employee number
    manager: str | None = None
    # as the payment elections have it: None if there is none, UNSET if they were not read
    account: BankAccount | UnsetType | None = UNSET
    # one wd:Worker inside an element that binds its prefixes
    worker: str
