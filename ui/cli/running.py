"""What ``demo``, ``open`` and ``up`` share: run a hall, tell its progress, print its one line."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from building.model import Building
from ui.cli.reading import progress_bar
from ui.launcher.launcher import DemoOptions, Launcher
from ui.reading import read_safely
from ui.settings import Settings

DEMO_SESSIONS_MAX = 1_000


def add_running_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of ``demo`` and ``open``."""
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready, progress on stderr")
    parser.add_argument("--port", type=int, default=8080, help="0 takes any free port")
    parser.add_argument("--data", type=Path, default=None, metavar="DIR", help="where all data are kept")
    parser.add_argument("--seed", type=int, default=None, help="the same passwords and the same day again")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster the simulated day runs")
    parser.add_argument("--no-visitors", action="store_true", help="devices only")
    parser.add_argument("--no-devices", action="store_true", help="no simulators at all: connect devices of your own")
    parser.add_argument("--scenario", default="normal")


def demo_options(args: argparse.Namespace) -> DemoOptions:
    return DemoOptions(
        seed=args.seed,
        speed=args.speed,
        devices=not args.no_devices,
        visitors=not args.no_visitors,
        scenario=args.scenario,
    )


def run_hall(
    settings: Settings, *, building_file: str, demo: DemoOptions | None, as_json: bool, cache: Path | None = None
) -> int:
    """Runs until a signal; 0 when it was stopped cleanly."""

    def read(stop: threading.Event) -> Building:
        with progress_bar() as listener:
            return read_safely(building_file, cache=cache, on_progress=listener, stop=stop)

    launcher = Launcher(
        settings if demo is None else _shared(settings), demo=demo, tell=_tell, building_file=building_file, read=read
    )
    launcher.run(lambda document: announce(document, as_json=as_json))
    return 0


def _shared(settings: Settings) -> Settings:
    """A demo's logins are printed and used by whoever looks at it, many at a time: of the second factors that a house
    asks of all its staff it keeps those of the three administrators.
    """
    return replace(settings, second_factor="administrators", sessions_max=DEMO_SESSIONS_MAX)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def announce(document: dict[str, Any], *, as_json: bool) -> None:
    """One line of JSON for a script, or the addresses for a person."""
    if as_json:
        print(json.dumps(document, ensure_ascii=False), flush=True)
        return
    url = document["url"]
    print(f"\n  {url}/ops/    三维总览 3D view          {url}/go/     手机 phone")
    print(f"  {url}/alert/  告警台 alert console      {url}/kiosk/  自助终端 kiosk")
    print(f"  {url}/desk/   窗口 desk                 {url}/wall/   大屏 wall")
    print(f"  {url}/admin/  管理 administration\n")
    for login in document.get("logins", ()):
        code = f"  + halltwin code {login['totp']}" if login["totp"] else ""
        print(f"  {login['user']:14} {login['password']}{code}")
    if any(login["totp"] for login in document.get("logins", ())):
        print("\n  管理员登录另需动态码，每个只用一次  Administrators show a one-time code too, each works once.")
        print("  其他人在演示中只用密码，正式大厅须两重  Others need the password only in a demo, in a real hall both.")
    print("\n  Ctrl-C stops everything.", flush=True)
