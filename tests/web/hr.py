"""Alice's company, on a plan that includes HR tools, with a simulated BambooHR beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec
from django.test import Client

from rollcall.accounts import access
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import Company, Entity, User
from rollcall.connections.models import Connection, Subscription
from rollcall.simulators import server
from rollcall.simulators.loopback import LOOPBACK
from rollcall.sync import tasks
from rollcall.sync.models import Plan
from rollcall.sync.runs.run import run_connection
from tests.accounts.people import Two, two_companies

HOME = "/settings/integrations/"
REVIEW = "/settings/integrations/bamboohr/connect/"
KEY = f"{REVIEW}access/"
CONFIRM = f"{REVIEW}confirm/"
CONFIGURE = f"{HOME}configure/"
DISCONNECT = f"{HOME}disconnect/"


class World(msgspec.Struct, kw_only=True):
    """People, their browsers, and the HR tool."""

    two: Two
    sim: server.Running

    def browser(self, user: User) -> Client:
        """A signed-in browser."""
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    @property
    def alice(self) -> Client:
        """The owner."""
        return self.browser(self.two.alice)

    @property
    def bob(self) -> Client:
        """Somebody who may only see."""
        return self.browser(self.two.bob)

    @property
    def charlie(self) -> Client:
        """The owner of another company."""
        return self.browser(self.two.charlie)

    def typed(self, **changes: str | list[str]) -> dict[str, str | list[str]]:
        """What an admin types in step 2, with everything optional read."""
        return {
            **self.sim.credentials("bamboohr"),
            "reviewed": "1",
            "read": ["manager_id", "work_location", "country", "personal_email", "bank_account"],
            **changes,
        }

    def control(self, action: str, **body: object) -> None:
        """Tell the simulated tool something: hire, terminate, faults, permissions, ..."""
        answer = LOOPBACK.post(f"{self.sim.control('bamboohr')}/{action}", json=body, timeout=5)
        answer.raise_for_status()

    def connect(self, client: Client | None = None) -> None:
        """Go through the dialog as Alice."""
        client = client or self.alice
        assert client.post(KEY, self.typed()).headers["Location"] == CONFIRM
        assert client.post(CONFIRM).headers["Location"] == HOME

    def run(self) -> None:
        """What a worker does with the connection."""
        connection = self.connection()
        with access.acting_for(connection.company_id):
            # everybody is read, not only what changed
            Connection.objects.filter(pk=connection.pk).update(full_read_at=None)
        run_connection(connection.company_id, connection.pk, trigger="first")

    def ready(self) -> Client:
        """Connected and read once; returns Alice's browser."""
        client = self.alice
        self.connect(client)
        self.run()
        return client

    def preview(self, client: Client, **form: object) -> Plan:
        """Save settings and return the plan that the browser is sent to."""
        answer = client.post(CONFIGURE, {"scope": "everybody", "invite": "at_once", "op": "save", **form})
        assert answer.status_code == 302, answer.content.decode()
        with access.acting_for(self.two.alice_company.pk):
            return Plan.objects.get(pk=int(answer.headers["Location"].strip("/").rpartition("/")[2]))

    def apply(self, made: Plan) -> None:
        """What a worker does with an approved plan."""
        tasks.apply_plan(made.company_id, made.pk, "Alice")

    def connection(self) -> Connection:
        """Alice's connection as it is now."""
        with access.acting_for(self.two.alice_company.pk):
            return Connection.objects.get()

    def subscription(self) -> Subscription:
        """Alice's subscription as it is now."""
        with access.acting_for(self.two.alice_company.pk):
            return Subscription.objects.select_related("connection").get(entity=self.two.alice_entity)

    def plan(self, name: str) -> None:
        """Put Alice's company on another billing plan."""
        with access.acting_for(self.two.alice_company.pk):
            Company.objects.filter(pk=self.two.alice_company.pk).update(plan=name)

    def second_entity(self, name: str) -> Entity:
        """Another entity of Alice's company; nobody has a grant in it yet."""
        with access.acting_for(self.two.alice_company.pk):
            return create_entity(self.two.alice_company, name)


@contextmanager
def world(people: int = 60) -> Iterator[World]:
    """Two companies, one simulated tool; the caller points Rollcall's settings at its address."""
    sim = server.start(["bamboohr"], people=people, seed=1)
    try:
        two = two_companies()
        yield World(two=two, sim=sim)
    finally:
        sim.stop()


class Answer(Protocol):
    """What a browser gets, followed or not."""

    @property
    def content(self) -> bytes:
        """The body."""


def text(answer: Answer) -> str:
    """The page as people read it, blanks folded."""
    return " ".join(answer.content.decode().replace("<bdi>", "").replace("</bdi>", "").split())
