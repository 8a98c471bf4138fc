"""The signs of an architect's plan: door leaves, stair treads, lift crosses, escalators, seats, parking bays."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from building.labels import label_point
from building.model import OUT, XY, XYZ, Bay, Building, Floor, Opening, OutdoorLink, Seat, Space, VerticalLink
from building.plan_sheet import UNITS_PER_M, Sheet, ems
from building.texts import text

TREAD_M = 0.3
NEAR_M = 0.3
ENTRANCE_M = 1.5
"""How far before a door its arrow begins."""
ENTRANCE_NAME_EMS = 12
"""Longer ones are no names for people but types of doors."""
ARROW = 5.0
DOUBLE_FROM_M = 1.3
"""Doors from this width on have two leaves."""
SEAT_M = 0.42
_SIGNS = {
    "charging": '<path class="tip" transform="translate({x} {y})" d="M1.5-7L-4 1.5H-.5L-1.5 7L4-1.5H.5Z"/>',
    "accessible": '<g class="sign" transform="translate({x} {y})"><circle class="tip" cx="-1" cy="-6" r="1.6"/>'
    '<path class="arrow" d="M-1-3.5V1H3.5L5 5.5M-3.2-.5A4 4 0 1 0 2.6 4.6"/></g>',
}
_LEAVES = frozenset(("door", "swing", "fire"))


def draw_openings(b: Building, floor: Floor, sheet: Sheet) -> str:
    inside = {s.id: label_point(s.footprint) for s in b.spaces if s.floor == floor.id}
    drawn = (_opening(o, inside, sheet) for o in b.openings if o.floor == floor.id and o.width_m > 0)
    return f'<g aria-hidden="true">{"".join(drawn)}</g>'


def _opening(o: Opening, inside: dict[str, XY | None], sheet: Sheet) -> str:
    if o.kind == "open":
        return f'<path class="dash" d="{sheet.line(o.line)}"/>'
    if o.kind in _LEAVES:
        side = _swing_side(o, inside)
        if o.width_m < DOUBLE_FROM_M:
            return _leaf(o.line, side, sheet)
        left, right = _halves(o.line)
        return _leaf(left, side, sheet) + _leaf(right, -side, sheet)
    if o.kind == "rolling":
        return f'<path class="dash" d="{sheet.line(o.line)}"/>'
    if o.kind == "turnstile":
        return "".join(_flap(p, o.line, sheet) for p in o.line)
    across = (_beside(o.line, 0.06), _beside(o.line, -0.06)) if o.kind == "lift" else (o.line,)
    return "".join(f'<path class="leaf" d="{sheet.line(line)}"/>' for line in across)


def swept(o: Opening) -> Any:
    """The ground the leaves of a door pass over, on either side."""
    import shapely

    leaf_m = 0.0 if o.kind not in _LEAVES else o.width_m if o.width_m < DOUBLE_FROM_M else o.width_m / 2
    return shapely.LineString(o.line).buffer(leaf_m, cap_style="flat")


def _swing_side(o: Opening, inside: dict[str, XY | None]) -> float:
    """+1 where the leaf opens to the left of the line, -1 to the right; into the first room if nothing is said."""
    into = o.swing_to or next((s for s in o.between or () if s != OUT), None)
    (x0, y0), (x1, y1) = o.line
    other = next((s for s in o.between or () if s not in (into, OUT)), None)
    towards, sign = (inside.get(into), 1.0) if into and into != OUT else (inside.get(other or ""), -1.0)
    if towards is None:
        return 1.0
    return math.copysign(1.0, sign * ((x1 - x0) * (towards[1] - y0) - (y1 - y0) * (towards[0] - x0)))


def _halves(line: tuple[XY, XY]) -> tuple[tuple[XY, XY], tuple[XY, XY]]:
    """Two leaves, each from its own jamb to the middle: what is left of one is right of the other."""
    middle = middle_of(line)
    return (line[0], middle), (line[1], middle)


def middle_of(line: tuple[XY, XY]) -> XY:
    (x0, y0), (x1, y1) = line
    return ((x0 + x1) / 2, (y0 + y1) / 2)


def _leaf(line: tuple[XY, XY], side: float, sheet: Sheet) -> str:
    (x0, y0), (x1, y1) = line
    tip = (x0 - side * (y1 - y0), y0 + side * (x1 - x0))
    (tx, ty), (ex, ey) = sheet.at(tip), sheet.at(line[1])
    radius, sweep = math.dist(*line) * UNITS_PER_M, 1 if side > 0 else 0
    return (
        f'<path class="leaf" d="{sheet.line((line[0], tip))}"/>'
        f'<path class="arc" d="M{tx:.1f} {ty:.1f}A{radius:.1f} {radius:.1f} 0 0 {sweep} {ex:.1f} {ey:.1f}"/>'
    )


def _beside(line: tuple[XY, XY], by_m: float) -> tuple[XY, XY]:
    (x0, y0), (x1, y1) = line
    length = math.dist(*line)
    nx, ny = -(y1 - y0) / length * by_m, (x1 - x0) / length * by_m
    return ((x0 + nx, y0 + ny), (x1 + nx, y1 + ny))


def _flap(end: XY, line: tuple[XY, XY], sheet: Sheet) -> str:
    """The cabinet of a gate beside its lane."""
    (x0, y0), (x1, y1) = line
    length = math.dist(*line)
    nx, ny = -(y1 - y0) / length * 0.6, (x1 - x0) / length * 0.6
    return f'<path class="leaf" d="{sheet.line(((end[0] - nx, end[1] - ny), (end[0] + nx, end[1] + ny)))}"/>'


def draw_links(b: Building, floor: Floor, sheet: Sheet) -> str:
    spaces = {s.id: s for s in b.spaces}
    out: list[str] = []
    for v in b.vertical_links:
        if not any(s.floor == floor.id for s in v.stops):
            continue
        shaft = spaces.get(v.shafts.get(floor.id, ""))
        if v.kind == "lift" and shaft:
            out.append(draw_void(shaft, sheet))
        else:
            out += [_flight(v, path, floor, sheet) for path in _paths_from(v, floor, b)]
    return f'<g aria-hidden="true">{"".join(out)}</g>'


def _paths_from(v: VerticalLink, floor: Floor, b: Building) -> Iterator[Sequence[XYZ]]:
    """Runs that start on this floor; on the topmost floor of the link, those that arrive."""
    starting = [p for p in v.paths if p and _level(b, p[0][2]) == floor.id]
    yield from starting or [p for p in v.paths if p and _level(b, p[-1][2]) == floor.id]


def _level(b: Building, z_m: float) -> str:
    return min(b.floors, key=lambda f: abs(f.elevation_m - z_m)).id


def _flight(v: VerticalLink, path: Sequence[XYZ], floor: Floor, sheet: Sheet) -> str:
    plan = [(x, y) for x, y, _ in path]
    treads = [line for a, b in itertools.pairwise(path) if a[2] != b[2] for line in _treads(a, b, v.width_m)]
    starts_here = floor.elevation_m <= path[0][2] + NEAR_M
    arrow = plan if v.direction == "up" or (v.direction == "both" and starts_here) else plan[::-1]
    lines = "".join(f'<path class="line" d="{sheet.line(t)}"/>' for t in treads if v.kind != "ramp")
    return lines + f'<path class="arrow" d="{sheet.line(arrow)}"/>' + _tip(arrow, sheet)


def draw_outdoor_links(b: Building, floor: Floor, sheet: Sheet) -> str:
    """Steps and ramps that lead up to this floor."""
    out = []
    for v in b.outdoor_links:
        if v.kind in ("stairs", "ramp") and v.path and abs(v.path[-1][2] - floor.elevation_m) < NEAR_M:
            runs = itertools.pairwise(v.path)
            lines = [t for a, z in runs for t in (_treads(a, z, v.width_m) if v.kind == "stairs" else _edges(a, z, v))]
            way = [(x, y) for x, y, _ in v.path]
            arrow = f'<path class="arrow" d="{sheet.line(way)}"/>' + _tip(way, sheet) if v.kind == "ramp" else ""
            out += [f'<path class="line" d="{sheet.line(t)}"/>' for t in lines] + [arrow]
    return f'<g aria-hidden="true">{"".join(out)}</g>'


def _edges(a: XYZ, b: XYZ, v: OutdoorLink) -> Iterator[tuple[XY, XY]]:
    line = ((a[0], a[1]), (b[0], b[1]))
    yield from (_beside(line, v.width_m / 2), _beside(line, -v.width_m / 2))


def draw_entrances(b: Building, floor: Floor, sheet: Sheet, lang: str) -> str:
    """An arrow and a name before every door by which people come in."""
    out: list[str] = []
    inside = {s.id: label_point(s.footprint) for s in b.spaces if s.floor == floor.id}
    for o in b.openings:
        space = next((s for s in o.between or () if s != OUT), "")
        comes_in = o.floor == floor.id and OUT in (o.between or ()) and o.exit and o.one_way is None and o.width_m > 0
        if not comes_in or inside.get(space) is None:
            continue
        at, near = middle_of(o.line), _beside(o.line, 1.0)
        within = inside[space] or at
        outward = -1.0 if math.dist(middle_of(near), within) < math.dist(at, within) else 1.0
        foot, tip = (middle_of(_beside(o.line, outward * d)) for d in (ENTRANCE_M, ENTRANCE_M - 0.8))
        out.append(f'<path class="arrow" d="{sheet.line((foot, tip))}"/>' + _tip((foot, tip), sheet))
        name, sideways = text(o.name, lang), abs(foot[0] - tip[0]) > abs(foot[1] - tip[1])
        if ems(name) <= ENTRANCE_NAME_EMS:
            beyond = middle_of(_beside(o.line, outward * (ENTRANCE_M + 0.45)))
            out.append(sheet.text((name,), beyond, 10.5, upright=sideways))
    return f'<g aria-hidden="true">{"".join(out)}</g>'


def _treads(a: XYZ, b: XYZ, width_m: float) -> Iterator[tuple[XY, XY]]:
    run_m = math.hypot(b[0] - a[0], b[1] - a[1])
    if run_m < TREAD_M:
        return
    ux, uy = (b[0] - a[0]) / run_m, (b[1] - a[1]) / run_m
    nx, ny = -uy * width_m / 2, ux * width_m / 2
    for n in range(int(run_m / TREAD_M) + 1):
        x, y = a[0] + ux * n * TREAD_M, a[1] + uy * n * TREAD_M
        yield (x + nx, y + ny), (x - nx, y - ny)


def _tip(line: Sequence[XY], sheet: Sheet) -> str:
    (x0, y0), (x1, y1) = sheet.at(line[-2]), sheet.at(line[-1])
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    ux, uy = (x1 - x0) / length * ARROW, (y1 - y0) / length * ARROW
    left, right = (x1 - ux - uy * 0.6, y1 - uy + ux * 0.6), (x1 - ux + uy * 0.6, y1 - uy - ux * 0.6)
    corners = "L".join(f"{x:.1f} {y:.1f}" for x, y in ((x1 + ux / 2, y1 + uy / 2), left, right))
    return f'<path class="tip" d="M{corners}Z"/>'


def draw_void(s: Space, sheet: Sheet) -> str:
    """A cross from corner to corner: nobody stands here."""
    xs, ys = [x for p in s.footprint for x, _ in p.outer], [y for p in s.footprint for _, y in p.outer]
    a, b = (min(xs), min(ys)), (max(xs), max(ys))
    return f'<path class="line" d="{sheet.line((a, b))}{sheet.line(((a[0], b[1]), (b[0], a[1])))}"/>'


def draw_seat(s: Seat, sheet: Sheet) -> str:
    x, y = sheet.at(s.at)
    size = SEAT_M * UNITS_PER_M
    corner = f'x="{x - size / 2:.1f}" y="{y - size / 2:.1f}"'
    return f'<rect class="thing" {corner} width="{size:.1f}" height="{size:.1f}" rx="2"/>'


def draw_bay(y: Bay, sheet: Sheet) -> str:
    x, at_y = sheet.at(label_point((y.footprint,)) or y.footprint.outer[0])
    sign = _SIGNS.get(y.kind, "").format(x=f"{x:.1f}", y=f"{at_y - 14:.1f}")
    return (
        f'<path class="line" d="{sheet.path([y.footprint])}"/>{sign}'
        f'<text x="{x:.1f}" y="{at_y:.1f}" font-size="8">{escape(y.key)}</text>'
    )
