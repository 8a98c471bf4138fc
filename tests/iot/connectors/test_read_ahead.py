"""What comes off the socket: cut as it may be, the same messages as stock paho gives, and the same end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import paho.mqtt.client as paho
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from iot.connectors.arrived import PROPERTIES_BYTES_MAX, Arrived, cut_publish, read_length
from iot.connectors.read_ahead import ReadAheadClient
from ui.cli.bench.load import encode_length

V5, V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
CONNACK = {V5: b"\x20\x03\0\0\0", V311: b"\x20\x02\0\0"}
Heard = tuple[bytes | None, bytes, int, int, bool, bool]


class Wire:
    """A socket that has these pieces, one after the other with nothing in between, and then an end."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self._paused = True
        self.closed = False

    def recv(self, size: int) -> bytes:
        self._paused = not self._paused
        if self._paused:
            raise BlockingIOError
        if not self._pieces:
            return b""
        taken, rest = self._pieces[0][:size], self._pieces[0][size:]
        if rest:
            self._pieces[0] = rest
            self._paused = True
        else:
            del self._pieces[0]
        return taken

    def setblocking(self, flag: bool) -> None: ...

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        self.closed = True


@dataclass
class End:
    """What was heard until the connection ended, and why it did."""

    heard: list[Heard]
    reasons: list[str]
    ended_by: str = ""
    acknowledged: bytes = b""


def prepared(client: paho.Client, wire: Wire) -> list[str]:
    reasons: list[str] = []
    client._create_socket_connection = lambda: wire  # type: ignore[assignment,method-assign,return-value]
    client.on_disconnect = lambda _c, _d, _f, reason, _p: reasons.append(str(reason))
    client.on_socket_register_write = lambda *_: None
    client.connect("broker", **({"clean_start": False} if client.protocol == V5 else {}))
    return reasons


def options(protocol: MQTTProtocolVersion) -> dict[str, Any]:
    session = {} if protocol == V5 else {"clean_session": False}
    return {"client_id": "hall", "protocol": protocol, "manual_ack": True, "reconnect_on_failure": False, **session}


def read_stock(pieces: Sequence[bytes], protocol: MQTTProtocolVersion) -> End:
    client = paho.Client(CallbackAPIVersion.VERSION2, **options(protocol))
    heard: list[Heard] = []
    client.on_message = lambda _c, _d, m: heard.append((m._topic, bytes(m.payload), m.mid, m.qos, m.retain, m.dup))
    reasons = prepared(client, Wire(pieces))
    while client.socket() is not None:
        client.loop_read()
    return End(heard, reasons)


def read_ours(pieces: Sequence[bytes], protocol: MQTTProtocolVersion, *, packets_a_round: int = 3) -> End:
    client = ReadAheadClient(CallbackAPIVersion.VERSION2, **options(protocol))
    heard: list[Heard] = []

    def arrived(message: Arrived) -> None:
        topic = None if message.topic is None else message.topic.encode()
        heard.append((topic, message.payload, message.mid, message.qos, message.retain, message.dup))
        if message.qos:
            client.acknowledge_all([message.mid])

    client.on_arrived = arrived
    wire = Wire(pieces)
    reasons = prepared(client, wire)
    while client.socket() is not None:
        client.read_packets(packets_a_round, lambda: True)
    assert wire.closed
    acknowledged = b"".join(p["packet"] for p in client._out_packet if p["command"] == 0x40)
    return End(heard, reasons, client.ended_by, acknowledged)


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    at = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(at)]


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + encode_length(len(body)) + body


def text(word: bytes) -> bytes:
    return len(word).to_bytes(2, "big") + word


def publish(
    topic: bytes, payload: bytes, *, mid: int = 1, qos: int = 1, retain: bool = False, dup: bool = False,
    properties: bytes | None = None,
) -> bytes:  # fmt: skip
    flags = 0x30 | dup << 3 | qos << 1 | retain
    told = b"" if properties is None else encode_length(len(properties)) + properties
    return packet(flags, text(topic) + (mid.to_bytes(2, "big") if qos else b"") + told + payload)


def packed(**values: Any) -> bytes:
    made = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(made, name, value)
    whole = bytes(made.pack())  # type: ignore[no-untyped-call]
    return whole[read_length(whole, 0, len(whole))[1] :]


TOPICS = st.sampled_from([b"ht/v1/hall/UPS-2/tele", "大厅/门".encode(), b"a", b"\xff\xfe/tele", b"x" * 300])
PAYLOADS = st.binary(max_size=40) | st.sampled_from([b"x" * 120, b"y" * 128, b"z" * 20_000, b""])
PROPERTIES = st.sampled_from([
    b"", packed(MessageExpiryInterval=7), packed(UserProperty=[("a", "b"), ("a", "c")], ContentType="json"),
    packed(ResponseTopic="r", CorrelationData=b"\0\1", SubscriptionIdentifier=[300]),
    packed(UserProperty=("k", "v" * 200)),
])  # fmt: skip


@st.composite
def publishes(draw: Callable[[Any], Any], protocol: MQTTProtocolVersion) -> bytes:
    return publish(
        draw(TOPICS), draw(PAYLOADS), mid=draw(st.integers(1, 0xFFFF)), qos=draw(st.sampled_from([0, 1, 1, 1, 2])),
        retain=draw(st.booleans()), dup=draw(st.booleans()), properties=draw(PROPERTIES) if protocol == V5 else None,
    )  # fmt: skip


@st.composite
def others(draw: Callable[[Any], Any], protocol: MQTTProtocolVersion) -> bytes:
    mid = draw(st.integers(1, 0xFFFF)).to_bytes(2, "big")
    none = b"\0" if protocol == V5 else b""
    return draw(
        st.sampled_from([b"\xd0\0", packet(0x40, mid), packet(0x62, mid), packet(0x90, mid + none + b"\1"),
                         packet(0xB0, mid + (none + b"\0" if none else b""))])
    )  # fmt: skip


@st.composite
def streams(draw: Callable[[Any], Any]) -> tuple[MQTTProtocolVersion, bytes]:
    protocol = draw(st.sampled_from([V5, V311]))
    packets = draw(st.lists(publishes(protocol) | others(protocol), max_size=12))
    releases = [packet(0x62, (mid).to_bytes(2, "big")) for mid in draw(st.lists(st.integers(1, 0xFFFF), max_size=2))]
    return protocol, CONNACK[protocol] + b"".join([*packets, *releases])


def as_ours(heard: Heard) -> Heard:
    """Stock paho gives the bytes of a topic that is no UTF-8 and raises when it is read."""
    try:
        assert heard[0] is not None
        heard[0].decode()
    except UnicodeDecodeError:
        return (None, *heard[1:])
    return heard


@given(streams(), st.lists(st.integers(min_value=0), max_size=30), st.integers(1, 5))
@settings(max_examples=300, deadline=None)
def test_any_stream_cut_anywhere_gives_the_messages_and_the_end_of_stock_paho(
    stream: tuple[MQTTProtocolVersion, bytes], places: list[int], packets_a_round: int
) -> None:
    protocol, data = stream
    stock = read_stock([data], protocol)
    ours = read_ours(cut(data, places), protocol, packets_a_round=packets_a_round)
    assert ours.heard == [as_ours(heard) for heard in stock.heard]
    assert ours.reasons == stock.reasons


def test_a_stream_cut_at_every_byte_and_byte_by_byte_gives_the_same() -> None:
    data = CONNACK[V5] + b"".join(
        publish(b"t/1", b"p" * size, mid=size + 1, properties=packed(MessageExpiryInterval=3)) for size in (0, 3, 140)
    )
    whole = read_ours([data], V5)
    assert [(mid, len(payload)) for _, payload, mid, *_ in whole.heard] == [(1, 0), (4, 3), (141, 140)]
    assert all(read_ours([data[:at], data[at:]], V5) == whole for at in range(1, len(data)))
    assert read_ours([bytes([byte]) for byte in data], V5) == whole


GARBAGE = st.binary(max_size=200) | st.lists(
    st.builds(packet, st.integers(0, 255), st.binary(max_size=20)), min_size=1, max_size=5
).map(b"".join)


@given(st.sampled_from([V5, V311]), GARBAGE, st.lists(st.integers(min_value=0), max_size=8))
@settings(max_examples=500, deadline=None)
def test_any_bytes_end_the_connection_with_a_reason_and_nothing_else(
    protocol: MQTTProtocolVersion, garbage: bytes, places: list[int]
) -> None:
    begun = CONNACK[protocol] + publish(b"t", b"x", properties=b"" if protocol == V5 else None)
    ours = read_ours(cut(begun + garbage, places), protocol)
    assert ours.heard[0] == (b"t", b"x", 1, 1, False, False)
    assert len(ours.reasons) == 1
    assert ours == read_ours([begun + garbage], protocol)


@given(st.binary(max_size=120), st.sampled_from([0x30, 0x32, 0x33, 0x34, 0x36, 0x3A, 0x3F]), st.booleans())
@settings(max_examples=500, deadline=None)
def test_a_malformed_message_ends_it_where_stock_paho_ends_it(body: bytes, first: int, closed: bool) -> None:
    data = CONNACK[V311] + packet(first, body) + (b"" if closed else publish(b"after", b"1"))
    stock, ours = read_stock([data], V311), read_ours([data], V311)
    assert ours.heard == [as_ours(heard) for heard in stock.heard]
    assert ours.reasons == stock.reasons


@pytest.mark.parametrize(
    ("protocol", "bad"),
    [
        (V311, packet(0x36, b"\0\1t\0\1x")),
        (V311, packet(0x30, b"")),
        (V311, packet(0x30, b"\0")),
        (V311, packet(0x30, b"\0\0x")),
        (V311, packet(0x32, b"\0\1t\0")),
        (V311, packet(0x30, b"\0\x09abc")),
        (V5, packet(0x30, b"\0\1t")),
        (V5, packet(0x30, b"\0\1t\x05abc")),
        (V5, packet(0x30, b"\0\1t\xff\xff\xff\xff\x7f")),
    ],
    ids=["qos 3", "empty", "half a length", "no topic", "half an id", "topic too long", "no properties",
         "properties too long", "length of properties too long"],
)  # fmt: skip
def test_what_is_malformed_ends_the_connection_and_says_so(protocol: MQTTProtocolVersion, bad: bytes) -> None:
    for pieces in ([CONNACK[protocol] + bad], [CONNACK[protocol] + bad[:-1], bad[-1:]]):
        end = read_ours(pieces, protocol)
        assert (end.heard, end.reasons) == ([], ["Protocol error"])


def test_a_length_of_five_bytes_ends_it() -> None:
    end = read_ours([CONNACK[V5] + b"\x30\xff\xff\xff\xff\x01" + b"x" * 50], V5)
    assert (end.heard, end.reasons) == ([], ["Protocol error"])


def test_who_speaks_before_the_connection_is_accepted_is_no_broker() -> None:
    end = read_ours([publish(b"t", b"x", properties=b"") + CONNACK[V5]], V5)
    assert end.heard == []
    assert "before the broker accepted us" in end.ended_by


def test_the_end_has_its_words() -> None:
    assert read_ours([CONNACK[V5]], V5).ended_by == "the broker closed it"
    assert "no MQTT" in read_ours([CONNACK[V5] + packet(0x30, b"")], V5).ended_by


def test_properties_are_measured_and_never_looked_into() -> None:
    body = text(b"t") + b"\0\7" + encode_length(PROPERTIES_BYTES_MAX + 1) + b"\x26" * (PROPERTIES_BYTES_MAX + 1) + b"p"
    arrived = cut_publish(0x32, body, 0, len(body), newer=True)
    assert (arrived.properties_bytes, arrived.mid, arrived.payload) == (PROPERTIES_BYTES_MAX + 1, 7, b"p")


def test_of_qos_2_a_message_counts_when_its_handshake_ends_and_is_answered_in_kind() -> None:
    exact, least = publish(b"t", b"2", mid=5, qos=2, properties=b""), publish(b"t", b"1", mid=6, properties=b"")
    end = read_ours([CONNACK[V5] + exact + least + packet(0x62, b"\0\5")], V5)
    assert [payload for _, payload, *_ in end.heard] == [b"1", b"2"]
    assert end.acknowledged == b"\x40\2\0\6" + b"\x70\2\0\5"


@given(st.integers(0, 268_435_455), st.binary(max_size=3))
def test_a_length_is_read_wherever_it_ends(value: int, before: bytes) -> None:
    data = before + encode_length(value)
    assert read_length(data, len(before), len(data)) == (value, len(data))
    with pytest.raises(MalformedPacket):
        read_length(data, len(before), len(data) - 1)
