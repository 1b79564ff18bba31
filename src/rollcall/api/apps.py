"""The Django app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Names the app; it has no models and no start-up work."""

    name = "rollcall.api"
    label = "api"
