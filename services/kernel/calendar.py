"""The hall's own day and opening hours: days end at the hall's midnight, whatever the server's clock is set to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.kernel.errors import ContractBroken

_DAYS = {"Mo": 0, "Tu": 1, "We": 2, "Th": 3, "Fr": 4, "Sa": 5, "Su": 6} | {
    f"{week}{day}": n for week in ("周", "星期") for n, day in enumerate("一二三四五六日")
}
_DAY = "|".join(_DAYS)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DAY_RANGE = re.compile(rf"({_DAY})(?:[-至]({_DAY}))?")
_NOTE = re.compile(r"[(（][^()（）]*[)）]")
_WHOLE_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """``spans[weekday]`` are (from, to) in minutes of the hall's day; Monday is 0."""

    spans: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def parse(cls, text: str) -> OpeningHours:
        """``Mo-Fr 09:00-12:00,13:30-17:00; Sa 09:00-12:00``, ``24/7``; days also as 周一至周五; no days: every day.

        Rules stand between semicolons, a later one replaces an earlier for its days. Notes in brackets are not read.
        """
        days: list[tuple[tuple[int, int], ...]] = [()] * 7
        for rule in re.split(r"[;；]", _NOTE.sub("", text).replace("24/7", "00:00-24:00")):
            if not rule.strip():
                continue
            spans = tuple(_parse_span(m) for m in _SPAN.finditer(rule))
            head = _SPAN.sub("", rule)
            rest = re.sub(r"[\s,，、]", "", _DAY_RANGE.sub("", head))
            if not spans or rest:
                raise ContractBroken(f"opening hours {text!r}: cannot read {rule.strip()!r}")
            for day in _parse_days(head):
                days[day] = spans
        return cls(spans=tuple(days))

    def is_open(self, local: datetime) -> bool:
        """``local`` is a moment on the hall's clock; closing time itself is closed."""
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.spans[local.weekday()])


def _parse_span(match: re.Match[str]) -> tuple[int, int]:
    h0, m0, h1, m1 = (int(g) for g in match.groups())
    start, end = h0 * 60 + m0, h1 * 60 + m1
    if not 0 <= start < end <= _WHOLE_DAY_MIN:
        raise ContractBroken(f"opening hours {match.group()!r} do not run forward within one day")
    return start, end


def _parse_days(head: str) -> list[int]:
    found = [(m.group(1), m.group(2) or m.group(1)) for m in _DAY_RANGE.finditer(head)]
    if not found:
        return list(range(7))
    days = []
    for first, last in found:
        start, length = _DAYS[first], (_DAYS[last] - _DAYS[first]) % 7 + 1
        days += [(start + n) % 7 for n in range(length)]
    return days


class HallCalendar:
    """The hall's clock on the wall."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def local(self, now_ms: int) -> datetime:
        return datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(self._zone)

    def day(self, now_ms: int) -> date:
        """The day a ticket taken now belongs to."""
        return self.local(now_ms).date()

    def midnight_ms(self, day: date) -> int:
        """When this day begins."""
        return int(datetime.combine(day, time.min, self._zone).timestamp() * 1000)

    def next_midnight_ms(self, now_ms: int) -> int:
        return self.midnight_ms(self.day(now_ms) + timedelta(days=1))

    def after_working_days(self, now_ms: int, days: int) -> int:
        """The end of the ``days``-th working day after today, Monday to Friday.

        Public holidays are not left out: so a deadline is met early, never late.
        """
        day = self.day(now_ms)
        while days:
            day += timedelta(days=1)
            days -= day.weekday() < 5
        return self.midnight_ms(day + timedelta(days=1))
