"""However readings arrive - late, twice, in any order, before and after a restart - the past is the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from building.model import Building, Device, Pose
from iot.catalogue import KINDS
from iot.ports import Inbound
from twin.history import History
from twin.keeping import GRACE_MS
from twin.store.database import Database
from twin.testing import Ids, ManualClock, TestServer, telemetry
from twin.twin import Twin

pytestmark = pytest.mark.integration

START = 1_763_006_400_000
"""A full hour."""
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
HOURS = 50
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking: each step would be a hall of its own."""
_sites = (f"s{n}" for n in itertools.count())


@pytest.fixture(scope="module")
def shared(server: TestServer) -> Iterator[Database]:
    """One database for all examples: each is a site of its own, and none may see another's."""
    with server.database() as url:
        database = Database(url)
        database.migrate()
        yield database
        database.close()


class Site:
    """A hall with one sensor that can be stopped and started."""

    def __init__(self, database: Database) -> None:
        self.name, self.database, self.clock = next(_sites), database, ManualClock(START)
        sensor = Device(
            id=f"{self.name}:device:T-1", name={"en": "T-1"}, kind="climate_sensor", floor=None, space=None,
            pose=Pose(x_m=0, y_m=0, z_m=0),
        )  # fmt: skip
        house = Building(
            site=self.name, name={"en": self.name}, format="test", schema="1", floors=(), devices=(sensor,)
        )
        self.sensor = sensor.id
        self.twin = self._make()
        with database.transaction() as conn:
            self.twin.registry.adopt(conn, house)
        self.twin.start()

    def _make(self) -> Twin:
        return Twin(site=self.name, kinds=KINDS, database=self.database, now_ms=self.clock, new_id=Ids())

    def restart(self) -> None:
        self.twin.stop()
        self.twin = self._make()
        self.twin.start()

    def hear(self, seq: int, ts_ms: int, value: float) -> None:
        message = telemetry("T-1", {"temperature": value}, seq=seq, ts_ms=ts_ms, late=True)
        self.twin.apply([Inbound(message, self.clock(), 0)])

    def settle(self) -> None:
        assert self.twin.recorder.flush(patience_s=10)

    def keep(self) -> None:
        self.settle()
        self.twin.keeper.keep()

    @property
    def past(self) -> History:
        return self.twin.past


@contextmanager
def site(database: Database) -> Iterator[Site]:
    made = Site(database)
    try:
        yield made
    finally:
        made.twin.stop()


@st.composite
def days(draw: st.DrawFn) -> tuple[list[tuple[int, int, float]], list[tuple[int, int, str]]]:
    """Readings (seq, ts, value), and what happens at which minute: the n-th arrives, the keeper works, a restart."""
    count = draw(st.integers(1, 25))
    readings = [
        (seq, START + draw(st.integers(0, HOURS * 60 - 1)) * MINUTE_MS, float(draw(st.integers(-20, 20))))
        for seq in range(1, count + 1)
    ]
    happenings: list[tuple[int, int, str]] = []
    for n, (_, ts_ms, _) in enumerate(readings):
        for _ in range(draw(st.integers(1, 2))):
            late = draw(st.sampled_from((0, 1, 59, 61, 300, 2500)))
            happenings.append((min(ts_ms + late * MINUTE_MS, START + HOURS * HOUR_MS), n, "arrives"))
    for _ in range(draw(st.integers(0, 4))):
        at_ms = START + draw(st.integers(1, HOURS * 60)) * MINUTE_MS
        happenings.append((at_ms, 0, draw(st.sampled_from(("keep", "keep", "restart")))))
    order = draw(st.permutations(happenings))
    return readings, sorted(order, key=lambda h: h[0])


def live_through(hall: Site, readings: list[tuple[int, int, float]], happenings: list[tuple[int, int, str]]) -> None:
    for at_ms, n, what in happenings:
        hall.clock.now_ms = at_ms
        if what == "arrives":
            hall.hear(*readings[n])
        elif what == "keep":
            hall.keep()
        else:
            hall.restart()
    hall.clock.now_ms = START + HOURS * HOUR_MS + GRACE_MS
    hall.settle()


@settings(max_examples=25, deadline=None, phases=PHASES)
@given(day=days(), cuts=st.tuples(st.integers(0, HOURS * 60), st.integers(1, HOURS * 60)))
def test_state_and_peaks_at_any_time_are_those_of_a_model_that_knows_all(
    shared: Database, day: tuple[list[tuple[int, int, float]], list[tuple[int, int, str]]], cuts: tuple[int, int]
) -> None:
    readings, happenings = day
    with site(shared) as hall:
        live_through(hall, readings, happenings)
        for summed_up in (False, True):
            if summed_up:
                hall.keep()
            for at_ms in {ts + shift for _, ts, _ in readings for shift in (-1, 0, 1, HOUR_MS)}:
                before = [r for r in readings if r[1] <= at_ms]
                found = hall.past.entity_at(hall.sensor, at_ms)
                if not before or at_ms > hall.clock():
                    assert found == {}
                else:
                    seq, ts_ms, value = max(before, key=lambda r: (r[1], r[0]))
                    assert (found["temperature"].ts_ms, found["temperature"].value) == (ts_ms, value), (seq, at_ms)
            since_ms, until_ms = START + cuts[0] * MINUTE_MS, START + (cuts[0] + cuts[1]) * MINUTE_MS
            inside = [value for _, ts_ms, value in readings if since_ms <= ts_ms <= until_ms]
            trend = hall.past.trend(hall.sensor, "temperature", since_ms=since_ms, until_ms=until_ms, points_max=4)
            assert len(trend.points) <= 4
            values = [p.value for p in trend.points]
            assert [min(values, default=None), max(values, default=None)] == [
                min(inside, default=None), max(inside, default=None),
            ]  # fmt: skip
            assert {(p.ts_ms, p.value) for p in trend.points} <= {(ts_ms, value) for _, ts_ms, value in readings}
            assert [p.ts_ms for p in trend.points] == sorted(p.ts_ms for p in trend.points)
        told = list(hall.past.changes(START, START + (HOURS + 1) * HOUR_MS, limit=1000))
        assert [(c.ts_ms, c.value.value) for c in told if c.point == "temperature"] == [
            (ts_ms, value) for _, ts_ms, value in sorted(readings, key=lambda r: (r[1], r[0]))
        ]  # fmt: skip
        assert {c.entity for c in told} == {hall.sensor}


@settings(max_examples=10, deadline=None, phases=PHASES)
@given(day=days(), seed=st.randoms(use_true_random=False))
def test_any_permutation_with_duplicates_gives_the_same_history_and_the_same_newest_values(
    shared: Database, day: tuple[list[tuple[int, int, float]], list[tuple[int, int, str]]], seed: object
) -> None:
    readings, _ = day
    pasts = []
    for shuffled in (False, True):
        with site(shared) as hall:
            hall.clock.now_ms = START + HOURS * HOUR_MS
            said = [*readings, *readings[:5]] if shuffled else readings
            if shuffled:
                seed.shuffle(said)  # type: ignore[attr-defined]
            for reading in said:
                hall.hear(*reading)
            hall.keep()
            told = [
                (c.ts_ms, c.value.value)
                for c in hall.past.changes(START, hall.clock(), limit=1000)
                if c.point == "temperature"  # not what the hall says of missing messages, which depends on the order
            ]
            newest = hall.twin.entity(hall.sensor)["temperature"]
            states = [
                {n: (v.ts_ms, v.value) for n, v in hall.past.entity_at(hall.sensor, START + h * HOUR_MS).items()}
                for h in range(HOURS)
            ]
            pasts.append((told, states, (newest.seq, newest.ts_ms, newest.value)))
    assert pasts[0] == pasts[1]
