"""What is let go before a message is made of it: told in order, counted, acknowledged, and never taken for lost."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.codecs.native import encode
from iot.connectors.sifting import FLUSH_MS, Sifter
from iot.kind import Value
from iot.messages import LetGo, Telemetry
from twin.sequence import Window

SITE = "hall"


class Scripted:
    """Keeps what is asked for by its value."""

    def lets_go(self, device: str, values: Mapping[str, Value]) -> bool:
        del device
        return bool(values["go"])


class Line:
    """A sifter with what it tells and what it leaves to the usual way, in order."""

    def __init__(self, *, newer: bool = True) -> None:
        self.at_ms = 1_000
        self.out: list[LetGo | tuple[str, int, int]] = []
        self.sifter = Sifter(site=SITE, tell=self.out.append, now_ms=lambda: self.at_ms)
        self.sifter.sieve, self.sifter.newer = Scripted(), newer

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, mid: int = 7, properties: bytes = b"\0") -> bool:
        word = topic.encode()
        packet = struct.pack("!H", len(word)) + word + (struct.pack("!H", mid) if qos else b"")
        packet += (properties if self.sifter.newer else b"") + payload
        return self.sifter.sift(b"before" + packet, 0x30 | qos << 1, 6, 6 + len(packet))

    def say(self, device: str, boot: int, seq: int, *, go: bool) -> bool:
        message = Telemetry(device=device, ts_ms=1, seq=seq, boot=boot, values={"go": go})
        topic, payload = encode(message, site=SITE)
        gone = self.publish(topic, payload)
        if not gone:
            self.out.append((device, boot, seq))
        return gone


spoken = st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(0, 8)), max_size=120)


@given(spoken)
def test_however_kept_and_let_go_alternate_no_number_is_missing_and_none_comes_twice(
    said: list[tuple[str, bool, int]],
) -> None:
    line = Line()
    seqs, boots = {"a": 0, "b": 0}, {"a": 1, "b": 1}
    for device, go, restart in said:
        if restart == 0:
            boots[device] += 1
        seqs[device] += 1
        assert line.say(device, boots[device], seqs[device], go=go) is go
    line.at_ms += FLUSH_MS
    line.sifter.flush()
    windows = {"a": Window(boot=1, top=0, seen=1), "b": Window(boot=1, top=0, seen=1)}
    for told in line.out:
        device, boot, first, last = (
            (told.device, told.boot, told.first, told.last) if isinstance(told, LetGo) else (*told, told[2])
        )
        assert windows[device].see(boot, first) == "next"
        windows[device].see_on(last)
    assert {key: window.top for key, window in windows.items()} == seqs
    assert sum(told.readings for told in line.out if isinstance(told, LetGo)) == sum(go for _, go, _ in said)
    assert line.sifter.count == sum(go for _, go, _ in said)


def test_what_is_let_go_is_told_soon_and_at_once_when_it_ends() -> None:
    line = Line()
    line.sifter.flush()
    line.say("a", 1, 1, go=True)
    line.sifter.flush()
    line.say("a", 1, 2, go=True)
    first = LetGo(device="a", boot=1, first=1, last=1, readings=1)
    assert line.out == [first]
    line.sifter.sieve = None
    line.sifter.flush()
    assert line.out == [first, LetGo(device="a", boot=1, first=2, last=2, readings=1)]


@pytest.mark.parametrize("newer", [True, False], ids=["MQTT 5", "MQTT 3.1.1"])
def test_packets_that_ask_for_it_are_acknowledged(newer: bool) -> None:
    line = Line(newer=newer)
    _, payload = encode(Telemetry(device="a", ts_ms=1, seq=1, boot=1, values={"go": True}), site=SITE)
    assert line.publish(f"ht/v1/{SITE}/a/tele", payload, mid=258)
    assert line.publish(f"ht/v1/{SITE}/a/tele", payload, qos=0)
    assert line.sifter.acknowledgeable == [258]


def test_whatever_is_not_plainly_telemetry_goes_the_usual_way() -> None:
    line = Line()
    _, payload = encode(Telemetry(device="a", ts_ms=1, seq=1, boot=1, values={"go": True}), site=SITE)
    topic = f"ht/v1/{SITE}/a/tele"
    for other in (f"ht/v1/{SITE}/a/evt/opened", "ht/v1/elsewhere/a/tele", f"ht/v1/{SITE}/a/state", "x"):
        assert not line.publish(other, payload)
    for broken in (b"", b"{", payload.replace(b"true", b"\0"), payload + b" " * 20_000, b"\xff\xfe"):
        assert not line.publish(topic, broken)
    assert not line.publish(topic, payload, properties=b"\x05\x02\0\0\0\x09")
    assert line.publish(topic, payload)
