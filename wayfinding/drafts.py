"""Small synthetic buildings, drawn in a few lines each: for tests, benches and trying things out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely

from building.model import (
    OUT,
    XY,
    XYZ,
    Building,
    Floor,
    Furniture,
    LinkKind,
    Opening,
    Poi,
    Polygon,
    Space,
    Stop,
    Text,
    VerticalLink,
    Wall,
    make_id,
)

SITE = "test"


def floor_id(number: str) -> str:
    return make_id(SITE, "floor", number)


def space_id(key: str) -> str:
    return OUT if key == OUT else make_id(SITE, "space", key)


def opening_id(key: str) -> str:
    return make_id(SITE, "opening", key)


def link_id(key: str) -> str:
    return make_id(SITE, "link", key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted:
    """An endpoint that is just a point, or a space by its id."""

    id: str
    floor: str
    at: XY
    name: Text


def point(floor: str, x: float, y: float) -> Spotted:
    return Spotted(id=f"{floor}@{x},{y}", floor=floor_id(floor), at=(x, y), name={"zh": "此处", "en": "here"})


OUTSIDE = Spotted(id=OUT, floor="", at=(float("nan"), float("nan")), name={"zh": "室外", "en": "Outside"})


def box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return Polygon(outer=((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


@dataclass(slots=True)
class Draft:
    """A building as it is being drawn: rooms to wall centre lines, walls 0.2 m thick."""

    height_m: float = 4.0
    floors: dict[str, Floor] = field(default_factory=dict)
    spaces: list[Space] = field(default_factory=list)
    walls: list[Wall] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    links: list[VerticalLink] = field(default_factory=list)
    furniture: list[Furniture] = field(default_factory=list)
    pois: list[Poi] = field(default_factory=list)

    def floor(self, number: str, ordinal: int) -> None:
        name = {"zh": f"{number}层", "en": f"Floor {number}"}
        self.floors[number] = Floor(
            id=floor_id(number), name=name, number=number, ordinal=ordinal,
            elevation_m=ordinal * self.height_m, height_m=self.height_m,
        )  # fmt: skip

    def room(self, floor: str, key: str, shape: Polygon, **more: Any) -> None:
        name = {"zh": f"{key}室", "en": f"Room {key}"}
        self.spaces.append(Space(id=space_id(key), name=name, floor=floor_id(floor), footprint=(shape,), **more))
        if more.get("kind") != "open":
            body = shapely.LinearRing(shape.outer).buffer(0.1, join_style="mitre")
            self.wall(floor, body)

    def wall(self, floor: str, body: Any) -> None:
        rings = [tuple((float(x), float(y)) for x, y in ring.coords[:-1]) for ring in (body.exterior, *body.interiors)]
        self.walls.append(
            Wall(
                id=make_id(SITE, "wall", str(len(self.walls))), name={}, floor=floor_id(floor),
                footprint=(Polygon(outer=rings[0], holes=tuple(rings[1:])),),
                z0_m=self.floors[floor].elevation_m, height_m=3.0,
            )
        )  # fmt: skip

    def door(self, floor: str, key: str, between: tuple[str, str], line: tuple[XY, XY], **more: Any) -> None:
        a, b = between
        name = {"zh": f"{key}门", "en": f"door {key}"}
        self.openings.append(
            Opening(
                id=opening_id(key), name=name, floor=floor_id(floor), between=(space_id(a), space_id(b)), line=line,
                exit=OUT in between, **more,
            )
        )  # fmt: skip

    def link(self, kind: LinkKind, key: str, stops: Sequence[tuple[str, str, XY]], **more: Any) -> None:
        name = {"zh": f"{key}号", "en": f"link {key}"}
        self.links.append(
            VerticalLink(
                id=link_id(key), name=name, kind=kind,
                stops=tuple(Stop(floor=floor_id(f), space=space_id(s), at=at) for f, s, at in stops), **more,
            )
        )  # fmt: skip

    def obstacle(self, floor: str, space: str, shape: Polygon) -> None:
        key = str(len(self.furniture))
        self.furniture.append(
            Furniture(
                id=make_id(SITE, "furniture", key), name={}, floor=floor_id(floor), space=space_id(space),
                kind="table", footprint=shape,
            )
        )  # fmt: skip

    def build(self) -> Building:
        return Building(
            site=SITE, name={"zh": "试验楼", "en": "Test house"}, format="draft", schema="test",
            floors=tuple(self.floors.values()), spaces=tuple(self.spaces), walls=tuple(self.walls),
            openings=tuple(self.openings), vertical_links=tuple(self.links), furniture=tuple(self.furniture),
            pois=tuple(self.pois),
        )  # fmt: skip


def two_rooms(*, width_m: float = 1.0, **door: Any) -> Building:
    """A (0..10) and B (10..20) side by side, a door between them, a front door into A."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "A", box(0, 0, 10, 10))
    draft.room("1F", "B", box(10, 0, 20, 10))
    draft.door("1F", "FRONT", ("A", OUT), ((4.0, 0.0), (6.0, 0.0)))
    draft.door("1F", "MID", ("A", "B"), ((10.0, 5 - width_m / 2), (10.0, 5 + width_m / 2)), **door)
    return draft.build()


def tower(*, floors: int = 2, lift: bool = True, stairs: bool = True, escalator: bool = False) -> Building:
    """One room a floor, 20 x 10, joined by stairs in the west, a lift in the east, an escalator (up) in the middle."""
    draft = Draft()
    numbers = [f"{n + 1}F" for n in range(floors)]
    for n, number in enumerate(numbers):
        draft.floor(number, n)
        draft.room(number, f"{number}-HALL", box(0, 0, 20, 10))
    draft.door("1F", "FRONT", ("1F-HALL", OUT), ((9.0, 0.0), (11.0, 0.0)))
    halls = [(number, f"{number}-HALL") for number in numbers]
    h = draft.height_m
    if stairs:
        paths: list[tuple[XYZ, ...]] = [
            ((2.0, 2.0, n * h), (2.0, 5.0, (n + 0.5) * h), (3.5, 5.0, (n + 0.5) * h), (3.5, 2.0, (n + 1) * h))
            for n in range(floors - 1)
        ]
        draft.link("stairs", "ST", [(f, s, (2.0, 2.0)) for f, s in halls], paths=tuple(paths))
    if lift:
        draft.link("lift", "LI", [(f, s, (18.0, 5.0)) for f, s in halls], step_free=True, device=f"{SITE}:device:LI")
    if escalator:
        ends = [(*halls[0], (8.0, 8.0)), (*halls[1], (13.0, 8.0))]
        line: tuple[XYZ, ...] = ((8.0, 8.0, 0.0), (13.0, 8.0, h))
        draft.link("escalator", "ES", ends, direction="up", paths=(line,))
    return draft.build()


def ring() -> Building:
    """Four rooms in a ring around a solid block: N, E, S, W, with a door at every corner; the front door is in S."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "S", box(0, 0, 15, 5))
    draft.room("1F", "E", box(15, 0, 20, 15))
    draft.room("1F", "N", box(5, 15, 20, 20))
    draft.room("1F", "W", box(0, 5, 5, 20))
    draft.door("1F", "FRONT", ("S", OUT), ((7.0, 0.0), (8.0, 0.0)))
    draft.door("1F", "SE", ("S", "E"), ((15.0, 2.0), (15.0, 3.0)))
    draft.door("1F", "EN", ("E", "N"), ((17.0, 15.0), (18.0, 15.0)))
    draft.door("1F", "NW", ("N", "W"), ((5.0, 17.0), (5.0, 18.0)))
    draft.door("1F", "WS", ("W", "S"), ((2.0, 5.0), (3.0, 5.0)))
    return draft.build()


def gatehouse() -> Building:
    """A lobby and a hall with a narrow turnstile in, one out, and a wide step-free door far off."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "LOBBY", box(0, 0, 20, 5))
    draft.room("1F", "HALL", box(0, 5, 20, 15))
    way = (space_id("LOBBY"), space_id("HALL"))
    narrow: dict[str, Any] = {"kind": "turnstile", "step_free": False}
    draft.door("1F", "FRONT", ("LOBBY", OUT), ((9.0, 0.0), (11.0, 0.0)))
    draft.door("1F", "IN", ("LOBBY", "HALL"), ((8.0, 5.0), (8.65, 5.0)), one_way=way, **narrow)
    draft.door("1F", "OUTWARD", ("HALL", "LOBBY"), ((12.0, 5.0), (12.65, 5.0)), one_way=way[::-1], **narrow)
    draft.door("1F", "WIDE", ("LOBBY", "HALL"), ((18.0, 5.0), (19.2, 5.0)), kind="gate")
    return draft.build()


def hall_with(obstacles: Sequence[tuple[float, float, float, float]]) -> Building:
    """One hall of 30 x 20 with those boxes in it."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "HALL", box(0, 0, 30, 20))
    draft.door("1F", "FRONT", ("HALL", OUT), ((14.0, 0.0), (16.0, 0.0)))
    for obstacle in obstacles:
        draft.obstacle("1F", "HALL", box(*obstacle))
    return draft.build()


def open_plan() -> Building:
    """A hall drawn as three areas without walls between them; DESK lies in the middle of the way from WEST to EAST."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "WEST", box(0, 0, 10, 12), kind="open")
    draft.room("1F", "EAST", box(20, 0, 30, 12), kind="open")
    draft.room("1F", "DESK", box(10, 3, 20, 9), kind="open")
    draft.room("1F", "NORTH", box(10, 9, 20, 12), kind="open")
    draft.room("1F", "SOUTH", box(10, 0, 20, 3), kind="open")
    for key, a, b, line in (
        ("W-D", "WEST", "DESK", ((10.0, 3.0), (10.0, 9.0))),
        ("D-E", "DESK", "EAST", ((20.0, 3.0), (20.0, 9.0))),
        ("W-N", "WEST", "NORTH", ((10.0, 9.0), (10.0, 12.0))),
        ("N-E", "NORTH", "EAST", ((20.0, 9.0), (20.0, 12.0))),
        ("W-S", "WEST", "SOUTH", ((10.0, 0.0), (10.0, 3.0))),
        ("S-E", "SOUTH", "EAST", ((20.0, 0.0), (20.0, 3.0))),
        ("N-D", "NORTH", "DESK", ((10.0, 9.0), (20.0, 9.0))),
        ("S-D", "SOUTH", "DESK", ((10.0, 3.0), (20.0, 3.0))),
    ):
        draft.door("1F", key, (a, b), line, kind="open")
    return draft.build()


def campus(nodes: int) -> Building:
    """Four towers on one concourse, as many storeys as it takes for about that many corners."""
    towers, per_storey = 4, 780
    return towers_on_a_concourse(towers=towers, storeys=max(2, round(nodes / per_storey)))


def towers_on_a_concourse(*, towers: int, storeys: int) -> Building:
    """On each storey of a tower a corridor with 24 furnished rooms, a POI in every room; stairs and a lift a tower."""
    rooms = 12
    draft = Draft()
    numbers = [f"{n + 1}F" for n in range(storeys)]
    for n, number in enumerate(numbers):
        draft.floor(number, n)
    draft.room("1F", "CONCOURSE", box(0, -8, towers * 70.0, 0))
    middle = towers * 35.0
    draft.door("1F", "FRONT", ("CONCOURSE", OUT), ((middle - 2.0, -8.0), (middle + 2.0, -8.0)))
    for tower_number in range(towers):
        x = tower_number * 70.0
        for number in numbers:
            name = f"{tower_number}-{number}"
            draft.room(number, name, box(x, 14, x + 60, 17))
            for k in range(rooms * 2):
                _furnished_room(draft, number, name, f"{name}-{k}", x + k // 2 * 5.0, north=k % 2 == 1)
        draft.room("1F", f"{tower_number}-WAY", box(x + 60, 0, x + 64, 17))
        ground = f"{tower_number}-1F"
        draft.door("1F", f"{ground}-A", ("CONCOURSE", f"{tower_number}-WAY"), ((x + 61, 0.0), (x + 63, 0.0)))
        draft.door("1F", f"{ground}-B", (f"{tower_number}-WAY", ground), ((x + 60, 15.0), (x + 60, 16.5)))
        stops = [(number, f"{tower_number}-{number}") for number in numbers]
        draft.link("stairs", f"ST{tower_number}", [(f, s, (x + 1.0, 15.5)) for f, s in stops])
        draft.link("lift", f"LI{tower_number}", [(f, s, (x + 30.0, 15.5)) for f, s in stops], step_free=True)
    return draft.build()


def _furnished_room(draft: Draft, floor: str, corridor: str, key: str, x: float, *, north: bool) -> None:
    y, wall_y = (17.0, 17.0) if north else (6.0, 14.0)
    draft.room(floor, key, box(x, y, x + 5, y + 8))
    draft.door(floor, key, (key, corridor), ((x + 2.0, wall_y), (x + 3.0, wall_y)))
    draft.obstacle(floor, key, box(x + 1.2, y + 3, x + 3.0, y + 4))
    at = (x + 2.5, y + 6.0)
    draft.pois.append(
        Poi(
            id=make_id(SITE, "poi", key), name={"zh": f"{key}号点", "en": f"point {key}"}, kind="desk",
            floor=floor_id(floor), space=space_id(key), at=at,
        )
    )  # fmt: skip
