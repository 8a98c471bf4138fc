"""``halltwin enrol``: devices of a running hall are let in, given a new password or let go; it counts at once."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twin.enrolment import Defect, Enrolled, Wish
from ui.cli.bindings import bind, list_bindings
from ui.cli.outside import ACTOR, OutsideHall, running_hall
from ui.device_table import UnreadableTable, read_table
from ui.problems import BadTable, NeedsAttention, WrongUsage

_CREDENTIAL_COLUMNS = ("id", "kind", "user", "password", "broker", "via")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help="the device's key, or its whole id")
    parser.add_argument("--kind", help="what it is: see halltwin kinds")
    parser.add_argument("--gateway", action="store_true", help="it may speak for others: see --grant")
    parser.add_argument("--grant", nargs="+", default=[], metavar="DEVICE", help="devices that ID may speak for too")
    parser.add_argument("--revoke-grant", nargs="+", default=[], metavar="DEVICE", help="ID speaks for them no more")
    parser.add_argument("--bind", nargs=2, metavar=("CONVENTION", "ADDRESS"), help="ID is heard under this address")
    parser.add_argument("--point", nargs="+", default=[], metavar="THEIRS=OURS", help="with --bind: names that differ")
    parser.add_argument("--unbind", metavar="CONVENTION", help="what comes from its address is ID's no more")
    parser.add_argument("--bindings", action="store_true", help="list the foreign addresses, all or ID's")
    parser.add_argument("--rotate", action="store_true", help="a new password for ID; the old one ends at once")
    parser.add_argument("--revoke", action="store_true", help="ID may connect no more, and is cut off at once")
    parser.add_argument("--from", dest="table", type=Path, metavar="FILE", help="many: .xlsx or .csv (id, kind, ...)")
    parser.add_argument("--skip-bad", action="store_true", help="with --from: let in those that can be")
    parser.add_argument("--out", type=Path, metavar="FILE", help="with --from: where passwords go (CSV, yours only)")
    parser.add_argument("--invite", type=int, metavar="N", help="N codes with which an unknown device may knock")
    parser.add_argument("--valid-s", type=int, default=3600, metavar="S", help="with --invite: how long")
    parser.add_argument("--why", default="", help="stands in the audit")
    parser.add_argument("--qr", action="store_true", help="show what a technician needs as a QR code, on stderr")
    parser.add_argument("--simulators", action="store_true", help="print all credentials made for the simulators")
    parser.add_argument("--data", type=Path, default=Path(".run/demo"), metavar="DIR", help="the hall's directory")
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    if args.simulators:
        document = _simulators(args.data)
    else:
        with running_hall(args.data) as hall:
            document = _choose(hall, args)
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _choose(hall: OutsideHall, args: argparse.Namespace) -> Any:
    if args.invite:
        return _invite(hall, args)
    if args.table:
        return _enrol_table(hall, args)
    if args.bindings and not args.id:
        return list_bindings(hall)
    if not args.id:
        raise WrongUsage("give the device's ID and its --kind, or --from FILE, --invite N or --simulators")
    return _of_one(hall, str(args.id).removeprefix(f"{hall.site}:device:"), args)


def _of_one(hall: OutsideHall, key: str, args: argparse.Namespace) -> Any:
    if args.revoke:
        hall.registry.revoke_credential(key, actor=ACTOR, why=args.why or "revoked")
        hall.take_over()
        return {"user": key, "revoked": True}
    if args.bind or args.unbind or args.bindings:
        return bind(hall, key, args)
    if args.revoke_grant:
        for device in args.revoke_grant:
            hall.registry.revoke_grant(key, device, actor=ACTOR, why=args.why or "revoked")
        hall.take_over()
        return {"gateway": key, "grants": list(hall.registry.grants().get(key, ()))}
    if args.rotate:
        made = hall.enrolment.rotate([key], actor=ACTOR, why=args.why or "rotated")
    elif (args.gateway or args.grant) and args.kind is None and hall.registry.is_enrolled(key):
        made = []
    else:
        made = _enrol_one(hall, Wish(row=1, key=key, kind=args.kind), why=args.why)
    if args.grant:
        hall.registry.grant(key, args.grant, actor=ACTOR, why=args.why or "granted")
    hall.take_over(made)
    document = _credential(hall, made[0], qr=args.qr) if made else {"user": key}
    return {**document, "grants": list(hall.registry.grants().get(key, ()))} if args.gateway or args.grant else document


def _enrol_one(hall: OutsideHall, wish: Wish, *, why: str) -> list[Enrolled]:
    if defects := hall.enrolment.list_defects([wish], again=True):
        raise WrongUsage("; ".join(d.what["en"] for d in defects))
    return hall.enrolment.enrol([wish], actor=ACTOR, why=why or "enrolled", again=True)


def _enrol_table(hall: OutsideHall, args: argparse.Namespace) -> dict[str, Any]:
    try:
        wishes = read_table(args.table)
    except UnreadableTable as error:
        raise WrongUsage(str(error)) from error
    defects = hall.enrolment.list_defects(wishes)
    if defects and not args.skip_bad:
        raise BadTable(str(args.table), [_plain(d) for d in defects])
    bad = {d.row for d in defects}
    good = [wish for wish in wishes if wish.row not in bad]
    out = args.out or args.table.with_suffix(".credentials.csv")
    with _private(out) as descriptor, os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        made = hall.enrolment.enrol(good, actor=ACTOR, why=args.why or f"enrolled from {args.table.name}")
        writer = csv.writer(file)
        writer.writerow(_CREDENTIAL_COLUMNS)
        for one in made:
            writer.writerow([one.key, one.kind, one.key, one.password or "", hall.door.url, one.via or ""])
    hall.take_over(made)
    return {"enrolled": len(made), "skipped": [_plain(d) for d in defects], "credentials": str(out)}


def _invite(hall: OutsideHall, args: argparse.Namespace) -> dict[str, Any]:
    made = hall.guests.invite(count=args.invite, valid_s=args.valid_s, note=args.why, actor=ACTOR)
    hall.take_over()
    if args.qr:
        for one in made:
            _show_qr(hall.door.card(one.user, one.password))
    codes = [{"user": one.user, "password": one.password, "expires_ms": one.expires_ms} for one in made]
    return {"broker": hall.door.url, "invitations": codes}


def _simulators(data: Path) -> Any:
    path = data / "simulators.json"
    if not path.exists():
        raise NeedsAttention(
            what="no simulators were enrolled here", where=str(path), todo="Start one: halltwin demo --data DIR"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _credential(hall: OutsideHall, one: Enrolled, *, qr: bool) -> dict[str, str]:
    password = one.password or ""
    if qr:
        _show_qr(hall.door.card(one.key, password))
    document = {"client_id": one.key, "user": one.key, "password": password, "broker": hall.door.url}
    trusted = hall.door.fingerprint()
    return {**document, "ca_sha256": trusted, "ca": str(hall.door.authority)} if trusted else document


def _show_qr(text: str) -> None:
    import segno

    segno.make_qr(text, error="m").terminal(out=sys.stderr, compact=True)


def _plain(defect: Defect) -> dict[str, Any]:
    return {"row": defect.row, "id": defect.key, "text": dict(defect.what)}


@contextmanager
def _private(path: Path) -> Iterator[int]:
    """A new file for its owner only, made before anything is changed; gone again where nothing was."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise WrongUsage(f"the passwords cannot be written to {path} ({error.strerror}): name another --out") from error
    try:
        yield descriptor
    except BaseException:
        path.unlink(missing_ok=True)
        raise
