"""Figures beside their floors: what the same work costs when nothing is decided about anybody.

Each command of ``scripts/bench`` is a folder with a ``__main__``, and no such folder imports another; the command
without a name is ``comparing``. All of them may import ``companies``, which makes what is measured, and
``measuring``, on which everything stands. ``peers`` are programs of others in an environment of their own; of ours
they import ``measuring.steps`` alone. `lint-imports` checks it.
"""
