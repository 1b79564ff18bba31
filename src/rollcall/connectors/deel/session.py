"""Signed requests to Deel: a pasted token, or one that is renewed; and its three shapes of errors."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec

from rollcall.connectors import oauth
from rollcall.connectors.base import Around
from rollcall.connectors.client import ERRORS, Dialogue, decode, send
from rollcall.connectors.deel.declaration import AUTHORISATION
from rollcall.connectors.deel.payloads import Told
from rollcall.connectors.errors import AuthorisationEnded, SourceError, ToolFailing, UnexpectedAnswer
from rollcall.http_client import Answer, HttpClient

T = TypeVar("T")

BASE: Final = "/rest/v2"
VERSION: Final = "2026-01-01"
"""Pinned: without it the meaning of answers may change on a day of Deel's choosing (documented)."""

UNAUTHORISED: Final = 401

_told: Final = msgspec.json.Decoder(Told)
_BY_PHRASE: Final = {each.phrase.lower(): each.value for each in HTTPStatus if each.value in ERRORS}


class Session:
    """A token, and the next one where it came of an authorisation.

    A refused pasted token is refused for good. One of an authorisation is renewed once for each token: when it
    has little time left, or when it is refused (A2). The single-use refresh token is the grant's business.
    """

    def __init__(
        self, dialogue: Dialogue, http: HttpClient, credentials: Mapping[str, str], around: Around
    ) -> None:
        self._dialogue, self._http, self._around = dialogue, http, around
        self._credentials = credentials
        self._authorised = oauth.ACCESS_TOKEN in credentials
        # a tool whose tokens live for minutes only would else be asked for one before every request
        self._looked_ahead = not self._authorised

    def get(self, path: str, params: Sequence[tuple[str, Any]] = ()) -> Answer:
        """Return the answer of any status but 401. Raises ``SourceError``."""
        return self._signed("GET", path, params=params)

    def post(self, path: str, body: Any) -> Answer:
        """POST a JSON value; see ``get``."""
        return self._signed("POST", path, json=body)

    def delete(self, path: str) -> Answer:
        """DELETE, which may be repeated; see ``get``."""
        return self._signed("DELETE", path, safe_to_repeat=True)

    def read(self, answer: Answer, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the body of a good answer; an error told in one is raised as the error it is (T12)."""
        try:
            return decode(self._dialogue, answer, decoder)
        except UnexpectedAnswer:
            raise self._told(answer) or self._dialogue.failure(
                UnexpectedAnswer, "another answer than documented"
            ) from None

    def _signed(self, method: str, path: str, **what: Any) -> Answer:
        if not self._looked_ahead:
            self._looked_ahead = True
            if oauth.expires_soon(self._credentials, datetime.now(UTC)):
                self._renew()
        answer = self._sent(method, path, what)
        if answer.status == UNAUTHORISED and self._authorised:
            self._renew()
            answer = self._sent(method, path, what)
        if answer.status == UNAUTHORISED and self._authorised:
            raise self._dialogue.failure(AuthorisationEnded, "refused with a new token")
        if answer.status == UNAUTHORISED:
            raise self._dialogue.status_error(answer.status)
        return answer

    def _sent(self, method: str, path: str, what: Mapping[str, Any]) -> Answer:
        token = self._credentials[oauth.ACCESS_TOKEN if self._authorised else "api_token"]
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "X-Version": VERSION,
        }
        if self._authorised and "client_id" in self._around.app:
            # older documents ask for it; harmless otherwise (seen)
            headers["x-client-id"] = self._around.app["client_id"]
        return send(self._dialogue, self._http.request, method, BASE + path, headers=headers, **what)

    def _renew(self) -> None:
        grant, tokens = self._around.grant, self._around.others.get(AUTHORISATION.origin)
        if grant is None or tokens is None:
            raise self._dialogue.failure(AuthorisationEnded, "refused, and nothing to renew with")

        def renew(stored: Mapping[str, str]) -> dict[str, str]:
            return oauth.refresh(AUTHORISATION, tokens, self._dialogue, self._around.app, stored)

        self._credentials = grant.renewed(self._credentials[oauth.ACCESS_TOKEN], renew)

    def _told(self, answer: Answer) -> SourceError | None:
        """Return the error that a good answer tells in one of the three shapes; None if it tells none."""
        try:
            told = _told.decode(answer.body)
        except (msgspec.DecodeError, RecursionError):
            return None
        status = told.request.status if told.request else None
        if status is None and isinstance(told.error, str):
            status = _BY_PHRASE.get(told.error.strip().lower())
        if status is not None and status in ERRORS:
            return self._dialogue.status_error(status, f"status {status} told in a good answer")
        if isinstance(told.error, dict):
            # documented for failures of Deel's own
            return self._dialogue.failure(ToolFailing, "a failure told in a good answer")
        if told.errors:
            return self._dialogue.failure(UnexpectedAnswer, "errors told in a good answer")
        return None
