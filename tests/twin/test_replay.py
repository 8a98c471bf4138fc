"""A replay shows at any time what is known of that time, however it came there: jump, any speed, pause."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import replay as engine
from twin.command import Command, as_of
from twin.errors import DatabaseUnavailable, Refused
from twin.history import Change, Passage, PastState, doubted
from twin.live import Message
from twin.replay import EDGE_MS, Replay, find_happening
from twin.state import PointValue
from twin.store.happenings import Happening, HappeningKind
from twin.store.passages import AlarmChange
from twin.store.runs import Span
from twin.testing import ManualClock

START, LENGTH_MS = 1_763_000_000_000, 120_000
NOW = START + LENGTH_MS + EDGE_MS
DOOR, LAMP, GONE, QUEUE = "s:device:D-1", "s:device:L-1", "s:device:GONE", "s:queue:A"
OLD, NEW = "version-old", "version-new"


def value(number: float, ts_ms: int) -> PointValue:
    return PointValue(value=number, ts_ms=ts_ms, source="device", received_ms=ts_ms)


@dataclass
class FakePast:
    """A past written down by hand; every answer is found by looking at all of it."""

    readings: Sequence[tuple[int, str, str, float]] = ()
    runs: Sequence[Span] = ((START, NOW),)
    published: Sequence[tuple[int, str]] = ((START, OLD),)
    alarm_changes: Sequence[tuple[int, dict[str, Any]]] = ()
    asked: Sequence[Command] = ()
    marks: Sequence[Happening] = ()
    looks: list[int] = field(default_factory=list)

    def state_at(self, at_ms: int) -> PastState:
        self.looks.append(at_ms)
        known = any(low <= at_ms <= high for low, high in self.runs)
        building = next((v for ts, v in reversed(self.published) if ts <= at_ms), None)
        entities: dict[str, dict[str, PointValue]] = {}
        for ts_ms, entity, point, number in self.readings:
            if ts_ms <= at_ms and self.here(building)(entity):
                entities.setdefault(entity, {})[point] = doubted(value(number, ts_ms), known)
        alarms: dict[str, dict[str, Any]] = {}
        for ts_ms, body in self.alarm_changes:
            if ts_ms <= at_ms:
                alarms[body["id"]] = body
        shown = [body for body in alarms.values() if body["state"] != "closed"]
        return PastState(at_ms=at_ms, known=known, building=building, entities=entities, alarms=shown)

    def here(self, building: str | None) -> Callable[[str], bool]:
        return lambda entity: building != NEW or entity != GONE

    def changes(self, since_ms: int, until_ms: int, *, limit: int) -> Iterator[Change]:
        found = [r for r in self.readings if since_ms <= r[0] < until_ms]
        for ts_ms, entity, point, number in found[:limit]:
            yield Change(ts_ms, entity, point, value(number, ts_ms))

    def passage(self, since_ms: int, until_ms: int) -> Passage:
        spans = [(max(low, since_ms), min(high, until_ms)) for low, high in self.runs]
        return Passage(
            recorded=[span for span in spans if span[0] <= span[1]],
            published=any(since_ms <= ts <= until_ms for ts, _ in self.published),
            alarms=[AlarmChange(n, b) for n, (ts, b) in enumerate(self.alarm_changes, 1) if since_ms <= ts <= until_ms],
        )

    def commands(self, at_ms: int) -> list[Command]:
        return [command for command in self.asked if command.created_ms <= at_ms]

    def happenings(self, since_ms: int, until_ms: int, *, kinds: Collection[HappeningKind]) -> list[Happening]:
        found = [h for h in self.marks if since_ms <= h.ts_ms <= until_ms and h.kind in kinds]
        told = [h for kind in kinds for h in [f for f in found if f.kind == kind][-engine.HAPPENINGS_MAX :]]
        return sorted(told, key=lambda h: h.ts_ms)


class Page:
    """Folds the messages as the pages do: a snapshot forgets, values merge."""

    def __init__(self, replay: Replay) -> None:
        self._subscription = replay.hub.subscribe("ops", wake=lambda: None)
        self.entities: dict[str, dict[str, list[Any]]] = {}
        self.alarms: dict[str, dict[str, Any]] = {}
        self.building: str | None = None
        self.snaps = 0
        self.heard: list[Message] = []

    def read(self) -> None:
        for message in self._subscription.take():
            self.heard.append(message)
            if message["type"] == "snap":
                self.snaps += 1
                self.entities, self.building = dict(message["entities"]), message["building"]
                self.alarms = {alarm["id"]: alarm for alarm in message["alarms"]}
            elif message["type"] == "delta":
                for entity, points in message["entities"].items():
                    self.entities[entity] = {**self.entities.get(entity, {}), **points}
            elif message["type"] == "alarm":
                self.alarms[message["alarm"]["id"]] = message["alarm"]

    def open_alarms(self) -> list[dict[str, Any]]:
        return sorted((a for a in self.alarms.values() if a["state"] != "closed"), key=lambda a: str(a["id"]))


def wire(entities: Mapping[str, Mapping[str, PointValue]]) -> dict[str, dict[str, list[Any]]]:
    return {i: {n: [p.value, p.quality, p.ts_ms] for n, p in points.items()} for i, points in entities.items()}


def mark(ts_ms: int, kind: HappeningKind = "event", state: str | None = None) -> Happening:
    return Happening(ts_ms=ts_ms, kind=kind, entity=DOOR, name="x", state=state)


class Watch:
    """Time that goes by when told, for the replay and for the hall."""

    def __init__(self, past: FakePast) -> None:
        self.past, self.s, self.clock = past, 0.0, ManualClock(NOW)
        self.replay = Replay(past, site="s", epoch="e", now_ms=self.clock, passed_s=lambda: self.s)

    def wait(self, seconds: float) -> None:
        self.s += seconds
        self.replay.step()


_times = st.integers(START, START + LENGTH_MS)
_readings = st.lists(
    st.tuples(_times, st.sampled_from([DOOR, LAMP, GONE, QUEUE]), st.sampled_from(["a", "b"]), st.floats(0, 9)),
    min_size=20, max_size=60,
)  # fmt: skip
_alarms = st.lists(
    st.tuples(_times, st.sampled_from(["1", "2"]), st.sampled_from(["active", "acknowledged", "closed"])), max_size=12
)
_waits = st.tuples(st.just("wait"), st.floats(0, 15))
_acts = st.lists(
    st.one_of(
        _waits, _waits, _waits, _waits,
        st.tuples(st.just("jump"), _times),
        st.tuples(st.just("play"), st.sampled_from([0.25, 1.0, 5.0, 60.0, 3600.0])),
        st.tuples(st.just("pause"), st.just(0.0)),
        st.tuples(st.just("seek"), st.sampled_from([0.0, 1.0])),
        st.tuples(st.just("read"), st.just(0.0)),
    ),
    min_size=5, max_size=30,
)  # fmt: skip


@st.composite
def _pasts(draw: st.DrawFn) -> FakePast:
    edges = sorted(draw(st.lists(_times, unique=True, min_size=2, max_size=4)))
    changes = sorted(draw(_alarms), key=lambda a: a[0])
    return FakePast(
        readings=sorted(draw(_readings), key=lambda r: r[0]),
        runs=draw(st.sampled_from([list(pairwise(edges))[::2], [(START, NOW)]])),
        published=sorted((ts, draw(st.sampled_from([OLD, NEW]))) for ts in draw(st.lists(_times, max_size=3))),
        alarm_changes=[(ts, {"id": key, "state": state}) for ts, key, state in changes],
        marks=[mark(ts, "alarm", state) for ts, _, state in changes],
    )


def shows_what_is_known(watch: Watch, page: Page | None) -> None:
    shown, hub = watch.replay.state, watch.replay.hub
    truth = watch.past.state_at(shown.at_ms)
    assert hub.snapshot().entities == truth.entities
    assert shown.known == truth.known
    assert {alarm["id"]: alarm for alarm in hub.sources.alarms()} == {alarm["id"]: alarm for alarm in truth.alarms}
    if page is not None:
        page.read()
        assert page.entities == wire(truth.entities)
        assert page.open_alarms() == sorted(truth.alarms, key=lambda a: str(a["id"]))
        assert page.building == truth.building


@given(past=_pasts(), at_ms=_times, acts=_acts, walk_ms=st.sampled_from([5_000, 60_000]), most=st.sampled_from([2, 9]))
@settings(max_examples=400, deadline=None)
def test_whatever_is_done_with_the_slider_the_state_of_the_time_shown_is_shown(
    past: FakePast, at_ms: int, acts: list[tuple[str, float]], walk_ms: int, most: int
) -> None:
    """By the hub at once; by a page as soon as it reads, however far it fell behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "WALK_MS", walk_ms)
        patch.setattr(engine, "CHANGES_MAX", most)
        watch = Watch(past)
        watch.replay.jump(at_ms)
        prompt, slow = Page(watch.replay), Page(watch.replay)
        watch.replay.play()
        for act, value in acts:
            before = watch.replay.state
            if act == "jump":
                watch.replay.jump(int(value))
                assert watch.replay.state.at_ms == int(value)
            elif act == "play":
                watch.replay.play(speed=value)
            elif act == "pause":
                watch.replay.pause()
            elif act == "seek":
                watch.replay.seek(forward=bool(value))
            elif act == "wait":
                watch.wait(value)
                if before.paused:
                    assert watch.replay.state == before
            shows_what_is_known(watch, prompt)
            if act == "read":
                shows_what_is_known(watch, slow)
        shows_what_is_known(watch, slow)


def test_what_was_taken_out_of_the_building_is_not_heard_any_more() -> None:
    watch = Watch(FakePast(readings=[(START + 2_000, GONE, "a", 1.0)], published=[(START, OLD), (START + 1_000, NEW)]))
    watch.replay.jump(START + 1_500)
    page = Page(watch.replay)
    watch.replay.play()
    watch.wait(1)
    shows_what_is_known(watch, page)
    assert page.entities == {}


def test_of_one_alarm_what_was_recorded_later_holds_also_where_the_clock_was_set_back() -> None:
    again = [(START + 4_000, {"id": "1", "state": "active"}), (START + 2_000, {"id": "1", "state": "acknowledged"})]
    watch = Watch(FakePast(alarm_changes=again))
    watch.replay.jump(START)
    page = Page(watch.replay)
    watch.replay.play()
    for _ in range(6):
        watch.wait(1)
        shows_what_is_known(watch, page)
    assert [alarm["state"] for alarm in page.open_alarms()] == ["acknowledged"]


PLAIN = FakePast(readings=[(START + n * 1_000, DOOR, "a", float(n)) for n in range(LENGTH_MS // 1_000)])


def test_time_goes_by_as_fast_as_asked_for_and_stands_when_paused() -> None:
    watch = Watch(PLAIN)
    watch.replay.jump(START)
    watch.wait(5)
    assert watch.replay.state.at_ms == START, "nothing moves before it is told to"
    watch.replay.play()
    watch.wait(2)
    assert watch.replay.state.at_ms == START + 2_000
    watch.replay.play(speed=10)
    watch.wait(3)
    assert watch.replay.state.at_ms == START + 32_000
    watch.replay.pause()
    watch.wait(60)
    watch.replay.play()
    watch.wait(0.5)
    assert watch.replay.state.at_ms == START + 37_000


def test_a_replay_ends_before_the_present_and_says_so() -> None:
    watch = Watch(PLAIN)
    watch.replay.jump(START)
    watch.replay.play(speed=3600)
    watch.wait(10)
    state = watch.replay.state
    assert (state.at_ms, state.paused, state.ended) == (NOW - EDGE_MS, True, True)
    watch.replay.play()
    assert watch.replay.state.paused, "there is nothing to go on to"
    watch.clock.advance(60)
    watch.replay.play(speed=1)
    watch.wait(5)
    assert watch.replay.state.at_ms == NOW - EDGE_MS + 5_000, "by now there is"
    watch.replay.jump(START)
    assert not watch.replay.state.ended


def test_one_step_forward_is_no_new_snapshot() -> None:
    watch = Watch(PLAIN)
    watch.replay.jump(START)
    page = Page(watch.replay)
    page.read()
    watch.replay.play()
    for _ in range(20):
        watch.wait(0.25)
        page.read()
    assert page.snaps == 1
    assert PLAIN.looks.count(START + 5_000) == 0, "it went through the readings instead of looking at the hall"
    assert page.entities[DOOR]["a"] == [5.0, "good", START + 5_000]


@pytest.mark.parametrize("at_ms", [-1, NOW + 1])
def test_no_time_that_cannot_be_known(at_ms: int) -> None:
    with pytest.raises(Refused, match="at must lie"):
        Watch(PLAIN).replay.jump(at_ms)


@pytest.mark.parametrize("speed", [0, 0.2, 3601, float("nan")])
def test_speed_has_bounds(speed: float) -> None:
    watch = Watch(PLAIN)
    watch.replay.jump(START)
    with pytest.raises(Refused, match="speed"):
        watch.replay.play(speed=speed)
    assert watch.replay.state.paused


def test_the_greeting_and_the_clock_say_that_it_is_a_replay() -> None:
    watch = Watch(PLAIN)
    watch.replay.jump(START + 7_000)
    page = Page(watch.replay)
    page.read()
    assert page.heard[0]["type"] == "hello"
    assert (page.heard[0]["now_ms"], page.heard[0]["replay"]) == (START + 7_000, True)
    told = {"at_ms": START + 7_000, "speed": 1.0, "paused": True, "known": True}
    assert watch.replay.clock() == {"type": "clock", **told}


def test_to_the_next_event_and_back() -> None:
    marks = [
        mark(START + 1_000), mark(START + 2_000, "alarm", "active"), mark(START + 3_000, "alarm", "closed"),
        mark(START + 4_000, "call"), mark(START + 5_000, "building"),
    ]  # fmt: skip
    watch = Watch(FakePast(marks=marks))
    watch.replay.jump(START)
    stops = []
    while watch.replay.seek(forward=True):
        stops.append(watch.replay.state.at_ms - START)
        assert watch.replay.state.event is not None
    assert stops == [1_000, 2_000, 5_000], "an alarm is where it was raised; calls are too many to stop at"
    assert watch.replay.seek(forward=False, kinds=["call"])
    assert watch.replay.state.at_ms == START + 4_000
    watch.replay.play()
    watch.wait(0.5)
    assert watch.replay.state.event is None


@given(times=st.lists(st.integers(0, 40 * 86_400_000), max_size=30), at=st.integers(0, 40 * 86_400_000))
@settings(deadline=None)
def test_the_next_event_is_the_nearest_however_many_there_are(times: list[int], at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "HAPPENINGS_MAX", 3)
        past = FakePast(marks=[mark(ts) for ts in sorted(times)])
        edge_ms = 40 * 86_400_000
        after = find_happening(past, at, forward=True, kinds=["event"], edge_ms=edge_ms)
        before = find_happening(past, at, forward=False, kinds=["event"], edge_ms=edge_ms)
        reach = engine.SEEK_MAX_MS
        assert (after.ts_ms if after else None) in {min((t for t in times if t > at), default=None), None}
        assert after or not any(at < t <= at + reach for t in times)
        assert (before.ts_ms if before else None) in {max((t for t in times if t < at), default=None), None}
        assert before or not any(at - reach <= t < at for t in times)


LOCK = Command(
    id="c1", device=DOOR, name="lock", args={}, issuer="manager", reason="drill", state="done", armed_by="manager",
    fired_by="guard", fired_ms=START + 2_000, answered_ms=START + 3_000, confirmed=True,
    created_ms=START + 1_000, expires_ms=START + 7_000, ended_ms=START + 4_000,
)  # fmt: skip


def test_a_command_is_told_as_far_as_its_own_times_tell() -> None:
    at = {ms: as_of(LOCK, START + ms) for ms in (999, 1_000, 2_000, 3_000, 4_000)}
    assert at[999] is None
    told = [c and (c.state, c.fired_by, c.answered_ms is not None, c.confirmed) for c in list(at.values())[1:]]
    assert told == [
        ("armed", None, False, False), ("sent", "guard", False, False), ("accepted", "guard", True, False),
        ("done", "guard", True, True),
    ]  # fmt: skip


def test_commands_and_calls_come_on_the_lossless_lane_as_they_did() -> None:
    watch = Watch(FakePast(asked=[LOCK]))
    called = [{"n": 1, "number": "A001", "at": START + 1_500}]
    watch.replay = Replay(
        watch.past, site="s", epoch="e", now_ms=watch.clock, passed_s=lambda: watch.s,
        calls=lambda since, until: [c for c in called if since <= int(str(c["at"])) <= until],
    )  # fmt: skip
    watch.replay.jump(START)
    page = Page(watch.replay)
    page.read()
    watch.replay.play()
    for _ in range(10):
        watch.wait(0.5)
        page.read()
    lane = [(m["type"], m.get("command", m.get("call"))) for m in page.heard if m["type"] in {"command", "call"}]
    assert [body["state"] for kind, body in lane if kind == "command"] == ["armed", "sent", "accepted", "done"]
    assert [body["number"] for kind, body in lane if kind == "call"] == ["A001"]
    late = Page(watch.replay)
    watch.replay.jump(START + 5_000)
    late.read()
    snap = next(m for m in late.heard if m["type"] == "snap")
    assert ([c["state"] for c in snap["commands"]], [c["n"] for c in snap["calls"]]) == (["done"], [1])


def test_who_comes_back_after_a_jump_gets_the_new_picture() -> None:
    watch = Watch(PLAIN)
    watch.replay.jump(START + 9_000)
    page = Page(watch.replay)
    page.read()
    seq = page.heard[-1]["seq"]
    watch.replay.jump(START)
    again = watch.replay.hub.resume("ops", epoch="e", seq=seq, wake=lambda: None)
    assert [m["type"] for m in again.take()] == ["hello", "snap"]


@pytest.mark.parametrize("missing", ["passage", "changes", "commands"])
def test_with_the_database_away_it_stands_and_then_catches_up(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(FakePast(readings=PLAIN.readings, alarm_changes=[(START + 1_500, {"id": "1", "state": "active"})]))
    watch.replay.jump(START)
    watch.replay.play()
    page = Page(watch.replay)
    page.read()
    before, told = watch.replay.state, len(page.heard)

    def away(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable("away", todo="wait")

    with monkeypatch.context() as patch:
        patch.setattr(watch.past, missing, away)
        with pytest.raises(DatabaseUnavailable):
            watch.wait(2)
        page.read()
        assert (watch.replay.state, len(page.heard)) == (before, told), "nothing is half told"
    watch.wait(1)
    page.read()
    assert (page.entities[DOOR]["a"][0], page.open_alarms()) == (3.0, [{"id": "1", "state": "active"}])
