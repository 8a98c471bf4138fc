"""Which of several places is reached first, and the way there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from wayfinding.conditions import FREE, Conditions
from wayfinding.errors import NoRoute
from wayfinding.profile import Profile
from wayfinding.reach import Cost, Reach
from wayfinding.route import Route

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router

EXPLAINED_MAX = 3
"""Where none can be reached, of so many it is said why."""

Goal = TypeVar("Goal", bound="Endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked(Generic[Goal]):
    """A place that can be reached, and what that takes."""

    goal: Goal
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest(Generic[Goal]):
    """Places by how soon one is there, the way to the first, and those that this profile cannot reach now."""

    ranked: tuple[Ranked[Goal], ...]
    route: Route
    unreached: tuple[Goal, ...]


def find_nearest(
    router: Router,
    start: Endpoint,
    goals: Sequence[Goal],
    *,
    profile: Profile,
    now: Conditions = FREE,
) -> Nearest[Goal]:
    """By what a way counts for, which for most profiles is its seconds; ``NoRoute`` where none can be reached."""
    reach = Reach(router, start, profile=profile, now=now)
    costs = [(goal, reach.to(goal)) for goal in goals]
    ranked = [Ranked(goal=goal, cost=cost) for goal, cost in costs if cost is not None]
    ranked.sort(key=lambda r: (round(r.cost.weighted_s, 6), r.goal.id))
    if not ranked:
        found = [
            reason for goal in goals[:EXPLAINED_MAX] for reason in now.refuse(router, start, goal, profile).reasons
        ]
        raise NoRoute(list({(reason.code, reason.blockers): reason for reason in found}.values()))
    route = now.route(router, start, ranked[0].goal, profile)
    unreached = tuple(goal for goal, cost in costs if cost is None)
    return Nearest(ranked=tuple(ranked), route=route, unreached=unreached)
