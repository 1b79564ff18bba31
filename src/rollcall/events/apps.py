"""The Django app `events`."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Names the app; it has no start-up work and no signals."""

    name = "rollcall.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"
