"""What floods a hall with logins, from many addresses of the loopback network at once, in a process of its own."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

ATTACKERS = 16
A_STAY = 20
"""Attempts from one address before an attacker moves on."""
WRONG = "certainly not the password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flooded:
    """How often each user was tried with each answer (``accounts.wrong_login`` was let through), and for how long."""

    told: Mapping[tuple[str, str], int]
    took_s: float


def flood(api: str, attempts: int, known: Sequence[str], pipe: Connection) -> None:
    """Half of it at ``manager``. It says that it has begun, goes on until all attempts are made and it is told that
    others are done too, and sends a ``Flooded``.
    """
    attack = _Flood(api, attempts, known)
    pipe.send("begun")
    pipe.recv()
    attack.over.set()
    pipe.send(attack.finish())


class Asker:
    """One client at an address of its own; it keeps the cookies it is given."""

    def __init__(self, api: str, address: str) -> None:
        parts = urlsplit(api)
        self._link = HTTPConnection(parts.hostname or "", parts.port, timeout=60, source_address=(address, 0))
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


def addresses(net: int) -> Iterator[str]:
    """All of 127.net.0.0/16 but its ends, over and over."""
    return itertools.cycle(f"127.{net}.{n // 250}.{n % 250 + 1}" for n in range(10_000))


class _Flood:
    """It runs from its making on, until all attempts are made and it is ``over``."""

    def __init__(self, api: str, attempts: int, known: Sequence[str]) -> None:
        self._api, self._left, self.over = api, attempts, threading.Event()
        made_up = (f"nobody{n}" for n in range(50))
        self._targets = itertools.chain.from_iterable(
            zip(itertools.repeat("manager"), itertools.cycle([*known, *made_up]))
        )
        self._lock = threading.Lock()
        self._told: Counter[tuple[str, str]] = Counter()
        self._pool = ThreadPoolExecutor(ATTACKERS)
        self._began_s = time.monotonic()
        self._running = [self._pool.submit(self._attack, n) for n in range(ATTACKERS)]

    def finish(self) -> Flooded:
        for attacker in self._running:
            attacker.result()
        self._pool.shutdown()
        return Flooded(told=dict(self._told), took_s=time.monotonic() - self._began_s)

    def _attack(self, number: int) -> None:
        for address in addresses(16 + number):
            asker = Asker(self._api, address)
            for _ in range(A_STAY):
                with self._lock:
                    self._left -= 1
                    if self._left < 0 and self.over.is_set():
                        asker.close()
                        return
                    user = next(self._targets)
                title = asker.log_in(user, WRONG)
                with self._lock:
                    self._told[user, title] += 1
            asker.close()
