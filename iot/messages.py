"""What devices and the hall say to each other, free of any wire format.

``device`` is the device's key (``UPS-2``), never the full id. Times are milliseconds since 1970 UTC,
as devices give them; ``received_ms`` is the hall's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from iot.kind import Value

Quality = Literal["good", "uncertain", "bad"]
AckStatus = Literal["accepted", "done", "failed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """``desc``: what a device says of itself."""

    device: str
    kind: str
    model: str = ""
    firmware: str = ""
    serial: str = ""
    points: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    buffer: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """``state``: online or, by last will, not; a late will of an older boot changes nothing.

    ``dropped``: how many messages it says it has lost for want of room or power before they were sent, ever.
    """

    device: str
    online: bool
    boot: int
    ts_ms: int
    dropped: int = 0


class Telemetry(msgspec.Struct, frozen=True, kw_only=True):
    """``tele``: what a device measured. A struct, not a dataclass: thirty thousand are made a second.

    ``numbered`` False: its convention has no sequence numbers, and ``seq`` is the connector's own, which orders but
    shows no gap.
    """

    device: str
    ts_ms: int
    seq: int
    boot: int
    values: Mapping[str, Value]
    quality: Mapping[str, Quality] = {}
    late: bool = False
    numbered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEvent:
    device: str
    type: str
    id: str
    ts_ms: int
    seq: int
    boot: int
    data: Mapping[str, Any] = field(default_factory=dict)
    late: bool = False
    numbered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A convention knows by its own count that messages of a device never came."""

    device: str
    count: int


class LetGo(msgspec.Struct, frozen=True, kw_only=True):
    """Telemetry that was read and not taken in, since there was too much of it: numbers ``first`` to ``last``."""

    device: str
    boot: int
    first: int
    last: int
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An address of a convention that is not ours, which nobody bound: ``said`` is what it told of itself."""

    convention: str
    address: str
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAck:
    device: str
    id: str
    ts_ms: int
    status: AckStatus
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSeen:
    """``cmd/{name}`` as the hall's own reader met it on the wire, whoever sent it.

    ``retained``: it is, or was asked to be, kept by the broker. ``again``: the broker says it brings it once more.
    ``defect``: the reason code of a payload that is no command; then only device and name are known.
    """

    device: str
    name: str
    id: str = ""
    issuer: str = ""
    expires_ms: int = 0
    arguments: Mapping[str, Value] = field(default_factory=dict)
    retained: bool = False
    again: bool = False
    defect: str = ""


Message: TypeAlias = Description | Presence | Telemetry | DeviceEvent | CommandAck | CommandSeen | Missed | LetGo


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """``cmd/{name}``: single use, refused after ``expires_ms``."""

    device: str
    id: str
    name: str
    expires_ms: int
    issuer: str
    arguments: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """An unknown device in the lobby: what it says of itself. ``taken``: it has got its credential."""

    user: str
    kind: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    taken: bool = False
