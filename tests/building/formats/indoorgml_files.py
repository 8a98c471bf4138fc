"""Small IndoorGML files for tests, put together by hand from cells, states and transitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

CORE = "http://www.opengis.net/indoorgml/1.0/core"
HEAD = (
    f'<core:IndoorFeatures xmlns:core="{CORE}" xmlns:navi="http://www.opengis.net/indoorgml/1.0/navigation" '
    'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink" gml:id="features">'
)

Point = tuple[float, ...]


@dataclass
class Cell:
    """A box between two corners; ``flat`` writes its floor only."""

    key: str
    low: Point = ()
    high: Point = ()
    tag: str = "core:CellSpace"
    name: str = ""
    description: str = ""
    extra: str = ""
    flat: bool = False
    form: str = "pos"
    srs: str = ""

    def xml(self) -> str:
        words = f"<gml:description>{self.description}</gml:description>" if self.description else ""
        words += f"<gml:name>{self.name}</gml:name>" if self.name else ""
        cell = f'<{self.tag} gml:id="{self.key}">{words}{self._shape()}{self.extra}</{self.tag}>'
        return f"<core:cellSpaceMember>{cell}</core:cellSpaceMember>"

    def _shape(self) -> str:
        if not self.low:
            return ""
        (ax, ay), (bx, by) = self.low[:2], self.high[:2]
        ring = [(ax, ay), (bx, ay), (bx, by), (ax, by)]
        if self.flat:
            tail = self.low[2:]
            body = polygon([(*p, *tail) for p in ring], self.form, self.srs)
            return f"<core:cellSpaceGeometry><core:Geometry2D>{body}</core:Geometry2D></core:cellSpaceGeometry>"
        z0, z1 = self.low[2], self.high[2]
        faces = [[(*p, z0) for p in reversed(ring)], [(*p, z1) for p in ring]]
        faces += [[(*a, z0), (*b, z0), (*b, z1), (*a, z1)] for a, b in pairwise((*ring, ring[0]))]
        members = "".join(f"<gml:surfaceMember>{polygon(f, self.form, self.srs)}</gml:surfaceMember>" for f in faces)
        shell = f"<gml:Solid><gml:exterior><gml:Shell>{members}</gml:Shell></gml:exterior></gml:Solid>"
        return f"<core:cellSpaceGeometry><core:Geometry3D>{shell}</core:Geometry3D></core:cellSpaceGeometry>"


def polygon(ring: Sequence[Point], form: str = "pos", srs: str = "") -> str:
    said = f' srsName="{srs}"' if srs else ""
    loop = positions([*ring, ring[0]], form)
    return f"<gml:Polygon{said}><gml:exterior><gml:LinearRing>{loop}</gml:LinearRing></gml:exterior></gml:Polygon>"


def positions(points: Sequence[Point], form: str = "pos") -> str:
    plain = " ".join(str(c) for p in points for c in p)
    match form:
        case "posList":
            return f'<gml:posList srsDimension="{len(points[0])}">{plain}</gml:posList>'
        case "bare posList":
            return f"<gml:posList>{plain}</gml:posList>"
        case "coordinates":
            return f"<gml:coordinates>{' '.join(','.join(map(str, p)) for p in points)}</gml:coordinates>"
        case _:
            return "".join(f"<gml:pos>\n  {' '.join(map(str, p))}\n</gml:pos>" for p in points)


@dataclass
class Way:
    """A transition between two states (``S`` + the cell's key), or between what ``ends`` names outright."""

    a: str
    b: str
    line: Sequence[Point] = ()
    description: str = ""
    boundary: str = ""
    prefix: str = "S-"
    key: str = ""


@dataclass
class File:
    cells: list[Cell] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """Keys, and names, of states without a cell of their own (``S-`` is put before the keys)."""
    boundaries: str = ""
    layer: str = "core:SpaceLayer"
    more_layers: str = ""
    after: str = ""
    head: str = HEAD

    def xml(self) -> str:
        cells = "".join(c.xml() for c in self.cells)
        nodes = "".join(_state(c.key, f'<core:duality xlink:href="#{c.key}"/>') for c in self.cells)
        nodes += "".join(_state(s, f"<gml:name>{s}</gml:name>") for s in self.states)
        edges = "".join(self._way(n, w) for n, w in enumerate(self.ways))
        layer = (
            f'<core:spaceLayerMember><{self.layer} gml:id="L"><core:nodes>{nodes}</core:nodes>'
            f"<core:edges>{edges}</core:edges></{self.layer}></core:spaceLayerMember>"
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n{self.head}<core:primalSpaceFeatures>'
            f'<core:PrimalSpaceFeatures gml:id="P">{cells}{self.boundaries}</core:PrimalSpaceFeatures>'
            f'</core:primalSpaceFeatures><core:multiLayeredGraph><core:MultiLayeredGraph gml:id="G"><core:spaceLayers>'
            f"{layer}{self.more_layers}</core:spaceLayers>{self.after}</core:MultiLayeredGraph>"
            "</core:multiLayeredGraph></core:IndoorFeatures>"
        )

    def _way(self, n: int, w: Way) -> str:
        said = f"<gml:description>{w.description}</gml:description>" if w.description else ""
        dual = f'<core:duality xlink:href="#{w.boundary}"/>' if w.boundary else ""
        line = f"<core:geometry><gml:LineString>{positions(w.line)}</gml:LineString></core:geometry>" if w.line else ""
        return (
            f'<core:transitionMember><core:Transition gml:id="{w.key or f"T{n}"}">{said}'
            f'<core:connects xlink:href="#{w.prefix}{w.a}"/><core:connects xlink:href="#{w.prefix}{w.b}"/>'
            f"{dual}{line}</core:Transition></core:transitionMember>"
        )


def _state(key: str, inner: str) -> str:
    return f'<core:stateMember><core:State gml:id="S-{key}">{inner}</core:State></core:stateMember>'


def two_rooms(**more: object) -> File:
    """A (5 x 4 m) and B (4 x 4 m) side by side with a wall of 0.2 m between, and a way out of A."""
    return File(
        cells=[Cell("A", (0, 0, 0), (5, 4, 3)), Cell("B", (5.2, 0, 0), (9.2, 4, 3))],
        ways=[Way("A", "B", [(2.5, 2, 1), (5.1, 1, 1), (7, 2, 1)]), Way("A", "OUT")],
        states=["OUT"],
        **more,  # type: ignore[arg-type]
    )
