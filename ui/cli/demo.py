"""``halltwin demo``: the whole reference hall with simulated devices and visitors."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from ui.cli.running import add_running_arguments, demo_options, run_hall
from ui.settings import Settings, read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_running_arguments(parser)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as for halltwin up; not its building")
    parser.set_defaults(port=None)


def run(args: argparse.Namespace) -> int:
    settings = read_settings(args.config) if args.config else Settings(data=Path(".run/demo"))
    if args.data is not None:
        settings = replace(settings, data=args.data)
    if args.port is not None:
        settings = replace(settings, port=args.port)
    return run_hall(settings, building_file="reference", demo=demo_options(args), as_json=args.json)
