"""Django's registration of this room."""

from django.apps import AppConfig


class Config(AppConfig):
    """The room ``connections``."""

    name = "rollcall.connections"
    label = "connections"
