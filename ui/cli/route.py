"""``halltwin route FILE --from PLACE [--via PLACE ...] --to PLACE``: the way, its steps, and what was avoided."""

from __future__ import annotations

import argparse
import json

from building.categories import list_category
from building.places import resolve
from ui.cli.reading import add_reading_arguments, read_building
from wayfinding import Router, compile_network, load_profiles, to_json
from wayfinding.conditions import Conditions
from wayfinding.nearest import find_nearest
from wayfinding.tour import find_tour


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a path, or 'reference' for the shipped hall")
    parser.add_argument(
        "--from", dest="start", required=True, metavar="PLACE", help="OUT, an id, a name, FLOOR@x,y ..."
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", dest="goal", metavar="PLACE")
    where.add_argument("--nearest", metavar="CATEGORY", help="the nearest of a kind: toilet, 饮水处, lift ...")
    parser.add_argument("--via", nargs="+", default=[], metavar="PLACE", help="stops, visited in the best order")
    parser.add_argument("--profile", default="walk", choices=sorted(load_profiles()))
    parser.add_argument("--closed", nargs="*", default=[], metavar="ID", help="doors, links or spaces that are shut")
    parser.add_argument("--lang", choices=("zh", "en"), default=None)
    parser.add_argument("--json", action="store_true")
    add_reading_arguments(parser)


def run(args: argparse.Namespace) -> int:
    building = read_building(args.file, args)
    start = resolve(building, args.start)
    now = Conditions(
        closed=frozenset(resolve_closed(building_ids={e.id: e.id for e in building.entities()}, words=args.closed))
    )
    router, profile = Router(compile_network(building)), load_profiles()[args.profile]
    goal = None if args.goal is None else resolve(building, args.goal)
    if goal is None:
        goals = list_category(building, args.nearest)
        goal = find_nearest(router, start, goals, profile=profile, now=now).ranked[0].goal
    if args.via:
        stops = [resolve(building, word) for word in args.via]
        tour = find_tour(router, start, stops, end=goal, best_order=True, profile=profile, now=now)
        legs = [to_json(leg, lang=args.lang) for leg in tour.legs]
        document = {
            "distance_m": round(tour.distance_m, 2), "duration_s": round(tour.duration_s, 1), "profile": profile.id,
            "order": [stops[n].id for n in tour.order], "legs": legs,
        }  # fmt: skip
        told = tour.legs
    else:
        route = now.route(router, start, goal, profile)
        document, told = to_json(route, lang=args.lang), (route,)
    if args.json:
        print(json.dumps(document, ensure_ascii=False))
        return 0
    for one in told:
        for step in to_json(one, lang=args.lang or "zh")["steps"]:
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
