"""The fixture of a company beside a simulated HR tool on loopback; a folder's conftest.py imports it."""

from collections.abc import Iterator
from typing import Any

import django
import pytest

# When a folder alone is asked for, pytest loads its conftest.py before the root's has set Django up.
django.setup()

from tests.sync.flow import Flow, forget_schedule, running


@pytest.fixture
def flow(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: Any, db: None
) -> Iterator[Flow]:
    """Beside BambooHR, or the tool that the test names by ``parametrize("flow", TOOLS, indirect=True)``."""
    tool = getattr(request, "param", "bamboohr")
    with running(tool) as made:
        monkeypatch.setenv(f"ROLLCALL_BASE_URL_{tool.upper()}", made.sim.url(tool))
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        forget_schedule()
        yield made
