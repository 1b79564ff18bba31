"""A collector as small as can be: an HTTP server on loopback that keeps the spans it is sent, decoded from OTLP."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector:
    """What arrived, and where to send it."""

    def __init__(self, port: int) -> None:
        """Nothing has arrived yet."""
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[ExportTraceServiceRequest] = []

    def spans(self) -> list[Any]:
        """All spans, in the order in which they ended."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def words(self) -> set[str]:
        """Every text of every span: names, attributes, states. Their ids are random bytes."""
        found = {text for span in self.spans() for text in (span.name, span.status.message)}
        for span in self.spans():
            found |= {text for one in span.attributes for text in (one.key, one.value.string_value)}
        return found - {""}

    def resources(self) -> dict[str, str]:
        """What the sender says of itself."""
        return {
            one.key: one.value.string_value
            for request in self.requests
            for resource in request.resource_spans
            for one in resource.resource.attributes
        }


@contextmanager
def collecting() -> Iterator[Collector]:
    """Serve until the block ends."""
    found: list[Collector] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                found[0].requests.append(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.append(Collector(server.server_address[1]))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found[0]
        finally:
            server.shutdown()
            thread.join()
