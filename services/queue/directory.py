"""The hall as the queue sees it: which department takes tickets, by which letter, at which windows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from building.departments import find_department, floor_number, queue_zone, waiting_space, windows_of
from building.model import Building, key_of, make_id
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


class Directory:
    """Made once from one building version."""

    def __init__(self, building: Building) -> None:
        self._building = building
        staffed = [(d, ws) for d in building.departments if (ws := windows_of(building, d.id))]
        letters = prefixes([d.key for d, _ in staffed], taken=[w.number for w in building.windows])
        self.queues: Mapping[str, QueueInfo] = {
            d.key: QueueInfo(
                key=d.key,
                id=make_id(building.site, "queue", d.key),
                name=d.name,
                short=d.short,
                prefix=letters[d.key],
                windows=tuple(
                    WindowInfo(
                        id=w.id,
                        number=w.number,
                        queue=d.key,
                        floor=floor_number(building, w.floor),
                        waiting_space=waiting_space(building, w),
                        zone=queue_zone(building, w),
                        screen=_device(building.site, w.screen),
                        terminal=_device(building.site, w.terminal),
                    )
                    for w in ws
                ),
            )
            for d, ws in staffed
        }
        self.windows: Mapping[str, WindowInfo] = {w.number: w for q in self.queues.values() for w in q.windows}

    def get_queue(self, word: str) -> QueueInfo:
        """By the department's key, id or name."""
        department = find_department(self._building, word)
        queue = self.queues.get(department.key) if department else None
        if queue is None:
            raise UnknownQueue(word[:40])
        return queue

    def get_window(self, number: str) -> WindowInfo:
        window = self.windows.get(number.strip().upper())
        if window is None:
            raise UnknownWindow(number[:20])
        return window


def _device(site: str, device: str | None) -> str | None:
    return None if device is None else make_id(site, "device", key_of(device))
