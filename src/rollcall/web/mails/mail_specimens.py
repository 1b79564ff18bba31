"""Made-up mails of every kind, strange names among them, for the preview pages of a demonstration."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rollcall.engine.limits import Breach
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.notify.email import message
from rollcall.notify.models import Mail
from rollcall.notify.recipients import ADMIN_PURPOSES
from rollcall.sync.runs.telling import in_every_language
from rollcall.sync.words.sentences import breach_sentence, change_sentence, error_sentence

_ENTITY: Final = "Acme France & <b>Söhne</b>"
_INVITED: Final = {
    "invitation_id": 17,
    "nonce": "made-up",
    "first_name": "Zoë 🦉 <b>Ng</b>",
    "entity": _ENTITY,
}
_NOBODY: Final = 999_999_999_999
_NAMES: Final = [
    "Maya Laurent",
    "נועה לוי",
    "Łukasz Żółć",
    "<b>Rune</b> 🦉",
    "Wolfeschlegelsteinhausenbergerdorff" * 3,
]


class Specimen(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of mail: its key in addresses, its name on the page, and what it is made from."""

    key: str
    title: Any  # lazy text
    purpose: str
    kind: Kind
    data: Mapping[str, Any]
    actor: str = ""
    plan_id: int | None = None


SPECIMENS: Final = (
    Specimen(
        key="invitation",
        title=_("Invitation"),
        purpose=Kind.MEMBER_INVITED,
        kind=Kind.MEMBER_INVITED,
        data=_INVITED,
    ),
    Specimen(
        key="invitation-by-hand",
        title=_("Invitation by a person"),
        purpose=Kind.MEMBER_INVITED,
        kind=Kind.MEMBER_INVITED,
        data=_INVITED,
        actor="Camille Durand",
    ),
    Specimen(
        key="reminder",
        title=_("Reminder"),
        purpose=Kind.MEMBER_INVITATION_REMINDED,
        kind=Kind.MEMBER_INVITATION_REMINDED,
        data={**_INVITED, "reminder": 1},
    ),
    Specimen(
        key="email",
        title=_("E-mail changed"),
        purpose=Kind.MEMBER_EMAIL_CHANGED,
        kind=Kind.MEMBER_EMAIL_CHANGED,
        data={"first_name": "Noa", "entity": _ENTITY},
    ),
    Specimen(
        key="bank",
        title=_("Bank account changed"),
        purpose=Kind.MEMBER_BANK_CHANGED,
        kind=Kind.MEMBER_BANK_CHANGED,
        data={"first_name": "Noa", "entity": _ENTITY},
    ),
    Specimen(
        key="bank-admins",
        title=_("Bank account changed, to admins"),
        purpose=ADMIN_PURPOSES[Kind.MEMBER_BANK_CHANGED],
        kind=Kind.MEMBER_BANK_CHANGED,
        data={"first_name": "נועה <b>לוי</b>", "entity": _ENTITY},
    ),
    Specimen(
        key="bank-disputed",
        title=_("Bank account disputed, to admins"),
        purpose=Kind.MEMBER_BANK_DISPUTED,
        kind=Kind.MEMBER_BANK_DISPUTED,
        data={"name": "נועה <b>לוי</b>", "entity": _ENTITY},
    ),
    Specimen(
        key="connection",
        title=_("Connection needs you"),
        purpose=Kind.CONNECTION_FAILED,
        kind=Kind.CONNECTION_FAILED,
        data={"tool_name": "BambooHR"},
    ),
    Specimen(
        key="held",
        title=_("Changes held"),
        purpose=Kind.PLAN_HELD,
        kind=Kind.PLAN_HELD,
        plan_id=42,
        data={"entity": _ENTITY, "tool_name": "BambooHR"},
    ),
    Specimen(
        key="weekly",
        title=_("Weekly summary"),
        purpose=Kind.SUMMARY_WEEKLY,
        kind=Kind.SUMMARY_WEEKLY,
        data={"entity": _ENTITY},
    ),
)


def made(specimen: Specimen, language: str) -> EmailMultiAlternatives:
    """Return the mail as it would be sent; nothing is stored or sent."""
    now = timezone.now()
    event = Event(
        pk=1,
        company_id=1,
        kind=specimen.kind,
        at=now,
        actor_kind="user" if specimen.actor else "sync",
        actor_label=specimen.actor or "sync",
        plan_id=specimen.plan_id,
        data={**specimen.data, **_said(specimen)},
    )
    mail = Mail(
        pk=1,
        company_id=1,
        purpose=specimen.purpose,
        to_address="noa@acme.example",
        to_user=_NOBODY if specimen.kind is Kind.SUMMARY_WEEKLY else None,
        language=language,
        event_id=1,
    )
    return message(mail, event)


def _said(specimen: Specimen) -> dict[str, Any]:
    """What a sync puts into the event."""
    if specimen.kind is Kind.PLAN_HELD:
        breach = {"breach": Breach.GROUP_GONE, "count": 63, "of": 64, "what": "work_location=Lyon"}
        counts = {"create": 2, "update": 5, "archive": 63}
        return {
            "told": in_every_language(lambda: [breach_sentence(breach, employees=251, tool="bamboohr")]),
            "would": in_every_language(lambda: [change_sentence(counts)]),
        }
    if specimen.kind is Kind.CONNECTION_FAILED:
        return {"told": in_every_language(lambda: [error_sentence("credentials", {"tool": "bamboohr"})])}
    return _week() if specimen.kind is Kind.SUMMARY_WEEKLY else {}


def _week() -> dict[str, Any]:
    today = timezone.now().date()
    monday = today - timedelta(days=today.weekday())

    def day(days: int) -> str:
        return (monday + timedelta(days=days)).isoformat()

    return {
        "from": day(-7),
        "until": day(-1),
        "happened": {
            "invited": {"n": 14, "names": _NAMES},
            "joined": {"n": 2, "names": _NAMES[:2]},
            "updated": {"n": 5, "names": _NAMES},
            "left": {"n": 1, "names": _NAMES[2:3]},
        },
        "waiting": {"held": 1, "conflicts": 2, "banks": 3},
        "invitations": 6,
        "coming": {
            "people": [
                {"name": _NAMES[0], "what": "starts", "day": day(2)},
                {"name": _NAMES[1], "what": "leaves", "day": day(4)},
                {"name": _NAMES[3], "what": "starts", "day": day(9)},
            ],
            "more": 4,
        },
        "connection": {"tool": "BambooHR", "state": "connected", "read": day(0), "trouble": {}},
    }
