"""Hostile payloads for every codec: whatever comes, messages or a CodecError come out, soon."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from iot.codecs.sparkplug import Metric, Payload, encode_payload
from iot.conventions.convention import MESSAGES_A_PACKET, Convention
from iot.conventions.native import NativeConvention
from iot.conventions.onvif import OnvifConvention
from iot.conventions.onvif_topics import MEANINGS, SENSORS
from iot.conventions.sparkplug import SparkplugConvention
from iot.errors import CodecError
from iot.messages import DeviceEvent, Message, Telemetry
from iot.ports import Binding

SITE = "fuzz"
_NOW_MS = 1_763_000_000_000
_MUTATIONS_MAX = 4
_TOKENS = (
    b"{", b"}", b"[", b"]", b'"', b":", b",", b"null", b"true", b"-0", b"1e999", b"NaN", b"\\u0000", b"\\ud800",
    b"\xff", b"\xc0\x80", b"\0", b"9" * 40, b"[" * 300, b'{"a":' * 300, b"\x12\x00", b"\x80" * 11,
    b"\x0a\xff\xff\xff\xff\x0f",
    b"0000-00-00T00:00:00Z", "门".encode(), b"a" * 3000,
)  # fmt: skip

Sample = tuple[str, bytes]


@dataclass(slots=True)
class Outcome:
    """``refused``: by reason. ``slowest_ms``: of one payload."""

    payloads: int = 0
    parsed: int = 0
    messages: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0


def fuzz(codec: str, *, seed: int, payloads: int) -> Outcome:
    """Mutated real payloads on real topics; raises AssertionError with the bytes for anything but a CodecError."""
    convention, samples = CODECS[codec]()
    random, outcome = Random(seed), Outcome()  # noqa: S311 - repeatable on purpose
    for number in range(payloads):
        topic, payload = mutate(random, samples)
        began = time.perf_counter()
        try:
            said = convention.parse(topic, payload, received_ms=_NOW_MS + number)
            convention.replies(_NOW_MS + number)
        except CodecError as error:
            outcome.refused[error.reason] += 1
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error} on {topic!r} with {payload!r}") from error
        else:
            outcome.parsed += 1
            outcome.messages += len(said)
            _check(said, topic, payload)
        outcome.slowest_ms = max(outcome.slowest_ms, (time.perf_counter() - began) * 1000)
    outcome.payloads = payloads
    return outcome


def mutate(random: Random, samples: Sequence[Sample]) -> Sample:
    """A sample with a few bytes flipped, cut, doubled or put in; now and then on the topic of another."""
    topic, good = random.choice(samples)
    if random.random() < 0.1:
        topic = random.choice(samples)[0]
    payload = bytearray(good)
    for _ in range(random.randint(0, _MUTATIONS_MAX)):
        at = random.randint(0, len(payload))
        match random.randint(0, 5):
            case 0 if at < len(payload):
                payload[at] = random.randrange(256)
            case 1:
                del payload[at : at + random.randint(1, 8)]
            case 2:
                payload[at:at] = random.choice(_TOKENS)
            case 3:
                payload[at:at] = payload[at : at + random.randint(1, 64)]
            case 4:
                del payload[at:]
            case 5 if at < len(payload):
                payload[at] ^= 1 << random.randrange(8)
    return topic, bytes(payload)


def _check(said: Sequence[Message], topic: str, payload: bytes) -> None:
    """What a database can hold and a receipt can count."""
    if len(said) > MESSAGES_A_PACKET:
        raise AssertionError(f"{len(said)} messages on {topic!r} from {payload!r}")
    for message in said:
        if isinstance(message, (Telemetry, DeviceEvent)):
            kept = message.values if isinstance(message, Telemetry) else message.data
            text = json.dumps(dict(kept), ensure_ascii=False)
            if "\\u0000" in text.replace("\\\\", "") or message.ts_ms < 0:  # a NUL, not a backslash with such a word
                raise AssertionError(f"cannot be kept: {message!r} on {topic!r} from {payload!r}")
            text.encode()


def _native() -> tuple[Convention, list[Sample]]:
    stamp = {"ts": _NOW_MS, "seq": 4, "boot": 7}
    bodies: Mapping[str, object] = {
        "tele": {**stamp, "v": {"temperature": 21.5, "mode": "自动", "on": True, "n": 3}, "q": {"n": "bad"}},
        "evt/opened": {**stamp, "id": "7-4", "data": {"by": "钥匙", "deep": [{"a": [1, 2]}]}},
        "state": {"online": True, "boot": 7, "ts": _NOW_MS},
        "desc": {"kind": "ups", "model": "m", "points": ["battery"], "commands": [], "buffer": 9, "schema": 1},
        "ack/c-1": {"ts": _NOW_MS, "status": "done", "detail": "好"},
        "cmd/lock": {"id": "c-1", "exp": _NOW_MS, "by": "user:wang", "args": {"text": "x"}},
    }
    samples = [(f"ht/v1/{SITE}/D-1/{rest}", json.dumps(body).encode()) for rest, body in bodies.items()]
    samples += [(topic, b"{}") for topic in (f"ht/v1/{SITE}/a b/tele", f"ht/v1/{SITE}/D-1/evt/Ω", "ht/v1/x/D-1/tele")]
    return NativeConvention(SITE), samples


def _onvif() -> tuple[Convention, list[Sample]]:
    convention = OnvifConvention()
    kinds = sorted({meaning.kind for meaning in MEANINGS} | {kind for kind, _ in SENSORS})
    convention.bind([Binding(device=kind, convention="onvif", address=kind, kind=kind) for kind in kinds])
    samples: list[Sample] = []
    for meaning in MEANINGS:
        word = next(iter(meaning.values), "7")
        body = {
            "UtcTime": "2026-01-02T03:04:05.678Z", "Source": {"Rule": "入口", "DoorToken": "D1"},
            "Data": {**dict.fromkeys(meaning.items, word), "Direction": "Right", "Element": {"@x": [1]}},
        }  # fmt: skip
        topic = f"{meaning.kind}/onvif-ej/{meaning.topic.replace('*', 'Some')}/&1/2/D1"
        samples.append((topic, json.dumps(body, ensure_ascii=False).encode()))
    human = {"@Likelihood": 0.8, "#text": "Human"}
    frame = {
        "@UtcTime": "2026-01-02T03:04:05Z", "@Source": "A",
        "Object": [{"@ObjectId": n, "Appearance": {"Class": {"Type": [human]}}} for n in (1, 2)],
    }  # fmt: skip
    samples.append(
        (
            "camera/onvif-mj/VideoAnalytics/P/M",
            json.dumps({"Frame": [frame, {**frame, "Object": frame["Object"][0]}]}).encode(),
        )
    )
    reading = {"SensorData": {"@UtcTime": "2026-01-02T03:04:05Z", "@SensorID": "1", "Value": "298.65"}}
    samples += [(f"{kind}/onvif-mj/{topic}", json.dumps(reading).encode()) for kind, topic in SENSORS]
    samples.append(("nobody/onvif-ej/x/&", b"{}"))
    return convention, samples


def _sparkplug() -> tuple[Convention, list[Sample]]:
    convention = SparkplugConvention(host=SITE)
    addresses = {"GW-1": "G/E", "T-1": "G/E/D1", "T-2": "G/E/D2"}
    convention.bind([Binding(device=key, convention="sparkplug", address=at) for key, at in addresses.items()])
    metrics = (
        Metric(name="bdSeq", datatype=4, value=1), Metric(name="Temperature", alias=1, datatype=10, value=21.5),
        Metric(name="Mode", alias=2, datatype=12, value="自动"), Metric(name="On", alias=3, datatype=11, value=True),
        Metric(name="Count", alias=4, datatype=3, value=-5, ts_ms=_NOW_MS, historical=True),
        Metric(name="Null", alias=5, datatype=10), Metric(alias=2, value="手动"),
    )  # fmt: skip
    body = encode_payload(Payload(ts_ms=_NOW_MS, seq=0, metrics=metrics))
    data = encode_payload(Payload(ts_ms=_NOW_MS, seq=1, metrics=metrics[5:]))
    topics = [f"spBv1.0/G/{what}/E" for what in ("NBIRTH", "NDATA", "NDEATH")]
    topics += [f"spBv1.0/G/{what}/E/D1" for what in ("DBIRTH", "DDATA", "DDEATH")]
    samples = [(topic, body) for topic in topics] + [(topic, data) for topic in topics]
    samples += [("spBv1.0/G/NBIRTH/E", body)] * 4
    samples += [("spBv1.0/G/DDATA/E/D9", data), ("spBv1.0/G/NDATA", data), (f"spBv1.0/STATE/{SITE}", b"{}")]
    return convention, samples


CODECS: Mapping[str, Callable[[], tuple[Convention, list[Sample]]]] = {
    "native": _native, "onvif": _onvif, "sparkplug": _sparkplug,
}  # fmt: skip
