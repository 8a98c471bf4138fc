"""Time travel over the wire: a replay is the live feed of another time, and says the same as the state of that time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import urlencode

import httpx2
import pytest
from websockets.sync.client import connect

from ui.testing import DemoHall, eventually

pytestmark = pytest.mark.integration

SITE = "shifanqu"
EDGE_MS = 3_000


class Past:
    """A page that looks back; ``entities`` and ``clock`` are what it shows."""

    def __init__(self, hall: DemoHall, client: httpx2.Client | None, **query: Any) -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in (client.cookies if client else {}).items())
        url = f"{hall.document['api'].replace('http', 'ws', 1)}/live/replay?{urlencode(query)}"
        self._open = ExitStack()
        self.socket = self._open.enter_context(
            connect(url, additional_headers={"Cookie": cookies} if cookies else {}, compression=None)
        )
        self.heard: list[dict[str, Any]] = []
        self.entities: dict[str, dict[str, list[Any]]] = {}
        self.clock: dict[str, Any] = {}

    def receive(self, within_s: float = 5.0) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=within_s))
        self.heard.append(message)
        if message["type"] == "snap":
            self.entities = message["entities"]
        elif message["type"] == "delta":
            for entity, points in message["entities"].items():
                self.entities[entity] = {**self.entities.get(entity, {}), **points}
        elif message["type"] == "clock":
            self.clock = message
        return message

    def until(self, wanted: Callable[[dict[str, Any]], Any], *, what: str, within_s: float = 10.0) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                message = self.receive(left_s)
            except TimeoutError:
                break
            if wanted(message):
                return message
        raise AssertionError(f"{what}: not within {within_s:g} s; heard {[m['type'] for m in self.heard]}")

    def say(self, **control: Any) -> None:
        self.socket.send(json.dumps(control))

    def steer(self, **control: Any) -> dict[str, Any]:
        """Paused, so that the next word of the clock answers this."""
        self.say(**control)
        return self.until(lambda m: m["type"] in {"clock", "problem"}, what=f"an answer to {control}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def paused(hall: DemoHall, client: httpx2.Client, at_ms: int) -> Past:
    page = Past(hall, client, at=at_ms, view="ops")
    page.until(lambda m: m["type"] == "snap", what="the picture")
    page.say(paused=True)
    page.until(lambda m: m["type"] == "clock" and m["paused"], what="it stands")
    return page


def shown(snapshot: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    return {
        entity: {name: [v["value"], v["quality"], v["ts_ms"]] for name, v in points.items()}
        for entity, points in snapshot["entities"].items()
    }


def state_at(client: httpx2.Client, at_ms: int) -> dict[str, Any]:
    answer = client.get("/twin", params={"at": at_ms})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def day(hall: DemoHall) -> dict[str, int]:
    """Times of what happened: a room warms up, a visitor is called, a screen is told something."""
    times: dict[str, int] = {}
    key = hall.keys("climate_sensor")[0]
    clerk, manager = hall.as_("clerk"), hall.as_("manager")

    def now() -> int:
        return time.time_ns() // 1_000_000

    with hall.join(key) as sensor:
        for name, temperature in (("cool", 20.0), ("warm", 25.0), ("hot", 30.0)):
            sensor.report(temperature=temperature)
            eventually(
                lambda t=temperature: _temperature(manager, key) == t,
                what=f"{name} is shown",  # type: ignore[misc]
            )
            times[name] = now()
            eventually(lambda n=name: now() > times[n], what="the next millisecond")  # type: ignore[misc]
    assert clerk.post("/queue/windows/A13/open").status_code == 200
    department = clerk.get("/queue/windows/A13").json()["department"]
    ticket = hall.as_().post("/queue/tickets", json={"department": department}).json()
    times["before the call"] = now()
    assert clerk.post("/queue/windows/A13/call-next").status_code == 200
    times["called"] = now()
    assert clerk.post("/queue/windows/A13/start").status_code == 200
    assert clerk.post("/queue/windows/A13/finish").status_code == 200
    assert clerk.post("/queue/windows/A13/close").status_code == 200
    eventually(lambda: time.time() * 1000 > times["called"] + EDGE_MS, what="all of it is past")
    eventually(
        lambda: _marks(manager, "call", times["before the call"]), what=f"the call of {ticket['number']} is recorded"
    )
    return times


def _temperature(client: httpx2.Client, key: str) -> Any:
    return client.get(f"/devices/{key}").json()["values"].get("temperature", {}).get("value")


def _marks(client: httpx2.Client, what: str, since_ms: int) -> list[dict[str, Any]]:
    answer = client.get("/history/marks", params={"what": what, "since": since_ms})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["marks"]
    return found


def test_a_replay_begins_like_the_feed_and_says_that_it_is_one(hall: DemoHall, day: dict[str, int]) -> None:
    with Past(hall, hall.as_("manager"), at=day["warm"], speed=0.25) as page:
        hello, clock, snap = page.receive(), page.receive(), page.receive()
    assert (hello["type"], hello["replay"], hello["proto"]) == ("hello", True, 1)
    assert (clock["type"], clock["speed"], clock["paused"], clock["known"]) == ("clock", 0.25, False, True)
    assert day["warm"] <= hello["now_ms"] <= clock["at_ms"] < day["warm"] + 5_000
    assert snap["type"] == "snap"
    assert snap["seq"] >= hello["seq"]


def test_it_shows_what_the_state_of_that_time_says(hall: DemoHall, day: dict[str, int]) -> None:
    manager = hall.as_("manager")
    key = f"{SITE}:device:{hall.keys('climate_sensor')[0]}"
    with paused(hall, manager, day["cool"]) as page:
        for name, temperature in (("hot", 30.0), ("cool", 20.0), ("warm", 25.0)):
            clock = page.steer(at=day[name])
            assert (clock["at_ms"], clock["paused"]) == (day[name], True)
            told = state_at(manager, day[name])
            assert (told["at_ms"], told["known"]) == (day[name], True)
            assert page.entities == shown(told)
            assert page.entities[key]["temperature"][0] == temperature


def test_it_goes_on_by_itself_and_changes_come_as_deltas(hall: DemoHall, day: dict[str, int]) -> None:
    with Past(hall, hall.as_("manager"), at=day["cool"], speed=2) as page:
        page.until(lambda m: m["type"] == "clock" and m["at_ms"] > day["hot"], what="it passes the heat")
        key = f"{SITE}:device:{hall.keys('climate_sensor')[0]}"
        assert page.entities[key]["temperature"][0] == 30.0
    types = [m["type"] for m in page.heard]
    assert types.count("snap") == 1
    assert "delta" in types
    clocks = [m["at_ms"] for m in page.heard if m["type"] == "clock"]
    assert clocks == sorted(clocks)
