"""The dashboard and the alerts name only metrics that a scrape has, and have the shape that their readers want."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from rollcall.operations import counting
from rollcall.operations.facts import facts
from rollcall.operations.metrics import rendered
from rollcall.telemetry import counts

DOCS: Final = Path(__file__).parents[2] / "docs/operations"
DASHBOARD: Final[dict[str, Any]] = json.loads((DOCS / "grafana-dashboard.json").read_text())
RULES: Final[list[dict[str, Any]]] = [
    rule for group in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]

_SUFFIXES: Final = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def _panels() -> Iterator[dict[str, Any]]:
    for one in DASHBOARD["panels"]:
        if one["type"] != "row":
            yield one


def _expressions() -> list[str]:
    return [target["expr"] for one in _panels() for target in one["targets"]] + [one["expr"] for one in RULES]


def _scraped() -> tuple[set[str], dict[str, set[str]]]:
    """The names of all samples that a scrape may have, and the labels each has."""
    for metric, known in counts.KNOWN.items():
        labels = dict.fromkeys(known.labels, "x")
        if known.edges:
            counts.observe(metric, 1.0, **labels)
        else:
            counts.add(metric, 1.0, **labels)
    counting.store()
    families = list(text_string_to_metric_families(rendered(facts(timezone.now())).decode()))
    names = {f"{family.name}{suffix}" for family in families for suffix in _SUFFIXES[family.type]}
    labels_of = {one.name: set(one.labels) for family in families for one in family.samples}
    return names, labels_of


@pytest.mark.django_db
def test_every_metric_of_dashboard_and_alerts_is_in_a_scrape() -> None:
    names, _labels = _scraped()
    asked = {name for one in _expressions() for name in re.findall(r"\brollcall_\w+", one)}
    assert len(asked) > 30 and asked <= names, asked - names


@pytest.mark.django_db
def test_every_metric_of_a_scrape_is_explained() -> None:
    names, _labels = _scraped()
    page = (DOCS / "monitoring.md").read_text()
    told = {re.sub(r"_(bucket|sum|count)$", "", one) for one in names}
    assert {one for one in told if f"`{one}`" not in page} == set()
    assert set(re.findall(r"`(rollcall_\w+)`", page)) <= told


@pytest.mark.django_db
def test_every_label_that_is_asked_for_is_there() -> None:
    _names, labels_of = _scraped()
    for expression in _expressions():
        for name, selected in re.findall(r"\b(rollcall_\w+)\{([^}]*)\}", expression):
            wanted = set(re.findall(r"(\w+)\s*[=!]", selected))
            assert wanted <= labels_of.get(name, wanted), expression


def test_the_dashboard_has_the_shape_grafana_imports() -> None:
    assert DASHBOARD["schemaVersion"] >= 36 and DASHBOARD["title"] and DASHBOARD["uid"]
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
    numbers = [one["id"] for one in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    for one in _panels():
        assert (
            one["type"] in {"stat", "timeseries"} and one["title"] and one["fieldConfig"]["defaults"]["unit"]
        )
        assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert len({target["refId"] for target in one["targets"]}) == len(one["targets"]) > 0


def test_no_two_panels_cover_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for one in DASHBOARD["panels"]:
        at = one["gridPos"]
        assert at["x"] >= 0 and at["x"] + at["w"] <= 24
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not mine & taken, one["title"]
        taken |= mine


def test_every_alert_says_what_is_the_matter_and_what_to_do() -> None:
    names = [one["alert"] for one in RULES]
    assert len(set(names)) == len(names) >= 5
    for one in RULES:
        assert set(one) <= {"alert", "expr", "for", "labels", "annotations"}
        assert one["labels"]["severity"] in {"critical", "warning"}
        assert one["annotations"]["summary"] and one["annotations"]["description"]
        assert one["expr"].count("(") == one["expr"].count(")")
        assert re.fullmatch(r"\d+[mh]", one.get("for", "5m"))
