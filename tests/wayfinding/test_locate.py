"""Who says which signs they see is found where they are seen from; times are those of the house."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import shapely

from building.model import Building
from building.places import resolve
from wayfinding import Profile, Router, compile_network
from wayfinding.drafts import hall_with, point, tower, two_rooms
from wayfinding.errors import Unanswerable
from wayfinding.locate import EYE_M, SIGHT_M, locate
from wayfinding.times import plan_times

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning there


def test_between_two_signs_one_stands_in_their_middle(profiles: Mapping[str, Profile]) -> None:
    router = Router(compile_network(hall_with([])))
    found = locate(router, [point("1F", 10, 10), point("1F", 20, 10)], profile=profiles["walk"])
    assert found.at == pytest.approx((15.0, 10.0), abs=1.0)
    assert 5.0 < found.uncertain_m < SIGHT_M  # nearly the whole hall sees both


def test_furniture_hides_nothing_and_walls_do(profiles: Mapping[str, Profile]) -> None:
    router = Router(compile_network(two_rooms()))
    for seen in ([point("1F", 2, 5), point("1F", 18, 5)], [point("1F", 2, 2), point("1F", 18, 9)]):
        with pytest.raises(Unanswerable) as refused:
            locate(router, seen, profile=profiles["walk"])
        assert refused.value.code == "not_seen_together"
    inside = locate(router, [point("1F", 12, 5), point("1F", 18, 5)], profile=profiles["walk"])
    assert inside.space == "test:space:B"


def test_signs_on_two_floors_or_one_sign_twice_are_refused(profiles: Mapping[str, Profile]) -> None:
    router = Router(compile_network(tower()))
    for seen, code in (
        ([point("1F", 2, 2), point("2F", 5, 5)], "not_one_floor"),
        ([point("1F", 2, 2), point("1F", 2, 2)], "two_signs"),
    ):
        with pytest.raises(Unanswerable) as refused:
            locate(router, seen, profile=profiles["walk"])
        assert refused.value.code == code


@pytest.mark.parametrize("pair", [("A07", "总咨询台"), ("A01", "A04"), ("B07", "二层导办台")])
def test_in_the_hall_both_signs_are_in_sight_of_the_point(
    hall: Building, hall_router: Router, profiles: Mapping[str, Profile], pair: tuple[str, str]
) -> None:
    signs = [resolve(hall, word) for word in pair]
    found = locate(hall_router, signs, profile=profiles["walk"])
    assert {sign.floor for sign in signs} == {found.floor.id}
    eye_m = found.floor.elevation_m + EYE_M
    tall = [w for w in hall.walls if w.floor == found.floor.id and w.z0_m < eye_m < w.z0_m + w.height_m]
    walls = shapely.union_all([shapely.Polygon(p.outer, p.holes) for w in tall for p in w.footprint])
    doors = [shapely.LineString(o.line).buffer(0.5) for o in hall.openings if o.floor == found.floor.id]
    solid = walls.difference(shapely.union_all(doors))
    for sign in signs:
        window = next((w for w in hall.windows if w.id == sign.id), None)
        at = window.at if window else sign.at
        line = shapely.LineString([found.at, at])
        assert line.length <= SIGHT_M
        # The last stretch may meet what the sign hangs on.
        assert line.intersection(solid).difference(shapely.Point(at).buffer(0.7)).length < 0.05


@pytest.mark.parametrize(
    ("asked", "leave", "arrive", "in_time"),
    [
        ({}, "2026-03-02T09:00:00+08:00", "2026-03-02T09:02:01+08:00", True),
        ({"leave": "2026-03-02T14:00:00"}, "2026-03-02T14:00:00+08:00", "2026-03-02T14:02:01+08:00", True),
        ({"arrive_by": "2026-03-02T10:00:00"}, "2026-03-02T09:57:59+08:00", "2026-03-02T10:00:00+08:00", True),
        ({"arrive_by": "2026-03-02T02:00:00Z"},
         "2026-03-02T09:57:59+08:00", "2026-03-02T10:00:00+08:00", True),
        ({"arrive_by": "2026-03-02T09:01:00"}, "2026-03-02T08:58:59+08:00", "2026-03-02T09:01:00+08:00", False),
    ],
)  # fmt: skip
def test_when_to_leave_and_when_one_is_there(asked: dict[str, str], leave: str, arrive: str, in_time: bool) -> None:
    given = {name: datetime.fromisoformat(time) for name, time in asked.items()}
    times = plan_times(120.4, zone=SHANGHAI, now=NOW, **given)
    assert (times.leave.isoformat(), times.arrive.isoformat(), times.in_time) == (leave, arrive, in_time)


def test_in_the_night_the_clocks_change_the_minutes_walked_count() -> None:
    """At three it was two: who leaves at 01:58 and walks four minutes is there at 03:02."""
    berlin = ZoneInfo("Europe/Berlin")
    times = plan_times(240.0, zone=berlin, now=NOW, leave=datetime.fromisoformat("2026-03-29T01:58:00"))
    assert times.arrive.isoformat() == "2026-03-29T03:02:00+02:00"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"leave": NOW, "arrive_by": NOW}, "two_times"),
        ({"arrive_by": datetime.max.replace(tzinfo=UTC)}, "time_too_far"),
        ({"leave": datetime.min.replace(tzinfo=SHANGHAI)}, "time_too_far"),
    ],
)
def test_times_that_make_no_sense_are_refused(asked: dict[str, datetime], code: str) -> None:
    with pytest.raises(Unanswerable) as refused:
        plan_times(10.0, zone=SHANGHAI, now=NOW, **asked)
    assert refused.value.code == code
    assert refused.value.text.keys() == {"zh", "en"}
