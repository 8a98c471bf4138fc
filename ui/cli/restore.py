"""``halltwin restore``: a backup into an empty place, compared with what was backed up; or only looked at."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from twin.store.backup.manifest import check_files, read_manifest
from ui.backups import restore_backup, summary
from ui.problems import WrongUsage
from ui.transport import find_clear_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="DIR", help="the folder that `halltwin backup` made")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the hall's new directory: new, or empty")
    parser.add_argument("--database", metavar="URL", help="an empty database of your own server (PostgreSQL 16 to 18)")
    parser.add_argument("--clear-text", action="store_true", help="the way to that server is protected without TLS")
    parser.add_argument(
        "--no-secrets", action="store_true", help="leave the backup's keys and passwords where they are"
    )
    parser.add_argument(
        "--erasures", type=Path, metavar="FILE", help="the old hall's erased.journal, where it is not found by itself"
    )
    parser.add_argument("--check", action="store_true", help="only see whether every file is as it was written")
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    began_s = time.monotonic()
    if args.check:
        manifest = read_manifest(args.source)
        check_files(args.source, manifest)
        document = summary(manifest, seconds=time.monotonic() - began_s)
    elif args.data is None:
        raise WrongUsage("--data DIR: where the restored hall is to live (or --check, only to look)")
    elif defect := None if args.clear_text else find_clear_database(args.database or "", unless="--clear-text"):
        raise WrongUsage(defect)
    else:
        if args.erasures is not None and not args.erasures.is_file():
            raise WrongUsage(f"--erasures FILE: there is no {args.erasures}")
        done = restore_backup(
            args.source,
            args.data,
            database=args.database,
            secrets=not args.no_secrets,
            tell=_tell,
            erasures=args.erasures,
        )
        document = {
            "data": str(args.data.resolve()),
            "own_database": args.database is None,
            **summary(done.manifest, seconds=time.monotonic() - began_s),
            "content": done.content,
            "todo": list(done.todo),
        }
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
