"""IndoorGML 1.0.3: rooms as solids, and the whole graph of ways as states and transitions.

One state a room, one transition a connection. An opening is a transition whose dual is a boundary with the opening's
own surface: a ConnectionBoundary within the house, an AnchorBoundary where it leads outside; the outside is an
AnchorSpace without a shape. Stairs, ramps, escalators and lifts are a transition from each stop to the next. What the
standard has no element for stands in ``gml:description`` as ``key="value"`` pairs, as other tools write storeys there,
and storeys themselves in GML's free metadata.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from building.formats.indoorgml.ours import NAMESPACE
from building.formats.indoorgml.words import quoted
from building.labels import label_point, to_shape
from building.masonry import from_shape
from building.model import OUT, XYZ, Building, Opening, Space, Stop, VerticalLink, key_of
from building.writers.indoorgml_gml import (
    add,
    clean,
    describe,
    dumps,
    line,
    point,
    polygon,
    refer,
    root_of,
    solid,
    xml_id,
)  # fmt: skip
from building.writers.writer import Loss, Writer

TRANSFER_KINDS = frozenset({"stair", "stairs", "lift", "shaft", "escalator", "ramp", "corridor"})
CODES = "urn:halltwin:space-kind"
OUTSIDE = {"zh": "室外", "en": "Outside"}


class _Way:
    """A transition before it is written: its ends as space ids or ``OUT``, the line between, what is said of it."""

    def __init__(self, key: str, ends: tuple[str, str], points: Sequence[XYZ], said: dict[str, str], e: Any) -> None:
        self.key, self.ends, self.points, self.said, self.entity = key, ends, points, said, e


class _Draft:
    def __init__(self, b: Building) -> None:
        self.b = b
        self.elevation = {f.id: f.elevation_m for f in b.floors}
        self.spaces = {s.id: s for s in b.spaces if s.footprint}
        self.ways = [*self._openings(), *(w for v in b.vertical_links for w in self._flights(v))]
        self.ways_at: dict[str, list[_Way]] = defaultdict(list)
        for way in self.ways:
            for end in dict.fromkeys(way.ends):
                self.ways_at[end].append(way)

    def document(self) -> bytes:
        b = self.b
        root = root_of(xml_id("features", b.site), {"hall": NAMESPACE})
        self._tell(root)
        for language, words in b.name.items():
            add(root, "gml:name", words, codeSpace=language)
        primal = add(add(root, "core:primalSpaceFeatures"), "core:PrimalSpaceFeatures", gml_id="primal")
        for s in self.spaces.values():
            self._cell(add(primal, "core:cellSpaceMember"), s)
        if self._leads_out():
            self._outside(add(primal, "core:cellSpaceMember"))
        for way in self.ways:
            if isinstance(way.entity, Opening) and way.entity.width_m > 0:
                self._boundary(add(primal, "core:cellSpaceBoundaryMember"), way)
        graph = add(add(root, "core:multiLayeredGraph"), "core:MultiLayeredGraph", gml_id="graph")
        layers = add(graph, "core:spaceLayers", gml_id="layers")
        layer = add(add(layers, "core:spaceLayerMember"), "core:SpaceLayer", gml_id="layer")
        nodes = add(layer, "core:nodes", gml_id="nodes")
        for s in self.spaces.values():
            self._state(add(nodes, "core:stateMember"), s.id, self._at(s))
        if self._leads_out():
            self._state(add(nodes, "core:stateMember"), OUT, None)
        edges = add(layer, "core:edges", gml_id="edges")
        for way in self.ways:
            self._transition(add(edges, "core:transitionMember"), way)
        return dumps(root)

    def _tell(self, root: Element) -> None:
        """The building and its storeys, which IndoorGML has no feature for."""
        b = self.b
        free = add(add(root, "gml:metaDataProperty"), "gml:GenericMetaData")
        place = {}
        if g := b.georeference:
            place = {"lon_deg": repr(g.lon_deg), "lat_deg": repr(g.lat_deg), "rotation_deg": repr(g.rotation_deg)}
        house = _hall(free, "building", {"site": b.site, "timezone": b.timezone, **place})
        for language, words in b.name.items():
            _hall(house, "name", {"codeSpace": language}, words)
        for f in b.floors:
            said = {
                "key": f.key, "number": f.number, "ordinal": str(f.ordinal), "elevation_m": repr(f.elevation_m),
                "height_m": repr(f.height_m),
            }  # fmt: skip
            floor = _hall(house, "floor", said)
            for language, words in f.name.items():
                _hall(floor, "name", {"codeSpace": language}, words)

    # primal space

    def _cell(self, member: Element, s: Space) -> None:
        tag = "navi:TransitionSpace" if s.kind in TRANSFER_KINDS else "navi:GeneralSpace"
        cell = add(member, tag if s.walkable or s.kind in TRANSFER_KINDS else "core:CellSpace", gml_id=_cell_id(s.id))
        said = {"id": s.id, "storey": key_of(s.floor), "type": s.kind}
        said |= {"number": s.number} if s.number else {}
        said |= {"access": s.access} if s.access != "public" else {}
        said |= {"walkable": "false"} if not s.walkable else {}
        said |= {"capacity": str(s.capacity)} if s.capacity is not None else {}
        if s.derived:
            said["derived"] = f"{s.derived.source}|{s.derived.method}|{s.derived.confidence:g}"
        said |= {"aliases": "|".join(s.aliases)} if s.aliases else {}
        describe(cell, quoted(said), s.name)
        body = add(add(cell, "core:cellSpaceGeometry"), "core:Geometry3D")
        solid(body, xml_id("solid", s.key), _areas(s), s.z0_m, s.z0_m + max(s.height_m, 0.1))
        refer(cell, "core:duality", _state_id(s.id))
        if s.source:
            reference = add(cell, "core:externalReference")
            add(reference, "core:informationSystem", s.source.scheme)
            add(add(reference, "core:externalObject"), "core:name", s.source.value)
        for way in self.ways_at[s.id]:
            if isinstance(way.entity, Opening) and way.entity.width_m > 0:
                refer(cell, "core:partialboundedBy", xml_id("boundary", way.key))
        if cell.tag.startswith("navi:"):
            _codes(cell, s.kind)

    def _outside(self, member: Element) -> None:
        cell = add(member, "navi:AnchorSpace", gml_id=_cell_id(OUT))
        describe(cell, quoted({"type": "outdoor"}), OUTSIDE)
        refer(cell, "core:duality", _state_id(OUT))
        _codes(cell, "outdoor")

    def _boundary(self, member: Element, way: _Way) -> None:
        o: Opening = way.entity
        sort = "AnchorBoundary" if OUT in way.ends else "ConnectionBoundary"
        boundary = add(member, f"navi:{sort}", gml_id=xml_id("boundary", way.key))
        describe(boundary, quoted({"type": o.kind}), o.name)
        refer(boundary, "core:duality", xml_id("transition", way.key))
        surface = add(add(boundary, "core:cellSpaceBoundaryGeometry"), "core:geometry3D")
        ((ax, ay), (bx, by)), z0, z1 = o.line, o.z0_m, o.z0_m + o.height_m
        polygon(surface, xml_id("surface", way.key), [[(ax, ay, z0), (bx, by, z0), (bx, by, z1), (ax, ay, z1)]])

    # the graph

    def _state(self, member: Element, space: str, at: XYZ | None) -> None:
        state = add(member, "core:State", gml_id=_state_id(space))
        describe(state, "", OUTSIDE if space == OUT else self.spaces[space].name)
        refer(state, "core:duality", _cell_id(space))
        for way in self.ways_at[space]:
            refer(state, "core:connects", xml_id("transition", way.key))
        if at is not None:
            point(add(state, "core:geometry"), xml_id("at", _key(space)), at)

    def _transition(self, member: Element, way: _Way) -> None:
        transition = add(member, "core:Transition", gml_id=xml_id("transition", way.key))
        describe(transition, quoted(way.said), way.entity.name)
        add(transition, "core:weight", "1")
        for end in way.ends:
            refer(transition, "core:connects", _state_id(end))
        if isinstance(way.entity, Opening) and way.entity.width_m > 0:
            refer(transition, "core:duality", xml_id("boundary", way.key))
        points = [p for i, p in enumerate(way.points) if i == 0 or p != way.points[i - 1]]
        if len(points) > 1:
            line(add(transition, "core:geometry"), xml_id("line", way.key), points)

    def _openings(self) -> Iterator[_Way]:
        for o in self.b.openings:
            ends = o.one_way or o.between
            if ends is None or not all(e == OUT or e in self.spaces for e in ends) or ends[0] == ends[1]:
                continue
            (ax, ay), (bx, by) = o.line
            points = [self._at(self.spaces[e]) if e != OUT else None for e in ends]
            points.insert(1, ((ax + bx) / 2, (ay + by) / 2, o.z0_m))
            said = {"id": o.id, "type": o.kind}
            said |= {"one_way": "true"} if o.one_way else {}
            said |= {"exit": "false"} if OUT in ends and not o.exit else {}
            said |= {"step_free": "false"} if not o.step_free else {}
            said |= {"controlled": "true"} if o.controlled else {}
            yield _Way(f"o-{o.key}", ends, [p for p in points if p is not None], said, o)

    def _flights(self, v: VerticalLink) -> Iterator[_Way]:
        stops = sorted(v.stops, key=lambda s: self.elevation.get(s.floor, 0.0))
        said = {"id": v.id, "link": v.key, "type": v.kind, "direction": v.direction, "width_m": f"{v.width_m:g}"}
        said["step_free"] = "true" if v.step_free else "false"
        for n, (low, high) in enumerate(pairwise(stops)):
            ends = (v.shafts.get(low.floor, low.space), v.shafts.get(high.floor, high.space))
            if all(e in self.spaces for e in ends):
                yield _Way(f"l-{v.key}-{n + 1}", ends, self._climb(v, low, high), said, v)

    def _climb(self, v: VerticalLink, low: Stop, high: Stop) -> list[XYZ]:
        """From stop to stop along the flights between them; a lift goes straight up its shaft."""
        z0, z1 = self.elevation.get(low.floor, 0.0), self.elevation.get(high.floor, 0.0)
        if v.kind == "lift":
            ends = ((low, z0), (high, z1))
            rooms = [(self.spaces.get(v.shafts.get(s.floor, "")), s, z) for s, z in ends]
            return [((*((r and label_point(r.footprint)) or s.at), z)) for r, s, z in rooms]
        flights = [p for p in v.paths if len(p) > 1 and z0 < (p[0][2] + p[-1][2]) / 2 < z1]
        flights = [p if p[0][2] <= p[-1][2] else p[::-1] for p in sorted(flights, key=lambda p: min(p[0][2], p[-1][2]))]
        between = [p for path in flights for p in path]
        return between or [(*low.at, z0), (*high.at, z1)]

    def _at(self, s: Space) -> XYZ:
        x, y = label_point(s.footprint) or s.footprint[0].outer[0]
        return (x, y, s.z0_m)

    def _leads_out(self) -> bool:
        return bool(self.ways_at[OUT])


def _hall(parent: Element, tag: str, attributes: dict[str, str], text: str | None = None) -> Element:
    child = add(parent, f"hall:{tag}", text)
    child.attrib.update({name: clean(value) for name, value in attributes.items()})
    return child


def _codes(cell: Element, kind: str) -> None:
    for tag in ("class", "function", "usage"):
        add(cell, f"navi:{tag}", kind, codeSpace=CODES)


def _areas(s: Space) -> list[Any]:
    import shapely

    areas = [shapely.Polygon(p.outer, p.holes) for p in from_shape(to_shape(s.footprint))]
    return [shapely.orient_polygons(a) for a in areas]


def _key(space: str) -> str:
    return OUT if space == OUT else key_of(space)


def _cell_id(space: str) -> str:
    return xml_id("cell", _key(space))


def _state_id(space: str) -> str:
    return xml_id("state", _key(space))


def _losses(draft: _Draft) -> Iterator[Loss]:
    b = draft.b
    absent = "IndoorGML holds rooms and the ways between them, and has no feature for this."
    for name, entities in b.lists().items():
        if name not in ("floors", "spaces", "openings", "vertical_links") and entities:
            yield Loss(what=name, count=len(entities), reason=absent)
    written = {way.entity.id for way in draft.ways}
    for what, count, reason in (
        ("spaces", len(b.spaces) - len(draft.spaces), "A cell without an area has no solid."),
        ("openings", sum(o.id not in written for o in b.openings), "What it joins is not known: it is no transition."),
        ("vertical_links", sum(v.id not in written for v in b.vertical_links), "It joins fewer than two rooms."),
        ("openings.link", sum(o.link is not None for o in b.openings), absent),
        ("openings.device", sum(o.device is not None for o in b.openings), absent),
        ("openings.hours", sum(o.hours is not None for o in b.openings), absent),
        ("openings.vehicles_only", sum(o.vehicles_only for o in b.openings), "A transition is for whoever walks."),
        ("openings.goods_only", sum(o.goods_only for o in b.openings), "A transition is for whoever walks."),
        ("openings.outside_place", sum(o.outside_place is not None for o in b.openings), "The outside is one state."),
        ("vertical_links.attributes", sum(bool(v.attributes) for v in b.vertical_links), absent),
        ("vertical_links.device", sum(v.device is not None for v in b.vertical_links), absent),
        ("openings.exit", sum(o.exit and OUT not in (o.between or ()) for o in b.openings), absent),
        ("openings.swing_to", sum(o.swing_to is not None for o in b.openings), absent),
        ("openings.fails_open", sum(o.fails_open for o in b.openings), absent),
        ("spaces.part", sum(s.part is not None for s in b.spaces), absent),
    ):
        if count:
            yield Loss(what=what, count=count, reason=reason)


def _write(b: Building, path: Path) -> tuple[Loss, ...]:
    draft = _Draft(b)
    path.write_bytes(draft.document())
    return tuple(_losses(draft))


WRITER = Writer(name="indoorgml", suffixes=(".indoorgml.gml", ".gml"), write=_write)
