"""Signed requests to Personio.

A token that is renewed once when refused, and waiting the way Personio says it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from rollcall.connectors.client import Dialogue, send
from rollcall.http_client import Answer, HttpClient, retry_after

OVERLAP: Final = timedelta(minutes=5)
"""Asked for again next time: clocks differ (assumed)."""

_NUMBER: Final = re.compile(r"\d{1,6}(?:\.\d{1,6})?")
_BEARER: Final = re.compile(r"Bearer\s+([\x21-\x7e]+)", re.IGNORECASE)
TOO_MANY: Final = 429


class Session:
    """A token and who gives the next one.

    ``renew_on`` are statuses that may mean an expired token. After one renewal the answer is returned as
    it is: refused again with a fresh token is a matter of permission. With ``rotates`` a token in an
    answer's header ``Authorization`` replaces ours (seen with version 1).
    """

    def __init__(
        self,
        dialogue: Dialogue,
        http: HttpClient,
        sign_in: Callable[[], str],
        *,
        renew_on: frozenset[int],
        rotates: bool = False,
    ) -> None:
        self._dialogue, self._http, self._sign_in = dialogue, http, sign_in
        self._renew_on, self._rotates = renew_on, rotates
        self._token: str | None = None

    def get(
        self,
        path: str,
        params: list[tuple[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer of any status. Raises ``SourceError`` when there is none, or no token."""
        return self._renewing("GET", path, params=params, headers=headers)

    def write(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a change; see ``get``. Only DELETE is sent again when nobody knows whether it arrived."""
        return self._renewing(method, path, json=body, safe_to_repeat=method == "DELETE")

    def _renewing(self, method: str, path: str, **what: Any) -> Answer:
        answer = self._signed(method, path, **what)
        if answer.status in self._renew_on:
            self._token = None
            answer = self._signed(method, path, **what)
        return answer

    def _signed(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **what: Any
    ) -> Answer:
        if self._token is None:
            self._token = self._sign_in()
        signed = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            **(headers or {}),
        }
        answer = send(self._dialogue, self._http.request, method, path, headers=signed, **what)
        rotated = _BEARER.fullmatch(answer.headers.get("authorization", "").strip())
        if self._rotates and rotated:
            self._token = rotated[1]
        return answer


def wait_for(answer: Answer) -> float | None:
    """Return seconds to wait.

    ``Retry-After``, else the tokens asked for over the tokens a second (seen, v2).
    """
    told = retry_after(answer)
    if told is not None or answer.status != TOO_MANY:
        return told
    tokens = answer.headers.get("x-ratelimit-requested-tokens", "1").strip()
    rate = answer.headers.get("x-ratelimit-replenish-rate", "").strip()
    if not (_NUMBER.fullmatch(tokens) and _NUMBER.fullmatch(rate) and float(rate)):
        return None
    return max(1.0, float(tokens) / float(rate))


def next_since(answer: Answer) -> datetime:
    """Return from when to ask next time: the tool's own clock, less the overlap; ours if it shows none."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        moment = datetime.now(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - OVERLAP
