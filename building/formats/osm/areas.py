"""Every place to be in that the file draws, in metres: closed ways and multipolygons with what their tags say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from building.formats.osm import tags as meaning
from building.formats.osm.levels import Levels, parse_levels
from building.formats.osm.source import Extract, Member, Relation, Tags, Way
from building.geodesy import LocalFrame
from building.model import XY, Evidence, SourceId

AREA_MIN_M2 = 0.05
MAX_AREAS = 60_000
GROUND = Levels(spans=((0.0, 0.0),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A room or open area as drawn once; ``levels`` and ``repeats`` say on which floors it lies."""

    key: str
    source: SourceId
    tags: Tags
    shape: meaning.Shape
    plan: BaseGeometry
    nodes: frozenset[str]
    levels: Levels
    repeats: Levels
    derived: Evidence | None = None

    @property
    def is_stairs(self) -> bool:
        return meaning.is_stairs(self.tags) or meaning.is_escalator(self.tags)

    @property
    def is_lift(self) -> bool:
        return meaning.is_lift(self.tags)

    @property
    def named(self) -> tuple[float, ...]:
        return tuple(sorted({*self.levels.named, *self.repeats.named}))


class Ground:
    """The elements of a file laid out in metres around one point."""

    def __init__(self, extract: Extract, frame: LocalFrame) -> None:
        self.extract, self.frame = extract, frame
        self._inherited = dict(_levels_of_relations(extract))

    def at(self, node: str) -> XY | None:
        found = self.extract.nodes.get(node)
        return None if found is None else self.frame.to_local(found.lon_deg, found.lat_deg)

    def line(self, way: Way) -> list[XY]:
        """Its corners as far as the file holds them, none twice in a row."""
        points = [at for node in way.nodes if (at := self.at(node)) is not None]
        return [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]

    def levels(self, kind: str, key: str, tags: Tags) -> Levels:
        """The element's own ``level``, else that of the level it is a member of; none at all where nothing is said."""
        own = parse_levels(tags.get("level", ""))
        return own if own.spans else self._inherited.get((kind, key), own)

    def areas(self, warnings: list[str]) -> list[Area]:
        """Every room and open area, in the order of the file."""
        consumed: set[str] = set()
        found = [*self._multipolygons(consumed, warnings)]
        for way in self.extract.ways.values():
            shape = meaning.shape_of(way.tags) if way.closed and way.id not in consumed else None
            if shape is not None:
                area = self._area(way, shape, polygon_of(self.line(way)), warnings)
                found += [area] if area else []
        if len(found) > MAX_AREAS:
            warnings.append(f"the file draws {len(found):,} areas: only the first {MAX_AREAS:,} are read")
            found = found[:MAX_AREAS]
        unread = sorted({part for area in found for part in (*area.levels.unread, *area.repeats.unread)})
        if unread:
            warnings.append(f"{len(unread)} values of level cannot be read: {', '.join(unread[:5])[:100]}")
        levelless = sum(not area.levels.spans for area in found)
        if levelless:
            warnings.append(f"{levelless} rooms or areas have no level that can be read: taken to be on level 0")
        return [area if area.levels.spans else replace(area, levels=GROUND) for area in found]

    def outlines(self, key: str) -> list[tuple[SourceId, Tags, BaseGeometry]]:
        """Every closed shape with this tag (``building``, ``building:part``), in the order of the file."""
        found: list[tuple[SourceId, Tags, BaseGeometry | None]] = [
            (SourceId(scheme="osm", value=f"way/{way.id}"), way.tags, polygon_of(self.line(way)))
            for way in self.extract.ways.values()
            if way.tags.get(key, "no") != "no" and way.closed
        ]
        for relation in self.extract.relations.values():
            if relation.tags.get(key, "no") != "no":
                plan, _ = self._assemble(relation.members)
                found.append((SourceId(scheme="osm", value=f"relation/{relation.id}"), relation.tags, plan))
        return [(source, tags, plan) for source, tags, plan in found if plan is not None]

    def _multipolygons(self, consumed: set[str], warnings: list[str]) -> Iterator[Area]:
        for relation in self.extract.relations.values():
            if relation.tags.get("type") != "multipolygon":
                continue
            tags, outers = relation.tags, [m.ref for m in relation.members if m.role != "inner"]
            if meaning.shape_of(tags) is None and len(outers) == 1 and (way := self.extract.ways.get(outers[0])):
                tags = {**way.tags, **tags}  # the older habit: the outer way carries the tags
            shape = meaning.shape_of(tags)
            if shape is None:
                continue
            consumed |= {
                r
                for r in outers
                if (w := self.extract.ways.get(r)) and w.tags.get("level") in (None, tags.get("level"))
            }
            plan, whole = self._assemble(relation.members)
            if not whole:
                warnings.append(f"relation/{relation.id} is not closed or lacks ways in this file: what closes is read")
            area = self._area(replace(relation, tags=tags), shape, plan, warnings)
            if area:
                yield area

    def _assemble(self, members: Sequence[Member]) -> tuple[BaseGeometry | None, bool]:
        """The polygon of outer and inner ways, whatever order they come in, and whether everything closed."""
        rings: dict[bool, list[BaseGeometry]] = {True: [], False: []}
        whole = True
        for inner in (False, True):
            ways = [m for m in members if m.kind == "way" and (m.role == "inner") == inner]
            present = [self.extract.ways[m.ref] for m in ways if m.ref in self.extract.ways]
            chains, closed = _join([list(w.nodes) for w in present if w.nodes])
            whole = whole and closed and len(present) == len(ways)
            for chain in chains:
                polygon = polygon_of(self.line(Way("", tuple(chain), {})))
                rings[inner] += [polygon] if polygon is not None else []
        if not rings[False]:
            return None, False
        return shapely.difference(shapely.union_all(rings[False]), shapely.union_all(rings[True])), whole

    def _corners(self, element: Way | Relation) -> Iterator[str]:
        ways = (
            [element]
            if isinstance(element, Way)
            else [self.extract.ways.get(m.ref) for m in element.members if m.kind == "way"]
        )
        for way in ways:
            yield from way.nodes if way is not None else ()

    def _area(
        self, element: Way | Relation, shape: meaning.Shape, plan: BaseGeometry | None, warnings: list[str]
    ) -> Area | None:
        kind = "way" if isinstance(element, Way) else "relation"
        if plan is None or plan.area < AREA_MIN_M2:
            warnings.append(f"{kind}/{element.id} covers no floor and is left out")
            return None
        return Area(
            key=f"{kind[0]}{element.id}",
            source=SourceId(scheme="osm", value=f"{kind}/{element.id}"),
            tags=element.tags,
            shape=shape,
            plan=plan,
            nodes=frozenset(self._corners(element)),
            levels=self.levels(kind, element.id, element.tags),
            repeats=parse_levels(element.tags.get("repeat_on", "")),
        )


def _levels_of_relations(extract: Extract) -> Iterator[tuple[tuple[str, str], Levels]]:
    """IndoorOSM: a relation ``type=level`` gives its level to its members, ``type=building`` names it by the role."""
    for relation in extract.relations.values():
        if relation.tags.get("type") != "level" and relation.tags.get("indoor") != "level":
            continue
        role = next((r for r in _roles(extract, relation.id) if r.startswith("level_")), "level_")
        levels = parse_levels(relation.tags.get("level", "") or role.removeprefix("level_"))
        if levels.spans:
            for member in relation.members:
                yield (member.kind, member.ref), levels


def _roles(extract: Extract, relation: str) -> Iterator[str]:
    for parent in extract.relations.values():
        if parent.tags.get("type") == "building":
            yield from (m.role for m in parent.members if m.kind == "relation" and m.ref == relation)


def polygon_of(points: Sequence[XY]) -> BaseGeometry | None:
    """A valid polygon; a line that crosses itself keeps what it encloses."""
    if len(points) < 3:
        return None
    plan = shapely.Polygon(points)
    if not plan.is_valid:
        parts = shapely.get_parts(shapely.make_valid(plan))
        plan = shapely.union_all([p for p in parts if p.geom_type in ("Polygon", "MultiPolygon")])
    return None if plan.is_empty else plan


def _join(chains: list[list[str]]) -> tuple[list[list[str]], bool]:
    """Ways put end to end into closed rings; False when some end meets no other."""
    rings = [c for c in chains if c[0] == c[-1] and len(c) > 3]
    open_ends: Mapping[str, list[int]] = defaultdict(list)
    loose = {i: c for i, c in enumerate(chains) if c[0] != c[-1]}
    for i, chain in loose.items():
        for end in (chain[0], chain[-1]):
            open_ends[end].append(i)
    whole = True
    while loose:
        _, chain = loose.popitem()
        while chain[0] != chain[-1]:
            following = next((i for i in open_ends[chain[-1]] if i in loose), None)
            if following is None:
                whole = False
                break
            piece = loose.pop(following)
            chain = chain + (piece if piece[0] == chain[-1] else piece[::-1])[1:]
        if chain[0] == chain[-1]:
            rings.append(chain)
    return rings, whole
