"""The Django app of what operators look at."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Holds two small tables that belong to no company."""

    name = "rollcall.operations"
    label = "operations"
