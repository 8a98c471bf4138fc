"""IMDF levels as storeys, units as rooms, walls or pieces of ground outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.imdf import extension as ext
from building.formats.imdf.features import Contents, Feature, labels
from building.formats.imdf.vocabulary import WALLS, Use, use_of
from building.model import Access, Text
from building.survey import SeenFloor, SeenSpace, SeenWall

STOREY_M = 4.0
"""How far apart levels are taken to be: IMDF counts them and gives no heights. Halls and malls have 4 to 5 m."""
CLEAR_M = 3.5
OUTSIDE_SHARE = 0.5
"""A unit with more of its area than this beyond the footprint of the buildings is no room of theirs."""
OUTDOOR_USES = frozenset(("walkway", "road", "parking", "vegetation", "unenclosedarea", "terrace", "platform", "steps"))
"""Unit categories that can lie in the open; a room that sticks out of a footprint is still a room."""
LEVELS_APART_MAX = 300
HEIGHT_MAX_M = 10_000.0
MAX_NUMBER = 50

_ACCESS: Mapping[str, Access] = {"employeesonly": "staff", "restricted": "restricted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storey:
    """All levels of one ordinal: in a venue of several buildings they are one storey."""

    key: str
    ordinal: int
    elevation_m: float
    height_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit that one can be in. ``outdoors``: it is ground outside, ``key`` its key all the same."""

    feature: Feature
    key: str
    storey: Storey
    use: Use
    outdoors: bool

    @property
    def plan(self) -> BaseGeometry:
        return self.feature.shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Storeys by level id, units by feature id, and what both come to; ``footprint`` is what is built on the ground."""

    storey_of: Mapping[str, Storey]
    units: Mapping[str, Unit]
    floors: tuple[SeenFloor, ...]
    spaces: tuple[SeenSpace, ...]
    walls: tuple[SeenWall, ...]
    footprint: BaseGeometry
    trees: Mapping[int, tuple[list[Unit], shapely.STRtree]]

    def near(self, ordinal: int, shape: BaseGeometry, within_m: float = 0.0) -> list[Unit]:
        """The units of a storey that come this near, in the order of the archive."""
        units, tree = self.trees.get(ordinal, ([], shapely.STRtree([])))
        return [units[i] for i in sorted(tree.query(shape, predicate="dwithin", distance=within_m))]


class Keys:
    """The key of each feature: that of the entity it was written from, else its own id; no two alike."""

    def __init__(self) -> None:
        self.given: dict[tuple[str, str], Feature] = {}
        """The feature behind each (kind, key)."""

    def of(self, feature: Feature, kind: str) -> str:
        wanted = ext.key_in(feature.properties)
        own = "".join("_" if c.isspace() else c for c in feature.id)
        key = wanted if wanted is not None and (kind, wanted) not in self.given else own
        n = 1
        while (kind, key) in self.given:
            n += 1
            key = f"{own}~{n}"
        self.given[kind, key] = feature
        return key


def read_plan(contents: Contents, keys: Keys, warnings: list[str]) -> Plan:
    storey_of, floors = _storeys(contents, keys, warnings)
    ground = _footprint(contents)
    open_air = {f.id for f in contents.of("level") if f.properties.get("outdoor") is True}
    names = _names_of_occupants(contents)
    units: dict[str, Unit] = {}
    spaces, walls = [], []
    homeless = 0
    for f in contents.of("unit"):
        level = f.id_in("level_id") or ""
        storey = storey_of.get(level)
        if storey is None or f.shape is None:
            homeless += 1
            continue
        if f.category in WALLS:
            walls.append(_wall(f, keys, storey, contents.language))
            continue
        outdoors = level in open_air or (
            storey.ordinal == 0 and f.category in OUTDOOR_USES and _beyond(f.shape, ground)
        )
        is_place = ext.list_in(f.properties) == "outdoor_places"
        unit = Unit(
            feature=f, key=keys.of(f, "outdoor" if is_place else "space"), storey=storey, use=use_of(f.category),
            outdoors=outdoors or is_place,
        )  # fmt: skip
        units[f.id] = unit
        if not unit.outdoors:
            spaces.append(_space(unit, names.get(f.id, {}), contents.language))
    if homeless:
        warnings.append(f"{homeless} × unit: it stands on no level that there is: left out")
    by_ordinal: dict[int, list[Unit]] = {}
    for unit in units.values():
        by_ordinal.setdefault(unit.storey.ordinal, []).append(unit)
    return Plan(
        storey_of=storey_of,
        units=units,
        floors=floors,
        spaces=tuple(spaces),
        walls=tuple(walls),
        footprint=ground,
        trees={o: (same, shapely.STRtree([u.plan for u in same])) for o, same in by_ordinal.items()},
    )


def _storeys(contents: Contents, keys: Keys, warnings: list[str]) -> tuple[dict[str, Storey], tuple[SeenFloor, ...]]:
    levels: dict[int, list[Feature]] = {}
    for f in contents.of("level"):
        ordinal = f.properties.get("ordinal")
        if isinstance(ordinal, bool) or not isinstance(ordinal, int | float) or not abs(ordinal) <= LEVELS_APART_MAX:
            warnings.append(f"level {f.id} says not which storey it is (no ordinal) and is left out")
            continue
        levels.setdefault(int(ordinal), []).append(f)
    storey_of: dict[str, Storey] = {}
    floors: list[SeenFloor] = []
    storeys: list[Storey] = []
    built = any(f.properties.get("outdoor") is not True for same in levels.values() for f in same)
    guessed = False
    for ordinal, same in sorted(levels.items()):
        # A level in the open is part of the ground floor's storey, not what gives it its name.
        same.sort(key=lambda f: (f.properties.get("outdoor") is True, f.id))
        indoors = [f for f in same if f.properties.get("outdoor") is not True]
        first = same[0]
        own = ext.own(first.properties)
        elevation_m, height_m = number_of(own.get("elevation_m")), number_of(own.get("height_m"))
        guessed = guessed or elevation_m is None
        elevation_m = ordinal * STOREY_M if elevation_m is None else elevation_m
        storey = Storey(
            key=keys.of(first, "floor"), ordinal=ordinal, elevation_m=elevation_m,
            height_m=height_m if height_m and height_m > 0 else STOREY_M,
        )  # fmt: skip
        storey_of.update((f.id, storey) for f in same)
        if indoors or not built:
            storeys.append(storey)
            floors.append(_floor(first, storey, indoors, contents.language))
    # Ground in the open where no storey has its ordinal belongs to the nearest storey.
    storey_of = {
        level: storey if storey in storeys else min(storeys, key=lambda s: abs(s.ordinal - storey.ordinal))
        for level, storey in storey_of.items()
    }
    if guessed:
        warnings.append(f"IMDF gives no heights: storeys are taken to be {STOREY_M:g} m apart")
    return storey_of, tuple(floors)


def _floor(first: Feature, storey: Storey, indoors: list[Feature], language: str) -> SeenFloor:
    own = ext.own(first.properties).get("number")
    usual = f"{storey.ordinal + 1}F" if storey.ordinal >= 0 else f"B{-storey.ordinal}"
    number = own if isinstance(own, str) and own else _short(first, language) or usual
    return SeenFloor(
        key=storey.key,
        name=labels(first.properties.get("name"), language) or {"en": number},
        number=number[:MAX_NUMBER],
        elevation_m=storey.elevation_m,
        height_m=storey.height_m,
        ordinal=storey.ordinal,
        outline=shapely.union_all([f.shape for f in indoors]) if indoors else None,
        source=ext.source_in(first.properties, first.id),
    )


def number_of(value: object) -> float | None:
    """A height in metres that a building can have."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < HEIGHT_MAX_M:
        return float(value)
    return None


def _short(level: Feature, language: str) -> str:
    names = labels(level.properties.get("short_name"), language)
    return names.get("en") or next(iter(names.values()), "")


def _footprint(contents: Contents) -> BaseGeometry:
    """What the buildings cover of the ground: footprints there, else all footprints; empty where there are none."""
    every = contents.of("footprint")
    return shapely.union_all([f.shape for f in [f for f in every if f.category == "ground"] or every])


def _beyond(plan: BaseGeometry, footprint: BaseGeometry) -> bool:
    if footprint.is_empty:
        return False
    return bool(plan.difference(footprint).area > OUTSIDE_SHARE * plan.area)


def _names_of_occupants(contents: Contents) -> dict[str, Text]:
    """Shops and offices bear their name as an occupant; a unit with one occupant is called after it."""
    anchors = {a.id: a.id_in("unit_id") for a in contents.of("anchor")}
    found: dict[str, list[Text]] = {}
    for o in contents.of("occupant"):
        unit = anchors.get(o.id_in("anchor_id") or "")
        name = labels(o.properties.get("name"), contents.language)
        if unit and name and not ext.own(o.properties):
            found.setdefault(unit, []).append(name)
    return {unit: names[0] for unit, names in found.items() if len(names) == 1}


def _space(unit: Unit, occupant: Text, language: str) -> SeenSpace:
    f, storey = unit.feature, unit.storey
    name = labels(f.properties.get("name"), language)
    others = labels(f.properties.get("alt_name"), language)
    shut: Access = "staff" if f.category == "nonpublic" and ext.list_in(f.properties) is None else "public"
    access = _ACCESS.get(str(f.properties.get("restriction")), shut)
    return SeenSpace(
        key=unit.key,
        name=name or occupant or others,
        floor=storey.key,
        plan=unit.plan,
        z0_m=storey.elevation_m,
        z1_m=storey.elevation_m + min(CLEAR_M, storey.height_m),
        words=f.category,
        kind=unit.use.kind,
        walkable=unit.use.walkable,
        access=access,
        aliases=tuple(sorted(set(others.values()))) if name or occupant else (),
        source=ext.source_in(f.properties, f.id),
    )


def _wall(f: Feature, keys: Keys, storey: Storey, language: str) -> SeenWall:
    return SeenWall(
        key=keys.of(f, "wall"),
        name=labels(f.properties.get("name"), language),
        floor=storey.key,
        plan=f.shape,
        z0_m=storey.elevation_m,
        z1_m=storey.elevation_m + storey.height_m,
        kind=WALLS[f.category],
        source=ext.source_in(f.properties, f.id),
    )
