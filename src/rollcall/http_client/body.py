"""Put a body together, unpacking as it arrives, and refuse everything that is not whole.

httpx unpacks too, but lets a truncated gzip and a second member pass, and a small body may unpack to
any size before it looks.
"""

import zlib

import httpx

from rollcall.http_client.errors import BrokenBody

ACCEPT_ENCODING = "gzip, deflate"
GZIP = 16 + zlib.MAX_WBITS


def has_length(headers: httpx.Headers) -> bool:
    """Whether the end of the body can be told from a cut connection."""
    return "content-length" in headers or "transfer-encoding" in headers


class Unpacker:
    """Collects the parts of one body. `size` is what it unpacked to so far, in bytes."""

    def __init__(self, encoding: str, *, room: int) -> None:
        self.size = 0
        self._room = room
        self._raw_size = 0
        self._parts: list[bytes] = []
        self._packed = _is_packed(encoding)
        self._unzip = None if encoding == "deflate" else zlib.decompressobj(GZIP)
        self._held = b""

    def feed(self, raw: bytes) -> None:
        """Take the next part. Raises BrokenBody too_large or bad_encoding."""
        # empty deflate blocks are input without output, hence the second count
        self._raw_size += len(raw)
        part = self._unpack(raw) if self._packed else raw
        self.size += len(part)
        if max(self.size, self._raw_size) > self._room:
            raise BrokenBody("too_large")
        self._parts.append(part)

    def _unpack(self, raw: bytes) -> bytes:
        if self._unzip is None:
            self._held = raw = self._held + raw
            if len(raw) < 2:
                return b""
            self._unzip = zlib.decompressobj(_deflate_window(raw))
        try:
            part = self._unzip.decompress(raw, self._room - self.size + 1)
        except zlib.error:
            raise BrokenBody("bad_encoding") from None
        # whatever follows the end of the first member, in this part or a later one
        if self._unzip.unused_data:
            raise BrokenBody("bad_encoding")
        return part

    def whole(self) -> bytes:
        """The unpacked body. Raises BrokenBody cut if the packed data has no end."""
        if self._packed and self._raw_size and not (self._unzip and self._unzip.eof):
            raise BrokenBody("cut")
        return b"".join(self._parts)


def _deflate_window(start: bytes) -> int:
    # "deflate" means zlib (RFC 9110 8.4.1.2), but some servers leave out its two bytes of header
    has_header = start[0] & 15 == zlib.DEFLATED and int.from_bytes(start[:2]) % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS


def _is_packed(encoding: str) -> bool:
    if encoding in ("", "identity"):
        return False
    if encoding in ("gzip", "x-gzip", "deflate"):
        return True
    raise BrokenBody("bad_encoding")
