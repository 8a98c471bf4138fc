"""Time travel over the wire: a replay is the live feed of another time, and says the same as the state of that time."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from ui.api.replay import SESSIONS_MAX
from ui.testing import DemoHall, LivePage, eventually

pytestmark = pytest.mark.integration

SITE = "shifanqu"
EDGE_MS = 3_000


class Past(LivePage):
    """A page that looks back; ``entities`` and ``clock`` are what it shows."""

    def __init__(self, hall: DemoHall, client: httpx2.Client | None, **query: Any) -> None:
        super().__init__(hall.document["api"], None, client, path=f"/live/replay?{urlencode(query)}")
        self.entities: dict[str, dict[str, list[Any]]] = {}
        self.clock: dict[str, Any] = {}

    def receive(self, within_s: float = 5.0) -> dict[str, Any]:
        message = super().receive(within_s)
        if message["type"] == "snap":
            self.entities = message["entities"]
        elif message["type"] == "delta":
            for entity, points in message["entities"].items():
                self.entities[entity] = {**self.entities.get(entity, {}), **points}
        elif message["type"] == "clock":
            self.clock = message
        return message

    def say(self, **control: Any) -> None:
        self.socket.send(json.dumps(control))

    def steer(self, **control: Any) -> dict[str, Any]:
        """Paused, so that the next word of the clock answers this."""
        self.say(**control)
        return self.expect(lambda m: m["type"] in {"clock", "problem"}, what=f"an answer to {control}")


def paused(hall: DemoHall, client: httpx2.Client, at_ms: int) -> Past:
    page = Past(hall, client, at=at_ms, view="ops", paused="true")
    page.expect(lambda m: m["type"] == "snap", what="the picture")
    assert (page.clock["at_ms"], page.clock["paused"]) == (at_ms, True)
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
        page.expect(lambda m: m["type"] == "clock" and m["at_ms"] > day["hot"], what="it passes the heat")
        key = f"{SITE}:device:{hall.keys('climate_sensor')[0]}"
        assert page.entities[key]["temperature"][0] == 30.0
    types = [m["type"] for m in page.messages]
    assert types.count("snap") == 1
    assert "delta" in types
    clocks = [m["at_ms"] for m in page.messages if m["type"] == "clock"]
    assert clocks == sorted(clocks)


def test_a_call_is_told_again_as_it_was(hall: DemoHall, day: dict[str, int]) -> None:
    manager = hall.as_("manager")
    with Past(hall, manager, at=day["before the call"], speed=1) as page:
        call = page.expect(lambda m: m["type"] == "call", what="the call")["call"]
    (mark,) = _marks(manager, "call", day["before the call"])
    assert (call["window"], call["calls"]) == ("A13", 1)
    assert day["before the call"] <= call["called_ms"] <= day["called"]
    window = state_at(manager, day["called"])["entities"][f"{SITE}:window:A13"]
    assert call["number"] == window["called"]["value"], "what was called is what the window's own record says"
    assert mark["label"] == {"zh": f"叫号 {call['number']}", "en": f"Call {call['number']}"}
    kinds = manager.get("/kinds").json()["kinds"]
    labels = [c["label"] for kind in kinds for c in kind["commands"] if c["name"] == "show_text"]
    assert labels[0] in [m["label"] for m in _marks(manager, "command", day["before the call"])]
    with paused(hall, manager, day["called"]) as late:
        snap = next(m for m in late.messages if m["type"] == "snap")
    assert call in snap["calls"], "whoever comes later sees it on the board"


def test_a_jump_is_a_new_picture_and_forgets_what_came_later(hall: DemoHall, day: dict[str, int]) -> None:
    with paused(hall, hall.as_("manager"), day["called"]) as page:
        before = len(page.messages)
        page.steer(at=day["cool"])
        assert [m["type"] for m in page.messages[before:]] == ["snap", "clock"]
        snap = page.messages[before]
    assert day["before the call"] not in [c["called_ms"] for c in snap["calls"]]
    assert all(v[2] <= day["cool"] for points in page.entities.values() for v in points.values())


def test_the_next_and_the_previous_mark(hall: DemoHall, day: dict[str, int]) -> None:
    manager = hall.as_("manager")
    marks = [
        m["ts_ms"]
        for m in manager.get("/history/marks", params={"since": 0}).json()["marks"]
        if m["what"] != "call" and m["ts_ms"] < day["called"]
    ]
    assert marks, "at least the building was published once"
    with paused(hall, manager, day["warm"]) as page:
        page.steer(at=marks[-1] + 1)
        assert page.steer(to="previous")["at_ms"] == marks[-1]
        page.steer(at=marks[0] - 1)
        assert page.steer(to="next")["at_ms"] == marks[0]
        page.steer(at=marks[0])
        refused = page.steer(to="previous")
        assert (refused["type"], refused["status"]) == ("problem", 404)
        assert page.steer(at=marks[0])["at_ms"] == marks[0]


def test_it_ends_at_the_present(hall: DemoHall, day: dict[str, int]) -> None:
    with Past(hall, hall.as_("manager"), at=day["cool"], speed=3600) as page:
        clock = page.expect(lambda m: m["type"] == "clock" and m["paused"], what="it stands at the present")
    assert clock["speed"] == 3600
    assert day["called"] < clock["at_ms"] <= time.time() * 1000


@pytest.mark.parametrize(
    "control",
    [
        {"at": 10**15}, {"at": -1}, {"at": "today"}, {"speed": 0}, {"speed": 3601}, {"speed": True}, {"paused": 1},
        {"to": "yesterday"}, {"at": 5, "speed": 1}, {}, {"jump": 1}, {"at": None},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_answered_and_changes_nothing(
    hall: DemoHall, day: dict[str, int], control: dict[str, Any]
) -> None:
    with paused(hall, hall.as_("manager"), day["warm"]) as page:
        before = page.clock
        problem = page.steer(**control)
        assert (problem["type"], problem["status"]) == ("problem", 422)
        assert set(problem["text"]) == {"zh", "en"}
        assert page.steer(paused=True) == before
        assert [m["type"] for m in page.messages[-2:]] == ["problem", "clock"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"at": 1e999}', '{"speed": NaN}', "x" * 5_000])
def test_what_is_no_control_is_answered(hall: DemoHall, day: dict[str, int], text: str) -> None:
    with paused(hall, hall.as_("manager"), day["warm"]) as page:
        page.socket.send(text)
        assert page.expect(lambda m: m["type"] == "problem", what="an answer")["status"] == 422


def test_times_asked_for_one_after_the_other_end_at_the_last(hall: DemoHall, day: dict[str, int]) -> None:
    with paused(hall, hall.as_("manager"), day["hot"]) as page:
        for back in range(500):
            page.say(at=day["hot"] - back)
        page.say(at=day["warm"])
        page.expect(lambda m: m["type"] == "clock" and m["at_ms"] == day["warm"], what="the last of them")
        assert page.entities == shown(state_at(hall.as_("manager"), day["warm"]))
    assert not [m for m in page.messages if m["type"] == "problem"]
    assert len([m for m in page.messages if m["type"] == "snap"]) < 250, "not every one of them was looked at"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"at": "soon"},
        {"at": -1},
        {"at": 10**15},
        {"at": 0, "speed": "nan"},
        {"at": 0, "view": "none"},
        {"at": 0, "paused": "?"},
    ],
)
def test_an_address_that_makes_no_sense_is_answered(hall: DemoHall, query: dict[str, Any]) -> None:
    with Past(hall, hall.as_("manager"), **query) as page:
        assert (page.receive()["type"], page.messages[0]["status"]) == ("problem", 422)
        with pytest.raises(ConnectionClosed):
            page.receive()


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("clerk", 403)])
@pytest.mark.parametrize("view", ["ops", "hall"])
def test_only_who_may_see_the_hall_at_work_may_look_back(
    hall: DemoHall, role: str | None, status: int, view: str
) -> None:
    client = hall.as_(role)
    with Past(hall, client if role else None, at=1, view=view) as page:
        assert (page.receive()["type"], page.messages[0]["status"]) == ("problem", status)
    for path, query in (
        ("/twin", {"at": 1}), ("/history/recorded", {}), ("/history/marks", {}),
        ("/history/trend", {"entity": "e", "point": "p"}),
    ):  # fmt: skip
        assert client.get(path, params=query).status_code == status


def test_before_the_beginning_and_in_the_future_nothing_is_known(hall: DemoHall) -> None:
    manager = hall.as_("manager")
    for at_ms in (0, 1, int(time.time() * 1000) + 3_600_000):
        told = state_at(manager, at_ms)
        assert (told["known"], told["entities"], told["at_ms"]) == (False, {}, at_ms)
    with Past(hall, manager, at=1) as page:
        assert [page.receive()["type"] for _ in range(3)] == ["hello", "clock", "snap"]
        assert (page.entities, page.clock["known"], page.messages[0]["now_ms"]) == ({}, False, 1)


def test_the_state_of_a_time_is_filtered_like_that_of_now(hall: DemoHall, day: dict[str, int]) -> None:
    manager = hall.as_("manager")
    found = manager.get("/twin", params={"at": day["warm"], "kind": "climate_sensor", "point": "temperature"}).json()
    keys = hall.keys("climate_sensor")
    assert found["entities"][f"shifanqu:device:{keys[0]}"]["temperature"]["value"] == 25.0
    assert all(points.keys() == {"temperature"} for points in found["entities"].values())
    cameras = {f"shifanqu:device:{key}" for key in hall.keys("camera")}
    assert cameras.isdisjoint(found["entities"])
    assert manager.get("/twin", params={"at": day["warm"], "kind": "dragon"}).status_code == 422
    now = manager.get("/twin").json()
    assert now["known"]
    assert now["seq"] > 0


def test_there_is_room_for_so_many_and_no_more(hall: DemoHall, day: dict[str, int]) -> None:
    manager = hall.as_("manager")

    def taken() -> dict[str, Any]:
        with Past(hall, manager, at=day["warm"]) as one_more:
            return one_more.receive()

    eventually(lambda: taken()["type"] == "hello", what="sessions of before are gone")
    with ExitStack() as pages:
        for _ in range(SESSIONS_MAX):
            page = pages.enter_context(Past(hall, manager, at=day["warm"]))
            assert page.receive()["type"] == "hello"
        problem = taken()
        assert (problem["type"], problem["status"]) == ("problem", 503)
        assert problem["retry_after_s"] > 0
    eventually(lambda: taken()["type"] == "hello", what="room again")


def test_what_was_recorded_and_one_point_of_it(hall: DemoHall, day: dict[str, int]) -> None:
    manager = hall.as_("manager")
    spans = manager.get("/history/recorded", params={"since": 0}).json()["spans"]
    assert any(low <= day["cool"] and day["called"] <= high for low, high in spans)
    assert manager.get("/history/recorded", params={"since": 0, "until": 1}).json() == {"spans": []}
    entity = f"{SITE}:device:{hall.keys('climate_sensor')[0]}"
    query = {"entity": entity, "point": "temperature", "since": day["cool"] - 5_000, "until": day["hot"]}
    trend = manager.get("/history/trend", params=query).json()
    assert [value for _, value in trend["points"]] == [20.0, 25.0, 30.0]
    assert (trend["unit"], trend["step_ms"]) == ("°C", 0)
    assert manager.get("/history/trend", params=query | {"point": "colour"}).status_code == 404
    assert manager.get("/history/trend", params=query | {"since": day["hot"] + 1}).status_code == 422
    assert manager.get("/history/marks", params={"since": 0, "limit": 1}).json()["more"]


def test_what_a_hall_that_was_closed_did_not_hear_is_unknown(tmp_path: Path, mosquitto: None) -> None:  # noqa: ARG001
    hall = DemoHall(tmp_path)
    try:
        hall.await_ready()
        key = hall.keys("climate_sensor")[0]
        with hall.join(key) as sensor:
            sensor.report(temperature=21.0)
            eventually(lambda: _temperature(hall.as_("manager"), key) == 21.0, what="it is shown")
        heard_ms = time.time_ns() // 1_000_000
        hall.stop()
    finally:
        hall.kill()
    again = DemoHall(tmp_path)
    try:
        again.await_ready()
        manager = again.as_("manager")
        eventually(
            lambda: len(manager.get("/history/recorded", params={"since": 0}).json()["spans"]) == 2, what="two runs"
        )
        (_, ended_ms), (began_ms, _) = manager.get("/history/recorded", params={"since": 0}).json()["spans"]
        assert heard_ms <= ended_ms < began_ms
        between_ms = (ended_ms + began_ms) // 2
        entity = f"{SITE}:device:{key}"
        for at_ms, known, quality in ((ended_ms, True, "good"), (between_ms, False, "bad")):
            told = state_at(manager, at_ms)
            assert (told["known"], told["entities"][entity]["temperature"]["quality"]) == (known, quality)
            with paused(again, manager, ended_ms) as page:
                clock = page.steer(at=at_ms)
                assert clock["known"] is known
                assert page.entities == shown(told)
                assert page.entities[entity]["temperature"][:2] == [21.0, quality]
        query = {"entity": entity, "point": "temperature", "since": heard_ms - 60_000}
        gaps = manager.get("/history/trend", params=query).json()["gaps"]
        assert [ended_ms, began_ms] in gaps
        eventually(
            lambda: manager.get("/history/recorded").json()["spans"][-1][1] >= began_ms + EDGE_MS,
            what="something after the gap that is no longer the present",
        )
        with Past(again, manager, at=ended_ms - 200, speed=1) as page:
            page.expect(lambda m: m["type"] == "clock" and not m["known"], what="it comes to the gap")
            page.say(speed=60)
            page.expect(lambda m: m["type"] == "clock" and m["known"], what="and out of it")
        again.stop()
    finally:
        again.kill()
