"""How long to wait before the next try."""

import email.utils
import random
import re
import time

from rollcall.http_client.answer import Answer

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
_SECONDS = re.compile(r"[0-9]{1,12}(?:[.][0-9]{1,6})?")


def backoff(attempt: int, rng: random.Random) -> float:
    """Seconds to wait after the given failed attempt (from 1): exponential with full jitter."""
    return rng.uniform(0.0, min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1)))


def retry_after(answer: Answer) -> float | None:
    """Seconds the answer asks us to wait (RFC 9110 10.2.3), as a number or an HTTP date.

    None if it does not say, says nonsense, or names a moment that has passed. A date is compared with
    the answer's own Date where there is one, so that a wrong clock on either side does not matter.
    """
    text = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        wait = float(text)
    else:
        until = _timestamp(text)
        if until is None:
            return None
        said = _timestamp(answer.headers.get("date", ""))
        wait = until - (time.time() if said is None else said)
    return wait if wait > 0 else None


def _timestamp(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
