"""``halltwin up --roles web``: a process of its own that serves the live feed of a hall it hears over the broker."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from twin.enrolment import Enrolled, Wish
from ui.cli.outside import running_hall
from ui.launcher.web import run_web
from ui.problems import NeedsAttention
from ui.settings import read_settings
from ui.testing import Device, LivePage, RunningHall, eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

WEB = "hall.web-1"
SENSOR = "CLI-NEW"
ENTITY = f"shifanqu:device:{SENSOR}"


def configure(path: Path, sections: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        line
        for name, content in sections.items()
        for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in content.items()))
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


class Place:
    """A hall that tells its feed over the broker, and a web process of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = configure(
            folder / "hall.toml",
            {"hall": {"data": str(folder / "d")}, "http": {"port": 0}, "live": {"broker": True}},
        )
        self.hall = RunningHall("up", "--config", config, "--json", folder=folder / "hall")
        self.web = self.hall

    def begin(self) -> None:
        self.hall.await_ready()
        with running_hall(self.folder / "d") as outside:
            sensor = outside.enrolment.enrol([Wish(row=1, key=SENSOR, kind="climate_sensor")], actor="test", why="test")
            (web,) = outside.enrolment.rotate([WEB], actor="test", why="test")
            outside.take_over([*sensor, web])
        self.credential = {"password": sensor[0].password}
        self.web = self.start_web(web)
        self.web.await_ready()

    def start_web(self, made: Enrolled) -> RunningHall:
        user = made.key
        password = self.folder / f"{user}.password"
        password.write_text(made.password or "", encoding="utf-8")
        config = configure(
            self.folder / f"{user}.toml",
            {
                "hall": {"data": str(self.folder / "d")},
                "http": {"port": 0},
                "database": {"url": self.hall.document["database"]},
                "broker": {"url": self.hall.document["broker"], "user": user, "password_file": str(password)},
            },
        )
        words = ("up", "--config", config, "--roles", "web", "--json")
        return RunningHall(*words, folder=self.folder / user)

    def end(self) -> None:
        self.web.kill()
        self.hall.kill()


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="ht-"))
    folder.chmod(0o711)
    made = Place(folder)
    try:
        made.begin()
        yield made
        made.web.stop()
        made.hall.stop()
    finally:
        made.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def admin(place: Place) -> Iterator[httpx2.Client]:
    with closing(place.hall.client("admin")) as client:
        eventually(lambda: client.get(f"/devices/{SENSOR}").status_code == 200, what="the device in the hall")
        yield client


@pytest.fixture(scope="module")
def sensor(place: Place, admin: httpx2.Client) -> Iterator[Device]:  # noqa: ARG001 - it is known then
    with place.hall.device(SENSOR, place.credential) as device:
        yield device


def test_a_page_of_a_web_process_sees_what_the_halls_own_pages_see(
    place: Place, admin: httpx2.Client, sensor: Device
) -> None:
    web = place.web
    with place.hall.page("ops", admin) as own, web.page("ops", admin) as page:
        sensor.report(temperature=21.5)
        own.expect_value(ENTITY, "temperature", 21.5)
        page.expect_value(ENTITY, "temperature", 21.5)
        told, hello = page.messages[-1], page.messages[0]
        assert hello["type"] == "hello"
        assert hello["epoch"] == own.messages[0]["epoch"]
    sensor.report(temperature=22.5)
    at = {"type": "resume", "epoch": hello["epoch"], "seq": told["seq"]}
    with place.hall.page("ops", admin, **at) as resumed:
        resumed.expect_value(ENTITY, "temperature", 22.5)
        assert "snap" not in {m["type"] for m in resumed.messages}


def test_it_asks_as_the_hall_does_who_may_see_what(place: Place, admin: httpx2.Client) -> None:
    web = place.web
    with web.page("hall") as anybody:
        assert [anybody.receive()["type"] for _ in range(2)] == ["hello", "snap"]
    with web.page("ops") as stranger:
        assert stranger.receive()["status"] == 401
        with pytest.raises(ConnectionClosed):
            stranger.receive()
    with web.page("ops", admin, query=f"?entity={SENSOR}&kind=nonsense") as lost:
        assert lost.receive()["type"] == "problem"
    with closing(web.client()) as client:
        assert client.get("/live/sse", params={"view": "ops"}).status_code == 401
        assert client.get("/devices").status_code == 404
        assert client.get("/health").json()["ready"] is True
        assert "halltwin_now" in client.get(web.document["url"] + "/metrics").text


def test_what_a_web_process_refuses_is_on_the_halls_record(place: Place) -> None:
    with pytest.raises(InvalidStatus):
        LivePage(place.web.document["api"], {"type": "sub", "view": "hall"}, None, origin="https://elsewhere.example")

    def told() -> list[tuple[str, int]]:
        with psycopg.connect(place.hall.document["database"]) as conn:
            return conn.execute(
                "SELECT target, (after ->> 'status')::int FROM audit.line WHERE action = 'request.refused'"
            ).fetchall()

    assert ("WS /api/v1/live", 403) in eventually(told, what="a line of the refusal")


def test_server_sent_events_resume_by_their_id(place: Place, admin: httpx2.Client, sensor: Device) -> None:

    def read(web: RunningHall, last: str | None) -> tuple[str, str]:
        headers = {"Last-Event-ID": last} if last else {}
        request = {"params": {"view": "ops"}, "headers": headers}
        with (
            closing(httpx2.Client(base_url=web.document["api"], cookies=admin.cookies, timeout=20)) as client,
            client.stream("GET", "/live/sse", **request) as answer,  # type: ignore[arg-type]
        ):
            lines = answer.iter_lines()
            at, kinds = "", []
            for line in lines:
                at = line.removeprefix("id: ") if line.startswith("id: ") else at
                if line.startswith("data: "):
                    kinds.append(json.loads(line.removeprefix("data: "))["type"])
                    if kinds[-1] != "hello":
                        return at, kinds[-1]
        raise AssertionError(kinds)

    at, kind = read(place.hall, None)
    assert kind == "snap"
    sensor.report(temperature=19.25)
    with LivePage(place.web.document["api"], {"type": "sub", "view": "ops", "hz": 10}, admin) as page:
        page.expect_value(ENTITY, "temperature", 19.25)
    assert read(place.web, at)[1] == "delta"
    assert read(place.web, at.rpartition("-")[0] + "-999999999")[1] == "snap"


@pytest.mark.parametrize(
    ("sections", "where"),
    [
        ({}, "password_file"),
        (
            {"broker": {"url": "mqtts://h:1", "password_file": "/dev/null"}, "database": {"url": "postgresql:///d"}},
            "user",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, sections: dict[str, Any], where: str) -> None:
    settings = read_settings(Path(configure(tmp_path / "no.toml", sections)))
    with pytest.raises(NeedsAttention) as found:
        run_web(settings, on_ready=lambda _: None)
    assert where in found.value.where
