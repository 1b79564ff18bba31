"""Every check that a connector passes, in the order of the report."""

from typing import Final

from rollcall.project.conformance.faults import FAULTS
from rollcall.project.conformance.harm import HARM
from rollcall.project.conformance.reading import READING

CHECKS: Final = (*READING, *HARM, *FAULTS)
