"""Draws small OSM files in metres, so that a test reads like a plan, and asks what became of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from building.geodesy import LocalFrame
from building.graph import build_graph
from building.graph import reached as reached_in
from building.model import OUT, Building, Opening, VerticalLink, key_of

AT = LocalFrame(116.39, 39.9)
XY = tuple[float, float]
Tags = dict[str, str]


class Sketch:
    """A file in the making. Points that are equal are one node; ``door`` puts a node on the outlines it lies on."""

    def __init__(self) -> None:
        self.nodes: dict[int, tuple[XY, Tags]] = {}
        self.ways: dict[int, tuple[list[int], Tags]] = {}
        self.relations: dict[int, tuple[list[tuple[str, int, str]], Tags]] = {}

    def node(self, at: XY, **tags: str) -> int:
        """A node of its own, unless one without tags is there already."""
        found = next((n for n, (xy, own) in self.nodes.items() if xy == at and (not own or not tags)), None)
        key = found or len(self.nodes) + 1
        self.nodes[key] = (at, _tags(tags) or self.nodes.get(key, (at, {}))[1])
        return key

    def line(self, *points: XY, **tags: str) -> int:
        key = 1000 + len(self.ways)
        self.ways[key] = ([self.node(p) for p in points], _tags(tags))
        return key

    def area(self, *points: XY, **tags: str) -> int:
        return self.line(*points, points[0], **tags)

    def box(self, x0: float, y0: float, x1: float, y1: float, **tags: str) -> int:
        return self.area((x0, y0), (x1, y0), (x1, y1), (x0, y1), **tags)

    def room(self, x0: float, y0: float, x1: float, y1: float, **tags: str) -> int:
        return self.box(x0, y0, x1, y1, **{"indoor": "room", "level": "0", **tags})

    def door(self, at: XY, *ways: int, **tags: str) -> int:
        """A door node woven into these ways."""
        key = self.node(at, **{"door": "yes", **tags})
        for way in ways:
            nodes, own = self.ways[way]
            places = [self.nodes[n][0] for n in nodes]
            i = min(range(1, len(places)), key=lambda i: _detour(places[i - 1], at, places[i]))
            self.ways[way] = ([*nodes[:i], key, *nodes[i:]], own)
        return key

    def relation(self, members: Sequence[tuple[str, int, str]], **tags: str) -> int:
        key = 5000 + len(self.relations)
        self.relations[key] = (list(members), _tags(tags))
        return key

    def xml(self, *, backwards: bool = False) -> str:
        rows = []
        for key, (at, tags) in self.nodes.items():
            lon, lat = AT.to_geographic(at)
            rows.append(
                f'<node id="{key}" lat="{lat:.9f}" lon="{lon:.9f}" user="Somebody" uid="77">{_xml(tags)}</node>'
            )
        for key, (nodes, tags) in self.ways.items():
            inside = "".join(f'<nd ref="{n}"/>' for n in nodes)
            rows.append(f'<way id="{key}" user="Somebody">{inside}{_xml(tags)}</way>')
        for key, (members, tags) in self.relations.items():
            inside = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
            rows.append(f'<relation id="{key}">{inside}{_xml(tags)}</relation>')
        return (
            "<?xml version='1.0' encoding='UTF-8'?>\n<osm version='0.6'>"
            + "\n".join(rows[::-1] if backwards else rows)
            + "</osm>"
        )

    def json(self) -> str:
        elements: list[dict[str, object]] = []
        for key, (at, tags) in self.nodes.items():
            lon, lat = AT.to_geographic(at)
            elements.append({"type": "node", "id": key, "lon": round(lon, 9), "lat": round(lat, 9), "tags": tags})
        elements += [{"type": "way", "id": k, "nodes": n, "tags": t} for k, (n, t) in self.ways.items()]
        for key, (members, tags) in self.relations.items():
            listed = [{"type": kind, "ref": ref, "role": role} for kind, ref, role in members]
            elements.append({"type": "relation", "id": key, "members": listed, "tags": tags})
        return json.dumps({"version": 0.6, "elements": elements})

    def save(self, folder: Path, name: str = "plan.osm") -> Path:
        path = folder / name
        path.write_text(self.xml(), encoding="utf-8")
        return path


def _tags(given: Tags) -> Tags:
    """``building__part`` is ``building:part``; a trailing underscore is dropped."""
    return {k.rstrip("_").replace("__", ":"): v for k, v in given.items()}


def _xml(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def _detour(a: XY, via: XY, b: XY) -> float:
    return float(
        ((via[0] - a[0]) ** 2 + (via[1] - a[1]) ** 2) ** 0.5
        + ((b[0] - via[0]) ** 2 + (b[1] - via[1]) ** 2) ** 0.5
        - ((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5
    )


def names_of(building: Building) -> dict[str, str]:
    return {s.id: s.number or s.name["en"] for s in building.spaces} | {OUT: OUT}


def edges_of(building: Building) -> set[frozenset[str]]:
    called = names_of(building)
    return {frozenset({called[e.a], called[e.b]}) for e in build_graph(building).edges}


def reached_rooms(building: Building) -> set[str]:
    called = names_of(building)
    return {called[s] for s in reached_in(build_graph(building))}


def opening_between(building: Building, a: str, b: str) -> Opening:
    called = names_of(building)
    return next(o for o in building.openings if o.between and {called[e] for e in o.between} == {a, b})


def only_link(building: Building) -> VerticalLink:
    (link,) = building.vertical_links
    return link


def stops_of(building: Building) -> list[tuple[str, str]]:
    called = names_of(building)
    return [(key_of(s.floor), called[s.space]) for s in only_link(building).stops]


def pair(*ends: str) -> frozenset[str]:
    return frozenset(ends)


def draw_hall(sketch: Sketch, level: str = "0", **tags: str) -> int:
    """A corridor 10 m long, with the way out at its left end."""
    hall = sketch.box(0, 0, 10, 2, **{"indoor": "corridor", "level": level, "ref": f"C{level}", **tags})
    if level == "0":
        sketch.door((0, 1), hall, entrance="main")
    return hall


def draw_house() -> Sketch:
    """Two storeys, a stairwell, two rooms and a bench."""
    s = Sketch()
    hall, up = draw_hall(s), draw_hall(s, "1")
    well = s.room(10, 0, 13, 2, level="0-1", stairs="yes", ref="T")
    s.door((10, 1), hall, up, well, level="0-1")
    for x in (0.0, 5.0):
        s.door((x + 2, 2), hall, s.room(x, 2, x + 5, 6, ref=f"A{x:.0f}"), level="0")
    s.box(-1, -1, 14, 7, building="yes", name="House")
    s.node((5, 1), amenity="bench", level="0")
    return s
