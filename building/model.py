"""What a building is: one immutable version of a site, its floors and everything that stands on them.

Ids are ``{site}:{kind}:{key}``; ``OUT`` stands for the outside wherever a space id may stand.
Lengths are metres, angles degrees (0 = east, counter-clockwise), Z up, X/Y/Z in the building's local frame:
every ``z_m`` and ``z0_m`` is absolute, so what stands on a floor starts at that floor's elevation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, TypeAlias

from building.errors import InvalidModel

Text: TypeAlias = Mapping[str, str]
"""A human text by language code, e.g. ``{"zh": "一层", "en": "Floor 1"}``."""
XY: TypeAlias = tuple[float, float]
XYZ: TypeAlias = tuple[float, float, float]
Ring: TypeAlias = tuple[XY, ...]
"""An open ring (first point not repeated), at least three points."""

OUT = "OUT"
_ID = re.compile(r"[^:\s]+:[a-z_]+:\S+")

LinkKind = Literal["stairs", "ramp", "escalator", "lift"]
Access = Literal["public", "staff", "restricted"]


def make_id(site: str, kind: str, key: str) -> str:
    """The one way ids are formed."""
    return f"{site}:{kind}:{key}"


def key_of(entity_id: str) -> str:
    """The key of an id: ``a:space:1F-ENT`` -> ``1F-ENT``; ``OUT`` stays ``OUT``."""
    return entity_id.split(":", 2)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceId:
    """A foreign id, e.g. scheme ``ifc``, value = GlobalId."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where an inferred fact comes from."""

    source: str
    method: str
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise InvalidModel(f"confidence {self.confidence} is not within 0..1")


DRAWN = Evidence(source="file", method="stated")
SHUT = "shut for good"
"""The method by which an opening is known to join nothing: somebody said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What every named thing has in common."""

    id: str
    name: Text
    source: SourceId | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise InvalidModel(f"{self.id!r} is not an id of the form site:kind:key")

    @property
    def key(self) -> str:
        return key_of(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    outer: Ring
    holes: tuple[Ring, ...] = ()

    def __post_init__(self) -> None:
        if len(self.outer) < 3 or any(len(h) < 3 for h in self.holes):
            raise InvalidModel("a ring needs at least three points")


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor(Entity):
    """A storey. ``number`` is what people say and signs show (``1F``, ``B1``)."""

    number: str
    ordinal: int
    elevation_m: float
    height_m: float
    clear_height_m: float | None = None
    outline: tuple[Polygon, ...] = ()
    occupancy_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Space(Entity):
    """A room or area. ``walkable`` False: nobody is sent or counted there (roof, shaft, void).

    ``part`` is the part of the house it belongs to (``queue``, ``evac``, ``technical`` ...).
    """

    floor: str
    number: str | None = None
    kind: str = "room"
    footprint: tuple[Polygon, ...] = ()
    z0_m: float = 0.0
    height_m: float = 3.0
    walkable: bool = True
    access: Access = "public"
    part: str | None = None
    capacity: int | None = None
    aliases: tuple[str, ...] = ()
    derived: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall(Entity):
    """A wall's whole body on plan: the openings in it are not cut out (``building.shapes`` does that).

    ``line`` and ``thickness_m`` say how it was drawn, where the source says so.
    """

    floor: str
    kind: str = "interior"
    footprint: tuple[Polygon, ...]
    z0_m: float
    height_m: float
    line: tuple[XY, XY] | None = None
    thickness_m: float | None = None
    fire_rating_h: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(Entity):
    """A door, gate or passage between two spaces (or one and ``OUT``).

    ``line`` is the clear width on the floor plan, end to end. ``one_way`` is (from, to).
    ``exit`` False on an edge to ``OUT``: outside, but nobody can leave (a balcony).
    ``swing_to`` is the space the leaf opens into; ``fails_open`` without power it lets everybody through.
    """

    floor: str
    kind: str = "door"
    between: tuple[str, str] | None
    line: tuple[XY, XY]
    z0_m: float = 0.0
    height_m: float = 2.1
    exit: bool = False
    one_way: tuple[str, str] | None = None
    step_free: bool = True
    controlled: bool = False
    fails_open: bool = False
    swing_to: str | None = None
    vehicles_only: bool = False
    goods_only: bool = False
    link: str | None = None
    device: str | None = None
    hours: str | None = None
    outside_place: str | None = None
    evidence: Evidence = DRAWN

    @property
    def width_m(self) -> float:
        (x0, y0), (x1, y1) = self.line
        return float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where a vertical link is entered: its floor, the space one stands in, the point on that floor."""

    floor: str
    space: str
    at: XY


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalLink(Entity):
    """Stairs, ramp, escalator or lift. ``direction`` is seen from the lower stop.

    ``paths`` are walking lines in 3D, one a flight or run (stairs, ramp, escalator), lower stop first.
    ``shafts`` maps a floor id to the space that is the stairwell or shaft there, where one is drawn.
    """

    kind: LinkKind
    stops: tuple[Stop, ...]
    direction: Literal["both", "up", "down"] = "both"
    step_free: bool = False
    width_m: float = 1.2
    paths: tuple[tuple[XYZ, ...], ...] = ()
    shafts: Mapping[str, str] = field(default_factory=dict)
    device: str | None = None
    speed_m_s: float | None = None
    car_size_m: XY | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    evidence: Evidence = DRAWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Department(Entity):
    short: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWindow(Entity):
    """办事窗口. ``stand`` is where the visitor stands; ``at`` the counter's own point."""

    floor: str
    number: str
    at: XY
    stand: XY
    facing_deg: float
    space: str
    staff_space: str | None = None
    department: str | None = None
    business: Text = field(default_factory=dict)
    low_counter: bool = False
    counter_height_m: float | None = None
    induction_loop: bool = False
    screen: str | None = None
    terminal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """``z_m`` is absolute."""

    x_m: float
    y_m: float
    z_m: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Entity):
    """Where a device stands and what feeds it.

    ``serves`` names what it is about, by kind of entity: ``{"window": id}``, ``{"opening": id}``, ``{"link": id}``.
    ``coverage`` says what it sees or reaches: ``spaces``, ``floors`` and ``counts`` hold ids, all else is geometry.
    """

    kind: str
    floor: str
    space: str | None
    pose: Pose
    power_from: str | None = None
    network_from: str | None = None
    serves: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyNode(Entity):
    """A ``mains`` inlet, ``distribution`` board or outside ``network``: devices hang on it, it speaks no protocol."""

    kind: str
    space: str | None = None
    power_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone(Entity):
    """Spaces with a purpose.

    A queue zone names its windows and departments, an evacuation zone its stair and assembly place.
    """

    kind: str
    spaces: tuple[str, ...]
    floor: str | None = None
    capacity: int | None = None
    device: str | None = None
    windows: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    link: str | None = None
    assembly: str | None = None
    hours: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poi(Entity):
    kind: str
    floor: str
    space: str
    at: XY
    hours: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Entity):
    floor: str
    space: str
    at: XY
    facing_deg: float
    row: str | None = None
    place: int | None = None
    sensor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bay(Entity):
    """A parking bay; ``facing_deg`` is where a car drives out, ``side_aisle_m`` the room to get out beside it."""

    floor: str
    space: str
    kind: str
    footprint: Polygon
    row: str | None = None
    facing_deg: float | None = None
    side_aisle_m: float = 0.0
    sensor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture(Entity):
    """An obstacle or counter; ``blocks`` False: drawn, but one can walk over it."""

    floor: str
    space: str
    kind: str
    footprint: Polygon
    height_m: float = 0.8
    blocks: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdoorPlace(Entity):
    """A piece of ground around the building: ``ground`` that entrances open onto, or an ``assembly`` place on it."""

    kind: str = "ground"
    footprint: Polygon
    z_m: float
    capacity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdoorLink(Entity):
    """How one gets from one outdoor place to the next; ``level`` and no path: they touch."""

    kind: Literal["ramp", "stairs", "level", "vehicles"]
    between: tuple[str, str]
    path: tuple[XYZ, ...] = ()
    width_m: float
    step_free: bool
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach(Entity):
    """A way on foot from the street to an entrance; ``step_free_path`` leaves ``path`` where steps begin."""

    path: tuple[XYZ, ...]
    step_free_path: tuple[XYZ, ...] = ()
    width_m: float
    step_free: bool
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Georeference:
    lon_deg: float
    lat_deg: float
    rotation_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """One version of one building; its identity is ``building.versions.content_hash``.

    Hours, here and on openings, zones and POIs, are written like OpenStreetMap's ``opening_hours``.
    """

    site: str
    name: Text
    timezone: str = "Asia/Shanghai"
    georeference: Georeference | None = None
    format: str
    schema: str
    floors: tuple[Floor, ...]
    spaces: tuple[Space, ...] = ()
    walls: tuple[Wall, ...] = ()
    openings: tuple[Opening, ...] = ()
    vertical_links: tuple[VerticalLink, ...] = ()
    departments: tuple[Department, ...] = ()
    windows: tuple[ServiceWindow, ...] = ()
    devices: tuple[Device, ...] = ()
    supply: tuple[SupplyNode, ...] = ()
    zones: tuple[Zone, ...] = ()
    pois: tuple[Poi, ...] = ()
    seats: tuple[Seat, ...] = ()
    bays: tuple[Bay, ...] = ()
    furniture: tuple[Furniture, ...] = ()
    outdoor_places: tuple[OutdoorPlace, ...] = ()
    outdoor_links: tuple[OutdoorLink, ...] = ()
    approaches: tuple[Approach, ...] = ()
    opening_hours: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Cheap, so that what is worked out once per building can be kept in a cache."""
        return hash((self.site, self.schema, len(self.spaces), len(self.openings), len(self.devices)))

    def lists(self) -> dict[str, tuple[Entity, ...]]:
        """Every list of entities by its name, floors first."""
        return {name: getattr(self, name) for name in ENTITY_LISTS}

    def entities(self) -> tuple[Entity, ...]:
        """Every entity, floors first."""
        return tuple(chain.from_iterable(self.lists().values()))


ENTITY_LISTS = (
    "floors", "spaces", "walls", "openings", "vertical_links", "departments", "windows", "devices", "supply", "zones",
    "pois", "seats", "bays", "furniture", "outdoor_places", "outdoor_links", "approaches",
)  # fmt: skip
