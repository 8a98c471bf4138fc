"""Devices that speak through another: who is behind whom, and the one alarm that stands for all when it is gone.

MQTT does not tell who published a message, so what is behind a gateway is what it was granted (or, with Sparkplug,
what stands behind its edge node). Such a device is unknown while all its gateways are gone, until it is heard again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from iot.conventions.binding import gateways_of
from iot.kind import AlarmType, Kind, Value, When
from iot.ports import Binding
from twin.conditions import Condition, condition_of

LOST = "gateway_lost"
OFFLINE = "offline"
ONLINE = "online"
ON_DELAY_S = 2.0
"""A gateway that is back at once is no alarm."""


class Gateways:
    """As of the last ``refresh``; used under the writer's lock, ``via`` from any thread."""

    def __init__(self) -> None:
        self._via: Mapping[str, frozenset[str]] = {}
        self._behind: Mapping[str, tuple[str, ...]] = {}

    def refresh(self, bindings: Iterable[Binding], grants: Mapping[str, Iterable[str]]) -> None:
        self._via = gateways_of(bindings, grants)
        behind: dict[str, list[str]] = {}
        for device, gateways in sorted(self._via.items()):
            for gateway in gateways:
                behind.setdefault(gateway, []).append(device)
        self._behind = {gateway: tuple(devices) for gateway, devices in behind.items()}

    def via(self, device: str) -> list[str]:
        """The gateways that may speak for a device."""
        return sorted(self._via.get(device, ()))

    def behind(self, gateway: str) -> tuple[str, ...]:
        return self._behind.get(gateway, ())

    def cut_off(self, gateway: str, is_gone: Callable[[str], bool]) -> list[str]:
        """Which devices nobody can speak for any more, now that this gateway is gone."""
        return [device for device in self.behind(gateway) if all(is_gone(other) for other in self._via[device])]

    def conditions(
        self, device: str, watched: Mapping[str, tuple[Condition, ...]], kinds: Iterable[Kind]
    ) -> Mapping[str, tuple[Condition, ...]]:
        """What a device is watched for: a gateway's absence is one alarm that names how many it takes along.

        ``kinds``: those of the devices behind it; the alarm is as urgent as the most urgent of them.
        """
        behind = self.behind(device)
        if not behind:
            return watched
        point = ONLINE
        folded = [replace(c, raises=_never) if c.alarm.name == OFFLINE else c for c in watched.get(point, ())]
        urgencies = [kind.offline_priority for kind in kinds] + [c.alarm.priority for c in folded]
        alarm = AlarmType(
            name=LOST,
            label={
                "zh": f"网关失联，{len(behind)} 台设备状态未知",
                "en": f"Gateway lost, {len(behind)} devices unknown",
            },
            when=When(point=point, op="==", value=False),
            priority=min(urgencies, default=3),
            on_delay_s=ON_DELAY_S,
            consequence={
                "zh": "经它接入的设备看不到状态，也不能控制",
                "en": "The devices behind it are not seen and cannot be commanded",
            },
            response={"zh": "查网关供电与网络，必要时到现场", "en": "Check its power and network; go there if needed"},
        )
        return {**watched, point: (*folded, condition_of(alarm))}


def _never(_: Value) -> bool:
    return False
