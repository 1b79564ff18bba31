"""The drawn tile of an HR tool: a tint, a calm motif and two letters. Vendors' logos are never shown."""

import zlib
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from msgspec import Struct

TINTS: Final = 9
"""How many pairs ``--tint-N`` and ``--tint-N-ink`` tokens.css has."""

# Everything lies on a square of 40 units and may run over its edge: the tile cuts it off.
MOTIFS: Final = (
    SafeString('<circle cx="31" cy="39" r="19"/>'),
    SafeString('<path d="M40 0v30A30 30 0 0 1 10 0z"/>'),
    SafeString('<path d="M3 40V28h9v12zm12 0V20h9v20zm12 0V10h9v30z"/>'),
    SafeString('<path d="M-4 30C8 16 18 40 44 20v24H-4z"/>'),
    SafeString('<path d="M0 40 40 0v40z"/>'),
    SafeString(
        '<path d="M40 9a31 31 0 0 0-31 31h8a23 23 0 0 1 23-23zm0 15a16 16 0 0 0-16 16h8a8 8 0 0 1 8-8z"/>'
    ),
    SafeString('<path d="M6 40V22a14 14 0 0 1 28 0v18h-8V22a6 6 0 0 0-12 0v18z"/>'),
    SafeString('<path d="M0 40C0 18 18 0 40 0c0 22-18 40-40 40z"/>'),
    SafeString('<path d="m20 2 18 18-18 18L2 20zm0 10-8 8 8 8 8-8z"/>'),
    SafeString('<path d="M0 12 12 0h9L0 21zm0 18L30 0h9L0 39zm8 10L40 8v9L17 40zm18 0 14-14v9l-5 5z"/>'),
)

# Neighbours in the gallery look different. A tool that isn't named here is drawn by its key.
_LOOKS: Final = {
    "bamboohr": (2, 6),
    "csv": (9, 2),
    "deel": (1, 4),
    "factorial": (6, 0),
    "hibob": (8, 7),
    "humaans": (3, 5),
    "lucca": (5, 3),
    "payfit": (1, 1),
    "personio": (7, 8),
    "scim": (4, 9),
    "workday": (6, 5),
}


class Look(Struct, frozen=True):
    """How a tile is drawn."""

    tint: int  # 1 to TINTS
    motif: int  # place in MOTIFS


def look_of(key: str) -> Look:
    """Return the look of a tool; the same on every machine and in every version, also for keys unknown here."""
    if key in _LOOKS:
        return Look(*_LOOKS[key])
    number = zlib.crc32(key.encode())
    return Look(number % TINTS + 1, number // TINTS % len(MOTIFS))


def drawn(key: str, name: str, size: int) -> SafeString:
    """Return the tile as SVG, ``size`` pixels wide. It is decoration: the tool's name stands beside it."""
    look = look_of(key)
    letters = (name or key)[:2]
    return format_html(
        '<svg class="tile-art tint-{}" width="{}" height="{}" viewBox="0 0 40 40"'
        ' aria-hidden="true" focusable="false"><g class="tile-motif">{}</g>'
        '<text x="20" y="25.5" text-anchor="middle">{}</text></svg>',
        look.tint,
        size,
        size,
        MOTIFS[look.motif],
        letters,
    )
