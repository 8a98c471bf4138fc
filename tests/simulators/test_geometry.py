"""Lines crossed, points inside, walks."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.geometry import Walk, contains, crosses

LINE = ((0.0, 0.0), (2.0, 0.0))
SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
coordinates = st.integers(-1000, 1000).map(lambda cm: cm / 100)
points = st.tuples(coordinates, coordinates, coordinates)


@pytest.mark.parametrize(
    ("start", "end", "over"),
    [((1, -1), (1, 1), True), ((1, 1), (1, -1), True), ((3, -1), (3, 1), False), ((1, 1), (1, 2), False)],
)
def test_a_step_goes_over_a_line_or_not(start: tuple[int, int], end: tuple[int, int], over: bool) -> None:
    assert crosses(LINE, start, end) is over


@given(st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=12))
def test_whoever_ends_where_they_began_crossed_an_endless_line_evenly(way: list[tuple[float, float]]) -> None:
    endless = ((-1e6, 0.0), (1e6, 0.0))
    closed = [*way, way[0]]
    assert sum(crosses(endless, a, b) for a, b in pairwise(closed)) % 2 == 0


@pytest.mark.parametrize(("point", "inside"), [((1, 1), True), ((5, 1), False), ((-1, 3), False), ((3.9, 3.9), True)])
def test_a_point_is_inside_or_not(point: tuple[float, float], inside: bool) -> None:
    assert contains(SQUARE, point) is inside


@given(st.lists(points, min_size=1, max_size=8), st.floats(0.1, 500), st.integers(1, 30))
def test_a_walk_in_any_steps_passes_every_corner_and_ends_at_the_end(
    way: list[tuple[float, float, float]], duration_s: float, steps: int
) -> None:
    walk = Walk(way, duration_s)
    passed, at_s = [way[0]], 0.0
    for step in range(1, steps + 1):
        to_s = walk.duration_s if step == steps else walk.duration_s * step / steps
        passed += walk.between(at_s, to_s)
        at_s = to_s
    assert passed[-1] == way[-1]
    length = sum(math.dist(a, b) for a, b in pairwise(way))
    assert sum(math.dist(a, b) for a, b in pairwise(passed)) == pytest.approx(length, abs=1e-6)


def test_half_the_time_is_half_the_way() -> None:
    assert Walk([(0, 0, 0), (4, 0, 0), (4, 4, 0)], 80).position(20) == (2, 0, 0)
