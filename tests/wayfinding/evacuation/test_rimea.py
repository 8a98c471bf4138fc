"""RiMEA's test cases that a plan of flows has an answer to, with their numbers (guideline 4.1.1)."""

from itertools import pairwise

import pytest

from tests.wayfinding.evacuation.layouts import (
    ALONE,
    corridor,
    passed,
    room_with_exits,
    rooms_of_storeys,
    stair,
    storeys,
    twelve_rooms,
    two_ways,
    use_of,
)
from wayfinding.drafts import box, link_id, opening_id, space_id
from wayfinding.evacuation import Assumptions, EvacuationNetwork, compile_evacuation, plan_evacuation

FOUR_EXITS = {
    "NW": ((4.0, 20.0), (5.0, 20.0)),
    "NE": ((25.0, 20.0), (26.0, 20.0)),
    "SW": ((4.0, 0.0), (5.0, 0.0)),
    "SE": ((25.0, 0.0), (26.0, 0.0)),
}


def test_1_forty_metres_take_thirty_seconds() -> None:
    plan = plan_evacuation(compile_evacuation(corridor()), {space_id("START"): 1}, assumptions=ALONE)
    seconds = use_of(plan, "END").first_s - use_of(plan, "BEGIN").first_s
    assert 26 <= seconds <= 34
    assert seconds == pytest.approx(40 / 1.33, abs=0.1)


@pytest.mark.parametrize(("up", "speed"), [(True, 0.44), (False, 0.55)], ids=["2 up", "3 down"])
def test_2_and_3_ten_metres_of_stair_take_their_length_by_their_speed(up: bool, speed: float) -> None:
    network = compile_evacuation(stair(up=up))
    plan = plan_evacuation(network, {space_id("1F" if up else "2F"): 1}, assumptions=ALONE)
    seconds = use_of(plan, "EXIT").first_s - use_of(plan, "STAIR").first_s - 2.0 / 1.33
    assert seconds == pytest.approx(10 / speed, abs=0.1)


def test_5_everybody_sets_off_in_his_own_time() -> None:
    """Ten people who set off between 10 and 100 s leave a door nobody queues at in that order, 90 s apart."""
    network = compile_evacuation(room_with_exits((8.0, 5.0), {"EXIT": ((8.0, 2.0), (8.0, 3.0))}))
    hall = {space_id("HALL"): 10}
    at_once = plan_evacuation(network, hall, assumptions=Assumptions(slowed_by_density=False))
    later = plan_evacuation(
        network, hall, assumptions=Assumptions(slowed_by_density=False, premovement_s=(10.0, 100.0))
    )
    first, last = use_of(later, "EXIT").first_s, use_of(later, "EXIT").last_s
    farthest_s = 8.5 / 1.2
    assert 10 <= first <= 10 + 90 / 10 + farthest_s
    assert 100 - 90 / 10 <= last <= 100 + farthest_s
    assert at_once.clearance_s < 10 < later.clearance_s


def test_8_more_of_anything_good_is_never_slower() -> None:
    network = compile_evacuation(storeys())
    people = dict.fromkeys(rooms_of_storeys(), 4)

    def seconds(**changed: float) -> float:
        return plan_evacuation(network, people, assumptions=Assumptions(**changed)).clearance_s  # type: ignore[arg-type]

    by_speed = [seconds(speed_m_s=speed) for speed in (0.5, 0.75, 1.0, 1.25, 1.5)]
    by_stair = [seconds(stairs_down_m_s=speed) for speed in (0.3, 0.5, 0.7, 0.9)]
    by_flow = [seconds(stairs_down_flow_p_ms=flow) for flow in (0.5, 0.8, 1.1)]
    for times in (by_speed, by_stair, by_flow):
        assert all(slower > faster for slower, faster in pairwise(times)), times


def test_9_half_the_exits_take_twice_as_long() -> None:
    """1,000 people, 30 x 20 m, four exits of 1 m; the published check allows 1.6 to 2.4."""
    network = compile_evacuation(room_with_exits((30.0, 20.0), FOUR_EXITS))
    people = {space_id("HALL"): 1000}
    four = plan_evacuation(network, people)
    two = plan_evacuation(network, people, frozenset({opening_id("SW"), opening_id("SE")}))
    assert two.clearance_s / four.clearance_s == pytest.approx(2.0, rel=0.05)
    assert four.clearance_s == pytest.approx(1000 / (4 * 1.3), rel=0.05)
    for key in FOUR_EXITS:
        assert passed(four, key) == pytest.approx(250, abs=10)
    assert passed(two, "SW") == passed(two, "SE") == 0


def test_10_everybody_takes_the_exit_he_is_assigned() -> None:
    network = compile_evacuation(twelve_rooms())
    main = (1, 2, 3, 4, 7, 8, 9, 10)
    people = {space_id(f"R{n}"): 1 if n == 12 else 2 for n in range(1, 13)}
    assert sum(people.values()) == 23
    assigned = {space_id(f"R{n}"): frozenset({opening_id("MAIN" if n in main else "SECOND")}) for n in range(1, 13)}
    plan = plan_evacuation(network, people, assigned=assigned)
    taken = {zone.zone: {leaving.exit for leaving in zone.leaving} for zone in plan.zones}
    assert taken == {zone: set(exits) for zone, exits in assigned.items()}
    free = plan_evacuation(network, people)
    assert passed(free, "MAIN") + passed(free, "SECOND") == 23
    assert free.clearance_s <= plan.clearance_s


def test_11_the_nearer_exit_is_preferred_and_the_farther_used() -> None:
    """1,000 people crowd the left half of 30 x 20 m; both exits lie beyond it."""
    from wayfinding.drafts import Draft

    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "LEFT", box(0, 0, 15, 20), kind="open")
    draft.room("1F", "RIGHT", box(15, 0, 30, 20), kind="open")
    draft.door("1F", "OPEN", ("LEFT", "RIGHT"), ((15, 0), (15, 20)), kind="open")
    draft.door("1F", "NEAR", ("RIGHT", "OUT"), ((21, 20), (22, 20)))
    draft.door("1F", "FAR", ("RIGHT", "OUT"), ((27, 20), (28, 20)))
    plan = plan_evacuation(compile_evacuation(draft.build()), {space_id("LEFT"): 1000})
    assert passed(plan, "NEAR") > passed(plan, "FAR") > 0
    assert {use.id for use in plan.bottlenecks} == {opening_id("NEAR"), opening_id("FAR")}
    few = plan_evacuation(compile_evacuation(draft.build()), {space_id("LEFT"): 5})
    assert (passed(few, "NEAR"), passed(few, "FAR")) == (5, 0)


def test_14_the_quicker_way_is_taken_be_it_over_another_floor() -> None:
    """The choice: time decides, nothing else. One alone goes round 40 m; round 120 m he rather takes two stairs."""
    for corridor_m, over_the_stairs in ((40.0, False), (120.0, True)):
        network = compile_evacuation(two_ways(corridor_m=corridor_m))
        plan = plan_evacuation(network, {space_id("START"): 1})
        assert ({use.id for use in plan.uses} >= {link_id("DOWN"), link_id("UP")}) is over_the_stairs


def test_the_networks_are_whole() -> None:
    """What the cases stand on: every zone has a way out, both directions of every door are there."""
    network: EvacuationNetwork = compile_evacuation(storeys())
    assert network.exits == (opening_id("XW"), opening_id("XE"))
    assert len(network.zones) == 21
