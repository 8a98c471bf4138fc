"""Doors drawn and changed by hand; what they join is found by the same probe that reads them from files."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from building.edits.operation import Arguments, Operation, called, put, refused
from building.errors import EditRefused
from building.labels import to_shape
from building.model import OUT, SHUT, XY, Building, Evidence, Floor, Opening, Text, Wall, key_of
from building.survey import SeenDoor, SeenFloor, SeenSpace, SeenWall, Survey

SOURCE = "editor"
NAME: Text = {"zh": "门", "en": "Door"}
DOOR_M = 2.1
WIDTH_MIN_M, WIDTH_MAX_M = 0.3, 30.0
AROUND_M = 4.0
"""What may play a part in where a door leads stands no farther from it."""
WALL_REACH_M = 0.6
"""A door drawn this near a wall is in the wall."""
SAME_M = 0.2
GROUND_REACH_M = 1.0


def _draw(b: Building, a: Arguments) -> Building:
    floor, line = a.floor(), a.points("line", at_least=2)[:2]
    kind = a.word("kind") if "kind" in a else "door"
    drawn = _straight((line[0], line[1]))
    _check_free(b, floor, drawn)
    stated = _stated_sides(b, a) if "between" in a else None
    settled, depth_m = _into_wall(b, floor, drawn)
    opening = Opening(
        id=a.fresh_id("opening", floor.id), name=NAME, floor=floor.id, kind=kind, between=stated, line=settled,
        z0_m=floor.elevation_m, height_m=min(DOOR_M, floor.height_m), evidence=Evidence(source=SOURCE, method="stated"),
    )  # fmt: skip
    return put(b, "openings", _joined(b, opening, stated or _probe(b, opening, depth_m)))


def _change(b: Building, a: Arguments) -> Building:
    opening = a.entity("id", b.openings)
    if "kind" in a:
        opening = replace(opening, kind=a.word("kind"))
    if "between" in a:
        opening = _joined(b, opening, _stated_sides(b, a))
        opening = replace(opening, evidence=Evidence(source=SOURCE, method="stated"))
    if "closed_for_good" in a:
        opening = _shut(opening) if a.flag("closed_for_good") else _reopened(b, opening)
    return put(b, "openings", opening)


def moved_opening(b: Building, opening: Opening, at: XY, floor: Floor) -> Opening:
    """The opening with its middle there, joining what is on its sides there."""
    (x0, y0), (x1, y1) = opening.line
    dx, dy = at[0] - (x0 + x1) / 2, at[1] - (y0 + y1) / 2
    line = ((round(x0 + dx, 3), round(y0 + dy, 3)), (round(x1 + dx, 3), round(y1 + dy, 3)))
    old_floor = next((f.elevation_m for f in b.floors if f.id == opening.floor), floor.elevation_m)
    there = replace(
        opening, line=line, floor=floor.id, z0_m=round(opening.z0_m + floor.elevation_m - old_floor, 3), one_way=None,
        swing_to=None,
    )  # fmt: skip
    if opening.between is None:
        return there
    _, depth_m = _into_wall(b, floor, line)
    return _joined(b, there, _probe(b, there, depth_m))


def _joined(b: Building, opening: Opening, between: tuple[str, str]) -> Opening:
    outside = OUT in between
    keeps = opening.between is not None and set(opening.between) == set(between)
    return replace(
        opening, between=between, exit=outside, outside_place=_ground_at(b, opening) if outside else None,
        one_way=opening.one_way if keeps else None, swing_to=opening.swing_to if keeps else None,
    )  # fmt: skip


def _shut(opening: Opening) -> Opening:
    return replace(
        opening, between=None, exit=False, one_way=None, swing_to=None, outside_place=None,
        evidence=Evidence(source=SOURCE, method=SHUT),
    )  # fmt: skip


def _reopened(b: Building, opening: Opening) -> Opening:
    if opening.between is not None:
        return opening
    floor = next(f for f in b.floors if f.id == opening.floor)
    _, depth_m = _into_wall(b, floor, opening.line)
    found = _joined(b, opening, _probe(b, opening, depth_m))
    return replace(found, evidence=Evidence(source=SOURCE, method="probe", confidence=found.evidence.confidence))


def _stated_sides(b: Building, a: Arguments) -> tuple[str, str]:
    sides = a.ids("between")
    known = {s.id for s in b.spaces} | {OUT}
    if len(sides) != 2 or not set(sides) <= known:
        raise refused(
            "门的两侧要是两处不同的空间，或一处空间和室外。",
            "A door joins two different rooms, or one and the outside.",
            todo_zh="请在图上点选两侧的房间。", todo_en="Choose the rooms on its two sides on the plan.",
        )  # fmt: skip
    return sides[0], sides[1]


def _straight(line: tuple[XY, XY]) -> tuple[XY, XY]:
    width_m = math.dist(*line)
    if not WIDTH_MIN_M <= width_m <= WIDTH_MAX_M:
        raise refused(
            f"门洞宽 {width_m:.2f} 米。", f"The opening is {width_m:.2f} m wide.",
            todo_zh=f"请画 {WIDTH_MIN_M:g} 到 {WIDTH_MAX_M:g} 米宽。",
            todo_en=f"Draw it {WIDTH_MIN_M:g} to {WIDTH_MAX_M:g} m wide.",
        )  # fmt: skip
    return line


def _check_free(b: Building, floor: Floor, line: tuple[XY, XY]) -> None:
    """Two doors in one place are one door too many."""
    import shapely

    drawn = shapely.LineString(line).buffer(SAME_M, cap_style="flat")
    for other in b.openings:
        if other.floor == floor.id and other.width_m > 0:
            there = shapely.LineString(other.line)
            if there.intersection(drawn).length > 0.5 * min(there.length, math.dist(*line)):
                raise refused(
                    f"这里已有{called(b, other.id, 'zh')}。", f"{called(b, other.id, 'en')} is here already.",
                    todo_zh="请改动已有的门，或画在别处。", todo_en="Change that one, or draw elsewhere.",
                )  # fmt: skip


def _into_wall(b: Building, floor: Floor, line: tuple[XY, XY]) -> tuple[tuple[XY, XY], float]:
    """The line in the middle of the wall it was drawn on, and how thick that is there; 0 where there is none."""
    import shapely

    (x0, y0), (x1, y1) = line
    length = math.dist(*line)
    nx, ny = -(y1 - y0) / length, (x1 - x0) / length
    mx, my = (x0 + x1) / 2, (y0 + y1) / 2
    across = shapely.LineString(
        [(mx - nx * WALL_REACH_M, my - ny * WALL_REACH_M), (mx + nx * WALL_REACH_M, my + ny * WALL_REACH_M)]
    )
    walls = shapely.union_all([to_shape(w.footprint) for w in b.walls if _in_the_way(w, floor)])
    pieces = [p for p in shapely.get_parts(across.intersection(walls)) if p.length > 0]
    if not pieces:
        return line, 0.0
    middle = shapely.Point(mx, my)
    wall = min(pieces, key=lambda p: float(p.distance(middle)))
    centre = wall.interpolate(0.5, normalized=True)
    dx, dy = float(centre.x) - mx, float(centre.y) - my
    settled = ((round(x0 + dx, 3), round(y0 + dy, 3)), (round(x1 + dx, 3), round(y1 + dy, 3)))
    return settled, float(wall.length)


def _in_the_way(wall: Wall, floor: Floor) -> bool:
    return wall.z0_m < floor.elevation_m + 1.5 and wall.z0_m + wall.height_m > floor.elevation_m + 0.5


def _probe(b: Building, opening: Opening, depth_m: float) -> tuple[str, str]:
    """What is on its two sides; raises EditRefused where that cannot be told."""
    from building.understanding.doors import DoorReader
    from building.understanding.floors import Hulls
    from building.understanding.plans import Obstacles, Room, Rooms

    near = _Around(b, opening)
    reader = DoorReader(
        Survey(site=b.site, name=b.name, format=SOURCE, schema=b.schema, floors=near.floors),
        Rooms([Room(space=s, plan=p, z0_m=s.z0_m, z1_m=s.z0_m + s.height_m) for s, p in near.spaces]),
        Obstacles(near.walls),
        Hulls(near.floors, near.seen_spaces, near.walls),
    )
    door = SeenDoor(
        key=opening.key, name=opening.name, floor=key_of(opening.floor), line=opening.line, z0_m=opening.z0_m,
        height_m=max(opening.height_m, DOOR_M), depth_m=depth_m,
    )  # fmt: skip
    warnings: list[str] = []
    found = reader.read([door], warnings)
    if not found or found[0].between is None:
        raise _unclear(opening)
    return found[0].between


class _Around:
    """What stands near a door, as the reader of doors wants it."""

    def __init__(self, b: Building, opening: Opening) -> None:
        import shapely

        area = shapely.LineString(opening.line).buffer(AROUND_M)

        def plan_of(footprint: Any) -> Any:
            shape = to_shape(footprint)
            return shape if not shape.is_empty and shape.intersects(area) else None

        self.spaces = [(s, p) for s in b.spaces if (p := plan_of(s.footprint)) is not None]
        self.walls = [
            SeenWall(key=w.key, name=w.name, floor=w.floor, plan=p, z0_m=w.z0_m, z1_m=w.z0_m + w.height_m)
            for w in b.walls
            if (p := plan_of(w.footprint)) is not None
        ]
        self.seen_spaces = [
            SeenSpace(key=s.key, name=s.name, floor=s.floor, plan=p, z0_m=s.z0_m, z1_m=s.z0_m + s.height_m)
            for s, p in self.spaces
        ]
        self.floors = tuple(
            SeenFloor(
                key=f.key, name=f.name, number=f.number, elevation_m=f.elevation_m,
                outline=to_shape(f.outline) if f.outline else None,
            )
            for f in b.floors
        )  # fmt: skip


def _unclear(opening: Opening) -> EditRefused:
    (x0, y0), (x1, y1) = opening.line
    at = f"{(x0 + x1) / 2:.1f}, {(y0 + y1) / 2:.1f}"
    return refused(
        f"看不出 {at} 处的门连通哪两处：两侧没有两个不同的房间，也不在外墙上。",
        f"What a door at {at} joins cannot be told: there are no two different rooms on its sides, nor the outside.",
        todo_zh="请画在两个房间之间的墙上，或自己点选两侧的房间。",
        todo_en="Draw it on the wall between two rooms, or choose the rooms on its sides yourself.",
    )


def _ground_at(b: Building, opening: Opening) -> str | None:
    """The piece of ground outside the door, where the building has any drawn."""
    import shapely

    line = shapely.LineString(opening.line)
    away = [(float(to_shape([p.footprint]).distance(line)), p.id) for p in b.outdoor_places if p.kind != "assembly"]
    near = [found for found in away if found[0] <= GROUND_REACH_M]
    return min(near)[1] if near else None


def _describe_draw(_: Building, a: Arguments) -> Text:
    floor = a.floor()
    return {"zh": f"在 {floor.number} 画门", "en": f"Draw a door on {floor.number}"}


def _describe_change(b: Building, a: Arguments) -> Text:
    zh, en = called(b, a.id("id"), "zh"), called(b, a.id("id"), "en")
    if "closed_for_good" in a:
        shut = a.flag("closed_for_good")
        return (
            {"zh": f"封死 {zh}", "en": f"Shut {en} for good"}
            if shut
            else {"zh": f"重新打开 {zh}", "en": f"Reopen {en}"}
        )
    return {"zh": f"改动 {zh}", "en": f"Change {en}"}


OPERATIONS = (
    Operation(name="draw_opening", needs=("floor", "line"), may=("kind", "between"), apply=_draw,
              describe=_describe_draw),
    Operation(name="change_opening", needs=("id",), may=("kind", "between", "closed_for_good"), apply=_change,
              describe=_describe_change),
)  # fmt: skip
