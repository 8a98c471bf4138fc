"""``halltwin up --config hall.toml``: a hall for real, without simulators; or one more web process of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.cli.running import announce, run_hall
from ui.reading import cache_folder
from ui.settings import read_settings

ROLES = ("twin,web", "web")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the configuration (TOML)")
    parser.add_argument(
        "--roles", choices=ROLES, default=ROLES[0], help="web: only the live feed and the pages, from the broker"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready, progress on stderr")


def run(args: argparse.Namespace) -> int:
    settings = read_settings(args.config)
    if args.roles == "web":
        from ui.launcher.web import run_web

        run_web(settings, on_ready=lambda document: announce(document, as_json=args.json))
        return 0
    return run_hall(settings, building_file=settings.building, demo=None, as_json=args.json, cache=cache_folder())
