"""What counts as added, removed, moved and changed, and when two space graphs are the same."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.differences import Difference, difference, difference_json
from building.formats import open_building
from building.graph import Edge, Graph, build_graph
from building.isomorphism import isomorphic
from building.model import OUT, Building, Georeference, Polygon, SourceId, Space
from building.testing import box, id_of, small_house, words

HOUSE = small_house()


def with_first(b: Building, list_name: str, **members: Any) -> Building:
    first, *others = getattr(b, list_name)
    return replace(b, **{list_name: (replace(first, **members), *others)})


def sizes(d: Difference) -> tuple[int, int, int, int]:
    return len(d.added), len(d.removed), len(d.moved), len(d.changed)


def test_a_building_does_not_differ_from_itself() -> None:
    hall = open_building("reference")
    assert sizes(difference(hall, hall)) == (0, 0, 0, 0)
    assert difference_json(hall, hall)["isomorphic"] is True


def test_what_comes_and_goes() -> None:
    without = replace(HOUSE, openings=HOUSE.openings[1:])
    assert [e.id for e in difference(HOUSE, without).removed] == [id_of("opening", "D1")]
    assert [e.id for e in difference(without, HOUSE).added] == [id_of("opening", "D1")]
    assert sizes(difference(without, HOUSE)) == (1, 0, 0, 0)
    assert difference_json(HOUSE, without)["isomorphic"] is False


def test_farther_than_a_centimetre_is_moved_nearer_is_the_same_place() -> None:
    near = with_first(HOUSE, "pois", at=(2.009, 5.0))
    far = with_first(HOUSE, "pois", at=(2.3, 5.4))
    assert sizes(difference(HOUSE, near)) == (0, 0, 0, 0)
    (moved,) = difference(HOUSE, far).moved
    assert moved.distance_m == pytest.approx(0.5)
    document = difference_json(HOUSE, far, lang="en")["moved"]
    assert document == [
        {"id": id_of("poi", "AED"), "kind": "poi", "name": "AED", "floor": id_of("floor", "1F"), "at": (2.3, 5.4),
         "from_at": (2.0, 5.0), "distance_m": 0.5},
    ]  # fmt: skip


def test_a_thing_that_moved_whole_is_not_also_changed() -> None:
    shifted = with_first(HOUSE, "furniture", footprint=box(5.0, 3.0, 6.0, 4.0))
    assert sizes(difference(HOUSE, shifted)) == (0, 0, 1, 0)


def test_a_thing_that_moved_and_grew_is_both() -> None:
    grown = with_first(HOUSE, "furniture", footprint=box(5.0, 3.0, 6.0, 5.0), name=words("长桌", "Long table"))
    d = difference(HOUSE, grown)
    assert sizes(d) == (0, 0, 1, 1)
    assert set(d.changed[0].fields) == {"name", "footprint"}


def test_another_floor_is_elsewhere() -> None:
    up = with_first(HOUSE, "pois", floor=id_of("floor", "2F"), space=id_of("space", "2F-GAL"))
    d = difference(HOUSE, up)
    assert [m.after.id for m in d.moved] == [id_of("poi", "AED")]
    assert [c.fields for c in d.changed] == [("space",)]


def test_a_ring_may_begin_anywhere_and_have_points_on_its_sides() -> None:
    ring = Polygon(outer=((7.9, 6.0), (0.0, 6.0), (0.0, 0.0), (4.0, 0.0), (7.9, 0.0)))
    assert sizes(difference(HOUSE, with_first(HOUSE, "spaces", footprint=(ring,)))) == (0, 0, 0, 0)
    dented = Polygon(outer=((7.9, 6.0), (0.0, 6.0), (0.0, 0.0), (4.0, 0.5), (7.9, 0.0)))
    d = difference(HOUSE, with_first(HOUSE, "spaces", footprint=(dented,)))
    assert [c.fields for c in d.changed] == [("footprint",)]


def test_members_of_the_building_itself_are_a_change_of_the_site() -> None:
    placed = replace(HOUSE, georeference=Georeference(lon_deg=113.3, lat_deg=23.1))
    (changed,) = difference_json(HOUSE, placed, lang="zh")["changed"]
    assert changed == {"id": "test", "kind": "site", "name": "小屋", "floor": None, "at": None,
                       "fields": ["georeference"]}  # fmt: skip


def test_another_site_with_the_same_keys_is_the_same_building() -> None:
    from building.formats.hall import dumps, loads

    renamed = loads(dumps(HOUSE).replace('"site": "test"', '"site": "other"'))
    assert renamed.site == "other"
    assert sizes(difference(HOUSE, renamed)) == (0, 0, 0, 0)


def test_where_ids_differ_foreign_ids_pair() -> None:
    source = SourceId(scheme="ifc", value="0abc")
    before = with_first(HOUSE, "pois", source=source)
    after = with_first(HOUSE, "pois", source=source, id=id_of("poi", "NEW"), kind="defibrillator")
    d = difference(before, after)
    assert sizes(d) == (0, 0, 0, 1)
    assert d.changed[0].fields == ("kind",)


# The space graph, whatever its rooms are called


def graph_of(edges: list[tuple[int, int, str]], rooms: int, order: random.Random | None = None) -> Graph:
    """Room -1 is the outside. With an order, rooms get other names and edges another sequence and direction."""
    names = list(range(rooms))
    if order:
        order.shuffle(names)
        edges = [(b, a, via) if order.random() < 0.5 else (a, b, via) for a, b, via in order.sample(edges, len(edges))]
    ids = {-1: OUT} | {room: f"s:space:{name}" for room, name in enumerate(names)}
    spaces = tuple(Space(id=f"s:space:{n}", name={}, floor="s:floor:1") for n in range(rooms))
    made = tuple(
        Edge(a=ids[a], b=ids[b], via=via, via_id="", via_source_id=None, exit=-1 in (a, b), confidence=1.0)  # type: ignore[arg-type]
        for a, b, via in edges
    )
    return Graph(spaces=spaces, edges=made)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


ROOMS = 7
EDGES = st.lists(
    st.tuples(st.integers(-1, ROOMS - 1), st.integers(0, ROOMS - 1), st.sampled_from(["door", "open", "stairs"])),
    max_size=14,
)


@given(EDGES, st.randoms(use_true_random=False))
def test_other_names_make_no_other_graph(edges: list[tuple[int, int, str]], order: random.Random) -> None:
    assert isomorphic(graph_of(edges, ROOMS), graph_of(edges, ROOMS, order)) is True


@settings(max_examples=300)
@given(EDGES, EDGES)
def test_the_answer_is_that_of_a_known_library(a: list[tuple[int, int, str]], b: list[tuple[int, int, str]]) -> None:
    nx = pytest.importorskip("networkx")

    def known(edges: list[tuple[int, int, str]]) -> Any:
        graph = nx.MultiGraph()
        graph.add_nodes_from((room, {"out": room == -1}) for room in range(-1, ROOMS))
        graph.add_edges_from((x, y, {"via": via}) for x, y, via in edges)
        return graph

    same = nx.is_isomorphic(
        known(a), known(b), node_match=lambda x, y: x == y,
        edge_match=lambda x, y: sorted(e["via"] for e in x.values()) == sorted(e["via"] for e in y.values()),
    )  # fmt: skip
    assert isomorphic(graph_of(a, ROOMS), graph_of(b, ROOMS)) is same


def test_one_ring_of_six_rooms_is_not_two_rings_of_three() -> None:
    """Every room has two doors in both, so counting doors cannot tell."""
    one = [(i, (i + 1) % 6, "door") for i in range(6)]
    two = [(i, (i + 1) % 3, "door") for i in range(3)] + [(3 + i, 3 + (i + 1) % 3, "door") for i in range(3)]
    assert isomorphic(graph_of(one, 6), graph_of(two, 6)) is False
    assert isomorphic(graph_of(one, 6), graph_of(one, 6, seeded(1))) is True


def test_what_a_room_is_and_whether_one_can_leave_count() -> None:
    graph = build_graph(HOUSE)
    closed = replace(graph, edges=tuple(replace(e, exit=False) for e in graph.edges))
    shut = replace(graph, spaces=tuple(replace(s, walkable=True) for s in graph.spaces))
    assert isomorphic(graph, closed) is False
    assert isomorphic(graph, shut) is False


def test_ten_thousand_rooms_are_compared_at_once() -> None:
    edges = [(hub, -1, "door") for hub in (0, 9_980)]
    edges += [(hub, hub + i, "door") for hub in range(0, 10_000, 20) for i in range(1, 20)]
    edges += [(hub, hub + 20, "open") for hub in range(0, 9_980, 20)]
    assert isomorphic(graph_of(edges, 10_000), graph_of(edges, 10_000, seeded(7))) is True


def test_it_says_when_it_could_not_decide() -> None:
    grid = [(x * 30 + y, x * 30 + (y + 1) % 30, "door") for x in range(30) for y in range(30)]
    assert isomorphic(graph_of(grid, 900), graph_of(grid, 900, seeded(3)), max_steps=1_000) is None
