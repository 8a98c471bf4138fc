"""A hall with simulated devices, and a Chromium that fails a test on any console error or foreign request."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.driver import (
    CHROMIUM_FLAGS,
    PATIENCE_MS,
    ROOT,
    START_TIMEOUT_S,
    Complaints,
    Devices,
    OpenPage,
    RunningHall,
    running_hall,
)
from ui.testing import open_folder


@pytest.fixture(scope="session")
def hall() -> Iterator[RunningHall]:
    with open_folder() as folder, running_hall(folder / "d") as started:
        yield started


@pytest.fixture(scope="session")
def devices(hall: RunningHall) -> Iterator[Devices]:
    """All devices of the hall, online."""
    log = (hall.data / "simulators.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "simulators", "--site", hall.url, "--enrol", str(hall.data / "simulators.json"),
            "--scenario", "quiet", "--seed", "7", "--no-visitors", "--truth", str(hall.data / "truth.jsonl"),
        ],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        _await_devices(hall, process)
        yield Devices(process)
    finally:
        process.terminate()
        process.communicate(timeout=10)
        log.close()


def _await_devices(hall: RunningHall, process: subprocess.Popen[str]) -> None:
    """Until every device said that it is online."""
    with hall.client("manager") as client:
        deadline = time.monotonic() + START_TIMEOUT_S
        online = 0
        while time.monotonic() < deadline:
            if process.poll() is not None:
                pytest.fail(f"the simulators ended with {process.returncode}")
            found = client.get("/devices").json()
            online = sum(d["online"] is True for d in found)
            if found and online == len(found):
                return
            time.sleep(0.5)  # polling with a deadline: there is no event to wait for from outside
        pytest.fail(f"{online} of the devices came online within {START_TIMEOUT_S} s")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    if not os.path.exists(chromium):  # noqa: PTH110 - a name from which, or the usual place
        pytest.fail("chromium is missing: type  apt-get install --no-install-recommends chromium fonts-noto-cjk")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints(hall: RunningHall) -> Iterator[Complaints]:
    gathered = Complaints(origin=urlsplit(hall.url).netloc)
    yield gathered
    assert gathered.unexpected() == []


@pytest.fixture
def open_page(hall: RunningHall, browser: Browser, complaints: Complaints) -> Iterator[OpenPage]:
    """Opens a page of the hall in a fresh browser of its own: ``open_page("/ops/", login="manager", size=(w, h))``."""
    contexts: list[BrowserContext] = []

    def go(path: str, *, login: str | None = None, size: tuple[int, int] = (1280, 800), **options: Any) -> Page:
        width, height = size
        context = browser.new_context(
            base_url=hall.url,
            viewport={"width": width, "height": height},
            locale=options.pop("locale", "zh-CN"),
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if login:
            with hall.client(login) as client:
                context.add_cookies([{"name": n, "value": v, "url": hall.url} for n, v in client.cookies.items()])
        page = context.new_page()
        complaints.watch(page)
        page.goto(path)
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def shots() -> Path:
    """Where pictures go, to be looked at."""
    folder = ROOT / ".run" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
