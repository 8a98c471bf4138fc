"""Any bytes on any topic become a message or a CodecError, and every message survives the wire."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iot.codecs.native import encode, encode_command, parse
from iot.errors import CodecError, CommandRefused
from iot.messages import (
    CommandAck,
    CommandRequest,
    CommandSeen,
    Description,
    DeviceEvent,
    Message,
    Presence,
    Telemetry,
)

SITE = "shifanqu"
MESSAGES = (Description, Presence, Telemetry, DeviceEvent, CommandAck, CommandSeen)
TELE = {"ts": 1_700_000_000_000, "seq": 4, "boot": 7, "v": {"temperature": 21.5}}

ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
counters = st.integers(0, 2**53)
times = st.integers(0, 4_102_444_800_000)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.booleans() | numbers | texts
qualities = st.sampled_from(["good", "uncertain", "bad"])

messages = st.one_of(
    st.builds(
        Telemetry, device=ids, ts_ms=times, seq=counters, boot=counters, late=st.booleans(),
        values=st.dictionaries(names, values, max_size=5), quality=st.dictionaries(names, qualities, max_size=3),
    ),
    st.builds(
        DeviceEvent, device=ids, type=names, id=ids, ts_ms=times, seq=counters, boot=counters, late=st.booleans(),
        data=st.dictionaries(names, values | st.lists(values, max_size=3), max_size=4),
    ),
    st.builds(Presence, device=ids, online=st.booleans(), boot=counters, ts_ms=times),
    st.builds(
        Description, device=ids, kind=names, model=texts, firmware=texts, serial=texts,
        points=st.lists(names, max_size=5).map(tuple), commands=st.lists(names, max_size=5).map(tuple),
        buffer=counters,
    ),
    st.builds(CommandAck, device=ids, id=ids, ts_ms=times, detail=texts,
              status=st.sampled_from(["accepted", "done", "failed", "refused"])),
    st.builds(CommandSeen, device=ids, name=names, id=ids, issuer=texts, expires_ms=times,
              arguments=st.dictionaries(names, values, max_size=3)),
)  # fmt: skip

topics = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["desc", "state", "tele", "evt/opened", "ack/c1", "cmd/lock", "evt", "tele/more", "$x", ""]).map(
        lambda rest: f"ht/v1/{SITE}/DOOR-01/{rest}"
    ),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
keys = st.sampled_from(["ts", "seq", "boot", "v", "q", "late", "id", "data", "online", "kind", "status", "detail"])
payloads = st.binary(max_size=80) | st.dictionaries(keys, json_values).map(lambda body: json.dumps(body).encode())


@given(topics, payloads)
@example(f"ht/v1/{SITE}/A/evt/e", b'{"ts":1,"seq":1,"boot":1,"id":"i","data":' + b"[" * 9000)
@example(f"ht/v1/{SITE}/A/tele", b'{"ts":1,"seq":1,"boot":1,"v":{"a":"\\ud800"}}')
@example(f"ht/v1/{SITE}/A/tele", b'{"ts":1,"seq":1,"boot":1,"v":{"a":1e999}}')
@example(f"ht/v1/{SITE}/A/tele", b'{"ts":1,"seq":1,"boot":1,"v":{"a":123456789012345678901234567890}}')
def test_whatever_comes_is_a_message_or_a_codec_error(topic: str, payload: bytes) -> None:
    try:
        outcome: Message | CodecError = parse(topic, payload, site=SITE)
    except CodecError as error:
        outcome = error
    if isinstance(outcome, CodecError):
        assert outcome.reason in {"topic", "empty", "oversized", "text", "json", "schema", "depth"}
    else:
        assert isinstance(outcome, MESSAGES)
        json.dumps(msgspec.to_builtins(outcome), ensure_ascii=False).encode()  # texts are storable


@given(messages)
def test_every_message_survives_the_wire(message: Message) -> None:
    topic, payload = encode(message, site=SITE)
    assert parse(topic, payload, site=SITE) == message


@given(messages)
def test_one_site_does_not_hear_another(message: Message) -> None:
    topic, payload = encode(message, site="elsewhere")
    with pytest.raises(CodecError) as failure:
        parse(topic, payload, site=SITE)
    assert failure.value.reason == "topic"


@pytest.mark.parametrize(
    ("rest", "payload", "reason"),
    [
        ("tele", b"", "empty"),
        ("tele", b"{", "json"),
        ("tele", b"\xff\xfe", "json"),
        ("tele", b"[]", "schema"),
        ("tele", json.dumps({**TELE, "ts": -1}).encode(), "schema"),
        ("tele", json.dumps({**TELE, "seq": 1.5}).encode(), "schema"),
        ("tele", json.dumps({**TELE, "v": {"t": [1]}}).encode(), "schema"),
        ("tele", json.dumps({**TELE, "v": {"t": None}}).encode(), "schema"),
        ("tele", json.dumps({**TELE, "v": {"t": "a\0b"}}).encode(), "text"),
        ("tele", json.dumps({**TELE, "pad": "x" * 16_384}).encode(), "oversized"),
        ("evt/opened", json.dumps({**TELE, "id": "e1", "data": {"a": [[[[1]]]]}}).encode(), "depth"),
        ("evt/Opened", b"{}", "topic"),
        ("evt/a/b", b"{}", "topic"),
        ("cmd", b"{}", "topic"),
        ("ack/no spaces", b"{}", "topic"),
        ("state", b'{"online":1,"boot":1}', "schema"),
        ("desc", b'{"kind":"UPS 2"}', "schema"),
    ],
)
def test_what_is_wrong_has_a_name(rest: str, payload: bytes, reason: str) -> None:
    with pytest.raises(CodecError) as failure:
        parse(f"ht/v1/{SITE}/DOOR-01/{rest}", payload, site=SITE)
    assert failure.value.reason == reason


@pytest.mark.parametrize(
    ("rest", "payload", "defect"),
    [
        ("cmd/lock", b"", "empty"),
        ("cmd/lock", b"{}", "schema"),
        ("cmd/lock", b"unlock!", "json"),
        ("cmd/lock/now", b'{"id":"c","exp":1,"by":"x","args":{}}', "topic"),
    ],
)
def test_whatever_stands_on_a_command_topic_is_reported_with_its_defect(rest: str, payload: bytes, defect: str) -> None:
    seen = parse(f"ht/v1/{SITE}/DOOR-01/{rest}", payload, site=SITE)
    assert seen == CommandSeen(device="DOOR-01", name=rest.removeprefix("cmd/"), defect=defect)


def test_fields_a_newer_device_adds_are_no_error() -> None:
    message = parse(f"ht/v1/{SITE}/CLIM-01/tele", json.dumps({**TELE, "new": True}).encode(), site=SITE)
    assert isinstance(message, Telemetry)
    assert message.values == {"temperature": 21.5}


def test_a_command_carries_what_the_device_must_check() -> None:
    request = CommandRequest(
        device="DOOR-01", id="c-1", name="lock", expires_ms=1_700_000_005_000, issuer="user:wang", arguments={}
    )
    topic, payload = encode_command(request, site=SITE)
    assert topic == f"ht/v1/{SITE}/DOOR-01/cmd/lock"
    body: dict[str, Any] = json.loads(payload)
    assert body == {"id": "c-1", "exp": 1_700_000_005_000, "by": "user:wang", "args": {}}


@pytest.mark.parametrize(
    "change", [{"device": "a/b"}, {"device": "+"}, {"name": "#"}, {"id": ""}, {"arguments": {"text": "门" * 9000}}]
)
def test_a_command_that_cannot_be_put_on_the_wire_is_refused(change: dict[str, Any]) -> None:
    request: dict[str, Any] = {"device": "D", "id": "c", "name": "lock", "expires_ms": 1, "issuer": "u", **change}
    with pytest.raises(CommandRefused):
        encode_command(CommandRequest(**request), site=SITE)
