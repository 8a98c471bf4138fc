"""The lobby tab: a factory-fresh device that nobody asked knocks, is looked at and let in; one behind a gateway too."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import expect

from tests.e2e.driver import OpenPage, RunningHall, running_hall
from ui.testing import open_folder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

SITE = "shifanqu"
FRESH = "lobby-" + "k7" * 13


@pytest.fixture(scope="module")
def hall() -> Iterator[RunningHall]:
    """With an open lobby."""
    with open_folder() as folder:
        config = folder / "hall.toml"
        config.write_text("[broker]\nopen_lobby = true\n", encoding="utf-8")
        with running_hall(folder / "d", "--config", str(config)) as started:
            yield started


@pytest.fixture
def admin(hall: RunningHall) -> Iterator[httpx2.Client]:
    with hall.client("admin") as client:
        yield client


@contextmanager
def connected(url: str, client_id: str, password: str | None = None, listen: str | None = None) -> Iterator[Any]:
    """(how it speaks, what it hears) of a device by stock paho."""
    heard: queue.Queue[Any] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    if password:
        client.username_pw_set(client_id, password)
    client.on_message = lambda _c, _d, m: heard.put(json.loads(m.payload))
    ready: queue.Queue[bool] = queue.Queue()
    client.on_connect = lambda c, *_: c.subscribe(listen, 1) if listen else ready.put(True)
    client.on_subscribe = lambda *_: ready.put(True)
    host, _, port = url.rpartition("/")[2].rpartition(":")
    client.connect(host, int(port))
    client.loop_start()
    ready.get(timeout=10)

    def say(topic: str, **body: Any) -> None:
        client.publish(topic, json.dumps(body), qos=1).wait_for_publish(10)

    yield say, heard
    client.disconnect()
    client.loop_stop()


Say = Callable[..., None]


def test_an_unasked_device_is_seen_for_what_it_says_and_let_in(
    hall: RunningHall, admin: httpx2.Client, open_page: OpenPage, shots: Path
) -> None:
    lobby = admin.get("/admission").json()["lobby"]
    topic = f"ht/v1/{SITE}/lobby/{FRESH}"
    with connected(lobby, FRESH, listen=f"{topic}/answer") as (say, heard):
        say(f"{topic}/knock", kind="leak_sensor", model="Drip 3", serial="SN-77")
        assert heard.get(timeout=10) == {"status": "waiting"}
        page = open_page("/admin/?tab=lobby#devices", login="admin")
        row = page.get_by_role("row").filter(has_text="SN-77")
        expect(row).to_contain_text("来自 127.0.0.1")
        expect(row).to_contain_text("Drip 3")
        page.screenshot(path=shots / "lobby-open.png")
        row.get_by_role("button", name="准入", exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("编号").fill("NEW-77")
        dialog.get_by_role("button", name="准入", exact=True).click()
        expect(dialog).to_be_hidden()
        credential = heard.get(timeout=10)
        assert (credential["status"], credential["user"]) == ("approved", "NEW-77")
        with connected(hall.document["broker"], "NEW-77", credential["password"]) as (report, _):
            report(f"ht/v1/{SITE}/NEW-77/state", online=True, boot=1, ts=1)
        say(f"{topic}/knock", taken=True)
        expect(row).to_be_hidden()


def test_a_device_behind_a_gateway_is_granted_from_the_page(
    hall: RunningHall, admin: httpx2.Client, open_page: OpenPage, shots: Path
) -> None:
    wish = {"devices": [{"key": "GW-77", "kind": "network_switch"}]}
    password = admin.post("/admission/devices", json=wish).json()[0]["password"]
    with connected(hall.document["broker"], "GW-77", password) as (say, _):
        say(f"ht/v1/{SITE}/BEHIND-77/state", online=True, boot=1, ts=1)
        page = open_page("/admin/?tab=lobby#devices", login="admin")
        row = page.get_by_role("row", name="BEHIND-77 经由 GW-77")
        expect(row).to_contain_text("网关未获授权")
        page.screenshot(path=shots / "lobby-unasked.png")
        row.get_by_role("button", name="准入", exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("类型").select_option("climate_sensor")
        dialog.get_by_role("button", name="准入", exact=True).click()
        expect(row).to_be_hidden()
        assert admin.get("/devices/BEHIND-77").json()["via"] == ["GW-77"]
