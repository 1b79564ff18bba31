"""Counts the requests to one HR tool, from runs and from pages alike."""

from rollcall.telemetry import counts, traffic


class ToolCounts:
    """See ``traffic.Listener``."""

    def __init__(self, tool: str) -> None:
        """Count for ``tool``, by its key."""
        self._tool = tool

    def answered(self, status: int, seconds: float, size: int) -> None:
        """See ``traffic.Listener``."""
        answer = "none" if status == traffic.NO_ANSWER else f"{status // 100}xx"
        counts.add("rollcall_tool_requests", tool=self._tool, answer=answer)
        counts.observe("rollcall_tool_seconds", seconds, tool=self._tool)
        counts.add("rollcall_tool_bytes", size, tool=self._tool)
        if status == 429:
            counts.add("rollcall_tool_throttled", tool=self._tool)

    def waited(self, seconds: float) -> None:
        """See ``traffic.Listener``."""
        counts.add("rollcall_tool_waited_seconds", seconds, tool=self._tool)

    def worked(self, seconds: float) -> None:
        """See ``traffic.Listener``; what our own work costs is counted by run."""
