"""What a file shows before anybody has understood it: shapes and statements, in metres, in one local frame.

A reader turns its format into a ``Survey`` and decides nothing; ``building.understanding`` decides, in one way for all
formats, which rooms there are, what each door joins and where each stair ends.

Keys are the reader's own, unique within their list and the same whenever the file is read; a space is named by its key
wherever one is meant, and ``OUT`` is the outside. Plans are shapely polygons in X/Y; every z is absolute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from building.model import (
    XY,
    XYZ,
    Access,
    Department,
    Device,
    Evidence,
    Furniture,
    Georeference,
    LinkKind,
    Poi,
    ServiceWindow,
    SourceId,
    Text,
    Zone,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFloor:
    """A storey. What the file does not say is None: ``height_m`` then reaches to the next floor, ``ordinal`` counts
    from the ground, ``outline`` is what is built on it.
    """

    key: str
    name: Text
    number: str
    elevation_m: float
    height_m: float | None = None
    ordinal: int | None = None
    outline: BaseGeometry | None = None
    source: SourceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSpace:
    """A room or area. ``words`` is all that the file says of its use; ``kind`` and ``walkable`` are set only where the
    format itself says them outright (an IMDF category, an OSM tag), and ``outdoors`` where the area is no room of the
    house (a terrace at ground level, a forecourt).
    """

    key: str
    name: Text
    floor: str
    plan: BaseGeometry
    z0_m: float
    z1_m: float
    number: str | None = None
    words: str = ""
    kind: str | None = None
    walkable: bool | None = None
    outdoors: bool = False
    access: Access = "public"
    capacity: int | None = None
    aliases: tuple[str, ...] = ()
    derived: Evidence | None = None
    source: SourceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWall:
    """Anything that stands in the way at the height where people walk: walls, curtain walls, railings, columns."""

    key: str
    name: Text
    floor: str
    plan: BaseGeometry
    z0_m: float
    z1_m: float
    kind: str = "interior"
    source: SourceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDoor:
    """A door, gate or gap in a wall. ``line`` is its clear width on plan, ``depth_m`` how thick the wall is there.

    ``joins`` are the spaces the file itself names on its sides, as far as it does. ``passable`` False: drawn, but
    shut for good. ``external``: what the file says about leading outside; ``exit``: about getting out by it.
    ``decided``: the file itself says what the door joins (an IMDF relationship), so nothing is looked for.
    ``evidence``: where the file shows no door and the reader infers one.
    """

    key: str
    name: Text
    floor: str
    line: tuple[XY, XY]
    z0_m: float
    height_m: float
    depth_m: float = 0.0
    kind: str = "door"
    joins: tuple[str, ...] = ()
    decided: bool = False
    external: bool | None = None
    exit: bool | None = None
    passable: bool = True
    one_way: tuple[str, str] | None = None
    step_free: bool = True
    controlled: bool = False
    evidence: Evidence | None = None
    source: SourceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """One flight, ramp, car or shaft: what it covers on plan between two heights.

    ``path`` is its walking line, lower end first, where the file shows it.
    """

    plan: BaseGeometry
    z0_m: float
    z1_m: float
    path: tuple[XYZ, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStop:
    """The space one steps into at a stop, and where."""

    space: str
    at: XY


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLink:
    """Stairs, ramp, escalator or lift. ``floors`` are the stops the file states, ``spaces`` the spaces that are the
    stairwell or shaft itself, ``stops`` where the file says outright which spaces it joins.
    """

    key: str
    name: Text
    kind: LinkKind
    runs: tuple[SeenRun, ...]
    floors: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    stops: tuple[SeenStop, ...] = ()
    direction: Literal["both", "up", "down"] = "both"
    step_free: bool | None = None
    width_m: float | None = None
    by_name: bool = False
    source: SourceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenConnection:
    """Two spaces that the file states to be joined, without a door of their own (an IndoorGML transition, a virtual
    boundary, a shared node). ``line`` is where one passes, as far as the file shows it.
    """

    key: str
    a: str
    b: str
    statement: str
    line: tuple[XY, XY] | None = None
    source: SourceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that a file shows of one building. What was already understood by its author (windows, devices, zones,
    places) is passed on as it is; ``warnings`` say what the reader left out and why.

    ``graph_stated``: the file says of every pair of spaces whether they are joined (a dual graph, our own export), so
    doors join what they name and nothing is joined because it touches. ``walls_drawn`` False: the format shows no
    walls, so rooms that touch are not open to each other for that. ``rooms_drawn`` False: it draws only rooms worth a
    name, so walls may enclose others.
    """

    site: str
    name: Text
    format: str
    schema: str
    timezone: str = "Asia/Shanghai"
    georeference: Georeference | None = None
    floors: tuple[SeenFloor, ...]
    spaces: tuple[SeenSpace, ...] = ()
    walls: tuple[SeenWall, ...] = ()
    walls_drawn: bool = True
    rooms_drawn: bool = True
    doors: tuple[SeenDoor, ...] = ()
    links: tuple[SeenLink, ...] = ()
    connections: tuple[SeenConnection, ...] = ()
    departments: tuple[Department, ...] = ()
    windows: tuple[ServiceWindow, ...] = ()
    devices: tuple[Device, ...] = ()
    zones: tuple[Zone, ...] = ()
    pois: tuple[Poi, ...] = ()
    furniture: tuple[Furniture, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    graph_stated: bool = False
    warnings: tuple[str, ...] = ()
