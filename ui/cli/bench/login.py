"""``halltwin bench login``: a flood of logins at a real hall: what it gets, what it learns, and what it costs others.

The flood comes from many addresses of the loopback network at once, half of it at one account. Meanwhile others use the
hall and log in. Known and unknown names are tried by turns; each account is tried no more often than it lets through.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from services.accounts.model import Limits
from ui.testing import DemoHall, demo_hall

ATTACKERS = 16
OTHERS = 200
"""Requests of each kind that others make, with the flood and without it."""
WRONG = "certainly not the password"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--attempts", type=int, default=10_000, metavar="N", help="logins of the flood")
    parser.add_argument("--tries", type=int, default=1_000, metavar="N", help="with known names, and with unknown ones")
    parser.add_argument("--others", type=int, default=OTHERS, metavar="N", help="requests of others, of each kind")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    with demo_hall() as hall:
        known = _hire(hall, math.ceil(args.tries / Limits().attempts_max))
        differ = _names(hall, known, args.tries)
        before = _others(hall, args.others)
        flood = _Flood(hall, args.attempts, known)
        with flood:
            during = _others(hall, args.others)
        flood.finish()
    metrics = {
        "attempts": args.attempts,
        **flood.told(),
        **differ,
        **{f"{kind}_ms_p99": round(_p99(took), 2) for kind, took in during.items()},
        **{f"{kind}_times": round(_p99(took) / _p99(before[kind]), 2) for kind, took in during.items()},
    }
    return metrics, {f"{kind}_alone_ms_p99": round(_p99(took), 2) for kind, took in before.items()}, {}


class _Asker:
    """One client at an address of its own; it keeps the cookies it is given."""

    def __init__(self, hall: DemoHall, address: str) -> None:
        parts = urlsplit(hall.document["api"])
        self._link = HTTPConnection(
            parts.hostname or "", parts.port, timeout=60, source_address=(address, 0)
        )  # fmt: skip
        self._path = parts.path
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        headers = {
            "cookie": "; ".join(f"{n}={v}" for n, v in self._cookies.items()),
            "content-type": "application/json",
        }
        self._link.request(method, self._path + path, json.dumps(body) if body is not None else None, headers)
        answer = self._link.getresponse()
        told = answer.read()
        for cookie in answer.headers.get_all("set-cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, json.loads(told) if told else {}

    def log_in(self, user: str, password: str) -> str:
        status, told = self.ask("POST", "/session", {"user": user, "password": password})
        return "in" if status == 200 else str(told["title"])

    def forget_login(self) -> None:
        """The browser stays known."""
        self._cookies = {name: value for name, value in self._cookies.items() if name.endswith("known")}

    def close(self) -> None:
        self._link.close()


def _addresses(net: int) -> Iterator[str]:
    """All of 127.net.0.0/16 but its ends, over and over."""
    return itertools.cycle(f"127.{net}.{n // 250}.{n % 250 + 1}" for n in range(10_000))


def _hire(hall: DemoHall, count: int) -> list[str]:
    admin, names = hall.as_("admin"), [f"bench{n:04}" for n in range(count)]
    for name in names:
        person = {"user": name, "password": f"{name}-correct-horse-battery", "name": name, "roles": ["clerk"]}
        admin.post("/accounts/users", json=person).raise_for_status()
    return names


def _names(hall: DemoHall, known: list[str], tries: int) -> dict[str, Any]:
    """Milliseconds that a wrong password takes with a name there is, and with one there is not, by turns."""
    per_account, per_address = Limits().attempts_max, Limits().address_attempts_max // 2
    addresses, took = _addresses(1), {"known": [0.0] * 0, "unknown": [0.0] * 0}
    asker = _Asker(hall, next(addresses))
    for n in range(tries):
        if n and n % per_address == 0:
            asker.close()
            asker = _Asker(hall, next(addresses))
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
    asker = _Asker(hall, "127.0.0.1")
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


class _Flood:
    """Sixteen attackers until all attempts are made; more where others are not done by then."""

    def __init__(self, hall: DemoHall, attempts: int, known: list[str]) -> None:
        self._hall, self._attempts = hall, attempts
        self._targets = itertools.chain.from_iterable(
            zip(itertools.repeat("manager"), itertools.cycle([*known, *_made_up()]))
        )
        self._lock, self._left, self._over = threading.Lock(), attempts, threading.Event()
        self._told: Counter[tuple[str, str]] = Counter()
        self._pool = ThreadPoolExecutor(ATTACKERS)
        self._began_s = time.monotonic()

    def __enter__(self) -> None:
        self._running = [self._pool.submit(self._attack, n) for n in range(ATTACKERS)]

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def finish(self) -> None:
        for attacker in self._running:
            attacker.result()
        self._took_s = time.monotonic() - self._began_s
        self._pool.shutdown()

    def _attack(self, number: int) -> None:
        addresses = _addresses(16 + number)
        while True:
            asker = _Asker(self._hall, next(addresses))
            for _ in range(20):
                with self._lock:
                    self._left -= 1
                    if self._left < 0 and self._over.is_set():
                        asker.close()
                        return
                    user = next(self._targets)
                title = asker.log_in(user, WRONG)
                with self._lock:
                    self._told[user, title] += 1
            asker.close()

    def told(self) -> dict[str, Any]:
        through: Counter[str] = Counter()
        for (user, title), count in self._told.items():
            through[user] += count if title == "accounts.wrong_login" else 0
        by_title: Counter[str] = Counter()
        for (_, title), count in self._told.items():
            by_title[title.removeprefix("accounts.")] += count
        return {
            "made": by_title.total(),
            "per_s": round(by_title.total() / self._took_s),
            "let_through_per_account_max": max(through.values(), default=0),
            "logged_in": by_title["in"],
            "answers": dict(by_title),
        }


def _made_up() -> list[str]:
    return [f"nobody{n}" for n in range(50)]


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
