"""``halltwin kinds``: the catalogue of device kinds, as pages and simulators read it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from iot.catalogue import kinds_json, load_kinds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--extra", type=Path, help="a folder with more kind files")


def run(args: argparse.Namespace) -> int:
    kinds = load_kinds(extra=args.extra)
    if args.json:
        print(json.dumps(kinds_json(kinds), ensure_ascii=False))
        return 0
    for name, kind in kinds.items():
        print(f"{name:18} {kind.label['zh']}  {kind.label['en']}: {len(kind.points)} points")
    return 0
