"""The same venue told otherwise gives the same graph: turned, far away, shuffled, with other ids, in Chinese."""

from __future__ import annotations

import json
import math
import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from building.formats import read
from building.geodesy import LocalFrame
from building.graph import Graph, build_graph, unreached
from building.isomorphism import isomorphic
from tests.building.formats.imdf_archives import AT, Sketch, box

FAR = LocalFrame(117.2, 26.4)
"""Some 500 km from the site."""


def _venue() -> Sketch:
    """Three storeys: a hall with offices, a lift without relationships, stairs side by side, an escalator upwards."""
    s = Sketch(footprint=box(0, 0, 40, 30))
    storeys = [s.level(n, box(0, 0, 40, 30)) for n in range(3)]
    halls = [s.unit(f, f"Hall {n}", "walkway", box(0, 10, 40, 20)) for n, f in enumerate(storeys)]
    for n, f in enumerate(storeys):
        for i in range(4):
            s.unit(f, f"Office {n}{i}", "office", box(10 * i, 0, 10 * i + 10, 10))
            s.opening(f, [(10 * i + 4, 10), (10 * i + 5, 10)])
        s.unit(f, "Lift", "elevator", box(0, 20, 3, 23))
        s.opening(f, [(1, 20), (2, 20)])
        s.unit(f, f"Stair {n}", "stairs", box(10 + 4 * n, 20, 14 + 4 * n, 26))
    belts = [s.unit(f, "Belt", "escalator", box(30, 20, 32, 28)) for f in storeys[:2]]
    s.relationship("escalator", (halls[0], halls[1]), belts, "directed")
    s.opening(storeys[0], [(0, 14), (0, 16)], "pedestrian.principal")
    s.unit(s.level(0, box(-30, -30, 0, 60), outdoor=True), "Square", "walkway", box(-30, -30, 0, 60))
    return s


def _moved(s: Sketch, move: Callable[[float, float], tuple[float, float]], to: LocalFrame = AT) -> None:
    def walk(node: Any) -> Any:
        if isinstance(node, list) and len(node) == 2 and all(isinstance(n, float) for n in node):
            return list(to.to_geographic(move(*AT.to_local(*node))))
        if isinstance(node, dict):
            return {k: walk(v) for k, v in node.items()}
        return [walk(v) for v in node] if isinstance(node, list) else node

    s.files = {kind: walk(collection) for kind, collection in s.files.items()}


def _turned(s: Sketch) -> None:
    c, n = math.cos(math.radians(17)), math.sin(math.radians(17))
    _moved(s, lambda x, y: (x * c - y * n, x * n + y * c))


def _far_away(s: Sketch) -> None:
    _moved(s, lambda x, y: (x, y), FAR)


def _shuffled(s: Sketch) -> None:
    rng = random.Random(7)  # noqa: S311  it must repeat
    files = list(s.files.items())
    rng.shuffle(files)
    for _, collection in files:
        rng.shuffle(collection["features"])
    s.files = dict(files)


def _with_other_ids(s: Sketch) -> None:
    rng = random.Random(3)  # noqa: S311  it must repeat
    text = json.dumps(s.files)
    for collection in list(s.files.values()):
        for feature in collection["features"]:
            text = text.replace(feature["id"], str(uuid.UUID(int=rng.getrandbits(128), version=4)))
    s.files = json.loads(text)


def _in_chinese(s: Sketch) -> None:
    for n, feature in enumerate(f for c in s.files.values() for f in c["features"]):
        if feature["properties"].get("name"):
            feature["properties"]["name"] = {"zh-Hans": f"第{n}处"}


def _in_tenths_of_millimetres(s: Sketch) -> None:
    s.files = json.loads(json.dumps(s.files), parse_float=lambda w: round(float(w), 8))


def _without_optional_words(s: Sketch) -> None:
    for kind in ("amenity", "address", "building"):
        s.files.pop(kind, None)
    for feature in (f for c in s.files.values() for f in c["features"]):
        for name in ("display_point", "alt_name", "accessibility", "restriction"):
            feature["properties"].pop(name, None)


def _all_at_once(s: Sketch) -> None:
    for tell in (_turned, _shuffled, _with_other_ids, _in_chinese, _without_optional_words):
        tell(s)


def _graph(s: Sketch, folder: Path) -> Graph:
    b = read(s.write(folder))
    assert not unreached(build_graph(b), b)
    return build_graph(b)


@pytest.mark.parametrize(
    "tell",
    [_turned, _far_away, _shuffled, _with_other_ids, _in_chinese, _in_tenths_of_millimetres, _without_optional_words,
     _all_at_once],
    ids=lambda tell: tell.__name__,
)  # fmt: skip
def test_the_graph_is_the_same(tell: Callable[[Sketch], None], tmp_path: Path) -> None:
    plain, other = _venue(), _venue()
    tell(other)
    assert isomorphic(_graph(plain, tmp_path), _graph(other, tmp_path))


def test_the_venue_is_what_it_was_drawn_as(tmp_path: Path) -> None:
    graph = _graph(_venue(), tmp_path)
    by_kind = {via: sum(e.via == via for e in graph.edges) for via in ("door", "lift", "stairs", "escalator", "open")}
    # 12 offices, 3 lift doors, 1 entrance; 2 steps of the lift and of the stairs; each stair open to its hall
    assert by_kind == {"door": 16, "lift": 2, "stairs": 2, "escalator": 1, "open": 3}
    assert [e.directed for e in graph.edges if e.via == "escalator"] == [True]
