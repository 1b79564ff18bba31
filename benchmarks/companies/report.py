"""What is asked of a measured process, and what it tells of each step."""

from collections.abc import Mapping

from msgspec import Struct

HIRED = 5
"""How many people join before the phase "few": few enough to stay inside the limits of a small company."""


class Task(Struct):
    """What a flow needs: the tool's credentials, and where profiles of its phases go if they are wanted."""

    credentials: Mapping[str, str]
    profiles: str = ""


class Phase(Struct, kw_only=True):
    """One phase of the flow."""

    name: str
    # wall clock and this process's own work, in seconds
    seconds: float
    cpu: float
    # sent through Django; COPY, one for each page of the first read, is not among them
    statements: int
    # resident memory at its highest during the phase, in MiB; 0 where the system does not tell
    peak_mb: float
    # rows of members and of links that were written
    members: int
    links: int
