"""``python -m tests.e2e.picture``: takes the README's picture from a hall that runs for it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
from playwright.sync_api import sync_playwright

from tests.e2e.driver import CHROMIUM_FLAGS, ROOT, stage_ready

PICTURE = ROOT / "ui" / "web" / "hall.png"
ONLINE_TIMEOUT_S = 60


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="halltwin-picture-") as folder:
        Path(folder).chmod(0o711)
        command = [sys.executable, "-m", "ui.cli", "demo", "--json", "--port", "0", "--data", folder, "--seed", "5"]
        hall = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            line = hall.stdout.readline() if hall.stdout else ""
            take(json.loads(line))
        finally:
            hall.send_signal(signal.SIGTERM)
            hall.communicate(timeout=20)
    return 0


def take(document: dict[str, object]) -> None:
    """The manager's page with every device online and the way to window B12 drawn."""
    url = str(document["url"])
    passwords = {p["user"]: p["password"] for p in document["logins"]}  # type: ignore[attr-defined]
    login = {"user": "manager", "password": passwords["manager"]}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        context = browser.new_context(
            base_url=url, viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        context.request.post("/api/v1/session", data=login, headers={"origin": url})
        _await_online(url, login)
        page = context.new_page()
        page.goto("/ops/")
        stage_ready(page)
        page.wait_for_timeout(1_500)
        page.screenshot(path=PICTURE)
        browser.close()


def _await_online(url: str, login: dict[str, str]) -> None:
    with httpx2.Client(base_url=f"{url}/api/v1") as client:
        client.post("/session", json=login).raise_for_status()
        deadline = time.monotonic() + ONLINE_TIMEOUT_S
        while time.monotonic() < deadline:
            if all(d["online"] for d in client.get("/devices").json()):
                return
            time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
