"""What a connector is: a declaration as class data, a read, and a pure mapping."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final, Literal, Protocol

from msgspec import Struct, field

from rollcall.connectors.webhooks import Call, Heard, NotGenuine, Registered
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient, Limits, retry_after


class CredentialField(Struct, frozen=True, kw_only=True):
    """One input of the connect dialog. Texts are English and marked for translation."""

    name: str
    label: str
    # "address": where the company is found at the tool, in a form that ``prepared`` understands
    kind: Literal["subdomain", "address", "text", "secret"] = "text"
    example: str = ""
    help: str = ""
    # kind "subdomain": what may stand behind the company's label, such as ".bamboohr.com"
    suffixes: tuple[str, ...] = ()
    # the dialog insists on it; fields of a tool with several ``ways`` are not required one by one
    required: bool = True


class DataField(Struct, frozen=True, kw_only=True):
    """One kind of data that we read, for the review before connecting (S12)."""

    # fields of Employee that this is about
    fields: tuple[str, ...]
    label: str
    # what it is for, as one short sentence
    why: str
    # the permission in the words of the tool's own screens
    permission: str
    # the admin may leave it out
    optional: bool = True
    # what does not work without it, as one short sentence; for the guide
    without: str = ""


class OAuth(Struct, frozen=True, kw_only=True):
    """How a person at the tool lets Rollcall in, where there is no key to paste (RFC 6749, section 4.1).

    The operator of Rollcall registers an app with the tool once and sets ``ROLLCALL_<TOOL>_CLIENT_ID`` and
    ``..._CLIENT_SECRET``; without them the tool cannot be connected this way.
    """

    # where the browser is sent to
    authorize_url: str
    # name in ``Tool.origins`` of the server that gives tokens ("" for the tool's own), and the path there
    origin: str
    token_path: str
    scopes: tuple[str, ...]
    # how the app's own credentials are sent: in the form, or as HTTP Basic
    app_in: Literal["form", "basic"] = "form"
    # members of the token answer to keep beside the tokens, such as "company_id"
    keep: tuple[str, ...] = ()


class RateLimit(Struct, frozen=True, kw_only=True):
    """So many requests in so many seconds, as published; Rollcall stays below it (see ``connectors.pacing``)."""

    requests: int
    seconds: float
    # one of several limits of a tool; part of the key under which all workers count
    name: str = ""
    # paths it is about, as a regular expression that must match from the start; "" is every path
    paths: str = ""


class Tool(Struct, frozen=True, kw_only=True):
    """Everything that pages and commands need to know about an HR tool without connecting to it."""

    key: str
    name: str
    region: str
    # what sentences call the system itself ("In ..."), where its name is only that of a kind
    place: str = ""
    credentials: tuple[CredentialField, ...]
    data: tuple[DataField, ...]
    # the tool's own steps, in the words of its screens (S15)
    steps: tuple[str, ...]
    # what else an admin should know, one sentence or two each; for the guide
    notes: tuple[str, ...] = ()
    # origin for given credentials, e.g. "https://{subdomain}.bamboohr.com"
    base_url: str
    # answers "what changed since"
    delta: bool = False
    # further origins by name, such as that of the tokens; formatted like ``base_url``
    origins: Mapping[str, str] = field(default_factory=dict)
    # sets of credential fields, any one of which is enough; empty: all required fields are
    ways: tuple[tuple[str, ...], ...] = ()
    oauth: OAuth | None = None
    limits: tuple[RateLimit, ...] = ()
    # "registered": the connector makes and removes them; "by_hand": the admin does, in the tool
    webhooks: Literal["", "registered", "by_hand"] = ""
    # for "by_hand": what the admin does in the tool with the address that Rollcall shows
    webhook_steps: tuple[str, ...] = ()
    # "file": no address; people come from a file that somebody hands in
    kind: Literal["api", "file"] = "api"


class Wanted(Struct, frozen=True, kw_only=True):
    """What to ask for. ``leave_out`` has fields of Employee that the admin does not want read."""

    leave_out: frozenset[str] = frozenset()
    # field of Employee or "bank_account.iban" -> the tool's own name of the customer's field
    mapped: Mapping[str, str] = field(default_factory=dict)
    # the customer's own attributes to deliver under Employee.custom: the tool's name -> name to deliver
    custom: Mapping[str, str] = field(default_factory=dict)


EVERYTHING: Final = Wanted()
"""Ask for all there is."""


class Access(Struct, frozen=True, kw_only=True):
    """What a test of the credentials found."""

    # the company's name as the tool shows it, if it tells
    company: str | None = None
    # something that stays the same for this company and differs for others, if the tool has such a thing (A6)
    identity: str | None = None
    # fields of Employee that were asked for and will not come, and the permission that would bring them
    unreadable: Mapping[str, str] = field(default_factory=dict)
    # how many people the tool says there are, if one cheap question tells
    people: int | None = None
    # how many of them work there now, and in how many countries, as far as ``looked_at_all`` says
    active: int | None = None
    countries: int | None = None
    looked_at_all: bool = False
    # how long a full read takes inside the tool's limits, in seconds; None where it is a matter of moments
    seconds: float | None = None


class Page(Struct, frozen=True):
    """One page of records, as bytes until somebody needs more.

    ``body`` is everything that decides the records, or a cryptographic digest of it: two pages with equal bodies hold
    equal records.
    ``records`` cuts it into one byte string a person, each again deciding its person alone.
    ``head`` are bytes that every record of the page begins with.
    """

    body: bytes
    records: Callable[[], Sequence[bytes]]
    head: bytes = b""


class Delta(Struct, frozen=True, kw_only=True):
    """What changed since a moment: whole records of changed people, ids of people deleted for good."""

    records: Sequence[bytes]
    deleted: Sequence[str]
    # ask from here next time; already moved back by the overlap the tool needs
    next_since: datetime


class Grant(Protocol):
    """Stored tokens that change by themselves, shared by all workers."""

    def renewed(
        self, access_token: str, renew: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> Mapping[str, str]:
        """Return credentials with an access token other than ``access_token``.

        One renewal at a time over all workers: whoever comes second gets what the first has stored, and
        ``renew`` is not called. Else ``renew`` gets the stored credentials, and what it returns is stored
        for good before this returns. Errors of ``renew`` pass through; nothing is stored then.
        """
        ...


class Around(Struct, frozen=True, kw_only=True):
    """What a connector may need besides its credentials and the client of the tool's own origin."""

    # open clients of ``Tool.origins``, by name
    others: Mapping[str, HttpClient] = field(default_factory=dict)
    # the operator's app at the tool: client_id, client_secret, redirect_uri; empty if there is none
    app: Mapping[str, str] = field(default_factory=dict)
    # None where nothing can be stored: tokens are then used as they are
    grant: Grant | None = None


NOTHING_AROUND: Final = Around()
"""For tools that need nothing but a key."""


class Connector(ABC):
    """One customer's access to one HR tool, for the length of one run.

    ``http`` is open, bound to the tool's origin and carries no credentials; the connector adds them.
    """

    tool: ClassVar[Tool]
    # part of every stored digest: raise it when ``employee`` gives another answer for the same bytes
    mapping_version: ClassVar[int] = 1
    # False: a read brings only those who changed, and nobody is called absent by it
    lists_everybody: bool = True
    # for tools with larger or slower answers than usual
    http_limits: ClassVar[Limits] = Limits()

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Keep the parts; nothing is sent yet."""
        self.credentials = credentials
        self.http = http
        self.wanted = wanted
        self.around = around

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Return tidied credentials as they are kept and as the origins are formatted with.

        The place for what ``CredentialField`` cannot say, such as an address with several forms. Raises
        ``SourceError``, mostly ``WrongAddress`` (H4, H5).
        """
        return credentials

    @classmethod
    def limited_by(cls, credentials: Mapping[str, str]) -> str:
        """Return what the tool counts requests by: here the key itself; the account or app for others."""
        return "\0".join(f"{name}={value}" for name, value in sorted(credentials.items()))

    @staticmethod
    def wait_for(answer: Answer) -> float | None:
        """Return the seconds an answer asks to wait before it is tried again; None if it does not say."""
        return retry_after(answer)

    @abstractmethod
    def test(self) -> Access:
        """Try the credentials with as few requests as possible. Raises ``SourceError``."""

    def who(self) -> Access:
        """Ask whose tool this is: ``company`` and ``identity``, at every run. Raises ``SourceError``.

        Like ``test`` unless a tool can tell with fewer requests.
        """
        return self.test()

    @abstractmethod
    def pages(self) -> Iterator[Page]:
        """Yield every person of the company, leavers included, or raise ``SourceError``: never a part.

        Repeated ids across pages are yielded as they come; the caller judges them. Another thread may ask for the next
        page while ``employee`` maps records of this one.
        """

    @abstractmethod
    def changes(self, since: datetime) -> Delta | None:
        """Return what changed after ``since`` (aware). Only for tools whose declaration says ``delta``.

        ``None`` when it can't be told with these credentials: everybody has to be read.
        """

    @abstractmethod
    def employee(self, record: bytes) -> Employee:
        """Map one record. Pure. Raises ``UnreadableRecord`` naming the field."""

    def give_up(self) -> None:
        """End what is under way, from any thread: nothing is waited for any more, nothing asked again."""
        for one in (self.http, *self.around.others.values()):
            one.give_up()

    def unreadable(self) -> frozenset[str]:
        """Return fields of Employee that were asked for and did not come; known once ``pages`` is read."""
        return frozenset()

    @staticmethod
    def hear(secret: str, call: Call, now: datetime) -> Heard:  # noqa: ARG004 - for tools that call
        """Check a webhook call with the secret agreed on. Raises ``NotGenuine``; ``now`` is aware."""
        raise NotGenuine("this tool sends none")

    def register(self, url: str, secret: str) -> Registered:
        """Have the tool call ``url`` on changes. Only for tools with ``webhooks="registered"``.

        ``secret`` is ours to offer; the answer has the one to check calls with. Raises ``SourceError``.
        """
        raise NotImplementedError

    def unregister(self, registration: str) -> None:
        """Take the registration back; gone already is fine. Raises ``SourceError``."""
        raise NotImplementedError
