"""`rollcall demo`: a made-up company with two HR tools to play with, or the whole story without a browser."""

from rollcall.project.demo.command import demo

__all__ = ["demo"]
