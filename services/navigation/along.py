"""Where on a way somebody is, from the step of it that their page shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import dist

from building.model import XYZ, Text
from building.places import Place
from wayfinding.route import Route

BACK_M = 1.0
"""Who is told to do something stands so far before it: a door that is locked is still ahead."""
HERE: Text = {"zh": "您现在的位置", "en": "where you are"}
RIDES = frozenset({"stairs", "escalator", "ramp", "lift"})


def find_spot(route: Route, step: int) -> Place | None:
    """A little before that step, after the one before it; None where the way has hardly begun."""
    if step <= 1:
        return None
    since_m, along_m = (_along_m(route, n) for n in (step - 1, step))
    rode = route.steps[step - 1].kind in RIDES
    x, y, _ = _from(route, along_m if rode else max(since_m, along_m - BACK_M))[0]
    return Place(id="here", floor=route.steps[step].floor, at=(x, y), name=HERE)


def find_rest(route: Route, step: int) -> Sequence[XYZ]:
    """The line from that step on."""
    return _from(route, _along_m(route, step))


def _along_m(route: Route, step: int) -> float:
    return sum(one.distance_m for one in route.steps[:step])


def _from(route: Route, along_m: float) -> Sequence[XYZ]:
    line = route.geometry
    for n, (a, b) in enumerate(pairwise(line)):
        length_m = dist(a, b)
        if along_m <= length_m and length_m > 0:
            share = along_m / length_m
            x, y, z = (p + (q - p) * share for p, q in zip(a, b, strict=True))
            return (x, y, z), *line[n + 1 :]
        along_m -= length_m
    return line[-1:]
