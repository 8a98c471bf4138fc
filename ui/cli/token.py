"""``halltwin token``: programs of third parties get a token to read the hall's data with, and lose it again."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.kernel.actor import make_system
from services.kernel.errors import ServiceError
from services.kernel.vault import SealedVault, load_master_key
from twin.store.database import Database
from ui.launcher.reach import reach_database
from ui.parts import make_accounts
from ui.problems import WrongUsage

DAYS, DAYS_MAX = 365, 1826


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="a new one; it is printed this once")
    add.add_argument("name", metavar="NAME", help="whose it is, and for what")
    add.add_argument("--days", type=int, default=DAYS, help=f"how long it works: 1 to {DAYS_MAX}")
    revoke = actions.add_parser("revoke", help="end one at once")
    revoke.add_argument("id", metavar="ID", help="as it is listed")
    listed = actions.add_parser("list", help="those that work")
    for each in (add, revoke, listed):
        each.add_argument("--data", type=Path, default=Path(".run/demo"), metavar="DIR", help="the hall's directory")
        each.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    with reach_database(args.data, tell=_tell) as settings:
        database = Database(settings.database)
        vault = SealedVault(
            site=settings.site,
            master_key=load_master_key(Path(settings.vault_key), os.urandom),
            random=os.urandom,
        )
        tokens = make_accounts(site=settings.site, database=database, vault=vault, now_ms=_now_ms).tokens
        actor = make_system(settings.site, "token", permissions=frozenset({"tokens.manage"}))
        document: dict[str, Any] = {}
        try:
            if args.action == "add":
                if not 1 <= args.days <= DAYS_MAX:
                    raise WrongUsage(f"--days must be 1 to {DAYS_MAX}")
                made = tokens.create(actor, name=args.name, days=args.days)
                document = {**asdict(made.token), "token": made.secret, "url": settings.url}
            elif args.action == "revoke":
                tokens.revoke(actor, args.id)
            else:
                document = {"tokens": [asdict(t) for t in tokens.list_all(actor)]}
        except ServiceError as error:
            raise WrongUsage(str(error)) from error
        finally:
            database.close()
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
