"""Signed requests to the new API: a token of one server for the world, renewed once when refused."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rollcall.connectors.client import Dialogue, decode, send
from rollcall.connectors.errors import MissingPermission, UnexpectedAnswer, WrongCredentials
from rollcall.connectors.lucca.declaration import ALL_SCOPES
from rollcall.connectors.lucca.payloads import Token
from rollcall.connectors.lucca.requests import Params
from rollcall.http_client import Answer, HttpClient

API_VERSION: Final = "2024-11-01"
TOKEN_PATH: Final = "/connect/token"  # noqa: S105 - a path
TOKEN_REFUSED: Final = frozenset({400, 401, 403})
EXPIRED: Final = 401
FORBIDDEN: Final = 403

_tokens: Final = msgspec.json.Decoder(Token)
_members: Final = msgspec.json.Decoder(dict[str, Any])


class Session:
    """A token and how to get the next one; it lives twenty minutes (seen), less than a long read takes."""

    def __init__(
        self, dialogue: Dialogue, http: HttpClient, accounts: HttpClient, credentials: Mapping[str, str]
    ) -> None:
        """Keep the parts; nothing is sent yet."""
        self.dialogue, self._http, self._accounts = dialogue, http, accounts
        self._app = {name: credentials.get(name, "") for name in ("client_id", "client_secret")}
        self._token = ""
        self._granted: frozenset[str] = frozenset()

    def may(self, scope: str) -> bool:
        """Tell whether the integration key has a scope; a token is fetched if there is none yet."""
        self._sign_in()
        return scope in self._granted

    def get(self, path: str, params: Params | None = None) -> Answer:
        """Return the answer of any status."""
        return self.request("GET", path, params=params)

    def request(self, method: str, path: str, *, params: Params | None = None, json: Any = None) -> Answer:
        """Return the answer of any status, having renewed the token once if it is refused."""
        answer = self._signed(method, path, params, json)
        if answer.status == EXPIRED:
            self._token = ""
            answer = self._signed(method, path, params, json)
        return answer

    def checked(self, answer: Answer, scope: str) -> Answer:
        """Return the answer, or raise naming the scope it lacks: the title says "Unauthorized" for both."""
        if answer.status == FORBIDDEN:
            raise self.dialogue.failure(MissingPermission, "status 403", permission=scope)
        return answer

    def _signed(self, method: str, path: str, params: Params | None, json: Any) -> Answer:
        self._sign_in()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Api-Version": API_VERSION,
            "Accept": "application/json",
        }
        return send(
            self.dialogue, self._http.request, method, path, params=params, json=json, headers=headers
        )

    def _sign_in(self) -> None:
        if self._token:
            return
        answer = self._ask({"scope": " ".join(ALL_SCOPES)})
        if answer.status in TOKEN_REFUSED and _told(answer) == "invalid_scope":
            # a key without all of them: whatever it has, as such servers give when none is named (assumed)
            answer = self._ask({})
        if answer.status in TOKEN_REFUSED:
            raise self.dialogue.failure(WrongCredentials, f"status {answer.status} for a token")
        token = decode(self.dialogue, answer, _tokens)
        if not token.access_token:
            raise self.dialogue.failure(UnexpectedAnswer, "an empty token")
        self._token = token.access_token
        self._granted = frozenset(ALL_SCOPES if token.scope is None else token.scope.split())

    def _ask(self, more: Mapping[str, str]) -> Answer:
        form = {"grant_type": "client_credentials", **self._app, **more}
        return send(
            self.dialogue,
            self._accounts.post,
            TOKEN_PATH,
            data=form,
            headers={"Accept": "application/json"},
            safe_to_repeat=True,
        )


def _told(answer: Answer) -> Any:
    try:
        return _members.decode(answer.body).get("error")
    except (msgspec.DecodeError, RecursionError):
        return None
