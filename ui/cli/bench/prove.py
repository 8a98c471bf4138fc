"""``python -m ui.cli.bench.prove [PART]``: the long forms of all figures, by the code of the benches, in steps.

Each step's outcome is one line of JSON in ``.run/prove/PART.jsonl``; a step that is there already is not run again
(``--again`` forgets them), so a run that was cut off goes on where it stopped. ``kept`` says whether a promise that
allows no exception was kept (nothing lost, nothing walked through); ``met`` whether the figure is within its budget,
latencies by this machine's calibration. Ends with 1 when a promise was not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from building.testing import small_house
from building.writers import write
from services.accounts.model import Limits
from ui.cli.bench import device_side, evacuate, history, in_browser, ingest, kills, leaks, live, login, route, vault
from ui.cli.bench.api_fuzz import fuzzed_api
from ui.cli.bench.building_import import EXAMPLES, default_files
from ui.cli.bench.fuzz import fuzz
from ui.cli.bench.machine import calibrate
from ui.cli.bench.step import Figures, Step, bench

FOLDER = Path(".run/prove")
INGEST_BEYOND = (30_000.0, 40_000.0, 60_000.0)
INGEST_SOAK, INGEST_SOAK_S = 10_000_000, 1_200.0
ROUTE_STEPS, ROUTE_QUERIES = 10, 10_000
EVACUATIONS = 100
FUZZ_WRITTEN = {".hall.json": 20_000, ".ifc": 5_000, ".imdf.zip": 10_000, ".gml": 10_000}
"""Endings by which a small house is written, and how often each file is damaged."""
FUZZ_EXAMPLES = 200
API_STEPS, API_EXAMPLES = 5, 200


def _ingest() -> Sequence[Step]:
    def lossless(f: Figures) -> bool:
        return bool(f["lost"] == 0 and f["duplicates"] == 0)

    return (
        Step(
            name="60 s as fast as it goes",
            measure=bench(ingest, rate=None, seconds=60.0, messages=None, seed=1),
            kept=lossless,
            met=lambda f, speed: f["msgs_per_s"] >= 30_000 * min(speed, 1.0),
        ),
        Step(
            name="60 s at 20,000 a second",
            measure=bench(ingest, rate=20_000.0, seconds=60.0, messages=None, seed=2),
            kept=lossless,
            met=lambda f, speed: f["p99_commit_ms"] <= 100 / min(speed, 1.0),
        ),
        *(
            Step(
                name=f"beyond: 20 s at {rate:,.0f} a second",
                measure=bench(ingest, rate=rate, seconds=20.0, messages=None, seed=3),
                kept=lossless,
            )
            for rate in INGEST_BEYOND
        ),
        Step(
            name=f"soak of {INGEST_SOAK:,} messages",
            measure=bench(ingest, rate=None, seconds=INGEST_SOAK_S, messages=INGEST_SOAK, seed=4),
            kept=lambda f: lossless(f) and f["messages"] >= INGEST_SOAK,
        ),
    )


def _route() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{ROUTE_QUERIES} queries, seed {seed}",
            measure=bench(route, file="reference", nodes=10_000, queries=ROUTE_QUERIES, seed=seed),
            kept=lambda f: f["violations"] == 0,
            met=lambda f, speed: f["json_ms_p99"] <= 2 / min(speed, 1.0) and f["length_ratio_max"] <= 1.001,
        )
        for seed in range(1, ROUTE_STEPS + 1)
    )


def _evacuate() -> Sequence[Step]:
    def met(f: Figures, speed: float) -> bool:
        walked = f["jupedsim_error_max"] is None or f["jupedsim_error_max"] <= 0.10
        return bool(walked and f["replan_ms_p50"] <= 200 / min(speed, 1.0) and f["gap_max"] <= 0.10)

    return tuple(
        Step(
            name=f"{EVACUATIONS} crowds of 1,000 over 60 zones, {walkers} walkers a layout, seed {seed}",
            measure=bench(
                evacuate, file="reference", people=1_000, plans=EVACUATIONS, walkers=walkers, seeds=6, seed=seed
            ),
            kept=lambda f: f["wrong"] == 0 and f["file_wrong"] == 0,
            met=met,
        )
        for seed, walkers in ((1, 60), (11, 80), (21, 100))
    )


def _live() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{clients} clients at {hz:g} Hz, {'events' if events else 'WebSocket'}, 60 s",
            measure=bench(live, clients=clients, hz=hz, seconds=60.0, events=events, turns=live.STALLED_TURNS),
            kept=lambda f: f["lost"] == 0 and f["gone"] == 0,
            met=lambda f, speed: (
                f["p99_ms"] <= 300 / min(speed, 1.0)
                and f["server_rss_grown_mb"] < 50
                and f["stalled_changes_p99_percent"] < 5
            ),
        )
        for clients, hz, events in ((1000, 4.0, False), (1000, 4.0, True), (200, 10.0, False))
    )


def _fuzz() -> Sequence[Step]:
    return (
        *(_fuzz_step(f"small house as {name}", _small_house_as(name), count) for name, count in FUZZ_WRITTEN.items()),
        *(
            _fuzz_step(file, lambda _folder, file=file: Path(file), FUZZ_EXAMPLES)  # type: ignore[misc]
            for file in default_files(EXAMPLES)
            if file != "reference"
        ),
    )


def _fuzz_step(name: str, make: Callable[[Path], Path], count: int) -> Step:
    def measure() -> Figures:
        with tempfile.TemporaryDirectory(prefix="halltwin-prove-") as folder:
            return fuzz(make(Path(folder)), count=count, seed=1)

    return Step(
        name=f"{count} damaged copies of {name}",
        measure=measure,
        kept=lambda f: f["escaped"] == 0,
        met=lambda f, _speed: f["stumbled"] == 0 and f["timed_out"] == 0,
    )


def _api() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{API_EXAMPLES} requests an operation, seed {seed}",
            measure=lambda seed=seed: fuzzed_api(API_EXAMPLES, seed),  # type: ignore[misc]
            kept=lambda f: f["broken"] == 0 and f["undocumented"] == 0,
        )
        for seed in range(1, API_STEPS + 1)
    )


def _small_house_as(ending: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        write(small_house(), path := folder / f"house{ending}")
        return path

    return make


def _vault() -> Sequence[Step]:
    return (
        Step(
            name="pages of 50 tickets with sealed names",
            measure=bench(vault, pages=5_000, seed=1),
            kept=lambda f: f["tickets"] == 50,
            met=lambda f, _speed: f["costs_more_percent"] <= 10,
        ),
    )


def _login() -> Sequence[Step]:
    return (
        Step(
            name="10,000 logins that are guessed, 1,000 with each kind of name",
            measure=bench(login, attempts=10_000, tries=1_000, others=login.OTHERS),
            kept=lambda f: f["logged_in"] == 0 and f["let_through_per_account_max"] <= Limits().attempts_max,
            met=lambda f, _speed: f["names_differ_percent"] <= 5 and f["page_times"] < 2 and f["login_times"] < 2,
        ),
    )


PARTS: Mapping[str, Callable[[], Sequence[Step]]] = {
    "ingest": _ingest,
    "kill": kills.kill_steps,
    "restart": kills.restart_steps,
    "route": _route,
    "evacuate": _evacuate,
    "live": _live,
    "history": history.steps,
    "fuzz": _fuzz,
    "leaks": lambda: [*leaks.steps(), in_browser.left_behind()],
    "xss": in_browser.poison,
    "vault": _vault,
    "api": _api,
    "login": _login,
    **device_side.PARTS,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one part or all; the last line on stdout is the summary."""
    parser = argparse.ArgumentParser(prog="prove", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", nargs="?", choices=PARTS, metavar="PART", help=f"{', '.join(PARTS)}; all without it")
    parser.add_argument("--again", action="store_true", help="run also what was run before")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where outcomes are kept")
    args = parser.parse_args(argv)
    parts = {name: prove(name, args.folder, again=args.again) for name in ([args.part] if args.part else PARTS)}
    print(json.dumps({"parts": [{"part": name, **summary} for name, summary in parts.items()]}))
    return 0 if all(summary["kept"] for summary in parts.values()) else 1


def prove(part: str, folder: Path, *, again: bool) -> dict[str, Any]:
    """Run what is not there yet, write it down, and sum up."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{part}.jsonl"
    if again:
        path.unlink(missing_ok=True)
    outcomes = _read(path)
    steps = PARTS[part]()
    for step in steps:
        if step.name in outcomes:
            continue
        print(f"{part}: {step.name}", file=sys.stderr, flush=True)
        outcomes[step.name] = _run(step)
        draft = path.with_suffix(".new")
        draft.write_text("".join(f"{json.dumps(outcome)}\n" for outcome in outcomes.values()), encoding="utf-8")
        draft.replace(path)
    done = [outcomes[step.name] for step in steps]
    return {
        "steps": len(done),
        "kept": all(outcome["kept"] for outcome in done),
        "met": all(outcome["met"] for outcome in done),
        "seconds": round(sum(outcome["seconds"] for outcome in done), 1),
    }


def _run(step: Step) -> dict[str, Any]:
    load_before, speed, began = os.getloadavg()[0], calibrate(), time.monotonic()
    figures = step.measure()
    return {
        "step": step.name,
        "kept": step.kept(figures),
        "met": step.met(figures, speed),
        "seconds": round(time.monotonic() - began, 1),
        "figures": figures,
        "machine": {"cores": os.cpu_count(), "load_before": round(load_before, 2), "calibration": speed},
    }


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Outcomes by step."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {outcome["step"]: outcome for outcome in map(json.loads, lines)}


if __name__ == "__main__":
    sys.exit(main())
