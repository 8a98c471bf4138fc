"""A convention is a way to speak over MQTT: which topics are its own, what they mean, and what it says by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from iot.messages import CommandRequest, Message
from iot.ports import Binding

MESSAGES_A_PACKET = 256
"""The most that one MQTT packet may become; what a packet holds beyond is refused as a whole."""
FOREIGN_PAYLOAD_BYTES = 65_536
"""As large as our broker lets a packet be: foreign devices do not know the native limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Something the hall says over MQTT that is no command of a person."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


class Convention(Protocol):
    """One way of speaking. Used by the connection's thread only, except ``encode`` and ``bind``."""

    name: str

    def filters(self) -> tuple[str, ...]:
        """What to subscribe to; no two overlap."""
        ...

    def claims(self, topic: str) -> bool:
        """Whether a topic is of this convention."""
        ...

    def speaker(self, topic: str) -> str | None:
        """Whose topic it is, for counting: a device's key, else the foreign address, else None."""
        ...

    def parse(self, topic: str, payload: bytes | bytearray, *, received_ms: int) -> tuple[Message, ...]:
        """What a packet says; ``CodecError`` and nothing else where it means nothing."""
        ...

    def encode(self, request: CommandRequest) -> Publication | None:
        """A command on the wire; None where this convention cannot carry it."""
        ...

    def bind(self, bindings: Sequence[Binding]) -> None:
        """Which foreign addresses are which devices; replaces what was bound before. From any thread."""
        ...

    def will(self, now_ms: int) -> Publication | None:
        """What the broker says for the hall when its connection is lost."""
        ...

    def births(self, now_ms: int) -> tuple[Publication, ...]:
        """What the hall says once its subscriptions stand."""
        ...

    def replies(self, now_ms: int) -> tuple[Publication, ...]:
        """What it wants said because of what it heard since last asked."""
        ...
