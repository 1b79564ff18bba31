"""Events become mails, at most one for each person and purpose, and mails are sent at most once."""

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from pytest_django import Settings

from rollcall.accounts import secrets
from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Entity, Language, Role, User
from rollcall.events import tasks as relay
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.events.outbox import Json, NewEvent, append
from rollcall.notify import delivery
from rollcall.notify.models import Mail, State
from rollcall.notify.tasks import deliver, read_event
from tests.accounts.people import Two, two_companies

INVITED: dict[str, Json] = {
    "email": "zoe@rollcall.example",
    "first_name": "Zoë",
    "entity": "Alice & <Co>",
    "language": "fr-CA",
    "invitation_id": 17,
    "nonce": "n0nce",
}


@pytest.fixture
def two(db: None) -> Two:
    return two_companies()


def tell(two: Two, kind: Kind, data: dict[str, Json] | None = None, **ids: int | None) -> None:
    """Write an event and let the relay hand it on."""
    fields = {"entity_id": two.alice_entity.pk, "member_id": 5, **ids}
    with acting_for(two.alice_company.pk):
        append(
            [NewEvent(company_id=two.alice_company.pk, kind=kind, actor=SYSTEM, data=data or {}, **fields)]
        )
    assert relay.hand_on() == 1


def mails(two: Two) -> list[Mail]:
    with acting_for(two.alice_company.pk):
        return list(Mail.objects.order_by("pk"))


def outgoing() -> list[EmailMultiAlternatives]:
    return [message for message in django_mail.outbox if isinstance(message, EmailMultiAlternatives)]


def test_an_invitation_is_mailed_once_with_its_link(two: Two, settings: Settings) -> None:
    """S63"""
    settings.ROLLCALL_URL = "https://rollcall.example/"
    tell(two, Kind.MEMBER_INVITED, INVITED)
    assert deliver() == 1
    assert deliver() == 0
    (message,) = outgoing()
    link = f"https://rollcall.example/join/17.{secrets.sign('invitation', '17:n0nce')}/"
    html = str(message.alternatives[0][0])
    assert message.to == ["zoe@rollcall.example"]
    assert link in message.body
    assert html.count(link) == 3, "the button, and the address in words that is a link too"
    assert "Alice & <Co>" in message.body
    assert "Alice &amp; &lt;Co&gt;" in html
    (row,) = mails(two)
    assert (row.state, row.tries, row.key, row.language, row.to_member) == (
        State.SENT,
        1,
        "invitation:17",
        "fr",
        5,
    )
    assert row.sent_at is not None


def test_z5_the_link_is_stored_nowhere(two: Two) -> None:
    """Z5"""
    tell(two, Kind.MEMBER_INVITED, INVITED)
    signature = secrets.sign("invitation", "17:n0nce")
    with acting_for(two.alice_company.pk):
        assert signature not in str(list(Event.objects.values()))
        assert signature not in str(list(Mail.objects.values()))


def test_o1_inv13_the_same_purpose_never_makes_a_second_mail(two: Two) -> None:
    """O1"""
    for kind in (
        Kind.MEMBER_INVITED,
        Kind.MEMBER_INVITED,
        Kind.MEMBER_INVITATION_RESENT,
        Kind.MEMBER_INVITATION_RESENT,
    ):
        tell(two, kind, INVITED)
    for number in (1, 1, 2):
        tell(two, Kind.MEMBER_INVITATION_REMINDED, {**INVITED, "reminder": number})
    keys = [row.key for row in mails(two)]
    assert keys == ["invitation:17", "resent:17:n0nce", "reminder:17:1", "reminder:17:2"]


def test_o1_inv13_events_read_twice_make_no_second_mail(two: Two) -> None:
    """O1: the relay tolerates repeats."""
    tell(two, Kind.MEMBER_INVITED, INVITED)
    with acting_for(two.alice_company.pk):
        read_event(list(Event.objects.all()))
    assert len(mails(two)) == 1


@pytest.mark.parametrize("missing", ["invitation_id", "nonce", "email"])
def test_an_invitation_without_link_or_address_is_not_mailed(two: Two, missing: str) -> None:
    tell(two, Kind.MEMBER_INVITED, {**INVITED, missing: None})
    assert mails(two) == []


@pytest.mark.parametrize(
    ("asked", "language"), [("fr", "fr"), ("FR_be", "fr"), ("de", "en"), (None, "en"), ("", "en")]
)
def test_an_unknown_language_is_english(two: Two, asked: str | None, language: str) -> None:
    tell(two, Kind.MEMBER_INVITED, {**INVITED, "language": asked})
    assert mails(two)[0].language == language


def test_changed_bank_details_are_told_to_the_member_and_the_admins(two: Two) -> None:
    """Product decision 9: bob may see, but is no admin."""
    tell(
        two,
        Kind.MEMBER_BANK_CHANGED,
        {"email": "zoe@rollcall.example", "entity": "Alice", "first_name": "Zoë"},
    )
    assert [row.to_address for row in mails(two)] == ["zoe@rollcall.example", "alice@rollcall.example"]
    deliver()
    assert len(outgoing()) == 2
    assert "Confirm" in outgoing()[0].subject
    assert "Zoë" in outgoing()[1].subject


def test_a_disputed_account_is_told_at_once_to_the_admins_and_says_who_when_and_what_to_do(two: Two) -> None:
    """Product decision 9: bob may see, but is no admin; charlie is elsewhere. The member knows already."""
    with acting_for(two.alice_company.pk):
        Entity.objects.filter(pk=two.alice_entity.pk).update(time_zone="Asia/Tokyo")
    disputed: dict[str, Json] = {"entity": "Alice", "name": "Zoë <b>Ng</b> {x}"}
    tell(two, Kind.MEMBER_BANK_DISPUTED, disputed)
    (row,) = mails(two)
    assert row.to_address == "alice@rollcall.example"
    with acting_for(two.alice_company.pk):
        at = Event.objects.get().at
    assert deliver() == 1
    (message,) = outgoing()
    html, body = str(message.alternatives[0][0]), str(message.body)
    assert message.subject == "Possible fraud: Zoë <b>Ng</b> {x} does not recognise the new bank account"
    assert message.extra_headers["Importance"] == "high"
    assert at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M") in body, "in the entity's time"
    for words in ("Pay nothing to this account", "suspend Zoë", "in the HR tool", "/members/5/"):
        assert words in body
    assert "<bdi>Zoë &lt;b&gt;Ng&lt;/b&gt; {x}</bdi>" in html and html.count('class="button"') == 1


def test_an_account_disputed_twice_is_told_twice_and_one_read_twice_once(two: Two) -> None:
    """O1: a member may dispute, confirm, and dispute again."""
    for _ in range(2):
        tell(two, Kind.MEMBER_BANK_DISPUTED, {"entity": "Alice", "name": "Zoë"})
    with acting_for(two.alice_company.pk):
        read_event(list(Event.objects.all()))
    assert len(mails(two)) == 2


def test_a_held_plan_is_told_to_the_admins_of_its_entity_once(two: Two) -> None:
    second = create_entity(two.alice_company, "Second")
    dora = User.objects.create_user("dora@rollcall.example", language=Language.FR)
    gone = User.objects.create_user("gone@rollcall.example", is_active=False)
    grant_role(second, dora, Role.ADMIN)
    grant_role(second, gone, Role.ADMIN)
    for _ in range(2):
        tell(two, Kind.PLAN_HELD, {"entity": "Second"}, entity_id=second.pk, member_id=None, plan_id=9)
    assert [(row.key, row.to_address) for row in mails(two)] == [
        (f"plan_held:9:user:{dora.pk}", "dora@rollcall.example")
    ]


def test_t5_a1_a_failed_connection_is_told_to_every_admin_of_the_company_once(two: Two) -> None:
    second = create_entity(two.alice_company, "Second")
    dora = User.objects.create_user("dora@rollcall.example")
    grant_role(second, dora, Role.ADMIN)
    grant_role(second, two.alice, Role.ADMIN)
    tell(two, Kind.CONNECTION_FAILED, {"tool": "Personio"}, entity_id=None, member_id=None)
    assert [row.to_address for row in mails(two)] == ["alice@rollcall.example", "dora@rollcall.example"]
    deliver()
    assert "Personio" in outgoing()[0].subject


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in Kind
        if kind
        not in {
            Kind.MEMBER_INVITED,
            Kind.MEMBER_INVITATION_RESENT,
            Kind.MEMBER_INVITATION_REMINDED,
            Kind.MEMBER_EMAIL_CHANGED,
            Kind.MEMBER_BANK_CHANGED,
            Kind.MEMBER_BANK_DISPUTED,
            Kind.PLAN_HELD,
            Kind.CONNECTION_FAILED,
            Kind.SUMMARY_WEEKLY,
        }
    ],
)
def test_no_other_event_makes_a_mail(two: Two, kind: Kind) -> None:
    tell(two, kind, INVITED)
    assert mails(two) == []


@pytest.mark.parametrize(
    "kind",
    [
        Kind.MEMBER_INVITED,
        Kind.MEMBER_INVITATION_REMINDED,
        Kind.MEMBER_EMAIL_CHANGED,
        Kind.MEMBER_BANK_CHANGED,
        Kind.MEMBER_BANK_DISPUTED,
        Kind.PLAN_HELD,
        Kind.CONNECTION_FAILED,
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_mail_is_whole_in_both_languages(two: Two, kind: Kind, language: str) -> None:
    User.objects.filter(pk=two.alice.pk).update(language=language)
    tell(two, kind, {**INVITED, "language": language, "entity": "Acme\r\nBcc: x@rollcall.example"})
    deliver()
    assert outgoing()
    for message in outgoing():
        html = str(message.alternatives[0][0])
        assert "\n" not in message.subject
        assert f'lang="{language}"' in html
        assert "http" in message.body
        assert "{{" not in html + message.body
        message.message()


class Answering(BaseEmailBackend):
    """A mail server's answer, at the place where Django's backend meets it."""

    def __init__(self, answer: BaseException | int) -> None:
        super().__init__()
        self.answer = answer
        self.asked = 0

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.asked += len(email_messages)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def refused(code: int) -> Exception:
    return smtplib.SMTPRecipientsRefused({"zoe@rollcall.example": (code, b"no")})


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (1, State.SENT),
        (0, State.UNCONFIRMED),
        (refused(450), State.WAITING),
        (refused(550), State.FAILED),
        (smtplib.SMTPDataError(451, b"later"), State.WAITING),
        (smtplib.SMTPSenderRefused(553, b"no", "a@rollcall.example"), State.FAILED),
        (smtplib.SMTPServerDisconnected("gone"), State.UNCONFIRMED),
        (TimeoutError(), State.UNCONFIRMED),
    ],
)
def test_o1_o2_the_answer_of_the_mail_server_decides(two: Two, answer: Exception | int, state: State) -> None:
    """O1, O2: what was refused for now is tried again, what may have been taken is not."""
    tell(two, Kind.MEMBER_INVITED, INVITED)
    server = Answering(answer)
    (row,) = mails(two)
    assert delivery.send(row.company_id, row.pk, server) == state
    assert delivery.send(row.company_id, row.pk, server) is None
    assert server.asked == 1


def test_o2_a_temporary_refusal_is_retried_with_limits(two: Two) -> None:
    """O2"""
    tell(two, Kind.MEMBER_INVITED, INVITED)
    server = Answering(refused(450))
    states = []
    for _ in range(len(delivery.WAITS) + 2):
        with acting_for(two.alice_company.pk):
            Mail.objects.update(next_try_at=timezone.now())
        (row,) = mails(two)
        states.append(delivery.send(row.company_id, row.pk, server))
    assert states == [State.WAITING] * len(delivery.WAITS) + [State.FAILED, None]
    assert server.asked == len(delivery.WAITS) + 1


def test_o1_a_mail_whose_sender_died_becomes_unconfirmed_and_is_not_sent(two: Two) -> None:
    """O1"""
    tell(two, Kind.MEMBER_INVITED, INVITED)
    with acting_for(two.alice_company.pk):
        Mail.objects.update(state=State.SENDING, claimed_at=timezone.now() - timedelta(minutes=9))
    assert deliver() == 0
    assert mails(two)[0].state == State.SENDING, "somebody may still be at it"
    with acting_for(two.alice_company.pk):
        Mail.objects.update(claimed_at=timezone.now() - timedelta(minutes=11))
    assert deliver() == 0
    assert mails(two)[0].state == State.UNCONFIRMED
    assert outgoing() == []


@pytest.mark.django_db(transaction=True)
def test_o1_the_claim_is_committed_before_the_mail_server_is_asked() -> None:
    """O1: a sender killed in the talk leaves `sending` behind, so nobody sends again."""
    two = two_companies()
    tell(two, Kind.MEMBER_INVITED, INVITED)
    (row,) = mails(two)
    with pytest.raises(KeyboardInterrupt):
        delivery.send(row.company_id, row.pk, Answering(KeyboardInterrupt()))
    assert mails(two)[0].state == State.SENDING
    assert deliver() == 0


def test_o2_an_unreachable_mail_server_costs_a_try_and_nothing_else(two: Two, settings: Settings) -> None:
    """O2"""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tell(two, Kind.MEMBER_INVITED, INVITED)
    assert deliver() == 0
    (row,) = mails(two)
    assert (row.state, row.tries) == (State.WAITING, 1)
    assert row.next_try_at > timezone.now()
