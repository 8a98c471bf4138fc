"""Which entity of a new plan is which of the hall's: by its source, its key, its number, then by where it lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from building.labels import to_shape
from building.model import XY, Building, Entity, Space, make_id

LEVEL_M = 0.5
"""Floors this near in height are the same, whatever they are called."""
OVERLAP_MIN = 0.5
"""Two outlines that share more than this of what both cover are the same room."""
DOOR_M = 0.5
STAIR_M = 3.0

E = TypeVar("E", bound=Entity)
_Near: TypeAlias = tuple[float, str, str]
"""How far apart, the id in the hall, the id in the plan."""


def match(base: Building, plan: Building) -> dict[str, str]:
    """By the id in the plan its id in the hall: the old one where it was there already, else a new one of its key."""
    names = _pair(base.floors, plan.floors, (_source, _key, lambda f: f.number.casefold()))
    names |= _nearest(names, _levels(base, plan))

    def numbered(s: Space) -> Any:
        return (names.get(s.floor, s.floor), s.number) if s.number and s.derived is None else None

    names |= _pair(base.spaces, plan.spaces, (_source, lambda s: s.key if s.derived is None else None, numbered))
    names |= _nearest(names, _rooms(base, plan, names))
    names |= _pair(base.openings, plan.openings, (_source, _key))
    names |= _nearest(names, _doors(base, plan, names))
    names |= _pair(base.vertical_links, plan.vertical_links, (_source, _key))
    names |= _nearest(names, _links(base, plan, names))
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


def _nearest(paired: Mapping[str, str], near: Iterable[_Near]) -> dict[str, str]:
    """Of those not paired yet the nearest to each other, the closest pair first."""
    taken = set(paired.values())
    found: dict[str, str] = {}
    for _, old_id, new_id in sorted(near):
        if new_id not in paired and new_id not in found and old_id not in taken:
            found[new_id] = old_id
            taken.add(old_id)
    return found


def _levels(base: Building, plan: Building) -> Iterator[_Near]:
    for new in plan.floors:
        for old in base.floors:
            if (apart_m := abs(old.elevation_m - new.elevation_m)) < LEVEL_M:
                yield apart_m, old.id, new.id


def _rooms(base: Building, plan: Building, names: Mapping[str, str]) -> Iterator[_Near]:
    """Rooms of the same floor that cover each other, by how little they do."""
    import shapely

    olds = [(s, to_shape(s.footprint)) for s in base.spaces]
    tree = shapely.STRtree([shape for _, shape in olds])
    for new in plan.spaces:
        shape = to_shape(new.footprint)
        for i in tree.query(shape, predicate="intersects"):
            old, before = olds[i]
            both = float(before.union(shape).area) if old.floor == names.get(new.floor) else 0.0
            shared = float(before.intersection(shape).area) / both if both else 0.0
            if shared > OVERLAP_MIN:
                yield 1.0 - shared, old.id, new.id


def _doors(base: Building, plan: Building, names: Mapping[str, str]) -> Iterator[_Near]:
    import shapely

    olds = [(o, _middle(o.line)) for o in base.openings]
    tree = shapely.STRtree([shapely.Point(at) for _, at in olds])
    for new in plan.openings:
        at = _middle(new.line)
        for i in tree.query(shapely.Point(at), predicate="dwithin", distance=DOOR_M):
            old, before = olds[i]
            if old.floor == names.get(new.floor):
                yield math.dist(at, before), old.id, new.id


def _middle(line: tuple[XY, XY]) -> XY:
    (x0, y0), (x1, y1) = line
    return (x0 + x1) / 2, (y0 + y1) / 2


def _links(base: Building, plan: Building, names: Mapping[str, str]) -> Iterator[_Near]:
    """By the farthest of the stops on floors that both have; one shared floor tells nothing."""
    for new in plan.vertical_links:
        for old in base.vertical_links:
            stops = {s.floor: s.at for s in old.stops}
            shared = [math.dist(stops[f], s.at) for s in new.stops if (f := names.get(s.floor, "")) in stops]
            if old.kind == new.kind and len(shared) > 1 and max(shared) < STAIR_M:
                yield max(shared), old.id, new.id


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
