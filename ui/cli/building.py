"""``halltwin building import|graph|check``: what a building file holds, and what could not be understood."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from building.checks import check
from building.formats import open_building
from building.graph import build_graph, graph_json, reached, unreached
from building.model import Building, key_of
from building.texts import text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in (
        ("import", "read a file and say what was understood"),
        ("graph", "rooms and connections with their evidence"),
        ("check", "list every defect of the file"),
    ):
        action = actions.add_parser(name, help=summary)
        action.add_argument("file", metavar="FILE", help="a path, or 'reference' for the shipped hall")
        action.add_argument("--json", action="store_true", help="print the contract's JSON document")
        action.add_argument("--lang", choices=("zh", "en"), default=None)
        if name == "import":
            action.add_argument("--out", type=Path, help="write the building in our own format into this folder")


def run(args: argparse.Namespace) -> int:
    started, started_cpu = time.perf_counter(), time.process_time()
    building = open_building(args.file)
    actions = {"import": _import, "graph": _graph, "check": _check}
    document = actions[args.action](building, args)
    if args.action == "import":
        document["seconds"] = round(time.perf_counter() - started, 3)
        document["cpu_s"] = round(time.process_time() - started_cpu, 3)
    print(json.dumps(document, ensure_ascii=False) if args.json else _for_people(document))
    return 0


def _import(building: Building, args: argparse.Namespace) -> dict[str, Any]:
    graph = build_graph(building)
    arrived = reached(graph)
    stated = [s for s in building.spaces if s.derived is None]
    walkable = [s for s in stated if s.walkable]
    if args.out:
        from building.formats.hall import dumps

        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / f"{building.site}.hall.json").write_text(dumps(building), encoding="utf-8")
    numbers = {f.id: f.number for f in building.floors}
    return {
        "file": args.file,
        "format": building.format,
        "schema": building.schema,
        "seconds": 0.0,
        "cpu_s": 0.0,
        "floors": len(building.floors),
        "spaces": len(stated),
        "walkable": len(walkable),
        "reached": sum(s.id in arrived for s in walkable),
        "openings": len(building.openings),
        "vertical_links": len(building.vertical_links),
        "derived_spaces": len(building.spaces) - len(stated),
        "unreached": [
            {
                "id": item.space.id,
                "source_id": item.space.source.value if item.space.source else None,
                "name": text(item.space.name, args.lang),
                "floor": numbers.get(item.space.floor, key_of(item.space.floor)),
                "reason": text(item.reason, args.lang or "en"),
            }
            for item in unreached(graph, building)
        ],
        "warnings": list(building.warnings),
    }


def _graph(building: Building, args: argparse.Namespace) -> dict[str, Any]:
    return graph_json(build_graph(building), building, lang=args.lang)


def _check(building: Building, args: argparse.Namespace) -> dict[str, Any]:
    return {
        "defects": [
            {
                "id": d.id,
                "rule": d.rule,
                "severity": d.severity,
                "text": text(d.text, args.lang),
                "floor": d.floor,
                "at": d.at,
            }
            for d in check(building)
        ]
    }


def _for_people(document: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {len(value) if isinstance(value, list) else value}" for name, value in document.items())
