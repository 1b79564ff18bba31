"""What comes back from a server, whole and unpacked, and how much we are willing to take."""

import httpx
import msgspec

MEBIBYTE = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, sizes in bytes counted after unpacking."""

    connect: float = 10.0  # resolving, TCP and TLS together
    read: float = 30.0  # silence between two arrivals
    whole: float = 120.0  # one try, from resolving the name to the last byte
    response_bytes: int = 50 * MEBIBYTE
    run_bytes: int = 500 * MEBIBYTE  # over the client's life
    tries: int = 5
    waiting: float = 900.0  # spent between tries, over the client's life


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A complete answer. `url` may hold secrets in its path or query: never log it."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str

    def __repr__(self) -> str:
        # a traceback or log line must not show people's data
        return f"Answer(status={self.status}, {len(self.body)} bytes)"
