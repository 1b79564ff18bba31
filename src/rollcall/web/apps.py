"""Django's registration of this room."""

from django.apps import AppConfig


class Config(AppConfig):
    """The room ``web``."""

    name = "rollcall.web"
    label = "web"
