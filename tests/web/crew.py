"""Alice owns an entity with members of every kind, Bob is a requester there, Charlie owns elsewhere."""

import msgspec
from django.test import Client
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.models import Entity, User
from rollcall.connections.models import Connection, State, Subscription
from rollcall.directory import actions
from rollcall.directory.models import Invitation, Link, Member
from rollcall.events.models import Event
from tests.accounts.people import Two, two_companies

EVERYBODY = {"scope": {"type": "everybody"}, "invite": {"type": "at_once"}}
PASSWORD = "quiet-lantern-1987"


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """Who is there. All members are Alice's; `foreign` is Charlie's."""

    two: Two
    alice: Member
    bob: Member
    managed: Member
    released: Member
    manual: Member
    archived: Member
    foreign: Member
    connection: Connection


def crew() -> Crew:
    """Store and return them."""
    two = two_companies()
    with acting_for(two.charlie_company.pk):
        foreign = person(two.charlie_entity, "Foreign", user=two.charlie, role="owner")
    entity = two.alice_entity
    with acting_for(two.alice_company.pk):
        connection = Connection.objects.create(
            company=two.alice_company, tool="bamboohr", state=State.CONNECTED, address="alice"
        )
        Subscription.objects.create(
            company=two.alice_company, entity=entity, connection=connection, settings=EVERYBODY, version=1
        )
        managed, released = person(entity, "Maya"), person(entity, "Rune")
        link(managed, connection)
        why = {"attribute": "work_location", "test": "one_of", "values": "Paris", "value": "Lille"}
        link(released, connection, why_not="out_of_scope", params=why)
        return Crew(
            two=two,
            alice=person(entity, "Alice", user=two.alice, role="owner"),
            bob=person(entity, "Bob", user=two.bob),
            managed=managed,
            released=released,
            manual=person(entity, "Hanna"),
            archived=person(entity, "Gone", state="archived"),
            foreign=foreign,
            connection=connection,
        )


def person(
    entity: Entity,
    name: str,
    *,
    last_name: str = "Example",
    state: str = "active",
    role: str = "requester",
    user: User | None = None,
) -> Member:
    """Store and return a member; inside `acting_for`."""
    email = user.email if user else f"{name.encode().hex()[:40]}.{Member.objects.count()}@acme.example"
    return Member.objects.create(
        company_id=entity.company_id,
        entity=entity,
        user=user,
        state=state,
        role=role,
        email=email,
        email_key=email,
        first_name=name,
        last_name=last_name,
        created_at=timezone.now(),
    )


def link(
    member: Member, connection: Connection, *, why_not: str = "", params: dict[str, str] | None = None
) -> Link:
    """Tie a member to an employee; with `why_not` the HR tool no longer manages them."""
    return Link.objects.create(
        company_id=member.company_id,
        entity_id=member.entity_id,
        member=member,
        connection=connection,
        employee_id=str(member.pk),
        managed=not why_not,
        why_not=why_not,
        why_not_params=params or {},
        changed_at=timezone.now(),
    )


def invited(entity: Entity, name: str = "Nora") -> tuple[Member, str]:
    """Store and return somebody with an open invitation, and the path of their link."""
    with acting_for(entity.company_id):
        member = person(entity, name, state="invited")
        return member, path_of(send(member))


def send(member: Member) -> Invitation:
    """Send a (further) invitation and return it; inside `acting_for`."""
    actions.resend_invitation(member, actor=SYSTEM, now=timezone.now())
    return Invitation.objects.filter(member=member).latest("pk")


def path_of(invitation: Invitation) -> str:
    """Return the path that the mail links to."""
    return f"/join/{invitation.pk}.{actions.signature(invitation)}/"


def browser(user: User | None = None) -> Client:
    """Return a browser, of somebody signed in or of nobody."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def now_is(member: Member) -> Member:
    """Return the member as stored at this moment."""
    with acting_for(member.company_id):
        return Member.objects.select_related("user", "entity").get(pk=member.pk)


def events_of(member: Member) -> list[str]:
    """Return the kinds of the member's events in order."""
    with acting_for(member.company_id):
        return list(Event.objects.filter(member_id=member.pk).order_by("pk").values_list("kind", flat=True))
