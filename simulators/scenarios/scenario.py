"""What a scenario says, once read."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.orders import Planned, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Visitors an hour, from a moment on; both in simulated time."""

    from_s: float
    per_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSetup:
    """How these devices are built, where it is not as their kind has it."""

    target: Target
    buffer: int | None = None
    beat_s: float | None = None
    keepalive_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``inside_at_start`` come within the first simulated two minutes."""

    title: str = ""
    arrivals: tuple[Arrivals, ...] = ()
    inside_at_start: int = 0
    planned: tuple[Planned, ...] = ()
    setups: tuple[DeviceSetup, ...] = ()
