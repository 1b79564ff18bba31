"""What a connector is: a declaration as class data, a read, and a pure mapping."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final, Literal

from msgspec import Struct, field

from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient, retry_after


class CredentialField(Struct, frozen=True, kw_only=True):
    """One input of the connect dialog. Texts are English and marked for translation."""

    name: str
    label: str
    kind: Literal["subdomain", "text", "secret"] = "text"
    example: str = ""
    help: str = ""
    # kind "subdomain": what may stand behind the company's label, such as ".bamboohr.com"
    suffixes: tuple[str, ...] = ()


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


class Tool(Struct, frozen=True, kw_only=True):
    """Everything that pages and commands need to know about an HR tool without connecting to it."""

    key: str
    name: str
    region: str
    credentials: tuple[CredentialField, ...]
    data: tuple[DataField, ...]
    # the tool's own steps, in the words of its screens (S15)
    steps: tuple[str, ...]
    # origin for given credentials, e.g. "https://{subdomain}.bamboohr.com"
    base_url: str
    # answers "what changed since"
    delta: bool = False


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


class Page(Struct, frozen=True):
    """One page of records, as bytes until somebody needs more.

    ``body`` is everything that decides the records: two pages with equal bodies hold equal records.
    ``records`` cuts it into one byte string a person, each again deciding its person alone.
    """

    body: bytes
    records: Callable[[], Sequence[bytes]]


class Delta(Struct, frozen=True, kw_only=True):
    """What changed since a moment: whole records of changed people, ids of people deleted for good."""

    records: Sequence[bytes]
    deleted: Sequence[str]
    # ask from here next time; already moved back by the overlap the tool needs
    next_since: datetime


class Connector(ABC):
    """One customer's access to one HR tool, for the length of one run.

    ``http`` is open, bound to the tool's origin and carries no credentials; the connector adds them.
    """

    tool: ClassVar[Tool]
    # part of every stored digest: raise it when ``employee`` gives another answer for the same bytes
    mapping_version: ClassVar[int] = 1

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
    ) -> None:
        """Keep the parts; nothing is sent yet."""
        self.credentials = credentials
        self.http = http
        self.wanted = wanted

    @staticmethod
    def wait_for(answer: Answer) -> float | None:
        """Return the seconds an answer asks to wait before it is tried again; None if it does not say."""
        return retry_after(answer)

    @abstractmethod
    def test(self) -> Access:
        """Try the credentials with as few requests as possible. Raises ``SourceError``."""

    @abstractmethod
    def pages(self) -> Iterator[Page]:
        """Yield every person of the company, leavers included, or raise ``SourceError``: never a part.

        Repeated ids across pages are yielded as they come; the caller judges them.
        """

    @abstractmethod
    def changes(self, since: datetime) -> Delta:
        """Return what changed after ``since`` (aware). Only for tools whose declaration says ``delta``."""

    @abstractmethod
    def employee(self, record: bytes) -> Employee:
        """Map one record. Pure. Raises ``UnreadableRecord`` naming the field."""

    def unreadable(self) -> frozenset[str]:
        """Return fields of Employee that were asked for and did not come; known once ``pages`` is read."""
        return frozenset()
