"""When to leave, and when one is there: on the clock of the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from wayfinding.errors import Unanswerable

AHEAD_MAX = timedelta(days=366)
"""Nobody plans a walk further off than this, before or behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """In whole seconds of the house's zone. ``in_time`` False: one would have had to leave already."""

    leave: datetime
    arrive: datetime
    in_time: bool


def plan_times(
    duration_s: float,
    *,
    zone: ZoneInfo,
    now: datetime,
    leave: datetime | None = None,
    arrive_by: datetime | None = None,
) -> Times:
    """For a way that takes so long: leaving then, arriving by then, or leaving now. Times without a zone are the
    house's.
    """
    if leave is not None and arrive_by is not None:
        raise Unanswerable(
            "two_times",
            {"zh": "请只给出出发时间或到达时间之一。", "en": "Give the time to leave or the time to arrive, not both."},
        )
    if arrive_by is not None:
        begin = _moment(arrive_by, zone, now).replace(microsecond=0) - timedelta(seconds=duration_s)
    else:
        begin = now.astimezone(UTC) if leave is None else _moment(leave, zone, now)
    # Earlier by a part of a second is in time, later is not.
    begin = begin.replace(microsecond=0)
    end = begin + timedelta(seconds=-(-duration_s // 1))
    in_time = arrive_by is None or begin >= now.astimezone(UTC).replace(microsecond=0)
    return Times(leave=begin.astimezone(zone), arrive=end.astimezone(zone), in_time=in_time)


def _moment(asked: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    local = asked if asked.tzinfo is not None else asked.replace(tzinfo=zone)
    near = now.astimezone(UTC).replace(tzinfo=None)
    if abs(asked.replace(tzinfo=None) - near) > AHEAD_MAX:
        raise Unanswerable(
            "time_too_far",
            {"zh": "时间须在前后一年之内。", "en": "The time must lie within a year of today."},
        )
    return local.astimezone(UTC)
