"""What clients of the live feed narrow it to: the same wish is one filter for all who have it, and there are so many.

A filter follows the building: when something is placed, moved or let in it is made anew, and its clients get a new
``snap``. One that names what is no more takes nothing, and says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields
from typing import TypeVar
from weakref import WeakValueDictionary

from twin.errors import TooManyFilters, UnknownSelection
from twin.selection import Chooser, Directory, Selection

V = TypeVar("V")
FILTERS_MAX = 32
"""In use at a time. Each costs one more message a change, and a word on each entity of the hall."""


class LiveFilter:
    """Belongs to ``LiveFilters``; what it takes is decided by the newest directory."""

    def __init__(self, selection: Selection, chooser: Chooser, *, since: tuple[str, int]) -> None:
        self.selection = selection
        self.stamp = 0
        self.broken: UnknownSelection | None = None
        self._chooser: Chooser | None = chooser
        self._since = since

    def takes_entity(self, entity_id: str) -> bool:
        return self._chooser is not None and self._chooser.takes_entity(entity_id)

    def cut(self, entity_id: str, points: Mapping[str, V]) -> Mapping[str, V] | None:
        """Those that are wanted; None where none is."""
        chooser = self._chooser
        if chooser is None:
            return None
        return {name: value for name, value in points.items() if chooser.takes(entity_id, name)} or None

    def concerns(self, entity_id: str) -> bool:
        return self._chooser is not None and self._chooser.concerns(entity_id)

    def reaches(self, epoch: str, seq: int) -> bool:
        """Whether a client that stands at this place was told by the filter as it is now."""
        return epoch == self._since[0] and seq > self._since[1]

    def renew(self, directory: Directory, *, place: Callable[[], tuple[str, int]]) -> None:
        try:
            self._chooser, self.broken = directory.chooser(self.selection), None
        except UnknownSelection as error:
            self._chooser, self.broken = None, error
        self._since = place()  # read after: who stood there before was told by the old one
        self.stamp += 1


class LiveFilters:
    """All filters of one feed. Thread-safe. ``changed`` is another value whenever ``make_directory`` gives another."""

    def __init__(
        self, *, make_directory: Callable[[], Directory], changed: Callable[[], Hashable],
        place: Callable[[], tuple[str, int]],
    ) -> None:  # fmt: skip
        self._make_directory, self._changed, self._place = make_directory, changed, place
        self._making = threading.Lock()
        self._made_for: Hashable = None
        self._filters: WeakValueDictionary[Hashable, LiveFilter] = WeakValueDictionary()
        self._kept: set[LiveFilter] = set()
        """Those that nobody uses live on while there is room, so that who comes back may resume."""

    def take(self, selection: Selection) -> LiveFilter:
        """In use for as long as somebody holds it. Slow: not for an event loop.

        Raises UnknownSelection, and TooManyFilters where there is no room.
        """
        key = tuple(frozenset(getattr(selection, f.name)) for f in fields(selection))
        with self._making:
            self._renew()
            found = self._filters.get(key)
            if found is not None and found.broken is not None:
                raise found.broken
            if found is None:
                self._make_room()
                found = LiveFilter(selection, self._make_directory().chooser(selection), since=self._place())
                self._filters[key] = found
                self._kept.add(found)
            return found

    @property
    def stale(self) -> bool:
        """Cheap: whether ``renew`` has something to do."""
        return self._made_for != self._changed()

    def renew(self) -> None:
        """Make all anew where what stands in the hall is another. Slow: not for an event loop."""
        with self._making:
            self._renew()

    def _renew(self) -> None:
        changed = self._changed()
        if self._made_for == changed:
            return
        if self._filters:
            directory = self._make_directory()
            for one in list(self._filters.values()):
                one.renew(directory, place=self._place)
        self._made_for = changed

    def _make_room(self) -> None:
        if len(self._filters) >= FILTERS_MAX:
            self._kept.clear()
        if len(self._filters) >= FILTERS_MAX:
            raise TooManyFilters(f"{FILTERS_MAX} different filters are in use already: use one of others, or none")
