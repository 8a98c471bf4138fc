"""A device that no longer answers is an alarm, at the priority its kind gives."""

from __future__ import annotations

from collections.abc import Iterator

from iot.kind import AlarmType, Kind, When
from twin.conditions import Condition, Rule, condition_of

ON_DELAY_S = 10.0
"""It is shown as offline at once; a switch or a hall that restarts is no alarm, one that stays away is."""


def _conditions(kind: Kind) -> Iterator[Condition]:
    yield condition_of(
        AlarmType(
            name="offline",
            label={"zh": "设备离线", "en": "Device offline"},
            when=When(point="online", op="==", value=False),
            priority=kind.offline_priority,
            on_delay_s=ON_DELAY_S,
            consequence={"zh": "看不到其状态，也不能控制", "en": "Its state is unknown and it cannot be commanded"},
            response={"zh": "查供电与网络，必要时到现场", "en": "Check power and network; go there if needed"},
        )
    )


RULE = Rule(name="offline", conditions=_conditions)
