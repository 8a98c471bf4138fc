"""Whatever a simulated device measures or obeys, its kind's declaration allows; every kind of the catalogue lives."""

import json
import operator
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from iot.catalogue import KINDS, kinds_json
from iot.codecs.validate import check_telemetry
from iot.kind import Argument, Value
from iot.messages import Telemetry
from simulators.behaviours import generic, load_behaviours
from simulators.behaviours.behaviour import Act, Beat, Behaviour, Facts, Refusal

BEHAVIOURS = load_behaviours()
DOCUMENTS: dict[str, Any] = {kind["kind"]: kind for kind in json.loads(json.dumps(kinds_json(KINDS)))["kinds"]}
FACTS = Facts(key="X-1", attributes={"autonomy_min": 30}, coverage={"floors": ["s:floor:1F", "s:floor:2F"]})
TYPES = {"bool": {bool}, "int": {int}, "float": {int, float}, "enum": {str}, "str": {str}}
COMPARE = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
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


def live(document: dict[str, Any], behaviour: Behaviour, facts: Facts, *, beats: int) -> Iterator[dict[str, Any]]:
    """All it measures, beat by beat."""
    random = Random(7)
    values: dict[str, Any] = {
        **({} if behaviour.partial else generic.begin(document)),
        **behaviour.begin(facts, random),
    }
    yield values
    for _ in range(beats):
        beat = Beat(elapsed_s=60, people_in_view=random.randint(0, 30), random=random, facts=facts)
        before = dict(values)
        values.update(behaviour.drift(values, beat))
        values.update(behaviour.settle(before, values))
        yield values


def defects(document: dict[str, Any], values: dict[str, Any]) -> list[str]:
    """What of these values the declaration, as strangers read it, does not allow or calls an alarm."""
    points = {point["name"]: point for point in document["points"]}
    found = [f"{name} is no point" for name in values if name not in points]
    for name, value in values.items():
        point = points[name]
        if type(value) not in TYPES[point["type"]]:
            found.append(f"{name}: {value!r} is no {point['type']}")
        elif point["type"] == "enum" and value not in point["values"]:
            found.append(f"{name}: {value!r} is none of {list(point['values'])}")
        elif point["range"] and not point["range"][0] <= value <= point["range"][1]:
            found.append(f"{name}: {value!r} is outside {point['range']}")
    for alarm in document["alarms"]:
        when = alarm["when"]
        if when["point"] in values and COMPARE[when["op"]](values[when["point"]], when["value"]):
            found.append(f"{when['point']} = {values[when['point']]!r} raises {alarm['name']}")
    return found


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_day_of_each_kind_of_the_catalogue_is_allowed_calm_and_fresh(name: str) -> None:
    document = DOCUMENTS[name]
    behaviour = BEHAVIOURS.get(name) or generic.behave(document)
    beat_s = behaviour.heartbeat_s or generic.heartbeat_s(document)
    assert beat_s * 2 < min(point["ttl_s"] for point in document["points"]), "its values would look stale"
    for values in live(document, behaviour, FACTS, beats=1440):
        assert defects(document, values) == []
        assert refused(name, values) == []


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_each_kind_lives_by_its_declaration_alone_as_well(name: str) -> None:
    document = DOCUMENTS[name]
    seen = [dict(values) for values in live(document, generic.behave(document), FACTS, beats=200)]
    assert [found for values in seen for found in defects(document, values)] == []
    fractional = [point["name"] for point in document["points"] if point["type"] == "float"]
    assert all(len({values[point] for values in seen}) > 3 for point in fractional), "a number that never moves"


_POINT = st.one_of(
    st.just({"type": "bool", "range": None, "values": {}}),
    st.just({"type": "str", "range": None, "values": {}}),
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True).map(
        lambda words: {"type": "enum", "range": None, "values": dict.fromkeys(words)}
    ),
    st.tuples(st.sampled_from(["int", "float"]), st.integers(-1000, 1000), st.integers(1, 100_000)).map(
        lambda one: {"type": one[0], "range": [one[1], one[1] + one[2]], "values": {}}
    ),
)


@given(st.lists(st.tuples(_POINT, st.floats(1, 90_000)), min_size=1, max_size=6))
def test_a_kind_nobody_has_seen_yet_lives(points: list[tuple[dict[str, Any], float]]) -> None:
    declared = [{"name": f"p{n}", "ttl_s": ttl_s, **point} for n, (point, ttl_s) in enumerate(points)]
    document = {"kind": "new", "points": declared, "alarms": [], "commands": [], "events": []}
    for values in live(document, generic.behave(document), FACTS, beats=30):
        assert set(values) == {point["name"] for point in declared}
        assert defects(document, values) == []
    low_s, high_s = generic.HEARTBEAT_S
    assert low_s <= generic.heartbeat_s(document) <= high_s


@pytest.mark.parametrize(
    ("point", "op", "value"),
    [
        ({"type": "bool", "range": None, "values": {}}, "==", False),
        ({"type": "enum", "range": None, "values": {"bad": {}, "good": {}}}, "==", "bad"),
        ({"type": "enum", "range": None, "values": {"bad": {}, "good": {}}}, "!=", "good"),
        ({"type": "float", "range": [0, 90], "values": {}}, ">", 20),
        ({"type": "float", "range": [0, 90], "values": {}}, "<", 80),
        ({"type": "int", "range": [0, 90], "values": {}}, "<=", 40),
    ],
)
def test_what_would_raise_an_alarm_is_not_where_a_device_rests(point: dict[str, Any], op: str, value: Value) -> None:
    alarms = [{"name": "rings", "when": {"point": "p", "op": op, "value": value}}]
    document = {"kind": "new", "points": [{"name": "p", "ttl_s": 60, **point}], "alarms": alarms}
    for values in live(document, generic.behave(document), FACTS, beats=50):
        assert defects(document, values) == []


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


def test_a_ticket_takes_paper_and_the_last_stops_the_machine() -> None:
    machine = BEHAVIOURS["ticket_machine"]
    before = {**begin("ticket_machine"), "paper": 0.2}
    after = {**before, "tickets_today": 1}
    after.update(machine.settle(before, after))
    assert (after["paper"], after["printer"]) == (0.05, "ok")
    last = {**after, "tickets_today": 2}
    last.update(machine.settle(after, last))
    assert (last["paper"], last["printer"]) == (0.0, "out")
    filled = {**last, "paper": 100.0}
    assert machine.settle(last, filled)["printer"] == "ok"


def test_a_help_button_rings_once() -> None:
    tell = BEHAVIOURS["information_point"].tell
    calm, ringing = {"call": "none"}, {"call": "ringing"}
    assert tell(calm, ringing) == [("help_pressed", {})]
    assert tell(ringing, ringing) == tell(ringing, calm) == []


def test_a_card_reader_reads_one_card_for_the_key_it_was_asked_with_and_tells_it_sealed() -> None:
    reader, own = BEHAVIOURS["id_reader"], X25519PrivateKey.generate()
    key = urlsafe_b64encode(own.public_key().public_bytes_raw()).decode().rstrip("=")
    values = begin("id_reader")
    card = {"number": "11010519491231002X"}
    assert reader.say("card_read", card, values, FACTS) is None, "nobody asked"
    act = reader.obey("read_card", {"key": key}, values)
    assert isinstance(act, Act)
    said = reader.say("card_read", card, {**values, **act.now}, FACTS)
    assert said is not None
    assert said.changes == {"asked": "", "reads_today": 1}
    assert set(said.data) == {"sealed"}
    box = urlsafe_b64decode(str(said.data["sealed"]) + "==")
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    assert suite.decrypt(box, own, info=b"halltwin card v1|X-1") == b"11010519491231002X"
    assert reader.say("card_read", card, {**values, "asked": key, "reader": "fault"}, FACTS) is None
    assert reader.say("card_read", card, {**values, "asked": "no key"}, FACTS) is None
    other = BEHAVIOURS["ticket_machine"].say("ticket_printed", {"number": "A1"}, {}, FACTS)
    assert other is not None
    assert other.data == {"number": "A1"}
