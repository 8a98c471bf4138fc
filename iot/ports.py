"""What the device side needs from above, and what it offers: the seam between iot and the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from iot.kind import Text, Value
from iot.messages import CommandRequest, Foreign, Message


class Inbound(msgspec.Struct, frozen=True):
    """One message as it came in. ``receipt`` is opaque: give it back to the connector once durable.

    ``sifted``: a ``Sieve`` has let it through already.
    """

    message: Message
    received_ms: int
    receipt: int
    sifted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Under which ``address`` a device speaks a ``convention`` that is not ours (an ONVIF prefix, a Sparkplug node).

    ``kind``: the device's, for a convention whose topics mean different things for different kinds.
    ``points``: foreign name -> our point, where the names differ. ``iot/conventions/binding.py`` says what is right.
    """

    device: str
    convention: str
    address: str
    kind: str = ""
    points: Mapping[str, str] = field(default_factory=dict)


class Sieve(Protocol):
    """Asked on a connector's thread about each telemetry message while there is too much."""

    def lets_go(self, device: str, values: Mapping[str, Value]) -> bool:
        """Whether nothing depends on it and it is one of too many: the connector tells of it with a ``LetGo``."""
        ...


class Inbox(Protocol):
    """A bounded queue that the twin drains. A connector never blocks and never drops on its own."""

    def offer(self, item: Inbound) -> bool:
        """True when taken. False when full: the connector keeps it unacknowledged and counts it."""
        ...

    def reject(self, *, device: str | None, reason: str, detail: str, foreign: Foreign | None = None) -> None:
        """Something arrived that is no message: counted by reason, shown on the devices page. ``foreign`` could be."""
        ...

    def sieve(self) -> Sieve | None:
        """While telemetry is let go: what to ask before a message is made of it."""
        ...


class Connector(Protocol):
    """One protocol's way in and out."""

    name: str

    def start(self, inbox: Inbox) -> None: ...

    def stop(self) -> None: ...

    def acknowledge(self, receipts: list[int]) -> None:
        """These are durable: tell the peer."""
        ...

    def send(self, request: CommandRequest) -> None:
        """Hand a command to the device; raises ``IotError`` when that is impossible now."""
        ...

    def withdraw(self, device: str, command: str) -> None:
        """Take a command that somebody had the broker keep off it, as far as that is possible now."""
        ...

    def bind(self, bindings: Sequence[Binding]) -> None:
        """Which foreign addresses are which devices from now on; a connector takes those of its own conventions."""
        ...

    def health(self) -> ConnectorHealth: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorHealth:
    """``unacknowledged`` counts messages taken from the peer and not yet durable.

    ``attempts``: tries in a row that led to nothing lasting; from the fifth on the ``circuit`` is open between tries.
    ``next_try_ms``: while it waits to try again. ``last_error``: what is wrong now. ``failure``: the newest error, also
    one that is over. ``pressed``: more comes than it can read.
    ``behind_ms``: how long what is said now waits before the connector has it; 0 where nobody knows.
    ``unmapped``: what was understood and means nothing to us, by name. ``displaced``: how often somebody else took our
    place at the peer, with our own name and password. ``limits``: what is not promised on what the peer speaks.
    """

    state: str
    since_ms: int
    last_error: str | None
    received: int
    rejected: int
    unacknowledged: int
    broker_dropped: int
    pressed: bool = False
    behind_ms: int = 0
    attempts: int = 0
    circuit: str = "closed"
    protocol: str = ""
    unmapped: Mapping[str, int] = field(default_factory=dict)
    displaced: int = 0
    limits: tuple[Text, ...] = ()
    next_try_ms: int | None = None
    failure: str | None = None
    failure_ms: int | None = None
