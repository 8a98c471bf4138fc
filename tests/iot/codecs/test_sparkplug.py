"""Sparkplug B bytes, written here by hand after the published field numbers."""

import gzip
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.codecs.sparkplug import METRICS_MAX, Metric, Payload, encode_payload, parse_payload
from iot.errors import CodecError


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value % 128 + 128]), value // 128
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field * 8) + varint(value)


def blob(field: int, body: bytes) -> bytes:
    return varint(field * 8 + 2) + varint(len(body)) + body


def metric(*parts: bytes) -> bytes:
    return blob(2, b"".join(parts))


def one(*parts: bytes) -> Metric:
    (read,) = parse_payload(metric(*parts)).metrics
    return read


@pytest.mark.parametrize(
    ("datatype", "value", "expected"),
    [
        (1, number(10, 0xFF), -1),
        (1, number(10, 0xFFFF_FFFF), -1),
        (2, number(10, 0xFFFE), -2),
        (3, number(10, 2**32 - 9), -9),
        (4, number(11, 2**64 - 5), -5),
        (5, number(10, 200), 200),
        (7, number(10, 2**32 - 1), 2**32 - 1),
        (8, number(11, 2**63), float(2**63)),
        (9, varint(12 * 8 + 5) + struct.pack("<f", 1.5), 1.5),
        (10, varint(13 * 8 + 1) + struct.pack("<d", -2.25), -2.25),
        (11, number(14, 1), True),
        (12, blob(15, "你好".encode()), "你好"),
        (13, number(11, 1_700_000_000_000), 1_700_000_000_000),
        (16, blob(17, b"\x08\x01"), None),
        (17, blob(16, b"raw"), None),
    ],
)
def test_a_value_is_read_by_its_declared_type(datatype: int, value: bytes, expected: Any) -> None:
    read = one(blob(1, b"m"), number(4, datatype), value)
    assert read.value == expected
    assert type(read.value) is type(expected)


def test_a_float_of_four_bytes_reads_as_it_was_written() -> None:
    assert one(varint(12 * 8 + 5) + struct.pack("<f", 21.6)).value == 21.6


def test_a_payload_has_a_time_a_number_and_metrics_with_all_they_say() -> None:
    quality = blob(1, b"Quality") + blob(2, number(1, 3) + number(3, 500))
    body = (
        number(1, 5_000)
        + metric(
            blob(1, b"a"), number(2, 7), number(3, 4_000), number(4, 3), number(5, 1), number(10, 1), blob(9, quality)
        )
        + number(3, 255)
    )
    assert parse_payload(body) == Payload(
        ts_ms=5_000,
        seq=255,
        metrics=(Metric(name="a", alias=7, ts_ms=4_000, datatype=3, value=1, quality="uncertain", historical=True),),
    )


@pytest.mark.parametrize(("code", "expected"), [(192, "good"), (0, "bad"), (500, "uncertain"), (77, "uncertain")])
def test_quality_is_a_property(code: int, expected: str) -> None:
    assert one(blob(9, blob(1, b"Quality") + blob(2, number(3, code)))).quality == expected


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_a_compressed_payload_is_opened_as_far_as_it_is_small_enough(pack: Callable[[bytes], bytes]) -> None:
    inner = number(1, 5) + metric(blob(1, b"a"), number(10, 4)) + number(3, 9)

    def wrapped(body: bytes) -> bytes:
        return number(3, 9) + blob(4, b"SPBV1.0_COMPRESSED") + blob(5, body)

    assert parse_payload(wrapped(pack(inner))) == parse_payload(inner)
    for body, reason in ((pack(b"\0" * 10**6), "oversized"), (pack(inner)[:-6], "oversized"), (b"junk", "schema")):
        with pytest.raises(CodecError) as failure:
            parse_payload(wrapped(body))
        assert failure.value.reason == reason


def test_null_is_no_value() -> None:
    assert one(blob(1, b"a"), number(4, 10), number(7, 1)).value is None


def test_fields_that_are_new_to_us_are_passed_over() -> None:
    assert one(blob(1, b"a"), number(90, 5), blob(91, b"x"), number(10, 4)).value == 4


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x12\x05ab", "schema"),
        (b"\xff" * 11, "schema"),
        (b"\x0b", "schema"),
        (b"\x08", "schema"),
        (number(2, 5), "schema"),
        (metric(number(1, 5)), "schema"),
        (metric(blob(4, b"x")), "schema"),
        (metric(number(12, 5)), "schema"),
        (metric(blob(1, b"\xff")), "text"),
        (metric(blob(1, b"a\0")), "text"),
        (metric(blob(1, b"a" * 300)), "oversized"),
        (metric() * (METRICS_MAX + 1), "oversized"),
        (metric(blob(9, b"\x0a\xff")), "schema"),
    ],
)
def test_what_is_wrong_has_a_name(raw: bytes, reason: str) -> None:
    with pytest.raises(CodecError) as failure:
        parse_payload(raw)
    assert failure.value.reason == reason


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read: object = parse_payload(raw)
    except CodecError as error:
        read = error.reason
    assert isinstance(read, Payload) or read in {"schema", "text", "oversized"}


names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
metrics = st.builds(
    Metric,
    name=names,
    alias=st.none() | st.integers(0, 2**63),
    ts_ms=st.none() | st.integers(0, 2**60),
    value=st.none() | st.booleans() | st.integers(0, 2**53) | st.floats(allow_nan=False, allow_infinity=False) | names,
    historical=st.booleans(),
)


@given(st.lists(metrics, max_size=5), st.none() | st.integers(0, 255))
def test_what_the_hall_writes_reads_back(written: list[Metric], seq: int | None) -> None:
    payload = Payload(ts_ms=5, seq=seq, metrics=tuple(written))
    assert parse_payload(encode_payload(payload)) == payload
