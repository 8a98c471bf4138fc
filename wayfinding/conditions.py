"""What is true of ways at a moment, apart from the building itself: what is closed, slow or full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wayfinding import refusal
from wayfinding.errors import NoRoute
from wayfinding.graph import Closed, Waits
from wayfinding.profile import Profile
from wayfinding.route import Route

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """As ``Router.route`` takes them."""

    closed: Closed = frozenset()
    lift_wait_s: Mapping[str, float] = field(default_factory=dict)
    crowd: Mapping[str, float] = field(default_factory=dict)

    def waits(self, router: Router) -> Waits:
        return router.network.waits(self.lift_wait_s, self.crowd)

    def route(self, router: Router, start: Endpoint, goal: Endpoint, profile: Profile) -> Route:
        return router.route(
            start, goal, profile=profile, closed=self.closed, lift_wait_s=self.lift_wait_s, crowd=self.crowd
        )

    def refuse(self, router: Router, start: Endpoint, goal: Endpoint, profile: Profile) -> NoRoute:
        """Why there is no way."""
        return NoRoute(
            refusal.explain(router, start, goal, profile=profile, closed=self.closed, waits=self.waits(router))
        )


FREE = Conditions()
