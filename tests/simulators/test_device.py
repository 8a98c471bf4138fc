"""A device on a line of paper: what it says, keeps, says again and forgets."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest

from simulators.behaviours.behaviour import Behaviour, Facts
from simulators.device import Device, Surroundings
from simulators.faults.troubles import Troubles
from simulators.gateway import Gateway
from simulators.mqtt_packets import Arrived
from simulators.obeying import resend_range
from simulators.testing_mqtt import FakeLine

NOW_MS = 1_800_000_000_000
BOOT = NOW_MS // 1000
KIND: dict[str, Any] = {
    "kind": "thermometer",
    "points": [
        {"name": "temperature", "type": "float", "range": [-40, 85], "ttl_s": 300, "values": {}},
        {"name": "wet", "type": "bool", "range": None, "ttl_s": 300, "values": {}},
    ],
    "events": [{"name": "alarmed"}],
    "commands": [],
    "alarms": [],
}


class Bench:
    """One device, its line, and all that was noted of it."""

    def __init__(self, *, buffer: int = 0, key: str = "D-1") -> None:
        self.notes: list[dict[str, Any]] = []
        self.acknowledged: list[int] = []
        self.device = Device(
            key, kind=KIND, behaviour=Behaviour(), facts=Facts(key=key), random=Random(1), buffer=buffer, beat_s=100,
            around=Surroundings(
                site="s", now_ms=lambda: NOW_MS, speed=1.0, note=self.note,
                acknowledged=lambda message: self.acknowledged.append(message.seq),
            ),
        )  # fmt: skip
        self.line = FakeLine()
        self.device.line = self.line
        self.troubles = Troubles(self.device, note=self.note)

    def note(self, what: str, **facts: Any) -> None:
        self.notes.append({"type": what, **facts})

    def start(self) -> None:
        self.device.power_on()
        self.line.connect(self.device)
        self.line.acknowledge(self.device)

    def command(self, name: str, ident: str = "c-1", **arguments: Any) -> None:
        body = {"id": ident, "exp": NOW_MS + 1000, "by": "t", "args": arguments}
        topic = f"ht/v1/s/{self.device.key}/cmd/{name}"
        self.device.on_message(Arrived(topic=topic, payload=json.dumps(body).encode(), qos=1, retained=False, mid=1))

    def measure(self, count: int) -> None:
        for _ in range(count):
            self.device.report_all()

    def numbers(self) -> list[tuple[int, int, bool]]:
        return [(t["boot"] - BOOT, t["seq"], t.get("late", False)) for t in self.line.said("tele")]


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def timed() -> None:
        async with asyncio.timeout(10):
            await story()

    asyncio.run(timed())


def test_a_device_says_who_it_is_before_what_it_measures() -> None:
    async def story() -> None:
        bench = Bench(buffer=7)
        bench.start()
        assert [m.topic.rsplit("/", 1)[-1] for m in bench.line.sent] == ["desc", "state", "tele"]
        assert [m.retain for m in bench.line.sent] == [True, True, False]
        (desc,) = bench.line.said("desc")
        assert desc["buffer"] == 7
        assert bench.acknowledged == [1]

    run(story)


def test_what_was_measured_offline_comes_after_the_reconnect_in_order_before_what_is_now() -> None:
    async def story() -> None:
        bench = Bench(buffer=10)
        bench.start()
        bench.line.online = False
        bench.measure(3)
        bench.device.tell("alarmed")
        bench.line.sent.clear()
        bench.line.connect(bench.device)
        words = [m.topic.split("/")[4] for m in bench.line.sent]
        assert words == ["desc", "state", "tele", "tele", "tele", "evt", "tele"]
        assert [m.seq for m in bench.line.sent] == [0, 0, 2, 3, 4, 5, 6]

    run(story)


def test_a_device_without_a_buffer_leaves_no_gap_for_what_it_did_not_measure() -> None:
    async def story() -> None:
        bench = Bench()
        bench.start()
        bench.line.online = False
        bench.measure(3)
        bench.line.connect(bench.device)
        assert [seq for _, seq, _ in bench.numbers()] == [1, 2]

    run(story)


def test_what_had_no_room_is_dropped_oldest_first_counted_and_told() -> None:
    async def story() -> None:
        bench = Bench(buffer=70)
        bench.start()
        bench.line.online = False
        bench.measure(75)
        bench.line.window = 1000
        bench.line.connect(bench.device)
        assert bench.line.said("state")[-1]["dropped"] == 5
        assert [note["seq"] for note in bench.notes] == [2, 3, 4, 5, 6, 7]
        assert [seq for _, seq, _ in bench.numbers()] == [1, *range(8, 78)]

    run(story)


def test_a_window_that_is_full_holds_the_rest_back_until_there_is_room() -> None:
    async def story() -> None:
        bench = Bench(buffer=10)
        bench.start()
        bench.line.window = 2
        bench.measure(5)
        assert len(bench.line.in_flight) == 2
        bench.line.acknowledge(bench.device)
        assert len(bench.line.in_flight) == 2
        bench.line.acknowledge(bench.device)
        bench.line.acknowledge(bench.device)
        assert bench.acknowledged == [1, 2, 3, 4, 5, 6]

    run(story)


def test_a_resend_brings_what_is_kept_with_its_first_numbers_marked_late() -> None:
    async def story() -> None:
        bench = Bench(buffer=4)
        bench.start()
        bench.measure(6)
        first = {t["seq"]: t for t in bench.line.said("tele")}
        bench.line.sent.clear()
        bench.command("resend", boot=BOOT, **{"from": 3, "to": 5})
        await asyncio.sleep(0)
        assert bench.line.said("tele") == [{**first[seq], "late": True} for seq in (4, 5)]
        assert [(a["status"], a["detail"]) for a in bench.line.said("ack")] == [
            ("accepted", ""), ("done", "2 of 3 sent again"),
        ]  # fmt: skip

    run(story)


def test_a_resend_of_nothing_that_is_a_range_is_refused() -> None:
    async def story() -> None:
        bench = Bench(buffer=4)
        bench.start()
        bench.command("resend", "c-1", boot=BOOT)
        bench.command("resend", "c-2", boot=BOOT, **{"from": 5, "to": 3})
        assert [a["status"] for a in bench.line.said("ack")] == ["refused", "refused"]

    run(story)


@pytest.mark.parametrize("value", [None, True, "5", 1.5, -1])
def test_only_whole_numbers_make_a_range(value: Any) -> None:
    assert resend_range({"boot": 1, "from": 2, "to": 3}) == (1, 2, 3)
    assert resend_range({"boot": 1, "from": value, "to": 3}) is None


@pytest.mark.parametrize(("buffer", "numbers", "lost"), [(10, [(0, 2), (0, 3), (1, 1)], []), (0, [(1, 1)], [2, 3])])
def test_a_loss_of_power_begins_a_new_boot_and_takes_what_was_not_in_a_buffer(
    buffer: int, numbers: list[tuple[int, int]], lost: list[int]
) -> None:
    async def story() -> None:
        bench = Bench(buffer=buffer)
        bench.start()
        bench.line.window = 1
        bench.measure(2)  # one in flight, one waits
        bench.troubles.begin("power_loss", {})
        bench.device.report_all()
        bench.line.sent.clear()
        bench.line.window = 64
        bench.troubles.end("power_loss")
        bench.line.connect(bench.device)
        assert [(boot, seq) for boot, seq, _ in bench.numbers()] == numbers
        assert [seq for n in bench.notes if n["type"] == "lost" for _, seq in n["messages"]] == lost
        assert [(n["fault"], n["state"]) for n in bench.notes if n["type"] == "fault"] == [
            ("power_loss", "began"), ("power_loss", "ended"),
        ]  # fmt: skip

    run(story)


def test_a_reboot_says_goodbye_and_is_back_with_the_next_boot() -> None:
    async def story() -> None:
        bench = Bench()
        bench.start()
        bench.troubles.begin("reboot", {"down_s": 0})
        await asyncio.sleep(0.01)
        bench.line.connect(bench.device)
        assert [s["boot"] - BOOT for s in bench.line.said("state")] == [0, 1]

    run(story)


def test_a_reboot_does_not_bring_power_back_that_is_gone() -> None:
    async def story() -> None:
        bench = Bench()
        bench.start()
        bench.troubles.begin("reboot", {"down_s": 0.01})
        bench.troubles.begin("power_loss", {})
        bench.troubles.begin("gateway_death", {})
        await asyncio.sleep(0.05)
        bench.troubles.end("power_loss")
        assert not bench.device.powered
        bench.troubles.end("gateway_death")
        assert bench.device.powered

    run(story)


def test_lost_messages_can_be_sent_again_and_a_healed_device_loses_none() -> None:
    async def story() -> None:
        bench = Bench(buffer=10)
        bench.start()
        bench.troubles.begin("loss", {}, for_s=0.02)
        bench.measure(2)
        assert [seq for _, seq, _ in bench.numbers()] == [1]
        await asyncio.sleep(0.05)
        bench.measure(1)
        bench.command("resend", boot=BOOT, **{"from": 2, "to": 3})
        await asyncio.sleep(0)
        assert bench.numbers() == [(0, 1, False), (0, 4, False), (0, 2, True), (0, 3, True)]

    run(story)


def test_a_flood_reports_as_often_as_said_and_ends() -> None:
    async def story() -> None:
        bench = Bench()
        bench.line.window = 10_000
        bench.start()
        bench.troubles.begin("flood", {"per_s": 1000.0}, for_s=0.5)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while len(bench.numbers()) < 200:  # noqa: ASYNC110 - counted on the line
            await asyncio.sleep(0.005)
        assert loop.time() - began >= 0.15
        bench.troubles.end("flood")
        count = len(bench.numbers())
        await asyncio.sleep(0.06)
        assert len(bench.numbers()) == count

    run(story)


def test_silence_is_put_on_the_line_and_taken_off() -> None:
    async def story() -> None:
        bench = Bench()
        bench.start()
        bench.troubles.begin("dropout", {})
        assert bench.line.silent
        bench.troubles.end("all")
        assert not bench.line.silent

    run(story)


def test_a_wrong_clock_shows_in_every_time_and_refuses_what_it_thinks_has_expired() -> None:
    async def story() -> None:
        bench = Bench()
        bench.start()
        bench.troubles.begin("skew", {"seconds": 60})
        bench.measure(1)
        bench.command("rebirth")
        assert bench.line.said("tele")[-1]["ts"] == NOW_MS + 60_000
        assert bench.line.said("ack")[-1]["detail"] == "expired"

    run(story)


# --- through a gateway


class Site:
    """A gateway with two devices behind it, on one line."""

    def __init__(self) -> None:
        self.own, self.near, self.far = Bench(key="GW-1", buffer=0), Bench(key="D-1", buffer=5), Bench(key="D-2")
        self.gateway = Gateway(self.own.device)
        self.line = self.gateway.trunk = self.own.line
        for bench in (self.near, self.far):
            bench.device.line = self.gateway.attach(bench.device.key, bench.device)
        for bench in (self.own, self.near, self.far):
            bench.device.power_on()

    def connect(self) -> None:
        self.line.connect(self.gateway)
        self.line.acknowledge(self.gateway)

    def states(self, key: str) -> list[bool]:
        return [json.loads(m.payload)["online"] for m in self.line.sent if m.topic == f"ht/v1/s/{key}/state"]


def test_devices_speak_through_their_gateway_and_are_heard_as_themselves() -> None:
    async def story() -> None:
        site = Site()
        assert not site.near.device.online
        site.connect()
        assert site.near.device.online
        assert {m.device for m in site.line.sent} == {"GW-1", "D-1", "D-2"}
        assert site.gateway.listens == ("ht/v1/s/GW-1/cmd/#", "ht/v1/s/D-1/cmd/#", "ht/v1/s/D-2/cmd/#")
        assert json.loads(site.gateway.will()[1])["online"] is False
        assert site.near.acknowledged == [1]

    run(story)


def test_a_command_reaches_the_device_it_is_for() -> None:
    async def story() -> None:
        site = Site()
        site.connect()
        body = json.dumps({"id": "c-1", "exp": NOW_MS + 9000, "by": "t", "args": {}}).encode()
        site.gateway.on_message(Arrived(topic="ht/v1/s/D-2/cmd/rebirth", payload=body, qos=1, retained=False, mid=1))
        await asyncio.sleep(0)
        acks = [m.device for m in site.line.sent if "/ack/" in m.topic]
        assert acks == ["D-2", "D-2"]

    run(story)


def test_a_gateway_tells_which_of_its_devices_fell_silent_and_which_are_back() -> None:
    async def story() -> None:
        site = Site()
        site.connect()
        site.near.troubles.begin("dropout", {})
        site.near.measure(2)
        site.near.troubles.end("dropout")
        site.far.troubles.begin("power_loss", {})
        assert site.states("D-1") == [True, False, True]
        assert site.states("D-2") == [True, False]
        assert [m.seq for m in site.line.sent if m.device == "D-1" and m.seq] == [1, 2, 3, 4]

    run(story)


def test_with_the_gateway_all_behind_it_are_gone_and_what_it_held_is_lost() -> None:
    async def story() -> None:
        site = Site()
        site.connect()
        site.near.measure(1)
        site.own.troubles.begin("power_loss", {})
        assert not site.near.device.online
        site.near.measure(1)
        site.far.measure(1)
        site.line.sent.clear()
        site.own.troubles.end("power_loss")
        site.line.connect(site.gateway)
        (lost,) = [note for note in site.own.notes if note["type"] == "lost"]
        assert lost["messages"] == [[BOOT, 2]]
        assert [m.seq for m in site.line.sent if m.device == "D-1" and m.seq] == [3, 4]
        assert [m.seq for m in site.line.sent if m.device == "D-2" and m.seq] == [2]

    run(story)
