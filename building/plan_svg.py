"""One floor as an architect's plan in SVG: for print, for phones without a network, and for screen readers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from building import plan_symbols as symbols
from building.labels import label_point, point_within, to_shape
from building.masonry import build_walls
from building.model import XY, Building, Floor, Polygon, ServiceWindow, Space
from building.plan_sheet import UNITS_PER_M, Sheet, ems
from building.scene import floor_outline
from building.texts import text

STYLE = """
.plan{font-family:var(--font-sans,"Noto Sans SC","Noto Sans CJK SC",system-ui,sans-serif)}
.plan .ground{fill:var(--map-outside,#ECE9E2)}
.plan .slab,.plan .open{fill:var(--map-floor,#FFF)}
.plan .room{fill:var(--map-room,#F3F0EA)}
.plan .staff{fill:var(--map-staff,#E7E3DA)}
.plan .void{fill:var(--map-void,#DFDBD2)}
.plan .way{fill:var(--map-link,#DCE7E3)}
.plan .wall{fill:var(--map-wall-top,#857F73)}
.plan .wall.light{fill:var(--map-wall,#A39D90)}
.plan .wall.glass{fill:var(--map-counter,#CFDDE4);stroke:var(--map-wall-top,#857F73);stroke-width:.8}
.plan .thing{fill:var(--map-staff,#E7E3DA);stroke:var(--map-wall,#A39D90);stroke-width:.8}
.plan .thing.counter{fill:var(--map-counter,#CFDDE4)}
.plan .thing.column{fill:var(--map-wall-top,#857F73)}
.plan .line{fill:none;stroke:var(--map-wall,#A39D90);stroke-width:.9}
.plan .leaf{fill:none;stroke:var(--map-wall-top,#857F73);stroke-width:1.2}
.plan .arc{fill:none;stroke:var(--map-wall,#A39D90);stroke-width:.7}
.plan .dash{fill:none;stroke:var(--map-wall,#A39D90);stroke-width:.8;stroke-dasharray:4 3}
.plan .arrow{fill:none;stroke:var(--map-label,#465058);stroke-width:1.4}
.plan .tip{fill:var(--map-label,#465058)}
.plan text{fill:var(--map-label,#465058);text-anchor:middle;dominant-baseline:central}
.plan .plate{fill:var(--surface,#FFF);stroke:var(--line-strong,#85827A);stroke-width:1}
.plan .number{fill:var(--ink,#1C2328);font-weight:700}
.plan .note{fill:var(--ink-3,#5B656C);text-anchor:start}
""".strip()

SMALL = 8.5
_WAYS = frozenset(("stair", "stairs", "lift", "escalator", "ramp", "shaft", "stair_lobby", "exit_passage"))
_OPEN = frozenset(
    ("hall", "lobby", "corridor", "vestibule", "screening", "waiting", "window_front", "form_filling", "self_service",
     "parking", "circulation", "entrance")
)  # fmt: skip
_WALLS = {"partition": "wall light", "interior": "wall light", "glass": "wall glass", "railing": "wall glass"}
_WALL_ORDER = ("railing", "glass", "partition", "interior", "counter", "fire", "exterior")


def plan_svg(b: Building, floor_id: str, lang: str = "zh") -> str:
    """The plan of one floor, labelled in ``lang``. ``floor_id`` is one of ``b.floors``."""
    floor = next(f for f in b.floors if f.id == floor_id)
    outline = floor_outline(b, floor)
    sheet = Sheet.around([*outline, *(p for s in b.spaces if s.floor == floor.id for p in s.footprint)])
    title, description = _words(b, floor, lang)
    layers = [
        _rooms(b, floor, sheet, lang),
        _furniture(b, floor, sheet),
        _walls(b, floor, sheet),
        symbols.draw_openings(b, floor, sheet),
        symbols.draw_links(b, floor, sheet),
        symbols.draw_outdoor_links(b, floor, sheet),
        symbols.draw_entrances(b, floor, sheet, lang),
        _windows(b, floor, sheet, lang),
        _labels(b, floor, sheet, lang),
        sheet.scale_bar(),
    ]
    ids = f"plan-{floor.key}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plan" viewBox="{sheet.view_box}" lang="{escape(lang)}"'
        f' data-left-m="{sheet.x0_m:g}" data-top-m="{sheet.y1_m:g}" data-units-per-m="{UNITS_PER_M:g}"'
        f' role="group" aria-labelledby="{ids}-title {ids}-desc">'
        f'<title id="{ids}-title">{escape(title)}</title><desc id="{ids}-desc">{escape(description)}</desc>'
        f"<style>{STYLE}</style>"
        f'<rect class="ground" width="100%" height="100%"/>{_paths("slab", outline, sheet)}'
        + "".join(layers)
        + "</svg>\n"
    )


def _words(b: Building, floor: Floor, lang: str) -> tuple[str, str]:
    rooms = [s for s in b.spaces if s.floor == floor.id and s.walkable and s.access == "public"]
    names = list(dict.fromkeys(n for s in rooms if (n := text(s.name, lang))))
    windows = sorted(w.number for w in b.windows if w.floor == floor.id)
    level = text(floor.name, lang) or floor.number
    if lang == "zh":
        served = f"窗口 {windows[0]} 至 {windows[-1]}。" if windows else ""
        return f"{text(b.name, lang)} {level} 平面图", f"{served}公共区域:{'、'.join(names)}。"
    served = f"Windows {windows[0]} to {windows[-1]}. " if windows else ""
    return f"{text(b.name, lang)}, plan of {level}", f"{served}Public areas: {', '.join(names)}."


def _rooms(b: Building, floor: Floor, sheet: Sheet, lang: str) -> str:
    out = []
    for s in b.spaces:
        if s.floor == floor.id and s.footprint:
            shape = sheet.path(s.footprint)
            name = escape(text(s.name, lang) or s.number or "")
            out.append(f'<path class="{_tone(s)}" data-id="{escape(s.id)}" d="{shape}"><title>{name}</title></path>')
            if _tone(s) == "void":
                out.append(symbols.draw_void(s, sheet))
    return f"<g>{''.join(out)}</g>"


def _tone(s: Space) -> str:
    if s.kind in _WAYS:
        return "way"
    if not s.walkable:
        return "void"
    if s.access != "public":
        return "staff"
    return "open" if s.kind in _OPEN else "room"


def _furniture(b: Building, floor: Floor, sheet: Sheet) -> str:
    counters = ("counter", "desk", "kiosk", "ticket_machine", "atm")
    things = [
        f'<path class="thing {"counter" if f.kind in counters else f.kind}" d="{sheet.path([f.footprint])}"/>'
        for f in b.furniture
        if f.floor == floor.id and f.kind != "seat_row"
    ]
    seats = [symbols.draw_seat(s, sheet) for s in b.seats if s.floor == floor.id]
    bays = [symbols.draw_bay(y, sheet) for y in b.bays if y.floor == floor.id]
    return _hidden([*bays, *things, *seats])


def _walls(b: Building, floor: Floor, sheet: Sheet) -> str:
    standing = [p for p in build_walls(b) if p.floor == floor.id and p.z0_m < floor.elevation_m + 1.0]
    standing.sort(key=lambda p: _WALL_ORDER.index(p.kind) if p.kind in _WALL_ORDER else len(_WALL_ORDER))
    return _hidden(f'<path class="{_WALLS.get(p.kind, "wall")}" d="{sheet.path(p.polygons)}"/>' for p in standing)


def _windows(b: Building, floor: Floor, sheet: Sheet, lang: str) -> str:
    out = []
    below = _whose(b, floor, lang)
    for w in _windows_on(b, floor):
        x, y = sheet.at(w.stand)
        label = f"{text(w.name, lang) or w.number} {below.get(w.id, '')}".strip()
        small = f'<text x="{x:.1f}" y="{y + 15:.1f}" font-size="{SMALL}">{escape(below.get(w.id, ""))}</text>'
        out.append(
            f'<g role="img" aria-label="{escape(label)}" data-id="{escape(w.id)}">'
            f'<rect class="plate" x="{x - 15:.1f}" y="{y - 9:.1f}" width="30" height="18" rx="3"/>'
            f'<text class="number" x="{x:.1f}" y="{y + 0.5:.1f}" font-size="12">{escape(w.number)}</text>'
            f"{small if below else ''}</g>"
        )
    return "".join(out)


def _windows_on(b: Building, floor: Floor) -> list[ServiceWindow]:
    return [w for w in b.windows if w.floor == floor.id]


def _whose(b: Building, floor: Floor, lang: str) -> dict[str, str]:
    """The short name of each window's department, if they all find room between the windows."""
    short = {d.id: text(d.short or d.name, lang) for d in b.departments}
    windows = _windows_on(b, floor)
    pitch_m = min((math.dist(v.at, w.at) for v, w in itertools.combinations(windows, 2)), default=math.inf)
    names = {w.id: short.get(w.department or "", "") for w in windows}
    return names if all(ems(n) * SMALL < pitch_m * UNITS_PER_M for n in names.values()) else {}


def _labels(b: Building, floor: Floor, sheet: Sheet, lang: str) -> str:
    taken = _taken(b, floor, lang)
    lifts = {v.shafts.get(floor.id): v.name for v in b.vertical_links if v.kind == "lift"}
    out = []
    for s in b.spaces:
        if s.floor == floor.id and s.footprint:
            shape = to_shape(s.footprint)
            free, middle = shape.difference(taken), label_point(s.footprint)
            words = text(lifts[s.id], lang).split("(")[0] if s.id in lifts else text(s.name, lang) or s.number or ""
            spots = _spots(free, middle)
            out.append(sheet.label(words, spots, free) or (sheet.label(words, spots, shape) if s.walkable else ""))
    return _hidden(out)


def _taken(b: Building, floor: Floor, lang: str) -> Any:
    """Where something is drawn that a room's name must not cover."""
    import shapely

    below_m = 1.1 if _whose(b, floor, lang) else 0.6
    things = [p.buffer(0.15) for p in (to_shape([f.footprint]) for f in b.furniture if f.floor == floor.id)]
    plates = [
        shapely.box(w.stand[0] - 0.9, w.stand[1] - below_m, w.stand[0] + 0.9, w.stand[1] + 0.6)
        for w in _windows_on(b, floor)
    ]
    doors = [symbols.swept(o) for o in b.openings if o.floor == floor.id and o.width_m > 0]
    paths = [(p, v.width_m) for v in b.vertical_links for p in v.paths if len(p) > 1]
    flights = [shapely.LineString([xyz[:2] for xyz in p]).buffer(width_m / 2) for p, width_m in paths]
    return shapely.union_all([*things, *plates, *doors, *flights])


def _spots(free: Any, middle: XY | None) -> list[XY]:
    """Where a name may stand: the middle of the room, straight above or below it, else wherever there is most room."""
    import shapely

    if middle is None:
        return []
    x, (_, y0, _, y1) = middle[0], free.bounds
    column = free.intersection(shapely.LineString([(x, y0 - 1), (x, y1 + 1)]))
    runs = sorted(shapely.get_parts(column), key=lambda run: -run.length)
    centres = [(x, float(run.interpolate(0.5, normalized=True).y)) for run in runs if run.length > 0]
    return [p for p in (middle, *centres[:2], point_within(free)) if p]


def _paths(name: str, polygons: Sequence[Polygon], sheet: Sheet) -> str:
    return f'<path class="{name}" d="{sheet.path(polygons)}"/>' if polygons else ""


def _hidden(parts: Iterable[str]) -> str:
    """Drawn for the eye only: what it says stands in the titles."""
    return f'<g aria-hidden="true">{"".join(parts)}</g>'
