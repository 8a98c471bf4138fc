"""Simulated devices on a real mosquitto, heard by the hall's own connector."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from iot.catalogue import KINDS, kinds_json
from iot.kind import Value
from iot.messages import CommandAck, Description, DeviceEvent, Presence, Telemetry
from iot.testing import eventually
from simulators.enrolment import BadEnrolment, read_enrolment
from simulators.fleet import Fleet
from simulators.orders import parse_line
from simulators.settings import parse_options
from simulators.testing import FakeHall
from tests.simulators.broker_site import Site, now_ms, running_site, until

pytestmark = pytest.mark.integration
DEVICES = {"UPS-2": "ups", "DOOR-01": "door", "SCR-A01": "screen", "SEAT-001": "seat_sensor", "ODD-1": "toaster"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path, DEVICES) as made:
        yield made


def test_a_device_introduces_itself_and_says_goodbye(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        assert site.heard(Description, "UPS-2")[0].kind == "ups"
        assert site.heard(Presence, "UPS-2")[-1].online
        assert site.value("UPS-2", "battery") == 100.0
        assert "toaster" in site.said[0]
        assert set(fleet.devices) == set(DEVICES) - {"ODD-1"}

    site.play(story)
    eventually(lambda: not site.heard(Presence, "UPS-2")[-1].online, what="the last will")
    states = site.heard(Presence, "UPS-2")
    assert states[-1].boot == states[0].boot
    assert site.inbox.rejected == []


def test_a_door_is_locked_by_command_and_says_so_before_done(site: Site) -> None:
    async def story(_fleet: Fleet) -> None:
        site.command("DOOR-01", "unlock", "c-1")
        await until(lambda: ("done", "") in site.answers("DOOR-01", "c-1"))
        assert site.answers("DOOR-01", "c-1") == [("accepted", ""), ("done", "")]
        order = [m for m in site.inbox.messages() if isinstance(m, (Telemetry, CommandAck)) and m.device == "DOOR-01"]
        last = order[-2]
        assert isinstance(last, Telemetry)
        assert last.values["lock_state"] == "unlocked"

    site.play(story)


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("show_text", {}, "missing text"),
        ("explode", {}, "unknown command explode"),
        ("resend", {}, "nothing is kept here"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_the_reason(
    site: Site, name: str, arguments: dict[str, Value], why: str
) -> None:
    async def story(_fleet: Fleet) -> None:
        site.command("SCR-A01", name, "c-1", **arguments)
        await until(lambda: site.answers("SCR-A01", "c-1"))
        assert site.answers("SCR-A01", "c-1") == [("refused", why)]
        assert site.value("SCR-A01", "text") == ""

    site.play(story)


def test_a_command_seen_before_is_refused(site: Site) -> None:
    async def story(_fleet: Fleet) -> None:
        site.command("SCR-A01", "show_text", "c-1", text="请到A01窗口")
        await until(lambda: site.value("SCR-A01", "text") == "请到A01窗口")
        site.command("SCR-A01", "show_text", "c-1", text="again")
        await until(lambda: ("refused", "seen before") in site.answers("SCR-A01", "c-1"))
        assert site.value("SCR-A01", "text") == "请到A01窗口"

    site.play(story)


def test_a_rebirth_tells_everything_again(site: Site) -> None:
    async def story(_fleet: Fleet) -> None:
        site.inbox.take()
        site.command("UPS-2", "rebirth", "c-1")
        await until(lambda: ("done", "") in site.answers("UPS-2", "c-1"))
        assert site.heard(Description, "UPS-2")
        assert site.heard(Presence, "UPS-2")
        assert site.value("UPS-2", "on_battery") is False

    site.play(story)


def test_an_order_changes_what_a_device_measures_and_it_tells_at_once(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(parse_line('{"device":"UPS-2","set":{"on_battery":true}}'))
        await until(lambda: site.value("UPS-2", "on_battery") is True, within_s=2)
        assert site.value("UPS-2", "input_voltage") == 0.0
        assert [event.type for event in site.heard(DeviceEvent, "UPS-2")] == ["power_lost"]
        fleet.carry_out(parse_line('{"device":"NO-1","power":false}'))
        assert "no such simulated device" in site.said[-1]

    site.play(story)


def test_a_device_without_power_is_gone_and_comes_back_with_a_new_boot(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        first = site.heard(Presence, "DOOR-01")[-1]
        fleet.carry_out(parse_line('{"device":"DOOR-01","power":false}'))
        await until(lambda: not site.heard(Presence, "DOOR-01")[-1].online)
        fleet.carry_out(parse_line('{"device":"DOOR-01","power":true}'))
        await until(lambda: site.heard(Presence, "DOOR-01")[-1].online)
        assert site.heard(Presence, "DOOR-01")[-1].boot > first.boot

    site.play(story)


def test_a_clock_that_is_wrong_shows_in_its_times(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(parse_line('{"device":"SEAT-001","skew_s":-3600,"set":{"occupied":true}}'))
        await until(lambda: site.value("SEAT-001", "occupied") is True)
        assert site.heard(Telemetry, "SEAT-001")[-1].ts_ms < now_ms() - 3_500_000

    site.play(story)


def test_each_boot_counts_without_a_gap(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        random = Random(3)
        for _ in range(12):
            fleet.notice("SEAT-001", {"occupied": random.random() < 0.5})
            fleet.notice("UPS-2", {"on_battery": random.random() < 0.5})
            await asyncio.sleep(0.1)

    site.play(story)
    for device in ("SEAT-001", "UPS-2"):
        numbers = [
            m.seq for m in site.inbox.messages() if isinstance(m, (Telemetry, DeviceEvent)) and m.device == device
        ]
        assert numbers == list(range(1, len(numbers) + 1))


def test_the_program_takes_orders_on_stdin_and_ends_at_once_when_told(site: Site, tmp_path: Path) -> None:
    async def run() -> None:
        hall = FakeHall(kinds=kinds_json(KINDS), now_ms=now_ms)
        url = await hall.start()
        control = tmp_path / "control.sock"
        command = [sys.executable, "-m", "simulators", "--site", url, "--enrol", str(site.enrol), "--no-visitors"]
        command += ["--event", "DOOR-01:position=open@0", "--control", str(control)]
        program = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert program.stdin is not None
        await until(lambda: site.heard(Telemetry, "UPS-2"))
        program.stdin.write(b'not json\n{"device":"UPS-2","set":{"on_battery":true}}\n')
        await until(lambda: site.value("UPS-2", "on_battery") is True)
        await until(lambda: site.value("DOOR-01", "position") == "open")
        reader, writer = await asyncio.open_unix_connection(control)
        writer.write(b'{"device":"SEAT-001","set":{"occupied":true}}\nnonsense\n')
        assert await reader.readline() == b"ok\n"
        assert b"no JSON" in await reader.readline()
        writer.close()
        await until(lambda: site.value("SEAT-001", "occupied") is True)
        began = time.monotonic()
        program.terminate()
        assert await program.wait() == 0
        assert time.monotonic() - began < 2
        await until(lambda: not site.heard(Presence, "UPS-2")[-1].online)
        await hall.stop()

    asyncio.run(run())


def test_the_program_plays_a_scenario_and_writes_what_happened_and_what_arrived(site: Site, tmp_path: Path) -> None:
    scenario, truth, ledger = tmp_path / "mine.toml", tmp_path / "truth.jsonl", tmp_path / "ledger.csv"
    scenario.write_text(
        '[[devices]]\nkind = "ups"\nbuffer = 77\n'
        '[[event]]\nat = 0\ndevice = "UPS-2"\nset = { on_battery = true }\nfor = "1 s"\n'
        '[[fault]]\nat = "500 ms"\nkind = "door"\nfault = "flood"\nper_s = 50\nfor = "1 s"\n'
        '[[fault]]\nat = 0\ndevice = "NO-1"\nfault = "reboot"\n'
    )

    async def run() -> None:
        hall = FakeHall(kinds=kinds_json(KINDS), now_ms=now_ms)
        command = [sys.executable, "-m", "simulators", "--site", await hall.start(), "--enrol", str(site.enrol)]
        command += ["--no-visitors", "--scenario", str(scenario), "--truth", str(truth), "--ledger", str(ledger)]
        program = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        await until(lambda: truth.exists() and truth.read_text().count('"state":"ended"') == 1)
        await until(lambda: len(site.heard(Telemetry, "DOOR-01")) > 40)
        await until(lambda: site.value("UPS-2", "on_battery") is False)
        program.terminate()
        _, said = await program.communicate()
        assert program.returncode == 0
        assert b"scenario: NO-1: no such simulated device" in said
        await hall.stop()

    asyncio.run(run())
    told = [json.loads(line) for line in truth.read_text().splitlines()]
    assert {
        "type": "ordered",
        "device": "UPS-2",
        "set": {"on_battery": True},
        "event": None,
        "for_s": 1.0,
    }.items() <= next(line for line in told if line["type"] == "ordered").items()
    assert [(line["device"], line["state"]) for line in told if line["type"] == "fault"] == [
        ("DOOR-01", "began"), ("DOOR-01", "ended"),
    ]  # fmt: skip
    assert site.heard(Description, "UPS-2")[-1].buffer == 77
    acknowledged = {tuple(line.split(",")) for line in ledger.read_text().splitlines()[1:]}
    assert len(acknowledged) > 40
    assert {(device, str(boot), str(seq)) for device, boot, seq in site.counted()} == acknowledged


def test_a_scenario_that_cannot_be_played_ends_the_start_with_all_that_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "wrong.toml"
    scenario.write_text("[[event]]\npower = false\n[[fault]]\nfault = 'flod'\nat = 1\nkind = 'door'\n")
    with pytest.raises(SystemExit) as ended:
        parse_options(["--site", "http://h", "--enrol", "e", "--scenario", str(scenario)])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "wrong.toml:1: says no time" in said
    assert "wrong.toml:1: names no devices" in said
    assert "wrong.toml:4: there is no fault 'flod' (did you mean 'flood'?)" in said


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"site":"s","broker":"mqtt://h","devices":[{}]}'])
def test_an_enrolment_that_cannot_serve_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "enrol.json"
    file.write_text(text)
    with pytest.raises(BadEnrolment, match=r"enrol\.json is no enrolment file"):
        read_enrolment(file)
