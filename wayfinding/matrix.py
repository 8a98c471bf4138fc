"""What it takes from each of several places to each of several others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wayfinding.conditions import FREE, Conditions
from wayfinding.errors import Reason
from wayfinding.profile import Profile
from wayfinding.reach import Reach

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """From one place to another; where no way leads there both are None, and ``reasons`` say why."""

    seconds: float | None
    metres: float | None
    reasons: tuple[Reason, ...] = ()


def make_matrix(
    router: Router,
    starts: Sequence[Endpoint],
    goals: Sequence[Endpoint],
    *,
    profile: Profile,
    now: Conditions = FREE,
) -> tuple[tuple[Cell, ...], ...]:
    """A row a start, a cell a goal: the seconds and metres that the route between them has."""
    rows = []
    for start in starts:
        reach, row = Reach(router, start, profile=profile, now=now), []
        for goal in goals:
            if (cost := reach.to(goal)) is not None:
                row.append(Cell(seconds=cost.seconds, metres=cost.metres))
            else:
                why = now.refuse(router, start, goal, profile)
                row.append(Cell(seconds=None, metres=None, reasons=why.reasons))
        rows.append(tuple(row))
    return tuple(rows)
