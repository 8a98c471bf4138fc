"""Points, lines and polygons of our own format, in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from building.formats.hall.codecs import ListOf, Num, Schema, Scope, below, number, refuse
from building.model import Polygon, Ring

MAX_POINTS = 10_000


def point(size: int) -> ListOf:
    """``[x, y]`` or ``[x, y, z]`` in metres."""
    return ListOf(Num(), size, size)


POINT, POINT3 = point(2), point(3)
LINE = ListOf(POINT, 2, 2)
PATH3 = ListOf(POINT3, 0, MAX_POINTS)
_RING = ListOf(POINT, 3, MAX_POINTS)


@dataclass(frozen=True, slots=True)
class Shape:
    """One polygon: a ring ``[[x, y], ...]``, or ``{"outer": ring, "holes": [ring, ...]}``."""

    def read(self, raw: Any, scope: Scope) -> Polygon:
        if isinstance(raw, list):
            return Polygon(outer=_RING.read(raw, scope))
        if not isinstance(raw, dict) or "outer" not in raw or raw.keys() - {"outer", "holes"}:
            raise refuse(raw, 'a ring [[x, y], ...] or {"outer": ring, "holes": [ring, ...]}')
        holes = ListOf(_RING, 0, MAX_POINTS)
        return Polygon(
            outer=below(".outer", _RING, raw["outer"], scope), holes=below(".holes", holes, raw.get("holes", []), scope)
        )

    def write(self, value: Polygon, _scope: Scope) -> Any:
        outer = _ring(value.outer)
        return {"outer": outer, "holes": [_ring(h) for h in value.holes]} if value.holes else outer

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/shape"}


def _ring(ring: Ring) -> list[list[int | float]]:
    return [[number(x), number(y)] for x, y in ring]


@dataclass(frozen=True, slots=True)
class Shapes:
    """No, one or several polygons; one stands without a list around it."""

    def read(self, raw: Any, scope: Scope) -> tuple[Polygon, ...]:
        if isinstance(raw, list) and (not raw or _is_shape(raw[0])):
            many: tuple[Polygon, ...] = ListOf(Shape(), 0, MAX_POINTS).read(raw, scope)
            return many
        return (Shape().read(raw, scope),)

    def write(self, value: Sequence[Polygon], scope: Scope) -> Any:
        return Shape().write(value[0], scope) if len(value) == 1 else [Shape().write(p, scope) for p in value]

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/shapes"}


def _is_shape(raw: Any) -> bool:
    return isinstance(raw, dict) or (isinstance(raw, list) and bool(raw) and isinstance(raw[0], list))
