"""A gateway: several devices speak through its one connection, and are gone when it is."""

from __future__ import annotations

from typing import Protocol

from simulators.line import Line, Message, Speaker
from simulators.mqtt_packets import Arrived


class Trunk(Line, Protocol):
    """The gateway's own connection."""

    def listen(self, topics: tuple[str, ...]) -> None: ...


class Gateway:
    """The speaker on a gateway's connection: itself, and every device that is switched on behind it."""

    def __init__(self, own: Speaker) -> None:
        self.trunk: Trunk
        self._own = own
        self._spokes: dict[str, Spoke] = {}

    def attach(self, key: str, speaker: Speaker) -> Spoke:
        self._spokes[key] = Spoke(self, key, speaker)
        return self._spokes[key]

    @property
    def listens(self) -> tuple[str, ...]:
        return (*self._own.listens, *(t for spoke in self._open() for t in spoke.speaker.listens))

    def will(self) -> tuple[str, bytes]:
        return self._own.will()

    def on_online(self) -> None:
        self._own.on_online()
        for spoke in self._open():
            spoke.speaker.on_online()

    def on_room(self) -> None:
        self._own.on_room()
        for spoke in self._open():
            spoke.speaker.on_room()

    def on_message(self, arrived: Arrived) -> None:
        spoke = self._spokes.get(arrived.topic.split("/")[3])
        if spoke is None:
            self._own.on_message(arrived)
        elif spoke.reachable:
            spoke.speaker.on_message(arrived)

    def on_acknowledged(self, message: Message, reason: int) -> None:
        spoke = self._spokes.get(message.device)
        (spoke.speaker if spoke else self._own).on_acknowledged(message, reason)

    def _open(self) -> list[Spoke]:
        return [spoke for spoke in self._spokes.values() if spoke.reachable]


class Spoke:
    """A device's line through a gateway, which says for it whether it is there."""

    def __init__(self, gateway: Gateway, key: str, speaker: Speaker) -> None:
        self._gateway, self._key, self.speaker = gateway, key, speaker
        self._opened = self._silent = False

    @property
    def reachable(self) -> bool:
        return self._opened and not self._silent

    @property
    def online(self) -> bool:
        return self.reachable and self._gateway.trunk.online

    @property
    def room(self) -> bool:
        return self.reachable and self._gateway.trunk.room

    def open(self) -> None:
        if not self._opened:
            self._opened = True
            self._appear()

    def close(self, *, abruptly: bool) -> list[Message]:  # noqa: ARG002 - a gateway notices either way
        if self._opened:
            self._disappear()
            self._opened = False
        return []

    def send(self, message: Message) -> None:
        self._gateway.trunk.send(message)

    def silence(self, *, on: bool) -> None:
        if on and self.reachable:
            self._disappear()
        self._silent = on
        if not on and self._opened:
            self._appear()

    def _appear(self) -> None:
        if self.online:
            self._gateway.trunk.listen(self.speaker.listens)
            self.speaker.on_online()

    def _disappear(self) -> None:
        if self._gateway.trunk.online:
            self._gateway.trunk.send(Message(self._key, *self.speaker.will(), retain=True))
