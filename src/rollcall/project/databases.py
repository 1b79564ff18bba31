"""Which database, and in which role: Django's DATABASES from the environment.

`default` is the app's own role: it owns no table and bypasses no row-level security. `owner` owns the tables
and is used by migrations alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from rollcall.project import database

_KEEP_SECONDS = 600


def from_environment(environment: Mapping[str, str], home: Path) -> dict[str, dict[str, Any]]:
    """DATABASES for Django. Raises ValueError if a URL isn't one of PostgreSQL."""
    url = environment.get("DATABASE_URL")
    if not url:
        return {
            "default": _entry(database.parts(home, database.APP_ROLE)),
            "owner": _entry(database.parts(home, database.OWNER_ROLE)),
        }
    owner = _entry(*parse(url))
    app_url = environment.get("ROLLCALL_APP_DATABASE_URL")
    return {"default": _entry(*parse(app_url)) if app_url else _as_app_role(*parse(url)), "owner": owner}


def parse(url: str) -> tuple[dict[str, str], dict[str, str]]:
    """The parts of a postgresql:// URL, and the options after its question mark."""
    found = urlsplit(url)
    if found.scheme not in {"postgres", "postgresql"} or not found.path.strip("/"):
        raise ValueError("A database URL looks like postgresql://user:password@host:5432/name.")
    options = dict(parse_qsl(found.query))
    parts = {
        "NAME": unquote(found.path.strip("/")),
        "USER": unquote(found.username or ""),
        "PASSWORD": unquote(found.password or ""),
        "HOST": options.pop("host", unquote(found.hostname or "")),
        "PORT": str(found.port or options.pop("port", "")),
    }
    return parts, options


def _as_app_role(parts: dict[str, str], options: dict[str, str]) -> dict[str, Any]:
    """The same login, but every session starts in the app's role."""
    given = options.get("options", "")
    return _entry(parts, {**options, "options": f"{given} -c role={database.APP_ROLE}".strip()})


def _entry(parts: dict[str, str], options: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        **parts,
        "CONN_MAX_AGE": _KEEP_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(options or {}),
    }
