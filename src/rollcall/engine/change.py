"""What a plan wants for one person, and why."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field


class Kind(StrEnum):
    """The closed list of what can happen to one person in one plan, in the order in which plans show it."""

    LINK = "link"
    CREATE = "create"
    UPDATE = "update"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RELEASE = "release"
    # nothing happens to this person, and the reason is worth reading
    SKIP = "skip"
    # a remark beside another change or alone, such as a line manager who could not be set
    NOTE = "note"


ACTING = (Kind.LINK, Kind.CREATE, Kind.UPDATE, Kind.REACTIVATE, Kind.ARCHIVE, Kind.RELEASE)
"""The kinds that change a member; the others are only shown."""


class Why(StrEnum):
    """Reasons, each a sentence in the pages; parameters stand behind the name."""

    NEW_IN_SCOPE = "new_in_scope"
    STARTS_ON = "starts_on"  # day
    SAME_EMAIL = "same_email"
    # a person said that this record is about that member
    SAME_PERSON = "same_person"
    # many people at once have a new number and their old address: one decision for all (rule 10)
    RENUMBERED = "renumbered"  # was
    CHANGED_IN_HR = "changed_in_hr"
    BACK_IN_SCOPE = "back_in_scope"
    RECONNECTED = "reconnected"
    REHIRED = "rehired"
    LEFT_ON = "left_on"  # day
    LEFT = "left"
    OUT_OF_SCOPE = "out_of_scope"  # attribute, test, values, value
    BROUGHT_IN_AS_MANAGER = "brought_in_as_manager"
    # a person decided it, against or beside the filter (S35)
    ADDED_BY_HAND = "added_by_hand"  # reason, by
    KEPT_OUT = "kept_out"  # reason, by
    # reasons to leave somebody alone
    NO_EMAIL = "no_email"
    NOT_AN_EMAIL = "not_an_email"  # email
    SHARED_EMAIL = "shared_email"  # email, others
    EMAIL_TAKEN = "email_taken"  # email
    MEMBER_LINKED_ELSEWHERE = "member_linked_elsewhere"  # email
    # the member with this address is tied to a record that is gone or has left: a new contract, or somebody else?
    NEW_NUMBER = "new_number"  # email, number
    # the other side of it: this record is gone or has left, and its member's address works under another one
    HAS_NEW_NUMBER = "has_new_number"  # email, number
    # the HR tool gives this number to somebody else now, as it seems (I7)
    REUSED_ID = "reused_id"  # before, now
    # the address is made to look like a member's (I4)
    LOOKS_LIKE = "looks_like"  # email, other
    # at none of the company's domains: nobody is invited there until it is allowed (I11)
    FOREIGN_DOMAIN = "foreign_domain"  # email
    INVITE_LATER = "invite_later"  # start, day
    NO_START_DATE = "no_start_date"
    STATUS_UNKNOWN = "status_unknown"
    STATUS_CONTRADICTS = "status_contradicts"  # status, day
    ARCHIVING_IS_OFF = "archiving_is_off"  # day
    # HR says they left, but the connection does not manage this member: only a person may archive them
    LEFT_BUT_NOT_MANAGED = "left_but_not_managed"  # day
    LAST_OWNER = "last_owner"
    ARCHIVED_BY_HAND = "archived_by_hand"
    # missing from the list: archived for it (since, runs), or left alone because leavers are not archived here (since)
    VANISHED = "vanished"
    VANISHED_WAITS = "vanished_waits"  # since, day
    # first missed by a list that was far too short, or listed with a record that can't be read
    VANISHED_UNPROVEN = "vanished_unproven"  # since
    VANISHED_OUTSIDE = "vanished_outside"  # since
    VANISHED_ADMIN = "vanished_admin"  # since
    # the present record can't be read, so that nothing is decided from the old one (rule 1, invariant 20)
    UNREADABLE = "unreadable"
    # HR gives a mask instead of the value: the known one stays
    MASKED = "masked"  # fields
    # was erased for good; comes back only when a person allows it
    ERASED = "erased"
    # a remark beside an address that may be made to look like another (I4)
    UNUSUAL_LETTERS = "unusual_letters"  # email
    # HR gives account numbers that no account can have: what is known stays (V7)
    BANK_NOT_VALID = "bank_not_valid"
    # reasons why a line manager stays empty
    MANAGER_SELF = "manager_self"
    MANAGER_LOOP = "manager_loop"
    MANAGER_UNKNOWN = "manager_unknown"
    MANAGER_NO_MEMBER = "manager_no_member"
    # taking a run back (product decision 15)
    UNDONE = "undone"  # kind
    CHANGED_SINCE = "changed_since"  # fields
    BANK_STAYS = "bank_stays"
    SIGNED_UP_SINCE = "signed_up_since"
    INVITED_AGAIN = "invited_again"


class FieldChange(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One field before and after; ``ref`` is the manager's employee id, or the account's digest."""

    before: str | None = None
    after: str | None = None
    ref: str | None = None


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of a plan. ``fields`` holds only what differs; names are those of the member's fields."""

    kind: Kind
    employee_id: str
    why: Why
    name: str = ""
    email: str = ""
    member_id: int | None = None
    fields: Mapping[str, FieldChange] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
