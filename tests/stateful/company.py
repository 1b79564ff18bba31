"""The company of the stateful test: two entities beside one simulated BambooHR, ready at the start of each sequence."""

from collections.abc import Callable
from typing import Any, Final

from django.core import mail
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import Entity, Role, User
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.source import Wanted
from rollcall.directory import actions as directory
from rollcall.directory.models import Member
from rollcall.engine.settings import Settings
from rollcall.events.tasks import hand_on
from rollcall.notify.tasks import deliver
from rollcall.simulators.server import Running
from rollcall.sync import actions, tasks
from rollcall.sync.models import Plan, Run
from rollcall.sync.runs.run import run_connection
from tests import planted
from tests.accounts.people import two_companies
from tests.stateful.hr_tool import TOOL, HrTool
from tests.sync.level_proof import proven

WANTED: Final = Wanted(
    mapped={"bank_account.iban": "customIBAN", "bank_account.bic": "customBIC", "language": "customLanguage"}
)
LIVE: Final = Settings(archive_inactive=True)
KEPT_STILL: Final = ("events_event", "events_chainhead")
"""Their times stand in the chain of hashes."""


class Refusal(Exception):
    """The product said no to a person; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Company:
    """A company that is connected and live in its first entity; short calls for what people and workers do."""

    def __init__(self, running: Running) -> None:
        """Make it: owner, people of the HR tool invited, three of them signed up."""
        self.hr = HrTool(running)
        two = two_companies()
        self.pk, self.other = two.alice_company.pk, two.charlie_company.pk
        self.first = two.alice_entity
        self.second = create_entity(two.alice_company, "Alice's second entity")
        self.alice = Actor(kind="user", id=two.alice.pk, label="alice@rollcall.example")
        self.credentials = running.credentials(TOOL)
        self.secrets = (planted.IBAN, self.credentials["api_key"])
        self._make_owners(two.alice)
        self.connect(self.first)
        self.run("first")
        self.apply(self.confirm(self.first, LIVE))
        for member in self.members(state="invited")[:3]:
            self.sign_up(member)
        self.deliver()

    def _make_owners(self, alice: User) -> None:
        for entity in (self.first, self.second):
            with access.acting_for(self.pk):
                entity.grant_set.all().delete()
                directory.add_member(
                    entity,
                    user=alice,
                    first_name="Alice",
                    last_name="Owner",
                    role=Role.OWNER,  # type: ignore[arg-type] # equal words in two enumerations
                    actor=self.alice,
                    now=timezone.now(),
                )

    # --- asking -----------------------------------------------------------------------------------

    def get(self, read: Callable[[], Any]) -> Any:
        """Read or do something as the company; refusals of any room become ``Refusal``."""
        try:
            with access.acting_for(self.pk):
                return read()
        except (actions.Refused, directory.Refused) as refused:
            raise Refusal(refused.code) from refused

    def members(self, entity: Entity | None = None, **fields: Any) -> list[Member]:
        """Members with these values, oldest first."""
        wanted = {"entity": entity, **fields} if entity else fields
        found = Member.objects.select_related("entity").filter(**wanted).order_by("pk")
        return self.get(lambda: list(found))  # type: ignore[no-any-return] # see get

    def connection(self) -> Connection:
        return self.get(lambda: Connection.objects.select_related("company").get(tool=TOOL))  # type: ignore[no-any-return] # see get

    def subscription(self, entity: Entity) -> Subscription | None:
        found = Subscription.objects.select_related("connection__company", "entity__company")
        return self.get(lambda: found.filter(entity=entity).first())  # type: ignore[no-any-return] # see get

    def plans(self, **fields: Any) -> list[Plan]:
        """Plans with these values, oldest first."""
        found = Plan.objects.select_related("subscription__connection__company", "entity").filter(**fields)
        return self.get(lambda: list(found.order_by("pk")))  # type: ignore[no-any-return] # see get

    # --- doing ------------------------------------------------------------------------------------

    def connect(self, entity: Entity) -> None:
        """Try the key and store it."""

        def do() -> None:
            found = actions.try_credentials(TOOL, self.credentials, WANTED)
            actions.connect(entity, TOOL, self.credentials, wanted=WANTED, access=found, actor=self.alice)

        self.get(do)

    def run(self, trigger: str = "clock") -> Run | None:
        """One run, as a worker does it; everybody is read, as at least once a day."""
        self.get(lambda: Connection.objects.filter(tool=TOOL).update(full_read_at=None))
        done = run_connection(self.pk, self.connection().pk, trigger=trigger)
        # Whatever the next run would pass over, a look finds nothing in it.
        proven(self.pk, self.connection().pk)
        return done

    def confirm(self, entity: Entity, settings: Settings) -> Plan:
        """Preview settings and approve them, whatever they do; nothing is applied yet."""
        subscription = self.subscription(entity)
        assert subscription is not None
        made: Plan = self.get(lambda: actions.preview(subscription, settings, actor=self.alice))
        self.approve(made)
        return made

    def approve(self, made: Plan, *, without_doubtful: bool = False, digest: str = "") -> None:
        """Say yes to exactly this plan, or with the digest of another."""
        override = "looked at it" if (made.breaches and not without_doubtful) or made.undoes_id else ""
        self.get(
            lambda: actions.approve(
                made,
                digest or made.digest,
                actor=self.alice,
                override=override,
                without_doubtful=without_doubtful,
            )
        )

    def apply(self, made: Plan) -> None:
        """What a worker does with an approved plan, once or again."""
        tasks.apply_plan(self.pk, made.pk, self.alice.label)

    def sign_up(self, member: Member) -> None:
        """The invited person follows the link of the newest open invitation."""

        def do() -> None:
            invitation = member.invitation_set.filter(used_at=None, cancelled_at=None).latest("pk")
            user, _ = User.objects.get_or_create(email=member.email_key)
            directory.sign_up(invitation, user=user, now=timezone.now())

        self.get(do)

    def deliver(self) -> tuple[str, ...]:
        """Relay and mail sender do their round; returns what has left."""
        mail.outbox.clear()
        hand_on()
        deliver()
        return tuple(f"{one.to[0]}\n{one.subject}\n{one.body}" for one in mail.outbox)

    def let_pass(self, hours: int) -> None:
        """Time goes by: every time that is stored for the company moves back, instead of the clock on.

        The log of events keeps its times, as they are part of its chain. A day also brings the days that are still to
        come in HR a day nearer.
        """
        with access.acting_for(self.pk), database.cursor() as cursor:
            for table, columns in _times(cursor).items():
                moved = ", ".join(f"{name} = {name} - make_interval(hours => %(h)s)" for name in columns)
                cursor.execute(
                    f"UPDATE {table} SET {moved} WHERE company_id = %(c)s", {"h": hours, "c": self.pk}
                )
        for _ in range(hours // 24):
            self.hr.a_day_nearer()


_TIMES: dict[str, list[str]] = {}


def _times(cursor: Any) -> dict[str, list[str]]:
    """Return the columns that hold a time, by table with a company; asked once."""
    if not _TIMES:
        cursor.execute(
            """
            SELECT c.table_name, array_agg(c.column_name::text)
            FROM information_schema.columns c
            JOIN information_schema.columns o
              ON o.table_name = c.table_name AND o.table_schema = 'public' AND o.column_name = 'company_id'
            WHERE c.table_schema = 'public' AND c.data_type = 'timestamp with time zone'
              AND has_table_privilege(format('%I.%I', c.table_schema, c.table_name), 'UPDATE')
            GROUP BY 1
            """
        )
        _TIMES.update({name: list(columns) for name, columns in cursor.fetchall() if name not in KEPT_STILL})
    return _TIMES
