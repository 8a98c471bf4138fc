"""``halltwin backup``: a hall's database, building and secrets as one folder, while it runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from ui.backups import make_backup, now_ms, summary

GIVE_WAY = 10
"""A backup is never in a hurry; the hall is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=Path, metavar="DIR", help="where it goes: a new folder, or an empty one")
    parser.add_argument("--no-secrets", action="store_true", help="leave out the keys and passwords of the data folder")
    parser.add_argument("--data", type=Path, default=Path(".run/demo"), metavar="DIR", help="the hall's directory")
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    os.nice(GIVE_WAY)
    os.umask(0o077)  # also what is no secret by itself: names, times, hashes of passwords
    began_s = time.monotonic()
    manifest = make_backup(args.data, args.target, secrets=not args.no_secrets, now_ms=now_ms(), tell=_tell)
    document = {"backup": str(args.target.resolve()), **summary(manifest, seconds=time.monotonic() - began_s)}
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
