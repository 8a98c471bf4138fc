"""A command on the wire that is not as the hall sent it is an alarm which names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from iot.messages import CommandRequest, CommandSeen
from iot.ports import ConnectorHealth
from twin.command_watch import DISPLACED, LATE_MS, LEDGER_MAX, MISUSE, NAMED_A_MINUTE, QUIET_MS, CommandWatch, Misuse
from twin.conditions import Verdict
from twin.store import audit
from twin.testing import ManualClock, RunningHall, wait_until

DOOR = "test:device:D-1"


class Watching:
    """The watch with its surroundings written down."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.link = ConnectorHealth(
            state="connected", since_ms=self.clock.now_ms - 60_000, last_error=None, received=0, rejected=0,
            unacknowledged=0, broker_dropped=0,
        )  # fmt: skip
        self.told: list[Verdict] = []
        self.recorded: list[Misuse] = []
        self.withdrawn: list[tuple[str, str]] = []
        self.watch = CommandWatch(
            entity_id=lambda key: f"test:device:{key}", tell=self.told.append, record=self.recorded.append,
            withdraw=lambda device, name: self.withdrawn.append((device, name)), link=lambda: self.link,
            now_ms=self.clock,
        )  # fmt: skip

    def send(self, **changes: Any) -> CommandSeen:
        """The hall sends an unlock; as the wire carries it."""
        request = CommandRequest(
            device="D-1", id="c1", name="unlock", expires_ms=self.clock() + 5_000, issuer="user:wang",
            arguments={"n": 1},
        )  # fmt: skip
        request = replace(request, **changes)
        self.watch.sent(request)
        return CommandSeen(
            device=request.device, name=request.name, id=request.id, issuer=request.issuer,
            expires_ms=request.expires_ms, arguments=dict(request.arguments),
        )  # fmt: skip

    def saw(self, seen: CommandSeen) -> tuple[str, ...]:
        """The faults found in it."""
        before = len(self.recorded)
        self.watch.saw(seen, self.clock())
        return tuple(fault for misuse in self.recorded[before:] for fault in misuse.faults)


@pytest.fixture
def watching() -> Watching:
    return Watching()


def test_what_the_hall_sent_is_no_misuse(watching: Watching) -> None:
    assert watching.saw(watching.send()) == ()
    assert (watching.watch.seen, watching.watch.misused, watching.told) == (1, 0, [])


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"id": "c2"}, ("unknown",)),
        ({"name": "lock"}, ("altered",)),
        ({"device": "D-2"}, ("altered",)),
        ({"arguments": {"n": 2}}, ("altered",)),
        ({"arguments": {}}, ("altered",)),
        ({"expires_ms": 1_763_000_600_000}, ("altered",)),
        ({"issuer": "user:li"}, ("issuer",)),
        ({"issuer": "user:li", "name": "lock"}, ("altered", "issuer")),
        ({"retained": True}, ("retained",)),
        ({"retained": True, "id": "c2", "expires_ms": 1}, ("retained", "unknown", "expired")),
        ({"defect": "json"}, ("malformed",)),
    ],
)
def test_each_difference_has_a_name(watching: Watching, changes: dict[str, Any], faults: tuple[str, ...]) -> None:
    assert watching.saw(replace(watching.send(), **changes)) == faults
    verdict = watching.told[0]
    assert (verdict.alarm, verdict.holds) == (MISUSE, True)
    assert all(fault in str(verdict.value) for fault in faults)


def test_a_repetition_is_misuse_unless_the_broker_or_our_own_client_made_it(watching: Watching) -> None:
    seen = watching.send()
    assert watching.saw(seen) == ()
    assert watching.saw(replace(seen, again=True)) == ()
    assert watching.saw(seen) == ("repeated",)
    second = watching.send(id="c2")
    watching.clock.advance(1)
    watching.link = replace(
        watching.link, since_ms=watching.clock()
    )  # cut off and linked again: what was not acknowledged is sent once more
    assert watching.saw(second) == ()
    assert watching.saw(second) == ()
    assert watching.saw(second) == ("repeated",)


def test_what_arrives_long_after_its_expiry_was_held_back(watching: Watching) -> None:
    seen = watching.send()
    watching.clock.advance(5 + LATE_MS / 1000 - 0.001)
    assert watching.saw(seen) == ()
    late = watching.send(id="c2")
    watching.clock.advance(5 + LATE_MS / 1000)
    assert watching.saw(late) == ("expired",)


def test_a_retained_one_is_taken_off_the_broker_and_that_is_no_command(watching: Watching) -> None:
    watching.saw(replace(watching.send(), retained=True))
    assert watching.withdrawn == [("D-1", "unlock")]
    assert watching.saw(CommandSeen(device="D-1", name="unlock", defect="empty", retained=True)) == ()
    assert watching.withdrawn == [("D-1", "unlock")]


def test_a_request_of_the_last_run_to_speak_again_is_no_misuse(watching: Watching) -> None:
    earlier = CommandSeen(
        device="D-1", name="rebirth", id="x1", issuer="hall", expires_ms=watching.clock() + 9_000, arguments={}
    )
    assert watching.saw(earlier) == ()
    assert watching.saw(replace(earlier, expires_ms=watching.clock() + 60_000)) == ("unknown",)
    assert watching.saw(replace(earlier, name="unlock")) == ("unknown",)


def test_one_alarm_while_it_goes_on_and_its_end_when_it_is_quiet(watching: Watching) -> None:
    for n in range(5):
        watching.saw(replace(watching.send(), id=f"forged-{n}"))
        watching.clock.advance(1)
    watching.watch.tick(watching.clock())
    assert [v.holds for v in watching.told] == [True]
    watching.clock.advance(QUIET_MS / 1000)
    watching.watch.tick(watching.clock())
    watching.watch.tick(watching.clock())
    assert [v.holds for v in watching.told] == [True, False]


def test_the_hall_pushed_off_its_own_account_is_an_alarm_until_quiet(watching: Watching) -> None:
    watching.watch.tick(watching.clock())
    assert watching.told == []
    watching.link = replace(watching.link, displaced=1)
    watching.watch.tick(watching.clock())
    watching.watch.tick(watching.clock())
    assert [(v.source, v.alarm, v.holds) for v in watching.told] == [("test:device:hall", DISPLACED, True)]
    watching.clock.advance(QUIET_MS / 1000)
    watching.watch.tick(watching.clock())
    assert [v.holds for v in watching.told] == [True, False]


def test_a_flood_is_counted_and_does_not_flood_the_audit(watching: Watching) -> None:
    for n in range(LEDGER_MAX // 10):
        watching.saw(CommandSeen(device="D-1", name="unlock", id=f"f{n}", expires_ms=watching.clock() + 5_000))
    assert watching.watch.misused == LEDGER_MAX // 10
    assert len(watching.recorded) == NAMED_A_MINUTE
    assert watching.watch.unrecorded == watching.watch.misused - NAMED_A_MINUTE


# --- in a running hall


@pytest.mark.integration
def test_a_forged_command_raises_an_alarm_and_an_audit_line_and_ends_when_quiet(hall: RunningHall) -> None:
    hall.wire.receive(CommandSeen(
        device="D-1", name="unlock", id="f1", issuer="user:li", expires_ms=hall.clock() + 5_000, retained=True
    ))  # fmt: skip
    wait_until(hall.twin.alarms.list_open)
    alarm = hall.twin.alarms.list_open()[0]
    assert (alarm["source"], alarm["type"], alarm["priority"]) == (DOOR, "command_misuse", 1)
    assert alarm["value"] == "unlock f1 by user:li: retained, unknown"
    assert hall.wire.withdrawn == [("D-1", "unlock")]

    def lines() -> list[dict[str, Any]]:
        with hall.database.transaction() as conn:
            return audit.list_lines(conn, target=DOOR)

    wait_until(lines)
    assert (lines()[0]["action"], lines()[0]["after"]["seen"]["id"]) == ("command.misuse", "f1")
    hall.clock.advance(61)
    wait_until(lambda: hall.twin.alarms.list_open()[0]["state"] == "cleared-unacked")
    assert hall.twin.counters()["commands"]["misused"] == 1


@pytest.mark.integration
def test_what_the_hall_sent_before_a_restart_is_still_known(hall: RunningHall) -> None:
    hall.online("SCR-1")
    command = hall.twin.commands.send("SCR-1", "show_text", {"text": "你好"}, actor="manager")
    wait_until(lambda: hall.wire.sent)
    sent = hall.wire.sent[0]
    seen = CommandSeen(
        device=sent.device, name=sent.name, id=sent.id, issuer=sent.issuer, expires_ms=sent.expires_ms,
        arguments=sent.arguments,
    )  # fmt: skip
    assert sent.id == command.id
    hall.twin.stop()
    later = RunningHall(hall.database)
    try:
        receipt = later.wire.receive(seen)
        wait_until(lambda: receipt in later.wire.acknowledged)
        assert later.twin.command_watch.seen == 1
        assert later.twin.command_watch.misused == 0
        later.wire.receive(replace(seen, issuer="user:li"))
        wait_until(lambda: later.twin.command_watch.misused == 1)
    finally:
        later.twin.stop()


# --- on a real broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    running = MosquittoBroker(tmp_path / "broker", BrokerSettings(site="test", port=0))
    running.set_users({"hall": hash_password("pw", b"0123456789ab")})
    running.start()
    yield running
    running.stop()


def forge(broker: MosquittoBroker, payload: bytes, *, retain: bool) -> None:
    """With the hall's own password, from elsewhere: the broker pushes the hall off for it."""
    thief = paho.Client(CallbackAPIVersion.VERSION2, client_id="hall", protocol=paho.MQTTv5)
    thief.username_pw_set("hall", "pw")
    host, port = broker.url.removeprefix("mqtt://").split(":")
    thief.connect(host, int(port), clean_start=True)
    sent = thief.publish("ht/v1/test/D-1/cmd/unlock", payload, qos=1, retain=retain)
    thief.loop_start()
    sent.wait_for_publish(2)
    thief.loop_stop()
    thief.disconnect()
    thief.loop_misc()


@pytest.mark.integration
def test_what_was_left_on_the_broker_while_the_hall_was_away_is_found_when_it_comes(
    hall: RunningHall, broker: MosquittoBroker
) -> None:
    forge(broker, b'{"id":"f1","exp":1763000005000,"by":"user:li","args":{}}', retain=True)
    settings = MqttSettings(site="test", password="pw", socket_path=broker.socket_path)
    hall.twin.attach(MqttConnector(settings, now_ms=hall.clock))
    wait_until(hall.twin.alarms.list_open, timeout_s=2.0)
    assert "retained" in hall.twin.alarms.list_open()[0]["value"]
    assert hall.wire.withdrawn == [("D-1", "unlock")]
