"""What is wanted outlives a restart and a database that is away, and everybody is told where it is not so."""

from __future__ import annotations

from typing import Any

import pytest

from iot.messages import CommandAck
from twin.errors import NotFound, Refused
from twin.live import Message
from twin.store import audit
from twin.store.database import Database
from twin.testing import SITE, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration
SCREEN = f"{SITE}:device:SCR-1"


def ask(hall: RunningHall, name: str, args: dict[str, Any], *, status: str | None = "done") -> str:
    """A command to the screen, handed to it and answered; its id."""
    command = hall.twin.commands.send("SCR-1", name, args, actor="user:1")
    wait_until(lambda: hall.twin.commands.get(command.id).state == "sent")
    if status is not None:
        ack = CommandAck(device="SCR-1", id=command.id, ts_ms=0, status=status)  # type: ignore[arg-type]
        receipt = hall.wire.receive(ack)
        wait_until(lambda: receipt in hall.wire.acknowledged)
    return command.id


def shows(hall: RunningHall, text: str, *, seq: int, boot: int = 1) -> None:
    hall.wire.receive(telemetry("SCR-1", {"text": text}, seq=seq, boot=boot, ts_ms=hall.clock()))
    wait_until(lambda: hall.value("SCR-1", "text") == text)


def standing(hall: RunningHall, point: str = "text") -> tuple[Any, str]:
    found = next((one for one in hall.twin.drift.list_wanted([SCREEN]) if one["point"] == point), None)
    return (None, "none") if found is None else (found["value"], found["standing"])


def told(messages: list[Message]) -> list[tuple[Any, str]]:
    return [(m["desired"]["value"], m["desired"]["standing"]) for m in messages if m["type"] == "desired"]


def test_a_text_stays_wanted_and_a_change_by_hand_is_told_as_drift(hall: RunningHall) -> None:
    page = hall.twin.hub.subscribe("ops", wake=lambda: None)
    board = hall.twin.hub.subscribe("data", wake=lambda: None)
    page.take()
    board.take()
    heard: list[tuple[Any, str]] = []

    def hears(*expected: tuple[Any, str]) -> None:
        def all_of_them() -> bool:
            heard.extend(told(page.take()))
            return heard == list(expected)

        wait_until(all_of_them)
        heard.clear()

    hall.online("SCR-1")
    command = ask(hall, "show_text", {"text": "请到2号窗"})
    hears(("请到2号窗", "waiting"))
    shows(hall, "请到2号窗", seq=1)
    hears(("请到2号窗", "as_wanted"))
    hall.clock.advance(60)
    shows(hall, "维修中", seq=2)
    by_hand_ms = hall.clock()
    hears(("请到2号窗", "waiting"))
    hall.clock.advance(6)
    hears(("请到2号窗", "differs"))
    (found,) = hall.twin.drift.list_wanted()
    assert found == {
        "entity": SCREEN, "point": "text", "value": "请到2号窗", "since_ms": by_hand_ms - 60_000, "by": "user:1",
        "command": command, "away_ms": by_hand_ms, "standing": "differs",
    }  # fmt: skip
    assert hall.twin.hub.subscribe("alert", wake=lambda: None).take()[1]["desired"] == [found]
    shows(hall, "请到2号窗", seq=3)
    hears(("请到2号窗", "as_wanted"))
    assert told(board.take()) == []  # not for boards and programs of others: it says who asked


def test_a_newer_command_replaces_it_whatever_the_device_makes_of_it(hall: RunningHall) -> None:
    hall.online("SCR-1")
    ask(hall, "show_text", {"text": "A"})
    shows(hall, "A", seq=1)
    hall.clock.advance(1)
    refused = ask(hall, "show_text", {"text": "B"}, status="refused")
    assert hall.twin.commands.get(refused).state == "refused"
    assert standing(hall) == ("B", "waiting")
    hall.clock.advance(6)
    assert standing(hall) == ("B", "differs")
    assert standing(hall, "brightness") == (None, "none")


def test_what_never_reached_the_device_is_not_wanted(hall: RunningHall) -> None:
    hall.online("SCR-1", online=False)
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "A"}, actor="user:1")
    hall.clock.advance(6)
    wait_until(lambda: hall.twin.commands.get(command.id).state == "expired")
    assert hall.twin.drift.list_wanted() == []
    hall.online("SCR-1", boot=2)
    hall.wire.refuse = "no connection"
    unsent = hall.twin.commands.send("SCR-1", "show_text", {"text": "A"}, actor="user:1")
    wait_until(lambda: hall.twin.commands.get(unsent.id).state == "failed")
    assert hall.twin.drift.list_wanted() == []


def test_a_person_says_that_it_is_no_longer_wanted(hall: RunningHall) -> None:
    hall.online("SCR-1")
    first = ask(hall, "show_text", {"text": "A"})
    hall.clock.advance(1)
    second = ask(hall, "show_text", {"text": "B"})
    withdraw = hall.twin.drift.withdraw
    with pytest.raises(Refused, match="by now"):  # what they saw was A
        withdraw(SCREEN, "text", command=first, actor="user:2", reason="撤下")
    with pytest.raises(Refused, match="why"):
        withdraw(SCREEN, "text", command=second, actor="user:2", reason=" ")
    withdraw(SCREEN, "text", command=second, actor="user:2", reason="撤下")
    assert standing(hall) == (None, "none")
    with pytest.raises(NotFound):
        withdraw(SCREEN, "text", command=second, actor="user:2", reason="撤下")
    with hall.database.transaction() as conn:
        (line,) = audit.list_lines(conn, target=SCREEN)
    assert (line["actor"], line["action"], line["why"]) == ("user:2", "desired.withdrawn", "撤下")
    assert (line["before"]["point"], line["before"]["value"]) == ("text", "B")


def test_what_is_wanted_and_since_when_it_differs_outlives_a_restart(database: Database) -> None:
    first = RunningHall(database)
    try:
        first.online("SCR-1")
        ask(first, "show_text", {"text": "A"})
        first.clock.advance(1)
        brightness = ask(first, "set_brightness", {"brightness": 40})
        shows(first, "A", seq=1)
        first.clock.advance(10)
        shows(first, "by hand", seq=2)
        differs_ms = first.clock()
        first.clock.advance(7)
        shows(first, "by hand", seq=3)  # said again while it is drift already
        wait_until(lambda: {d["standing"] for d in first.twin.drift.list_wanted()} == {"differs", "unknown"})
        first.twin.drift.withdraw(SCREEN, "brightness", command=brightness, actor="user:1", reason="不要了")
        wait_until(lambda: first.twin.committer.waiting == 0)
    finally:
        first.twin.stop()
    second = RunningHall(database, clock=first.clock)
    try:
        (found,) = second.twin.drift.list_wanted()
        assert (found["value"], found["standing"], found["away_ms"]) == ("A", "differs", differs_ms)
        assert second.twin.hub.subscribe("ops", wake=lambda: None).take()[1]["desired"] == [found]
        second.online("SCR-1", boot=2)
        shows(second, "A", seq=1, boot=2)
        wait_until(lambda: standing(second) == ("A", "as_wanted"))
    finally:
        second.twin.stop()


def test_of_a_device_that_left_the_building_nothing_is_wanted(hall: RunningHall) -> None:
    hall.online("SCR-1")
    ask(hall, "show_text", {"text": "A"})
    hall.twin.forget([SCREEN], actor="user:3")
    wait_until(lambda: hall.twin.drift.list_wanted() == [])
    with hall.database.transaction() as conn:
        assert conn.execute("select value from twin.desired").fetchall() == [(None,)]
        assert [line["action"] for line in audit.list_lines(conn, target=SCREEN)] == ["desired.withdrawn"]
