"""``halltwin enrol ID --kind KIND``: a device of a running hall gets a credential, which counts at once."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from iot.broker.credentials import hash_password, new_password, new_salt
from iot.catalogue import load_kinds
from iot.codecs.native import is_device_key
from twin.registry import Registry
from twin.store.database import Database
from ui.launcher.datadir import DataDirectory
from ui.problems import NeedsAttention, WrongUsage
from ui.run_settings import RunSettings, read_run_settings

ACTOR = "system:enrol"
TAKEN_OVER_TIMEOUT_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help="the device's key, or its whole id")
    parser.add_argument("--kind", help="what it is: see halltwin kinds")
    parser.add_argument("--simulators", action="store_true", help="print all credentials made for the simulators")
    parser.add_argument("--data", type=Path, default=Path(".run/demo"), metavar="DIR", help="the hall's directory")
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    document = _simulators(args.data) if args.simulators else _enrol(args)
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _simulators(data: Path) -> Any:
    path = data / "simulators.json"
    if not path.exists():
        raise NeedsAttention(
            what="no simulators were enrolled here", where=str(path), todo="Start one: halltwin demo --data DIR"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _enrol(args: argparse.Namespace) -> dict[str, str]:
    if not args.id or not args.kind:
        raise WrongUsage("give the device's ID and its --kind, or --simulators")
    launcher, settings = _running_hall(args.data)
    key = _key(args.id, settings.site)
    kinds = load_kinds(Path(settings.kinds) if settings.kinds else None)
    if args.kind not in kinds:
        raise WrongUsage(f"there is no kind {args.kind}; there are: {', '.join(sorted(kinds))}")
    password = new_password(os.urandom)
    hashed = hash_password(password, new_salt(os.urandom))
    database = Database(settings.database)
    try:
        _register(settings.site, database, key=key, kind=args.kind, hashed=hashed)
    finally:
        database.close()
    os.kill(launcher, signal.SIGUSR1)
    _await_broker(args.data / "broker" / "passwords", f"{key}:{hashed}")
    scheme = "mqtts" if settings.broker.tls else "mqtt"
    broker = f"{scheme}://{settings.broker.host}:{settings.broker.port}"
    return {"client_id": key, "user": key, "password": password, "broker": broker}


def _running_hall(data: Path) -> tuple[int, RunSettings]:
    launcher, run_file = DataDirectory.find_holder(data), data / "run.json"
    if launcher is None or not run_file.exists():
        raise NeedsAttention(
            what="no hall runs from this directory",
            where=str(data),
            todo="Start one (halltwin demo --data DIR), or name the directory of the one that runs with --data DIR.",
        )
    return launcher, read_run_settings(run_file)


def _key(word: str, site: str) -> str:
    key = word.removeprefix(f"{site}:device:")
    if not is_device_key(key):
        raise WrongUsage(
            f"{word!r} cannot be a device of {site}: use letters, digits, dots, dashes and underscores, 64 at most"
        )
    return key


def _register(site: str, database: Database, *, key: str, kind: str, hashed: str) -> None:
    registry = Registry(site=site, database=database, now_ms=lambda: time.time_ns() // 1_000_000)
    registry.load()
    known = registry.find_device(key)
    if known is None:
        registry.add(key, kind, actor=ACTOR, why="enrolled")
    elif known.kind != kind:
        raise WrongUsage(f"{key} is a {known.kind} of this building, not a {kind}: give --kind {known.kind}")
    registry.set_credential(key, hashed, actor=ACTOR)


def _await_broker(passwords: Path, line: str) -> None:
    """Until our broker's password file has the line. A broker of somebody else's is told by its owner."""
    if not passwords.exists():
        print(f"The broker is not ours: add this line to its password file: {line}", file=sys.stderr)
        return
    deadline = time.monotonic() + TAKEN_OVER_TIMEOUT_S
    while line not in passwords.read_text(encoding="utf-8").splitlines():
        if time.monotonic() > deadline:
            raise NeedsAttention(
                what="the hall did not take the new credential over",
                where=str(passwords),
                todo="Look at what the hall said last; after a restart of it the credential counts.",
            )
        time.sleep(0.05)
