"""A Singer tap for the same endpoint, as a user of singer-sdk writes one; it is run by ``singer_load``."""

from collections.abc import Iterable
from typing import Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BasicAuthenticator
from singer_sdk.pagination import BasePageNumberPaginator


class _Pages(BasePageNumberPaginator):
    def has_more(self, response: Any) -> bool:
        return bool(self.current_value < response.json()["meta"]["totalPages"])


class Employees(RESTStream[int]):
    """All employees."""

    name = "employees"
    http_method = "POST"
    records_jsonpath = "$.data[*].fields"

    def __init__(self, tap: Any) -> None:
        """Take the columns from the question."""
        fields = tap.config["question"]["fields"]
        self.path = tap.config["path"]
        columns = (th.Property(one, th.StringType) for one in fields)
        super().__init__(tap, schema=th.PropertiesList(*columns).to_dict())
        self.primary_keys = [tap.config["key"]]

    @property
    def url_base(self) -> str:
        """Where the tool listens."""
        return str(self.config["url"])

    @property
    def authenticator(self) -> Any:
        """The key as a user name."""
        return BasicAuthenticator(username=self.config["api_key"], password="x")  # noqa: S106 - as BambooHR wants it

    def get_new_paginator(self) -> Any:
        """Count pages from 1."""
        return _Pages(start_value=1)

    def prepare_request_payload(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        """Ask what Rollcall asks."""
        return {**self.config["question"], "page": next_page_token or 1}


class BambooTap(Tap):
    """The tap."""

    name = "tap-bench"
    config_jsonschema: ClassVar[dict[str, Any]] = {"type": "object", "additionalProperties": True}

    def discover_streams(self) -> Iterable[Any]:
        """Return the one stream."""
        return [Employees(self)]


if __name__ == "__main__":
    BambooTap.cli()
