"""Each rule finds its own fault planted in a sound house, and nothing in the sound house itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from building.checks import RULES, check
from building.model import Building, Pose, Stop
from building.testing import box, id_of, small_house


def with_first(house: Building, member: str, **changes: Any) -> Building:
    first, *rest = getattr(house, member)
    return replace(house, **{member: (replace(first, **changes), *rest)})


def without(house: Building, member: str, key: str) -> Building:
    return replace(house, **{member: tuple(e for e in getattr(house, member) if e.key != key)})


FAULTS: dict[str, tuple[str, Callable[[Building], Building]]] = {
    "duplicate-id": ("must", lambda h: replace(h, seats=h.seats * 2)),
    "dangling-reference": ("must", lambda h: with_first(h, "windows", department=id_of("department", "gone"))),
    "opening-without-width": ("must", lambda h: with_first(h, "openings", line=((3.0, 0.0), (3.0, 0.0)))),
    "opening-leads-nowhere": ("should", lambda h: with_first(h, "openings", between=None)),
    "opening-to-itself": ("must", lambda h: with_first(h, "openings", between=(id_of("space", "1F-HALL"),) * 2)),
    "opening-off-space": ("must", lambda h: with_first(h, "openings", line=((3.0, -3.0), (4.0, -3.0)))),
    "opening-narrow": ("hint", lambda h: with_first(h, "openings", line=((3.0, 0.0), (3.4, 0.0)))),
    "space-without-area": ("should", lambda h: with_first(h, "spaces", footprint=())),
    "space-outside-floor": ("must", lambda h: with_first(h, "spaces", footprint=(box(0.0, -4.0, 7.9, 6.0),))),
    "spaces-overlap": ("must", lambda h: with_first(h, "spaces", footprint=(box(0.0, 0.0, 9.0, 6.0),))),
    "window-without-stand": ("must", lambda h: with_first(h, "windows", stand=(9.0, 2.0))),
    "window-without-department": ("should", lambda h: with_first(h, "windows", department=None)),
    "device-on-other-floor": ("must", lambda h: with_first(h, "devices", floor=id_of("floor", "2F"))),
    "device-outside-space": ("should", lambda h: with_first(h, "devices", pose=Pose(x_m=9.0, y_m=2.0, z_m=2.5))),
    "device-without-supply": ("hint", lambda h: with_first(h, "devices", power_from=None)),
    "supply-in-a-circle": ("must", lambda h: with_first(h, "supply", power_from=id_of("supply", "MAINS"))),
    "link-stops-missing": ("must", lambda h: with_first(h, "vertical_links", stops=h.vertical_links[0].stops[:1])),
    "link-stop-on-other-floor": (
        "must",
        lambda h: with_first(
            h,
            "vertical_links",
            stops=tuple(replace(s, space=id_of("space", "1F-HALL")) for s in h.vertical_links[0].stops),
        ),
    ),
    "link-stop-off-space": (
        "must",
        lambda h: with_first(
            h,
            "vertical_links",
            stops=(
                Stop(floor=id_of("floor", "1F"), space=id_of("space", "1F-HALL"), at=(50.0, 50.0)),
                *h.vertical_links[0].stops[1:],
            ),
        ),
    ),
    "lift-without-landing-door": ("should", lambda h: without(h, "openings", "D4")),
    "space-without-name": ("should", lambda h: with_first(h, "spaces", name={})),
    "name-not-translated": ("hint", lambda h: with_first(h, "spaces", name={"en": "Hall"})),
}


def test_a_sound_house_has_no_defect() -> None:
    assert check(small_house()) == []


@pytest.mark.parametrize("rule", FAULTS)
def test_a_planted_fault_is_found(rule: str) -> None:
    severity, plant = FAULTS[rule]
    found = [d for d in check(plant(small_house())) if d.rule == rule]
    assert found
    for defect in found:
        assert defect.severity == severity
        assert defect.text["zh"]
        assert defect.text["en"]


def test_every_rule_is_tried() -> None:
    tried = {d.rule for _, plant in FAULTS.values() for d in check(plant(small_house()))}
    assert set(FAULTS) <= tried
    assert len(RULES) == 10


def test_the_worst_stands_first() -> None:
    house = with_first(with_first(small_house(), "devices", power_from=None), "windows", stand=(9.0, 2.0))
    severities = [d.severity for d in check(house)]
    assert severities == sorted(severities, key=("must", "should", "hint").index)
    assert severities[0] == "must"


def test_one_above_the_other_is_no_overlap() -> None:
    house = small_house()
    loft = replace(house.spaces[0], id=id_of("space", "LOFT"), z0_m=3.8, height_m=1.0)
    assert "spaces-overlap" not in {d.rule for d in check(replace(house, spaces=(*house.spaces, loft)))}


def test_a_self_crossing_outline_is_checked_not_a_crash() -> None:
    bow_tie = replace(box(0, 0, 1, 1), outer=((0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)))
    assert check(with_first(small_house(), "spaces", footprint=(bow_tie,))) is not None
