"""Packets survive any cutting of the stream, and no bytes break more than the connection they came on."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import mqtt_packets as packets
from simulators.mqtt_packets import BrokenPacket, Splitter

topics = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(topics, st.binary(max_size=300)), max_size=5), st.integers(1, 50))
def test_a_stream_is_cut_into_the_packets_it_was_made_of(said: list[tuple[str, bytes]], chunk: int) -> None:
    stream = b"".join(packets.publish(topic=t, payload=p, mid=n + 1) for n, (t, p) in enumerate(said))
    splitter, heard = Splitter(), []
    for start in range(0, len(stream), chunk):
        heard += splitter.feed(stream[start : start + chunk])
    arrived = [packets.parse_publish(first, body) for first, body in heard]
    assert [(a.topic, a.payload, a.mid) for a in arrived] == [(t, p, n + 1) for n, (t, p) in enumerate(said)]
    assert all(a.qos == 1 and not a.retained for a in arrived)


@given(st.binary(max_size=200))
def test_any_bytes_are_packets_or_a_broken_connection(noise: bytes) -> None:
    with contextlib.suppress(BrokenPacket):
        for first, body in Splitter().feed(noise):
            packets.parse_publish(first, body)
            packets.parse_mid(body)
            packets.parse_connack(body)


@given(st.binary(max_size=60))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for read in (packets.parse_connack, lambda noise: packets.parse_publish(0x32, noise)):
        with contextlib.suppress(BrokenPacket):
            read(body)
    assert 0 <= packets.parse_reason(body, 1) < 256


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff\x01", b"\xff\xff\xff\x7f"])
def test_a_length_nobody_means_is_refused_before_it_is_waited_for(length: bytes) -> None:
    with pytest.raises(BrokenPacket):
        Splitter().feed(b"\x30" + length)


@pytest.mark.parametrize(
    ("properties", "window"),
    [
        (b"", 65_535),
        (b"\x21\x00\x14", 20),
        (b"\x11\x00\x00\x00\x05\x12\x00\x03abc\x22\x00\x0a", 65_535),
        (b"\x26\x00\x01a\x00\x02bc\x25\x01\x12\x00\x00\x21\x01\x00\x24\x01", 256),
        (b"\x1f\x00\x80" + b"x" * 128 + b"\x21\x00\x07", 7),
        (b"\x7f\x21\x00\x14", 65_535),
    ],
)
def test_a_welcome_tells_how_much_the_broker_takes(properties: bytes, window: int) -> None:
    size = bytes([len(properties)]) if len(properties) < 128 else bytes([len(properties) & 0x7F | 0x80, 1])
    welcome = packets.parse_connack(b"\x01\x00" + size + properties)
    assert (welcome.reason, welcome.session_present, welcome.window) == (0, True, window)


def test_a_welcome_without_properties_is_one() -> None:
    assert packets.parse_connack(b"\x00\x87").reason == 0x87


def test_to_a_broker_of_3_1_1_no_packet_has_properties() -> None:
    """Laid out by hand after MQTT 3.1.1, sections 3.1, 3.3 and 3.8."""
    hello = packets.connect(
        client_id="D", user="D", password="p", keepalive_s=60, session_s=3600, will=("w", b"x"), level=packets.OLD
    )
    assert hello == b"\x10\x19\0\4MQTT\x04\xec\0\x3c" + b"\0\1D" + b"\0\1w\0\1x" + b"\0\1D" + b"\0\1p"
    assert packets.subscribe(mid=7, topics=["t"], level=packets.OLD) == b"\x82\x06\0\7\0\1t\1"
    said = packets.publish(topic="t", payload=b"\x05hello", mid=9, level=packets.OLD)
    assert said == b"\x32\x0b\0\1t\0\x09\x05hello"
    assert packets.parse_publish(said[0], said[2:], packets.OLD).payload == b"\x05hello"
