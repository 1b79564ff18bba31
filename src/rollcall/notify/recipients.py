"""Which mails an event asks for: events in, unsaved rows out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rollcall.accounts.access import ADMINS
from rollcall.accounts.models import Grant, Language, User
from rollcall.directory.languages import languages_of
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.notify.choices import without_weekly
from rollcall.notify.models import Mail

# Kinds that go to the member, with what makes two events the same mail (O1: at most one).
_TO_MEMBER = {
    Kind.MEMBER_INVITED: "invitation:{invitation_id}",
    Kind.MEMBER_INVITATION_RESENT: "resent:{invitation_id}:{nonce}",
    Kind.MEMBER_INVITATION_REMINDED: "reminder:{invitation_id}:{reminder}",
    Kind.MEMBER_EMAIL_CHANGED: "email_changed:{event}",
    Kind.MEMBER_BANK_CHANGED: "bank_changed:{event}",
}
# Kinds that go to owners and admins: of the event's entity or, when it names none, of the company.
_TO_ADMINS = {
    Kind.MEMBER_BANK_CHANGED: "bank_changed:{event}",
    Kind.MEMBER_BANK_DISPUTED: "bank_disputed:{event}",
    Kind.PLAN_HELD: "plan_held:{plan}",
    Kind.CONNECTION_FAILED: "connection_failed:{event}",
    Kind.SUMMARY_WEEKLY: "weekly:{week}",
}
_INVITATIONS = {
    Kind.MEMBER_INVITED,
    Kind.MEMBER_INVITATION_RESENT,
    Kind.MEMBER_INVITATION_REMINDED,
}
ADMIN_PURPOSES = {Kind.MEMBER_BANK_CHANGED: "member.bank_changed.admins"}


def mails_for(events: Sequence[Event]) -> list[Mail]:
    """Return the mails these events of one company ask for; call it inside `acting_for`. Three queries at
    most.
    """
    admins = _admins(events)
    told = [event.member_id for event in events if event.kind in _TO_MEMBER and event.member_id]
    languages = languages_of(told)
    mails: list[Mail] = []
    for event in events:
        mails += _to_member(event, languages)
        mails += _to_admins(event, admins)
    return mails


def _key(pattern: str, event: Event) -> str:
    names = {
        "event": event.pk,
        "plan": event.plan_id or f"event{event.pk}",
        "week": f"{event.entity_id}:{event.data.get('from', event.pk)}",
    }
    missing = {"invitation_id": f"event{event.pk}", "nonce": "", "reminder": event.data.get("nonce", "")}
    return pattern.format_map({**missing, **names, **event.data})[:120]


def _to_member(event: Event, languages: Mapping[int, Sequence[str]]) -> Iterator[Mail]:
    pattern = _TO_MEMBER.get(Kind(event.kind))
    address = event.data.get("email")
    if pattern is None or not address:
        return
    # An invitation without its id and nonce can't be turned into a link (the person was added without one).
    if event.kind in _INVITATIONS and not (event.data.get("invitation_id") and event.data.get("nonce")):
        return
    yield Mail(
        company_id=event.company_id,
        purpose=event.kind,
        key=_key(pattern, event),
        to_member=event.member_id,
        to_address=address,
        language=_language([*languages.get(event.member_id or 0, ()), event.data.get("language")]),
        event_id=event.pk,
    )


def _to_admins(event: Event, admins: Sequence[Grant]) -> Iterator[Mail]:
    kind = Kind(event.kind)
    pattern = _TO_ADMINS.get(kind)
    if pattern is None:
        return
    users: dict[int, User] = {
        grant.user_id: grant.user
        for grant in admins
        if event.entity_id is None or grant.entity_id == event.entity_id
    }
    unwanted = without_weekly(users) if kind is Kind.SUMMARY_WEEKLY else set()
    for user_id, user in sorted(users.items()):
        if user_id in unwanted:
            continue
        yield Mail(
            company_id=event.company_id,
            purpose=ADMIN_PURPOSES.get(kind, event.kind),
            key=f"{_key(pattern, event)}:user:{user_id}",
            to_address=user.email,
            to_user=user_id,
            language=_language([user.language]),
            event_id=event.pk,
        )


def _admins(events: Sequence[Event]) -> list[Grant]:
    if not any(event.kind in _TO_ADMINS for event in events):
        return []
    grants = Grant.objects.filter(company_id=events[0].company_id, role__in=ADMINS, user__is_active=True)
    return list(grants.select_related("user"))


def _language(asked: Iterable[object]) -> str:
    """Return the first of our languages among what was asked for: `fr-CA` is French; without any, English."""
    for one in asked:
        short = str(one or "").replace("_", "-").partition("-")[0].lower()
        if short in Language.values:
            return short
    return Language.EN
