"""What a journey holds in its hands: the running hall, its simulated devices, and the complaints of its pages."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import ConsoleMessage, Page, Request

from ui.testing_logins import Logins

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", "--force-color-profile=srgb", "--font-render-hinting=none", "--disable-lcd-text",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--no-default-browser-check", "--disable-default-apps", "--disable-domain-reliability",
    "--disable-client-side-phishing-detection", "--metrics-recording-only",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]  # fmt: skip
START_TIMEOUT_S = 120
PATIENCE_MS = 15_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningHall:
    """The ready line of ``halltwin demo --json``, and where its data are."""

    url: str
    logins: Logins
    data: Path
    document: dict[str, Any]

    @contextmanager
    def client(self, user: str) -> Iterator[httpx2.Client]:
        """A program that speaks HTTP, logged in."""
        with httpx2.Client(base_url=f"{self.url}/api/v1", headers={"origin": self.url}, timeout=20) as client:
            self.logins.log_in(client, user)
            yield client


@dataclass(slots=True)
class Devices:
    """The simulated devices, taking orders: what a device reports, and whether it has power."""

    process: subprocess.Popen[str]

    def report(self, device: str, **values: object) -> None:
        self._order({"device": device, "set": values})

    def hold(self, device: str, **values: object) -> None:
        """It reports these, and nothing else, until it is told otherwise."""
        self._order({"device": device, "clear": "stuck"})
        self.report(device, **values)
        self._order({"device": device, "fault": "stuck"})

    def power(self, device: str, *, on: bool) -> None:
        self._order({"device": device, "power": on})

    def _order(self, order: dict[str, object]) -> None:
        if self.process.stdin is None:
            raise AssertionError("the simulators take no orders")
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()


@dataclass
class Complaints:
    """What a page must not do, gathered while it is open."""

    origin: str
    heard: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(f"page error: {error}"))
        page.on("request", self._request)

    def expect(self, words: str) -> None:
        """A complaint that belongs to the journey (a refused login, a place nobody knows)."""
        self.expected.append(words)

    def unexpected(self) -> list[str]:
        return [line for line in self.heard if not any(words in line for words in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.origin:
            self.heard.append(f"off origin: {request.url}")


@contextmanager
def running_hall(data: Path, *words: str) -> Iterator[RunningHall]:
    """The reference hall without devices, in a process of its own; ``words`` are said beside the usual ones."""
    if not (ROOT / "ui" / "web" / "dist").is_dir():
        pytest.fail("the web pages are not built: run `make setup`")
    command = [sys.executable, "-m", "ui.cli", "demo", "--json", "--port", "0", "--data", str(data), *words]
    process = subprocess.Popen(
        [*command, "--seed", "7", "--no-devices"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if process.stdout is None:
        raise AssertionError("no stdout")
    line = process.stdout.readline()
    if not line:
        pytest.fail(f"the hall did not start: {process.communicate()[1][-2000:]}")
    document = json.loads(line)
    logins = Logins(document["logins"])
    try:
        yield RunningHall(url=document["url"], logins=logins, data=data, document=document)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


OpenPage = Callable[..., Page]
"""``open_page("/ops/", login="manager", size=(1280, 800))``: a page in a fresh browser of its own."""


def stage_ready(page: Page, *, timeout_ms: int = 30_000) -> None:
    """The 3D stage is drawn and at rest. Asked from outside: the page's policy forbids evaluating strings within it."""
    for _ in range(timeout_ms // 200):
        # In one step: a stage that gives way to another version's is gone in the next.
        if page.evaluate("Boolean(window.__hall && window.__hall.ready && (window.__hall.idle(), true))"):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"no 3D stage within {timeout_ms} ms")
