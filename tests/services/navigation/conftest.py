"""The reference hall with its real router, and devices that say what a test lets them say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from building.formats import open_building
from building.model import Building
from iot.kind import Value
from services.navigation.service import Navigation, Router, compile_router
from wayfinding.profile import Profile, load_profiles

AFTERNOON_MS = 1_699_950_600_000
"""Half past four in the afternoon, a Tuesday, in the hall: everything is open, and lifts take no longer than usual."""


@dataclass(frozen=True, slots=True)
class Saying:
    value: Value


@dataclass(slots=True)
class Devices:
    """The newest words of devices, by (key, point)."""

    words: dict[tuple[str, str], Value] = field(default_factory=dict)

    def say(self, device: str, **points: Value) -> None:
        for point, value in points.items():
            self.words[f"shifanqu:device:{device}", point] = value

    def value(self, entity_id: str, point: str) -> Saying | None:
        word = self.words.get((entity_id, point))
        return None if word is None else Saying(word)


@dataclass(slots=True)
class Tickets:
    """A place source with one ticket."""

    prefix: str = "ticket"
    targets: dict[str, str] = field(default_factory=lambda: {"secret": "shifanqu:window:A07"})

    def find_target(self, word: str) -> str | None:
        return self.targets.get(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The service, and what a test may turn."""

    navigation: Navigation
    devices: Devices
    tickets: Tickets
    profiles: Mapping[str, Profile]


@pytest.fixture(scope="session")
def hall() -> Building:
    return open_building("reference")


@pytest.fixture(scope="session")
def hall_router(hall: Building) -> Router:
    return compile_router(hall, load_profiles().values())


@pytest.fixture
def desk(hall: Building, hall_router: Router) -> Desk:
    def compile_once(building: Building, profiles: Iterable[Profile]) -> Router:
        return hall_router if building is hall else compile_router(building, profiles)

    devices, tickets, profiles = Devices(), Tickets(), load_profiles()
    navigation = Navigation(
        live=devices, profiles=profiles, sources=[tickets], compile_router=compile_once, now_ms=lambda: AFTERNOON_MS
    )
    navigation.prepare("v1", hall)()
    return Desk(navigation=navigation, devices=devices, tickets=tickets, profiles=profiles)
