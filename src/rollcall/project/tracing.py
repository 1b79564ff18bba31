"""Traces, if the operator wants them: OTEL_EXPORTER_OTLP_ENDPOINT is set, and the extra `rollcall[otel]` installed."""

import os
from importlib import import_module
from importlib.util import find_spec

import structlog

_log = structlog.get_logger("rollcall.tracing")
_WANTED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def begin() -> bool:
    """Send spans from now on if that is wanted and possible; return whether they are sent."""
    if not any(os.environ.get(name) for name in _WANTED):
        return False
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
        _log.error("no traces: install rollcall[otel], or requirements/otel.txt")
        return False
    # The only module that needs the extra.
    import_module("rollcall.project.otlp").begin()
    return True
