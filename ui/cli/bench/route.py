"""``halltwin bench route``: how fast ways are found, how exact they are, and that no closure is ever walked through.

On a generated campus: the path to a point of interest, next to four graph libraries on the very same graph. On a
building: full routes as JSON between random places and points, for all profiles, each under closures of its own;
every route is judged by its line, a sample of them is compared with an exact oracle.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from building.model import OUT, Building
from building.places import Place, resolve
from ui.reading import read_safely
from wayfinding import NoRoute, Profile, Route, Router, compile_network, load_profiles, to_json
from wayfinding.drafts import campus
from wayfinding.graph import Closed, Graph, Spot
from wayfinding.testing import Oracle, violations
from wayfinding.way import find_way

MAX_CLOSED = 4
PATHS = 20_000
CAMPUS_GOALS = 40
PEER_QUERIES = 12
WORLDS = 6
WORLD_QUERIES = 20
NONE: Closed = frozenset()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", default="reference", metavar="FILE", help="a path, or 'reference'")
    parser.add_argument("--nodes", type=int, default=10_000, metavar="N", help="size of the generated campus")
    parser.add_argument("--queries", type=int, default=1_000, metavar="N", help="routes under random closures")
    parser.add_argument("--seed", type=int, default=1, metavar="N")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    rng = random.Random(args.seed)  # noqa: S311  reproducible, not secret
    on_campus, peers = _campus(args.nodes, rng)
    asked, limits = _building(read_safely(args.file), args.queries, rng)
    return {**on_campus, **asked}, peers, limits


# The campus -----------------------------------------------------------------------------------------------------------


def _campus(nodes: int, rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    building = campus(nodes)
    begun = time.perf_counter()
    graph = compile_network(building).graph(load_profiles()["walk"])
    compile_s = time.perf_counter() - begun
    pois = rng.sample(building.pois, min(CAMPUS_GOALS, len(building.pois)))
    goals = [spot for poi in pois if (spot := graph.spot(poi.floor, poi.at, poi.space)) is not None]
    grown_ms = [_timed_ns(lambda g=goal: graph.tree(g, NONE, ()))[0] / 1e6 for goal in goals]  # type: ignore[misc]
    queries = [(rng.choice(goals), rng.randrange(graph.count)) for _ in range(PATHS)]
    found_us, steps = [], 0
    for goal, node in queries:
        spent_ns, path = _timed_ns(lambda g=goal, n=node: graph.tree(g, NONE, ()).path(n))  # type: ignore[misc]
        found_us.append(spent_ns / 1e3)
        steps += len(path)
    peers, disagreeing = _peers(graph, goals, [queries[k] for k in range(PEER_QUERIES)])
    metrics = {
        "nodes": graph.count,
        "edges": len(graph.tail),
        "compile_s": round(compile_s, 2),
        "poi_path_us_p50": _at(found_us, 0.5),
        "poi_path_us_p99": _at(found_us, 0.99),
        "poi_path_nodes_mean": round(steps / len(queries), 1),
        "poi_tree_ms_p50": _at(grown_ms, 0.5),
        "peers_disagreeing": disagreeing,
    }
    return metrics, peers


def _peers(graph: Graph, goals: Sequence[Spot], queries: Sequence[tuple[Spot, int]]) -> tuple[dict[str, Any], int]:
    """The libraries on the same nodes and edges, the goals added as nodes of their own; they must agree with us."""
    approaches = [graph.approach(goal) for goal in goals]
    tails = np.concatenate([graph.tail, *(nodes for nodes, _ in approaches)])
    heads = np.concatenate([graph.head, *(np.full(len(n), graph.count + k) for k, (n, _) in enumerate(approaches))])
    weights = np.concatenate([graph.weight, *(metres / graph.profile.speed_m_s for _, metres in approaches)])
    edges = list(zip(tails.tolist(), heads.tolist(), weights.tolist(), strict=True))
    count = graph.count + len(goals)
    exact = [
        (node, graph.count + goals.index(goal), graph.tree(goal, NONE, ()).seconds[node]) for goal, node in queries
    ]
    found, disagreeing = {}, 0
    for name, solve in _solvers(count, edges).items():
        spent_us = []
        for start, goal, seconds in exact:
            spent_ns, length = _timed_ns(lambda s=start, g=goal, f=solve: f(s, g))  # type: ignore[misc]
            spent_us.append(spent_ns / 1e3)
            disagreeing += int(abs(length() - seconds) > 1e-6)
        found[f"{name}_us_p50"] = _at(spent_us, 0.5)
    return found, disagreeing


def _solvers(count: int, edges: list[tuple[int, int, float]]) -> dict[str, Callable[[int, int], Callable[[], float]]]:
    """Each finds a path when called and says afterwards, untimed, how long it is."""
    import igraph
    import networkx as nx
    import rustworkx as rx

    plain = nx.DiGraph()
    plain.add_weighted_edges_from(edges)
    rust: rx.PyDiGraph[int, float] = rx.PyDiGraph()
    rust.add_nodes_from(range(count))
    rust.add_edges_from(edges)
    pairs = [(a, b) for a, b, _ in edges]
    weights = [w for _, _, w in edges]
    rows, columns = np.array(pairs, dtype=np.int64).T
    c_graph = igraph.Graph(n=count, edges=pairs, directed=True)
    matrix: csr_matrix[np.float64] = csr_matrix((np.array(weights), (rows, columns)), shape=(count, count))
    weight_of = {(a, b): w for a, b, w in edges}

    def along(path: Sequence[int]) -> Callable[[], float]:
        return lambda: sum(weight_of[a, b] for a, b in pairwise(path))

    def by_scipy(start: int, goal: int) -> Callable[[], float]:
        _, before = dijkstra(matrix, indices=[start], return_predecessors=True)
        path = [goal]
        while path[-1] != start:
            path.append(int(before[0, path[-1]]))
        return along(path[::-1])

    def by_rust(start: int, goal: int) -> Callable[[], float]:
        return along(list(rx.digraph_dijkstra_shortest_paths(rust, start, target=goal, weight_fn=float)[goal]))

    return {
        "networkx": lambda a, b: along(nx.dijkstra_path(plain, a, b)),
        "rustworkx": by_rust,
        "scipy": by_scipy,
        "igraph": lambda a, b: along(c_graph.get_shortest_paths(a, to=b, weights=weights)[0]),
    }


# A building -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    json_ms: list[float] = field(default_factory=list)
    refusal_ms: list[float] = field(default_factory=list)
    encode_ms: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def _building(building: Building, queries: int, rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    profiles = load_profiles()
    router = Router(compile_network(building))
    begun = time.perf_counter()
    for profile in profiles.values():
        router.network.graph(profile)
        router.network.graph(profile.unrestricted())
    compile_s = time.perf_counter() - begun
    world = _World(building, router, rng)
    tally = Tally()
    for _ in range(queries):
        profile = rng.choice(list(profiles.values()))
        _ask(world, profile, world.closures(), tally)
    ratio, compared, unequal = _against_oracle(world, list(profiles.values()))
    metrics = {
        "building_compile_s": round(compile_s, 2),
        "point_us_p50": _at(spent := world.point_times_us(profiles["walk"], queries), 0.5),
        "point_us_p99": _at(spent, 0.99),
        "json_ms_p50": _at(tally.json_ms, 0.5),
        "json_ms_p99": _at(tally.json_ms, 0.99),
        "refusal_ms_p99": _at(tally.refusal_ms, 0.99),
        "routes": len(tally.json_ms),
        "refusals": len(tally.refusal_ms),
        "length_ratio_max": ratio,
        "compared_with_oracle": compared,
        "violations": len(tally.broken) + unequal,
    }
    return metrics, {"json_encode_ms_p50": _at(tally.encode_ms, 0.5), "json_encode_ms_p99": _at(tally.encode_ms, 0.99)}


def _ask(world: _World, profile: Profile, closed: Closed, tally: Tally) -> None:
    start, goal = world.place(), world.place()
    begun = time.perf_counter_ns()
    try:
        route: Route = world.router.route(start, goal, profile=profile, closed=closed)
    except NoRoute:
        tally.refusal_ms.append((time.perf_counter_ns() - begun) / 1e6)
        return
    document = to_json(route)
    json.dumps(document, ensure_ascii=False)
    tally.json_ms.append((time.perf_counter_ns() - begun) / 1e6)
    tally.encode_ms.append(_timed_ns(lambda: json.dumps(document, ensure_ascii=False))[0] / 1e6)
    tally.broken += violations(world.building, route, closed=closed, step_free=profile.step_free_only)


class _World:
    """Random places, points and closures of a building."""

    def __init__(self, building: Building, router: Router, rng: random.Random) -> None:
        self.building, self.router, self.rng = building, router, rng
        named = [
            *building.windows,
            *building.pois,
            *(space for space in building.spaces if space.walkable and space.access == "public"),
        ]
        self.places = [resolve(building, OUT), *(resolve(building, entity.id) for entity in named)]
        devices = [link.device for link in building.vertical_links if link.device]
        ids = [e.id for group in (building.openings, building.vertical_links, building.spaces) for e in group]
        self.closable = [*ids, *devices]

    def closures(self) -> Closed:
        return frozenset(self.rng.sample(self.closable, min(len(self.closable), self.rng.randint(0, MAX_CLOSED))))

    def place(self) -> Place:
        return self.rng.choice(self.places) if self.rng.random() < 0.5 else self.point()

    def point(self) -> Place:
        """Anywhere in a room that is open to the public."""
        space = self.rng.choice([s for s in self.building.spaces if s.walkable and s.access == "public"])
        xs, ys = zip(*space.footprint[0].outer, strict=True)
        at = (self.rng.uniform(min(xs), max(xs)), self.rng.uniform(min(ys), max(ys)))
        return Place(id=f"{space.floor}@{at}", floor=space.floor, at=at, name={"zh": "此处", "en": "here"})

    def point_times_us(self, profile: Profile, queries: int) -> list[float]:
        """From any point to a known place whose tree stands: snapping, seeing and reading the path, no words."""
        graph = self.router.network.graph(profile)
        goals = [spot for place in self.places[1:] if (spot := self.router.find_spot(graph, place)) is not None]
        goals = self.rng.sample(goals, min(CAMPUS_GOALS, len(goals)))
        for goal in goals:
            graph.tree(goal, NONE, ())
        return [self._point_us(graph, self.rng.choice(goals)) for _ in range(queries)]

    def _point_us(self, graph: Graph, goal: Spot) -> float:
        place = self.point()
        begun = time.perf_counter_ns()
        spot = self.router.find_spot(graph, place)
        if spot is not None:
            find_way(graph, spot, goal, closed=NONE, waits=())
        return (time.perf_counter_ns() - begun) / 1e3


def _against_oracle(world: _World, profiles: Sequence[Profile]) -> tuple[float, int, int]:
    """The worst ratio to the exact length, how many ways were compared, and where only one of the two finds a way."""
    worst, compared, unequal = 1.0, 0, 0
    for profile, closed in _worlds(world, profiles):
        graph = world.router.network.graph(profile)
        oracle = Oracle(world.building, graph, closed)
        for _ in range(WORLD_QUERIES):
            start, goal = world.place(), world.place()
            a, b = world.router.find_spot(graph, start), world.router.find_spot(graph, goal)
            shut = world.router.is_shut(start, closed) or world.router.is_shut(goal, closed)
            if a is None or b is None or shut or start.id == goal.id:
                continue
            exact, way = oracle.best(a, b), find_way(graph, a, b, closed=closed, waits=())
            if exact is None or way is None:
                unequal += (exact is None) != (way is None)
                continue
            compared += 1
            route = world.router.route(start, goal, profile=profile, closed=closed)
            worst = max(worst, route.distance_m / exact.metres if exact.metres else 1.0)
    return round(worst, 6), compared, unequal


def _worlds(world: _World, profiles: Sequence[Profile]) -> Iterator[tuple[Profile, Closed]]:
    for n in range(WORLDS):
        yield profiles[n % len(profiles)], world.closures() if n % 2 else NONE


def _timed_ns(call: Callable[[], Any]) -> tuple[int, Any]:
    begun = time.perf_counter_ns()
    result = call()
    return time.perf_counter_ns() - begun, result


def _at(values: Sequence[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 3) if len(values) else None
