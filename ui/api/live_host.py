"""What the live feed's routes need of whoever serves them: the hall's own process, or a web process that mirrors it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol

from building.model import Building
from iot.kind import Kind
from services.kernel.actor import Identity
from services.kernel.http import Cookies
from twin.live import LiveHub
from twin.registry import Device


class LiveHost(Protocol):
    """``hub`` is a ``LiveSource`` that also says where it stands and which entities it knows."""

    @property
    def site(self) -> str: ...

    @property
    def hub(self) -> LiveHub: ...

    @property
    def now_ms(self) -> Callable[[], int]: ...

    @property
    def kinds(self) -> Mapping[str, Kind]: ...

    @property
    def identity(self) -> Identity: ...

    @property
    def cookies(self) -> Cookies: ...

    def building(self) -> tuple[str, Building]: ...

    def devices(self) -> list[Device]: ...

    def standing(self) -> Hashable:
        """Another value whenever building or devices are others; cheap."""
        ...

    def health(self) -> dict[str, tuple[bool, str]]: ...

    def counters(self) -> dict[str, Any]: ...

    def gauges(self) -> dict[str, float]: ...
