"""A simulated ID card reader on a hall's own broker, with cards to lay on it, and people who have such cards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from ui.testing import eventually

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "七条河流与一把旧椅子"


@dataclass(frozen=True, slots=True)
class CardReader:
    key: str
    process: subprocess.Popen[str]

    def lay_down(self, number: str) -> None:
        """A card on the reader; it says so only where it was asked to read."""
        if self.process.stdin is None:
            raise AssertionError("the simulators take no orders")
        order = {"device": self.key, "event": "card_read", "data": {"number": number}}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()


@contextmanager
def running_reader(manager: httpx2.Client, folder: Path, *, url: str, site: str, key: str) -> Iterator[CardReader]:
    """Let in as any device, and on line."""
    wish = {"devices": [{"key": key, "kind": "id_reader"}], "again": True}
    (made,) = manager.post("/admission/devices", json=wish).raise_for_status().json()
    enrol = folder / f"{key}.json"
    device = {"key": key, "kind": "id_reader", "user": made["user"], "password": made["password"]}
    enrol.write_text(json.dumps({"site": site, "broker": made["broker"], "devices": [device]}), encoding="utf-8")
    words = ["--site", url, "--enrol", str(enrol), "--scenario", "quiet", "--no-visitors"]
    log = (folder / f"{key}.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", *words],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        eventually(lambda: manager.get(f"/devices/{key}").json().get("online"), what=f"{key} on line", within_s=30)
        yield CardReader(key, process)
    finally:
        process.terminate()
        process.communicate(timeout=10)
        log.close()


def register(anybody: httpx2.Client, reviewer: httpx2.Client, *, user: str, name: str, number: str) -> None:
    """A citizen who asked for an account and was accepted."""
    asked = {"kind": "citizen", "user": user, "password": PASSWORD, "name": name, "id_number": number}
    anybody.post("/accounts/registrations", json=asked).raise_for_status()
    waiting = next(one for one in reviewer.get("/accounts/registrations").json() if one["user"] == user)
    reviewer.post(f"/accounts/registrations/{waiting['id']}/accept").raise_for_status()
