"""Starts real workers quickly: Django is loaded once, and each worker is a process of its own, forked from here.

``python -m tests.crash.worker`` reads orders as JSON lines and answers each with the process's id; when a process
ends, with its id and exit status. An order has "database", "tool", "mails", "log" and "do": "work" with "kill" or
"note", or the name of a function of ``tests.crash.story`` with "result", the file for what it returns.
"""

import json
import os
import select
import sys
import traceback
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings
from django.db import connections
from django.template.loader import get_template
from procrastinate.contrib.django import app
from schwifty import IBAN

from rollcall.connectors.bamboohr import connector  # noqa: F401 - loaded once, here
from rollcall.project import working
from tests.crash import points, story


def main() -> None:
    """Serve orders until standard input ends."""
    # What is slow the first time is done before the first fork.
    IBAN("FR7630006000011234567890189").validate()
    get_template("403.html")
    living: set[int] = set()
    buffer = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.01)
        if ready:
            got = os.read(0, 65536)
            if not got:
                return
            *lines, buffer = (buffer + got).split(b"\n")
            for line in lines:
                living.add(_fork(json.loads(line)))
        for pid in list(living):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                living.discard(pid)
                _say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(what: dict[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        _say({"pid": pid})
        return pid
    status = 1
    try:
        _be(order)
        status = 0
    except SystemExit as ends:
        status = int(ends.code or 0)
    except BaseException:  # noqa: BLE001 - told in the log
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _be(order: dict[str, Any]) -> None:
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, ours in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(theirs, ours)
    connections.settings["default"]["NAME"] = order["database"]
    connections.settings["owner"]["NAME"] = order["database"]
    settings.EMAIL_FILE_PATH = order["mails"]
    os.environ["ROLLCALL_BASE_URL_BAMBOOHR"] = order["tool"]
    if order["do"] != "work":
        answer = getattr(story, order["do"])(**order.get("with", {}))
        Path(order["result"]).write_text(json.dumps(answer), encoding="utf-8")
        return
    if order.get("kill"):
        points.kill_at(order["kill"])
    if order.get("note"):
        points.note_in(order["note"])
    if not order.get("clock"):
        # The test is the clock, so that nobody waits for a full minute; each of its rounds stands for one.
        app.periodic_registry.periodic_tasks.clear()
    raise SystemExit(working.work(order.get("jobs", 1)))


if __name__ == "__main__":
    main()
