"""``halltwin lobby``: who waits to be let in, with a code or unasked; a person approves or dismisses."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from iot.broker.credentials import GUEST
from twin.approval import Approval
from twin.enrolment import Wish
from ui.admitting import list_guests
from ui.cli.bindings import read_points
from ui.cli.outside import ACTOR, OutsideHall, running_hall
from ui.problems import WrongUsage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "approve", "dismiss"), default="list")
    parser.add_argument("id", nargs="?", metavar="ID", help="as listed")
    parser.add_argument("--as", dest="key", metavar="DEVICE", help="with approve: which device it is")
    parser.add_argument("--kind", help="with approve: what it is, where it is new; see halltwin kinds")
    parser.add_argument(
        "--point", nargs="+", default=[], metavar="THEIRS=OURS", help="names that differ, if it is bound"
    )
    parser.add_argument("--why", default="", help="stands in the audit")
    parser.add_argument("--data", type=Path, default=Path(".run/demo"), metavar="DIR", help="the hall's directory")
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    if (args.action == "list") != (args.id is None):
        raise WrongUsage(f"give the ID with {args.action}" if args.id is None else "list takes no ID")
    with running_hall(args.data) as hall:
        if args.action == "list":
            document = _list(hall)
        elif args.action == "approve":
            document = _approve(hall, args)
        else:
            document = _dismiss(hall, args)
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _list(hall: OutsideHall) -> dict[str, Any]:
    """What appeared unasked is up to two seconds old here."""
    return {
        "lobby": hall.door.lobby_url or None,
        "guests": [{**asdict(guest), "unasked": guest.unasked} for guest in list_guests(hall.guests, hall.door)],
        "waiting": [
            {"id": one.unasked.id, **asdict(one.unasked), "first_ms": one.first_ms, "last_ms": one.last_ms,
             "times": one.times}
            for one in hall.registry.unasked.list_waiting()
        ],
    }  # fmt: skip


def _approve(hall: OutsideHall, args: argparse.Namespace) -> dict[str, Any]:
    """A guest hears its credential, which nobody else sees, when it knocks next."""
    if not args.id.startswith(GUEST):
        approval = Approval(registry=hall.registry, enrolment=hall.enrolment)
        device = approval.approve(
            args.id, key=args.key, kind=args.kind, name=None, points=read_points(args.point), actor=ACTOR, why=args.why
        )
        hall.take_over()
        return {"id": args.id, "device": device}
    if args.key is None:
        raise WrongUsage("say which device it is: --as DEVICE")
    hall.guests.approve(args.id, Wish(row=1, key=args.key, kind=args.kind), actor=ACTOR, why=args.why)
    hall.take_over()
    return {"id": args.id, "device": args.key, "credential": "told to the device when it knocks next"}


def _dismiss(hall: OutsideHall, args: argparse.Namespace) -> dict[str, Any]:
    why = args.why or "dismissed"
    if args.id.startswith(GUEST):
        hall.guests.dismiss(args.id, actor=ACTOR, why=why)
        hall.take_over()
    else:
        hall.registry.unasked.dismiss(args.id, actor=ACTOR, why=why)
    return {"id": args.id, "dismissed": True}
