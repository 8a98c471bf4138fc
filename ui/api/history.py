"""The past for pages: when the hall was recording, what happened when, and one point over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from iot.kind import Point, Text
from services.kernel.errors import Invalid
from services.kernel.http import make_router, permitted
from twin.errors import NotFound
from twin.history import POINTS_MAX
from twin.store.happenings import HAPPENINGS_MAX, KINDS, Happening, HappeningKind
from twin.store.instants import DAY_MS, LAST_MS
from twin.store.trends import between
from ui.bootstrap import Hall

Millis = Annotated[int, Query(ge=0, le=LAST_MS)]
MaybeMillis = Annotated[int | None, Query(ge=0, le=LAST_MS)]
Id = Annotated[str, Query(max_length=120)]
MARKS, MARKS_MAX = 500, 2_000


class RecordedOut(BaseModel):
    """[from, until], both included: outside of these spans nothing is known."""

    spans: list[tuple[int, int]]


class MarkOut(BaseModel):
    """``priority`` is that of an alarm."""

    ts_ms: int
    what: HappeningKind
    entity: str
    label: dict[str, str]
    priority: int | None


class MarksOut(BaseModel):
    """``more``: there are older ones in this time."""

    marks: list[MarkOut]
    more: bool


class TrendOut(BaseModel):
    """``gaps``: the hall was not recording. ``step_ms``: of the sums it was read from, 0 where from the readings."""

    points: list[tuple[int, float | str]]
    gaps: list[tuple[int, int]]
    unit: str | None
    step_ms: int


def router(hall: Hall) -> APIRouter:
    """Routes under ``/history``."""
    routes = make_router("history")
    past = hall.twin.past

    @routes.get("/history/recorded", **permitted("ops.view"))
    def recorded(since: Millis = 0, until: MaybeMillis = None) -> RecordedOut:
        """When the hall was recording; times in milliseconds since 1970, until now unless told otherwise."""
        since_ms, until_ms = _span(hall, since, until)
        return RecordedOut(spans=past.recorded(since_ms, until_ms))

    @routes.get("/history/marks", **permitted("ops.view"))
    def marks(
        since: MaybeMillis = None,
        until: MaybeMillis = None,
        what: Annotated[list[HappeningKind] | None, Query(max_length=len(KINDS))] = None,
        limit: Annotated[int, Query(ge=1, le=MARKS_MAX)] = MARKS,
    ) -> MarksOut:
        """What happened, in order of time: of too much the newest. Alarms stand where they were raised.

        The last day unless told otherwise. ``what`` may be repeated.
        """
        since_ms, until_ms = _span(hall, since, until)
        found = past.happenings(since_ms, until_ms, kinds=what or KINDS)
        raised = [h for h in found if h.kind != "alarm" or h.state == "active"]
        label = _labels(hall)
        told = [
            MarkOut(ts_ms=h.ts_ms, what=h.kind, entity=h.entity, label=dict(label(h)), priority=h.priority)
            for h in raised[-limit:]
        ]
        cut = any(sum(h.kind == kind for h in found) >= HAPPENINGS_MAX for kind in KINDS)
        return MarksOut(marks=told, more=cut or len(raised) > limit)

    @routes.get("/history/trend", **permitted("ops.view"))
    def trend(
        entity: Id,
        point: Id,
        since: MaybeMillis = None,
        until: MaybeMillis = None,
        points: Annotated[int, Query(ge=2, le=POINTS_MAX)] = POINTS_MAX,
    ) -> TrendOut:
        """One point over time, its lowest and highest readings among what is told; the last day unless told otherwise.

        Truth values are 1 and 0; of a word it is told when it became another. Empty for a point that a device should
        tell and never did; 404 for one that nobody knows or knew.
        """
        since_ms, until_ms = _span(hall, since, until)
        declared = _find_point(hall, entity, point)
        unit = declared.unit if declared is not None else None
        try:
            found = past.trend(entity, point, since_ms=since_ms, until_ms=until_ms, points_max=points)
        except NotFound:
            if declared is None:
                raise
            gaps = between(past.recorded(since_ms, until_ms), since_ms, until_ms)
            return TrendOut(points=[], gaps=gaps, unit=unit, step_ms=0)
        return TrendOut(
            points=[(p.ts_ms, p.value) for p in found.points],
            gaps=list(found.gaps),
            unit=unit,
            step_ms=(found.step_s or 0) * 1000,
        )

    return routes


def _span(hall: Hall, since: int | None, until: int | None) -> tuple[int, int]:
    until_ms = until if until is not None else hall.now_ms()
    since_ms = since if since is not None else max(until_ms - DAY_MS, 0)
    if since_ms > until_ms:
        raise Invalid(zh="开始时间应早于结束时间。", en="since must be before until.")
    return since_ms, until_ms


def _labels(hall: Hall) -> Callable[[Happening], Text]:
    """In words: as the alarm said them itself, as the device's kind declares them, or the bare name."""
    kinds = {device.id: hall.kinds.get(device.kind) for device in hall.devices()}

    def label(happening: Happening) -> Text:
        name, kind = happening.name, kinds.get(happening.entity)
        match happening.kind:
            case "building":
                return {"zh": "发布建筑新版本", "en": "Building published"}
            case "call":
                return {"zh": f"叫号 {name}", "en": f"Call {name}"}
            case "command" | "event" if kind is not None:
                declared = kind.commands if happening.kind == "command" else kind.events
                return next((d.label for d in declared if d.name == name), {"zh": name, "en": name})
        return happening.label or {"zh": name, "en": name}

    return label


def _find_point(hall: Hall, entity: str, point: str) -> Point | None:
    device = next((d for d in hall.devices() if d.id == entity), None) or hall.twin.registry.find_former(entity)
    kind = hall.kinds.get(device.kind) if device is not None else None
    return kind.find_point(point) if kind is not None else None
