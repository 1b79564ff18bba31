"""Logs: one structured line per unit of work, ids only, on standard error.

ROLLCALL_LOG: `console` (default, for eyes), `json` (one object a line), each with an optional level, as in
`json:debug`.
"""

import logging
import logging.config
import sys
import time
import traceback
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollcall.telemetry import counts

_log = structlog.get_logger("rollcall.web")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def configure(choice: str) -> None:
    """Set up structlog and the standard library's logging alike. Raises ValueError for an unknown choice."""
    form, _, level = choice.partition(":")
    level = (level or "info").upper()
    if form not in {"console", "json"} or level not in logging.getLevelNamesMapping():
        raise ValueError("ROLLCALL_LOG is 'console' or 'json', with a level if wished, as in 'json:debug'.")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        _error_without_its_text,
                        renderer,
                    ],
                    "foreign_pre_chain": shared,
                }
            },
            "filters": {"route_only": {"()": RouteOnly}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # These log addresses with their query, arguments of jobs, or every statement.
                "httpx": {"level": "WARNING"},
                "httpcore": {"level": "WARNING"},
                "procrastinate": {"level": "WARNING"},
                "django.request": {"level": "ERROR", "filters": ["route_only"]},
                "django.server": {"level": "CRITICAL"},
                "django.db.backends": {"level": "WARNING"},
                "_granian": {"level": "WARNING"},
            },
        }
    )


class RequestLineMiddleware:
    """One line per request: method, route, status, milliseconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        if request.path != "/healthz":
            seconds, route = time.perf_counter() - started, _route(request)
            _log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000),
            )
            # a word that a stranger may choose is no label
            method = request.method if request.method in _METHODS else "other"
            answer = f"{response.status_code // 100}xx"
            counts.observe("rollcall_page_seconds", seconds, route=route, method=method, answer=answer)
        return response


class RouteOnly(logging.Filter):
    """Django logs a failed request with its path, which can hold a one-time token; the route says enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            record.msg, record.args = f"request failed: {_route(request)}", ()
        return True


def _error_without_its_text(
    logger: structlog.typing.WrappedLogger, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The classes of the error and its causes, and where they were raised.

    The texts are left out: PostgreSQL's and the HR tools' messages quote values of people (fault Z5).
    """
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info if isinstance(info, BaseException) else None
    if info is True:
        error = sys.exc_info()[1]
    places = []
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames[-8:]))
        places.append(f"{type(error).__module__}.{type(error).__qualname__} at {where or 'unknown'}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if places:
        event["error"] = places
    return event


def _route(request: HttpRequest) -> str:
    """The pattern that matched: a path itself can hold a one-time token (invitations, password resets)."""
    match = request.resolver_match
    return f"/{match.route}" if match else "unmatched"
