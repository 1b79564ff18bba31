"""Django's registration of this room."""

from django.apps import AppConfig


class Config(AppConfig):
    """The room ``directory``."""

    name = "rollcall.directory"
    label = "directory"
