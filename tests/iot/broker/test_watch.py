"""What the broker's log says is read as it is meant; the access list is read as mosquitto does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.broker import log as broker_log
from iot.broker.credentials import acl_lines
from iot.broker.log import BUSY_FOR_S, QUIET_FIRST_S, QUIET_MAX_S, Attention, BrokerLog
from iot.broker.rights import Rights, covers, of_subscription
from iot.broker.watch import Reader, Refusal, Watch
from iot.ports import Binding
from iot.testing import eventually

SITE = "shifanqu"
RIGHTS = Rights(
    acl_lines(SITE, {"GW-1": ["UPS-1"]}, bindings=[Binding(device="CAM-1", convention="onvif", address="A")])
)


def read(*lines: str) -> list[tuple[str, str | None, str]]:
    reader = Reader(lambda: RIGHTS)
    found = [reader.read(line, n) for n, line in enumerate(lines)]
    return [(r.what, r.user, r.detail) for r in found if isinstance(r, Refusal)]


# --- lines


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "Denied PUBLISH from A-1 (d0, q1, r1, m7, 'ht/v1/s/B/tele', ... (2 bytes))",
            ("publish", "A-1", "ht/v1/s/B/tele"),
        ),
        ("Denied PUBLISH from A-1 (d0, q0, r0, m0, 'a', ... ('b', ... (9 bytes))", ("publish", "A-1", "a', ... ('b")),
        ("Client A-1 disconnected due to oversize packet.", ("oversized", "A-1", "")),
        ("Client <unknown> disconnected due to malformed packet.", ("malformed", None, "malformed packet")),
        ("Sending CONNACK to 10.0.0.9 (0, 5)", ("login", None, "")),
        ("Sending CONNACK to 10.0.0.9 (0, 134)", ("login", None, "")),
        ("A-1 1 #", ("subscribe", "A-1", "#")),
        ("A-1 0 $share/x/ht/v1/shifanqu/+/tele", ("subscribe", "A-1", "$share/x/ht/v1/shifanqu/+/tele")),
    ],
)
def test_a_line_is_a_refusal(line: str, said: tuple[str, str | None, str]) -> None:
    assert read(line) == [said]


@pytest.mark.parametrize(
    "line",
    [
        "A-1 1 ht/v1/shifanqu/A-1/cmd/#",
        "A-1 1 ht/v1/shifanqu/A-1/cmd/lock",
        "A-1 1 $share/x/ht/v1/shifanqu/A-1/cmd/+",
        "GW-1 1 ht/v1/shifanqu/UPS-1/cmd/#",
        "lobby-x 1 ht/v1/shifanqu/lobby/lobby-x/answer",
        "hall 1 ht/v1/shifanqu/+/tele",
        "hall.lobby 1 ht/v1/shifanqu/lobby/+/knock",
        "New client connected from 10.0.0.9:4711 as A-1 (p5, c1, k60, u'A-1').",
        "Client A-1 closed its connection.",
        "Client A-1 disconnected.",
        "mosquitto version 2.0.11 running",
        "Reloading config.",
        "",
    ],
)
def test_what_is_as_usual_is_none(line: str) -> None:
    assert read(line) == []


def test_a_will_is_told_with_its_topic_and_only_when_it_is_foreign() -> None:
    connected = "New client connected from 10.0.0.9:4711 as A-1 (p5, c1, k60, u'A-1')."
    will = "Will message specified (2 bytes) (r1, q1)."
    assert read(connected, will, "\tht/v1/shifanqu/B-1/state") == [("will", "A-1", "ht/v1/shifanqu/B-1/state")]
    assert read(connected, will, "\tht/v1/shifanqu/A-1/state") == []
    assert read(connected, "\tht/v1/shifanqu/B-1/state") == []


def test_a_refused_login_is_told_once_with_the_address_where_there_is_one() -> None:
    gone = "Client <unknown> disconnected, not authorised."
    reader = Reader(lambda: RIGHTS)
    told = [reader.read(line, 0) for line in ("Sending CONNACK to 10.0.0.9 (0, 5)", gone, gone)]
    assert [None if r is None else r.address for r in told] == ["10.0.0.9", None, None]
    assert told[1] is None
    assert told[2] is not None


def test_a_credential_used_from_two_places_is_told_and_a_reconnection_is_not() -> None:
    here = "New client connected from 10.0.0.9:1 as A-1 (p5, c1, k60, u'A-1')."
    there = "New client connected from 10.0.0.7:1 as A-1 (p5, c1, k60, u'A-1')."
    pushed = "Client A-1 already connected, closing old connection."
    assert read(here, pushed, here) == []
    assert read(here, there) == [], "it came back elsewhere, with nobody pushed off"
    assert read(here, pushed, there) == [("stolen", "A-1", "10.0.0.9, 10.0.0.7")]
    assert read(here, pushed, here, pushed, here) == [("stolen", "A-1", "10.0.0.9")]


@given(st.text(max_size=200))
def test_no_line_is_too_strange(line: str) -> None:
    found = Reader(lambda: RIGHTS).read(line, 0)
    assert found is None or found.what


# --- rights


@pytest.mark.parametrize(
    ("allowed", "wanted", "is_covered"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/+", True),
        ("a/b", "a/+", False),
        ("a/+", "a/#", False),
        ("a/#", "a/#", True),
        ("a/#", "a", True),
        ("a/#", "a/b/+/c", True),
        ("a/b/#", "a/#", False),
        ("+/b", "a/b", True),
        ("+/+", "a", False),
        ("#", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("a/b", "a/b/c", False),
    ],
)
def test_one_filter_covers_another(allowed: str, wanted: str, is_covered: bool) -> None:
    assert covers(allowed, wanted) is is_covered


LEVEL = st.sampled_from(["a", "b", "", "c"])
FILTER = st.lists(st.one_of(LEVEL, st.just("+")), min_size=1, max_size=4).flatmap(
    lambda levels: st.sampled_from([levels, [*levels, "#"]])
)


def matches(wanted: list[str], topic: list[str]) -> bool:
    """MQTT 5, 4.7, once more and slowly."""
    if not wanted:
        return not topic
    if wanted[0] == "#":
        return True
    return bool(topic) and wanted[0] in {"+", topic[0]} and matches(wanted[1:], topic[1:])


@given(FILTER, FILTER, st.lists(LEVEL, min_size=1, max_size=5))
def test_what_a_covered_filter_hears_is_allowed(allowed: list[str], wanted: list[str], topic: list[str]) -> None:
    if covers("/".join(allowed), "/".join(wanted)) and matches(wanted, topic):
        assert matches(allowed, topic)


def test_a_shared_subscription_is_one_of_its_filter() -> None:
    assert of_subscription("$share/group/a/b/#") == "a/b/#"
    assert of_subscription("$share/x") == "$share/x"


@pytest.mark.parametrize(
    ("user", "topic", "may"),
    [
        ("A-1", f"ht/v1/{SITE}/A-1/tele", True),
        ("A-1", f"ht/v1/{SITE}/A-1/evt/x/y", False),
        ("A-1", f"ht/v1/{SITE}/UPS-1/tele", False),
        ("GW-1", f"ht/v1/{SITE}/UPS-1/tele", True),
        ("CAM-1", "A/onvif-ej/Device/X", True),
        ("A-1", "A/onvif-ej/Device/X", False),
        ("hall", f"ht/v1/{SITE}/A-1/cmd/lock", True),
    ],
)
def test_who_may_say_what(user: str, topic: str, may: bool) -> None:
    assert RIGHTS.may_write(user, topic) is may


# --- the file


def test_what_goes_right_is_not_kept_and_counted_all_the_same(tmp_path: Path) -> None:
    log = BrokerLog(tmp_path / "mosquitto.log")
    usual = b"Received PUBLISH from A (d0, q1, r0, m1, 'x', ... (2 bytes))\nSending PUBACK to A (m1, rc0)\n"
    os.write(log.writing, usual * 1000 + b"Denied PUBLISH from A (d0, q1, r0, m1, 'y', ... (2 bytes))\nhalf")
    log.drain()
    os.write(log.writing, b" a line\nReloading config.\n")
    log.drain()
    os.close(log.writing)
    log.close()
    kept = (tmp_path / "mosquitto.log").read_text().splitlines()
    assert [line.partition(": ")[2].partition(" (")[0] for line in kept] == [
        "Denied PUBLISH from A", "half a line", "Reloading config.",
    ]  # fmt: skip
    assert (log.lines, log.reloads) == (2003, 1)
    assert (tmp_path / "mosquitto.log").stat().st_mode & 0o777 == 0o600


def test_the_file_is_put_aside_before_it_grows_too_large_and_no_line_of_it_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_log, "KEPT_BYTES_MAX", 2_000)
    path, told = tmp_path / "mosquitto.log", list[Refusal]()
    log = BrokerLog(path)
    watch = Watch(path, rights=lambda: RIGHTS, tell=told.append, hush=lambda _: None, now_ms=lambda: 0)
    watch.start()
    for n in range(0, 100, 20):
        lines = (b"Denied PUBLISH from A (d0, q1, r0, m1, 'topic-%d', ... (2 bytes))\n" % (n + m) for m in range(20))
        os.write(log.writing, b"".join(lines))
        log.drain()
        eventually(lambda wanted=n + 20: len(told) == wanted, what=f"line {n + 20}")  # type: ignore[misc]
    watch.stop()
    os.close(log.writing)
    log.close()
    assert [r.detail for r in told] == [f"topic-{n}" for n in range(100)]
    assert path.with_suffix(".log.1").stat().st_size < 4_000, "the limit and what came with one look"


def seconds_told(lines_per_s: float, *, of: int) -> list[int]:
    attention = Attention()
    return [second for second in range(1, of + 1) if attention.judge(lines_per_s, float(second))]


def test_a_start_with_many_devices_makes_nobody_quiet() -> None:
    attention = Attention()
    assert all(attention.judge(rate, n) for n, rate in enumerate([50_000, 50_000, 10, 50_000, 10, 10]))


def test_who_is_always_busy_is_asked_ever_more_seldom() -> None:
    told = seconds_told(20_000, of=600)
    assert told[: BUSY_FOR_S - 1] == list(range(1, BUSY_FOR_S))
    assert len(told) < 600 * (BUSY_FOR_S + 1) / QUIET_MAX_S + 20
    first = 1 + round(QUIET_FIRST_S)
    assert seconds_told(500_000, of=20) == [first, first + 1 + round(2 * QUIET_FIRST_S)], (
        "far too much is quiet at once"
    )


def test_after_calm_it_is_asked_soon_again() -> None:
    attention, now_s = Attention(), 0.0
    for _ in range(4):
        while attention.judge(500_000, now_s):
            now_s += 1
        now_s += QUIET_MAX_S
        assert attention.judge(10, now_s)
        for _ in range(200):
            now_s += 1
            attention.judge(10, now_s)
        assert not attention.judge(500_000, now_s)
        assert attention.judge(10, now_s + QUIET_FIRST_S)
        now_s += QUIET_FIRST_S
