"""airbyte-cdk: a declarative source reads the same pages and hands on each record; nothing is written anywhere.

Less than Rollcall: it only reads. Its records are thrown away, no destination is run and nothing is compared. More: its
messages could be taken by any Airbyte destination.
"""

from importlib.metadata import version
from typing import Any

from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

from benchmarks.measuring.steps import Steps

STREAM = "employees"


def main() -> None:
    """Read everybody once."""
    steps = Steps()
    task = steps.task
    catalog = _catalog(task)
    people = 0
    one: dict[str, Any] = {}
    with steps.step("read"):
        source: Any = ConcurrentDeclarativeSource(
            catalog=catalog, config={}, state=None, source_config=_manifest(task)
        )
        for message in source.read(_Quiet(), {}, catalog, None):
            if message.type == Type.RECORD:
                people += 1
                one = message.record.data
    assert people == task["people"], people
    steps.tell({"rows": people, "value": one["email"], "version": version("airbyte-cdk")})


class _Quiet:
    """A logger for progress that nobody reads."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_named: None


def _schema(task: dict[str, Any]) -> dict[str, Any]:
    fields = {name: {"type": ["null", "string"]} for name in task["question"]["fields"]}
    return {"type": "object", "properties": fields}


def _catalog(task: dict[str, Any]) -> ConfiguredAirbyteCatalog:
    stream = AirbyteStream(
        name=STREAM, json_schema=_schema(task), supported_sync_modes=[SyncMode.full_refresh]
    )
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=stream,
                sync_mode=SyncMode.full_refresh,
                destination_sync_mode=DestinationSyncMode.overwrite,
            )
        ]
    )


def _manifest(task: dict[str, Any]) -> dict[str, Any]:
    question = task["question"]
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": [STREAM]},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": STREAM,
                "primary_key": task["key"],
                "schema_loader": {"type": "InlineSchemaLoader", "schema": _schema(task)},
                "retriever": {
                    "type": "SimpleRetriever",
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": ["data", "*", "fields"]},
                    },
                    "requester": {
                        "type": "HttpRequester",
                        "url_base": task["url"],
                        "path": task["path"],
                        "http_method": "POST",
                        "authenticator": {
                            "type": "BasicHttpAuthenticator",
                            "username": task["api_key"],
                            "password": "x",
                        },
                        "request_body_json": {
                            name: value
                            for name, value in question.items()
                            if name not in ("page", "pageSize")
                        },
                    },
                    "paginator": {
                        "type": "DefaultPaginator",
                        "page_size_option": {
                            "type": "RequestOption",
                            "inject_into": "body_json",
                            "field_name": "pageSize",
                        },
                        "page_token_option": {
                            "type": "RequestOption",
                            "inject_into": "body_json",
                            "field_name": "page",
                        },
                        "pagination_strategy": {
                            "type": "PageIncrement",
                            "page_size": question["pageSize"],
                            "start_from_page": 1,
                            "inject_on_first_request": True,
                        },
                    },
                },
            }
        ],
    }


if __name__ == "__main__":
    main()
