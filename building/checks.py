"""What is wrong with a building, defect by defect: what it is, how bad, where, and in words for who must mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from building.labels import label_point, to_shape
from building.model import OUT, SHUT, XY, Building, Opening, Text
from building.references import list_references

Severity = Literal["must", "should", "hint"]

TOUCH_M = 0.35
"""How far a door may be from the room it opens into: a wall lies between."""
THICK_WALL_M = 1.3
"""Farther than the thickest wall with its lining: the door is drawn elsewhere."""
OUTSIDE_M2 = 0.05
OVERLAP_M2 = 0.05
SLACK_M = 0.05
NARROW_M = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """``must``: the building cannot be published with it. ``should``: something will not work. ``hint``: look at it."""

    id: str
    rule: str
    severity: Severity
    text: Text
    floor: str | None = None
    at: XY | None = None


class _Facts:
    """What several rules look up, worked out once."""

    def __init__(self, b: Building) -> None:
        self.b = b
        self.ids = {e.id for e in b.entities()}
        self.spaces = {s.id: s for s in b.spaces}
        self.shapes: dict[str, Any] = {s.id: to_shape(s.footprint) for s in b.spaces}
        self.outlines: dict[str, Any] = {f.id: to_shape(f.outline) for f in b.floors}

    def space_name(self, space: str) -> str:
        s = self.spaces.get(space)
        return s.number or s.key if s else space

    def distance_m(self, space: str, shape: Any) -> float:
        there = self.shapes.get(space)
        return 0.0 if there is None or there.is_empty else float(there.distance(shape))


Rule: TypeAlias = Callable[[_Facts], Iterator[Defect]]


def check(b: Building) -> list[Defect]:
    """Every defect, the worst first."""
    facts = _Facts(b)
    found = [defect for rule in RULES for defect in rule(facts)]
    order = {"must": 0, "should": 1, "hint": 2}
    return sorted(found, key=lambda d: (order[d.severity], d.rule, d.id))


def _duplicate_ids(f: _Facts) -> Iterator[Defect]:
    for entity_id, n in Counter(e.id for e in f.b.entities()).items():
        if n > 1:
            yield _defect(
                entity_id, "duplicate-id", "must", f"{n} 个实体共用编号 {entity_id}", f"{n} entities share this id"
            )


def _dangling_references(f: _Facts) -> Iterator[Defect]:
    for e in f.b.entities():
        for name, target in list_references(e):
            if target not in f.ids and target != OUT:
                yield _defect(
                    e.id, "dangling-reference", "must",
                    f"“{name}”指向不存在的 {target}", f"{name} points to {target}, which does not exist",
                    floor=getattr(e, "floor", None),
                )  # fmt: skip


def _openings_touch_spaces(f: _Facts) -> Iterator[Defect]:
    import shapely

    for o in f.b.openings:
        if o.width_m == 0:
            yield _opening(o, "opening-without-width", "must", "门洞宽度为零", "the opening has no width")
            continue
        if o.between is None and o.evidence.method == SHUT:
            continue
        if o.between is None and o.kind == "hatch":
            continue
        if o.between is None:
            yield _opening(o, "opening-leads-nowhere", "should", "不知道它连通哪两处", "what it joins is not known")
            continue
        if o.between[0] == o.between[1]:
            yield _opening(o, "opening-to-itself", "must", "两侧是同一处空间", "both its sides are the same space")
        line = shapely.LineString(o.line)
        for space in o.between:
            away_m = f.distance_m(space, line)
            if away_m > TOUCH_M:
                yield _opening(
                    o, "opening-off-space", "must" if away_m > THICK_WALL_M else "hint",
                    f"离它应当通往的 {f.space_name(space)} 有 {away_m:.2f} 米",
                    f"it is {away_m:.2f} m away from {f.space_name(space)}, which it should open into",
                )  # fmt: skip
        if o.width_m < NARROW_M and o.kind != "open":
            yield _opening(
                o, "opening-narrow", "hint", f"只有 {o.width_m:.2f} 米宽", f"it is only {o.width_m:.2f} m wide"
            )


def _spaces_within_floor(f: _Facts) -> Iterator[Defect]:
    for s in f.b.spaces:
        shape, outline = f.shapes[s.id], f.outlines.get(s.floor)
        if shape.is_empty or shape.area == 0:
            severity: Severity = "should" if s.walkable else "hint"
            yield _defect(s.id, "space-without-area", severity, "没有画出轮廓", "it has no outline", floor=s.floor)
        elif outline is not None and not outline.is_empty:
            beyond_m2 = shape.difference(outline.buffer(SLACK_M)).area
            if beyond_m2 > OUTSIDE_M2:
                yield _defect(
                    s.id, "space-outside-floor", "must",
                    f"有 {beyond_m2:.1f} 平方米在楼层轮廓之外", f"{beyond_m2:.1f} m² of it lie outside its floor",
                    floor=s.floor, at=label_point(s.footprint),
                )  # fmt: skip


def _spaces_overlap(f: _Facts) -> Iterator[Defect]:
    import shapely

    for floor in f.b.floors:
        spaces = [s for s in f.b.spaces if s.floor == floor.id and not f.shapes[s.id].is_empty]
        tree = shapely.STRtree([f.shapes[s.id] for s in spaces])
        for i, s in enumerate(spaces):
            for j in tree.query(f.shapes[s.id], predicate="intersects"):
                other = spaces[j]
                apart = s.z0_m >= other.z0_m + other.height_m or other.z0_m >= s.z0_m + s.height_m
                common = f.shapes[s.id].intersection(f.shapes[other.id])
                if j <= i or apart or common.area <= OVERLAP_M2:
                    continue
                at = common.representative_point()
                yield _defect(
                    s.id, "spaces-overlap", "must" if s.walkable and other.walkable else "should",
                    f"与 {f.space_name(other.id)} 重叠 {common.area:.1f} 平方米",
                    f"it overlaps {f.space_name(other.id)} by {common.area:.1f} m²",
                    floor=floor.id, at=(round(at.x, 2), round(at.y, 2)),
                )  # fmt: skip


def _windows_have_stands(f: _Facts) -> Iterator[Defect]:
    import shapely

    for w in f.b.windows:
        away_m = f.distance_m(w.space, shapely.Point(w.stand))
        if away_m > SLACK_M:
            yield _defect(
                w.id, "window-without-stand", "must",
                f"办事人站立点不在 {f.space_name(w.space)} 内",
                f"its stand point is not within {f.space_name(w.space)}",
                floor=w.floor, at=w.stand,
            )  # fmt: skip
        if w.department is None:
            yield _defect(
                w.id, "window-without-department", "should",
                "没有说明是哪个部门的窗口", "it does not say whose window it is", floor=w.floor, at=w.at,
            )  # fmt: skip


def _devices_in_place(f: _Facts) -> Iterator[Defect]:
    import shapely

    for d in f.b.devices:
        at = (d.pose.x_m, d.pose.y_m)
        space = f.spaces.get(d.space or "")
        if space and space.floor != d.floor:
            yield _defect(
                d.id, "device-on-other-floor", "must",
                f"所在空间 {f.space_name(space.id)} 不在它的楼层",
                f"its space {f.space_name(space.id)} is not on its floor",
                floor=d.floor, at=at,
            )  # fmt: skip
        elif space and f.distance_m(space.id, shapely.Point(at)) > TOUCH_M:
            yield _defect(
                d.id, "device-outside-space", "should",
                f"位置不在 {f.space_name(space.id)} 内", f"it does not stand in {f.space_name(space.id)}",
                floor=d.floor, at=at,
            )  # fmt: skip
        if d.power_from is None or d.network_from is None:
            yield _defect(
                d.id, "device-without-supply", "hint",
                "没有写明供电或网络来源", "what feeds it with power or network is not stated", floor=d.floor, at=at,
            )  # fmt: skip


def _supply_has_a_root(f: _Facts) -> Iterator[Defect]:
    for name in ("power_from", "network_from"):
        feeder = {e.id: getattr(e, name, None) for e in (*f.b.devices, *f.b.supply)}
        for start in feeder:
            at, seen = start, set[str]()
            while (above := feeder.get(at)) is not None and at not in seen:
                seen.add(at)
                at = above
            if at in seen:
                yield _defect(
                    start, "supply-in-a-circle", "must",
                    f"“{name}”链条首尾相接", f"following {name} leads round in a circle",
                )  # fmt: skip


def _links_stop(f: _Facts) -> Iterator[Defect]:
    import shapely

    for v in f.b.vertical_links:
        if len(v.stops) < 2:
            yield _defect(v.id, "link-stops-missing", "must", "停靠层少于两个", "it stops on fewer than two floors")
        for stop in v.stops:
            space = f.spaces.get(stop.space)
            if space and space.floor != stop.floor:
                yield _defect(
                    v.id, "link-stop-on-other-floor", "must",
                    f"停靠处 {f.space_name(space.id)} 不在该楼层",
                    f"its stop {f.space_name(space.id)} is not on that floor",
                    floor=stop.floor, at=stop.at,
                )  # fmt: skip
            elif space and f.distance_m(space.id, shapely.Point(stop.at)) > SLACK_M:
                yield _defect(
                    v.id, "link-stop-off-space", "must",
                    f"停靠点不在 {f.space_name(space.id)} 内", f"its stop is not within {f.space_name(space.id)}",
                    floor=stop.floor, at=stop.at,
                )  # fmt: skip
        if v.kind == "lift":
            doors = {o.floor for o in f.b.openings if o.link == v.id}
            for floor in v.shafts.keys() & {s.floor for s in v.stops} - doors:
                yield _defect(
                    v.id, "lift-without-landing-door", "should",
                    "该层没有层门", "it has no landing door on this floor", floor=floor,
                )  # fmt: skip


_LACKS: Mapping[str, Text] = {
    "zh": {"zh": "没有中文名称", "en": "it has no Chinese name"},
    "en": {"zh": "没有英文名称", "en": "it has no English name"},
}


def _people_can_tell(f: _Facts) -> Iterator[Defect]:
    """Public rooms are found by name, in the hall's own language and in English."""
    for s in f.b.spaces:
        if s.walkable and s.access == "public" and s.derived is None:
            missing = [lang for lang in ("zh", "en") if not s.name.get(lang)]
            if len(missing) == 2:
                yield _defect(
                    s.id, "space-without-name", "should", "没有名称", "it has no name", floor=s.floor,
                    at=label_point(s.footprint),
                )  # fmt: skip
            elif missing:
                yield _defect(
                    s.id, "name-not-translated", "hint", _LACKS[missing[0]]["zh"], _LACKS[missing[0]]["en"],
                    floor=s.floor, at=label_point(s.footprint),
                )  # fmt: skip


RULES: tuple[Rule, ...] = (
    _duplicate_ids, _dangling_references, _openings_touch_spaces, _spaces_within_floor, _spaces_overlap,
    _windows_have_stands, _devices_in_place, _supply_has_a_root, _links_stop, _people_can_tell,
)  # fmt: skip


def _opening(o: Opening, rule: str, severity: Severity, zh: str, en: str) -> Defect:
    (x0, y0), (x1, y1) = o.line
    return _defect(o.id, rule, severity, zh, en, floor=o.floor, at=(round((x0 + x1) / 2, 2), round((y0 + y1) / 2, 2)))


def _defect(
    entity: str, rule: str, severity: Severity, zh: str, en: str, *, floor: str | None = None, at: XY | None = None
) -> Defect:
    return Defect(id=entity, rule=rule, severity=severity, text={"zh": zh, "en": en}, floor=floor, at=at)
