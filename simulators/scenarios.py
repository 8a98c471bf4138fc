"""The scenarios by name: how many visitors come, and what happens to devices, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.orders import Planned, parse_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``arrivals_per_h`` in simulated hours; ``inside_at_start`` come within the first simulated two minutes."""

    arrivals_per_h: float
    inside_at_start: int
    planned: tuple[Planned, ...] = ()


def _plan(*events: str) -> tuple[Planned, ...]:
    return tuple(parse_event(event) for event in events)


SCENARIOS: Mapping[str, Scenario] = {
    "normal": Scenario(arrivals_per_h=180, inside_at_start=24),
    "quiet": Scenario(arrivals_per_h=40, inside_at_start=4),
    # Monday morning: crowded, the B feed fails for five minutes, and small things break meanwhile.
    "morning": Scenario(
        arrivals_per_h=420,
        inside_at_start=60,
        planned=_plan(
            "TICKET-3:paper=6@60",
            "UPS-2:on_battery=true@120",
            "CAM-1F-05:power=false@126",
            "DOOR-12:supply=battery@128",
            "DOOR-12:supply=mains@420",
            "UPS-2:on_battery=false@420",
            "CAM-1F-05:power=true@440",
        ),
    ),
}
