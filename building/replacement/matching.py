"""Which entity of a new plan is which of the hall's: by its source, its key, its number, then by where it lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from building.labels import to_shape
from building.model import XY, Building, Entity, Floor, Opening, Space, VerticalLink, make_id

LEVEL_M = 0.5
"""Floors this near in height are the same, whatever they are called."""
OVERLAP_MIN = 0.5
"""Two outlines that share more than this of what both cover are the same room."""
DOOR_M = 0.5
STAIR_M = 3.0

E = TypeVar("E", bound=Entity)


def match(base: Building, plan: Building) -> dict[str, str]:
    """By the id in the plan its id in the hall: the old one where it was there already, else a new one of its key."""
    names = _pair(base.floors, plan.floors, (_source, _key, lambda f: f.number.casefold()))
    names |= _nearest(base.floors, plan.floors, names, _levels_apart, LEVEL_M)

    def numbered(s: Space) -> Any:
        return (names.get(s.floor, s.floor), s.number) if s.number and s.derived is None else None

    spaces = _pair(base.spaces, plan.spaces, (_source, lambda s: s.key if s.derived is None else None, numbered))
    names |= spaces | _nearest(base.spaces, plan.spaces, spaces, _Rooms(base, plan, names).apart, 1 - OVERLAP_MIN)
    openings = _pair(base.openings, plan.openings, (_source, _key))
    names |= openings | _nearest(base.openings, plan.openings, openings, _on_floor(names, _doors_apart), DOOR_M)
    links = _pair(base.vertical_links, plan.vertical_links, (_source, _key))
    names |= links | _nearest(base.vertical_links, plan.vertical_links, links, _links_apart(names), STAIR_M)
    for name, entities in plan.lists().items():
        if name not in ("floors", "spaces", "openings", "vertical_links"):
            names |= _pair(base.lists()[name], entities, (_source, _key))
    return names | _new_ids(base, plan, names)


def _source(e: Entity) -> Any:
    return e.source


def _key(e: Entity) -> Any:
    return e.key


def _pair(base: Sequence[E], plan: Sequence[E], keys: Iterable[Callable[[E], Any]]) -> dict[str, str]:
    """Those that alone on either side answer to the same; one key after the other."""
    found: dict[str, str] = {}
    for key in keys:
        taken = set(found.values())
        olds = _alone([e for e in base if e.id not in taken], key)
        news = _alone([e for e in plan if e.id not in found], key)
        found |= {new.id: olds[value].id for value, new in news.items() if value in olds}
    return found


def _alone(entities: Iterable[E], key: Callable[[E], Any]) -> dict[Any, E]:
    found: dict[Any, list[E]] = {}
    for e in entities:
        if (value := key(e)) is not None:
            found.setdefault(value, []).append(e)
    return {value: es[0] for value, es in found.items() if len(es) == 1}


def _nearest(
    base: Sequence[E], plan: Sequence[E], paired: Mapping[str, str], apart: Callable[[E, E], float], within: float
) -> dict[str, str]:
    """Of those not paired yet the nearest to each other, the closest pair first; none farther apart than ``within``."""
    taken = set(paired.values())
    olds, news = [e for e in base if e.id not in taken], [e for e in plan if e.id not in paired]
    near = sorted((d, old.id, new.id) for new in news for old in olds if (d := apart(old, new)) < within)
    found: dict[str, str] = {}
    for _, old_id, new_id in near:
        if new_id not in found and old_id not in taken:
            found[new_id] = old_id
            taken.add(old_id)
    return found


def _levels_apart(old: Floor, new: Floor) -> float:
    return abs(old.elevation_m - new.elevation_m)


class _Rooms:
    """How little two rooms of the same floor cover each other: 0 is all, 1 nothing."""

    def __init__(self, base: Building, plan: Building, names: Mapping[str, str]) -> None:
        self._names = names
        self._shapes: dict[int, Any] = {id(s): to_shape(s.footprint) for s in (*base.spaces, *plan.spaces)}

    def apart(self, old: Space, new: Space) -> float:
        if self._names.get(new.floor) != old.floor:
            return math.inf
        a, b = self._shapes[id(old)], self._shapes[id(new)]
        if a.is_empty or b.is_empty or not a.intersects(b):
            return math.inf
        both = float(a.union(b).area)
        return 1.0 - float(a.intersection(b).area) / both if both else math.inf


def _on_floor(
    names: Mapping[str, str], apart: Callable[[Opening, Opening], float]
) -> Callable[[Opening, Opening], float]:
    return lambda old, new: apart(old, new) if names.get(new.floor) == old.floor else math.inf


def _doors_apart(old: Opening, new: Opening) -> float:
    return math.dist(_middle(old.line), _middle(new.line))


def _middle(line: tuple[XY, XY]) -> XY:
    (x0, y0), (x1, y1) = line
    return (x0 + x1) / 2, (y0 + y1) / 2


def _links_apart(names: Mapping[str, str]) -> Callable[[VerticalLink, VerticalLink], float]:
    """The farthest of the stops on floors that both have."""

    def apart(old: VerticalLink, new: VerticalLink) -> float:
        stops = {s.floor: s.at for s in old.stops}
        shared = [math.dist(stops[f], s.at) for s in new.stops if (f := names.get(s.floor, "")) in stops]
        return max(shared) if old.kind == new.kind and len(shared) > 1 else math.inf

    return apart


def _new_ids(base: Building, plan: Building, names: Mapping[str, str]) -> dict[str, str]:
    """For what was not there: its own key, unless that is another's in the hall."""
    taken = {e.id for e in base.entities()} | set(names.values())
    found: dict[str, str] = {}
    for e in plan.entities():
        if e.id in names:
            continue
        kind = e.id.split(":", 2)[1]
        wanted = make_id(base.site, kind, e.key)
        n = 1
        while wanted in taken:
            n += 1
            wanted = make_id(base.site, kind, f"{e.key}-{n}")
        taken.add(wanted)
        found[e.id] = wanted
    return found
