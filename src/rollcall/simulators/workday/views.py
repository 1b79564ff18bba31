"""What was written about people, kept for the next reader who asks the same way."""

from typing import TypeAlias

from rollcall.simulators.people import Person
from rollcall.simulators.workday.history import History
from rollcall.simulators.workday.query import Asked
from rollcall.simulators.workday.workers import Workers
from rollcall.simulators.world import World

_MOST = 3  # ways of asking that are kept at once: 100,000 people take some 400 MB each

Kept: TypeAlias = dict[int, tuple[bytes, ...]]


class Views:
    """Writers and what they wrote, by way of asking; dropped when somebody or something changes."""

    def __init__(self, world: World, history: History) -> None:
        self.world, self.history = world, history
        self._order: list[int] = []
        self._views: dict[object, tuple[Workers, Kept]] = {}
        world.listeners.append(self._told)

    def _told(self, what: str, person: Person, fields: list[str]) -> None:
        for _, kept in self._views.values():
            kept.pop(person.id, None)

    def writer(self, at: Asked, numbers: dict[int, str], name: str) -> tuple[Workers, Kept]:
        """A writer, and what it wrote before. Nothing is kept of an earlier moment of entry, nor under faults."""
        world, history = self.world, self.history
        order = world.order()  # a new list whenever rights, options, managers or the people as a whole change
        if order is not self._order:
            self._order, self._views = order, {}
        live = at.entry >= max(history.newest, history.made_until())
        key = name, at.as_of, at.groups, at.labels
        if live and key in self._views:
            writer, kept = self._views[key]
            writer.numbers, writer.entry = numbers, at.entry
            return writer, kept
        fresh = Workers(world, history, numbers, as_of=at.as_of, entry=at.entry)
        fresh.groups, fresh.labels = at.groups, at.labels
        made: Kept = {}
        if live and not world.faults and not world.raw and "manager_lag" not in world.options:
            if len(self._views) >= _MOST:
                self._views = {}
            self._views[key] = fresh, made
        return fresh, made
