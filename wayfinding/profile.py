"""A profile says how somebody walks: how fast, how wide, over which ways; one TOML file each in ``profiles/``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from building.model import Access, LinkKind, Text
from wayfinding.errors import InvalidProfile

PROFILES = Path(__file__).parent / "profiles"
ACCESS_ORDER: tuple[Access, ...] = get_args(Access)
"""From open to all to closed to most: a profile enters what stands up to and with its ``max_access``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a kind of vertical link is taken.

    Speeds are along the slope; None means the link's own machine decides. ``weight`` > 1 makes a second on it
    count for more, so that it is taken only where the rest is longer still. ``busy``: from that hour until that one
    one waits so many seconds instead of ``wait_s``.
    """

    allowed: bool = True
    speed_up_m_s: float | None = None
    speed_down_m_s: float | None = None
    weight: float = 1.0
    wait_s: float = 0.0
    busy: tuple[tuple[int, int, float], ...] = ()

    def wait_at_s(self, hour: int) -> float:
        """How long one waits in that hour of the day, where nobody measures it."""
        return next((wait_s for first, end, wait_s in self.busy if first <= hour < end), self.wait_s)

    def freely(self) -> Way:
        """The same way without a rule or a liking against it."""
        return replace(self, allowed=True, weight=1.0)

    def __post_init__(self) -> None:
        for speed in (self.speed_up_m_s, self.speed_down_m_s):
            if speed is not None and not 0.05 <= speed <= 5.0:
                raise InvalidProfile(f"a speed of {speed} m/s is not within 0.05..5")
        if self.weight < 1.0:
            raise InvalidProfile(f"weight {self.weight} is below 1")
        for wait_s in (self.wait_s, *(wait_s for *_, wait_s in self.busy)):
            if not 0.0 <= wait_s <= 600.0:
                raise InvalidProfile(f"wait_s {wait_s} is not within 0..600")
        for first, end, _ in self.busy:
            if not 0 <= first < end <= 24:
                raise InvalidProfile(f"busy from {first} until {end} is no part of a day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How somebody walks. ``clearance_m`` is the body's radius, ``min_width_m`` the narrowest door it passes."""

    id: str
    name: Text = field(compare=False)
    speed_m_s: float
    clearance_m: float
    min_width_m: float
    stairs: Way
    escalator: Way
    lift: Way
    ramp: Way
    step_free_only: bool = False
    max_access: Access = "public"

    def __post_init__(self) -> None:
        if not {"zh", "en"} <= self.name.keys():
            raise InvalidProfile("name needs zh and en")
        if not 0.1 <= self.speed_m_s <= 3.0:
            raise InvalidProfile(f"speed_m_s {self.speed_m_s} is not within 0.1..3")
        if not 0.05 <= self.clearance_m <= 1.0:
            raise InvalidProfile(f"clearance_m {self.clearance_m} is not within 0.05..1")
        if not 0.2 <= self.min_width_m <= 2.0:
            raise InvalidProfile(f"min_width_m {self.min_width_m} is not within 0.2..2")
        if self.max_access not in ACCESS_ORDER:
            raise InvalidProfile(f"max_access {self.max_access!r} is none of {', '.join(ACCESS_ORDER)}")

    def way(self, kind: LinkKind) -> Way:
        ways = {"stairs": self.stairs, "escalator": self.escalator, "lift": self.lift, "ramp": self.ramp}
        return ways[kind]

    def unrestricted(self) -> Profile:
        """The same body if nothing stood in its way but walls: what the profile's own way is compared with."""
        return _unrestricted(self)

    def may_enter(self, access: Access) -> bool:
        return ACCESS_ORDER.index(access) <= ACCESS_ORDER.index(self.max_access)


@lru_cache(64)
def _unrestricted(profile: Profile) -> Profile:
    return replace(
        profile,
        clearance_m=min(profile.clearance_m, 0.25),
        min_width_m=min(profile.min_width_m, 0.5),
        step_free_only=False,
        stairs=profile.stairs.freely(),
        escalator=profile.escalator.freely(),
        lift=profile.lift.freely(),
        ramp=profile.ramp.freely(),
    )


def load_profiles(folder: Path = PROFILES) -> Mapping[str, Profile]:
    """Every profile of the folder by its id, which is the file's name; a broken file fails with its name."""
    profiles = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            profiles[path.stem] = _parse(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        except (InvalidProfile, tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ValueError) as problem:
            raise InvalidProfile(f"{path.name}: {problem}") from problem
    if not profiles:
        raise InvalidProfile(f"{folder} holds no profile (*.toml)")
    return profiles


def _parse(profile_id: str, data: dict[str, Any]) -> Profile:
    ways: dict[str, Any] = {kind: _way(kind, data.pop(kind, {})) for kind in get_args(LinkKind)}
    return Profile(id=profile_id, **ways, **_known(Profile, data, "profile"))


def _way(kind: str, data: dict[str, Any]) -> Way:
    known = _known(Way, data, kind)
    return Way(**{**known, "busy": tuple(map(tuple, known.get("busy", ())))})


def _known(of: type[Way | Profile], data: dict[str, Any], where: str) -> dict[str, Any]:
    known = {f.name: f for f in fields(of)}
    if unknown := data.keys() - known.keys() - {"id"}:
        raise InvalidProfile(f"{where} has unknown keys: {', '.join(sorted(unknown))}")
    given = data.keys() | {"id", *get_args(LinkKind)}
    missing = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING and n not in given]
    if missing:
        raise InvalidProfile(f"{where} lacks {', '.join(missing)}")
    return data
