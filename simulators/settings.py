"""The command line of ``python -m simulators``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulators.orders import BadOrder, Planned, parse_event
from simulators.scenarios.reading import BadScenario, list_scenarios, load_scenario
from simulators.scenarios.scenario import Scenario

LEFT_TO_PEOPLE = "A07"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    site: str
    enrol: Path
    building: str
    scenario: Scenario
    speed: float
    seed: int
    truth: Path | None
    ledger: Path | None
    visitors: bool
    leave_windows: frozenset[str]
    planned: tuple[Planned, ...]
    control: Path | None


def parse_options(arguments: Sequence[str]) -> Options:
    """Ends with exit code 2 and the usage where the command line is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators", description="Devices and visitors to try a hall with."
    )
    parser.add_argument("--site", required=True, metavar="URL", help="the hall, e.g. http://127.0.0.1:8080")
    parser.add_argument("--enrol", required=True, type=Path, metavar="FILE", help="credentials, one a device")
    parser.add_argument("--building", default="reference", metavar="FILE", help="where the devices stand")
    parser.add_argument(
        "--scenario",
        default="normal",
        metavar="NAME|FILE",
        help=f"a TOML file, or one of {', '.join(list_scenarios())}",
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="people live N times as fast")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="append what really happened, as JSON lines")
    parser.add_argument(
        "--ledger", type=Path, metavar="FILE", help="append each message the broker acknowledged, as CSV"
    )
    parser.add_argument("--no-visitors", action="store_true", help="devices only: no visitors, no clerks")
    parser.add_argument(
        "--leave-windows", default=LEFT_TO_PEOPLE, metavar="A07,B01", help="windows without a simulated clerk"
    )
    parser.add_argument(
        "--event", action="append", default=[], metavar="DEVICE:POINT[=VALUE]@SECONDS", help="may be given again"
    )
    parser.add_argument("--control", type=Path, metavar="SOCKET", help="take orders, one JSON line each, here too")
    read = parser.parse_args(arguments)
    if not 0 < read.speed <= 1000:
        parser.error("--speed is above 0 and at most 1000")
    try:
        planned = tuple(parse_event(event) for event in read.event)
    except BadOrder as error:
        parser.error(f"--event {error}")
    try:
        scenario = load_scenario(read.scenario)
    except BadScenario as error:
        parser.error(f"--scenario cannot be played:\n{error}")
    return Options(
        site=read.site.rstrip("/"), enrol=read.enrol, building=read.building, scenario=scenario, speed=read.speed,
        seed=read.seed, truth=read.truth, ledger=read.ledger, visitors=not read.no_visitors,
        leave_windows=frozenset(filter(None, read.leave_windows.split(","))), planned=planned, control=read.control,
    )  # fmt: skip
