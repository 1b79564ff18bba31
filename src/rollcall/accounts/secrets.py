"""Seals for what must not be readable in a stolen database, and digests for what is only compared.

Keys live in the file ROLLCALL_KEYS, never in the database:

    {"current": "k1", "keys": {"k1": "<32 bytes, base64>"}, "digest_key": "<32 bytes, base64>"}

A seal is `<key id>.` + nonce (12 bytes) + AES-256-GCM ciphertext; company, table, field and row are
associated data, so a sealed value copied to another row does not open. `keys` rotate. `digest_key` does not:
digests are stored and compared at every later read (a new key would make every person in HR look changed),
and open links are signed with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_quoted = json.encoder.encode_basestring_ascii
_NONCE = 12
_NONCES = 64  # asked of the system at a time
_BLOCK = 64  # of SHA-256; derived keys are shorter
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_KEY = 32


class SealBroken(Exception):
    """The value was not sealed for this place, or was changed, or its key is gone."""


class _KeyFile(msgspec.Struct, frozen=True):
    current: str
    keys: dict[str, str]
    digest_key: str


class _Keyring(msgspec.Struct, frozen=True):
    prefix: bytes  # of seals made now
    seals: dict[bytes, AESGCM]  # key id to cipher; building a cipher costs more than using it
    digest_key: bytes


def ensure_keys(path: Path | str) -> None:
    """Make the key file, readable by its owner only, if there is none. Safe when several processes start
    at once.
    """
    target = Path(path)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, _KeyFile("k1", {"k1": _fresh()}, _fresh()), replace=False)


def add_key(path: Path | str) -> str:
    """Add a key, make it the current one and return its id. Old seals stay readable; `sealed.rotate`
    renews them.
    """
    target = Path(path)
    old = msgspec.json.decode(target.read_bytes(), type=_KeyFile)
    number = 1 + max((int(key[1:]) for key in old.keys if key[1:].isdigit()), default=0)
    new_id = f"k{number}"
    _write(
        target,
        _KeyFile(new_id, {**old.keys, new_id: _fresh()}, old.digest_key),
        replace=True,
    )
    _looked_at.clear()
    return new_id


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY)).decode()


def _write(target: Path, content: _KeyFile, *, replace: bool) -> None:
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(msgspec.to_builtins(content), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        draft.replace(target)
        return
    try:
        os.link(draft, target)  # unlike rename, it fails when another process was first
    except FileExistsError:
        return
    finally:
        draft.unlink()


# Path to the moment it was looked at and what it held. Looking once a second keeps a seal at microseconds and
# still lets a key added by the operator be used without a restart.
_looked_at: dict[str, tuple[float, _Keyring]] = {}
_LOOK_EVERY_SECONDS = 1.0


def _keyring() -> _Keyring:
    path = str(settings.ROLLCALL_KEYS)
    known = _looked_at.get(path)
    now = time.monotonic()
    if known is not None and now - known[0] < _LOOK_EVERY_SECONDS:
        return known[1]
    try:
        stamp = Path(path).stat()
    except FileNotFoundError:
        ensure_keys(path)  # the first start of this installation
        stamp = Path(path).stat()
    ring = _load(path, stamp.st_mtime_ns, stamp.st_ino)
    _looked_at[path] = now, ring
    return ring


@lru_cache(maxsize=4)
def _load(path: str, stamp: int, inode: int) -> _Keyring:
    content = msgspec.json.decode(Path(path).read_bytes(), type=_KeyFile)
    seals = {name.encode(): AESGCM(base64.b64decode(key)) for name, key in content.keys.items()}
    return _Keyring(content.current.encode() + b".", seals, base64.b64decode(content.digest_key))


def _place(company_id: int, table: str, field: str, row: int | str) -> bytes:
    # as json.dumps writes a list, without its detours: a first sync comes by twice for each person
    return f'[{company_id}, "{table}", "{field}", {_quoted(str(row))}]'.encode()


def seal(plain: bytes, *, company_id: int, table: str, field: str, row: int | str) -> bytes:
    """Encrypt `plain` for this one place. `row` is the primary key, or what `sealed.register` was told."""
    ring = _keyring()
    nonce = os.urandom(_NONCE)
    cipher = ring.seals[ring.prefix[:-1]]
    return ring.prefix + nonce + cipher.encrypt(nonce, plain, _place(company_id, table, field, row))


def unseal(
    sealed: bytes | memoryview,
    *,
    company_id: int,
    table: str,
    field: str,
    row: int | str,
) -> bytes:
    """Return the plain bytes; raises SealBroken when they were not sealed for exactly this place."""
    key_id, _, rest = bytes(sealed).partition(b".")
    cipher = _keyring().seals.get(key_id)
    if cipher is None:
        _looked_at.clear()  # perhaps the key was added this very second
        cipher = _keyring().seals.get(key_id)
    if cipher is None:
        message = "sealed with a key that is not in the key file"
        raise SealBroken(message)
    try:
        return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], _place(company_id, table, field, row))
    except (InvalidTag, ValueError):
        message = f"the seal of {table}.{field} does not fit its row"
        raise SealBroken(message) from None


class Sealer:
    """Seals, unseals and digests many values of one column: what they share is worked out once.

    Its seals and digests are those of ``seal`` and ``digest``. For a batch: a key added meanwhile does not seal.
    """

    def __init__(self, *, company_id: int, table: str, field: str, purpose: str) -> None:
        """Take the current key. ``purpose`` is that of the digests."""
        ring = _keyring()
        self._where = (company_id, table, field)
        self._prefix = ring.prefix
        self._cipher = ring.seals[ring.prefix[:-1]]
        self._place = json.dumps([company_id, table, field])[:-1]
        key = _derived(ring.digest_key, f"digest:{company_id}:{purpose}").ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(key.translate(_INNER))
        self._outer = hashlib.sha256(key.translate(_OUTER))
        self._random = b""

    def seal(self, plain: bytes, row: str) -> bytes:
        """Encrypt ``plain`` for this row."""
        if len(self._random) < _NONCE:
            self._random = os.urandom(_NONCE * _NONCES)
        nonce, self._random = self._random[:_NONCE], self._random[_NONCE:]
        place = f"{self._place}, {_quoted(row)}]".encode()
        return self._prefix + nonce + self._cipher.encrypt(nonce, plain, place)

    def unseal(self, sealed: bytes, row: str) -> bytes:
        """Return the plain bytes. Raises ``SealBroken`` as ``unseal`` does."""
        if sealed.startswith(self._prefix):
            start = len(self._prefix)
            nonce, rest = sealed[start : start + _NONCE], sealed[start + _NONCE :]
            place = f"{self._place}, {_quoted(row)}]".encode()
            with suppress(InvalidTag, ValueError):
                return self._cipher.decrypt(nonce, rest, place)
        # of an older key, or broken: it says which
        company_id, table, field = self._where
        return unseal(sealed, company_id=company_id, table=table, field=field, row=row)

    def digest(self, plain: bytes) -> str:
        """Return the keyed digest of ``plain``, hex."""
        # HMAC (RFC 2104) from where its key is already worked in: half the time of doing it anew
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(plain)
        outer.update(inner.digest())
        return outer.hexdigest()


def needs_rotation(sealed: bytes | memoryview) -> bool:
    """Tell whether the value was sealed with another key than the current one."""
    return not bytes(sealed).startswith(_keyring().prefix)


def current_prefix() -> bytes:
    """Return the bytes every seal made now begins with."""
    return _keyring().prefix


@lru_cache(maxsize=4096)
def _derived(root: bytes, purpose: str) -> bytes:
    return hmac.digest(root, purpose.encode(), "sha256")


def digest(plain: bytes, *, company_id: int, purpose: str) -> str:
    """Return a keyed digest, hex: equal for equal bytes of one company and purpose, useless without the
    key file.
    """
    key = _derived(_keyring().digest_key, f"digest:{company_id}:{purpose}")
    return hmac.digest(key, plain, "sha256").hex()


def sign(purpose: str, text: str) -> str:
    """Return a signature for a link, 43 characters that need no escaping in an address."""
    key = _derived(_keyring().digest_key, f"sign:{purpose}")
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).rstrip(b"=").decode()


def signature_fits(purpose: str, text: str, signature: str) -> bool:
    """Tell in constant time whether `sign` made this signature."""
    return hmac.compare_digest(sign(purpose, text).encode(), signature.encode(errors="replace"))
