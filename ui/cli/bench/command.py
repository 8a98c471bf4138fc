"""``halltwin bench NAME``: one figure with its peers and its physical limits, all measured in the same run."""

from __future__ import annotations

import argparse
import importlib
import json
import os
from typing import Any

from ui.cli.bench.machine import calibrate

BENCHES = {
    "ingest": ("ui.cli.bench.ingest", "messages from a real broker to committed rows"),
    "burst": ("ui.cli.bench.burst", "30,000 messages at once, beside stock paho on a stock mosquitto"),
    "receive": ("ui.cli.bench.receive", "taking messages in, beside stock paho and a bare socket"),
    "overload": ("ui.cli.bench.overload", "ten times the usual load, then twice what is possible: alarms, memory"),
    "latency": ("ui.cli.bench.latency", "from publish to true in the twin"),
    "presence": ("ui.cli.bench.presence", "from a device's death to offline"),
    "route": ("ui.cli.bench.route", "routes and paths, exactness and closures"),
    "evacuate": ("ui.cli.bench.evacuate", "evacuation planned anew, beside the quickest flow and JuPedSim's walkers"),
    "trips": ("ui.cli.bench.trips", "people under way: from a cause to the last page that is led another way"),
    "import": ("ui.cli.bench.building_import", "building files understood, cold and warm; no way through a wall"),
    "history": ("ui.cli.bench.history", "the whole hall at any time before, and long trends"),
    "login": ("ui.cli.bench.login", "a flood of logins: what it gets, what it learns, what it costs others"),
    "vault": ("ui.cli.bench.vault", "a page of tickets with sealed names, beside the same in clear"),
    "live": ("ui.cli.bench.live", "many clients on the live feed"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest="bench", required=True, metavar="NAME")
    for name, (module, summary) in BENCHES.items():
        bench = names.add_parser(name, help=summary, description=summary)
        bench.add_argument("--json", action="store_true", help="print the contract's JSON document")
        importlib.import_module(module).add_arguments(bench)


def run(args: argparse.Namespace) -> int:
    load_before = os.getloadavg()[0]
    calibration = calibrate()
    metrics, peers, limits = importlib.import_module(BENCHES[args.bench][0]).run(args)
    document: dict[str, Any] = {
        "name": args.bench,
        "metrics": metrics,
        "peers": peers,
        "limits": limits,
        "machine": {"cores": os.cpu_count(), "load_before": round(load_before, 2), "calibration": calibration},
    }
    if args.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        for part in ("metrics", "peers", "limits", "machine"):
            for name, value in document[part].items():
                print(f"{part:8} {name:32} {value}")
    return 0
