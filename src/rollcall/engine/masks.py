"""Texts that stand for a value instead of being one: what tools and exports put where somebody may not look.

``sync/plans/losses.py`` has the same rule as SQL; a test holds the two together.
"""

import re
from functools import lru_cache
from typing import Final

from rollcall.engine.snapshot import is_email

WORDS: Final = frozenset(
    {"null", "n/a", "n.a.", "hidden", "redacted", "confidential", "masked", "undisclosed", "not disclosed"}
)
"""Words for *you may not see this*, in lower case."""

SIGNS: Final = "*#?._•●·…–—-"
"""A value of nothing but one of these, however often, says nothing; three or more x say nothing either."""

BLANK: Final = " \t\r\n\u00a0"
"""What is taken off both ends before anything is compared."""

_RUN: Final = rf"([{re.escape(SIGNS)}])\1*|x{{3,}}"
_run: Final = re.compile(_RUN)
_FIRST: Final = {"x", *(word[0] for word in WORDS)}
SUSPECT: Final = frozenset({"", *SIGNS, *BLANK, *_FIRST, *(letter.upper() for letter in _FIRST)})
"""What a mask or a blank text begins with: most values are known to be neither by their first letter."""
_CUT_NUMBER: Final = re.compile(r"[*#•●·…]|[xX]{3}")
_CUT_NAME: Final = re.compile(r"[*•●…]")
_NAMES: Final = frozenset({"first_name", "last_name"})


def is_mask(value: str, name: str = "") -> bool:
    """Tell whether ``value`` stands for something hidden; people who are called Null keep their name."""
    if value[:1] not in SUSPECT:
        return False
    folded = value.strip(BLANK).lower()
    if name in _NAMES and folded == "null":
        return False
    return folded in WORDS or _run.fullmatch(folded) is not None


def is_cut_number(number: str) -> bool:
    """Tell whether signs stand for some of the digits of an account's number."""
    if number.isalnum():
        # as most are: no sign but x is among letters and digits
        return "xxx" in number.lower()
    return _CUT_NUMBER.search(number) is not None


@lru_cache(maxsize=4_096)  # asked several times about the same person of a chunk
def is_address(text: str) -> bool:
    """Tell whether ``text`` can be written to and is somebody's: an address with a mask for a name is nobody's."""
    name = text.strip().rpartition("@")[0]
    return is_email(text) and not is_mask(name) and not _CUT_NAME.search(name)
