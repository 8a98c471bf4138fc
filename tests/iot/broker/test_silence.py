"""Who is silent is told by the log's lines alone: once, in time, and taken back when it speaks after all."""

from __future__ import annotations

import pytest

from iot.broker.rights import Rights
from iot.broker.silence import ALLOWED_KEEPALIVES, TOLD_WITHIN_S, Listener, silence_lines
from iot.broker.watch import Reader, Silence

KEEPALIVE_S = 30
ALLOWED_S = KEEPALIVE_S * ALLOWED_KEEPALIVES - TOLD_WITHIN_S


class Hearing:
    """A listener and its clock."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.listener = Listener(lambda: self.now_s)

    def hear(self, *lines: str) -> None:
        for line in lines:
            self.listener.hear(line.encode())

    def join(self, name: str, keepalive_s: int = KEEPALIVE_S) -> None:
        self.hear(f"New client connected from 10.0.0.9:4711 as {name} (p5, c1, k{keepalive_s}, u'{name}').")

    def silent_after(self, seconds: float) -> list[str]:
        self.now_s += seconds
        return self.listener.take_silent()


@pytest.fixture
def hearing() -> Hearing:
    return Hearing()


def test_who_says_nothing_is_silent_before_its_allowance_ends_and_is_told_once(hearing: Hearing) -> None:
    hearing.join("UPS-1")
    assert hearing.silent_after(ALLOWED_S - 0.01) == []
    assert hearing.silent_after(0.02) == ["UPS-1"]
    assert hearing.silent_after(100) == []


@pytest.mark.parametrize(
    "line",
    [
        "Received PINGREQ from UPS-1",
        "Received PUBLISH from UPS-1 (d0, q1, r0, m7, 'ht/v1/s/UPS-1/tele', ... (80 bytes))",
        "Received PUBACK from UPS-1 (Mid: 3, RC:0)",
        "Received SUBSCRIBE from UPS-1",
    ],
)
def test_any_packet_is_a_word(hearing: Hearing, line: str) -> None:
    hearing.join("UPS-1")
    assert hearing.silent_after(ALLOWED_S - 1) == []
    hearing.hear(line)
    assert hearing.silent_after(ALLOWED_S - 1) == []
    assert hearing.silent_after(2) == ["UPS-1"]


def test_a_word_of_another_or_to_it_is_none_of_its_own(hearing: Hearing) -> None:
    hearing.join("UPS-1")
    hearing.now_s += ALLOWED_S
    hearing.hear("Received PINGREQ from UPS-10", "Sending PINGRESP to UPS-1", "Sending PUBLISH to UPS-1 (d0, q1)")
    assert hearing.listener.take_silent() == ["UPS-1"]


@pytest.mark.parametrize(
    "line",
    [
        "Client UPS-1 closed its connection.",
        "Client UPS-1 disconnected.",
        "Client UPS-1 disconnected due to protocol error.",
        "Client UPS-1 has exceeded timeout, disconnecting.",
        "Client UPS-1 been disconnected by administrative action.",
    ],
)
def test_who_is_gone_is_the_wills_affair(hearing: Hearing, line: str) -> None:
    hearing.join("UPS-1")
    hearing.hear(line)
    assert hearing.silent_after(10 * ALLOWED_S) == []


def test_who_is_pushed_off_by_its_own_new_connection_is_judged_by_that(hearing: Hearing) -> None:
    hearing.join("UPS-1")
    hearing.now_s += ALLOWED_S - 1
    hearing.hear("Client UPS-1 already connected, closing old connection.")
    hearing.join("UPS-1", keepalive_s=2 * KEEPALIVE_S)
    assert hearing.silent_after(ALLOWED_S + 1) == []
    assert hearing.silent_after(2 * ALLOWED_S) == ["UPS-1"]


def test_who_promises_no_keepalive_is_not_judged(hearing: Hearing) -> None:
    hearing.join("UPS-1", keepalive_s=0)
    assert hearing.silent_after(1e6) == []


def test_what_was_said_while_the_log_was_quiet_is_not_known(hearing: Hearing) -> None:
    hearing.join("UPS-1")
    hearing.now_s += 100 * ALLOWED_S
    hearing.listener.begin_anew()
    assert hearing.silent_after(ALLOWED_S - 1) == []
    assert hearing.silent_after(2) == ["UPS-1"]


def test_a_silence_and_its_end_reach_the_reader_as_they_were(hearing: Hearing) -> None:
    reader = Reader(lambda: Rights(()))
    hearing.join("UPS-1")
    hearing.now_s += ALLOWED_S
    (silent,) = silence_lines(hearing.listener)
    assert reader.read(silent.decode(), 7) == Silence(user="UPS-1", over=False, at_ms=7)
    hearing.hear("Received PINGREQ from UPS-1")
    (heard,) = silence_lines(hearing.listener)
    assert reader.read(heard.decode(), 8) == Silence(user="UPS-1", over=True, at_ms=8)
    assert silence_lines(hearing.listener) == []
