"""``halltwin bench login``: a flood of logins at a real hall: what it gets, what it learns, and what it costs others.

The flood comes from many addresses of the loopback network at once, half of it at one account. Meanwhile others use the
hall and log in. Known and unknown names are tried by turns; each account is tried no more often than it lets through.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from services.accounts.model import Limits
from ui.cli.bench.login_flood import WRONG, Asker, Flooded, addresses, flood
from ui.cli.bench.spawn import CHILD_TIMEOUT_S, receive, spawned
from ui.testing import DemoHall, demo_hall

OTHERS = 600
"""Requests of each kind that others make, with the flood and without it."""
SLOWEST_PER_S = 20
"""A flood is answered faster than this."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--attempts", type=int, default=10_000, metavar="N", help="logins of the flood")
    parser.add_argument("--tries", type=int, default=1_000, metavar="N", help="with known names, and with unknown ones")
    parser.add_argument("--others", type=int, default=OTHERS, metavar="N", help="requests of others, of each kind")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    with demo_hall() as hall:
        known = _hire(hall, math.ceil(args.tries / Limits().attempts_max))
        differ = _names(hall, known, args.tries)
        before = _others(hall, args.others)
        with spawned(flood, hall.document["api"], args.attempts, known) as attackers:
            receive(attackers)
            during = _others(hall, args.others)
            attackers.send("over")
            flooded = receive(attackers, within_s=args.attempts / SLOWEST_PER_S + CHILD_TIMEOUT_S)
    metrics = {
        "attempts": args.attempts,
        **_told(flooded),
        **differ,
        **{f"{kind}_ms_p99": round(_p99(took), 2) for kind, took in during.items()},
        **{f"{kind}_times": round(_p99(took) / _p99(before[kind]), 2) for kind, took in during.items()},
    }
    return metrics, {f"{kind}_alone_ms_p99": round(_p99(took), 2) for kind, took in before.items()}, {}


def _hire(hall: DemoHall, count: int) -> list[str]:
    admin, names = hall.as_("admin"), [f"bench{n:04}" for n in range(count)]
    for name in names:
        person = {"user": name, "password": f"{name}-correct-horse-battery", "name": name, "roles": ["clerk"]}
        admin.post("/accounts/users", json=person).raise_for_status()
    return names


def _names(hall: DemoHall, known: list[str], tries: int) -> dict[str, Any]:
    """Milliseconds that a wrong password takes with a name there is, and with one there is not, by turns."""
    per_account, per_address = Limits().attempts_max, Limits().address_attempts_max // 2
    places, took = addresses(1), {"known": [0.0] * 0, "unknown": [0.0] * 0}
    asker = Asker(hall.document["api"], next(places))
    for n in range(tries):
        if n and n % per_address == 0:
            asker.close()
            asker = Asker(hall.document["api"], next(places))
        name = known[n // per_account]
        pair = [("known", name), ("unknown", f"x{name[1:]}")]
        for kind, user in pair if n % 2 else reversed(pair):
            began = time.perf_counter()
            title = asker.log_in(user, WRONG)
            took[kind].append((time.perf_counter() - began) * 1e3)
            if title != "accounts.wrong_login":
                raise AssertionError(f"{kind} name: {title}")
    asker.close()
    medians = {kind: statistics.median(values) for kind, values in took.items()}
    return {
        **{f"{kind}_ms_p50": round(value, 3) for kind, value in medians.items()},
        "names_differ_percent": round(abs(medians["known"] / medians["unknown"] - 1) * 100, 2),
    }


def _others(hall: DemoHall, count: int) -> dict[str, list[float]]:
    """What people wait who have nothing to do with the flood: for a page, and for a login in their own browser."""
    password = {login["user"]: login["password"] for login in hall.document["logins"]}["clerk"]
    asker = Asker(hall.document["api"], "127.0.0.1")
    _patiently(lambda: asker.log_in("clerk", password))
    took: dict[str, list[float]] = {"page": [], "login": []}
    for _ in range(count):
        began = time.perf_counter()
        status, _told = asker.ask("GET", "/queue/windows")
        took["page"].append((time.perf_counter() - began) * 1e3)
        if status != 200:
            raise AssertionError(f"a page of others: {status}")
        asker.forget_login()
        began = time.perf_counter()
        title = asker.log_in("clerk", password)
        took["login"].append((time.perf_counter() - began) * 1e3)
        if title != "in":
            raise AssertionError(f"a login of others: {title}")
    asker.close()
    return took


def _patiently(log_in: Callable[[], str]) -> None:
    """The first login in a browser that nobody knows yet stands in line with all strangers."""
    deadline = time.monotonic() + 60
    while log_in() != "in":
        if time.monotonic() > deadline:
            raise AssertionError("a stranger did not get in within a minute")
        time.sleep(0.2)


def _told(flooded: Flooded) -> dict[str, Any]:
    through: Counter[str] = Counter()
    by_title: Counter[str] = Counter()
    for (user, title), count in flooded.told.items():
        through[user] += count if title == "accounts.wrong_login" else 0
        by_title[title.removeprefix("accounts.")] += count
    return {
        "made": by_title.total(),
        "per_s": round(by_title.total() / flooded.took_s),
        "let_through_per_account_max": max(through.values(), default=0),
        "logged_in": by_title["in"],
        "answers": dict(by_title),
    }


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
