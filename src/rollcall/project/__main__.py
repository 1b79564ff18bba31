"""`python -m rollcall.project`: the same as `rollcall`, for processes we start ourselves."""

from rollcall.project.cli import main

main(prog_name="rollcall")
