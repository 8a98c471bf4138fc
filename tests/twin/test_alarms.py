"""Alarms from declaration to acknowledgement, each shown only after its commit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from iot.catalogue import load_kinds
from twin.alarms import Alarm, after_acknowledgement, after_verdict
from twin.conditions import Verdict
from twin.errors import NotFound, Refused
from twin.rules.offline import ON_DELAY_S as OFFLINE_DELAY_S
from twin.store import audit
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration
SPRINKLER = """
from iot.kind import AlarmType, Kind, Look, Point, When

KIND = Kind(
    name="sprinkler", label={"zh": "喷淋", "en": "Sprinkler"}, brick="hall:Sprinkler",
    points=(Point(name="pressure", label={"zh": "压力", "en": "Pressure"}, type="float", range=(0, 20), ttl_s=60,
                  brick="brick:Pressure_Sensor"),),
    alarms=(AlarmType(name="low", label={"zh": "压力低", "en": "Pressure low"}, priority=1, life_safety=True,
                      when=When(point="pressure", op="<", value=4.0, deadband=1.0),
                      consequence={"zh": "喷淋失效", "en": "It will not spray"},
                      response={"zh": "查泵", "en": "Look at the pump"}),),
    look=Look(icon="droplet", layer="environment", headline="pressure"),
)
"""


def test_an_alarm_is_raised_once_acknowledged_by_name_and_closed_when_it_ends(hall: RunningHall) -> None:
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


def test_a_kind_in_a_file_of_ones_own_raises_its_alarm(database: Database, tmp_path: Path) -> None:
    (tmp_path / "sprinkler.py").write_text(SPRINKLER, encoding="utf-8")
    hall = RunningHall(database, kinds=load_kinds(extra=tmp_path))
    try:
        feed = hall.twin.hub.subscribe("alert", wake=lambda: None)
        feed.take()
        hall.wire.receive(telemetry("X-1", {"pressure": 3.0}, seq=1))
        wait_until(hall.twin.alarms.list_open)
        told = [m["alarm"] for m in feed.take() if m["type"] == "alarm"]
        assert [(a["type"], a["source"], a["life_safety"]) for a in told] == [("low", f"{SITE}:device:X-1", True)]
        assert told[0]["response"] == {"zh": "查泵", "en": "Look at the pump"}
    finally:
        hall.twin.stop()


def test_a_device_that_goes_offline_is_an_alarm_of_its_kinds_priority(hall: RunningHall) -> None:
    hall.online("UPS-1")
    hall.online("UPS-1", online=False)
    hall.clock.advance(OFFLINE_DELAY_S + 1)
    wait_until(hall.twin.alarms.list_open)
    (alarm,) = hall.twin.alarms.list_open()
    assert (alarm["type"], alarm["priority"]) == ("offline", hall.twin.kinds["ups"].offline_priority)


def test_a_device_that_comes_back_at_once_is_no_alarm(hall: RunningHall) -> None:
    hall.online("UPS-1")
    hall.online("UPS-1", online=False)
    hall.clock.advance(OFFLINE_DELAY_S - 1)
    hall.online("UPS-1", boot=2)
    hall.clock.advance(OFFLINE_DELAY_S + 1)
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=1, boot=2))
    wait_until(hall.twin.alarms.list_open)
    assert [a["type"] for a in hall.twin.alarms.list_open()] == ["on_battery"]


def test_an_alarm_nobody_saw_stays_open_after_it_ended(hall: RunningHall) -> None:
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=1))
    hall.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=2))
    wait_until(lambda: [a["state"] for a in hall.twin.alarms.list_open()] == ["cleared-unacked"])
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=3))
    wait_until(lambda: [a["state"] for a in hall.twin.alarms.list_open()] == ["active"])
    assert len(hall.twin.alarms.history()) == 1


def test_a_reading_older_than_the_current_one_raises_nothing(hall: RunningHall) -> None:
    hall.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=2))
    receipt = hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=1, late=True))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    hall.twin.committer.stop()
    assert hall.twin.alarms.history() == []


def test_open_alarms_survive_a_restart_and_still_end(database: Database) -> None:
    first = RunningHall(database)
    first.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=1))
    wait_until(first.twin.alarms.list_open)
    first.twin.stop()
    second = RunningHall(database)
    try:
        assert second.twin.alarms.list_open() == first.twin.alarms.list_open()
        second.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=2))
        wait_until(lambda: second.twin.alarms.list_open()[0]["state"] == "cleared-unacked")
    finally:
        second.twin.stop()


def test_a_delayed_alarm_comes_when_its_time_has_passed(hall: RunningHall) -> None:
    hall.wire.receive(telemetry("T-1", {"temperature": 40.0}, seq=1))
    wait_until(lambda: hall.value("T-1", "temperature"))
    assert hall.twin.alarms.list_open() == []
    hall.clock.advance(61)
    wait_until(hall.twin.alarms.list_open)
    assert hall.twin.alarms.list_open()[0]["type"] == "high_temperature"


def test_the_database_itself_holds_one_open_alarm_per_source_and_type(database: Database) -> None:
    def add(alarm_id: str, state: str) -> None:
        with database.transaction() as conn:
            conn.execute("insert into twin.alarm values (%s, 's', 'src', 'hot', %s, 0, '{}')", [alarm_id, state])

    add("1", "closed")
    add("2", "active")
    with pytest.raises(psycopg.errors.UniqueViolation):
        add("3", "cleared-unacked")


def test_an_alarm_that_is_not_open_cannot_be_acknowledged(hall: RunningHall) -> None:
    with pytest.raises(NotFound):
        hall.twin.alarms.acknowledge("nothing", actor="a")


ALARM = Alarm(
    id="1", source="s", source_name={}, type="t", label={}, priority=1, state="active", raised_ms=0, consequence={},
    response={}, floor=None, space=None, value=1, life_safety=False,
)  # fmt: skip


def test_each_state_has_its_ways_out() -> None:
    def verdict(holds: bool) -> Verdict:
        return Verdict(source="s", alarm=None, holds=holds, value=1, at_ms=5)  # type: ignore[arg-type]

    ways = {
        state: tuple(
            None if after is None else after.state
            for after in (after_verdict(replace(ALARM, state=state), verdict(holds)) for holds in (True, False))
        )
        for state in ("active", "acknowledged", "cleared-unacked")
    }
    assert ways == {
        "active": (None, "cleared-unacked"),
        "acknowledged": (None, "closed"),
        "cleared-unacked": ("active", None),
    }
    assert after_acknowledgement(ALARM, by="a", now_ms=1).state == "acknowledged"
    assert after_acknowledgement(replace(ALARM, state="cleared-unacked"), by="a", now_ms=1).state == "closed"
    for state in ("acknowledged", "closed"):
        with pytest.raises(Refused):
            after_acknowledgement(replace(ALARM, state=state), by="a", now_ms=1)
