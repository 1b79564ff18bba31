"""The Django app `notify`."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """Names the app; it has no start-up work and no signals."""

    name = "rollcall.notify"
    label = "notify"
    default_auto_field = "django.db.models.BigAutoField"
