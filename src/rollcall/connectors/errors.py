"""What can go wrong with an HR tool, classed by who must act.

SourceError
├── AdminMustAct          the admin: credentials, permissions, address
│   ├── WrongCredentials
│   ├── MissingPermission
│   ├── WrongAddress
│   ├── OtherCompany
│   ├── AuthorisationEnded
│   ├── WrongKind
│   └── EmptyList
├── TryLater              time: the next run may work by itself
│   ├── Unreachable
│   ├── ToolFailing
│   └── RateLimited
└── NotUnderstood         us: the answer is not what the documents promise
    ├── UnexpectedAnswer
    └── Incomplete

UnreadableRecord is no SourceError: it sets one record aside, the others go on.
"""

from typing import ClassVar


def gettext_noop(text: str) -> str:
    """Mark ``text`` for the translation catalogues; this room does not know Django."""
    return text


class SourceError(Exception):
    """A read ended. ``message`` is one sentence for the admin, ``detail`` one for the log; neither has a secret.

    ``message`` is a translatable template in English; fill it with ``params``. A parameter ``remedy`` is one more
    sentence, translatable too, for what is special with this tool.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[str] = ""
    exit_code: ClassVar[int] = 4

    def __init__(self, detail: str = "", *, tool: str = "", **params: str) -> None:
        """Keep what the sentences need; ``tool`` is the name people know."""
        super().__init__(detail or self.code)
        self.detail = detail
        self.params = {"tool": tool, **params}

    def sentence(self) -> str:
        """Return the sentence for the admin in English."""
        sentences = (self.message.format_map(_Blank(self.params)), self.params.get("remedy", ""))
        return " ".join(one for one in sentences if one)


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


class AdminMustAct(SourceError):
    """Nothing gets better until the admin changes something."""

    exit_code = 2


class WrongCredentials(AdminMustAct):
    """The tool does not accept the key."""

    code = "credentials"
    message = gettext_noop(
        "{tool} does not accept these credentials. Check them in {tool}, or make new ones there, and reconnect."
    )


class MissingPermission(AdminMustAct):
    """The key is good and may not read what we need."""

    code = "permission"
    message = gettext_noop(
        "The key may not read employees in {tool}. Give it the permission “{permission}” there."
    )


class WrongAddress(AdminMustAct):
    """There is no such company at the tool."""

    code = "address"
    message = gettext_noop(
        "{tool} knows no company at “{address}”. Check the address; it is best copied from {tool} itself."
    )


class OtherCompany(AdminMustAct):
    """The credentials belong to another company than the one that was connected (A6)."""

    code = "other_company"
    message = gettext_noop(
        "These credentials belong to another company in {tool}. Use a key of the company you connected."
    )


class AuthorisationEnded(AdminMustAct):
    """The tool no longer honours what a person there has agreed to; no key was ever pasted."""

    code = "authorisation_ended"
    message = gettext_noop(
        "{tool} no longer lets Rollcall in. Sign in to {tool} and authorise Rollcall again."
    )


class WrongKind(AdminMustAct):
    """The key works and is of a kind that cannot see the whole company."""

    code = "wrong_kind"
    message = gettext_noop("This key of {tool} cannot see the whole company.")


class EmptyList(AdminMustAct):
    """A list without anybody, though people were known: more likely a lost permission than an empty company (P1)."""

    code = "empty_list"
    message = gettext_noop(
        "{tool} sent an empty list, though {people} employees were known. Nobody was changed."
        " Check in {tool} what the key may see."
    )


class TryLater(SourceError):
    """The next run may work without anybody's help."""

    exit_code = 3


class Unreachable(TryLater):
    """No answer came."""

    code = "unreachable"
    message = gettext_noop(
        "{tool} cannot be reached at the moment. Nothing to do: Rollcall tries again by itself."
    )


class ToolFailing(TryLater):
    """The tool answers with an error of its own."""

    code = "failing"
    message = gettext_noop(
        "{tool} has a fault of its own at the moment. Nothing to do: Rollcall tries again by itself."
    )


class RateLimited(TryLater):
    """The tool asked us to slow down for longer than a run may wait."""

    code = "rate_limited"
    message = gettext_noop("{tool} asks for fewer requests. Nothing to do: Rollcall tries again later.")

    def __init__(
        self,
        detail: str = "",
        *,
        tool: str = "",
        retry_after: float | None = None,
        **params: str,
    ) -> None:
        """Keep ``retry_after``, seconds from now, if the tool said so."""
        super().__init__(detail, tool=tool, **params)
        self.retry_after = retry_after


class NotUnderstood(SourceError):
    """The vendor's answer has changed or is broken; somebody has to look at the connector."""


class UnexpectedAnswer(NotUnderstood):
    """Not the kind of answer that was asked for."""

    code = "not_understood"
    message = gettext_noop(
        "{tool} sent an answer that Rollcall does not understand. Nobody was changed. Tell whoever runs Rollcall."
    )


class Incomplete(NotUnderstood):
    """The list of people is provably not complete, so there is no list."""

    code = "incomplete"
    message = gettext_noop(
        "{tool} sent an incomplete list of employees. Nobody was changed; the next sync starts afresh."
    )


class UnreadableRecord(Exception):
    """One record cannot be read; it is set aside and counts as present."""

    def __init__(self, field: str, *, employee_id: str | None = None) -> None:
        """Name the field in the tool's words, and the person if that much could be read."""
        super().__init__(field)
        self.field = field
        self.employee_id = employee_id
