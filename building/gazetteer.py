"""Every place of a building with all the words it answers to: what ``places`` looks words up in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from building.labels import label_point
from building.model import XY, Building, Entity, Text
from building.sounds import Sounds, normalise, sounds_of

SEARCHED = ("window", "poi", "space", "department", "link", "outdoor")
"""Kinds people look for, most wanted first; the others answer to their id, number and, where these do not, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One line of a search; a department has no point of its own."""

    id: str
    kind: str
    name: Text
    number: str | None
    floor: str | None
    at: XY | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A place with all that it answers to."""

    place: Found
    source: str | None
    space: str | None
    searched: bool
    public: bool
    names: tuple[str, ...]
    topics: tuple[str, ...]
    sounds: tuple[Sounds, ...]


@lru_cache(maxsize=4)
def list_entries(b: Building) -> tuple[Entry, ...]:
    """The kinds people look for first, near the ground first."""
    ordinal = {f.id: f.ordinal for f in b.floors}
    return tuple(
        sorted(
            (*_searched(b), *_others(b)),
            key=lambda e: (_order(e.place.kind), abs(ordinal.get(e.place.floor or "", 0))),
        )
    )


def _order(kind: str) -> int:
    return SEARCHED.index(kind) if kind in SEARCHED else len(SEARCHED)


def _searched(b: Building) -> Iterable[Entry]:
    departments = {d.id: d for d in b.departments}
    ordinal = {f.id: f.ordinal for f in b.floors}
    for s in b.spaces:
        at, public = label_point(s.footprint), s.access == "public"
        yield _entry(
            s,
            "space",
            floor=s.floor,
            at=at,
            number=s.number,
            aliases=s.aliases,
            space=s.id,
            public=public,
            searched=s.walkable,
        )
    for w in b.windows:
        of = departments.get(w.department or "")
        topics = (*w.business.values(), *(of.name.values() if of else ()), *(of.short.values() if of else ()))
        yield _entry(w, "window", floor=w.floor, at=w.stand, number=w.number, topics=topics, space=w.space)
    for p in b.pois:
        yield _entry(p, "poi", floor=p.floor, at=p.at, space=p.space)
    for d in b.departments:
        yield _entry(d, "department", floor=None, at=None, aliases=tuple(d.short.values()))
    for link in b.vertical_links:
        for stop in sorted(link.stops, key=lambda s: abs(ordinal.get(s.floor, 0)))[:1]:
            yield _entry(link, "link", floor=stop.floor, at=stop.at)
    ground = min(b.floors, key=lambda f: abs(f.ordinal)).id
    for o in b.outdoor_places:
        yield _entry(o, "outdoor", floor=ground, at=label_point((o.footprint,)))


def _others(b: Building) -> Iterable[Entry]:
    for x in b.openings:
        (x0, y0), (x1, y1) = x.line
        yield _entry(x, "opening", floor=x.floor, at=((x0 + x1) / 2, (y0 + y1) / 2))
    for v in b.devices:
        yield _entry(v, "device", floor=v.floor, at=(v.pose.x_m, v.pose.y_m), space=v.space)
    for seat in b.seats:
        yield _entry(seat, "seat", floor=seat.floor, at=seat.at, space=seat.space)
    for bay in b.bays:
        yield _entry(bay, "bay", floor=bay.floor, at=label_point((bay.footprint,)), space=bay.space)
    for f in b.furniture:
        yield _entry(f, "furniture", floor=f.floor, at=label_point((f.footprint,)), space=f.space)


def _entry(
    e: Entity,
    kind: str,
    *,
    floor: str | None,
    at: XY | None,
    number: str | None = None,
    aliases: tuple[str, ...] = (),
    topics: tuple[str, ...] = (),
    space: str | None = None,
    searched: bool = True,
    public: bool = True,
) -> Entry:
    words = tuple(dict.fromkeys((*e.name.values(), *aliases)))
    return Entry(
        place=Found(id=e.id, kind=kind, name=e.name, number=number, floor=floor, at=at),
        source=f"{e.source.scheme}:{e.source.value}" if e.source else None,
        space=space,
        searched=searched and kind in SEARCHED,
        public=public,
        names=tuple(normalise(w) for w in words),
        topics=topics,
        sounds=tuple(sounds_of(w) for w in words) if searched and kind in SEARCHED else (),
    )
