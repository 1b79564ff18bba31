"""The next page is fetched while this one is worked on: one page ahead, one request at a time.

The connector knows nothing of it. Its generator of pages goes on in a thread for the length of one page, and only
where the caller says that there is work to do: pages that are known need none, and one page alone never waits.
"""

import time
from contextvars import copy_context
from threading import Thread
from types import TracebackType
from typing import Self

from django.db import connection as database
from django.db import connections

from rollcall.connectors.base import Connector, Page
from rollcall.telemetry import traffic


class Ahead:
    """The pages of a connector, in order. Leaving the block ends what is under way; no thread stays behind."""

    def __init__(self, connector: Connector) -> None:
        """Ask for nothing yet."""
        self._connector = connector
        self._pages = iter(connector.pages())
        self._thread: Thread | None = None
        self._page: Page | None = None
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._connector.give_up()
            self._join()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Page:
        if self._thread is None:
            return next(self._pages)
        self._join()
        page, self._page = self._page, None
        if self._error is not None:
            raise self._error
        if page is None:
            raise StopIteration
        return page

    def begin(self) -> None:
        """Let the next page be fetched from now on; the caller works on the one it has, and then asks for the next.

        Inside a transaction nothing begins: tokens that are renewed meanwhile are stored by another session, which
        must not wait for what the caller holds. Nor for files, which are here already.
        """
        if self._connector.tool.kind == "file" or database.in_atomic_block:
            return
        # daemon: a process that is to end waits for no tool
        self._thread = Thread(target=copy_context().run, args=(self._fetch,), daemon=True, name="next-page")
        self._thread.start()

    def _fetch(self) -> None:
        try:
            self._page = next(self._pages, None)
        except BaseException as error:  # noqa: BLE001 - raised where the page is asked for
            self._error = error
        finally:
            # of this thread alone; mostly there are none
            connections.close_all()
            traffic.worked(time.thread_time())

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = None
