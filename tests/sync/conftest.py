"""A company beside a simulated HR tool on loopback."""

from tests.sync.beside import flow

__all__ = ("flow",)
