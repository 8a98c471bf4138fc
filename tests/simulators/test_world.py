"""The simulated hall notices whoever passes, sits and parks, as its sensors would."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from building.formats import open_building
from building.model import Building
from simulators.behaviours.behaviour import Value
from simulators.world import World, list_facts

REFERENCE = open_building("reference")


class Notes:
    """What sensors were told, the newest value by device."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, Value]] = {}

    def __call__(self, device: str, changes: Mapping[str, Value]) -> None:
        self.told.setdefault(device, {}).update(changes)


def make(building: Building = REFERENCE, **options: Any) -> tuple[World, Notes]:
    notes = Notes()
    return World(building=building, notice=notes, **options), notes


def test_coming_in_by_the_west_entrance_is_counted_in_and_going_back_out() -> None:
    """CNT-03 hangs inside the door, at y 3.6 over a line at y 3.15: inwards is northwards."""
    crossings: list[tuple[int, str, str]] = []
    world, notes = make(crossed=lambda *crossing: crossings.append(crossing))
    world.move(1, [(36.0, 2.0, 0.0), (36.0, 5.0, 0.0)])
    assert notes.told["CNT-03"] == {"entered": 1, "left": 0}
    world.move(1, [(36.0, 2.0, 0.0)])
    assert notes.told["CNT-03"] == {"entered": 1, "left": 1}
    assert crossings == [(1, "CNT-03", "entered"), (1, "CNT-03", "left")]


def test_the_same_line_on_another_floor_counts_nobody() -> None:
    world, notes = make()
    world.move(1, [(36.0, 2.0, 5.4), (36.0, 5.0, 5.4)])
    assert "CNT-03" not in notes.told


def test_a_change_of_floor_is_no_step_across_a_line() -> None:
    world, notes = make()
    world.move(1, [(36.0, 2.0, 5.4), (36.0, 5.0, 0.0)])
    assert "CNT-03" not in notes.told


@pytest.mark.parametrize(
    ("z_m", "floor"), [(-4.2, "B1"), (0.0, "1F"), (2.5, "1F"), (5.3, "2F"), (5.4, "2F"), (20, "3F")]
)
def test_one_stands_on_the_highest_floor_below(z_m: float, floor: str) -> None:
    assert make()[0].floor_at(z_m) == f"shifanqu:floor:{floor}"


def test_a_camera_counts_whom_it_sees_and_nobody_on_another_floor() -> None:
    world, _ = make()
    world.move(1, [(39.0, 6.0, 0.0)])
    world.move(2, [(39.0, 7.0, 0.0)])
    world.move(3, [(39.0, 7.0, 5.4)])
    assert world.people_in_view("CAM-1F-01") == 2
    world.leave(1)
    assert world.people_in_view("CAM-1F-01") == 1
    assert world.people_in_view("CAM-NOWHERE") == 0


def test_people_outside_are_not_counted_in_a_floor() -> None:
    world, _ = make()
    world.move(1, [(36.0, -6.0, 0.0)])
    world.move(2, [(36.0, 10.0, 0.0)])
    assert world.list_counts() == {"1F": 1}


def test_a_seat_is_one_persons_and_its_sensor_knows() -> None:
    world, notes = make()
    space = REFERENCE.seats[0].space
    seats = [world.take_seat(space, Random(n)) for n in range(len(REFERENCE.seats) + 1)]
    taken = [seat for seat in seats if seat is not None]
    assert len({seat.id for seat in taken}) == len(taken) == sum(s.space == space for s in REFERENCE.seats)
    one = taken[0]
    sensor = str(one.sensor).rsplit(":", 1)[-1]
    world.sit(one, down=True)
    assert notes.told[sensor] == {"occupied": True}
    world.sit(one, down=False)
    assert notes.told[sensor] == {"occupied": False}
    assert world.take_seat(space, Random(1)) == one


def test_a_car_takes_a_bay_and_leaves_it() -> None:
    world, notes = make()
    bay = world.take_bay(Random(1))
    assert bay is not None
    sensor = str(bay.sensor).rsplit(":", 1)[-1]
    assert notes.told[sensor] == {"occupied": True}
    world.free_bay(bay)
    assert notes.told[sensor] == {"occupied": False}


def test_doors_on_public_ways_are_known_from_those_to_the_machine_room() -> None:
    facts = list_facts(REFERENCE)
    assert len(facts) == len(REFERENCE.devices)
    assert facts["DOOR-05"].public_way
    assert not facts["DOOR-26"].public_way
    assert not facts["DOOR-10"].public_way
    assert facts["UPS-2"].attributes["autonomy_min"] == 30
