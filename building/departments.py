"""Which windows a department has, and where its visitors wait: read from the windows and the queue zones."""

from __future__ import annotations

from building.model import Building, Department, ServiceWindow, key_of


def windows_of(building: Building, department: str) -> tuple[ServiceWindow, ...]:
    """The windows of a department (its id), by number."""
    return tuple(sorted((w for w in building.windows if w.department == department), key=lambda w: w.number))


def find_department(building: Building, word: str) -> Department | None:
    """The department of that id, key, name or short name, in any language; None unless exactly one is called so."""
    wanted = word.strip().casefold()
    for department in building.departments:
        if wanted in (department.id.casefold(), department.key.casefold()):
            return department
    named = [d for d in building.departments if wanted in {t.casefold() for t in (*d.name.values(), *d.short.values())}]
    return named[0] if len(named) == 1 else None


def waiting_space(building: Building, window: ServiceWindow) -> str:
    """Where the visitors of a window wait: the waiting area of its queue zone, else the floor before the window."""
    kinds = {s.id: s.kind for s in building.spaces}
    for zone in building.zones:
        if zone.kind == "queue" and window.id in zone.windows:
            around = [s for s in zone.spaces if s != window.space]
            waiting = [s for s in around if kinds.get(s) == "waiting"]
            return next(iter((*waiting, *around)), window.space)
    return window.space


def queue_zone(building: Building, window: ServiceWindow) -> str | None:
    """The id of the queue zone a window belongs to."""
    return next((z.id for z in building.zones if z.kind == "queue" and window.id in z.windows), None)


def floor_number(building: Building, floor: str) -> str:
    """What signs call a floor (``2F``)."""
    return next((f.number for f in building.floors if f.id == floor), key_of(floor))
