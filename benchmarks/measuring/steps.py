"""The side of a process that is measured from outside: it says when a step begins and when it ends.

Each time it waits until that was seen, so that no work happens between two looks at the clock. Only the standard
library is used, because peers run in an environment of their own.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Steps:
    """The task of this process, and its way to tell how far it is; what else it prints goes to standard error."""

    def __init__(self) -> None:
        """Take the task, a line of JSON on standard input, and standard output for ourselves."""
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self.task: dict[str, Any] = json.loads(sys.stdin.readline())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do the block as a step of that name."""
        self._say("begin", name, {})
        yield
        self._say("end", name, {})

    def tell(self, found: dict[str, Any]) -> None:
        """Tell what the last step has brought; finding that out is not part of it."""
        self._say("told", "", found)

    def _say(self, what: str, name: str, found: dict[str, Any]) -> None:
        print(json.dumps([what, name, found]), file=self._out, flush=True)
        sys.stdin.readline()
