"""Buildings of the published test cases and of our own, a few lines each."""

from __future__ import annotations

from building.model import OUT, XY, Building, Polygon
from wayfinding.drafts import Draft, box, space_id
from wayfinding.evacuation import Assumptions, EvacuationPlan, Use

ALONE = Assumptions(speed_m_s=1.33, slowed_by_density=False)
"""Somebody who walks as fast as RiMEA's, whatever the crowd."""


def use_of(plan: EvacuationPlan, key: str) -> Use:
    """The one use of a door or link."""
    (use,) = [use for use in plan.uses if use.id.endswith(f":{key}")]
    return use


def passed(plan: EvacuationPlan, key: str) -> int:
    return sum(use.people for use in plan.uses if use.id.endswith(f":{key}"))


def room_with_exits(size: XY, exits: dict[str, tuple[XY, XY]]) -> Building:
    """One room HALL with doors to the outside."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "HALL", box(0, 0, *size))
    for key, line in exits.items():
        draft.door("1F", key, ("HALL", OUT), line)
    return draft.build()


def corridor() -> Building:
    """RiMEA 1: a corridor of 40 x 2 m behind a place to start from."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "START", box(0, 0, 2, 2), kind="open")
    draft.room("1F", "CORRIDOR", box(2, 0, 42, 2), kind="open")
    draft.door("1F", "BEGIN", ("START", "CORRIDOR"), ((2, 0), (2, 2)), kind="open")
    draft.door("1F", "END", ("CORRIDOR", OUT), ((42, 0), (42, 2)), kind="open")
    return draft.build()


def stair(*, up: bool) -> Building:
    """RiMEA 2 and 3: a stair whose line is 10 m long, the exit 2 m from its landing."""
    draft = Draft()
    for n, number in enumerate(("1F", "2F")):
        draft.floor(number, n)
        draft.room(number, number, box(0, 0, 20, 4))
    run = (10.0**2 - draft.height_m**2) ** 0.5
    foot, head = (5.0, 2.0), (5.0 + run, 2.0)
    draft.link(
        "stairs",
        "STAIR",
        [("1F", "1F", foot), ("2F", "2F", head)],
        paths=(((*foot, 0.0), (*head, draft.height_m)),),
    )
    floor, x = ("2F", head[0]) if up else ("1F", foot[0])
    draft.door(floor, "EXIT", (floor, OUT), ((x - 0.5, 0.0), (x + 0.5, 0.0)))
    return draft.build()


def storeys(count: int = 3) -> Building:
    """RiMEA 8: storeys of a corridor with six rooms each, two stairs, two exits."""
    draft = Draft()
    for n in range(count):
        number = f"{n + 1}F"
        draft.floor(number, n)
        draft.room(number, f"{number}-C", box(0, 5, 18, 7))
        for k in range(3):
            for side, (y0, y1, wall) in {"S": (0, 5, 5), "N": (7, 12, 7)}.items():
                key = f"{number}-{side}{k}"
                draft.room(number, key, box(6 * k, y0, 6 * k + 6, y1))
                draft.door(number, key, (key, f"{number}-C"), ((6 * k + 2.5, wall), (6 * k + 3.5, wall)))
    for key, x in {"WEST": 1.0, "EAST": 17.0}.items():
        draft.link("stairs", key, [(f"{n + 1}F", f"{n + 1}F-C", (x, 6.0)) for n in range(count)], width_m=1.2)
    draft.door("1F", "XW", ("1F-C", OUT), ((0, 5.5), (0, 6.5)))
    draft.door("1F", "XE", ("1F-C", OUT), ((18, 5.5), (18, 6.5)))
    return draft.build()


def rooms_of_storeys(count: int = 3) -> list[str]:
    return [space_id(f"{n + 1}F-{side}{k}") for n in range(count) for side in "SN" for k in range(3)]


def twelve_rooms() -> Building:
    """RiMEA 10: rooms 1-6 above a corridor, 7-12 below it; MAIN leads out of a branch between 2 and 3."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "C", box(0, 5, 18, 6), kind="open")
    draft.room("1F", "BRANCH", box(6, 6, 7.2, 11), kind="open")
    draft.door("1F", "TO-BRANCH", ("C", "BRANCH"), ((6, 6), (7.2, 6)), kind="open")
    draft.door("1F", "MAIN", ("BRANCH", OUT), ((6, 11), (7.2, 11)))
    draft.door("1F", "SECOND", ("C", OUT), ((18, 5), (18, 6)))
    for n in range(12):
        x, above = 3.0 * (n % 6), n < 6
        key = f"R{n + 1}"
        left = 7.2 if key == "R3" else x
        draft.room("1F", key, box(left, 6, x + 3, 11) if above else box(x, 0, x + 3, 5), kind="open")
        door = 7.65 if key == "R3" else x + 1.05
        wall = 6 if above else 5
        draft.door("1F", key, (key, "C"), ((door, wall), (door + 0.9, wall)))
    return draft.build()


def two_ways(*, corridor_m: float) -> Building:
    """RiMEA 14: START and GOAL lie upstairs, joined by a corridor there, or down a stair, along 10 m and up again."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.floor("2F", 1)
    draft.room("1F", "BELOW", box(0, 0, 20, 4))
    draft.room("2F", "START", box(0, 0, 5, 4))
    draft.room("2F", "GOAL", box(15, 0, 20, 4))
    # The corridor upstairs goes round: as long as is asked for.
    reach = (corridor_m - 10.0) / 2
    draft.room("2F", "ROUND", ring_of(reach))
    draft.door("2F", "IN", ("START", "ROUND"), ((2, 4), (3, 4)))
    draft.door("2F", "ON", ("ROUND", "GOAL"), ((17, 4), (18, 4)))
    for key, x, end in (("DOWN", 4.0, "START"), ("UP", 16.0, "GOAL")):
        draft.link("stairs", key, [("1F", "BELOW", (x, 2.0)), ("2F", end, (x, 2.0))])
    draft.door("2F", "EXIT", ("GOAL", OUT), ((20, 1), (20, 3)))
    return draft.build()


def ring_of(reach: float) -> Polygon:
    """A corridor 1 m wide: up, along, and down again."""
    top = 4 + reach + 1
    outer: tuple[XY, ...] = ((2, 4), (3, 4), (3, top - 1), (17, top - 1), (17, 4), (18, 4), (18, top), (2, top))
    return Polygon(outer=outer)
