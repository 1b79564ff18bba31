"""Entries of the audit log as sentences: what happened, to whom it matters, in the reader's language.

Plain text; whoever shows it escapes it. What a sentence needs is in the entry itself, so a list of entries costs no
query more. An entry whose content was erased, or of a kind nobody knows here, still has a sentence.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext, gettext_noop, ngettext, pgettext

from rollcall.accounts.models import Plan, Role
from rollcall.connections import gallery
from rollcall.events.catalogue import DOCS, Kind
from rollcall.events.models import Event
from rollcall.sync.words.limits import change_text
from rollcall.sync.words.sentences import day_text, error_sentence, field_label, why_sentence
from rollcall.web.words import value_label

_PLAIN: Final[Mapping[str, str]] = {
    Kind.MEMBER_CREATED: gettext_noop("Member added."),
    Kind.MEMBER_SIGNED_UP: gettext_noop("Signed up: the member is active."),
    Kind.MEMBER_INVITATION_RESENT: gettext_noop("Invitation sent again. The former link no longer works."),
    Kind.MEMBER_INVITATION_CANCELLED: gettext_noop("Invitation taken back. Its link no longer works."),
    Kind.MEMBER_INVITATION_REMINDED: gettext_noop("Reminder of the invitation sent."),
    Kind.MEMBER_EMAIL_CHANGED: gettext_noop("The member was told about the new e-mail."),
    Kind.MEMBER_BANK_CHANGED: gettext_noop("New bank account: it waits for the member to confirm it."),
    Kind.MEMBER_BANK_DISPUTED: gettext_noop("The member says that the new bank account is not theirs."),
    Kind.MEMBER_SUSPENSION_LIFTED: gettext_noop("Suspension lifted."),
    Kind.MEMBER_ALLOWED_AGAIN: gettext_noop("Somebody who was erased may come back from the HR tool."),
    Kind.CONNECTION_CONNECTED: gettext_noop("{tool} connected."),
    Kind.CONNECTION_RECOVERED: gettext_noop("The connection to {tool} works again."),
    Kind.CONNECTION_DISCONNECTED: gettext_noop("{tool} disconnected. Members stay as they were."),
    Kind.TOOL_REQUESTED: gettext_noop("HR tool “{name}” asked for."),
    Kind.PLAN_PREVIEWED: gettext_noop("Preview shown."),
    Kind.PLAN_REJECTED: gettext_noop("Changes rejected. Nobody was changed."),
    Kind.SETTINGS_CHANGED: gettext_noop("Settings of the integration changed."),
    Kind.TOKEN_ISSUED: gettext_noop("API token “{name}” made."),
    Kind.TOKEN_REVOKED: gettext_noop("API token “{name}” revoked."),
    Kind.ENTITY_CREATED: gettext_noop("Entity “{name}” added."),
    Kind.IDENTITY_DECIDED: gettext_noop("Decided who an HR record is about."),
    Kind.SUMMARY_WEEKLY: gettext_noop("Weekly summary made for the owners and admins."),
}

# Heads of entries that carry a reason behind them.
_WITH_REASON: Final[Mapping[str, str]] = {
    Kind.MEMBER_INVITED: gettext_noop("Invitation sent."),
    Kind.MEMBER_LINKED: gettext_noop("Managed by {tool} from now on."),
    Kind.MEMBER_ARCHIVED: gettext_noop("Member archived."),
    Kind.MEMBER_REACTIVATED: gettext_noop("Member brought back."),
    Kind.MEMBER_RELEASED: gettext_noop("No longer managed by {tool}."),
}

# Fields that members don't share with employees.
_OTHER_FIELDS: Final[Mapping[str, str]] = {
    "role": gettext_noop("Role"),
    "name": gettext_noop("Name"),
    "plan": gettext_noop("Plan"),
}

# Entries whose changed details are told, and those that need no other words then.
_CHANGES_ALONE: Final = frozenset(
    {Kind.MEMBER_UPDATED, Kind.MEMBER_ROLE_CHANGED, Kind.ENTITY_CHANGED, Kind.COMPANY_PLAN_CHANGED}
)
_WITH_CHANGES: Final = _CHANGES_ALONE | {Kind.MEMBER_LINKED, Kind.MEMBER_REACTIVATED}


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def event_sentence(event: Event, *, tool: str = "") -> str:
    """Return what happened; ``tool`` (key or name of the HR tool) is for entries that don't name theirs."""
    head, changes = event_parts(event, tool=tool)
    return " ".join([*([head] if head else []), *changes])


def event_parts(event: Event, *, tool: str = "") -> tuple[str, list[str]]:
    """Return the same in two parts, for pages with room: what happened, and a sentence for each changed detail."""
    texts = _texts(event.data, tool)
    if event.kind in _WITH_REASON:
        sentence = _with_reason(event, texts)
    elif event.kind in _OWN_WORDS:
        sentence = _OWN_WORDS[event.kind](event.data, texts)
    else:
        template = _PLAIN.get(event.kind) or DOCS.get(event.kind, event.kind)  # type: ignore[call-overload] # a StrEnum's keys are texts
        sentence = gettext(template).format_map(texts)
    changes = _changes(event.data) if event.kind in _WITH_CHANGES else []
    if changes and event.kind in _CHANGES_ALONE:
        sentence = ""
    return sentence[:1].upper() + sentence[1:], changes


def actor_name(event: Event) -> str:
    """Return who did it, as people say it: a person's or token's name, the sync, or Rollcall itself."""
    if event.actor_kind == "sync":
        return pgettext("who did something", "Sync")
    if event.actor_kind == "token":
        return gettext("API token “{name}”").format(name=event.actor_label)
    return event.actor_label or gettext("a person")


def _texts(data: Mapping[str, Any], tool: str) -> _Blank:
    named = str(data.get("tool") or data.get("tool_name") or tool)
    texts = {name: str(value) for name, value in data.items() if isinstance(value, str | int)}
    texts["tool"] = gallery.tool_name(named) if named else gettext("the HR tool")
    return _Blank(texts)


def _with_reason(event: Event, texts: _Blank) -> str:
    head = gettext(_WITH_REASON[event.kind]).format_map(texts)
    why = str(event.data.get("why") or "")
    if why in ("", "by_hand"):
        reason = gettext("Decided by hand.") if why else ""
    else:
        reason = why_sentence(why, event.data.get("params") or {}, tool=texts["tool"])
    return f"{head} {reason}" if reason else head


def _updated(data: Mapping[str, Any], texts: _Blank) -> str:
    if data.get("why") == "bank_confirmed":
        return gettext("The member confirmed their bank account.")
    return gettext("Details of the member changed.")


def _changes(data: Mapping[str, Any]) -> list[str]:
    parts = []
    for name, pair in (data.get("fields") or {}).items():
        before, after = (_shown(name, value) for value in pair)
        label = gettext(_OTHER_FIELDS[name]) if name in _OTHER_FIELDS else field_label(name)
        if before == after:
            continue  # such as a line manager who came back with them
        if before and after:
            text = gettext("{field}: “{before}” became “{after}”.")
        elif after:
            text = gettext("{field}: “{after}”.")
        else:
            text = gettext("{field}: “{before}” was removed.")
        parts.append(text.format(field=label, before=before, after=after))
    return parts


def _shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    for choices in (Role, Plan):
        if name == choices.__name__.lower() and value in choices.values:
            return str(choices(value).label)
    return day_text(str(value)) if name.endswith("_date") else value_label(name, str(value))


def _suspended(data: Mapping[str, Any], texts: _Blank) -> str:
    return _because(gettext("Suspended: access ended at once."), data.get("reason"))


def _failed(data: Mapping[str, Any], texts: _Blank) -> str:
    reason = error_sentence(str(data.get("error") or ""), {**data, "tool": texts["tool"]})
    return " ".join(
        part for part in (gettext("The connection to {tool} failed.").format_map(texts), reason) if part
    )


def _connection_changed(data: Mapping[str, Any], texts: _Blank) -> str:
    if data.get("file"):
        return gettext("New file with employees taken over.")
    if data.get("state") == "paused":
        return gettext("Syncs with {tool} paused.").format_map(texts)
    return gettext("Credentials or options of {tool} changed.").format_map(texts)


def _approved(data: Mapping[str, Any], texts: _Blank) -> str:
    return _because(gettext("Changes confirmed."), data.get("override"))


def _held(data: Mapping[str, Any], texts: _Blank) -> str:
    if data.get("paused_since") and not data.get("breaches"):
        return gettext("What happened in {tool} during the pause waits for a person.").format_map(texts)
    return gettext("Changes from {tool} held: they pass a limit and wait for a person.").format_map(texts)


def _emptied(data: Mapping[str, Any], texts: _Blank) -> str:
    number = len(data.get("entries") or {})
    return ngettext(
        "{n} entry of the audit log was emptied of somebody who was erased.",
        "{n} entries of the audit log were emptied of somebody who was erased.",
        number,
    ).format(n=number)


def _erased(data: Mapping[str, Any], texts: _Blank) -> str:
    return _because(gettext("An archived member was erased for good."), data.get("reason"))


def _because(head: str, reason: str | None) -> str:
    # Not in an f-string: makemessages finds no text in there.
    because = gettext("Reason: {reason}")
    return f"{head} {because.format(reason=reason)}" if reason else head


def _applied(data: Mapping[str, Any], texts: _Blank) -> str:
    done, stale = int(data.get("done") or 0), int(data.get("stale") or 0)
    head = ngettext("{n} change made.", "{n} changes made.", done).format(n=done)
    left = ngettext(
        "{n} was left for the next sync, since the member had changed meanwhile.",
        "{n} were left for the next sync, since the members had changed meanwhile.",
        stale,
    )
    return f"{head} {left.format(n=stale)}" if stale else head


def _entity_changed(data: Mapping[str, Any], texts: _Blank) -> str:
    return gettext("Details changed.")


def _limits_changed(data: Mapping[str, Any], texts: _Blank) -> str:
    said = [change_text(name, *pair) for name, pair in (data.get("limits") or {}).items()]
    return _because(" ".join([gettext("Limits changed."), *said]), data.get("reason"))


_OWN_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any], _Blank], str]]] = {
    Kind.MEMBER_UPDATED: _updated,
    Kind.MEMBER_SUSPENDED: _suspended,
    Kind.MEMBER_ROLE_CHANGED: _updated,
    Kind.CONNECTION_FAILED: _failed,
    Kind.CONNECTION_CHANGED: _connection_changed,
    Kind.PLAN_APPROVED: _approved,
    Kind.PLAN_HELD: _held,
    Kind.MEMBER_ERASED: _erased,
    Kind.AUDIT_EMPTIED: _emptied,
    Kind.PLAN_APPLIED: _applied,
    Kind.LIMITS_CHANGED: _limits_changed,
    Kind.ENTITY_CHANGED: _entity_changed,
    Kind.COMPANY_PLAN_CHANGED: _entity_changed,
}
