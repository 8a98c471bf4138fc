"""Each fault does to values, clock and messages what its name says, and a wrong order is told what is right."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults.active import Faults
from simulators.faults.catalogue import FAULTS, check_fault
from simulators.line import Message

POINTS: dict[str, Any] = {
    "temperature": {"name": "temperature", "type": "float", "range": [-40, 85]},
    "people": {"name": "people", "type": "int", "range": [0, 1000]},
    "mode": {"name": "mode", "type": "enum", "range": None},
}
VALUES = {"temperature": 21.0, "people": 4, "mode": "auto"}


def make(seed: int = 1) -> tuple[Faults, list[tuple[str, int]]]:
    told: list[tuple[str, int]] = []
    return Faults(POINTS, random=Random(seed), tell=lambda what, m: told.append((what, m.seq))), told


def begin(faults: Faults, name: str, *, now_s: float = 0.0, **parameters: Any) -> None:
    faults.begin(name, parameters, now_s=now_s, values=VALUES)


def messages(count: int) -> list[Message]:
    return [Message("D-1", "t", b'{"seq":%d}' % n, boot=1, seq=n) for n in range(1, count + 1)]


def pass_all(faults: Faults, count: int) -> list[Message]:
    return [out for message in messages(count) for out in faults.pass_on(message)]


def test_a_healthy_device_is_left_alone() -> None:
    faults, told = make()
    assert not faults
    assert faults.spoil(VALUES, now_s=5) is VALUES
    assert faults.off_ms(now_s=5, now_ms=1000) == 0
    assert pass_all(faults, 5) == messages(5)
    assert told == []


def test_a_drift_grows_with_time_and_ends_with_the_fault() -> None:
    faults, _ = make()
    begin(faults, "drift", now_s=100.0, point="temperature", per_h=3.0)
    assert faults.spoil(VALUES, now_s=100.0) == VALUES
    assert faults.spoil(VALUES, now_s=100.0 + 1200) == {**VALUES, "temperature": 22.0}
    assert faults.end("drift")
    assert not faults.end("drift")
    assert faults.spoil(VALUES, now_s=9999.0) is VALUES


def test_a_stuck_point_shows_what_it_showed_and_the_others_live() -> None:
    faults, _ = make()
    begin(faults, "stuck", point="people")
    assert faults.spoil({"people": 9, "mode": "off"}, now_s=1) == {"people": 4, "mode": "off"}
    begin(faults, "stuck")
    assert faults.spoil({"people": 9, "mode": "off"}, now_s=1) == {"people": 4, "mode": "auto"}


def test_out_of_range_is_beyond_what_the_declaration_allows() -> None:
    faults, _ = make()
    begin(faults, "out_of_range")
    spoilt = faults.spoil(VALUES, now_s=1)
    assert float(spoilt["temperature"]) > 85
    assert isinstance(spoilt["people"], int)
    assert spoilt["people"] > 1000
    assert spoilt["mode"] == "auto"


def test_a_skewed_clock_is_off_and_runs_off_further() -> None:
    faults, _ = make()
    begin(faults, "skew", now_s=10.0, seconds=-60, per_h=36)
    assert faults.off_ms(now_s=10.0, now_ms=10**12) == -60_000
    assert faults.off_ms(now_s=10.0 + 3600, now_ms=10**12) == -24_000


def test_a_wrong_clock_jumped_to_its_year_and_goes_on_from_there() -> None:
    faults, _ = make()
    now_ms = int(datetime(2026, 5, 4, tzinfo=UTC).timestamp() * 1000)
    begin(faults, "wrong_clock", now_s=50.0, year=2000)
    shown = datetime.fromtimestamp((now_ms + faults.off_ms(now_s=50.0, now_ms=now_ms)) / 1000, UTC)
    later = datetime.fromtimestamp((now_ms + 7000 + faults.off_ms(now_s=57.0, now_ms=now_ms + 7000)) / 1000, UTC)
    assert (shown, later) == (datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, 0, 0, 7, tzinfo=UTC))


def test_a_clock_never_shows_a_time_before_times_began() -> None:
    faults, _ = make()
    begin(faults, "skew", seconds=-3e9)
    assert 5 + faults.off_ms(now_s=0.0, now_ms=5) == 0


def test_lost_messages_are_gone_and_told() -> None:
    faults, told = make()
    begin(faults, "loss")
    assert pass_all(faults, 3) == []
    assert told == [("loss", 1), ("loss", 2), ("loss", 3)]


def test_a_duplicate_is_the_same_and_counts_once() -> None:
    faults, told = make()
    begin(faults, "duplicate")
    out = pass_all(faults, 2)
    assert [m.payload for m in out] == [b'{"seq":1}', b'{"seq":1}', b'{"seq":2}', b'{"seq":2}']
    assert [m.seq for m in out] == [1, 0, 2, 0]
    assert [what for what, _ in told] == ["duplicate", "duplicate"]


@given(st.integers(0, 10**6), st.integers(1, 32), st.integers(0, 60), st.floats(0, 1))
def test_reordering_loses_nothing_and_overtakes_by_no_more_than_said(
    seed: int, by: int, count: int, part: float
) -> None:
    faults, _ = make(seed)
    begin(faults, "reorder", part=part, by=by)
    out = [m.seq for m in pass_all(faults, count)]
    assert all(sum(other > seq for other in out[: out.index(seq)]) <= by for seq in out)
    out += [m.seq for m in faults.release_all()]
    assert sorted(out) == list(range(1, count + 1))


def test_reordering_does_reorder() -> None:
    faults, _ = make()
    begin(faults, "reorder", part=0.5, by=1)
    out = [m.seq for m in pass_all(faults, 40)]
    assert out != sorted(out)


def test_malformed_payloads_come_in_place_of_messages() -> None:
    faults, told = make()
    begin(faults, "malformed", part=1.0)
    out = pass_all(faults, 20)
    assert len(out) == len(told) == 20
    assert not {m.payload for m in out} & {m.payload for m in messages(20)}
    assert all(m.seq == 0 for m in out)


@pytest.mark.parametrize(
    ("name", "parameters", "where", "says"),
    [
        ("drfit", {}, "fault", "did you mean 'drift'"),
        ("drift", {}, "fault", "drift needs per_h"),
        ("drift", {"per_h": "fast"}, "per_h", "is a number from"),
        ("drift", {"per_h": 1, "pont": "x"}, "pont", "did you mean 'point'"),
        ("drift", {"per_h": 1, "point": 5}, "point", "is a text"),
        ("dropout", {"part": 0.5}, "part", "it takes: nothing"),
        ("loss", {"part": 1.5}, "part", "from 0 to 1"),
        ("flood", {"per_s": True}, "per_s", "is a number"),
    ],
)
def test_a_wrong_fault_is_told_what_is_right(name: str, parameters: dict[str, Any], where: str, says: str) -> None:
    ((key, what),) = check_fault(name, parameters)
    assert key == where
    assert says in what


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_says_what_it_does_and_can_begin_with_what_it_needs(name: str) -> None:
    declared = FAULTS[name].parameters
    needed: dict[str, Any] = {key: means.low for key, means in declared.items() if means.default is None}  # type: ignore[union-attr]
    assert len(FAULTS[name].says) > 10
    assert check_fault(name, needed) == []
    faults, _ = make()
    full = faults.begin(name, needed, now_s=0.0, values=VALUES)
    assert set(full) == set(declared)
    assert None not in full.values()
    assert name in faults
