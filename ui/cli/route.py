"""``halltwin route FILE --from PLACE --to PLACE``: the way, its steps, and what was avoided."""

from __future__ import annotations

import argparse
import json

from building.places import resolve
from ui.cli.reading import add_reading_arguments, read_building
from wayfinding import Router, compile_network, load_profiles, to_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a path, or 'reference' for the shipped hall")
    parser.add_argument(
        "--from", dest="start", required=True, metavar="PLACE", help="OUT, an id, a name, FLOOR@x,y ..."
    )
    parser.add_argument("--to", dest="goal", required=True, metavar="PLACE")
    parser.add_argument("--profile", default="walk", choices=sorted(load_profiles()))
    parser.add_argument("--closed", nargs="*", default=[], metavar="ID", help="doors, links or spaces that are shut")
    parser.add_argument("--lang", choices=("zh", "en"), default=None)
    parser.add_argument("--json", action="store_true")
    add_reading_arguments(parser)


def run(args: argparse.Namespace) -> int:
    building = read_building(args.file, args)
    start, goal = resolve(building, args.start), resolve(building, args.goal)
    closed = frozenset(resolve_closed(building_ids={e.id: e.id for e in building.entities()}, words=args.closed))
    router = Router(compile_network(building))
    route = router.route(start, goal, profile=load_profiles()[args.profile], closed=closed)
    document = to_json(route, lang=args.lang)
    if args.json:
        print(json.dumps(document, ensure_ascii=False))
        return 0
    for step in to_json(route, lang=args.lang or "zh")["steps"]:
        print(step["text"])
    return 0


def resolve_closed(*, building_ids: dict[str, str], words: list[str]) -> list[str]:
    """Ids may be given whole or by their key alone."""
    from building.errors import UnknownPlace

    by_key: dict[str, list[str]] = {}
    for entity_id in building_ids:
        by_key.setdefault(entity_id.split(":", 2)[-1], []).append(entity_id)
    found: list[str] = []
    for word in words:
        ids = [word] if word in building_ids else by_key.get(word, [])
        if not ids:
            raise UnknownPlace(f"nothing is called {word!r} that could be closed", query=word)
        found += ids
    return found
