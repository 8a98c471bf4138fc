"""Every command ends, and everybody is told how."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from iot.catalogue import KINDS
from iot.messages import CommandAck
from twin.command_terms import Terms
from twin.errors import NotFound, Refused
from twin.store import audit
from twin.store.database import Database
from twin.testing import HALL, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration


def state_of(hall: RunningHall, command_id: str) -> str:
    return hall.twin.commands.get(command_id).state


def fire_lock(hall: RunningHall, *, by: str = "manager") -> str:
    """A door's lock, armed by the manager and fired; its id."""
    armed = hall.twin.commands.send("D-1", "lock", {}, actor="manager", reason="闭馆")
    assert armed.state == "armed"
    hall.twin.commands.fire(armed.id, actor=by)
    wait_until(lambda: state_of(hall, armed.id) == "sent")
    return armed.id


def answer(hall: RunningHall, command_id: str, status: str, *, device: str = "D-1", detail: str = "") -> None:
    ack = CommandAck(device=device, id=command_id, ts_ms=0, status=status, detail=detail)  # type: ignore[arg-type]
    receipt = hall.wire.receive(ack)
    wait_until(lambda: receipt in hall.wire.acknowledged)


# --- done means confirmed


def test_a_command_is_done_once_the_sensor_says_so(hall: RunningHall) -> None:
    hall.online("D-1")
    command_id = fire_lock(hall)
    assert [(r.device, r.name, r.id) for r in hall.wire.sent] == [("D-1", "lock", command_id)]
    answer(hall, command_id, "done")
    waiting = hall.twin.commands.get(command_id)
    assert (waiting.state, waiting.confirmed) == ("accepted", False)
    assert waiting.answered_ms is not None
    hall.wire.receive(telemetry("D-1", {"lock_state": "locked"}, seq=1))
    wait_until(lambda: state_of(hall, command_id) == "done")
    assert hall.twin.commands.get(command_id).confirmed


def test_what_the_sensor_does_not_confirm_in_time_has_failed(hall: RunningHall) -> None:
    hall.online("D-1")
    command_id = fire_lock(hall)
    answer(hall, command_id, "done")
    hall.wire.receive(telemetry("D-1", {"lock_state": "unlocked"}, seq=1))
    wait_until(lambda: hall.value("D-1", "lock_state") == "unlocked")
    hall.clock.advance(6)
    wait_until(lambda: state_of(hall, command_id) == "failed")
    ended = hall.twin.commands.get(command_id)
    assert (ended.why, ended.confirmed) == ("unconfirmed", False)
    hall.wire.receive(telemetry("D-1", {"lock_state": "locked"}, seq=2))
    wait_until(lambda: hall.value("D-1", "lock_state") == "locked")
    assert state_of(hall, command_id) == "failed"


def test_a_sensor_may_be_quicker_than_the_device(hall: RunningHall) -> None:
    hall.online("D-1")
    command_id = fire_lock(hall)
    hall.wire.receive(telemetry("D-1", {"lock_state": "locked"}, seq=1))
    wait_until(lambda: hall.twin.commands.get(command_id).confirmed)
    assert state_of(hall, command_id) == "sent"
    answer(hall, command_id, "done")
    assert state_of(hall, command_id) == "done"


@pytest.mark.parametrize(("word", "end", "why"), [("accepted", "done", "unanswered"), (None, "expired", "no_answer")])
def test_a_sensor_speaks_for_a_device_that_began_and_for_no_other(
    hall: RunningHall, word: str | None, end: str, why: str
) -> None:
    hall.online("D-1")
    command_id = fire_lock(hall)
    if word is not None:
        answer(hall, command_id, word)
    hall.wire.receive(telemetry("D-1", {"lock_state": "locked"}, seq=1))
    wait_until(lambda: hall.twin.commands.get(command_id).confirmed)
    hall.clock.advance(6)
    wait_until(lambda: state_of(hall, command_id) == end)
    assert hall.twin.commands.get(command_id).why == why


@pytest.mark.parametrize("quality", ["good", "bad"])
def test_a_bad_value_confirms_nothing(hall: RunningHall, quality: Literal["good", "bad"]) -> None:
    hall.online("D-1")
    command_id = fire_lock(hall)
    hall.wire.receive(telemetry("D-1", {"lock_state": "locked"}, seq=1, quality={"lock_state": quality}))
    wait_until(lambda: hall.value("D-1", "lock_state") == "locked")
    answer(hall, command_id, "done")
    assert state_of(hall, command_id) == ("done" if quality == "good" else "accepted")


def test_what_was_reported_between_arming_and_firing_confirms_nothing(hall: RunningHall) -> None:
    hall.online("D-1")
    armed = hall.twin.commands.send("D-1", "lock", {}, actor="manager", reason="闭馆")
    hall.wire.receive(telemetry("D-1", {"lock_state": "locked"}, seq=1))
    wait_until(lambda: hall.value("D-1", "lock_state") == "locked")
    hall.clock.advance(1)
    hall.twin.commands.fire(armed.id, actor="manager")
    wait_until(lambda: state_of(hall, armed.id) == "sent")
    answer(hall, armed.id, "done")
    assert (state_of(hall, armed.id), hall.twin.commands.get(armed.id).confirmed) == ("accepted", False)


# --- two steps


def test_who_fires_sees_what_it_does_and_where_and_both_are_recorded(hall: RunningHall) -> None:
    hall.twin.versions.open(HALL, actor="admin")
    hall.online("D-1")
    armed = hall.twin.commands.send("D-1", "unlock", {}, actor="guard", reason="送货")
    assert (armed.armed_by, armed.fired_by) == ("guard", None)
    assert armed.effect == {
        "zh": "D-1（一层 大厅）：门将打开，任何人都能进入", "en": "D-1 (一层 大厅): The door opens to anybody",
    }  # fmt: skip
    fired = hall.twin.commands.fire(armed.id, actor="manager")
    assert (fired.issuer, fired.armed_by, fired.fired_by) == ("guard", "guard", "manager")
    wait_until(lambda: hall.wire.sent)
    sent = hall.wire.sent[0]
    assert sent.issuer == "manager"
    assert sent.expires_ms - hall.clock() <= 5_000
    with hall.database.transaction() as conn:
        lines = audit.list_lines(conn, target=armed.id)
    steps = [(line["actor"], line["action"]) for line in reversed(lines)]
    assert steps[:2] == [("guard", "command.armed"), ("manager", "command.queued")]


def test_what_a_person_typed_is_no_pattern_of_the_effect(hall: RunningHall) -> None:
    terms = Terms(KINDS, hall.twin.registry, lambda _device: {"zh": "某处", "en": "somewhere"})
    announce = KINDS["pa_zone"].find_command("announce")
    assert announce is not None
    effect = terms.effect(hall.twin.registry.get_device("D-1"), announce, {"text": "{repeat}{text}", "repeat": 2})
    assert effect is not None
    assert effect["en"] == "D-1 (somewhere): Everybody in this zone will hear: “{repeat}{text}”"


def test_a_command_is_fired_once_whoever_presses_how_often(hall: RunningHall) -> None:
    hall.online("D-1")
    armed = hall.twin.commands.send("D-1", "lock", {}, actor="guard", reason="闭馆")
    hall.twin.commands.fire(armed.id, actor="manager")
    again = hall.twin.commands.fire(armed.id, actor="manager")
    assert again.id == armed.id
    with pytest.raises(Refused, match="not armed"):
        hall.twin.commands.fire(armed.id, actor="guard")
    wait_until(lambda: state_of(hall, armed.id) == "sent")
    assert len(hall.wire.sent) == 1


def test_an_armed_command_is_put_away_by_hand(hall: RunningHall) -> None:
    hall.online("D-1")
    armed = hall.twin.commands.send("D-1", "unlock", {}, actor="guard", reason="送货")
    assert hall.twin.commands.disarm(armed.id, actor="guard").state == "disarmed"
    with pytest.raises(Refused, match="not armed"):
        hall.twin.commands.fire(armed.id, actor="guard")
    with pytest.raises(Refused, match="not armed"):
        hall.twin.commands.disarm(armed.id, actor="guard")
    assert hall.wire.sent == []


# --- at most once


def test_asked_again_with_the_same_key_it_is_the_same_command(hall: RunningHall) -> None:
    hall.online("SCR-1")
    ask = {"device_id": "SCR-1", "name": "show_text", "arguments": {"text": "你好"}, "key": "k1"}
    first = hall.twin.commands.send(**ask, actor="manager")
    wait_until(lambda: state_of(hall, first.id) == "sent")
    assert hall.twin.commands.send(**ask, actor="manager").id == first.id
    assert hall.twin.commands.send(**ask, actor="clerk").id != first.id
    wait_until(lambda: len(hall.wire.sent) == 2)
    with pytest.raises(Refused, match="another command"):
        hall.twin.commands.send(**{**ask, "arguments": {"text": "再见"}}, actor="manager")
    assert hall.twin.commands.send(**{**ask, "key": None}, actor="manager").id != first.id


def test_a_key_holds_after_a_restart(hall: RunningHall) -> None:
    hall.online("SCR-1")
    first = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager", key="k1")
    wait_until(lambda: state_of(hall, first.id) == "sent")
    hall.twin.stop()
    later = RunningHall(hall.database)
    try:
        again = later.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager", key="k1")
        assert again.id == first.id
        assert later.wire.sent == []
        later.clock.advance(7)
        wait_until(lambda: state_of(later, first.id) == "expired")
    finally:
        later.twin.stop()


def test_the_refusal_of_a_repetition_is_not_the_end_of_the_first(hall: RunningHall) -> None:
    hall.online("D-1")
    command_id = fire_lock(hall)
    answer(hall, command_id, "accepted")
    answer(hall, command_id, "refused", detail="seen before")
    assert state_of(hall, command_id) == "accepted"


def test_a_word_after_the_end_is_kept_with_it(hall: RunningHall) -> None:
    hall.online("D-1")
    command_id = fire_lock(hall)
    hall.clock.advance(6)
    wait_until(lambda: state_of(hall, command_id) == "expired")
    answer(hall, command_id, "refused", detail="expired")
    ended = hall.twin.commands.get(command_id)
    assert (ended.state, ended.detail) == ("expired", "the device did not answer; later it said refused: expired")


# --- another device confirms


def test_the_sensor_of_another_device_at_the_same_thing_confirms(database: Database) -> None:
    door = replace(KINDS["door"], commands=tuple(
        replace(c, confirmed_by=replace(c.confirmed_by, by_kind="climate_sensor", point="motion"))
        if c.confirmed_by and c.name == "lock" else c
        for c in KINDS["door"].commands
    ))  # fmt: skip
    hall = RunningHall(database, kinds={**KINDS, "door": door})
    terms = Terms(hall.twin.kinds, hall.twin.registry, lambda _device: {"zh": ""})
    lock = door.find_command("lock")
    assert lock is not None
    try:
        own = hall.twin.registry.get_device("D-1")
        assert terms.awaited(own, lock, {}) is None  # nothing else stands at this opening
        at = {"opening": "test:opening:1"}
        hall.twin.registry.remember(replace(own, serves=at))
        hall.twin.registry.remember(replace(hall.twin.registry.get_device("T-1"), serves=at))
        found = terms.awaited(hall.twin.registry.get_device("D-1"), lock, {})
        assert found is not None
        assert (found.entity, found.point, found.value) == ("test:device:T-1", "motion", "locked")
    finally:
        hall.twin.stop()


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
        (["accepted", "refused"], "expired", "the device accepted and did not finish"),
        (["failed", "done"], "failed", "x"),
        (["refused"], "refused", "x"),
    ],
)
def test_a_command_ends_once_whatever_the_device_says(
    hall: RunningHall, acks: list[str], end: str, detail: str
) -> None:
    """Of a command that no sensor confirms."""
    feed = hall.twin.hub.subscribe("ops", wake=lambda: None)
    feed.take()
    hall.online("UPS-1")
    command = hall.twin.commands.send("UPS-1", "self_test", {}, actor="manager", reason="月检")
    wait_until(lambda: state_of(hall, command.id) == "sent")
    for status in acks:
        ack = CommandAck(device="UPS-1", id=command.id, ts_ms=0, status=status, detail="x")  # type: ignore[arg-type]
        receipt = hall.wire.receive(ack)
        wait_until(lambda receipt=receipt: receipt in hall.wire.acknowledged)  # type: ignore[misc]
    hall.clock.advance(11)
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
