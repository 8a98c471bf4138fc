"""A replay of what a real hall recorded: alarms, commands, a restart, a new building, at every time on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iot.messages import CommandAck
from twin.replay import EDGE_MS, Replay
from twin.store.database import Database
from twin.testing import HALL, SITE, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration

T1, DOOR = f"{SITE}:device:T-1", f"{SITE}:device:D-1"
START = 1_763_000_000_000


def say(hall: RunningHall, key: str, seq: int, **values: Any) -> None:
    receipt = hall.wire.receive(telemetry(key, values, seq=seq, ts_ms=hall.clock()))
    wait_until(lambda: receipt in hall.wire.acknowledged)


def record(database: Database) -> RunningHall:
    """Two minutes: readings, an alarm that comes and goes, a door that is told to lock, ten silent seconds, and a
    building without its sprinkler and its sensor.
    """
    hall = RunningHall(database)
    hall.twin.versions.publish(HALL)
    hall.online("T-1")
    hall.online("D-1")
    for n in range(30):
        hall.clock.advance(1)
        say(hall, "T-1", n, temperature=20.0 + n, humidity=50.0)
    say(hall, "UPS-1", 0, on_battery=True)
    wait_until(hall.twin.alarms.list_open)
    hall.clock.advance(5)
    command = hall.twin.commands.send(DOOR, "unlock", {}, actor="manager", reason="replayed")
    hall.clock.advance(1)
    hall.twin.commands.fire(command.id, actor="guard")
    wait_until(lambda: hall.wire.sent)
    hall.clock.advance(1)
    say(hall, "D-1", 0, lock_state="unlocked")
    hall.wire.receive(CommandAck(device="D-1", id=command.id, status="done", ts_ms=hall.clock()))
    wait_until(lambda: hall.twin.commands.get(command.id).state == "done")
    hall.clock.advance(5)
    say(hall, "UPS-1", 1, on_battery=False)
    wait_until(lambda: hall.twin.alarms.list_open()[0]["state"] == "cleared-unacked")
    hall.twin.stop()
    hall.clock.advance(10)
    hall.twin.start()
    hall.twin.attach(hall.wire)
    hall.clock.advance(5)
    hall.online("T-1", boot=2)
    receipt = hall.wire.receive(telemetry("T-1", {"temperature": 25.0}, seq=0, boot=2, ts_ms=hall.clock()))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    hall.clock.advance(20)
    smaller = replace(HALL, devices=tuple(d for d in HALL.devices if d.id not in {T1, f"{SITE}:device:X-1"}))
    hall.twin.versions.publish(smaller)
    hall.clock.advance(20)
    return hall


def test_every_time_on_the_way_is_the_state_of_that_time(database: Database) -> None:
    hall = record(database)
    try:
        past, seconds = hall.twin.past, [0.0]
        replay = Replay(past, site=SITE, epoch="e", now_ms=hall.clock, passed_s=lambda: seconds[0])
        replay.jump(START)
        replay.play(speed=3)
        known, buildings, alarms, commands = set(), set(), set(), set()
        while not replay.state.ended:
            seconds[0] += 0.25
            replay.step()
            truth = past.state_at(replay.state.at_ms)
            assert replay.hub.snapshot().entities == truth.entities
            assert replay.state.known == truth.known
            assert replay.hub.sources.building() == truth.building
            assert {a["id"]: a for a in replay.hub.sources.alarms()} == {a["id"]: a for a in truth.alarms}
            known.add(truth.known)
            buildings.add(truth.building)
            alarms |= {a["state"] for a in truth.alarms}
            commands |= {c["state"] for c in replay.hub.sources.commands()}
        assert replay.state.at_ms == hall.clock() - EDGE_MS
        assert known == {True, False}, "ten seconds of it nobody recorded"
        assert len(buildings) == 2
        assert alarms == {"active", "cleared-unacked"}
        assert commands == {"armed", "sent", "done"}
        assert T1 not in replay.hub.snapshot().entities, "it is not in the building any more"
    finally:
        hall.twin.stop()


def test_the_replay_stops_where_an_alarm_was_raised(database: Database) -> None:
    hall = record(database)
    try:
        replay = Replay(hall.twin.past, site=SITE, epoch="e", now_ms=hall.clock, passed_s=lambda: 0.0)
        replay.jump(START)
        assert replay.seek(forward=True, kinds=["alarm"])
        state = replay.state
        assert state.event is not None
        shown = {(a["source"], a["type"]) for a in replay.hub.sources.alarms()}
        assert (state.event.entity, state.event.name) in shown
    finally:
        hall.twin.stop()
