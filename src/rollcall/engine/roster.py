"""What the directory holds about a person, as values."""

from datetime import date
from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """A member is invited, active or archived; nothing else."""

    INVITED = "invited"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Role(StrEnum):
    """What a member may do in an entity, strongest first."""

    OWNER = "owner"
    ADMIN = "admin"
    CONTROLLER = "controller"
    REQUESTER = "requester"


class Bank(Struct, frozen=True, gc=False):
    """An account without its numbers: a keyed digest to compare by, and the mask that people see."""

    digest: str
    mask: str


class Member(Struct, frozen=True, kw_only=True, gc=False):
    """A person in one entity."""

    id: int
    state: State
    role: Role
    email: str
    first_name: str = ""
    last_name: str = ""
    employee_number: str | None = None
    job_title: str | None = None
    department: str | None = None
    team: str | None = None
    work_location: str | None = None
    country: str | None = None
    legal_entity: str | None = None
    cost_center: str | None = None
    employment_type: str | None = None
    language: str | None = None
    start_date: date | None = None
    manager_id: int | None = None
    bank: Bank | None = None
    # has signed up at some time, so that coming back needs no invitation
    signed_up: bool = False
    # archived by a person in Rollcall rather than by the HR tool: a sync never takes that back
    archived_by_hand: bool = False
    last_owner: bool = False


class Link(Struct, frozen=True, kw_only=True, gc=False):
    """The lasting tie between an employee of a connection and a member."""

    member_id: int
    employee_id: str
    # False: the link is remembered, but the HR tool decides nothing about this member any more
    managed: bool = True
