"""``halltwin building import|graph|check|convert|diff``: what a file holds, what it becomes, what changed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from building.checks import check
from building.differences import difference_json
from building.graph import Unreached, build_graph, graph_json, reached, unreached
from building.model import Building, key_of
from building.texts import text
from building.writers import WRITERS, Writer, brick, write, writer_for
from ui.cli.reading import add_reading_arguments, measure_reading, read_building

_FILE = "a path, or 'reference' for the shipped hall"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in (
        ("import", "read a file and say what was understood"),
        ("graph", "rooms and connections with their evidence"),
        ("check", "list every defect of the file"),
        ("convert", "write the building in another format, and say what that format cannot carry"),
        ("diff", "what came, went, moved and changed from one file to another"),
    ):
        action = actions.add_parser(name, help=summary)
        action.add_argument("file", metavar="FILE", help=_FILE)
        if name == "import":
            action.add_argument("--out", type=Path, help="write the building in our own format into this folder")
        if name == "convert":
            action.add_argument("out", metavar="OUT", type=Path, help=f"a path ending in {', '.join(_endings())}")
        if name == "diff":
            action.add_argument("other", metavar="OTHER", help=_FILE)
        add_reading_arguments(action)
        action.add_argument("--json", action="store_true", help="print the contract's JSON document")
        action.add_argument("--lang", choices=("zh", "en"), default=None)


def run(args: argparse.Namespace) -> int:
    actions = {"import": _import, "graph": _graph, "check": _check, "convert": _convert, "diff": _diff}
    document = actions[args.action](args)
    print(json.dumps(document, ensure_ascii=False) if args.json else _for_people(document))
    return 0


def _endings() -> list[str]:
    return [writer.suffixes[0] for writer in WRITERS]


def _import(args: argparse.Namespace) -> dict[str, Any]:
    started, started_cpu = time.perf_counter(), time.process_time()
    reading = measure_reading(args.file, args)
    building = reading.building
    graph = build_graph(building)
    arrived = reached(graph)
    stated = [s for s in building.spaces if s.derived is None]
    walkable = [s for s in stated if s.walkable]
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        write(building, args.out / f"{building.site}.hall.json")
    missed = unreached(graph, building)
    document: dict[str, Any] = {
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
        "unreached": [_unreached(u, building, args.lang) for u in missed if u.space.derived is None],
        "unreached_derived": [_unreached(u, building, args.lang) for u in missed if u.space.derived is not None],
        "warnings": list(building.warnings),
    }
    document["seconds"] = round(time.perf_counter() - started, 3)
    document["cpu_s"] = round(time.process_time() - started_cpu + reading.usage.cpu_s, 3)
    return document


def _unreached(item: Unreached, building: Building, lang: str | None) -> dict[str, Any]:
    numbers = {f.id: f.number for f in building.floors}
    return {
        "id": item.space.id,
        "source_id": item.space.source.value if item.space.source else None,
        "name": text(item.space.name, lang),
        "floor": numbers.get(item.space.floor, key_of(item.space.floor)),
        "reason": text(item.reason, lang or "en"),
    }


def _graph(args: argparse.Namespace) -> dict[str, Any]:
    building = read_building(args.file, args)
    return graph_json(build_graph(building), building, lang=args.lang)


def _check(args: argparse.Namespace) -> dict[str, Any]:
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
            for d in check(read_building(args.file, args))
        ]
    }


def _convert(args: argparse.Namespace) -> dict[str, Any]:
    writer_for(args.out)  # a wrong ending is said before a large file is read
    written = write(read_building(args.file, args), args.out, _writers())
    return {
        "written": str(args.out),
        "kept": written.kept,
        "dropped": [{"what": loss.what, "count": loss.count, "reason": loss.reason} for loss in written.dropped],
    }


def _writers() -> tuple[Writer, ...]:
    """All of them; the Brick writer knows the classes of the catalogue's devices."""
    from iot.catalogue import KINDS

    classes = {name: kind.brick for name, kind in KINDS.items()}
    return tuple(brick.writer(classes) if w is brick.WRITER else w for w in WRITERS)


def _diff(args: argparse.Namespace) -> dict[str, Any]:
    document = difference_json(read_building(args.file, args), read_building(args.other, args), lang=args.lang)
    if document["isomorphic"] is None:
        print("Whether the two have the same rooms and connections could not be decided.", file=sys.stderr)
    return document


def _for_people(document: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {len(value) if isinstance(value, list) else value}" for name, value in document.items())
