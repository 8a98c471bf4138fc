"""What a stranger's program gets: a token, the twin with filters, both feeds, Turtle; and nothing beyond reading."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx2 import Client

from twin.live_filters import FILTERS_MAX
from ui.api.export import EXPORTS_MAX
from ui.cli.main import main
from ui.testing import ROOT, DemoHall, Device, LivePage, eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

EXAMPLES = ROOT / "examples"
LINES_MAX = 20


@pytest.fixture
def token(hall: DemoHall, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    assert main(["token", "add", "能耗平台", "--days", "1", "--data", str(hall.data)]) == 0
    made = json.loads(capsys.readouterr().out)
    yield made["token"]
    main(["token", "revoke", made["id"], "--data", str(hall.data)])


@pytest.fixture
def program(hall: DemoHall, token: str) -> Iterator[Client]:
    with Client(base_url=hall.document["api"], headers={"Authorization": f"Bearer {token}"}, timeout=20) as client:
        yield client


@pytest.fixture
def sensor(hall: DemoHall) -> Iterator[Device]:
    """A climate sensor of the first floor that reports."""
    places = {d["key"]: d["floor"] for d in hall.as_("manager").get("/devices", params={"values": False}).json()}
    key = next(k for k in hall.keys("climate_sensor") if places[k].endswith(":1F"))
    with hall.join(key) as device:
        device.report(temperature=23.5, co2=600)
        yield device


def temperatures(program: Client, **asked: Any) -> dict[str, Any]:
    answer = program.get("/twin", params=asked)
    assert answer.status_code == 200, answer.text
    entities: dict[str, Any] = answer.json()["entities"]
    return entities


def test_the_twin_is_asked_by_place_kind_and_class(program: Client, sensor: Device) -> None:
    entity = f"shifanqu:device:{sensor.key}"
    found = eventually(
        lambda: temperatures(program, space="1F", brick="brick:Temperature_Sensor").get(entity), what="its value"
    )
    assert found.keys() == {"temperature"}
    assert found["temperature"]["value"] == 23.5
    assert entity not in temperatures(program, space="2F", brick="brick:Temperature_Sensor")
    assert set(temperatures(program, kind="climate_sensor")) >= {entity}
    assert temperatures(program, entity=sensor.key, point="co2")[entity].keys() == {"co2"}
    two = temperatures(program, entity=sensor.key, point=["co2", "temperature"])
    assert two[entity].keys() == {"co2", "temperature"}


def test_a_word_nobody_knows_is_told_with_those_that_are_known(program: Client) -> None:
    answer = program.get("/twin", params={"space": "9F"})
    assert answer.status_code == 422
    assert "1F" in answer.json()["known"]


def test_a_program_reads_and_does_nothing_else(hall: DemoHall, program: Client, token: str, sensor: Device) -> None:
    assert program.post(f"/devices/{sensor.key}/commands", json={"name": "rebirth"}).status_code == 403
    for path in ("/audit", "/commands", "/tokens", "/accounts/users", "/devices"):
        assert program.get(path).status_code == 403, path
    assert program.post("/tokens", json={"name": "another"}).status_code == 403
    headers = {"Authorization": f"Bearer {token}x"}
    with Client(base_url=hall.document["api"], headers=headers) as stranger:
        assert stranger.get("/twin").status_code == 401


def test_what_it_hears_live_has_no_alarms_and_commands(program: Client, sensor: Device) -> None:
    with program.stream("GET", "/live/sse", params={"view": "data"}) as feed:
        lines = (json.loads(line[6:]) for line in feed.iter_lines() if line.startswith("data: "))
        snap = next(message for message in lines if message["type"] == "snap")
        assert (snap["alarms"], snap["commands"], snap["tickets"]) == ([], [], [])
        told = (entity for message in itertools.chain([snap], lines) for entity in message.get("entities", {}))
        assert f"shifanqu:device:{sensor.key}" in told
    for view in ("ops", "alert", "desk"):
        assert program.get("/live/sse", params={"view": view}).status_code in {403, 422}


def test_a_live_feed_is_narrowed_as_the_twin_is(program: Client, hall: DemoHall, sensor: Device) -> None:
    entity = f"shifanqu:device:{sensor.key}"
    asked = {"space": "1F", "brick": "brick:Temperature_Sensor"}
    eventually(lambda: entity in temperatures(program, **asked), what="its value")
    with (
        program.stream("GET", "/live/sse", params={"view": "data", **asked}) as feed,
        LivePage(
            hall.document["api"], {"type": "sub", "view": "data", "hz": 10}, program, path=f"/live?{urlencode(asked)}"
        ) as page,
    ):
        lines = (json.loads(line[6:]) for line in feed.iter_lines() if line.startswith("data: "))
        snaps = [next(m for m in lines if m["type"] == "snap"), page.expect(lambda m: m["type"] == "snap", what="it")]
        wanted = temperatures(program, **asked)
        for snap in snaps:
            assert {i: set(points) for i, points in snap["entities"].items()} == {
                i: set(points) for i, points in wanted.items()
            }
        sensor.report(temperature=27.25, co2=700)
        page.expect_value(entity, "temperature", 27.25)
        delta = next(m for m in lines if m["type"] == "delta")
        assert delta["entities"][entity].keys() == {"temperature"}
        assert page.messages[-1]["entities"][entity].keys() == {"temperature"}


def test_a_filter_that_makes_no_sense_is_told_on_every_carrier(program: Client, hall: DemoHall) -> None:
    for view, asked, known in (
        ("data", {"space": "9F"}, "1F"),
        ("data", {"kind": "cammera"}, "camera"),
        ("hall", {"space": "1F"}, None),
        ("data", {"point": "p" * 121}, None),
    ):
        query = urlencode(asked)
        answer = program.get(f"/live/sse?view={view}&{query}")
        with LivePage(hall.document["api"], {"type": "sub", "view": view}, program, path=f"/live?{query}") as page:
            problem = page.receive()
        assert (answer.status_code, problem["type"], problem["status"]) == (422, "problem", 422), asked
        assert known is None or known in answer.json()["known"] == problem["known"]


def test_there_is_room_for_so_many_filters_and_those_who_leave_make_it(program: Client, hall: DemoHall) -> None:
    def begun(point: str) -> int:
        with program.stream("GET", "/live/sse", params={"view": "data", "point": point}) as feed:
            if feed.status_code == 200:
                assert "hello" in next(line for line in feed.iter_lines() if line.startswith("data: "))
            return feed.status_code

    for n in range(FILTERS_MAX + 2):
        eventually(lambda point=f"left-{n}": begun(point) == 200, what="room after the one before left")
    first = {"type": "sub", "view": "data"}
    with ExitStack() as pages:
        for n in range(FILTERS_MAX):
            path = f"/live?point=stays-{n}"
            page = pages.enter_context(LivePage(hall.document["api"], first, program, path=path))
            eventually(lambda page=page: page.receive()["type"] == "hello", what="its place")
        refused = program.get("/live/sse", params={"view": "data", "point": "one-more"})
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (503, True)
        assert begun("stays-0") == 200
    eventually(lambda: begun("one-more") == 200, what="room again")


def test_a_revoked_token_is_nobody(hall: DemoHall, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "add", "short", "--data", str(hall.data)]) == 0
    made = json.loads(capsys.readouterr().out)
    with Client(base_url=hall.document["api"], headers={"Authorization": f"Bearer {made['token']}"}) as client:
        assert client.get("/twin").status_code == 200
        assert main(["token", "revoke", made["id"], "--data", str(hall.data)]) == 0
        assert client.get("/twin").status_code == 401
    capsys.readouterr()
    assert main(["token", "list", "--data", str(hall.data)]) == 0
    assert made["id"] not in capsys.readouterr().out
    lines = hall.as_("audit_admin").get("/audit").json()["lines"]
    assert {line["action"] for line in lines if line["target"] == f"token:{made['id']}"} == {
        "token.create",
        "token.used",
        "token.revoke",
    }


def test_turtle_names_every_device_and_where_its_values_are_read(program: Client, sensor: Device) -> None:
    answer = program.get("/building.ttl")
    assert answer.headers["content-type"].startswith("text/turtle")
    text = answer.text
    entity = f"shifanqu:device:{sensor.key}"
    block = next(b for b in text.split("\n\n") if b.startswith(f"<urn:halltwin:{entity}:point:temperature>"))
    assert "a brick:Zone_Air_Temperature_Sensor" in block
    assert f"brick:isPointOf <urn:halltwin:{entity}>" in block
    assert "brick:hasUnit unit:DEG_C" in block
    assert f"ref:storedAt <{str(program.base_url).rstrip('/')}/history/{entity}/temperature>" in block


# --- the examples, as they stand


def test_each_example_is_short() -> None:
    found = sorted(EXAMPLES.glob("*.py"))
    assert found
    for path in found:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_MAX, path.name


@contextmanager
def running(name: str, hall: DemoHall, token: str, **env: str) -> Iterator[Callable[[], str]]:
    """An example as a process; what it printed so far."""
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / f"{name}.py")],
        env={**os.environ, "HALL": hall.document["url"], "TOKEN": token, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        said = bytearray()

        def hear() -> str:
            said.extend(process.stdout.read() or b"")  # type: ignore[union-attr]
            return said.decode(errors="replace")

        try:
            yield hear
        finally:
            process.terminate()


def test_rest(hall: DemoHall, token: str, sensor: Device) -> None:
    line = f"shifanqu:device:{sensor.key} temperature 23.5 good"
    with running("rest", hall, token) as said:
        eventually(lambda: line in said(), what=line)


@pytest.mark.parametrize("name", ["websocket", "sse"])
def test_live(hall: DemoHall, token: str, sensor: Device, name: str) -> None:
    entity = f"shifanqu:device:{sensor.key}"
    with running(name, hall, token) as said:
        eventually(lambda: f"snap {entity} temperature 23.5 good" in said(), what="the snapshot")
        sensor.report(temperature=24.25)
        eventually(lambda: f"delta {entity} temperature 24.25 good" in said(), what="the change")


def test_sse_goes_on_where_it_broke_off(hall: DemoHall, token: str, sensor: Device) -> None:
    with running("sse", hall, token) as said:
        first = eventually(lambda: [x for x in said().splitlines() if x.startswith("resume")], what="a place")[-1]
    sensor.report(temperature=25.75)
    line = f"delta shifanqu:device:{sensor.key} temperature 25.75 good"
    with running("sse", hall, token, LAST_EVENT_ID=first.rpartition("= ")[2]) as said:
        eventually(lambda: line in said(), what=line)
        assert "snap " not in said()


def test_turtle(hall: DemoHall, token: str, tmp_path: Path) -> None:
    placed = len(hall.keys("camera"))
    with running("turtle", hall, token, OUT=str(tmp_path / "hall.ttl")) as said:
        told = eventually(
            lambda: re.search(r"^(\d+) brick:Surveillance_Camera$", said(), re.MULTILINE),
            what="the cameras",
            within_s=60,
        )
    assert int(told[1]) >= placed, "those enrolled by hand are told too"
    assert (tmp_path / "hall.ttl").read_text(encoding="utf-8").startswith("@prefix brick:")


# --- history


def test_history_as_csv_and_parquet_by_api_and_command(
    hall: DemoHall, program: Client, sensor: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entity = f"shifanqu:device:{sensor.key}"
    for value in (20.5, 21.5, 22.5):
        sensor.report(temperature=value)
    asked = {"entity": sensor.key, "brick": "brick:Temperature_Sensor"}

    def told() -> list[list[str]]:
        answer = program.get("/history/export", params=asked)
        assert answer.headers["content-type"].startswith("text/csv")
        return [line.split(",") for line in answer.text.splitlines()[1:]]

    rows = eventually(lambda: told() if told() and told()[-1][4] == "22.5" else None, what="the last reading")
    assert [row[4] for row in rows][-3:] == ["20.5", "21.5", "22.5"]
    assert {(row[2], row[3]) for row in rows} == {(entity, "temperature")}
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)

    assert program.get("/history/export", params={**asked, "bom": True}).content.startswith(b"\xef\xbb\xbftime,")
    packed = program.get("/history/export", params={**asked, "format": "parquet"})
    assert packed.content[:4] == packed.content[-4:] == b"PAR1"
    for wrong in ({"since": 5, "until": 5}, {"format": "xls"}, {"space": "9F"}, {"since": -1}):
        assert program.get("/history/export", params={**asked, **wrong}).status_code == 422, wrong

    file, until = tmp_path / "day.csv", str(int(rows[-1][1]) + 1)
    words = ["export", str(file), "--entity", sensor.key, "--brick", "brick:Temperature_Sensor", "--until", until]
    assert main([*words, "--data", str(hall.data)]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == file.stat().st_size
    assert [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()[1:]] == rows
    assert main(["export", str(tmp_path / "day.xls"), "--data", str(hall.data)]) == 2
    assert main(["export", str(file), "--kind", "cammera", "--data", str(hall.data)]) == 2
    assert "known" in json.loads(capsys.readouterr().err.splitlines()[-1])


def test_history(hall: DemoHall, token: str, sensor: Device, tmp_path: Path) -> None:
    sensor.report(temperature=19.75)
    span = {"SINCE": "0", "UNTIL": "4000000000000"}
    line = f"shifanqu:device:{sensor.key} temperature 19.75 good"

    def shown() -> bool:
        with running("history", hall, token, **span) as said:
            return bool(eventually(lambda: line in said(), what=line, within_s=3))

    assert eventually(lambda: _or_none(shown), what="the reading on record", within_s=20)
    file = tmp_path / "day.parquet"
    with running("history", hall, token, OUT=str(file), **span):
        eventually(lambda: file.exists() and file.read_bytes()[-4:] == b"PAR1", what="the whole file")
    assert file.read_bytes().startswith(b"PAR1")


def _or_none(ask: Callable[[], bool]) -> bool | None:
    try:
        return ask()
    except AssertionError:
        return None


def test_exports_that_are_abandoned_make_room(program: Client, sensor: Device) -> None:
    """More than may run at once, each left after its first bytes."""
    assert sensor.key
    for _ in range(EXPORTS_MAX + 2):
        answer = eventually(
            lambda: _begin(program, "/history/export"), what="room for one more"
        )  # fmt: skip
        assert answer.startswith(b"time,")


def _begin(program: Client, path: str) -> bytes | None:
    with program.stream("GET", path, params={"since": 0}) as answer:
        return next(answer.iter_bytes()) if answer.status_code == 200 else None
