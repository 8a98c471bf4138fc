"""IMO's hydraulic method against its own published examples.

Source: MSC.1/Circ.1238, annex 1, appendix 2 (4 scenarios, 6 assembly, 7 results) and MSC/Circ.1166, appendix 5. What
the pages print of the first (persons, density, flows, speeds, results) is taken as printed. Lengths and widths stand
in a table we have not seen; each is worked out below from two printed figures and held against all the others.
"""

import pytest

from wayfinding.evacuation.hydraulic import (
    Element,
    enter,
    flow_at_density,
    set_off,
    speed_at_density,
    speed_at_flow,
    split,
    total_s,
)

PRINTED = [
    # persons, D, Fs, Fc, S, and the length in metres that persons, D and the width Fc / Fs make
    ("deck 5 corridor 1", 11, 0.94, 0.85, 0.77, 1.03, 13.0),
    ("deck 5 corridor 2", 12, 0.67, 0.73, 0.65, 1.14, 20.0),
    ("deck 5 corridor 3", 8, 0.94, 0.85, 0.77, 1.04, 9.5),
    ("deck 5 corridor 4", 11, 0.61, 0.70, 0.63, 1.16, 20.0),
    ("deck 7 corridor 1", 4, 0.74, 0.76, 0.69, 1.11, 6.0),
    ("deck 7 corridor 2", 4, 0.49, 0.64, 0.58, 1.20, 9.0),
    ("deck 7 corridor 3", 6, 0.44, 0.58, 0.52, 1.20, 15.0),
    ("deck 7 corridor 5", 6, 0.48, 0.62, 0.56, 1.20, 14.0),
    ("deck 7 corridor 6", 2, 0.15, 0.19, 0.17, 1.20, 15.0),
    ("deck 11 corridor 1", 55, 1.70, 1.21, 1.09, 0.75, 36.0),
    ("deck 10 corridor 1", 48, 1.48, 1.11, 1.00, 0.83, 36.0),
]
CORRIDOR_M = 0.9
STAIR_M = 4.67
"""10.6 s up at 0.44 m/s, and 8.5 s down at 0.55."""
UP_M, DOWN_M = 1.4, 2.8
"""133 persons up in 108 s at 0.88 p/(m s); down comes the rest of the 1.92 + 2.40 p/s on deck 8, at 1.1."""
PATHS = (
    Element(facility="corridor", width_m=2.0, length_m=9.5),
    Element(facility="corridor", width_m=2.5, length_m=7.5),
)
"""1.92 and 2.40 p/s at 0.95 m/s, which is 0.96 p/(m s)."""
UP = Element(facility="stairs_up", width_m=UP_M, length_m=STAIR_M)
DOWN = Element(facility="stairs_down", width_m=DOWN_M, length_m=STAIR_M)
FROM_ABOVE, FROM_BELOW = 316, 133
QUEUED = 100.0
"""More than any stair passes."""


@pytest.mark.parametrize(("density", "flow", "speed"), [(0.94, 0.85, 1.03), (1.7, 1.21, 0.75)])
def test_densities_between_the_rows_of_the_table(density: float, flow: float, speed: float) -> None:
    assert flow_at_density(density) == pytest.approx(flow, abs=0.006)
    assert speed_at_density(density) == pytest.approx(speed, abs=0.006)


@pytest.mark.parametrize(
    ("density", "flow", "speed"), [(0, 0, 1.2), (0.5, 0.65, 1.2), (1.9, 1.3, 0.67), (3.2, 0.65, 0.2), (9, 0.32, 0.1)]
)
def test_the_rows_of_the_table(density: float, flow: float, speed: float) -> None:
    assert (flow_at_density(density), speed_at_density(density)) == (flow, pytest.approx(speed))


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: row[0])
def test_people_who_set_off_in_the_example_s_corridors(
    row: tuple[str, int, float, float, float, float, float],
) -> None:
    _, persons, density, flow, calculated, speed, length_m = row
    assert persons / (length_m * CORRIDOR_M) == pytest.approx(density, abs=0.006)
    passed = set_off(Element(facility="corridor", width_m=CORRIDOR_M, length_m=length_m), persons)
    assert passed.flow_p_ms == pytest.approx(flow, abs=0.012)
    assert passed.flow_p_s == pytest.approx(calculated, abs=0.011)
    assert passed.speed_m_s == pytest.approx(speed, abs=0.006)


def test_the_assembly_station_of_the_example() -> None:
    """Both stairs queue; what they pass goes on by two paths, by their widths."""
    above, below = enter(DOWN, [QUEUED]), enter(UP, [QUEUED])
    one, two = split(above.flow_p_s + below.flow_p_s, PATHS)
    assert (one.flow_p_s, two.flow_p_s) == (pytest.approx(1.92, abs=0.005), pytest.approx(2.4, abs=0.005))
    assert one.flow_time_s(200) == pytest.approx(104.4, abs=0.05)
    assert two.flow_time_s(249) == pytest.approx(103.9, abs=0.05)
    assert (one.seconds, two.seconds) == (pytest.approx(10.0, abs=0.05), pytest.approx(7.9, abs=0.05))
    assert one.speed_m_s == pytest.approx(0.95, abs=0.005)
    assert not one.queue
    assert above.queue


def assembly_s() -> float:
    return split(enter(DOWN, [QUEUED]).flow_p_s + enter(UP, [QUEUED]).flow_p_s, PATHS)[0].seconds


def path_s() -> float:
    return split(enter(DOWN, [QUEUED]).flow_p_s + enter(UP, [QUEUED]).flow_p_s, PATHS)[0].flow_time_s(200)


def cabins(persons: int) -> float:
    return set_off(Element(facility="corridor", width_m=CORRIDOR_M, length_m=36.0), persons).seconds


def down_from_deck_11() -> list[float]:
    """Seconds on the stairs 11-10, 10-9, 9-8: two corridors enter the first, more follow at each deck."""
    corridor = {n: set_off(Element(facility="corridor", width_m=0.9, length_m=36.0), n).flow_p_s for n in (55, 48)}
    first = enter(DOWN, [corridor[55], corridor[55]])
    second = enter(DOWN, [first.flow_p_s, corridor[48], corridor[48]])
    third = enter(DOWN, [second.flow_p_s, corridor[55], corridor[55]])
    assert [first.queue, second.queue, third.queue] == [False, True, True], "as paragraph 8.1 says"
    return [first.seconds, second.seconds, third.seconds]


def test_decks_above_the_assembly_station() -> None:
    """Deck 9 has deck 11's corridor, but is printed at 0.74 m/s: by table 1.3 from the flow as printed, 1.21."""
    flow_s = max(path_s(), enter(DOWN, [QUEUED]).flow_time_s(FROM_ABOVE))
    stairs = down_from_deck_11()
    deck_11 = cabins(55) + flow_s + sum(stairs) + assembly_s()
    deck_10 = cabins(48) + flow_s + sum(stairs[1:]) + assembly_s()
    deck_9 = 36.0 / speed_at_flow("corridor", 1.21) + flow_s + sum(stairs[2:]) + assembly_s()
    assert deck_11 == pytest.approx(185.3, abs=0.1)
    assert deck_10 == pytest.approx(174.8, abs=0.1)
    assert deck_9 == pytest.approx(171.3, abs=0.1)
    assert total_s(185.3) == pytest.approx(426.2, abs=0.05)


def test_decks_below_the_assembly_station() -> None:
    """On deck 7 two legs lead to the last stair, whose lengths no page prints: deck 6 aft and deck 7 tell them.

    Decks 6 fore and 5 then have to follow. (The deck times printed beside these totals do not add up to them: 42.4 +
    108 + 21.2 + 10 is not 179.6.)
    """
    flow_s = max(path_s(), enter(UP, [QUEUED]).flow_time_s(FROM_BELOW))
    assert flow_s == pytest.approx(108.0, abs=0.05)
    stair_s = enter(UP, [QUEUED]).seconds
    assert stair_s == pytest.approx(10.6, abs=0.05)
    longest_s = max(
        set_off(Element(facility="corridor", width_m=CORRIDOR_M, length_m=length), n).seconds
        for n, length in ((11, 13.0), (12, 20.0), (8, 9.5), (11, 20.0))
    )
    corridor_3_s = set_off(Element(facility="corridor", width_m=CORRIDOR_M, length_m=15.0), 6).seconds
    rest_s = flow_s + assembly_s()
    aft_leg_s = 170.2 - longest_s - 2 * stair_s - rest_s
    fore_leg_s = 163.9 - corridor_3_s - stair_s - rest_s
    assert aft_leg_s == pytest.approx(9.0 / 0.67, abs=0.1), "nine metres at the speed of a queue, as 8.1 says"
    assert longest_s + fore_leg_s + 2 * stair_s + rest_s == pytest.approx(179.6, abs=0.1)
    assert longest_s + fore_leg_s + 3 * stair_s + rest_s == pytest.approx(190.2, abs=0.1)
    assert total_s(190.2) == pytest.approx(437.5, abs=0.05)


def test_the_example_for_fast_craft() -> None:
    """Circ.1166: the door decides, 91 s; walking is 51 s, together 142 s."""
    door = enter(Element(facility="door", width_m=1.4), [QUEUED])
    aisle = enter(Element(facility="corridor", width_m=4.2, length_m=14.0), [QUEUED])
    stair = enter(Element(facility="stairs_down", width_m=3.5, length_m=4.7), [QUEUED])
    corridor = enter(Element(facility="corridor", width_m=3.0, length_m=14.0), [QUEUED])
    assert [e.flow_p_s for e in (door, aisle, stair, corridor)] == pytest.approx([1.82, 5.46, 3.85, 3.9])
    times = [door.flow_time_s(165), aisle.flow_time_s(165), stair.flow_time_s(165), corridor.flow_time_s(200)]
    assert [round(t) for t in times] == [91, 30, 43, 51]
    walked = [e.seconds for e in (aisle, stair, corridor)]
    assert [round(s) for s in walked] == [21, 9, 21]
    assert sum(round(s) for s in walked) + max(round(t) for t in times) == 142


def test_a_door_lets_through_what_comes_if_it_can() -> None:
    passed = enter(Element(facility="door", width_m=2.0), [0.8, 0.5])
    assert (passed.flow_p_s, passed.queue) == (pytest.approx(1.3), False)
