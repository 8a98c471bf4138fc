"""What stands between a device and its way to the broker: a line it speaks on, its own or a gateway's."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from simulators.mqtt_packets import Arrived


class Message(NamedTuple):
    """One thing to publish. ``seq`` 0: not counted, as ``desc``, ``state`` and ``ack`` are not."""

    device: str
    topic: str
    payload: bytes
    retain: bool = False
    boot: int = 0
    seq: int = 0


class Speaker(Protocol):
    """Who speaks on a line. ``on_online`` comes after each connection, ``on_room`` whenever more may be sent."""

    @property
    def listens(self) -> tuple[str, ...]: ...

    def will(self) -> tuple[str, bytes]: ...

    def on_online(self) -> None: ...

    def on_room(self) -> None: ...

    def on_message(self, arrived: Arrived) -> None: ...

    def on_acknowledged(self, message: Message, reason: int) -> None: ...


class Line(Protocol):
    """``send`` only while there is ``room``. ``close`` gives back what was sent and never acknowledged."""

    @property
    def online(self) -> bool: ...

    @property
    def room(self) -> bool: ...

    def open(self) -> None: ...

    def close(self, *, abruptly: bool) -> list[Message]: ...

    def send(self, message: Message) -> None: ...

    def silence(self, *, on: bool) -> None:
        """Nothing passes in either direction, and nobody is told; off: what waited passes."""
