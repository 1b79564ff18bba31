"""`rollcall demo`: a made-up company and stand-ins of every HR tool to play with, or the whole story headless."""

from rollcall.project.demo.command import demo

__all__ = ["demo"]
