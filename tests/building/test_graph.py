"""The graph of a building: which edges, what is reached from outside, and why something is not."""

from __future__ import annotations

from building.graph import build_graph, reached, unreached
from building.model import OUT, Building, Floor, Opening, Polygon, Space, Stop, VerticalLink


def _floor(key: str, ordinal: int) -> Floor:
    return Floor(
        id=f"t:floor:{key}", name={"en": key}, number=key, ordinal=ordinal, elevation_m=3.0 * ordinal, height_m=3.0
    )


def _space(key: str, floor: str = "1F", *, walkable: bool = True) -> Space:
    square = Polygon(outer=((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)))
    return Space(
        id=f"t:space:{key}", name={"en": key}, floor=f"t:floor:{floor}", footprint=(square,), walkable=walkable
    )


def _door(
    key: str, a: str, b: str, *, leads_out: bool = False, vehicles: bool = False, one_way: bool = False
) -> Opening:
    ends = tuple(x if x == OUT else f"t:space:{x}" for x in (a, b))
    return Opening(
        id=f"t:opening:{key}",
        name={"en": key},
        floor="t:floor:1F",
        between=(ends[0], ends[1]),
        line=((0.0, 1.0), (0.0, 2.0)),
        exit=leads_out,
        vehicles_only=vehicles,
        one_way=(ends[0], ends[1]) if one_way else None,
    )


def _building(*openings: Opening, links: tuple[VerticalLink, ...] = (), spaces: tuple[Space, ...] = ()) -> Building:
    return Building(
        site="t",
        name={"en": "test"},
        format="halltwin-building",
        schema="1",
        floors=(_floor("1F", 0), _floor("2F", 1), _floor("3F", 2)),
        spaces=spaces or (_space("a"), _space("b"), _space("c", "2F")),
        openings=openings,
        vertical_links=links,
    )


def _reasons(building: Building) -> dict[str, str]:
    return {u.space.key: u.reason["en"] for u in unreached(build_graph(building), building)}


def test_a_room_behind_two_doors_is_reached() -> None:
    building = _building(_door("1", "a", OUT, leads_out=True), _door("2", "a", "b"))
    assert reached(build_graph(building)) == {"t:space:a", "t:space:b"}


def test_a_balcony_lets_nobody_in() -> None:
    building = _building(_door("1", "a", OUT, leads_out=False))
    assert reached(build_graph(building)) == frozenset()
    assert "balcony" in _reasons(building)["a"]


def test_a_ramp_for_vehicles_is_no_way_on_foot() -> None:
    building = _building(_door("1", "a", OUT, leads_out=True, vehicles=True))
    assert "Only vehicles" in _reasons(building)["a"]


def test_a_one_way_gate_is_passed_in_its_direction_only() -> None:
    out_to_a = _door("1", OUT, "a", leads_out=True)
    assert "t:space:b" in reached(build_graph(_building(out_to_a, _door("2", "a", "b", one_way=True))))
    against = _building(out_to_a, _door("2", "b", "a", one_way=True))
    assert _reasons(against)["b"] == "One can only leave it, not enter."


def test_a_lift_with_three_stops_is_two_edges() -> None:
    stops = tuple(
        Stop(floor=f"t:floor:{f}", space=f"t:space:{s}", at=(1.0, 1.0))
        for f, s in (("1F", "a"), ("2F", "c"), ("3F", "d"))
    )
    lift = VerticalLink(id="t:link:L", name={"en": "lift"}, kind="lift", stops=stops)
    building = _building(
        _door("1", "a", OUT, leads_out=True), links=(lift,), spaces=(_space("a"), _space("c", "2F"), _space("d", "3F"))
    )
    edges = [(e.a, e.b) for e in build_graph(building).edges if e.via == "lift"]
    assert edges == [("t:space:a", "t:space:c"), ("t:space:c", "t:space:d")]
    assert reached(build_graph(building)) == {"t:space:a", "t:space:c", "t:space:d"}


def test_a_floor_without_stairs_says_so() -> None:
    building = _building(_door("1", "a", OUT, leads_out=True))
    assert _reasons(building)["c"] == "No stair, ramp or lift leads to this floor."


def test_an_escalator_going_up_brings_nobody_down() -> None:
    stops = (
        Stop(floor="t:floor:1F", space="t:space:a", at=(1.0, 1.0)),
        Stop(floor="t:floor:2F", space="t:space:c", at=(1.0, 1.0)),
    )
    up = VerticalLink(id="t:link:E", name={"en": "up"}, kind="escalator", stops=stops, direction="up")
    upstairs_entrance = _door("1", "c", OUT, leads_out=True)
    building = _building(upstairs_entrance, links=(up,))
    assert "t:space:a" not in reached(build_graph(building))


def test_what_is_not_walkable_is_not_listed() -> None:
    building = _building(spaces=(_space("roof", walkable=False),))
    assert _reasons(building) == {}
