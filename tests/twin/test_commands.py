"""Every command ends, and everybody is told how."""

from __future__ import annotations

import pytest

from iot.catalogue import KINDS
from iot.messages import CommandAck
from twin.errors import NotFound, Refused
from twin.store import audit
from twin.testing import RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration


def state_of(hall: RunningHall, command_id: str) -> str:
    return hall.twin.commands.get(command_id).state


def test_a_command_is_sent_acknowledged_and_confirmed_by_the_point(hall: RunningHall) -> None:
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


def test_a_command_to_an_offline_device_expires(hall: RunningHall) -> None:
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager", reason="试")
    assert command.state == "queued"
    hall.clock.advance(60)
    wait_until(lambda: hall.twin.commands.get(command.id).state == "expired")
    assert hall.twin.commands.get(command.id).detail == "the device is offline"
    assert hall.wire.sent == []


def test_wrong_commands_are_refused_before_anything_is_sent(hall: RunningHall) -> None:
    with pytest.raises(NotFound):
        hall.twin.commands.send("NOBODY", "lock", {}, actor="a")
    with pytest.raises(NotFound):
        hall.twin.commands.send("D-1", "explode", {}, actor="a")
    with pytest.raises(Refused, match="no argument"):
        hall.twin.commands.send("SCR-1", "show_text", {"text": "x", "nonsense": 1}, actor="a", reason="r")


def test_an_armed_command_that_is_not_fired_disarms_itself(hall: RunningHall) -> None:
    hall.online("D-1")
    command = hall.twin.commands.send("D-1", "unlock", {}, actor="guard", reason="送货")
    assert command.state == "armed"
    hall.clock.advance(10.1)
    wait_until(lambda: state_of(hall, command.id) == "disarmed")
    with pytest.raises(Refused, match="not armed"):
        hall.twin.commands.fire(command.id, actor="guard")
    assert hall.wire.sent == []


def test_a_dangerous_command_needs_a_reason(hall: RunningHall) -> None:
    with pytest.raises(Refused, match="reason"):
        hall.twin.commands.send("D-1", "unlock", {}, actor="guard", reason="  ")


@pytest.mark.parametrize(
    ("acks", "end", "detail"),
    [
        ([], "expired", "the device did not answer"),
        (["accepted"], "expired", "the device accepted and did not finish"),
        (["accepted", "done"], "done", "x"),
        (["done", "accepted"], "done", "x"),
        (["failed", "done"], "failed", "x"),
        (["refused"], "refused", "x"),
    ],
)
def test_a_command_ends_once_whatever_the_device_says(
    hall: RunningHall, acks: list[str], end: str, detail: str
) -> None:
    feed = hall.twin.hub.subscribe("ops", wake=lambda: None)
    feed.take()
    hall.online("SCR-1")
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager")
    wait_until(lambda: state_of(hall, command.id) == "sent")
    for status in acks:
        ack = CommandAck(device="SCR-1", id=command.id, ts_ms=0, status=status, detail="x")  # type: ignore[arg-type]
        receipt = hall.wire.receive(ack)
        wait_until(lambda receipt=receipt: receipt in hall.wire.acknowledged)  # type: ignore[misc]
    hall.clock.advance(6)
    wait_until(lambda: state_of(hall, command.id) == end)
    assert hall.twin.commands.get(command.id).detail == detail
    told = [m["command"]["state"] for m in feed.take() if m["type"] == "command"]
    assert told[:2] == ["queued", "sent"]
    assert told[-1] == end
    assert len(set(told)) == len(told)


def test_the_answer_of_another_device_does_not_count(hall: RunningHall) -> None:
    hall.online("SCR-1")
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager")
    receipt = hall.wire.receive(CommandAck(device="D-1", id=command.id, ts_ms=0, status="done"))
    wait_until(lambda: receipt in hall.wire.acknowledged)
    assert state_of(hall, command.id) in {"queued", "sent"}
    assert hall.twin.counters()["commands"]["unknown_acks"] == 1


def test_a_command_that_cannot_be_put_on_the_wire_fails_with_the_reason(hall: RunningHall) -> None:
    hall.online("SCR-1")
    hall.wire.refuse = "the broker is away"
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager")
    wait_until(lambda: state_of(hall, command.id) == "failed")
    assert hall.twin.commands.get(command.id).detail == "the broker is away"


def test_a_point_that_had_the_value_before_confirms_nothing(hall: RunningHall) -> None:
    hall.online("SCR-1")
    hall.wire.receive(telemetry("SCR-1", {"text": "你好"}, seq=1))
    wait_until(lambda: hall.value("SCR-1", "text"))
    hall.clock.advance(1)
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager")
    assert not hall.twin.commands.get(command.id).confirmed
    hall.wire.receive(telemetry("SCR-1", {"text": "别的"}, seq=2))
    wait_until(lambda: hall.value("SCR-1", "text") == "别的")
    assert not hall.twin.commands.get(command.id).confirmed
    hall.wire.receive(telemetry("SCR-1", {"text": "你好"}, seq=3))
    wait_until(lambda: hall.twin.commands.get(command.id).confirmed)


def test_commands_are_listed_newest_first_and_each_step_is_audited(hall: RunningHall) -> None:
    hall.online("SCR-1")
    ids = []
    for n in range(3):
        hall.clock.advance(0.1)
        ids.append(hall.twin.commands.send("SCR-1", "show_text", {"text": str(n)}, actor="manager", reason="试").id)
    wait_until(lambda: state_of(hall, ids[-1]) == "sent")
    assert [c.id for c in hall.twin.commands.list_recent("SCR-1")] == ids[::-1]
    assert hall.twin.commands.list_recent("D-1") == []
    with hall.database.transaction() as conn:
        lines = audit.list_lines(conn, target=ids[0])
    assert [(line["actor"], line["action"], line["why"]) for line in reversed(lines)] == [
        ("manager", "command.queued", "试"),
        ("system", "command.sent", "试"),
    ]
