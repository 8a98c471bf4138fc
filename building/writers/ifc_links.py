"""Stairs, ramps, escalators and lifts in IFC: slabs that slope along the walking line, shafts from stop to stop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from building.model import XYZ, OutdoorLink, Polygon, VerticalLink
from building.shapes import band
from building.texts import text
from building.writers.ifc_shell import Draft
from building.writers.writer import Loss

THICKNESS_M = 0.18
STRAIGHT_M = 0.05
LEVEL_M = 0.02
"""A piece of the way that rises less is a landing."""
STEEPEST = 2.0
"""Metres up a metre on plan; steeper, what joins two stops is drawn as a tower in which the stairs wind."""
CAR_M = (1.6, 1.6)
HEAD_M = 2.2
"""A lift's body ends this much above its highest stop."""

Path = tuple[XYZ, ...]


def write_links(d: Draft) -> None:
    for link in d.b.vertical_links:
        if not link.stops:
            d.losses.append(
                Loss(what="vertical_links", count=1, reason=f"{link.key} has no stops, so it stands nowhere")
            )
        elif link.kind in ("lift", "escalator"):
            _transport(d, link)
        else:
            _climb(d, link)


def _transport(d: Draft, link: VerticalLink) -> None:
    lift = link.kind == "lift"
    storey, z_m = _lowest(d, link)
    solids = _shaft(d, link) if lift else [_slab(d, a, b, link.width_m, z_m) for a, b in _pieces(d, link)]
    made = d.out.product(
        "IfcTransportElement", link, Name=text(link.name) or link.key, ObjectType=link.kind,
        PredefinedType="ELEVATOR" if lift else "ESCALATOR", ObjectPlacement=d.within(storey, (0.0, 0.0, z_m)),
        Representation=d.out.shape(solids, _axes(d, link, z_m), "Axis"),
    )  # fmt: skip
    d.out.contain(d.storeys[storey], made)
    d.tell(made, link)


def _climb(d: Draft, link: VerticalLink) -> None:
    kind = "IfcStair" if link.kind == "stairs" else "IfcRamp"
    storey, z_m = _lowest(d, link)
    whole = d.out.product(
        kind, link, Name=text(link.name) or link.key, ObjectType=link.kind, PredefinedType="NOTDEFINED",
        ObjectPlacement=d.within(storey, (0.0, 0.0, z_m)), Representation=d.out.shape([], _axes(d, link, z_m), "Axis"),
    )  # fmt: skip
    d.out.contain(d.storeys[storey], whole)
    d.tell(whole, link)
    for n, (a, b) in enumerate(_pieces(d, link), 1):
        rising = abs(b[2] - a[2]) > LEVEL_M
        part = d.out.product(
            f"{kind}Flight" if rising else "IfcSlab", link, part=f"flight {n}", Name=f"{text(link.name)} {n}",
            PredefinedType="NOTDEFINED" if rising else "LANDING", ObjectPlacement=d.out.placement(whole),
            Representation=d.out.shape([_slab(d, a, b, link.width_m, z_m)]),
        )  # fmt: skip
        d.out.compose(whole, part)


def _axes(d: Draft, link: VerticalLink, origin_z_m: float) -> list[Any]:
    """The walking lines as they were drawn."""
    return [d.out.line((x, y, z - origin_z_m) for x, y, z in path) for path in link.paths]


def _lowest(d: Draft, link: VerticalLink) -> tuple[str, float]:
    floor = min((stop.floor for stop in link.stops), key=d.levels.__getitem__)
    return floor, d.levels[floor]


def _pieces(d: Draft, link: VerticalLink) -> Iterator[tuple[XYZ, XYZ]]:
    """The straight pieces of every way; between stops where no way is drawn."""
    for path in link.paths or _from_stops(d, link):
        yield from pairwise(_straightened(path))


def _straightened(path: Path) -> Path:
    """The corners of a way: a flight drawn tread by tread is one slope."""
    if len(path) < 3:
        return path
    foot, head = np.asarray(path[0]), np.asarray(path[-1])
    along = (head - foot) / (np.linalg.norm(head - foot) or 1.0)
    away = [float(np.linalg.norm(np.cross(np.asarray(p) - foot, along))) for p in path]
    corner = int(np.argmax(away))
    if away[corner] <= STRAIGHT_M:
        return path[0], path[-1]
    return _straightened(path[: corner + 1])[:-1] + _straightened(path[corner:])


def _from_stops(d: Draft, link: VerticalLink) -> Iterator[Path]:
    points = sorted(((*stop.at, d.levels[stop.floor]) for stop in link.stops), key=lambda p: p[2])
    yield from pairwise(points)


def _slab(d: Draft, a: XYZ, b: XYZ, width_m: float, origin_z_m: float) -> Any:
    foot, head = ((x, y, z - origin_z_m) for x, y, z in ((a, b) if a[2] <= b[2] else (b, a)))
    run, rise = math.dist(foot[:2], head[:2]), head[2] - foot[2]
    if rise <= LEVEL_M and run > 0.0:
        landing = band((foot[:2], head[:2]), width_m)[0]
        return d.out.prism(landing, THICKNESS_M, z_m=foot[2] - THICKNESS_M)
    if run == 0.0 or rise / run > STEEPEST:
        (x, y), h = ((foot[0] + head[0]) / 2, (foot[1] + head[1]) / 2), max(run, width_m) / 2
        tower = Polygon(outer=((x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h)))
        return d.out.prism(tower, max(rise, THICKNESS_M), z_m=foot[2])
    return d.out.slope(foot, head, width_m, THICKNESS_M)


def _shaft(d: Draft, link: VerticalLink) -> list[Any]:
    """One body through all stops: as its shaft is drawn, else as large as the car where people wait for it."""
    levels = [d.levels[stop.floor] for stop in link.stops]
    height_m = max(levels) - min(levels) + HEAD_M
    lowest = min(link.shafts, key=d.levels.__getitem__, default=None)
    drawn = next((s.footprint for s in d.b.spaces if lowest and s.id == link.shafts[lowest]), ())
    if drawn:
        return [d.out.prism(p, height_m) for p in drawn]
    x, y = (sum(stop.at[i] for stop in link.stops) / len(link.stops) for i in (0, 1))
    w, h = (side / 2 for side in link.car_size_m or CAR_M)
    return [d.out.prism(Polygon(outer=((x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h))), height_m)]


def write_outdoor_link(d: Draft, link: OutdoorLink) -> Any:
    """A ramp or steps before the house; a piece of ground that touches the next needs no body."""
    rising = link.kind in ("ramp", "stairs")
    solids = [_slab(d, a, b, link.width_m, 0.0) for a, b in pairwise(link.path)] if rising else []
    return d.out.product(
        "IfcGeographicElement", link, Name=text(link.name) or link.key, ObjectType=link.kind,
        PredefinedType="USERDEFINED", ObjectPlacement=d.out.placement(d.site),
        Representation=d.out.shape(solids, [d.out.line(link.path)] if link.path else [], "Axis"),
    )  # fmt: skip
