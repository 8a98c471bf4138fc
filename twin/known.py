"""A device as the writer keeps it at hand, so that a message costs one look-up; and the points every device has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iot.kind import Kind
from twin.admission import Clock, Meter
from twin.conditions import Condition
from twin.counters import DeviceCounters
from twin.registry import Device
from twin.sequence import Window

MISSING = "missing"
"""How many of its messages never came, on record like any other point; only where there are any."""
DEVICE = "device"
HALL = "hall"


@dataclass(slots=True)
class Known:
    """``presumed``: the hall says that it is gone, since its gateway is or since it fell silent; not itself, nor its
    will. Whatever is heard of it ends that.
    """

    device: Device
    kind: Kind
    counters: DeviceCounters
    watched: Mapping[str, tuple[Condition, ...]]
    meter: Meter | None
    clock: Clock = field(default_factory=Clock)
    window: Window = field(default_factory=Window)
    slots: dict[str, int] = field(default_factory=dict)
    presumed: bool = False
