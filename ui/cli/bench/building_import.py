"""``halltwin bench import``: what it takes to understand a file, cold and warm, and that no way leads through a wall.

Each file is read in a child process, as everywhere; then ways between random points of it are judged by the walls
alone. A synthetic campus says how far all that carries.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely

from building.counts import count
from building.errors import UnreadableFile
from building.graph import build_graph
from building.model import OUT, Building, Space, key_of
from building.places import Place, resolve
from building.survey import SeenDoor, SeenFloor, SeenLink, SeenRun, SeenSpace, SeenWall, Survey
from building.understanding import understand
from building.writers import write
from ui.reading import Reading, list_parts, read_measured
from ui.reading.child import peak_rss_kb
from wayfinding import Router, compile_network, load_profiles
from wayfinding.clearance import WallJudge
from wayfinding.drafts import towers_on_a_concourse
from wayfinding.walkable import to_shape

EXAMPLES = Path("../shared/data/building")
CAMPUS_STOREYS = 20
SPACES_PER_TOWER_FLOOR = 25
OUTSIDE_SHARE = 0.05
"""So many ends of random ways lie outside."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="paths, or 'reference'; none: all at hand")
    parser.add_argument("--routes", type=int, default=1_000, metavar="N", help="random ways a file, judged by walls")
    parser.add_argument("--spaces", type=int, default=10_000, metavar="N", help="size of the synthetic campus, 0: none")
    parser.add_argument("--seed", type=int, default=1, metavar="N")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    files = args.files or default_files(EXAMPLES)
    metrics: dict[str, Any] = {
        "files": [measure_file(file, routes=args.routes, seed=args.seed) for file in files],
        "campus": measure_campus(args.spaces) if args.spaces else None,
    }
    metrics["routes"] = sum(entry.get("routes", 0) for entry in metrics["files"])
    metrics["violations"] = sum(entry.get("violations", 0) for entry in metrics["files"])
    return metrics, {}, {}


def default_files(folder: Path) -> list[str]:
    """The shipped hall and every example; of a folder of files, the one that names the others."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return ["reference", *(str(path / "main.json" if path.is_dir() else path) for path in found)]


# A file --------------------------------------------------------------------------------------------------------------


def measure_file(file: str, *, routes: int, seed: int) -> dict[str, Any]:
    """One line of the figures; a file that cannot serve says why."""
    try:
        with tempfile.TemporaryDirectory(prefix="halltwin-bench-") as cache:
            cold, warm = (read_measured(file, cache=Path(cache)) for _ in range(2))
    except UnreadableFile as error:
        return {"file": file, "error": error.what}
    building = cold.building
    counted = count(building)
    asked, violations = judge_routes(building, routes, random.Random(seed))  # noqa: S311  reproducible, not secret
    return {
        "file": file,
        "cpu_s": cold.usage.cpu_s,
        "cold_s": round(cold.wall_s, 3),
        "warm_s": round(warm.wall_s, 3),
        "rss_mb": cold.usage.peak_rss_mb,
        "walkable": counted["walkable"],
        "reached": counted["reached"],
        "glb_ratio": _glb_ratio(file, cold),
        "routes": asked,
        "violations": violations,
    }


def _glb_ratio(file: str, reading: Reading) -> float | None:
    """Of the size of the files it came from; None for the hall that is shipped."""
    if file == "reference":
        return None
    with tempfile.TemporaryDirectory(prefix="halltwin-bench-") as folder:
        glb = Path(folder) / "building.glb"
        write(reading.building, glb)
        return round(glb.stat().st_size / sum(part.stat().st_size for part in list_parts(Path(file))), 3)


def judge_routes(building: Building, routes: int, rng: random.Random) -> tuple[int, int]:
    """How many ways there were between random points, and how many of them go through a wall.

    Who may enter every room walks: a visitor would see but a part of the building.
    """
    profile = replace(load_profiles()["walk"].unrestricted(), max_access="restricted")
    router, judge = Router(compile_network(building)), WallJudge(building)
    spaces = [space for space in building.spaces if space.walkable]
    asked = violations = 0
    for _ in range(routes if spaces else 0):
        start, goal = _anywhere(building, spaces, rng), _anywhere(building, spaces, rng)
        way = router.find_way(start, goal, profile, frozenset(), ())
        if way is not None:
            asked += 1
            violations += bool(judge.hits(way))
    return asked, violations


def _anywhere(building: Building, spaces: Sequence[Space], rng: random.Random) -> Place:
    if rng.random() < OUTSIDE_SHARE:
        return resolve(building, OUT)
    space = rng.choice(spaces)
    xs, ys = zip(*rng.choice(space.footprint).outer, strict=True)
    at = (rng.uniform(min(xs), max(xs)), rng.uniform(min(ys), max(ys)))
    return Place(id=f"{space.floor}@{at}", floor=space.floor, at=at, name={})


# A campus ------------------------------------------------------------------------------------------------------------


def measure_campus(spaces: int) -> dict[str, Any]:
    """In a process of its own, so that the memory is what it takes and nothing else."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_campus, (spaces,))


def _campus(spaces: int) -> dict[str, Any]:
    towers = max(1, round(spaces / CAMPUS_STOREYS / SPACES_PER_TOWER_FLOOR))
    survey = survey_of(towers_on_a_concourse(towers=towers, storeys=CAMPUS_STOREYS))
    begun, begun_cpu = time.perf_counter(), time.process_time()
    building = understand(survey)
    understood_s = time.perf_counter() - begun
    build_graph(building)
    graph_s, graph_cpu_s = time.perf_counter() - begun, time.process_time() - begun_cpu
    counted = count(building)
    begun = time.perf_counter()
    compile_network(building).graph(load_profiles()["walk"])
    return {
        "floors": counted["floors"],
        "spaces": counted["spaces"],
        "reached": counted["reached"],
        "openings": counted["openings"],
        "understand_s": round(understood_s, 2),
        "graph_s": round(graph_s, 2),
        "graph_cpu_s": round(graph_cpu_s, 2),
        "network_s": round(time.perf_counter() - begun, 2),
        "rss_mb": round(peak_rss_kb() / 1024, 1),
    }


def survey_of(building: Building) -> Survey:
    """What a file of this building would show: shapes and names, not what joins what."""
    elevations = {floor.id: floor.elevation_m for floor in building.floors}
    heights = {floor.id: floor.height_m for floor in building.floors}
    return Survey(
        site=building.site, name=building.name, format="draft", schema="test",
        floors=tuple(
            SeenFloor(
                key=floor.key, name=floor.name, number=floor.number, elevation_m=floor.elevation_m,
                height_m=floor.height_m, ordinal=floor.ordinal,
            )
            for floor in building.floors
        ),
        spaces=tuple(
            SeenSpace(
                key=space.key, name=space.name, number=space.key, floor=key_of(space.floor),
                plan=to_shape(space.footprint), z0_m=elevations[space.floor],
                z1_m=elevations[space.floor] + heights[space.floor] - 0.3,
            )
            for space in building.spaces
        ),
        walls=tuple(
            SeenWall(
                key=wall.key, name=wall.name, floor=key_of(wall.floor), plan=to_shape(wall.footprint), z0_m=wall.z0_m,
                z1_m=wall.z0_m + wall.height_m,
            )
            for wall in building.walls
        ),
        doors=tuple(
            SeenDoor(
                key=door.key, name=door.name, floor=key_of(door.floor), line=door.line, z0_m=elevations[door.floor],
                height_m=2.1, depth_m=0.2,
            )
            for door in building.openings
        ),
        links=tuple(
            SeenLink(
                key=link.key, name=link.name, kind=link.kind,
                runs=tuple(
                    SeenRun(plan=shapely.Point(stop.at).buffer(0.6), z0_m=elevations[stop.floor],
                            z1_m=elevations[stop.floor] + heights[stop.floor])
                    for stop in link.stops
                ),
                floors=tuple(key_of(stop.floor) for stop in link.stops),
            )
            for link in building.vertical_links
        ),
    )  # fmt: skip
