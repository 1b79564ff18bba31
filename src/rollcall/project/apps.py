"""The Django app of the wiring: start-up checks and the table of the shared cache."""

from django.apps import AppConfig
from django.core.checks import register

from rollcall.project import checks, tracing


class ProjectConfig(AppConfig):
    name = "rollcall.project"
    label = "project"

    def ready(self) -> None:
        register(checks.event_readers_exist)
        register(checks.keys_are_private)
        register(checks.metrics_token_is_long)
        tracing.begin()
