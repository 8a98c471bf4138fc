"""``halltwin enrol``: devices of a running hall are let in, given a new password or let go; it counts at once."""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iot.catalogue import load_kinds
from services.kernel.errors import Unavailable
from twin.enrolment import Defect, Enrolled, Enrolment, Wish
from twin.errors import NotFound, Refused
from twin.lobby import Guests
from twin.registry import Registry
from twin.store.database import Database
from ui.admitting import Keeper, door_of
from ui.device_table import UnreadableTable, read_table
from ui.launcher.datadir import DataDirectory
from ui.problems import BadTable, NeedsAttention, WrongUsage
from ui.run_settings import RunSettings, read_run_settings

ACTOR = "system:enrol"
_CREDENTIAL_COLUMNS = ("id", "kind", "user", "password", "broker", "via")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help="the device's key, or its whole id")
    parser.add_argument("--kind", help="what it is: see halltwin kinds")
    parser.add_argument("--gateway", action="store_true", help="it may speak for others: see --grant")
    parser.add_argument("--grant", nargs="+", default=[], metavar="DEVICE", help="devices that ID may speak for too")
    parser.add_argument("--revoke-grant", nargs="+", default=[], metavar="DEVICE", help="ID speaks for them no more")
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
        with _running_hall(args.data) as hall:
            document = _choose(hall, args)
    print(json.dumps(document, ensure_ascii=False))
    return 0


class _Hall:
    """A running hall from outside its processes: its registry, and its launcher that keeps the broker's files."""

    def __init__(self, settings: RunSettings, launcher: int) -> None:
        self.site = settings.site
        self.door = door_of(settings)
        self.database = Database(settings.database)
        self.registry = Registry(site=settings.site, database=self.database, now_ms=_now_ms)
        self.registry.load()
        self.enrolment = Enrolment(
            registry=self.registry,
            database=self.database,
            kinds=load_kinds(Path(settings.kinds) if settings.kinds else None),
            random=os.urandom,
        )
        self.guests = Guests(
            site=settings.site, database=self.database, enrolment=self.enrolment, now_ms=_now_ms, random=os.urandom
        )
        self._keeper = Keeper(
            door=self.door,
            registry=self.registry,
            database=self.database,
            tell=lambda: os.kill(launcher, signal.SIGUSR1),
        )

    def take_over(self, made: Sequence[Enrolled] = ()) -> None:
        """Until our broker goes by it. A broker of somebody else's is told by its owner."""
        try:
            ours = self._keeper.take_over()
        except Unavailable as error:
            raise NeedsAttention(
                what="the hall did not take it over",
                where=str(self.door.folder),
                todo="Look at what the hall said last; after a restart of it the change counts.",
            ) from error
        for one in made:
            if not ours and one.hashed:
                print(
                    f"The broker is not ours: add this line to its password file: {one.key}:{one.hashed}",
                    file=sys.stderr,
                )


@contextmanager
def _running_hall(data: Path) -> Iterator[_Hall]:
    launcher, run_file = DataDirectory.find_holder(data), data / "run.json"
    if launcher is None or not run_file.exists():
        raise NeedsAttention(
            what="no hall runs from this directory",
            where=str(data),
            todo="Start one (halltwin demo --data DIR), or name the directory of the one that runs with --data DIR.",
        )
    hall = _Hall(read_run_settings(run_file), launcher)
    try:
        yield hall
    except (Refused, NotFound) as error:
        raise WrongUsage(str(error)) from error
    finally:
        hall.database.close()


def _choose(hall: _Hall, args: argparse.Namespace) -> Any:
    if args.invite:
        return _invite(hall, args)
    if args.table:
        return _enrol_table(hall, args)
    if not args.id:
        raise WrongUsage("give the device's ID and its --kind, or --from FILE, --invite N or --simulators")
    key = str(args.id).removeprefix(f"{hall.site}:device:")
    if args.revoke:
        hall.registry.revoke_credential(key, actor=ACTOR, why=args.why or "revoked")
        hall.take_over()
        return {"user": key, "revoked": True}
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


def _enrol_one(hall: _Hall, wish: Wish, *, why: str) -> list[Enrolled]:
    if defects := hall.enrolment.list_defects([wish], again=True):
        raise WrongUsage("; ".join(d.what["en"] for d in defects))
    return hall.enrolment.enrol([wish], actor=ACTOR, why=why or "enrolled", again=True)


def _enrol_table(hall: _Hall, args: argparse.Namespace) -> dict[str, Any]:
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


def _invite(hall: _Hall, args: argparse.Namespace) -> dict[str, Any]:
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


def _credential(hall: _Hall, one: Enrolled, *, qr: bool) -> dict[str, str]:
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


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
