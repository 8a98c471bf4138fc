"""The hall as the queue sees it: which department takes tickets, by which letter, at which windows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from building.departments import find_department, floor_number, queue_zone, waiting_space, windows_of
from building.model import Building, ServiceWindow, key_of, make_id
from services.kernel.buildings import TakeOver
from services.queue.errors import UnknownQueue, UnknownWindow
from services.queue.model import prefixes


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowInfo:
    """A window; ``screen`` and ``terminal`` are ids of devices, ``waiting_space`` of the space its visitors wait in."""

    id: str
    number: str
    queue: str
    floor: str
    waiting_space: str
    zone: str | None
    screen: str | None
    terminal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueInfo:
    """A department that has windows. ``key`` is its own (``rsj``), ``id`` the entity the queue publishes as."""

    key: str
    id: str
    name: Mapping[str, str]
    short: Mapping[str, str]
    prefix: str
    windows: tuple[WindowInfo, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(w.number for w in self.windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """One building version."""

    building: Building
    queues: Mapping[str, QueueInfo]
    windows: Mapping[str, WindowInfo]


class Directory:
    """Of the building as it is; what it was before is known by name only."""

    def __init__(self, building: Building) -> None:
        self._house = _make_house(building)
        self._former: dict[str, QueueInfo] = {}

    def prepare(self, building: Building) -> TakeOver:
        """``queues`` and ``windows`` of another version; who holds them of the one before may finish with them."""
        house = _make_house(building)

        def take_over() -> None:
            gone = {key: replace(q, windows=()) for key, q in self.queues.items() if key not in house.queues}
            self._former |= gone
            self._house = house

        return take_over

    @property
    def queues(self) -> Mapping[str, QueueInfo]:
        return self._house.queues

    @property
    def windows(self) -> Mapping[str, WindowInfo]:
        return self._house.windows

    def recall_queue(self, key: str) -> QueueInfo:
        """A queue there is, or one there was: without windows, so that its tickets can still be shown."""
        found = self.queues.get(key) or self._former.get(key)
        if found is not None:
            return found
        name = {"zh": key, "en": key}
        site = self._house.building.site
        return QueueInfo(key=key, id=make_id(site, "queue", key), name=name, short=name, prefix="", windows=())

    def get_queue(self, word: str) -> QueueInfo:
        """By the department's key, id or name."""
        department = find_department(self._house.building, word)
        queue = self.queues.get(department.key) if department else None
        if queue is None:
            raise UnknownQueue(word[:40])
        return queue

    def get_window(self, number: str) -> WindowInfo:
        window = self.windows.get(number.strip().upper())
        if window is None:
            raise UnknownWindow(number[:20])
        return window


def _make_house(building: Building) -> _House:
    staffed = [(d, ws) for d in building.departments if (ws := windows_of(building, d.id))]
    letters = prefixes([d.key for d, _ in staffed], taken=[w.number for w in building.windows])
    queues = {
        d.key: QueueInfo(
            key=d.key,
            id=make_id(building.site, "queue", d.key),
            name=d.name,
            short=d.short,
            prefix=letters[d.key],
            windows=tuple(_window(building, d.key, w) for w in ws),
        )
        for d, ws in staffed
    }
    return _House(building=building, queues=queues, windows={w.number: w for q in queues.values() for w in q.windows})


def _window(building: Building, queue: str, w: ServiceWindow) -> WindowInfo:
    return WindowInfo(
        id=w.id,
        number=w.number,
        queue=queue,
        floor=floor_number(building, w.floor),
        waiting_space=waiting_space(building, w),
        zone=queue_zone(building, w),
        screen=_device(building.site, w.screen),
        terminal=_device(building.site, w.terminal),
    )


def _device(site: str, device: str | None) -> str | None:
    return None if device is None else make_id(site, "device", key_of(device))
