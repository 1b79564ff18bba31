"""dlt: its REST source and PostgreSQL destination keep one table in step by merging on the employee's number.

Less than Rollcall: one table of text, no check that the list is complete, nobody is absent, no preview, no limits, no
members, no audit, no seal on bank details, no walls between companies. More: it finds the columns out and follows new
ones by itself.

As it comes, the merge deletes and inserts (``delete-insert``). Tuned: hints for all columns, no child tables, files of
CSV that PostgreSQL takes by COPY, and the merge by upsert.
"""

from importlib.metadata import version
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source

from benchmarks.measuring.steps import Steps

TABLE = "employees"


def main() -> None:
    """Load everybody twice into a new schema; nothing has changed the second time."""
    steps = Steps()
    task = steps.task
    pipeline = dlt.pipeline(
        pipeline_name=task["name"],
        pipelines_dir=task["folder"],
        destination=dlt.destinations.postgres(task["database"]),
        dataset_name=task["name"],
    )
    more = {"loader_file_format": "csv"} if task["tuned"] else {}
    for name in ("first", "second"):
        with steps.step(name):
            pipeline.run(_source(task), **more)
        found = _found(pipeline)
        assert found["rows"] == task["people"], found
        steps.tell(found)


def _source(task: dict[str, Any]) -> Any:
    question = task["question"]
    resource: dict[str, Any] = {
        "name": TABLE,
        "primary_key": task["key"],
        "write_disposition": "merge",
        "endpoint": {
            "path": task["path"],
            "method": "POST",
            "json": {name: value for name, value in question.items() if name != "page"},
            "data_selector": "data[*].fields",
            "paginator": {
                "type": "page_number",
                "base_page": 1,
                "page_body_path": "page",
                "total_path": "meta.totalPages",
            },
        },
    }
    if task["tuned"]:
        resource["write_disposition"] = {"disposition": "merge", "strategy": "upsert"}
        resource["columns"] = {name: {"data_type": "text"} for name in question["fields"]}
        resource["max_table_nesting"] = 0
    auth = {"type": "http_basic", "username": task["api_key"], "password": "x"}
    client = {"base_url": task["url"], "auth": auth}
    return rest_api_source({"client": client, "resources": [resource]})


def _found(pipeline: Any) -> dict[str, Any]:
    with pipeline.sql_client() as client:
        rows = client.execute_sql(
            f"SELECT count(*), min(email) FROM {client.make_qualified_table_name(TABLE)}"
        )
    return {"rows": rows[0][0], "value": rows[0][1], "version": version("dlt")}


if __name__ == "__main__":
    main()
