"""What a device may do once it is let in: how much it may send, how wrong its clock may be, and what it tried that the
broker refused. Whoever goes beyond is named by one alarm, which clears when it behaves again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from building.model import make_id
from iot.kind import AlarmType, Comparison, Kind, Text, Value, When
from twin.conditions import Verdict

CLOCK_SKEW_MS = 300_000
CLOCK_PERSISTS_MS = 10_000
"""What a broker kept while the hall was away is old too, but all of it comes within seconds."""
CLOCK_BEHIND_MAX_MS = 3_650 * 86_400_000
"""No buffer is as old as that."""
CALM_MS = 10_000
USUAL_FOR_S = 10
"""A burst of so many seconds at the usual rate is still usual."""
REFUSED_QUIET_MS = 60_000
HOSTILE = frozenset({"oversized", "properties", "depth"})
"""Reasons of messages that no device sends by mistake."""
BROKER_NAME: Text = {"zh": "消息服务器", "en": "Message broker"}
SOURCES_MAX = 1000
"""Strangers named at the same time; more are counted, not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """``rate_per_s`` for ever and ``burst`` at once: what is above is dropped. The burst is a buffer that a device
    sends again after hours away. Above ``usual_per_s`` (after ``usual_burst``) it is named, and nothing dropped yet.
    A kind may say what is usual for it; ``rate_per_s`` stays the upper bound.
    """

    rate_per_s: float = 1000.0
    burst: int = 30_000
    usual_per_s: float = 50.0
    usual_burst: int = 500

    def of(self, kind: Kind) -> Quota:
        """As it is for a device of this kind."""
        if kind.usual_per_s is None:
            return self
        usual_per_s = min(kind.usual_per_s, self.rate_per_s)
        burst = max(self.usual_burst, round(usual_per_s * USUAL_FOR_S))
        return replace(self, usual_per_s=usual_per_s, usual_burst=burst)


class Meter:
    """One device's token bucket, twice: ``exceeds`` what is usual, ``overflows`` what is allowed.

    A bucket is the time at which it will be full again (GCRA): one addition and one comparison a message.
    """

    __slots__ = ("_full_ms", "_room_ms", "_step_ms", "_usual_full_ms", "_usual_room_ms", "_usual_step_ms")

    def __init__(self, quota: Quota) -> None:
        self._step_ms = 1000 / quota.rate_per_s
        self._room_ms = quota.burst * self._step_ms
        self._usual_step_ms = 1000 / quota.usual_per_s
        self._usual_room_ms = quota.usual_burst * self._usual_step_ms
        self._full_ms = self._usual_full_ms = 0.0

    def exceeds(self, now_ms: int) -> bool:
        """Count one message; whether it is more than usual."""
        self._full_ms = max(self._full_ms, now_ms) + self._step_ms
        usual = max(self._usual_full_ms, now_ms) + self._usual_step_ms
        if usual - now_ms > self._usual_room_ms:
            return True
        self._usual_full_ms = usual
        return False

    def overflows(self, now_ms: int) -> bool:
        """Whether the message just counted is more than allowed; such a one takes no token."""
        if self._full_ms - now_ms > self._room_ms:
            self._full_ms -= self._step_ms
            return True
        return False


def stands_at(ts_ms: int, received_ms: int) -> int:
    """Where a reading stands in the history: at its own time where that can be, else at the time it was received.

    A clock that is merely wrong is named, and its readings are marked; their place must not depend on who came first.
    """
    return ts_ms if -CLOCK_BEHIND_MAX_MS <= ts_ms - received_ms <= CLOCK_SKEW_MS else received_ms


class Clock:
    """One device's clock against the hall's."""

    __slots__ = ("since_ms", "wrong")

    def __init__(self, since_ms: int | None = None) -> None:
        self.since_ms = since_ms
        self.wrong = since_ms is not None

    def runs_off(self, received_ms: int) -> bool:
        """One more message that is far from the hall's time; whether that has lasted."""
        if self.since_ms is None:
            self.since_ms = received_ms
        self.wrong = self.wrong or received_ms - self.since_ms >= CLOCK_PERSISTS_MS
        return self.wrong


class Conduct:
    """One alarm type by source: raised when something happens, cleared when it has not for a while or is over.

    May be told from any thread.
    """

    def __init__(self, alarm: AlarmType, hear: Callable[[Verdict], None], *, quiet_ms: int | None) -> None:
        self.alarm, self._hear, self._quiet_ms = alarm, hear, quiet_ms
        self._lock = threading.Lock()
        self._last_ms: dict[str, int] = {}
        self.happenings = 0

    def restore(self, holding: Iterable[tuple[str, str]], now_ms: int) -> None:
        """What held when the hall last ran."""
        self._last_ms = {source: now_ms for source, name in holding if name == self.alarm.name}

    def happens(self, source: str, value: Value, now_ms: int) -> None:
        with self._lock:
            self.happenings += 1
            known = source in self._last_ms
            if not known and len(self._last_ms) >= SOURCES_MAX:
                return
            self._last_ms[source] = now_ms
            if not known:
                self._hear(Verdict(source=source, alarm=self.alarm, holds=True, value=value, at_ms=now_ms))

    def is_over(self, source: str, now_ms: int) -> None:
        with self._lock:
            if self._last_ms.pop(source, None) is not None:
                self._hear(Verdict(source=source, alarm=self.alarm, holds=False, value=False, at_ms=now_ms))

    def holds(self, source: str) -> bool:
        return source in self._last_ms

    def forget(self, source: str) -> None:
        """It is gone, and its alarms with it."""
        with self._lock:
            self._last_ms.pop(source, None)

    def tick(self, now_ms: int) -> None:
        if self._quiet_ms is None or not self._last_ms:
            return
        with self._lock:
            quiet = [source for source, last_ms in self._last_ms.items() if now_ms - last_ms >= self._quiet_ms]
        for source in quiet:
            self.is_over(source, now_ms)


def broker_id(site: str) -> str:
    """The source of alarms about somebody whom only the broker met."""
    return make_id(site, "broker", "mqtt")


class Admission:
    """The conducts that are watched, together."""

    def __init__(self, hear: Callable[[Verdict], None], *, quota: Quota | None) -> None:
        self.quota = quota
        self.flooding = Conduct(FLOODING, hear, quiet_ms=CALM_MS)
        self.clock_wrong = Conduct(CLOCK_WRONG, hear, quiet_ms=None)
        self.refused = Conduct(REFUSED, hear, quiet_ms=REFUSED_QUIET_MS)
        self.overloaded = Conduct(OVERLOADED, hear, quiet_ms=CALM_MS)
        self._all = (self.flooding, self.clock_wrong, self.refused, self.overloaded)

    def meter(self, kind: Kind) -> Meter | None:
        """A new device's; None where nobody is measured."""
        return Meter(self.quota.of(kind)) if self.quota is not None else None

    def clock(self, source: str, now_ms: int) -> Clock:
        """A device's as it was last known: its next message tells whether it was set right."""
        return Clock(now_ms if self.clock_wrong.holds(source) else None)

    def counters(self) -> dict[str, int]:
        """How often each was, since the hall started."""
        return {conduct.alarm.name: conduct.happenings for conduct in self._all}

    def restore(self, holding: list[tuple[str, str]], now_ms: int) -> None:
        for conduct in self._all:
            conduct.restore(holding, now_ms)

    def forget(self, source: str) -> None:
        for conduct in self._all:
            conduct.forget(source)

    def tick(self, now_ms: int) -> None:
        for conduct in self._all:
            conduct.tick(now_ms)


def _alarm(
    name: str, label: Text, *, point: str, op: Comparison, value: Value, consequence: Text, response: Text
) -> AlarmType:
    return AlarmType(
        name=name, label=label, when=When(point=point, op=op, value=value), priority=2, consequence=consequence,
        response=response,
    )  # fmt: skip


FLOODING = _alarm(
    "device_flooding",
    {"zh": "设备消息过多", "en": "Device sends too much"},
    point="messages_per_s", op=">", value=Quota().usual_per_s,
    consequence={"zh": "超出限额的测量值被丢弃", "en": "Its readings above the quota are dropped"},
    response={"zh": "查设备固件与接线；必要时吊销其凭证", "en": "Check its firmware; revoke its credential if needed"},
)  # fmt: skip
CLOCK_WRONG = _alarm(
    "clock_wrong",
    {"zh": "设备时钟不准", "en": "Device clock is wrong"},
    point="clock_skew_s", op=">", value=CLOCK_SKEW_MS / 1000,
    consequence={"zh": "其测量时间不可信，按存疑标记", "en": "The times of its readings are not to be trusted"},
    response={"zh": "校准设备时钟或检查其对时服务", "en": "Set its clock, or check where it gets the time from"},
)  # fmt: skip
REFUSED = _alarm(
    "broker_refused",
    {"zh": "越权访问被拒绝", "en": "Access refused by the broker"},
    point="refused", op="!=", value="",
    consequence={"zh": "可能是入侵或接线配置错误；消息未被接收", "en": "An intrusion or a wrong setup; nothing got in"},
    response={"zh": "核对该设备；可疑时吊销其凭证", "en": "Check the device; if in doubt, revoke its credential"},
)  # fmt: skip
OVERLOADED = _alarm(
    "hall_overloaded",
    {"zh": "消息过多，处理不过来", "en": "More messages than the hall can take"},
    point="kept", op="<", value=1.0,
    consequence={
        "zh": "暂时舍弃最频繁设备的测量值；告警、事件和指令不受影响",
        "en": "Readings of the noisiest devices are let go for now; alarms, events and commands are not affected",
    },
    response={"zh": "在设备页找出消息最多的设备；排除后自动恢复", "en": "Find the noisiest on the devices page"},
)  # fmt: skip
