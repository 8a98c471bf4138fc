"""Sparkplug B edge nodes: births, deaths, data, numbers that show a gap, and the host that answers."""

import json
from dataclasses import replace

import pytest

from iot.codecs.sparkplug import Metric, Payload, encode_payload, parse_payload
from iot.conventions.convention import Publication
from iot.conventions.sparkplug import REBIRTH_EVERY_MS, SparkplugConvention
from iot.errors import CodecError
from iot.messages import CommandRequest, Message, Missed, Presence, Telemetry
from iot.ports import Binding

NOW = 1_763_000_000_000
AT = NOW - 250
BIRTH = (
    Metric(name="Temperature", alias=1, datatype=10, value=20.0),
    Metric(name="Fan Speed/RPM", alias=2, datatype=3, value=1200),
    Metric(name="Device Control/Rebirth", datatype=11, value=False),
)


class Edge:
    """An edge node ``plant/E1`` with its own count of messages."""

    def __init__(self, convention: SparkplugConvention, *, bd_seq: int = 0) -> None:
        self.convention, self.bd_seq, self.seq = convention, bd_seq, 0

    def say(
        self, what: str, *metrics: Metric, device: str = "", at: int = NOW, seq: int | None = None
    ) -> list[Message]:
        used = self.seq if seq is None else seq
        self.seq = (used + 1) % 256
        return self.send(what, Payload(ts_ms=AT, seq=used, metrics=metrics), device=device, at=at)

    def send(self, what: str, payload: Payload, *, device: str = "", at: int = NOW) -> list[Message]:
        topic = f"spBv1.0/plant/{what}/E1" + (f"/{device}" if device else "")
        return list(self.convention.parse(topic, encode_payload(payload), received_ms=at))

    def be_born(self) -> list[Message]:
        said = self.say("NBIRTH", Metric(name="bdSeq", datatype=4, value=self.bd_seq), seq=0)
        return said + self.say("DBIRTH", *BIRTH, device="D1")

    def die(self, bd_seq: int) -> list[Message]:
        return self.send("NDEATH", Payload(ts_ms=AT, metrics=(Metric(name="bdSeq", datatype=4, value=bd_seq),)))


def spoken(*, node: bool = True, devices: tuple[str, ...] = ("D1",)) -> SparkplugConvention:
    convention = SparkplugConvention(host="hall1")
    addresses = {f"T-{name}": f"plant/E1/{name}" for name in devices}
    if node:
        addresses["GW"] = "plant/E1"
    convention.bind([
        Binding(device=key, convention="sparkplug", address=at, points={"Temperature": "temperature"})
        for key, at in addresses.items()
    ])  # fmt: skip
    convention.will(NOW)
    convention.births(0)
    return convention


def rebirths(convention: SparkplugConvention, now: int = NOW) -> list[str]:
    asked = [p for p in convention.replies(now) if "/NCMD/" in p.topic]
    for publication in asked:
        (metric,) = parse_payload(publication.payload).metrics
        assert (metric.name, metric.value, publication.retain) == ("Node Control/Rebirth", True, False)
    return [publication.topic for publication in asked]


def reading(device: str, order: int, **values: object) -> Telemetry:
    return Telemetry(device=device, ts_ms=AT, seq=order, boot=0, values=values, numbered=False)  # type: ignore[arg-type]


def test_a_birth_tells_who_is_there_and_everything_it_measures() -> None:
    said = Edge(spoken()).be_born()
    assert said == [
        Presence(device="GW", online=True, boot=0, ts_ms=NOW),
        Presence(device="T-D1", online=True, boot=0, ts_ms=NOW),
        reading("T-D1", NOW, temperature=20.0, fan_speed_rpm=1200),
    ]


def test_data_speaks_by_alias_and_takes_its_type_from_the_birth() -> None:
    edge = Edge(spoken())
    edge.be_born()
    said = edge.say("DDATA", Metric(alias=1, value=21.5), Metric(alias=2, value=2**32 - 3), device="D1")
    assert said == [reading("T-D1", NOW + 1, temperature=21.5, fan_speed_rpm=-3)]


def test_a_gap_is_told_of_everybody_on_the_node_and_a_birth_is_asked_for() -> None:
    edge = Edge(spoken(devices=("D1", "D2")))
    edge.be_born()
    edge.seq += 3
    said = edge.say("DDATA", Metric(alias=1, value=1.0), device="D1")
    assert sorted((m.device, m.count) for m in said if isinstance(m, Missed)) == [("GW", 3), ("T-D1", 3), ("T-D2", 3)]
    assert [m.values for m in said if isinstance(m, Telemetry)] == [{"temperature": 1.0}], "what did come is taken"
    assert rebirths(edge.convention) == ["spBv1.0/plant/NCMD/E1"]
    assert rebirths(edge.convention) == []


def test_the_count_begins_again_after_255_without_a_gap() -> None:
    edge = Edge(spoken())
    edge.be_born()
    said = [m for _ in range(600) for m in edge.say("DDATA", Metric(alias=1, value=1.0), device="D1")]
    assert len(said) == 600
    assert not any(isinstance(m, Missed) for m in said)


def test_data_before_any_birth_asks_for_one_not_too_often_and_until_it_comes() -> None:
    edge = Edge(spoken())
    assert edge.say("DDATA", Metric(alias=1, value=1.0), device="D1", seq=9) == []
    assert len(rebirths(edge.convention)) == 1
    edge.say("DDATA", Metric(alias=1, value=1.0), device="D1", seq=10)
    assert rebirths(edge.convention, NOW + REBIRTH_EVERY_MS - 1) == []
    assert len(rebirths(edge.convention, NOW + REBIRTH_EVERY_MS)) == 1
    edge.say("DDATA", Metric(alias=1, value=1.0), device="D1", seq=11)
    edge.be_born()
    assert rebirths(edge.convention, NOW + 10 * REBIRTH_EVERY_MS) == []


def test_an_alias_that_was_never_introduced_asks_for_a_birth() -> None:
    edge = Edge(spoken())
    edge.be_born()
    assert edge.say("DDATA", Metric(alias=77, value=1.0), device="D1") == []
    assert len(rebirths(edge.convention)) == 1


def test_a_late_will_does_not_end_a_newer_birth() -> None:
    edge = Edge(spoken(), bd_seq=4)
    edge.be_born()
    assert edge.die(3) == []
    assert edge.die(4) == [Presence(device="GW", online=False, boot=0, ts_ms=NOW)]


def test_without_a_device_for_the_node_its_death_is_that_of_all_behind_it() -> None:
    edge = Edge(spoken(node=False, devices=("D1", "D2")))
    edge.be_born()
    assert sorted(m.device for m in edge.die(0) if isinstance(m, Presence) and not m.online) == ["T-D1", "T-D2"]


def test_a_devices_death_is_its_own() -> None:
    edge = Edge(spoken())
    edge.be_born()
    assert edge.say("DDEATH", device="D1") == [Presence(device="T-D1", online=False, boot=0, ts_ms=NOW)]


def test_historical_values_are_late_and_order_by_their_own_time() -> None:
    edge = Edge(spoken())
    edge.be_born()
    (old,) = edge.say("DDATA", Metric(alias=1, value=5.0, ts_ms=NOW - 60_000, historical=True), device="D1")
    assert isinstance(old, Telemetry)
    assert (old.late, old.ts_ms, old.seq) == (True, NOW - 60_000, NOW - 60_000)


def test_each_moment_is_a_message_of_its_own_in_the_order_of_time() -> None:
    edge = Edge(spoken())
    edge.be_born()
    said = edge.say(
        "DDATA", Metric(alias=1, value=2.0, ts_ms=NOW - 10), Metric(alias=2, value=9, ts_ms=NOW - 20), device="D1"
    )
    assert [(m.ts_ms, dict(m.values)) for m in said if isinstance(m, Telemetry)] == [
        (NOW - 20, {"fan_speed_rpm": 9}), (NOW - 10, {"temperature": 2.0})
    ]  # fmt: skip


def test_without_any_time_it_is_ours_and_uncertain_and_null_is_no_value() -> None:
    edge = Edge(spoken())
    edge.be_born()
    metrics = (Metric(alias=1, value=2.0), Metric(alias=2, value=None))
    (said,) = edge.send("DDATA", Payload(seq=2, metrics=metrics), device="D1")
    assert isinstance(said, Telemetry)
    assert (said.ts_ms, said.values, said.quality) == (NOW, {"temperature": 2.0}, {"temperature": "uncertain"})


def test_strangers_are_named() -> None:
    convention = spoken()
    with pytest.raises(CodecError) as unknown_node:
        convention.parse("spBv1.0/plant/NBIRTH/E9", b"", received_ms=NOW)
    edge = Edge(convention)
    edge.be_born()
    with pytest.raises(CodecError) as unknown_device:
        edge.say("DBIRTH", *BIRTH, device="D9")
    assert [error.value.reason for error in (unknown_node, unknown_device)] == ["unbound", "unbound"]
    assert convention.speaker("spBv1.0/plant/DDATA/E1/D9") == "plant/E1/D9"
    assert convention.speaker("spBv1.0/plant/DDATA/E1/D1") == "T-D1"


@pytest.mark.parametrize(
    "topic", ["spBv1.0/g/NCMD/e", "spBv1.0/g/NDATA", "spBv1.0//NDATA/e", "spBv1.0/g/DDATA/e", "spBv1.0/g/NDATA/e/d"]
)
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(CodecError) as failure:
        spoken().parse(topic, b"", received_ms=NOW)
    assert failure.value.reason == "topic"


def test_the_host_is_born_dies_and_defends_its_state() -> None:
    convention = spoken()
    will = convention.will(NOW + 5)
    state, *asked = convention.births(NOW + 9)
    assert state.topic == will.topic == "spBv1.0/STATE/hall1"
    assert (state.retain, will.retain, will.qos) == (True, True, 1)
    assert json.loads(will.payload) == {"online": False, "timestamp": NOW + 5}
    assert json.loads(state.payload) == {"online": True, "timestamp": NOW + 5}, "of one connection, one time"
    assert [publication.topic for publication in asked] == ["spBv1.0/plant/NCMD/E1"]
    assert convention.parse(state.topic, state.payload, received_ms=NOW) == ()
    assert convention.replies(NOW) == ()
    convention.parse(will.topic, will.payload, received_ms=NOW)
    assert convention.replies(NOW) == (Publication(topic=state.topic, payload=state.payload, retain=True),)


def test_rebirth_is_the_one_command_it_carries() -> None:
    convention = spoken()
    request = CommandRequest(device="T-D1", id="c", name="rebirth", expires_ms=NOW, issuer="hall")
    sent = convention.encode(request)
    assert sent is not None
    assert sent.topic == "spBv1.0/plant/NCMD/E1"
    assert convention.encode(replace(request, name="restart")) is None
    assert convention.encode(replace(request, device="Z")) is None


def test_a_device_bound_while_its_node_runs_is_introduced_by_a_new_birth() -> None:
    convention = spoken()
    edge = Edge(convention)
    edge.be_born()
    bindings = [("GW", "plant/E1"), ("T-D1", "plant/E1/D1"), ("T-D2", "plant/E1/D2")]
    convention.bind([Binding(device=key, convention="sparkplug", address=at) for key, at in bindings])
    assert edge.say("DDATA", Metric(alias=1, value=1.0), device="D1") == []
    assert len(rebirths(convention)) == 1
