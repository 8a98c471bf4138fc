"""``halltwin ca``: the hall's own certificate authority, made once, and the certificates it issues."""

from __future__ import annotations

import argparse
import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iot.broker.authority import SERVER, Authority, Issued
from iot.errors import AuthorityRefused
from ui.launcher.broker import AUTHORITY
from ui.launcher.datadir import DataDirectory
from ui.problems import WrongUsage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="make the authority")
    init.add_argument("--renew", action="store_true", help="a new one in its place; the old one vouches for it")
    issue = actions.add_parser("issue", help="issue a certificate")
    issue.add_argument("name", metavar="NAME", help=f"a device's key, or {SERVER!r} with --host")
    issue.add_argument("--host", nargs="+", default=[], help="a server's: host names and addresses it answers at")
    show = actions.add_parser("show", help="what devices must trust")
    for each in (init, issue, show):
        each.add_argument("--data", type=Path, default=Path(".run/hall"), metavar="DIR", help="the hall's directory")
        each.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    authority, now = Authority(args.data / AUTHORITY), datetime.now(UTC)
    document: dict[str, Any] = {}
    try:
        if args.action == "init":
            authority.create(site=args.data.resolve().name, now=now, renew=args.renew)
        elif args.action == "issue":
            issued = (
                authority.issue_server(args.host, now=now, name=args.name)
                if args.host
                else authority.issue_client(args.name, now=now)
            )
            document = _issued(issued)
        document |= {"ca": str(authority.certificate), "ca_sha256": authority.fingerprint()}
    except AuthorityRefused as error:
        raise WrongUsage(str(error)) from error
    if args.action != "show":
        _tell(args.data)
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _issued(issued: Issued) -> dict[str, Any]:
    """Where the files lie; a key is never printed."""
    return {
        "certificate": str(issued.certificate),
        "key": str(issued.key),
        "expires": issued.expires.isoformat(),
    }


def _tell(data: Path) -> None:
    """A hall that runs from there shows its new certificate at once."""
    launcher = DataDirectory.find_holder(data)
    if launcher is not None:
        os.kill(launcher, signal.SIGUSR1)
