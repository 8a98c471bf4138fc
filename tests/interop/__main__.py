"""``make interop``: strangers on a hall of ours, and, with PAHO_MQTT_TESTING, Eclipse's suite on our broker.

The last line of stdout is the report; exit 0 only when everybody is well.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.interop.brokers import BROKERS
from tests.interop.runner import STRANGERS, meet
from tests.interop.tools import Tools


def main() -> int:
    parser = argparse.ArgumentParser(prog="make interop", description=__doc__)
    names = [broker.name for broker in BROKERS]
    parser.add_argument("--broker", choices=names, action="append", help="only on this one")
    args = parser.parse_args()
    tools = Tools()
    outcomes = [
        outcome
        for broker in BROKERS
        if not args.broker or broker.name in args.broker
        for outcome in meet(broker(), STRANGERS, tools)
    ]
    report = {"peers": [outcome.to_json() for outcome in outcomes]}
    sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    return 0 if all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
