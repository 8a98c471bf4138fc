"""``halltwin open FILE``: any building file as a live, routable 3D twin."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from ui.cli.reading import add_reading_arguments, cache_of
from ui.cli.running import add_running_arguments, demo_options, run_hall
from ui.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a building file, or 'reference' for the shipped hall")
    add_running_arguments(parser)
    add_reading_arguments(parser)


def run(args: argparse.Namespace) -> int:
    name = "reference" if args.file == "reference" else str(Path(args.file).resolve())
    # A directory of its own for each file: two buildings are two halls.
    default = Path(".run") / f"open-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    settings = Settings(data=args.data or default, port=args.port)
    return run_hall(settings, building_file=args.file, demo=demo_options(args), as_json=args.json, cache=cache_of(args))
