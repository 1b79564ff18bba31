"""Django's registration of this room."""

from django.apps import AppConfig


class Config(AppConfig):
    """The room ``sync``."""

    name = "rollcall.sync"
    label = "sync"
