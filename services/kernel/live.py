"""The live hall as a module sees it: what it may read of the twin, and what it may tell it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from iot.kind import Value
from twin.live import Topic


class Known(Protocol):
    """A point's newest value; ``twin`` gives quality and age with it."""

    @property
    def value(self) -> Value: ...


class LiveReader(Protocol):
    """Reads what is true now."""

    def value(self, entity_id: str, point: str) -> Known | None: ...


class LiveHall(LiveReader, Protocol):
    """Reads, and tells: values of the module's own entities, and items that nobody may miss."""

    def publish(self, entity_id: str, values: Mapping[str, Value], *, source: str) -> object: ...

    def announce(self, topic: Topic, body: dict[str, Any], *, scope: Collection[str] | str | None = None) -> object: ...


class Sent(Protocol):
    """A command on its way; its state always reaches an end."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...


class DeviceCommands(Protocol):
    """Asks devices for something."""

    def send(
        self, device_id: str, name: str, arguments: Mapping[str, Value], *, actor: str, reason: str = ""
    ) -> Sent: ...

    def get(self, command_id: str) -> Sent: ...


def read(live: LiveReader, entity_id: str, point: str) -> Value | None:
    """The bare value, None when nothing is known."""
    known = live.value(entity_id, point)
    return None if known is None else known.value
