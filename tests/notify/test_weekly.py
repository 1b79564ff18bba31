"""The weekly summary: Monday morning, once, only with news, to who wants it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Entity, Language, Role, User
from rollcall.connections.models import Employee, State
from rollcall.events import tasks as relay
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.events.outbox import NewEvent, append
from rollcall.notify.choices import set_weekly
from rollcall.notify.models import Mail, Week
from rollcall.notify.tasks import deliver
from rollcall.notify.weekly import HOUR, NAMED, facts, tell_due
from rollcall.sync.models import Plan
from rollcall.sync.runs.telling import waiting
from tests.web.crew import EVERYBODY, Crew, crew, person

pytestmark = pytest.mark.django_db

QUIET: Mapping[str, Any] = {"held": 0, "conflicts": 0, "trouble": {}}


@pytest.fixture
def here() -> Crew:
    made = crew()
    with acting_for(made.two.alice_company.pk):
        Entity.objects.filter(pk=made.two.alice_entity.pk).update(time_zone="UTC")
    made.two.alice_entity.time_zone = "UTC"
    return made


def nothing_waits(_entity: int) -> Mapping[str, Any]:
    return QUIET


def monday_after(moment: datetime, zone: str = "UTC") -> datetime:
    local = moment.astimezone(ZoneInfo(zone)).date()
    return datetime.combine(local + timedelta(days=7 - local.weekday()), HOUR, ZoneInfo(zone))


def happens(here: Crew, kind: Kind, *members: int | None) -> None:
    entity = here.two.alice_entity
    with acting_for(entity.company_id):
        append(
            [
                NewEvent(
                    company_id=entity.company_id, kind=kind, actor=SYSTEM, entity_id=entity.pk, member_id=one
                )
                for one in members
            ]
        )
    relay.hand_on()
    with acting_for(entity.company_id):
        # Else, on a Monday before seven, the first one is due the same morning: too early for what happens now.
        first = monday_after(timezone.now(), Entity.objects.get(pk=entity.pk).time_zone)
        Week.objects.filter(due_at__lt=first).update(due_at=first)


def summaries(here: Crew) -> list[Event]:
    with acting_for(here.two.alice_company.pk):
        return list(Event.objects.filter(kind=Kind.SUMMARY_WEEKLY).order_by("pk"))


def sent() -> list[EmailMultiAlternatives]:
    relay.hand_on()
    deliver()
    return [one for one in django_mail.outbox if isinstance(one, EmailMultiAlternatives)]


def test_owners_and_admins_get_one_mail_on_monday_morning(here: Crew) -> None:
    happens(here, Kind.MEMBER_SIGNED_UP, here.managed.pk)
    happens(here, Kind.MEMBER_ARCHIVED, here.archived.pk)
    monday = monday_after(timezone.now())
    assert tell_due(monday - timedelta(minutes=1), nothing_waits) == 0
    assert tell_due(monday, nothing_waits) == 1
    (built,) = sent()
    assert built.to == ["alice@rollcall.example"]
    assert "1 person joined: \u2068Maya Example\u2069" in built.body
    assert "1 person was archived: \u2068Gone Example\u2069" in built.body
    assert "Nothing waits for you" in built.body


def test_a_round_that_runs_twice_tells_once(here: Crew) -> None:
    happens(here, Kind.MEMBER_SIGNED_UP, here.managed.pk)
    monday = monday_after(timezone.now())
    assert [tell_due(monday, nothing_waits) for _ in range(2)] == [1, 0]
    assert tell_due(monday + timedelta(days=3), nothing_waits) == 0
    assert len(sent()) == 1


def test_who_comes_late_tells_the_last_whole_week_and_no_older_one(here: Crew) -> None:
    happens(here, Kind.MEMBER_SIGNED_UP, here.managed.pk)
    monday = monday_after(timezone.now())
    assert tell_due(monday + timedelta(days=6), nothing_waits) == 1, "on the Sunday after"
    assert tell_due(monday + timedelta(days=7), nothing_waits) == 0, "nothing happened in the week after"
    happens(here, Kind.MEMBER_ARCHIVED, here.archived.pk)
    with acting_for(here.two.alice_company.pk):
        Week.objects.update(due_at=monday)
    assert tell_due(monday + timedelta(days=21), nothing_waits) == 0, "three weeks later that is no news"


def test_a_week_without_news_makes_no_mail_even_with_open_invitations(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        person(here.two.alice_entity, "Nora", state="invited")
    happens(here, Kind.SETTINGS_CHANGED, None)
    assert tell_due(monday_after(timezone.now()), nothing_waits) == 0
    assert summaries(here) == [] and sent() == []


@pytest.mark.parametrize(
    "waits",
    [
        {**QUIET, "held": 1},
        {**QUIET, "conflicts": 2},
        {**QUIET, "trouble": {"en": ["BambooHR refuses the key."], "fr": ["BambooHR refuse la clé."]}},
    ],
)
def test_what_waits_makes_a_mail_by_itself(here: Crew, waits: dict[str, Any]) -> None:
    happens(here, Kind.SETTINGS_CHANGED, None)
    assert tell_due(monday_after(timezone.now()), lambda _: waits) == 1
    (built,) = sent()
    assert any(
        words in built.body for words in ("1 list of changes waits", "2 people cannot", "refuses the key")
    )
    assert "Nothing waits" not in built.body


def test_an_unconfirmed_bank_account_waits(here: Crew) -> None:
    """Product decision 9."""
    with acting_for(here.two.alice_company.pk):
        type(here.managed).objects.filter(pk=here.managed.pk).update(bank_mask="FR** 1234")
    happens(here, Kind.SETTINGS_CHANGED, None)
    assert tell_due(monday_after(timezone.now()), nothing_waits) == 1
    assert "1 new bank account is not confirmed by its member yet." in sent()[0].body


def test_it_is_monday_morning_where_the_entity_is(here: Crew) -> None:
    auckland = "Pacific/Auckland"
    with acting_for(here.two.alice_company.pk):
        Entity.objects.filter(pk=here.two.alice_entity.pk).update(time_zone=auckland)
    happens(here, Kind.MEMBER_SIGNED_UP, here.managed.pk)
    monday = monday_after(timezone.now(), auckland)
    assert monday.astimezone(UTC).weekday() == 6, "still Sunday in UTC"
    assert tell_due(monday - timedelta(seconds=1), nothing_waits) == 0
    assert tell_due(monday, nothing_waits) == 1


def test_each_admin_reads_their_language_and_may_switch_it_off(here: Crew) -> None:
    for name, language in (("dora", Language.FR), ("emil", Language.EN)):
        user = User.objects.create_user(f"{name}@rollcall.example", language=language, full_name=name)
        grant_role(here.two.alice_entity, user, Role.ADMIN)
    set_weekly(User.objects.get(email="emil@rollcall.example").pk, wanted=False)
    happens(here, Kind.MEMBER_SIGNED_UP, here.managed.pk)
    tell_due(monday_after(timezone.now()), nothing_waits)
    by_reader = {one.to[0]: one for one in sent()}
    assert sorted(by_reader) == ["alice@rollcall.example", "dora@rollcall.example"]
    dora = by_reader["dora@rollcall.example"]
    assert "1 personne a rejoint" in dora.body and "Bonjour dora" in dora.body
    assert dora.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    off = dora.extra_headers["List-Unsubscribe"].strip("<>")
    assert off in dora.body and off in str(dora.alternatives[0][0])


def test_the_same_week_never_makes_a_second_mail_even_from_a_second_event(here: Crew) -> None:
    """O1"""
    happens(here, Kind.MEMBER_SIGNED_UP, here.managed.pk)
    monday = monday_after(timezone.now())
    tell_due(monday, nothing_waits)
    with acting_for(here.two.alice_company.pk):
        Week.objects.update(due_at=monday)
    tell_due(monday, nothing_waits)
    assert len(summaries(here)) == 2 and len(sent()) == 1
    with acting_for(here.two.alice_company.pk):
        assert Mail.objects.get().key.startswith(f"weekly:{here.two.alice_entity.pk}:")


def test_many_people_are_counted_and_ten_are_named(here: Crew, django_assert_max_num_queries: Any) -> None:
    entity = here.two.alice_entity
    with acting_for(entity.company_id):
        many = [person(entity, f"N{number}").pk for number in range(25)]
    happens(here, Kind.MEMBER_UPDATED, *many, *many)
    with acting_for(entity.company_id), django_assert_max_num_queries(20):
        told: Any = facts(entity, monday_after(timezone.now()), QUIET)
    assert told["happened"]["updated"]["n"] == 25
    assert len(told["happened"]["updated"]["names"]) == NAMED


def test_who_starts_or_leaves_soon_and_belongs_here_is_named(here: Crew) -> None:
    entity = here.two.alice_entity
    today = timezone.now().date()
    with acting_for(entity.company_id):
        for name, fields in (
            ("Starter", {"start_date": today + timedelta(days=3), "status": "upcoming"}),
            ("Leaver", {"last_working_day": today + timedelta(days=5), "status": "active"}),
            ("Later", {"start_date": today + timedelta(days=14), "status": "upcoming"}),
            ("Gone", {"last_working_day": today - timedelta(days=1), "status": "inactive"}),
        ):
            _employee(here, name, fields)
        told: Any = facts(entity, timezone.now(), QUIET)
    people = [(one["name"], one["what"]) for one in told["coming"]["people"]]
    assert people == [("Starter Example", "starts"), ("Leaver Example", "leaves")]
    assert told["coming"]["more"] == 0


def test_people_outside_the_filter_are_not_named(here: Crew) -> None:
    """S30"""
    entity = here.two.alice_entity
    soon: dict[str, Any] = {"start_date": timezone.now().date(), "status": "active", "work_location": "Lille"}
    scope = {
        "type": "filter",
        "conditions": [{"attribute": "work_location", "test": "one_of", "values": ["Paris"]}],
    }
    with acting_for(entity.company_id):
        _employee(here, "Outside", soon)
        here.connection.subscription_set.update(settings={**EVERYBODY, "scope": scope})
        told: Any = facts(entity, timezone.now(), QUIET)
    assert told["coming"]["people"] == []


def test_what_the_syncs_know_is_told_in_both_languages(here: Crew) -> None:
    entity = here.two.alice_entity
    with acting_for(entity.company_id):
        here.connection.state, here.connection.error = State.ERROR, "credentials"
        here.connection.save()
        Plan.objects.create(
            company_id=entity.company_id,
            entity=entity,
            subscription=here.connection.subscription_set.get(),
            state="held",
            settings=EVERYBODY,
            made_at=timezone.now(),
            counts={"skip.shared_email": 3},
        )
        told: Any = waiting(entity.pk)
    assert (told["held"], told["conflicts"]) == (1, 3)
    assert all("BambooHR" in told["trouble"][language][0] for language in ("en", "fr"))
    assert told["trouble"]["en"] != told["trouble"]["fr"]


def test_strange_names_break_nothing(here: Crew) -> None:
    entity = here.two.alice_entity
    with acting_for(entity.company_id):
        odd = person(entity, "<b>{0}</b> 🦉 %s נועה" + "x" * 200)
        Entity.objects.filter(pk=entity.pk).update(name="{name} <i> & Söhne")
    happens(here, Kind.MEMBER_SIGNED_UP, odd.pk)
    tell_due(monday_after(timezone.now()), nothing_waits)
    (built,) = sent()
    html = str(built.alternatives[0][0])
    assert "<b>{0}</b> 🦉 %s נועה" in built.body and "&lt;b&gt;{0}&lt;/b&gt;" in html and "<b>{0}" not in html
    assert built.subject.startswith("{name} <i> & Söhne")
    built.message()


def _employee(here: Crew, name: str, fields: dict[str, Any]) -> None:
    now = timezone.now()
    Employee.objects.create(
        company_id=here.two.alice_company.pk,
        connection=here.connection,
        external_id=name,
        first_name=name,
        last_name="Example",
        record_digest=name.encode(),
        digest=name,
        first_seen_at=now,
        changed_at=now,
        **fields,
    )


def test_the_days_are_those_of_a_whole_week(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        told: Any = facts(here.two.alice_entity, datetime(2026, 11, 25, 12, tzinfo=UTC), QUIET)
    assert (told["from"], told["until"]) == ("2026-11-16", "2026-11-22")
    assert date.fromisoformat(told["from"]).weekday() == 0
