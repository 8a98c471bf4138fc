"""``make interop``: strangers on a hall of ours, and, with PAHO_MQTT_TESTING, Eclipse's suite on our broker.

The last line of stdout is the report; exit 0 only when everybody is well and the suite shows nothing new.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.interop.brokers import BROKERS
from tests.interop.eclipse import run_suite
from tests.interop.runner import STRANGERS, meet, tell
from tests.interop.tools import NotLive, Tools

CHECKOUT = "PAHO_MQTT_TESTING"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make interop", description=__doc__)
    names = [broker.name for broker in BROKERS]
    parser.add_argument("--broker", choices=[*names, "none"], action="append", help="strangers only on this one")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nobody is left behind
    tools = Tools()
    outcomes = [
        outcome
        for broker in BROKERS
        if not args.broker or broker.name in args.broker
        for outcome in meet(broker(), STRANGERS, tools)
    ]
    report: dict[str, Any] = {"peers": [outcome.to_json() for outcome in outcomes]}
    well = all(outcome.ok for outcome in outcomes)
    if checkout := os.environ.get(CHECKOUT):
        report["suite"] = _suite(Path(checkout))
        well = well and not report["suite"]["failed"] and not report["suite"]["reason"]
    sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    return 0 if well else 1


def _suite(checkout: Path) -> dict[str, Any]:
    """``failed``: the cases that did, beside those Debian's mosquitto is known to fail."""
    cases, reason = [], None
    try:
        for case in run_suite(checkout):
            cases.append(case)
            word = "ok" if case.ok else f"known: {case.known}" if case.known else f"FAILED: {case.detail}"
            tell(f"suite: {case.file} {case.name} ({case.seconds:g} s): {word}")
    except NotLive as error:
        reason = str(error)
        tell(f"suite: {reason}")
    failed = [f"{case.file} {case.name}" for case in cases if not case.ok and not case.known]
    return {"cases": [case.to_json() for case in cases], "failed": failed, "reason": reason}


if __name__ == "__main__":
    sys.exit(main())
