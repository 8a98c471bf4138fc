"""What an operation is, and how it reads the members of its edit: every refusal says what to do."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard, TypeVar

from building.departments import floor_number
from building.errors import EditRefused
from building.labels import to_shape
from building.model import OUT, XY, Building, Entity, Floor, Polygon, Space, Text, make_id
from building.shapes import area_m2, contains
from building.texts import text

TEXT_MAX = 200
POINTS_MAX = 500
LIST_MAX = 1_000
COORDINATE_MAX_M = 100_000.0
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``needs`` are the members an edit must have beside ``op``, ``may`` those it can."""

    name: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    apply: Callable[[Building, Arguments], Building]
    describe: Callable[[Building, Arguments], Text]


def refused(zh: str, en: str, *, todo_zh: str, todo_en: str) -> EditRefused:
    return EditRefused(what={"zh": zh, "en": en}, todo={"zh": todo_zh, "en": todo_en})


class Arguments:
    """An edit's members, each read as what it must be."""

    def __init__(self, building: Building, edit: Mapping[str, Any]) -> None:
        self.building, self._edit = building, edit

    def __contains__(self, name: str) -> bool:
        return self._edit.get(name) is not None

    def states(self, name: str) -> bool:
        """Whether the member is there, be it null."""
        return name in self._edit

    def fresh_id(self, kind: str, floor: str) -> str:
        """An id that says its floor and was never another's: it comes from the edit itself."""
        stated = json.dumps(_plain(self._edit), sort_keys=True)
        taken = {e.id for e in self.building.entities()}
        for n in range(len(taken) + 1):
            digest = hashlib.sha256(f"{stated}{n}".encode()).hexdigest()[:6]
            found = make_id(
                self.building.site, kind, f"{floor_number(self.building, floor)}-{digest}".replace(" ", "-")
            )
            if found not in taken:
                return found
        raise AssertionError("more ids than entities cannot be taken")

    def words(self, name: str) -> Text:
        """A text in each language; at least one must say something."""
        value = self._edit.get(name)
        said = value if isinstance(value, Mapping) else {}
        found = {k: v.strip() for k, v in said.items() if k in ("zh", "en") and isinstance(v, str) and v.strip()}
        if not found or any(len(v) > TEXT_MAX for v in found.values()):
            raise refused(
                "缺少名称，或名称过长。", "The name is missing or too long.",
                todo_zh="请填写中文或英文名称。", todo_en="Give a name in Chinese or English.",
            )  # fmt: skip
        return found

    def word(self, name: str) -> str:
        """A kind, in small letters."""
        value = self._edit.get(name)
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            raise _wrong(name, "小写字母、数字和下划线", "small letters, digits and underscores")
        return value

    def choice(self, name: str, options: Iterable[str]) -> str:
        value, known = self._edit.get(name), tuple(options)
        if value not in known:
            raise _wrong(name, "、".join(known), ", ".join(known))
        return str(value)

    def key(self, name: str) -> str:
        """What stands at the end of an id."""
        value = self._edit.get(name)
        if not isinstance(value, str) or not _KEY.fullmatch(value):
            raise _wrong(name, "字母、数字、点、横线，最多 64 个", "letters, digits, dots and dashes, 64 at most")
        return value

    def flag(self, name: str) -> bool:
        value = self._edit.get(name)
        if not isinstance(value, bool):
            raise _wrong(name, "是或否", "true or false")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        value = self._edit.get(name)
        if not _is_number(value) or not low <= float(value) <= high:
            raise _wrong(name, f"{low:g} 到 {high:g} 的数", f"a number from {low:g} to {high:g}")
        return float(value)

    def count_or_none(self, name: str) -> int | None:
        """A whole number; null takes it away."""
        value = self._edit.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
            raise _wrong(name, "非负整数", "a whole number")
        return value

    def point(self, name: str) -> XY:
        return _xy(self._edit.get(name), name)

    def points(self, name: str, *, at_least: int) -> tuple[XY, ...]:
        value = self._edit.get(name)
        if not isinstance(value, list | tuple) or not at_least <= len(value) <= POINTS_MAX:
            raise _wrong(name, f"{at_least} 到 {POINTS_MAX} 个点", f"{at_least} to {POINTS_MAX} points")
        return tuple(_xy(v, name) for v in value)

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        value = self._edit.get(name)
        if not isinstance(value, list | tuple) or not value or len(value) > LIST_MAX:
            raise _wrong(name, "至少一项的列表", "a list that is not empty")
        if not all(isinstance(v, Mapping) for v in value):
            raise _wrong(name, "对象的列表", "a list of objects")
        return list(value)

    def ids(self, name: str) -> tuple[str, ...]:
        value = self._edit.get(name)
        if not isinstance(value, list | tuple) or not value or len(value) > LIST_MAX:
            raise _wrong(name, "至少一个编号", "at least one id")
        return tuple(str(v) for v in dict.fromkeys(map(str, value)))

    def id(self, name: str) -> str:
        return str(self._edit.get(name))

    def any_entity(self, name: str) -> Entity:
        wanted = self.id(name)
        found = next((e for e in self.building.entities() if e.id == wanted), None)
        if found is None:
            raise _missing(wanted)
        return found

    def entity(self, name: str, among: Iterable[E]) -> E:
        return get(among, self.id(name))

    def floor(self, name: str = "floor") -> Floor:
        return self.entity(name, self.building.floors)

    def space(self, name: str) -> Space:
        return self.entity(name, self.building.spaces)


def get(among: Iterable[E], wanted: str) -> E:
    found = next((e for e in among if e.id == wanted), None)
    if found is None:
        raise _missing(wanted)
    return found


def put(b: Building, name: str, entity: Entity) -> Building:
    """The building with this entity in its list: in the place of the one with its id, else at the end."""
    entities = getattr(b, name)
    if any(e.id == entity.id for e in entities):
        return _with(b, name, tuple(entity if e.id == entity.id else e for e in entities))
    return _with(b, name, (*entities, entity))


def take(b: Building, entity_id: str) -> Building:
    """The building without this entity; what refers to it is the caller's business."""
    lists = {n: tuple(e for e in es if e.id != entity_id) for n, es in b.lists().items()}
    return replace(b, **{n: es for n, es in lists.items() if len(es) != len(getattr(b, n))})  # type: ignore[arg-type]


def list_name(b: Building, entity: Entity) -> str:
    return next(name for name, entities in b.lists().items() if any(e.id == entity.id for e in entities))


def _with(b: Building, name: str, entities: tuple[Any, ...]) -> Building:
    changes: dict[str, Any] = {name: entities}
    return replace(b, **changes)


def space_at(b: Building, floor: str, at: XY) -> Space | None:
    """The space a point lies in: one that can be walked before one that cannot, the smallest before the others."""
    here = [s for s in b.spaces if s.floor == floor and contains(s.footprint, at)]
    return min(here, key=lambda s: (not s.walkable, area_m2(s.footprint)), default=None)


def near_space(b: Building, floor: str, at: XY, *, within_m: float) -> Space | None:
    """The same, else the nearest that is no farther."""
    import shapely

    if (inside := space_at(b, floor, at)) is not None:
        return inside
    point = shapely.Point(at)
    away = [(float(to_shape(s.footprint).distance(point)), s) for s in b.spaces if s.floor == floor and s.footprint]
    near = [(d, not s.walkable, s.id, s) for d, s in away if d <= within_m]
    return min(near, key=lambda found: found[:3])[3] if near else None


def polygons_of(shape: Any, *, least_m2: float = 0.01) -> tuple[Polygon, ...]:
    """Our polygons of a geometry, rounded to a millimetre, slivers left out."""
    import shapely

    def ring(line: Any) -> tuple[XY, ...]:
        return tuple((round(float(x), 3), round(float(y), 3)) for x, y in list(line.coords)[:-1])

    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > least_m2]
    return tuple(
        Polygon(outer=ring(p.exterior), holes=tuple(ring(h) for h in p.interiors if shapely.Polygon(h).area > least_m2))
        for p in parts
    )


def called(b: Building, entity_id: str, lang: str) -> str:
    """What people call it: its name, else its number or key."""
    if entity_id == OUT:
        return {"zh": "室外"}.get(lang, "outside")
    found = next((e for e in b.entities() if e.id == entity_id), None)
    if found is None:
        return entity_id
    return text(found.name, lang) or getattr(found, "number", None) or found.key


def _plain(value: Any) -> Any:
    """The same however its numbers were written: an edit that was stored and read again gives the same id."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return round(float(value), 6) + 0.0 if _is_number(value) else value


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _xy(value: Any, name: str) -> XY:
    fine = isinstance(value, list | tuple) and len(value) == 2 and all(_is_number(v) for v in value)
    if not fine or any(abs(v) > COORDINATE_MAX_M for v in value):
        raise _wrong(name, "平面坐标 [x, y]（米）", "a spot on the plan, [x, y] in metres")
    return round(float(value[0]), 3), round(float(value[1]), 3)


def _wrong(name: str, zh: str, en: str) -> EditRefused:
    return refused(f"“{name}”不对。", f"{name} is not right.", todo_zh=f"应为：{zh}。", todo_en=f"It must be: {en}.")


def _missing(wanted: str) -> EditRefused:
    return refused(
        f"没有 {wanted[:80]}。", f"There is no {wanted[:80]}.",
        todo_zh="它可能已被删除，请刷新后重试。", todo_en="It may have been removed: look again and choose another.",
    )  # fmt: skip
