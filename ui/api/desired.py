"""Values and what is wanted of them, as they are told over HTTP; and a person's word that something no longer is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from services.kernel.errors import NotFound
from services.kernel.http import CurrentActor, permitted
from twin.desired import Standing
from twin.drift import REASON_MAX
from twin.state import PointValue
from ui.bootstrap import Hall

Plain = str | int | float | bool


class ValueOut(BaseModel):
    """``source`` told it at ``ts_ms``, by its own clock. ``old``: for longer than the point's time to live, null where
    it has none; what it was then need not be so any more.
    """

    value: Plain | None
    quality: str
    ts_ms: int
    source: str
    age_ms: int
    old: bool | None


class WantedOut(BaseModel):
    """What a point should report, since when, and how that stands.

    ``standing``: ``as_wanted``; ``waiting``, not so for less than its command's time; then ``differs``, or ``unknown``
    where nothing is reported that is neither bad nor old. ``away_ms``: since when it is not as wanted.
    """

    value: Plain
    since_ms: int
    standing: Standing
    away_ms: int | None


class DesiredOut(WantedOut):
    """``by`` whose word it is so, and by which ``command``."""

    by: str
    command: str


W = TypeVar("W", bound=WantedOut)


class WithdrawIn(BaseModel):
    """``command``: of what is seen as wanted; another one by now is not withdrawn unseen."""

    command: str = Field(max_length=64)
    reason: str = Field(min_length=1, max_length=REASON_MAX)


def values_out(hall: Hall, entity: str, points: Mapping[str, PointValue], *, at_ms: int) -> dict[str, ValueOut]:
    """Of one entity, as old as they are at that time."""
    device = hall.twin.registry.find_device(entity)
    kind = None if device is None else hall.kinds.get(device.kind)
    told = {}
    for name, v in points.items():
        point = None if kind is None else kind.find_point(name)
        age_ms = max(0, at_ms - v.ts_ms)
        told[name] = ValueOut(
            value=v.value, quality=v.quality, ts_ms=v.ts_ms, source=v.source, age_ms=age_ms,
            old=None if point is None else age_ms > point.ttl_s * 1000,
        )  # fmt: skip
    return told


def by_entity(found: Iterable[Mapping[str, Any]], shape: type[W]) -> dict[str, dict[str, W]]:
    told: dict[str, dict[str, W]] = {}
    for one in found:
        told.setdefault(one["entity"], {})[one["point"]] = shape.model_validate(one)
    return told


def add_desired(routes: APIRouter, hall: Hall) -> None:
    drift = hall.twin.drift

    @routes.post("/devices/{key}/desired/{point}/withdraw", **permitted("device.command"))
    def withdraw(
        key: Annotated[str, Path(max_length=64)], point: Annotated[str, Path(max_length=64)], body: WithdrawIn,
        actor: CurrentActor,
    ) -> dict[str, DesiredOut]:  # fmt: skip
        """Say that it is no longer wanted. Nothing is sent to the device; answers what is wanted of it still."""
        device = hall.find_device(key)
        if device is None:
            raise NotFound(zh=f"没有设备 {key}。", en=f"There is no device {key}.")
        drift.withdraw(device.id, point, command=body.command, actor=actor.id, reason=body.reason)
        return by_entity(drift.list_wanted([device.id]), DesiredOut).get(device.id, {})
