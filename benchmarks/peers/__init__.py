"""Programs of others that do their nearest job, each in a small program of its own and in an environment of its own.

``scripts/bench peers`` makes that environment, ``.venv-peers``; nothing of Rollcall is in it, and nothing here is
imported by Rollcall. Each program takes a task from ``benchmarks.measuring.timing`` and is measured from outside.
"""
