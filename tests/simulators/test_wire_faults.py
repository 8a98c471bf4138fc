"""Faults as a real broker and the hall's own connector see them: nothing acknowledged is lost, death is noticed."""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iot.messages import DeviceEvent, Presence, Telemetry
from iot.testing import eventually
from simulators.fleet import Fleet
from simulators.orders import Order, Target, parse_line
from simulators.scenarios.scenario import DeviceSetup
from tests.simulators.broker_site import Site, now_ms, running_site, until

pytestmark = pytest.mark.integration
DEVICES = {"CNT-1": "people_counter", "CLIM-1": "climate_sensor", "SCR-1": "screen", "GW-1": "network_switch"}
BEHIND = {"SEAT-1": "seat_sensor", "SEAT-2": "seat_sensor"}
EVERY = Target()
MOSQUITTO_LOOKS_EVERY_S = 5


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path, {**DEVICES, **BEHIND}, via=dict.fromkeys(BEHIND, "GW-1")) as made:
        yield made


def order(**what: object) -> Order:
    return Order(**{"target": EVERY, **what})  # type: ignore[arg-type]


def numbers(site: Site, device: str) -> list[int]:
    return [m.seq for m in site.inbox.messages() if isinstance(m, (Telemetry, DeviceEvent)) and m.device == device]


def test_what_was_lost_on_the_way_is_sent_again_late_with_its_first_number(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(parse_line('{"device":"CNT-1","fault":"loss"}'))
        for _ in range(4):
            fleet.devices["CNT-1"].report_all()
        fleet.carry_out(parse_line('{"device":"CNT-1","clear":"loss"}'))
        fleet.devices["CNT-1"].report_all()
        await until(lambda: 6 in numbers(site, "CNT-1"))
        assert numbers(site, "CNT-1") == [1, 6]
        boot = site.heard(Telemetry, "CNT-1")[-1].boot
        site.command("CNT-1", "resend", "c-1", boot=boot, **{"from": 2, "to": 5})
        await until(lambda: ("done", "4 of 4 sent again") in site.answers("CNT-1", "c-1"))
        late = [(m.seq, m.late) for m in site.heard(Telemetry, "CNT-1")[2:]]
        assert late == [(2, True), (3, True), (4, True), (5, True)]

    site.play(story)


def test_a_broker_killed_and_started_again_loses_nothing_that_was_acknowledged(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(order(fault="flood", parameters={"per_s": 100.0}))
        for _ in range(2):
            before = len(site.ledger)
            await until(lambda: len(site.ledger) > before + 300)  # noqa: B023 - awaited within the turn
            pid = site.broker.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await until(lambda: not fleet.online)
            await until(lambda: fleet.online == len(fleet.devices), within_s=30)
        fleet.carry_out(order(clear="all"))
        await until(lambda: fleet.traffic.acknowledged >= fleet.traffic.published)
        await until(lambda: site.connector.health().state == "connected", within_s=30)
        for key, device in fleet.devices.items():  # as the hall asks for a gap
            boots = {boot for one, boot, _ in site.ledger if one == key}
            seqs = {seq for one, _, seq in site.ledger if one == key}
            site.command(key, "resend", f"r-{key}", boot=min(boots), **{"from": 1, "to": max(seqs)})
            device.report_all()
        await until(lambda: site.ledger <= site.counted(), within_s=20)

    site.play(story, [DeviceSetup(target=EVERY, buffer=20_000)])
    assert len(site.ledger) > 600


def test_radio_silence_is_a_death_within_one_and_a_half_keepalives_and_ends_with_nothing_lost(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(parse_line('{"device":"CLIM-1","fault":"dropout"}'))
        began = time.monotonic()
        fleet.devices["CLIM-1"].report_all()
        await until(lambda: not site.heard(Presence, "CLIM-1")[-1].online)
        assert time.monotonic() - began < 1.5 * 2 + MOSQUITTO_LOOKS_EVERY_S + 1
        assert numbers(site, "CLIM-1") == [1]
        fleet.carry_out(parse_line('{"device":"CLIM-1","clear":"all"}'))
        await until(lambda: site.heard(Presence, "CLIM-1")[-1].online)
        await until(lambda: {1, 2, 3} <= set(numbers(site, "CLIM-1")))
        assert fleet.traffic.again >= 1

    site.play(story, [DeviceSetup(target=EVERY, keepalive_s=2)])


def test_a_session_outlives_the_connection_so_a_command_waits_for_its_device(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(parse_line('{"device":"SCR-1","power":false}'))
        await until(lambda: not site.heard(Presence, "SCR-1")[-1].online)
        site.command("SCR-1", "show_text", "c-1", text="请等候")
        site.command("SCR-1", "show_text", "c-2", expires_ms=now_ms() + 1, text="late")
        fleet.carry_out(parse_line('{"device":"SCR-1","power":true}'))
        await until(lambda: ("done", "") in site.answers("SCR-1", "c-1"))
        assert site.value("SCR-1", "text") == "请等候"
        assert ("done", "") not in site.answers("SCR-1", "c-2")

    site.play(story)


def test_devices_behind_a_gateway_are_heard_obey_and_are_gone_with_it(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.notice("SEAT-2", {"occupied": True})
        await until(lambda: site.value("SEAT-2", "occupied") is True)
        site.command("SEAT-1", "rebirth", "c-1")
        await until(lambda: ("done", "") in site.answers("SEAT-1", "c-1"))
        fleet.carry_out(order(fault="gateway_death", for_s=0.3))
        await until(lambda: not site.heard(Presence, "GW-1")[-1].online)
        assert not fleet.devices["SEAT-1"].online
        assert fleet.devices["CNT-1"].online
        await until(lambda: fleet.devices["SEAT-1"].online)
        await until(lambda: len({m.boot for m in site.heard(Presence, "GW-1")}) == 2)
        assert ("fault", "GW-1", "gateway_death") in {(w, f.get("device"), f.get("fault")) for w, f in site.notes}

    site.play(story)
    assert site.inbox.rejected == []


def test_duplicates_disorder_and_nonsense_reach_the_hall_as_such(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        device = fleet.devices["CNT-1"]
        for fault in ("duplicate", "malformed"):
            fleet.carry_out(parse_line(f'{{"device":"CNT-1","fault":"{fault}","part":1}}'))
            for _ in range(3):
                device.report_all()
            fleet.carry_out(parse_line(f'{{"device":"CNT-1","clear":"{fault}"}}'))
        fleet.carry_out(parse_line('{"device":"CNT-1","fault":"reorder","part":1,"by":2}'))
        for _ in range(2):
            device.report_all()
        fleet.carry_out(parse_line('{"device":"CNT-1","clear":"all"}'))
        device.report_all()
        await until(lambda: 10 in numbers(site, "CNT-1"))

    site.play(story)
    eventually(lambda: len(site.inbox.rejected) == 3, what="three refusals")
    assert numbers(site, "CNT-1") == [1, 2, 2, 3, 3, 4, 4, 8, 9, 10]
    spoilt = [(f["fault"], f["seq"]) for what, f in site.notes if what == "spoilt"]
    assert spoilt == [("duplicate", 2), ("duplicate", 3), ("duplicate", 4), ("malformed", 5), ("malformed", 6),
                      ("malformed", 7), ("reorder", 8), ("reorder", 9)]  # fmt: skip


def test_a_flood_on_one_device_leaves_its_neighbours_their_pace(site: Site) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(parse_line('{"device":"CNT-1","fault":"flood","per_s":1500}'))
        before, waits = fleet.traffic.published, []
        for n in range(20):
            began = time.monotonic()
            fleet.carry_out(parse_line(f'{{"device":"SEAT-1","set":{{"occupied":{"true" if n % 2 else "false"}}}}}'))
            await asyncio.sleep(0.1)
            waits.append(time.monotonic() - began)
        assert fleet.traffic.published - before > 1500
        assert fleet.traffic.dropped == 0
        assert statistics.median(waits) < 0.5
        fleet.carry_out(parse_line('{"device":"CNT-1","clear":"flood"}'))

    site.play(story)


def test_devices_speak_over_tls_to_a_broker_of_the_halls_own_authority(tmp_path: Path) -> None:
    async def story(fleet: Fleet) -> None:
        fleet.carry_out(parse_line('{"device":"CLIM-1","fault":"dropout"}'))
        fleet.devices["CLIM-1"].report_all()
        fleet.carry_out(parse_line('{"device":"CLIM-1","clear":"all"}'))
        await until(lambda: numbers(secure, "CLIM-1") == [1, 2])

    with running_site(tmp_path, {"CLIM-1": "climate_sensor"}, secure=True) as secure:
        assert secure.broker.url.startswith("mqtts://")
        secure.play(story)
