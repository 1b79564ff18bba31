"""When somebody who is missing from the list counts as gone, and which lists are too short to be believed (rule 5)."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

WAIT: Final = timedelta(hours=24)
"""Between the first and the last of the complete reads that prove an absence."""

MOST_BACK: Final = 2
"""More people than this back at once show that lists were short: for all others the wait begins anew."""


class Absence(Struct, frozen=True, kw_only=True):
    """Since when complete reads have missed somebody (aware), and how many of them."""

    since: datetime
    # 0: they were missed first by a list that was far too short, or their record can't be read: nothing counts yet
    runs: int
    # a complete read at least ``WAIT`` after the first one missed them too
    proven: bool = False


def is_drop(missing: int, of: int) -> bool:
    """Tell whether a list lacks so many people at once that it is doubted: the limits on archiving, before any plan."""
    return missing > max(3, round(0.10 * of, 6)) or missing > of / 3 or missing > 50


def is_fewer(now: int, usual: float) -> bool:
    """Tell whether a list is shorter than usual by more than its ordinary ups and downs."""
    return usual - now > max(3, round(0.10 * usual, 6))


def is_slow(seconds: float, usual: float) -> bool:
    """Tell whether a read took far longer than usual."""
    return seconds > 60 and seconds > 5 * usual
