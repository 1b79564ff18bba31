"""Requests to a SCIM server, and its answers in our words. Raises ``SourceError`` for everything else."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw

from rollcall.connectors.client import ERRORS, Dialogue, decode, send
from rollcall.connectors.errors import UnexpectedAnswer, WrongAddress
from rollcall.connectors.paging import CursorExpired
from rollcall.connectors.scim.attributes import boolean, folded
from rollcall.connectors.scim.declaration import COPY_BASE, SCIM, USERS
from rollcall.connectors.scim.payloads import Config, Listed
from rollcall.http_client import Answer, HttpClient

NO_CONFIG: Final = frozenset({403, 404, 405, 501})
"""The configuration is not shown; what a server can do besides is then not used."""

NOT_FOUND: Final = 404
CURSOR_REFUSED: Final = frozenset({"expiredcursor", "invalidcursor"})
"""``scimType`` of RFC 9865."""

_objects: Final = msgspec.json.Decoder(dict[str, Any])
_members: Final = msgspec.json.Decoder(dict[str, Raw])
_raws: Final = msgspec.json.Decoder(list[Raw] | None)
_number: Final[msgspec.json.Decoder[int | None]] = msgspec.json.Decoder(int | None)
_text: Final[msgspec.json.Decoder[str | None]] = msgspec.json.Decoder(str | None)


class Server:
    """One SCIM server."""

    def __init__(self, http: HttpClient, credentials: Mapping[str, str]) -> None:
        self.dialogue = Dialogue(tool=SCIM.name, permission=USERS, address=credentials["base_url"])
        self._http = http
        self._path = urlsplit(credentials["base_url"]).path
        self._headers = {
            "Authorization": authorization(credentials["token"]),
            "Accept": "application/scim+json, application/json",
        }

    def users(self, params: Sequence[tuple[str, Any]]) -> Answer:
        """Ask for a page of users; the answer may have any status."""
        return self._get("/Users", params)

    def _get(self, path: str, params: Sequence[tuple[str, Any]] = ()) -> Answer:
        return send(self.dialogue, self._http.get, self._path + path, params=params, headers=self._headers)

    def config(self) -> Config:
        """Return what the server can do. It may show it to anybody, so this proves no credentials."""
        answer = self._get("/ServiceProviderConfig")
        if answer.status in NO_CONFIG:
            return Config()
        told = folded(decode(self.dialogue, answer, _objects))
        return Config(
            filters=_supported(told.get("filter"), "supported"),
            cursors=_supported(told.get("pagination"), "cursor"),
        )

    def listed(self, answer: Answer) -> Listed:
        """Return a list answer in our words. Raises ``CursorExpired`` for a cursor that is no longer known."""
        if answer.status == NOT_FOUND:
            raise self.dialogue.failure(WrongAddress, "no users there", remedy=COPY_BASE)
        if answer.status in ERRORS and _problem(answer.body).get("scimtype") in CURSOR_REFUSED:
            raise CursorExpired
        members = {name.lower(): raw for name, raw in decode(self.dialogue, answer, _members).items()}
        if "totalresults" not in members and "resources" not in members:
            self._raise_told(answer.body)
        return Listed(
            raws=self._read(_raws, members.get("resources", Raw(b"[]"))) or [],
            total=self._read(_number, members.get("totalresults", Raw(b"null"))),
            next_cursor=self._read(_text, members.get("nextcursor", Raw(b"null"))) or None,
        )

    def _read(self, decoder: msgspec.json.Decoder[Any], raw: Raw) -> Any:
        try:
            return decoder.decode(raw)
        except msgspec.DecodeError:
            raise self.dialogue.failure(UnexpectedAnswer, "another shape than the standard's") from None

    def _raise_told(self, body: bytes) -> None:
        # T12; the standard has the status as text
        status = str(_problem(body).get("status", ""))
        if status.isdecimal() and len(status) == 3 and int(status) in ERRORS:
            raise self.dialogue.status_error(int(status), f"status {status} told in a good answer")
        raise self.dialogue.failure(UnexpectedAnswer, "no list of users")


def authorization(token: str) -> str:
    """Return the header for a bearer token, or for a name and a password."""
    if ":" in token:
        return "Basic " + base64.b64encode(token.encode()).decode("ascii")
    return f"Bearer {token}"


def _problem(body: bytes) -> dict[str, Any]:
    try:
        told: dict[str, Any] = folded(_objects.decode(body))
    except (msgspec.DecodeError, RecursionError):
        return {}
    kind = told.get("scimtype")
    return {**told, "scimtype": kind.lower() if isinstance(kind, str) else kind}


def _supported(of: Any, name: str) -> bool:
    return isinstance(of, dict) and boolean(of.get(name)) is True
