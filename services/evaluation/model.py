"""What a rating is: one of the five national levels, what it was about, and the visit it belongs to. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from services.evaluation.errors import UnknownTag

Text: TypeAlias = Mapping[str, str]
Level = Literal[1, 2, 3, 4, 5]
LEVELS: tuple[Level, ...] = (1, 2, 3, 4, 5)
"""1 is the best. Some devices show fewer; what is stored are always these five."""

LEVEL_LABELS: Mapping[Level, Text] = {
    1: {"zh": "非常满意", "en": "Very satisfied"},
    2: {"zh": "满意", "en": "Satisfied"},
    3: {"zh": "基本满意", "en": "Fairly satisfied"},
    4: {"zh": "不满意", "en": "Dissatisfied"},
    5: {"zh": "非常不满意", "en": "Very dissatisfied"},
}
MAX_TAGS = 6

_GOOD: Mapping[str, Text] = {
    "fast": {"zh": "办得快", "en": "Quick"},
    "clear": {"zh": "讲得清楚", "en": "Well explained"},
    "kind": {"zh": "态度好", "en": "Friendly"},
    "once": {"zh": "一次办成", "en": "Done in one visit"},
    "easy_way": {"zh": "好找好走", "en": "Easy to find"},
}
_FAIR: Mapping[str, Text] = {
    "wait_long": {"zh": "等得有点久", "en": "A bit of a wait"},
    "papers_many": {"zh": "材料还能再少", "en": "Fewer papers would do"},
    "way_unclear": {"zh": "指引可以更清楚", "en": "Signs could be clearer"},
}
_BAD: Mapping[str, Text] = {
    "wait_long": {"zh": "等太久", "en": "Waited too long"},
    "not_clear": {"zh": "没讲清楚", "en": "Not explained"},
    "unkind": {"zh": "态度不好", "en": "Unfriendly"},
    "papers_many": {"zh": "材料多", "en": "Too many papers"},
    "again": {"zh": "要跑多次", "en": "Had to come again"},
    "guide_wrong": {"zh": "指南不准", "en": "The guide was wrong"},
}
TAGS: Mapping[Level, Mapping[str, Text]] = {1: _GOOD, 2: _GOOD, 3: _FAIR, 4: _BAD, 5: _BAD}


def needs_followup(level: Level) -> bool:
    """差评: every one is called back on, verified and put right."""
    return level >= 4


def check_tags(level: Level, tags: Sequence[str]) -> tuple[str, ...]:
    """Each once, in the order of the form; raises for one that does not belong to the level."""
    for tag in tags:
        if tag not in TAGS[level]:
            raise UnknownTag(tag)
    return tuple(t for t in TAGS[level] if t in tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """``visit_key`` is a keyed hash: one rating a visit, without saying whose. ``people``: in the area, if known."""

    id: str
    visit_key: str
    day: date
    level: Level
    tags: Sequence[str]
    text_sealed: str | None
    department: str
    item: str | None
    window: str | None
    staff: str | None
    waited_s: float | None
    served_s: float | None
    people: int | None
    rated_ms: int

    @property
    def needs_followup(self) -> bool:
        return needs_followup(self.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % range; None where nobody has been asked."""

    value: float
    low: float
    high: float


def satisfied(counts: Mapping[Level, int]) -> Share | None:
    """Those who chose levels 1 to 3, of those who chose. Nobody is counted who did not rate."""
    total = sum(counts.values())
    return None if total == 0 else wilson(sum(counts.get(n, 0) for n in (1, 2, 3)), total)


def wilson(hits: int, total: int, *, z: float = 1.96) -> Share:
    """The Wilson score interval: honest for small numbers, where a bare percentage is not."""
    p = hits / total
    scale = 1 + z * z / total
    centre = (p + z * z / (2 * total)) / scale
    reach = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / scale
    return Share(value=p, low=max(0.0, centre - reach), high=min(1.0, centre + reach))
