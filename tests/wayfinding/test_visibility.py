"""No sight line leaves the free space, however the plan is turned: numbers that are a hair off must not matter."""

from __future__ import annotations

import pytest
import shapely
from shapely.affinity import rotate

from wayfinding import visibility
from wayfinding.visibility import find_corners, sight_lines

JAMB_M = 0.003
PLAN = shapely.union_all(
    [
        shapely.box(0, 0, 10, 5).difference(shapely.box(4, 0, 4.6, 4)),
        shapely.box(0, -1, 0.5, 0),
        shapely.box(4.6 + JAMB_M, -1, 10, 0),
    ]
)
"""Two rooms with a wall between them, whose lower sides lie on one line: along it one would go through the wall."""


@pytest.mark.parametrize("turned_deg", range(0, 360, 3))
def test_what_runs_along_two_walls_does_not_pass_the_one_between(turned_deg: int) -> None:
    free = rotate(PLAN, turned_deg, origin=(3.7, 1.9))
    corners = find_corners(free)
    i, j = sight_lines(corners)
    assert len(i) > 0
    for a, b in zip(corners.at[i], corners.at[j], strict=True):
        assert shapely.covers(free.buffer(2 * visibility.BLUR_M, join_style="mitre"), shapely.LineString([a, b]))
