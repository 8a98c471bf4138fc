"""``halltwin bench evacuate``: how soon a plan is there, how near the quickest flow, and how it compares with walkers.

1,000 people over 60 rooms on three storeys, and over the largest spaces of a building; exits close one after the
other, and each time the plan is made anew. JuPedSim, where it is installed, walks through layouts that no figure was
fitted on.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import time
from statistics import mean, median
from typing import Any

from building.model import OUT, Building
from ui.cli.bench import walkers
from ui.reading import read_safely
from wayfinding.drafts import Draft, box
from wayfinding.evacuation import EvacuationNetwork, EvacuationPlan, compile_evacuation, plan_evacuation

ZONES = 60
STOREYS, ROOMS_A_SIDE = 3, 10
CLOSED_MAX = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", default="reference", metavar="FILE", help="a path, or 'reference'")
    parser.add_argument("--people", type=int, default=1_000, metavar="N", help="spread over 60 zones")
    parser.add_argument("--plans", type=int, default=20, metavar="N", help="plans under random crowds and closures")
    parser.add_argument(
        "--walkers", type=int, default=60, metavar="N", help="people in each layout of JuPedSim's, 0: none"
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="crowds that JuPedSim walks, each elsewhere")
    parser.add_argument("--seed", type=int, default=1, metavar="N")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    rng = random.Random(args.seed)  # noqa: S311  reproducible, not secret
    sixty = _planned(sixty_rooms(), args, rng)
    named = _planned(read_safely(args.file), args, rng)
    metrics = {"people": args.people, "zones": ZONES, **sixty, **{f"file_{key}": value for key, value in named.items()}}
    return metrics, _peers(args), {}


def sixty_rooms() -> Building:
    """Three storeys of twenty rooms on a corridor with a stair at either end, two exits on the ground."""
    draft = Draft()
    width = 6 * ROOMS_A_SIDE
    for n in range(STOREYS):
        floor = f"{n + 1}F"
        draft.floor(floor, n)
        draft.room(floor, f"{floor}-C", box(0, 8, width, 11))
        for k in range(2 * ROOMS_A_SIDE):
            x, north = 6 * (k // 2), k % 2 == 1
            key = f"{floor}-{k}"
            draft.room(floor, key, box(x, 11, x + 6, 19) if north else box(x, 0, x + 6, 8))
            wall = 11 if north else 8
            draft.door(floor, key, (key, f"{floor}-C"), ((x + 2.5, wall), (x + 3.5, wall)))
    for key, at, wall in (("WEST", 2, 0), ("EAST", width - 2, width)):
        draft.link("stairs", key, [(f"{n + 1}F", f"{n + 1}F-C", (at, 9.5)) for n in range(STOREYS)], width_m=1.4)
        draft.door("1F", key, ("1F-C", OUT), ((wall, 8.7), (wall, 10.3)))
    return draft.build()


def _planned(building: Building, args: argparse.Namespace, rng: random.Random) -> dict[str, Any]:
    begun = time.perf_counter()
    network = compile_evacuation(building)
    compile_s = time.perf_counter() - begun
    spent_ms: list[float] = []
    gaps: list[float] = []
    wrong = 0
    for _ in range(args.plans):
        people = _crowd(network, args.people, rng)
        closed = frozenset(rng.sample(network.exits, rng.randint(0, min(CLOSED_MAX, len(network.exits) - 1))))
        begun = time.perf_counter()
        plan = plan_evacuation(network, people, closed)
        spent_ms.append((time.perf_counter() - begun) * 1e3)
        gaps.append(plan.clearance_s / plan.at_least_s - 1.0 if plan.at_least_s else 0.0)
        wrong += _wrong(plan, people, closed)
    return {
        "passages": len(network.passages),
        "compile_s": round(compile_s, 2),
        "replan_ms_p50": round(median(spent_ms), 1),
        "replan_ms_max": round(max(spent_ms), 1),
        "gap_mean": round(mean(gaps), 3),
        "gap_max": round(max(gaps), 3),
        "wrong": wrong,
    }


def _crowd(network: EvacuationNetwork, people: int, rng: random.Random) -> dict[str, int]:
    """So many, by the floor of each of sixty zones, but unevenly."""
    zones = sorted(network.zones.values(), key=lambda zone: (-zone.area_m2, zone.id))[:ZONES]
    drawn = rng.choices([zone.id for zone in zones], [zone.area_m2 * rng.random() for zone in zones], k=people)
    return {zone.id: drawn.count(zone.id) for zone in zones}


def _wrong(plan: EvacuationPlan, people: dict[str, int], closed: frozenset[str]) -> int:
    """People lost, and uses of what is closed."""
    told = [*(z.people for z in plan.zones), *(w.people for w in plan.waiting), *(s.people for s in plan.stranded)]
    return abs(sum(people.values()) - sum(told)) + sum(use.id in closed for use in plan.uses)


def _peers(args: argparse.Namespace) -> dict[str, Any]:
    """JuPedSim's walkers: one door fitted, the other layouts foretold."""
    if not args.walkers or importlib.util.find_spec("jupedsim") is None:
        return {"jupedsim_error_max": None}
    seeds = range(args.seed, args.seed + args.seeds)
    flow = mean(walkers.fitted_flow_p_ms(args.walkers, seed=seed) for seed in seeds)
    errors = {}
    for layout in walkers.layouts(args.walkers):
        compared = [walkers.compare(layout, flow, seed=seed) for seed in seeds]
        errors[layout.name] = round(compared[0].planned_s / mean(c.walked_s for c in compared) - 1.0, 3)
    worst = max(abs(error) for error in errors.values())
    return {"jupedsim_flow_p_ms": round(flow, 3), "jupedsim_error_max": worst, "jupedsim_errors": errors}
