"""``halltwin audit``: write audit lines into a file that proves itself, and find out whether lines are as written."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from twin.store import audit
from twin.store.audit_export import export, verify_export
from twin.store.audit_heads import KEY, HeadFiles, read_key
from twin.store.audit_tree import public_of
from twin.store.audit_verify import Verdict, verify_database
from twin.store.database import Database
from ui.auditing import AUDIT_HOME, COMMAND, EXPORTED, VERIFIED, found_of
from ui.cli.export import millis
from ui.launcher.reach import reach_database
from ui.problems import WrongUsage

BAD = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    out = actions.add_parser("export", help="lines, signed heads and the public key as one file of JSON lines")
    out.add_argument("target", type=Path, metavar="FILE", help="a file, or a folder to put it in")
    out.add_argument("--from", dest="since", metavar="TIME", help="2026-11-22, 2026-11-22T09:00+08:00 or ms")
    out.add_argument("--to", dest="until", metavar="TIME", help="the same; lines before it")
    verify = actions.add_parser("verify", help="of the hall's database, or of an export, which needs no hall")
    verify.add_argument("file", type=Path, nargs="?", metavar="FILE", help="an export; without it the database")
    verify.add_argument("--key", metavar="HEX", help="the hall's public key, where you know it from elsewhere")
    for each in (out, verify):
        each.add_argument("--data", type=Path, default=Path(".run/demo"), metavar="DIR", help="the hall's directory")
        each.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    before = os.umask(0o077)
    try:
        return _run(args)
    finally:
        os.umask(before)


def _run(args: argparse.Namespace) -> int:
    if args.action == "export":
        print(json.dumps(_export(args)))
        return 0
    trusted = _key(args.key) if args.key else None
    if args.file is not None:
        verdict = verify_export(args.file, trusted=trusted, now_ms=_now_ms)
    else:
        verdict = _verify_database(args.data, trusted)
    print(json.dumps(verdict.to_json(), ensure_ascii=False))
    return 0 if verdict.ok else BAD


def _export(args: argparse.Namespace) -> dict[str, Any]:
    since_ms, until_ms = (millis(word) if word else None for word in (args.since, args.until))
    if since_ms is not None and until_ms is not None and since_ms >= until_ms:
        raise WrongUsage("--from must be before --to")
    with reach_database(args.data, tell=_tell) as settings:
        path: Path = args.target
        if path.is_dir() or not path.suffix:
            path /= f"{settings.site}-audit-{_now_ms()}.jsonl"
        database = Database(settings.database)
        try:
            written = export(database, path, since_ms=since_ms, until_ms=until_ms)
            _record(database, settings.site, EXPORTED, {"lines": written.lines, "from": since_ms, "to": until_ms})
        finally:
            database.close()
    return {
        "file": str(path), "lines": written.lines, "bytes": written.bytes, "head": written.head.to_json(),
        "key": written.head.key.hex(),
    }  # fmt: skip


def _verify_database(data: Path, trusted: bytes | None) -> Verdict:
    with reach_database(data, tell=_tell) as settings:
        home = Path(settings.vault_key).parent / AUDIT_HOME
        if trusted is None and (home / KEY).exists():
            trusted = public_of(read_key(home))
        database = Database(settings.database)
        try:
            verdict = verify_database(database, files=HeadFiles(home), trusted=trusted, now_ms=_now_ms)
            if verdict is None:
                raise RuntimeError("nobody asked it to end")
            _record(database, settings.site, VERIFIED, found_of(verdict))
        finally:
            database.close()
    return verdict


def _record(database: Database, site: str, action: str, after: dict[str, Any]) -> None:
    """On record like everything else that is done with the audit; a hall that runs hears of what was found."""
    with database.transaction() as conn:
        audit.append(
            conn, site=site, actor=COMMAND, action=action, target="audit", before=None, after=after, why="",
            at_ms=_now_ms(),
        )  # fmt: skip


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise WrongUsage("--key must be the 64 hexadecimal digits that `halltwin audit export` told")
    return key


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
