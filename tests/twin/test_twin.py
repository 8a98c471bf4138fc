"""The whole twin over a fake connector and a real database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from building.model import Building, Device, Floor, Pose
from iot.catalogue import KINDS
from iot.messages import CommandAck, Presence
from twin.errors import NotFound, Refused
from twin.store import audit
from twin.store.database import Database
from twin.testing import FakeConnector, Ids, ManualClock, telemetry, wait_until
from twin.twin import Twin

pytestmark = pytest.mark.integration
SITE = "test"


def device(key: str, kind: str) -> Device:
    return Device(
        id=f"{SITE}:device:{key}", name={"zh": key, "en": key}, kind=kind, floor=f"{SITE}:floor:1F",
        space=f"{SITE}:space:1F-HALL", pose=Pose(x_m=1, y_m=2, z_m=3),
    )  # fmt: skip


HALL = Building(
    site=SITE, name={"zh": "厅", "en": "Hall"}, format="test", schema="1",
    floors=(Floor(id=f"{SITE}:floor:1F", name={"zh": "一层"}, number="1F", ordinal=1, elevation_m=0, height_m=4),),
    devices=(device("UPS-1", "ups"), device("D-1", "door"), device("SCR-1", "screen"), device("T-1", "climate_sensor")),
)  # fmt: skip


class Running:
    def __init__(self, database: Database) -> None:
        self.clock = ManualClock()
        self.database = database
        self.twin = Twin(site=SITE, kinds=KINDS, database=database, now_ms=self.clock, new_id=Ids())
        with database.transaction() as conn:
            self.twin.registry.adopt(conn, HALL)
        self.twin.start()
        self.wire = FakeConnector(self.clock)
        self.twin.attach(self.wire)

    def online(self, key: str) -> None:
        self.wire.receive(Presence(device=key, online=True, boot=1, ts_ms=self.clock()))
        wait_until(lambda: self.twin.value(f"{SITE}:device:{key}", "online"))


@pytest.fixture
def hall(database: Database) -> Iterator[Running]:
    running = Running(database)
    yield running
    running.twin.stop()


def test_a_reading_is_shown_recorded_and_only_then_acknowledged(hall: Running) -> None:
    receipt = hall.wire.receive(telemetry("T-1", {"temperature": 21.5, "humidity": 40}, seq=1))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    assert hall.twin.history(f"{SITE}:device:T-1", "temperature", since_ms=0) == [(1_763_000_000_000, 21.5)]
    value = hall.twin.value(f"{SITE}:device:T-1", "temperature")
    assert value is not None
    assert (value.value, value.quality, value.source) == (21.5, "good", "device")


def test_an_alarm_is_raised_once_acknowledged_by_name_and_closed_when_it_ends(hall: Running) -> None:
    feed = hall.twin.hub.subscribe("alert", wake=lambda: None)
    feed.take()
    for seq in (1, 2):
        hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=seq))
    wait_until(hall.twin.alarms.list_open)
    (alarm,) = hall.twin.alarms.list_open()
    assert (alarm["type"], alarm["state"], alarm["priority"]) == ("on_battery", "active", 1)
    assert alarm["source_name"] == {"zh": "UPS-1", "en": "UPS-1"}
    seen = hall.twin.alarms.acknowledge(alarm["id"], actor="王芳", note="去看了")
    assert (seen["state"], seen["acked_by"]) == ("acknowledged", "王芳")
    with pytest.raises(Refused, match="王芳"):
        hall.twin.alarms.acknowledge(alarm["id"], actor="李")
    hall.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=3))
    wait_until(lambda: not hall.twin.alarms.list_open())
    assert [a["state"] for a in hall.twin.alarms.history()] == ["closed"]
    states = [m["alarm"]["state"] for m in feed.take() if m["type"] == "alarm"]
    assert states == ["active", "acknowledged", "closed"]
    with hall.database.transaction() as conn:
        (line,) = audit.list_lines(conn, target=alarm["id"])
    assert (line["actor"], line["action"], line["why"]) == ("王芳", "alarm.acknowledge", "去看了")


def test_a_command_is_sent_acknowledged_and_confirmed_by_the_point(hall: Running) -> None:
    hall.online("D-1")
    command = hall.twin.commands.send("D-1", "lock", {}, actor="manager", reason="闭馆")
    if command.state == "armed":
        command = hall.twin.commands.fire(command.id, actor="manager")
    wait_until(lambda: hall.wire.sent)
    assert (hall.wire.sent[0].device, hall.wire.sent[0].name) == ("D-1", "lock")
    hall.wire.receive(CommandAck(device="D-1", id=command.id, ts_ms=0, status="done"))
    wait_until(lambda: hall.twin.commands.get(command.id).state == "done")
    assert not hall.twin.commands.get(command.id).confirmed
    point = next(c.confirmed_by for c in KINDS["door"].commands if c.name == "lock")
    assert point is not None
    assert point.equals is not None
    hall.wire.receive(telemetry("D-1", {point.point: point.equals}, seq=1))
    wait_until(lambda: hall.twin.commands.get(command.id).confirmed)


def test_a_command_to_an_offline_device_expires(hall: Running) -> None:
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager", reason="试")
    assert command.state == "queued"
    hall.clock.advance(60)
    wait_until(lambda: hall.twin.commands.get(command.id).state == "expired")
    assert hall.twin.commands.get(command.id).detail == "the device is offline"
    assert hall.wire.sent == []


def test_wrong_commands_are_refused_before_anything_is_sent(hall: Running) -> None:
    with pytest.raises(NotFound):
        hall.twin.commands.send("NOBODY", "lock", {}, actor="a")
    with pytest.raises(NotFound):
        hall.twin.commands.send("D-1", "explode", {}, actor="a")
    with pytest.raises(Refused, match="no argument"):
        hall.twin.commands.send("SCR-1", "show_text", {"text": "x", "nonsense": 1}, actor="a", reason="r")
