"""Sums of what all processes counted, and the size of the database day by day. Neither belongs to a company."""

from typing import ClassVar

from django.db import models


class Count(models.Model):
    """The sum of one metric under one set of labels since it was counted first (``telemetry.counts``)."""

    metric = models.TextField()
    # JSON object with sorted names
    labels = models.TextField()
    total = models.FloatField()

    class Meta:
        """One row for each metric and set of labels."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["metric", "labels"], name="count_once")]

    def __str__(self) -> str:
        """Return the metric."""
        return f"count of {self.metric}"


class Day(models.Model):
    """How large the database was when a day (UTC) was first looked at."""

    day = models.DateField(primary_key=True)
    database_bytes = models.BigIntegerField()

    def __str__(self) -> str:
        """Return the day."""
        return f"{self.day}"
