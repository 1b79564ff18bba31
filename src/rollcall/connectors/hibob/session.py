"""Requests to HiBob, and what its refusals mean."""

import base64
import re
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from rollcall.connectors.client import Dialogue, send
from rollcall.connectors.errors import MissingPermission, RateLimited, gettext_noop
from rollcall.http_client import Answer, HttpClient, retry_after

SEARCH_PATH: Final = "/v1/people/search"
FIELDS_PATH: Final = "/v1/company/people/fields"
LISTS_PATH: Final = "/v1/company/named-lists"

BLOCKED: Final = gettext_noop(
    "If the key has that permission already, HiBob may not accept the address of Rollcall’s server: ask"
    " whoever looks after HiBob whether the service user is limited to certain addresses."
)

_EPOCH: Final = re.compile(r"\d{9,11}(?:\.\d{1,6})?")


class Session:
    """Signed requests of one service user. A 401 is never tried again: HiBob's firewall counts them (documented)."""

    def __init__(self, dialogue: Dialogue, http: HttpClient, credentials: Mapping[str, str]) -> None:
        self._dialogue, self._http = dialogue, http
        pair = f"{credentials['service_user_id']}:{credentials['service_user_token']}".encode()
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(pair).decode("ascii"),
            "Accept": "application/json",
        }

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer of any status but those of the firewall. Raises ``SourceError``."""
        return self._judged(send(self._dialogue, self._http.get, path, params=params, headers=self._headers))

    def search(self, names: Sequence[str], ids: Sequence[str] | None = None, labels: bool = False) -> Answer:
        """Ask for fields of everybody, leavers included, or of the people with these ids; with labels of lists."""
        body: dict[str, Any] = {"fields": list(names), "showInactive": True}
        if labels:
            # machine values stay, and only labels of lists are taken from beside them: days there are written
            # as the service user likes them (documented)
            body["humanReadable"] = "APPEND"
        if ids is not None:
            # an empty list of filters is refused (seen), so there is none or one
            body["filters"] = [{"fieldPath": "root.id", "operator": "equals", "values": list(ids)}]
        answer = send(
            self._dialogue,
            self._http.post,
            SEARCH_PATH,
            json=body,
            headers=self._headers,
            # a query, so it may be repeated
            safe_to_repeat=True,
        )
        return self._judged(answer)

    def _judged(self, answer: Answer) -> Answer:
        if answer.status != HTTPStatus.FORBIDDEN:
            return answer
        if "html" in answer.headers.get("content-type", ""):
            # documented: the firewall blocks for a while; that its pages are HTML was seen
            raise self._dialogue.failure(RateLimited, "blocked by the firewall, status 403")
        return answer

    def refused(self) -> MissingPermission:
        """Return the error for a 403 where no permission is needed: the address is not allowed (seen)."""
        return MissingPermission(
            "status 403 where no permission is needed",
            tool=self._dialogue.tool,
            permission=self._dialogue.permission,
            remedy=BLOCKED,
        )


def wait_for(answer: Answer) -> float | None:
    """Return seconds to wait: ``Retry-After``, else until ``X-RateLimit-Reset`` (epoch seconds, documented)."""
    told = retry_after(answer)
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    if told is not None or answer.status != HTTPStatus.TOO_MANY_REQUESTS or not _EPOCH.fullmatch(reset):
        return told
    try:
        # the tool's own clock where it shows one, so that nobody's wrong clock matters
        now = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        now = time.time()
    return max(1.0, float(reset) - now)
