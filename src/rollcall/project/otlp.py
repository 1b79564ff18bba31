"""Spans to an OpenTelemetry collector by OTLP over HTTP. Needs the extra `rollcall[otel]`; see `tracing`.

The endpoint, its headers, sampling and batches are set by OpenTelemetry's own OTEL_* variables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as OtlpSpan
from opentelemetry.trace import Status, StatusCode, Tracer

from rollcall.telemetry import spans


class _Step:
    """See ``spans.Span``."""

    def __init__(self, inner: OtlpSpan) -> None:
        self._inner = inner

    def set(self, **attributes: spans.Value) -> None:
        self._inner.set_attributes(_named(attributes))


def begin() -> TracerProvider:
    """Send spans in batches from a thread of its own, until the process ends; return what makes them."""
    ours = Resource.create({SERVICE_NAME: "rollcall", SERVICE_VERSION: version("rollcall")})
    # what the operator says with OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES goes before
    provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    spans.use(partial(_opened, provider.get_tracer("rollcall")))
    return provider


@contextmanager
def _opened(tracer: Tracer, name: str, attributes: dict[str, spans.Value]) -> Iterator[spans.Span]:
    # An error's text may quote what an HR tool or PostgreSQL wrote about somebody: its class is all that goes out.
    with tracer.start_as_current_span(
        name, attributes=_named(attributes), record_exception=False, set_status_on_exception=False
    ) as inner:
        try:
            yield _Step(inner)
        except BaseException as error:
            inner.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _named(attributes: dict[str, spans.Value]) -> dict[str, spans.Value]:
    return {f"rollcall.{name}": value for name, value in attributes.items()}
