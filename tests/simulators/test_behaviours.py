"""Whatever a simulated device measures or obeys, its kind's declaration allows; every kind of the catalogue lives."""

import json
from random import Random
from typing import Any

import pytest

from iot.catalogue import KINDS, kinds_json
from iot.codecs.validate import check_telemetry
from iot.kind import Argument, Value
from iot.messages import Telemetry
from simulators.behaviours import generic, load_behaviours
from simulators.behaviours.behaviour import Beat, Behaviour, Facts, Refusal

BEHAVIOURS = load_behaviours()
DOCUMENTS: dict[str, Any] = {kind["kind"]: kind for kind in json.loads(json.dumps(kinds_json(KINDS)))["kinds"]}
FACTS = Facts(key="X-1", attributes={"autonomy_min": 30}, coverage={"floors": ["s:floor:1F", "s:floor:2F"]})
SAMPLES: dict[str, Value] = {"float": 1.0, "int": 1, "bool": True, "str": "1F"}


def begin(name: str) -> dict[str, Value]:
    behaviour = BEHAVIOURS.get(name, Behaviour())
    return {**({} if behaviour.partial else generic.begin(DOCUMENTS[name])), **behaviour.begin(FACTS, Random(1))}


def refused(name: str, values: dict[str, Value]) -> list[tuple[str, str]]:
    telemetry = Telemetry(device="X-1", ts_ms=0, seq=0, boot=0, values=values)
    return check_telemetry(KINDS[name], telemetry)[1]


def sample(argument: Argument) -> Value:
    if argument.values:
        return next(iter(argument.values))
    return int(argument.range[0]) if argument.range else SAMPLES[argument.type]


def test_every_behaviour_is_of_a_kind_that_exists() -> None:
    assert set(BEHAVIOURS) <= set(KINDS)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_day_of_its_values_is_within_the_declaration(name: str) -> None:
    behaviour, random = BEHAVIOURS.get(name, Behaviour()), Random(7)
    values = begin(name)
    assert refused(name, values) == []
    assert behaviour.heartbeat_s * 2 < min(p.ttl_s for p in KINDS[name].points), "its values would look stale"
    for _ in range(500):
        beat = Beat(elapsed_s=behaviour.heartbeat_s, people_in_view=random.randint(0, 30), random=random, facts=FACTS)
        values.update(behaviour.drift(values, beat))
        values.update(behaviour.settle(values, values))
        assert refused(name, values) == []


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_resting_device_raises_no_alarm(name: str) -> None:
    values = begin(name)
    compare = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
    for alarm in KINDS[name].alarms:
        if alarm.when.point in values:
            value = values[alarm.when.point]
            assert getattr(value, compare[alarm.when.op])(alarm.when.value) is not True, alarm.name


@pytest.mark.parametrize(
    ("name", "command"), [(kind.name, command.name) for kind in KINDS.values() for command in kind.commands]
)
def test_a_command_makes_true_what_would_confirm_it(name: str, command: str) -> None:
    declared = KINDS[name].find_command(command)
    assert declared is not None
    arguments = {argument.name: sample(argument) for argument in declared.arguments}
    values = begin(name)
    assert generic.check(DOCUMENTS[name], command, arguments) is None
    act = BEHAVIOURS.get(name, Behaviour()).obey(command, arguments, values)
    act = act or generic.obey(DOCUMENTS[name], command, arguments)
    assert not isinstance(act, Refusal)
    seen = [dict(act.now), *(dict(changes) for _, changes in act.later)]
    assert all(refused(name, changes) == [] for changes in seen)
    done = declared.confirmed_by
    if done is not None:
        wanted = arguments[done.argument] if done.argument else done.equals
        assert any(changes.get(done.point) == wanted for changes in seen)
        assert sum(after_s for after_s, _ in act.later[: act.done_last]) < declared.timeout_s


@pytest.mark.parametrize(
    ("kind", "command", "arguments", "change", "why"),
    [
        ("door", "lock", {}, {"position": "open"}, "stands open"),
        ("screen", "show_text", {"text": "x"}, {"power": False}, "off"),
        ("lift", "hold", {"floor": "1F"}, {"mode": "fire"}, "own controller"),
        ("lift", "release", {}, {"trapped": True}, "own controller"),
        ("pa_zone", "announce", {"text": "x"}, {"state": "evacuation"}, "evacuation"),
    ],
)
def test_a_device_refuses_what_would_be_wrong_now(
    kind: str, command: str, arguments: dict[str, Value], change: dict[str, Value], why: str
) -> None:
    answer = BEHAVIOURS[kind].obey(command, arguments, {**begin(kind), **change})
    assert isinstance(answer, Refusal)
    assert why in answer.why


def test_commands_nobody_declared_or_without_their_arguments_are_refused() -> None:
    unknown = generic.check(DOCUMENTS["door"], "explode", {})
    missing = generic.check(DOCUMENTS["screen"], "show_text", {})
    assert unknown is not None
    assert missing is not None
    assert (unknown.why, missing.why) == ("unknown command explode", "missing text")


def test_a_ups_drains_by_its_autonomy_and_charges_again() -> None:
    ups, random = BEHAVIOURS["ups"], Random(1)
    values = {**begin("ups"), "on_battery": True}
    values.update(ups.settle(values, values))
    assert values["input_voltage"] == 0
    for _ in range(90):  # fifteen of its thirty minutes
        values.update(ups.drift(values, Beat(elapsed_s=10, people_in_view=0, random=random, facts=FACTS)))
    assert values["battery"] == pytest.approx(50, abs=5)
    assert values["runtime"] == pytest.approx(15, abs=1.5)
    low = float(values["battery"])
    values.update({"on_battery": False})
    values.update(ups.settle(values, values))
    values.update(ups.drift(values, Beat(elapsed_s=600, people_in_view=0, random=random, facts=FACTS)))
    assert float(values["battery"]) > low
