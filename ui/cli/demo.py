"""``halltwin demo``: the whole reference hall with simulated devices and visitors."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.cli.running import add_running_arguments, demo_options, run_hall
from ui.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_running_arguments(parser)


def run(args: argparse.Namespace) -> int:
    settings = Settings(data=args.data or Path(".run/demo"), port=args.port)
    return run_hall(settings, building_file="reference", demo=demo_options(args), as_json=args.json)
