"""What else IMDF says: amenities and occupants as places, fixtures and kiosks as furniture, areas as zones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.hall.codecs import Scope
from building.formats.imdf import extension as ext
from building.formats.imdf.features import Contents, Feature, labels
from building.formats.imdf.units import Keys, Plan, Unit
from building.masonry import from_shape
from building.model import (
    OUT,
    XY,
    Bay,
    Department,
    Furniture,
    OutdoorPlace,
    Poi,
    Seat,
    ServiceWindow,
    Zone,
    make_id,
)

SHARE_OF_ZONE = 0.5
"""A room belongs to an area that covers more than this of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    departments: tuple[Department, ...]
    windows: tuple[ServiceWindow, ...]
    zones: tuple[Zone, ...]
    pois: tuple[Poi, ...]
    furniture: tuple[Furniture, ...]
    seats: tuple[Seat, ...]
    bays: tuple[Bay, ...]
    outdoor_places: tuple[OutdoorPlace, ...]


def read_places(contents: Contents, plan: Plan, keys: Keys, site: str, warnings: list[str]) -> Places:
    return _Reader(contents, plan, keys, site, warnings).read()


class _Reader:
    """Makes the entities of one archive; what stands nowhere is counted and left out."""

    def __init__(self, contents: Contents, plan: Plan, keys: Keys, site: str, warnings: list[str]) -> None:
        self._c, self._plan, self._keys, self._site, self._warnings = contents, plan, keys, site, warnings
        self._nowhere: dict[str, int] = {}
        self._scope = Scope(site=site, known={})

    def read(self) -> Places:
        known: dict[str, set[str]] = {}
        for kind, key in self._keys.given:
            known.setdefault(kind, set()).add(key)
        departments = tuple(self._departments())
        known["department"] = {d.key for d in departments}
        self._scope = Scope(site=self._site, known={k: frozenset(v) for k, v in known.items()})
        outdoor_places = tuple(self._outdoor_places())
        windows = tuple(self._windows())
        known["window"] = {w.key for w in windows}
        self._scope = Scope(site=self._site, known={k: frozenset(v) for k, v in known.items()})
        places = Places(
            departments=departments,
            windows=windows,
            zones=tuple(self._zones()),
            pois=tuple(self._pois()),
            furniture=tuple(self._furniture()),
            seats=tuple(self._seats()),
            bays=tuple(self._bays()),
            outdoor_places=outdoor_places,
        )
        for what, n in sorted(self._nowhere.items()):
            self._warnings.append(f"{n} × {what}: it stands in no unit that there is: left out")
        return places

    def _common(self, f: Feature, list_name: str) -> dict[str, Any]:
        """What every entity has, and what our own archives say beside."""
        kind = ext.KINDS[list_name]
        mine = ext.restored(list_name, ext.own(f.properties), self._scope) if ext.list_in(f.properties) else {}
        return {
            "id": make_id(self._site, kind, self._keys.of(f, kind)),
            "name": labels(f.properties.get("name"), self._c.language),
            "source": ext.source_in(f.properties, f.id),
            **mine,
        }

    def _space_id(self, unit: Unit) -> str:
        return OUT if unit.outdoors else make_id(self._site, "space", unit.key)

    def _floor_id(self, unit: Unit) -> str:
        return make_id(self._site, "floor", unit.storey.key)

    def _departments(self) -> Iterator[Department]:
        for venue in self._c.of("venue"):
            listed = ext.own(venue.properties).get("departments")
            for raw in listed if isinstance(listed, list) else ():
                key = ext.key_in({ext.NAME: raw})
                if key is not None:
                    values = ext.restored("departments", raw, self._scope)
                    yield Department(
                        id=make_id(self._site, "department", key),
                        name=labels(raw.get("name"), "zh"),
                        short=values.get("short", {}),
                    )

    def _windows(self) -> Iterator[ServiceWindow]:
        anchors = {a.id: a for a in self._c.of("anchor")}
        for f in self._c.of("occupant"):
            if ext.list_in(f.properties) != "windows":
                continue
            anchor = anchors.get(f.id_in("anchor_id") or "")
            unit = self._plan.units.get(anchor.id_in("unit_id") or "") if anchor else None
            if anchor is None or unit is None:
                self._count("service window")
                continue
            stand = _at(anchor)
            defaults = {"at": stand, "facing_deg": 0.0, "number": ext.key_in(f.properties) or f.id}
            own = self._common(f, "windows")
            yield ServiceWindow(**{
                **defaults, **own, "stand": stand, "space": self._space_id(unit), "floor": self._floor_id(unit),
            })  # fmt: skip

    def _pois(self) -> Iterator[Poi]:
        for f in self._c.of("amenity"):
            unit = self._unit_of(f)
            if ext.list_in(f.properties) == "seats":
                continue
            if unit is None:
                self._count("amenity")
                continue
            yield self._poi(f, unit, _at(f))
        anchors = {a.id: a for a in self._c.of("anchor")}
        for f in self._c.of("occupant"):
            anchor = anchors.get(f.id_in("anchor_id") or "")
            unit = self._plan.units.get(anchor.id_in("unit_id") or "") if anchor else None
            if ext.list_in(f.properties) == "windows":
                continue
            if anchor is None or unit is None:
                self._count("occupant")
                continue
            yield self._poi(f, unit, _at(anchor))

    def _poi(self, f: Feature, unit: Unit, at: XY) -> Poi:
        stated = {"kind": f.category or "place"} | _hours(f)
        return Poi(**{
            **stated, **self._common(f, "pois"), "floor": self._floor_id(unit), "space": self._space_id(unit), "at": at,
        })  # fmt: skip

    def _unit_of(self, f: Feature) -> Unit | None:
        return next((self._plan.units[u] for u in f.ids("unit_ids") if u in self._plan.units), None)

    def _seats(self) -> Iterator[Seat]:
        for f in self._c.of("amenity"):
            unit = self._unit_of(f)
            if ext.list_in(f.properties) == "seats" and unit is not None and not unit.outdoors:
                yield Seat(**{
                    "facing_deg": 0.0, **self._common(f, "seats"), "floor": self._floor_id(unit),
                    "space": self._space_id(unit), "at": _at(f),
                })  # fmt: skip

    def _bays(self) -> Iterator[Bay]:
        for f in self._c.of("section"):
            if ext.list_in(f.properties) == "bays":
                storey = self._plan.storey_of.get(f.id_in("level_id") or "")
                polygons = from_shape(f.shape)
                own = self._common(f, "bays")
                if storey is None or not polygons or "space" not in own:
                    self._count("parking bay")
                    continue
                floor = make_id(self._site, "floor", storey.key)
                yield Bay(**{"kind": "standard", **own, "floor": floor, "footprint": polygons[0]})

    def _furniture(self) -> Iterator[Furniture]:
        for f in (*self._c.of("fixture"), *self._c.of("kiosk")):
            storey = self._plan.storey_of.get(f.id_in("level_id") or "")
            near = self._plan.near(storey.ordinal, f.shape) if storey else []
            unit = _most_in(f.shape, [u for u in near if not u.outdoors])
            polygons = from_shape(f.shape)
            if unit is None or not polygons:
                self._count(f.type)
                continue
            own = {"space": self._space_id(unit), **self._common(f, "furniture")}
            kind = f.category or f.type
            for n, polygon in enumerate(polygons):
                part = {"id": f"{own['id']}~{n + 1}"} if n else {}
                yield Furniture(**{
                    "kind": kind, **own, **part, "floor": self._floor_id(unit), "footprint": polygon,
                })  # fmt: skip

    def _zones(self) -> Iterator[Zone]:
        for f in (*self._c.of("section"), *self._c.of("geofence")):
            if ext.list_in(f.properties) == "bays":
                continue
            own = self._common(f, "zones")
            if "spaces" not in own:
                own["spaces"] = tuple(self._covered(f))
            if own["spaces"]:
                yield Zone(**{"kind": f.category or f.type, **own})
            else:
                self._count(f.type)

    def _covered(self, f: Feature) -> Iterator[str]:
        levels = {*f.ids("level_id"), *f.ids("level_ids")}
        storeys = {self._plan.storey_of[i].ordinal for i in levels if i in self._plan.storey_of}
        area = f.shape
        shapely.prepare(area)
        for unit in self._plan.units.values():
            there = not storeys or unit.storey.ordinal in storeys
            if there and not unit.outdoors and unit.plan.intersection(area).area > SHARE_OF_ZONE * unit.plan.area:
                yield self._space_id(unit)

    def _outdoor_places(self) -> Iterator[OutdoorPlace]:
        for unit in self._plan.units.values():
            if not unit.outdoors:
                continue
            polygons = from_shape(unit.plan)
            kind = "driveway" if unit.use.kind in ("road", "parking") else "ground"
            own: dict[str, Any] = {
                "id": make_id(self._site, "outdoor", unit.key),
                "name": labels(unit.feature.properties.get("name"), self._c.language),
                "source": ext.source_in(unit.feature.properties, unit.feature.id),
                "z_m": unit.storey.elevation_m,
                "kind": kind,
            }
            if ext.list_in(unit.feature.properties):
                own |= ext.restored("outdoor_places", ext.own(unit.feature.properties), self._scope)
            for n, polygon in enumerate(polygons):
                part = {"id": f"{own['id']}~{n + 1}"} if n else {}
                yield OutdoorPlace(**{**own, **part, "footprint": polygon})

    def _count(self, what: str) -> None:
        self._nowhere[what] = self._nowhere.get(what, 0) + 1


def _hours(f: Feature) -> dict[str, str]:
    hours = f.properties.get("hours")
    return {"hours": hours} if isinstance(hours, str) and hours else {}


def _at(f: Feature) -> XY:
    return float(f.shape.x), float(f.shape.y)


def _most_in(shape: BaseGeometry, units: list[Unit]) -> Unit | None:
    shares = [(u.plan.intersection(shape).area, u) for u in units]
    return max(shares, key=lambda s: (s[0], s[1].key))[1] if shares else None
