"""What people made of a plan is taken over to the next one: names, uses, and everything that stands in the rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from building.edits.equipment import NEAR_M
from building.edits.openings import SOURCE
from building.edits.operation import near_space, space_at
from building.labels import label_point, to_shape
from building.model import OUT, SHUT, XY, Building, Entity, Opening, Space, Text, VerticalLink
from building.references import list_references, repoint

NO_FLOOR: Text = {"zh": "新图没有这一层。", "en": "The new plan has no such floor."}
NO_ROOM: Text = {"zh": "原来的位置在新图上不在任何房间里。", "en": "Its place is in no room of the new plan."}
NO_STAND: Text = {"zh": "办事人站立点在新图上不可走。", "en": "Nobody could stand before it in the new plan."}
NO_SPACES: Text = {"zh": "它的房间在新图上都没有了。", "en": "None of its rooms is in the new plan."}
NO_SIDES: Text = {"zh": "它连通的两处在新图上不再相邻。", "en": "What it joins does not meet there in the new plan."}
TOUCH_M = 0.35
ROUNDING = 0.02

E = TypeVar("E", bound=Entity)


class Carrier:
    """``base`` is the hall as it was, ``plan`` the new one with the hall's ids; ``carry`` once."""

    def __init__(self, base: Building, plan: Building) -> None:
        self._base, self._b = base, plan
        self._plan_ids = {e.id for e in plan.entities()}
        self._floors = {f.id for f in plan.floors}
        self._spaces = {s.id: s for s in plan.spaces}
        self.left: list[tuple[Entity, Text]] = []
        self.kept = 0

    def carry(self) -> Building:
        self._remember_spaces()
        self._remember_openings()
        self._remember_links()
        self._add_drawn()
        base = self._base
        self._take("departments", base.departments, lambda d: d)
        self._take("supply", base.supply, lambda n: replace(n, space=n.space if n.space in self._spaces else None))
        self._take("devices", base.devices, self._device)
        self._take("windows", base.windows, self._window)
        for name in ("pois", "seats"):
            self._take(name, getattr(base, name), self._thing)
        self._take("bays", base.bays, self._area)
        if not self._b.furniture:
            self._take("furniture", base.furniture, self._area)
        for name in ("outdoor_places", "outdoor_links", "approaches"):
            if not getattr(self._b, name):
                self._take(name, getattr(base, name), lambda e: e)
        self._take("zones", base.zones, self._zone)
        return self._without_dangling()

    # --- what was said of the rooms and doors that are still there

    def _remember_spaces(self) -> None:
        old = {s.id: s for s in self._base.spaces}
        self._set("spaces", (_remembered(old[s.id], s) if s.id in old else s for s in self._b.spaces))
        self._spaces = {s.id: s for s in self._b.spaces}

    def _remember_openings(self) -> None:
        old = {o.id: o for o in self._base.openings}
        self._set("openings", (self._opening(old[o.id], o) if o.id in old else o for o in self._b.openings))

    @staticmethod
    def _opening(old: Opening, new: Opening) -> Opening:
        if old.between is None and old.evidence.method == SHUT:
            return replace(new, between=None, exit=False, one_way=None, swing_to=None, evidence=old.evidence)
        return replace(
            new, name=new.name or old.name, device=new.device or old.device,
            controlled=new.controlled or old.controlled, fails_open=new.fails_open or old.fails_open,
            hours=new.hours or old.hours, outside_place=new.outside_place or (old.outside_place if new.exit else None),
        )  # fmt: skip

    def _remember_links(self) -> None:
        old = {v.id: v for v in self._base.vertical_links}

        def remembered(v: VerticalLink) -> VerticalLink:
            was = old.get(v.id)
            if was is None:
                return v
            return replace(
                v, name=v.name or was.name, device=v.device or was.device, speed_m_s=v.speed_m_s or was.speed_m_s
            )

        self._set("vertical_links", (remembered(v) for v in self._b.vertical_links))

    def _add_drawn(self) -> None:
        """Doors and stairs that somebody drew because the file before lacked them too."""
        joined = {frozenset(o.between) for o in self._b.openings if o.between}
        for o in self._base.openings:
            if o.evidence.source != SOURCE or o.id in self._plan_ids or not o.between:
                continue
            if frozenset(o.between) in joined:
                continue
            if o.floor in self._floors and all(self._touches(s, o) for s in o.between):
                self._add("openings", o)
            else:
                self._leave(o, NO_SIDES)
        for v in self._base.vertical_links:
            if v.evidence.source != SOURCE or v.id in self._plan_ids:
                continue
            stops = [replace(s, space=here.id) for s in v.stops if (here := space_at(self._b, s.floor, s.at))]
            if len(stops) == len(v.stops):
                self._add("vertical_links", replace(v, stops=tuple(stops), shafts={}))
            else:
                self._leave(v, NO_ROOM)

    def _touches(self, space: str, opening: Opening) -> bool:
        import shapely

        if space == OUT:
            return True
        there = self._spaces.get(space)
        return there is not None and bool(
            to_shape(there.footprint).distance(shapely.LineString(opening.line)) <= TOUCH_M
        )

    # --- what stands in the rooms

    def _device(self, d: Any) -> Any:
        space = self._room(d.floor, (d.pose.x_m, d.pose.y_m), d.space)
        if isinstance(space, Space):
            return replace(d, space=space.id)
        return replace(d, space=None) if d.space is None and d.floor in self._floors else space

    def _window(self, w: Any) -> Any:
        space = self._room(w.floor, w.stand, w.space, within_m=0.0)
        if not isinstance(space, Space):
            return space
        if not space.walkable:
            return NO_STAND
        return replace(w, space=space.id, staff_space=w.staff_space if w.staff_space in self._spaces else None)

    def _thing(self, e: Any) -> Any:
        if e.space == OUT:  # a bus stop
            return e if e.floor in self._floors else NO_FLOOR
        space = self._room(e.floor, e.at, e.space)
        return replace(e, space=space.id) if isinstance(space, Space) else space

    def _area(self, e: Any) -> Any:
        """A bay or a table: it must lie in its room no less than it did."""
        middle = label_point((e.footprint,))
        space = self._room(e.floor, middle, e.space) if middle else NO_ROOM
        if not isinstance(space, Space):
            return space
        before = next((s for s in self._base.spaces if s.id == e.space), space)
        fits = _share_within(space, e) >= _share_within(before, e) - ROUNDING
        return replace(e, space=space.id) if fits else NO_ROOM

    def _zone(self, z: Any) -> Any:
        old = {s.id: s for s in self._base.spaces}
        found = dict.fromkeys(here for s in z.spaces if s in old and (here := self._successor(old[s])) is not None)
        if z.spaces and not found:
            return NO_SPACES
        return replace(z, spaces=tuple(found), floor=z.floor if z.floor in self._floors else None)

    def _successor(self, old: Space) -> str | None:
        """The same room, else the one that is where its middle was."""
        if old.id in self._spaces:
            return old.id
        middle = label_point(old.footprint)
        here = space_at(self._b, old.floor, middle) if middle else None
        return here.id if here else None

    def _room(self, floor: str, at: XY, was: str | None, *, within_m: float = NEAR_M) -> Space | Text:
        """The room it stands in now: the one it stood in where that is still around it."""
        if floor not in self._floors:
            return NO_FLOOR
        before = self._spaces.get(was or "")
        if before is not None and before.floor == floor and _around(before, at, within_m):
            return before
        return near_space(self._b, floor, at, within_m=within_m) or NO_ROOM

    # --- how

    def _take(self, name: str, entities: Sequence[E], fit: Callable[[E], Any]) -> None:
        """What the plan does not say itself, where it fits; ``fit`` gives the reason where it does not."""
        for e in entities:
            if e.id in self._plan_ids:
                continue
            fitted = fit(e)
            if isinstance(fitted, Entity):
                self._add(name, fitted)
            else:
                self._leave(e, fitted)

    def _add(self, name: str, e: Entity) -> None:
        self._set(name, (*getattr(self._b, name), e))
        self.kept += 1

    def _leave(self, e: Entity, reason: Text) -> None:
        self.left.append((e, reason))

    def _set(self, name: str, entities: Any) -> None:
        changes: dict[str, Any] = {name: tuple(entities)}
        self._b = replace(self._b, **changes)

    def _without_dangling(self) -> Building:
        """Nothing speaks of what was left behind."""
        known = {e.id for e in self._b.entities()} | {OUT}
        gone: dict[str, str | None] = {
            target: None for e in self._b.entities() for _, target in list_references(e) if target not in known
        }
        lists: dict[str, Any] = {n: tuple(repoint(e, gone) for e in es) for n, es in self._b.lists().items()}
        return replace(self._b, **lists)


def _remembered(old: Space, new: Space) -> Space:
    """What people said of a room counts on: only what the file says otherwise is the file's."""
    return replace(
        new, name={**old.name, **new.name}, number=new.number or old.number,
        kind=old.kind if new.kind == "room" else new.kind, walkable=new.walkable and old.walkable,
        access=old.access if new.access == "public" else new.access, part=new.part or old.part,
        capacity=new.capacity or old.capacity, aliases=tuple(dict.fromkeys((*old.aliases, *new.aliases))),
        derived=new.derived,
    )  # fmt: skip


def _share_within(space: Space, e: Any) -> float:
    body = to_shape([e.footprint])
    return float(to_shape(space.footprint).intersection(body).area / body.area) if body.area else 0.0


def _around(space: Space, at: XY, within_m: float) -> bool:
    import shapely

    return bool(to_shape(space.footprint).distance(shapely.Point(at)) <= within_m)
