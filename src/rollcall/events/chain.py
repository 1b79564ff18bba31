"""The chain of a company's audit log: each entry's digest covers the one before, so that no change stays unseen."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from rollcall.events.catalogue import Kind
from rollcall.events.models import ChainHead, Event

GENESIS = ""  # the hash before the first event

_canonical = msgspec.json.Encoder(order="deterministic")
canonical = _canonical.encode
"""Return data as the bytes that a digest is made of: names in order, no blanks."""


def moment(at: datetime) -> str:
    """Return a time (aware) as the chain writes it: UTC, with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def content_hash(salt: str, label: str, data: bytes) -> str:
    """Return the digest of what can name a person; ``data`` is ``canonical``."""
    return hashlib.sha256(canonical([salt, label, msgspec.Raw(data)])).hexdigest()


def entry_hash(
    previous: str, company_id: int, number: int, kind: str, at: str, *rest: str | int | None
) -> str:
    """Return the digest of an entry.

    ``at`` is a ``moment``; ``rest``: kind and id of the actor, ids of entity, member, run and plan, ``content_hash``.
    """
    return hashlib.sha256(canonical([previous, company_id, number, kind, at, *rest])).hexdigest()


def verify(company_id: int) -> int | None:
    """Walk the company's chain and return the first broken number, or None. Call it inside
    `acting_for(company)`.

    A gap, a changed or reordered row, and rows cut off at the end are all found; memory stays flat. What an
    erasure has emptied holds nothing, or exactly what a later entry of the chain vouches for.
    """
    vouched = _vouched(company_id)
    expected, previous = 1, GENESIS
    for event in Event.objects.filter(company_id=company_id).order_by("number").iterator(chunk_size=2000):
        if event.number != expected or not _intact(event, previous, vouched):
            return expected
        expected, previous = expected + 1, event.hash
    head = ChainHead.objects.filter(company_id=company_id).first()
    if head is None:
        return None if expected == 1 else expected - 1
    return None if (head.number, head.hash) == (expected - 1, previous) else expected


def remaining_hash(label: str, data: object) -> str:
    """Return the digest by which an entry of the chain vouches for what is left of an emptied one."""
    return content_hash("", label, canonical(data))


def _vouched(company_id: int) -> dict[int, set[str]]:
    """Return, by number, the digests of what may be left of emptied entries: few, since few people are erased."""
    found: dict[int, set[str]] = {}
    told = Event.objects.filter(company_id=company_id, kind=Kind.AUDIT_EMPTIED).values_list("number", "data")
    for by, data in told:
        for number, digest in data.get("entries", {}).items():
            if int(number) < by:
                found.setdefault(int(number), set()).add(digest)
    return found


def _intact(event: Event, previous: str, vouched: Mapping[int, set[str]]) -> bool:
    if event.erased_at is not None:
        nothing = not event.data and not event.actor_label
        left = remaining_hash(event.actor_label, event.data)
        if not nothing and left not in vouched.get(event.number, ()):
            return False
    else:
        content = content_hash(event.salt, event.actor_label, canonical(event.data))
        if content != event.content_hash:
            return False
    found = entry_hash(
        previous,
        event.company_id,
        event.number,
        event.kind,
        moment(event.at),
        event.actor_kind,
        event.actor_id,
        event.entity_id,
        event.member_id,
        event.run_id,
        event.plan_id,
        event.content_hash,
    )
    return event.previous_hash == previous and event.hash == found
