"""What is asked of a measured process, and what it tells of each step."""

from collections.abc import Mapping

from msgspec import Struct

HIRED = 5
"""How many people join before the phase "few": few enough to stay inside the limits of a small company."""


class Task(Struct):
    """What a flow needs: the tool's credentials, and where profiles of its phases go if they are wanted."""

    credentials: Mapping[str, str]
    profiles: str = ""
    # how often a page is looked at
    times: int = 40
    # look while another process syncs companies of as many people
    during_sync: bool = False


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


class Visit(Struct, frozen=True, kw_only=True):
    """One page: statements and bytes of its largest answer, milliseconds of the middle and of the 95th of 100.

    ``cpu`` is the work of this process and of its database session for one visit, which hardly depends on what else
    the machine does; on systems that don't tell of the database's, only this process's.
    """

    name: str
    statements: int
    bytes: int
    cpu: float
    median: float
    p95: float
