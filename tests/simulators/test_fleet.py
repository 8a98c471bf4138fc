"""A fleet knows who is meant by an order, and says what of it means nothing here."""

from typing import Any

import pytest

from iot.catalogue import KINDS, kinds_json
from simulators.device import Surroundings
from simulators.enrolment import Enrolment, Login
from simulators.fleet import Fleet
from simulators.orders import Order, Target, parse_line
from simulators.scenarios.scenario import DeviceSetup

DOCUMENTS = {kind["kind"]: kind for kind in kinds_json(KINDS)["kinds"]}
DEVICES = {f"D-{n:02d}": "door" for n in range(40)} | {"UPS-1": "ups", "UPS-2": "ups"}


def make(seed: int = 1, setups: tuple[DeviceSetup, ...] = ()) -> Fleet:
    enrolment = Enrolment(
        site="s", host="h", port=1, logins={},
        devices=tuple(Login(key=key, kind=kind, user=key, password="pw") for key, kind in DEVICES.items()),
    )  # fmt: skip
    around = Surroundings(site="s", now_ms=lambda: 0, speed=1.0)
    return Fleet(enrolment, kinds=DOCUMENTS, facts={}, around=around, seed=seed, say=lambda _line: None, setups=setups)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        (Target(devices=("UPS-1", "D-03")), ["UPS-1", "D-03"]),
        (Target(devices=("UPS-9", "UPS-2")), ["UPS-2"]),
        (Target(kinds=("ups",)), ["UPS-1", "UPS-2"]),
        (Target(kinds=("ups",), devices=("D-00",)), ["D-00", "UPS-1", "UPS-2"]),
        (Target(), list(DEVICES)),
        (Target(kinds=("lift",)), []),
    ],
)
def test_who_is_meant(target: Target, keys: list[str]) -> None:
    assert make().choose(target) == keys


def test_a_share_is_drawn_anew_each_time_and_the_same_for_the_same_seed() -> None:
    tenth = Target(kinds=("door",), share=0.1)
    fleet, same = make(), make()
    drawn = [fleet.choose(tenth) for _ in range(5)]
    assert drawn == [same.choose(tenth) for _ in range(5)]
    assert {len(keys) for keys in drawn} == {4}
    assert len({tuple(keys) for keys in drawn}) > 1
    assert len(make().choose(Target(kinds=("ups",), share=0.01))) == 1


@pytest.mark.parametrize(
    ("line", "doubts"),
    [
        ('{"device":"UPS-1","set":{"on_battery":true}}', []),
        ('{"device":"UPS-9","set":{"on_battery":true}}', ["UPS-9: no such simulated device"]),
        ('{"kind":"lift","power":false}', ["lift: no device of such a kind here"]),
        ('{"kind":"ups","set":{"paper":1}}', ["no device meant has a point 'paper'"]),
        ('{"kind":"ups","fault":"stuck","point":"paper"}', ["no device meant has a point 'paper'"]),
        ('{"kind":"door","event":"sung"}', ["no device meant tells an event 'sung'"]),
    ],
)
def test_what_means_nothing_here_is_said(line: str, doubts: list[str]) -> None:
    assert make().list_doubts(parse_line(line)) == doubts


def test_a_scenario_builds_devices_other_than_their_kind_has_it_and_the_last_word_counts() -> None:
    setups = (
        DeviceSetup(target=Target(), buffer=5),
        DeviceSetup(target=Target(devices=("D-01",)), buffer=0),
        DeviceSetup(target=Target(kinds=("ups",)), buffer=7, beat_s=3.0),
    )
    fleet = make(setups=setups)
    assert {key: fleet.devices[key].buffer for key in ("D-00", "D-01", "UPS-1")} == {"D-00": 5, "D-01": 0, "UPS-1": 7}
    assert make().devices["UPS-1"].buffer > 0


def test_an_order_for_nobody_is_said_and_harms_nobody() -> None:
    said: list[str] = []
    fleet: Any = make()
    fleet._say = said.append
    fleet.carry_out(Order(target=Target(devices=("NO-1",)), power=False))
    assert said == ["order for NO-1: no such simulated device"]
