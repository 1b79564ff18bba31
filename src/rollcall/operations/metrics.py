"""The facts and the sums as Prometheus reads them. Labels hold tools, states, codes and routes: nobody's name or id."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from rollcall.operations.counting import as_labels
from rollcall.operations.facts import Facts
from rollcall.operations.models import Count
from rollcall.telemetry.counts import EDGE, KNOWN, OVER, SUM, Known

TYPE: Final = CONTENT_TYPE_LATEST

Totals = dict[str, dict[tuple[str, ...], float]]
"""Metric -> values of its labels in their order (a histogram's bucket last) -> sum."""


def rendered(facts: Facts) -> bytes:
    """Return everything in Prometheus's text format; the sums are read from the database."""
    registry = CollectorRegistry()
    registry.register(_Once([*_gauges(facts), *_counted(_totals())]))
    return generate_latest(registry)


class _Once(Collector):
    """Hands on what was collected already."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._found


def _totals() -> Totals:
    found: Totals = defaultdict(dict)
    for metric, text, total in Count.objects.values_list("metric", "labels", "total").order_by(
        "metric", "labels"
    ):
        known = KNOWN.get(metric)
        if known is None:
            # counted by another version
            continue
        labels = as_labels(text)
        names = (*known.labels, EDGE) if known.edges else known.labels
        found[metric][tuple(labels.get(name, "") for name in names)] = total
    return found


def _counted(totals: Totals) -> Iterator[Metric]:
    for name, known in KNOWN.items():
        sums = totals.get(name, {})
        yield _histogram(name, known, sums) if known.edges else _counter(name, known, sums)


def _counter(name: str, known: Known, sums: dict[tuple[str, ...], float]) -> Metric:
    metric = CounterMetricFamily(name, known.text, labels=known.labels)
    for labels, total in sums.items():
        metric.add_metric(labels, total)
    return metric


def _histogram(name: str, known: Known, sums: dict[tuple[str, ...], float]) -> Metric:
    metric = HistogramMetricFamily(name, known.text, labels=known.labels)
    for labels in dict.fromkeys(one[:-1] for one in sums):
        buckets, below = [], 0.0
        for edge in (*map(str, known.edges), OVER):
            below += sums.get((*labels, edge), 0.0)
            buckets.append((edge, below))
        metric.add_metric(labels, buckets=buckets, sum_value=sums.get((*labels, SUM), 0.0))
    return metric


def _gauges(facts: Facts) -> Iterator[Metric]:
    yield _info(facts)
    yield from _connections(facts)
    yield from _waiting(facts)
    base, of = facts.database, facts.connected
    for name, text, value in (
        ("companies", "Companies of this installation.", facts.companies),
        ("connections_overdue", "Connections that should have been read and were not.", of.overdue),
        (
            "lag_seconds",
            "For how long the connection that waits longest should have been read.",
            of.lag_seconds,
        ),
        ("connections_parked", "Connections whose last three runs died.", of.parked),
        ("connections_at_work", "Connections being read or applied now.", facts.workers.connections_at_work),
        (
            "leases_left_behind",
            "Connections that a dead worker held and nobody has taken up yet.",
            of.left_behind,
        ),
        (
            "pace_seconds",
            "How far ahead requests to the busiest HR tool are booked, to keep its limit.",
            of.pace_seconds,
        ),
        (
            "jobs_oldest_seconds",
            "For how long the first job of the queue has waited.",
            facts.jobs.oldest_seconds,
        ),
        (
            "mails_failed_today",
            "Mails of the last 24 hours that were refused or are unconfirmed.",
            facts.mails_failed_today,
        ),
        ("database_bytes", "Size of the database.", base.bytes),
        ("database_sessions", "Open connections to the database.", base.sessions),
        ("database_sessions_most", "Connections that the database allows.", base.most_sessions),
        ("clock_ahead_seconds", "This machine's clock minus the database's.", base.clock_ahead_seconds),
        ("home_free_bytes", "Free room on the disk of ROLLCALL_HOME.", base.home_free_bytes),
    ):
        yield GaugeMetricFamily(f"rollcall_{name}", text, value=value)


def _info(facts: Facts) -> Metric:
    metric = GaugeMetricFamily("rollcall_info", "Versions; always 1.", labels=("version", "database"))
    metric.add_metric((facts.version, facts.database.version), 1)
    return metric


def _connections(facts: Facts) -> Iterator[Metric]:
    number = GaugeMetricFamily("rollcall_connections", "Connections.", labels=("tool", "state"))
    people = GaugeMetricFamily("rollcall_people", "People of the last good reads.", labels=("tool", "state"))
    for group in facts.connected.groups:
        number.add_metric((group.tool, group.state), group.number)
        people.add_metric((group.tool, group.state), group.people)
    failing = GaugeMetricFamily(
        "rollcall_connections_failing",
        "Connections by the error of their last run.",
        labels=("tool", "error"),
    )
    for trouble in facts.connected.troubles:
        failing.add_metric((trouble.tool, trouble.error), trouble.number)
    yield from (number, people, failing)


def _waiting(facts: Facts) -> Iterator[Metric]:
    plans = (("held", facts.plans.held), ("preview", facts.plans.preview), ("applying", facts.plans.applying))
    number = GaugeMetricFamily("rollcall_plans", "Lists of changes that are not done.", labels=("state",))
    oldest = GaugeMetricFamily(
        "rollcall_plans_oldest_seconds", "Age of the first of them.", labels=("state",)
    )
    for state, waiting in plans:
        number.add_metric((state,), waiting.number)
        oldest.add_metric((state,), waiting.oldest_seconds)
    yield from (number, oldest)
    jobs = GaugeMetricFamily("rollcall_jobs", "Jobs that are not finished.", labels=("state",))
    for state, jobs_of in (
        ("waiting", facts.jobs.waiting),
        ("planned", facts.jobs.planned),
        ("at_work", facts.jobs.at_work),
    ):
        jobs.add_metric((state,), jobs_of)
    workers = GaugeMetricFamily("rollcall_workers", "Worker processes.", labels=("state",))
    for state, workers_of in (("alive", facts.workers.alive), ("silent", facts.workers.silent)):
        workers.add_metric((state,), workers_of)
    yield from (jobs, workers)
    for name, text, one in (
        ("events", "Events not handed on yet", facts.events_waiting),
        ("mails", "Mails whose time has come", facts.mails_waiting),
    ):
        yield GaugeMetricFamily(f"rollcall_{name}_waiting", f"{text}.", value=one.number)
        yield GaugeMetricFamily(
            f"rollcall_{name}_oldest_seconds", f"{text}: age of the first.", value=one.oldest_seconds
        )
