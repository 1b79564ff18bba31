"""Start-up checks: each gives one sentence for the operator, or nothing."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

SHORTEST_TOKEN = 16


def event_readers_exist(*, app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Every name in ROLLCALL_EVENT_READERS is a function that can be imported (`events` knows names only)."""
    found: list[CheckMessage] = []
    for name in settings.ROLLCALL_EVENT_READERS:
        try:
            reader = import_string(name)
        except ImportError:
            found.append(Error(f"The event reader {name} can't be imported.", id="rollcall.E001"))
            continue
        if not callable(reader):
            found.append(Error(f"The event reader {name} is not a function.", id="rollcall.E002"))
    return found


def metrics_token_is_long(*, app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Whoever guesses the word reads how this installation is doing."""
    word = settings.ROLLCALL_METRICS_TOKEN
    if word and len(word) < SHORTEST_TOKEN:
        hint = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))' makes a good one."
        return [
            Error(
                f"ROLLCALL_METRICS_TOKEN has less than {SHORTEST_TOKEN} signs.", hint=hint, id="rollcall.E004"
            )
        ]
    return []


def keys_are_private(*, app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The files with secrets can be read by their owner alone. A missing one is made at first use."""
    return [
        Error(f"Others can read {path}.", hint=f"chmod 600 {path}", id="rollcall.E003")
        for path in (settings.ROLLCALL_HOME / "secret-key", Path(settings.ROLLCALL_KEYS))
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
