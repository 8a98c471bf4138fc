"""Rooms drawn, joined, renamed in kind and taken out of what can be walked; links between floors."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

from building.departments import floor_number
from building.edits.openings import SOURCE
from building.edits.operation import (
    Arguments,
    Operation,
    called,
    get,
    near_space,
    polygons_of,
    put,
    refused,
    take,
)
from building.labels import to_shape
from building.model import Building, Evidence, LinkKind, Polygon, Space, Stop, Text, VerticalLink
from building.references import list_users, repoint

AREA_MIN_M2 = 0.5
JOIN_GAP_M = 0.4
"""Two rooms farther apart than this are not one."""
ROUNDING_M = 0.001
STOP_REACH_M = 0.5
STEP_FREE = frozenset({"lift", "ramp"})
WIDTH_M = 1.2


def _set_walkable(b: Building, a: Arguments) -> Building:
    return put(b, "spaces", replace(a.space("space"), walkable=a.flag("walkable")))


def _set_kind(b: Building, a: Arguments) -> Building:
    return put(b, "spaces", replace(a.space("space"), kind=a.word("kind")))


def _draw(b: Building, a: Arguments) -> Building:
    """Only the part that is nobody's yet becomes the new room."""
    import shapely

    floor, ring = a.floor(), a.points("outline", at_least=3)
    drawn = shapely.Polygon(ring)
    if not drawn.is_valid or drawn.area < AREA_MIN_M2:
        raise refused(
            "轮廓自己相交，或不到半平方米。", "The outline crosses itself or covers less than half a square metre.",
            todo_zh="请绕房间一圈重新画。", todo_en="Draw it again, once around the room.",
        )  # fmt: skip
    taken = {s.id: to_shape(s.footprint) for s in b.spaces if s.floor == floor.id and s.footprint}
    free = drawn.difference(shapely.union_all(list(taken.values())))
    if free.area < drawn.area / 2:
        over = max(taken, key=lambda s: float(taken[s].intersection(drawn).area))
        raise refused(
            f"这里大半已是{called(b, over, 'zh')}。", f"Most of this is {called(b, over, 'en')} already.",
            todo_zh="请画在没有房间的地方，或改名已有的房间。",
            todo_en="Draw where there is no room yet, or rename the one that is there.",
        )  # fmt: skip
    footprint = polygons_of(free, least_m2=AREA_MIN_M2 / 2)
    space = Space(
        id=a.fresh_id("space", floor.id), name=a.words("name"), floor=floor.id, kind=a.word("kind"),
        footprint=footprint or (Polygon(outer=ring),), z0_m=floor.elevation_m,
        height_m=floor.clear_height_m or floor.height_m,
    )  # fmt: skip
    return put(b, "spaces", space)


def _join(b: Building, a: Arguments) -> Building:
    """The second becomes part of the first; everything that spoke of it speaks of the first."""
    first, second = a.space("a"), a.space("b")
    if first.id == second.id or first.floor != second.floor:
        raise refused(
            "要合并的是同一层的两个不同房间。", "Two different rooms of one floor can be joined.",
            todo_zh="请选同一层的两个房间。", todo_en="Choose two rooms of the same floor.",
        )  # fmt: skip
    footprint = _merged(b, first, second)
    between = [o for o in b.openings if o.between is not None and set(o.between) == {first.id, second.id}]
    for opening in between:
        if users := [e for e in list_users(b, opening.id) if e.id != opening.id]:
            raise refused(
                f"两者之间的{called(b, opening.id, 'zh')}还由{called(b, users[0].id, 'zh')}使用。",
                f"{called(b, users[0].id, 'en')} still uses {called(b, opening.id, 'en')} between them.",
                todo_zh="请先停用它。", todo_en="Retire that first.",
            )  # fmt: skip
        b = take(b, opening.id)
    b = take(b, second.id)
    joined = replace(
        first, footprint=footprint, capacity=_sum(first.capacity, second.capacity),
        z0_m=min(first.z0_m, second.z0_m),
        aliases=tuple(dict.fromkeys((*first.aliases, *second.aliases, *_said(second)))),
    )  # fmt: skip
    lists: dict[str, Any] = {
        name: tuple(repoint(e, {second.id: first.id}) for e in entities) for name, entities in b.lists().items()
    }
    return put(replace(b, **lists), "spaces", joined)


def _merged(b: Building, first: Space, second: Space) -> tuple[Polygon, ...]:
    """Both with the gap between them, less the walls and rooms that stand in it."""
    import shapely

    mine, other = to_shape(first.footprint), to_shape(second.footprint)
    both = shapely.union_all([mine, other])
    half_m = JOIN_GAP_M / 2 + ROUNDING_M
    bridged = both.buffer(half_m, join_style="mitre").buffer(-half_m, join_style="mitre")
    standing = [to_shape(w.footprint) for w in b.walls if w.floor == first.floor]
    standing += [
        to_shape(s.footprint) for s in b.spaces if s.floor == first.floor and s.id not in (first.id, second.id)
    ]
    gap = bridged.difference(both).difference(shapely.union_all(standing))
    merged = (
        shapely.union_all([both, gap]).buffer(ROUNDING_M, join_style="mitre").buffer(-ROUNDING_M, join_style="mitre")
    )
    was = len(shapely.get_parts(mine)) + len(shapely.get_parts(other))
    if both.is_empty or len(shapely.get_parts(merged)) >= was:
        raise refused(
            f"{called(b, first.id, 'zh')}和{called(b, second.id, 'zh')}不相接，或被墙隔开。",
            f"{called(b, first.id, 'en')} and {called(b, second.id, 'en')} do not meet, or a wall stands between them.",
            todo_zh="请在墙上画门，不要合并。", todo_en="Draw a door in the wall instead of joining them.",
        )  # fmt: skip
    return polygons_of(merged)


def _said(space: Space) -> tuple[str, ...]:
    return tuple(w for w in (*space.name.values(), space.number or "") if w)


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


def _add_link(b: Building, a: Arguments) -> Building:
    kind: LinkKind = a.choice("kind", get_args(LinkKind))  # type: ignore[assignment]
    stops = sorted((_stop(b, s) for s in a.objects("stops")), key=lambda s: _elevation(b, s))
    floors = [s.floor for s in stops]
    if len(stops) < 2 or len(set(floors)) < len(floors):
        raise refused(
            "楼梯和电梯要停靠至少两层，每层一处。", "A link stops on two floors at least, once on each.",
            todo_zh="请在每层点一处停靠点。", todo_en="Choose one spot on each floor.",
        )  # fmt: skip
    points = [(*s.at, _elevation(b, s)) for s in stops]
    link = VerticalLink(
        id=a.fresh_id("link", stops[0].floor), name=a.words("name"), kind=kind, stops=tuple(stops),
        step_free=kind in STEP_FREE, width_m=WIDTH_M,
        direction=a.choice("direction", ("both", "up", "down")) if "direction" in a else "both",  # type: ignore[arg-type]
        paths=() if kind == "lift" else tuple(pairwise(points)),
        evidence=Evidence(source=SOURCE, method="stated"),
    )  # fmt: skip
    return put(b, "vertical_links", link)


def _stop(b: Building, said: Any) -> Stop:
    a = Arguments(b, said)
    floor, at = a.floor(), a.point("at")
    space = near_space(b, floor.id, at, within_m=STOP_REACH_M)
    if space is None:
        raise refused(
            f"{floor.number} 的停靠点不在任何房间里。", f"The stop on {floor.number} stands in no room.",
            todo_zh="请点在楼梯或电梯门前的地面上。", todo_en="Choose the floor before the stair or lift door.",
        )  # fmt: skip
    return Stop(floor=floor.id, space=space.id, at=at)


def _elevation(b: Building, stop: Stop) -> float:
    return get(b.floors, stop.floor).elevation_m


# --- in words


def _describe_walkable(b: Building, a: Arguments) -> Text:
    zh, en = called(b, a.id("space"), "zh"), called(b, a.id("space"), "en")
    if a.flag("walkable"):
        return {"zh": f"{zh}标为可走", "en": f"{en} can be walked"}
    return {"zh": f"{zh}标为不可走", "en": f"{en} cannot be walked"}


def _describe_kind(b: Building, a: Arguments) -> Text:
    return {
        "zh": f"{called(b, a.id('space'), 'zh')}的用途改为 {a.word('kind')}",
        "en": f"{called(b, a.id('space'), 'en')} is a {a.word('kind')}",
    }


def _describe_draw(b: Building, a: Arguments) -> Text:
    name, number = a.words("name"), floor_number(b, a.id("floor"))
    zh, en = name.get("zh") or name["en"], name.get("en") or name["zh"]
    return {"zh": f"在 {number} 画房间“{zh}”", "en": f"Draw the room “{en}” on {number}"}


def _describe_join(b: Building, a: Arguments) -> Text:
    return {
        "zh": f"把{called(b, a.id('b'), 'zh')}并入{called(b, a.id('a'), 'zh')}",
        "en": f"Join {called(b, a.id('b'), 'en')} to {called(b, a.id('a'), 'en')}",
    }


def _describe_link(b: Building, a: Arguments) -> Text:
    numbers = "–".join(floor_number(b, str(s.get("floor"))) for s in a.objects("stops"))
    name = a.words("name")
    zh, en = name.get("zh") or name["en"], name.get("en") or name["zh"]
    return {"zh": f"加{zh}，{numbers}", "en": f"Add {en}, {numbers}"}


OPERATIONS = (
    Operation(name="set_walkable", needs=("space", "walkable"), apply=_set_walkable, describe=_describe_walkable),
    Operation(name="set_kind", needs=("space", "kind"), apply=_set_kind, describe=_describe_kind),
    Operation(name="draw_space", needs=("floor", "outline", "name", "kind"), apply=_draw, describe=_describe_draw),
    Operation(name="join_spaces", needs=("a", "b"), apply=_join, describe=_describe_join),
    Operation(name="add_link", needs=("kind", "stops", "name"), may=("direction",), apply=_add_link,
              describe=_describe_link),
)  # fmt: skip
