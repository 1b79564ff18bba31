"""Requests to PayFit, and what its keys tell of themselves."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from rollcall.connectors.client import Dialogue, decode, send
from rollcall.connectors.errors import (
    AuthorisationEnded,
    MissingPermission,
    OtherCompany,
    SourceError,
    UnexpectedAnswer,
    WrongCredentials,
    gettext_noop,
)
from rollcall.connectors.oauth import ACCESS_TOKEN
from rollcall.connectors.payfit.declaration import (
    COLLABORATORS,
    CONTRACTS,
    NESTED_CONTRACTS,
    PAYFIT,
)
from rollcall.connectors.payfit.payloads import Company, Introspected
from rollcall.http_client import Answer, HttpClient

HOW_TO: Final = gettext_noop(
    "Open Integrations > API > Create a key there, and paste the key itself, which is shown only once."
)

INTROSPECT: Final = "/introspect"
TOKEN_REFUSED: Final = frozenset({400, 401, 403})
ELSEWHERE: Final = frozenset({403, 404})
"""What a company that is not the token's own answers: one or the other, by different sources (seen, assumed)."""

_told: Final = msgspec.json.Decoder(Introspected)
_company: Final = msgspec.json.Decoder(Company)


class Standing(Struct, frozen=True, kw_only=True):
    """What a token may do, asked once a run."""

    company: Company
    scopes: frozenset[str]
    # of the paths of the company
    path: str


class Session:
    """One token. It is never renewed: PayFit gives none to renew it with (documented)."""

    def __init__(self, credentials: Mapping[str, str], http: HttpClient, accounts: HttpClient) -> None:
        """Keep the parts; nothing is sent yet."""
        self._key = credentials.get(ACCESS_TOKEN) or credentials["api_key"]
        self._authorised_for = credentials.get("company_id", "")
        self._refused: type[SourceError] = WrongCredentials
        self._remedy = HOW_TO
        if ACCESS_TOKEN in credentials:
            self._refused, self._remedy = AuthorisationEnded, ""
        self._http, self._accounts = http, accounts
        self._headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        self.dialogue = Dialogue(tool=PAYFIT.name, permission=COLLABORATORS, statuses={401: self._refused})

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer of any status."""
        return send(self.dialogue, self._http.get, path, params=params, headers=self._headers)

    def standing(self) -> Standing:
        """Return the company and the scopes of the token: two requests.

        Raises ``MissingPermission`` when the people or the ends of their contracts may not be read.
        """
        told = self._introspected()
        scopes = frozenset(told.scope.split())
        for needed in (frozenset({COLLABORATORS}), frozenset({NESTED_CONTRACTS, CONTRACTS})):
            if not scopes & needed:
                # without contracts somebody who has left looks like everybody else
                first = COLLABORATORS if COLLABORATORS in needed else NESTED_CONTRACTS
                raise self.dialogue.failure(MissingPermission, "scope", permission=first)
        number = told.company_id or self._authorised_for
        if not number:
            raise self.dialogue.failure(UnexpectedAnswer, "a token of no company")
        if self._authorised_for and number != self._authorised_for:
            raise self.dialogue.failure(OtherCompany, "another company than authorised for")
        path = f"/companies/{quote(number, safe='')}"
        answer = self.get(path)
        if answer.status in ELSEWHERE:
            raise self.dialogue.failure(OtherCompany, f"status {answer.status} for the company")
        return Standing(company=decode(self.dialogue, answer, _company), scopes=scopes, path=path)

    def _introspected(self) -> Introspected:
        """Ask what the token is; PayFit wants it in the header and in the body (seen)."""
        answer = send(
            self.dialogue,
            self._accounts.post,
            INTROSPECT,
            json={"token": self._key},
            headers=self._headers,
            safe_to_repeat=True,
        )
        if answer.status in TOKEN_REFUSED:
            raise self._refusal(f"status {answer.status} for introspection")
        told = decode(self.dialogue, answer, _told)
        if not told.active:
            raise self._refusal("not active")
        return told

    def _refusal(self, detail: str) -> SourceError:
        return self.dialogue.failure(self._refused, detail, remedy=self._remedy)
