"""Whatever visitors and clerks do, in whatever order: the promises of the queue hold after every step."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.kernel.errors import Conflict
from services.queue.model import LIVE, MAX_CREDIT_MS, WAITING
from twin.store.database import Database

from .conftest import World, make_world

pytestmark = pytest.mark.integration

WINDOWS = ("A01", "A02", "A05", "A06")
DEVICES = tuple(f"device-{n:04d}" for n in range(6))
_SITES = (f"order{n}" for n in itertools.count())


class AnyOrder(RuleBasedStateMachine):
    """Two queues, four windows, six devices, one real database."""

    database: Database
    world: World

    @initialize()
    def begin(self) -> None:
        self.world = make_world(self.database, next(_SITES))
        self.numbers: dict[str, list[int]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}

    # --- what may happen

    @rule(queue=st.sampled_from(["rsj", "ybj"]), device=st.sampled_from([None, *DEVICES]),
          profile=st.sampled_from(["walk", "elder", "pushchair"]))  # fmt: skip
    def take(self, queue: str, device: str | None, profile: str) -> None:
        try:
            ticket = self.world.take(queue, device_key=device, profile=profile)
        except Conflict:
            return
        if ticket["token"] not in self.tokens:
            number = str(ticket["number"])
            self.numbers.setdefault(number[0], []).append(int(number[1:]))
            self.tokens[str(ticket["token"])] = {**ticket, "device": device}

    @rule(window=st.sampled_from(WINDOWS), step=st.sampled_from(["open", "close", "pause"]))
    def staff(self, window: str, step: str) -> None:
        self._try(getattr(self.world.queue.desks, step), self.world.clerk, window)

    @rule(window=st.sampled_from(WINDOWS), step=st.sampled_from(["recall", "no_show", "start", "finish"]))
    def work(self, window: str, step: str) -> None:
        self._try(getattr(self.world.queue.desks, step), self.world.clerk, window)

    @rule(window=st.sampled_from(WINDOWS))
    def call_next(self, window: str) -> None:
        before = self._rows()
        called = self._try(self.world.queue.desks.call_next, self.world.clerk, window)
        if called is None:
            return
        row = next(r for r in before if r["number"] == called["current"]["number"])
        passed_over = [r for r in before if r["queue"] == row["queue"] and r["state"] in WAITING and r is not row]
        assert row["state"] in WAITING
        assert all(row["issued_ms"] <= r["issued_ms"] + MAX_CREDIT_MS for r in passed_over)

    @rule(window=st.sampled_from(WINDOWS), to=st.sampled_from(["rsj", "ybj"]))
    def transfer(self, window: str, to: str) -> None:
        self._try(lambda: self.world.queue.desks.transfer(self.world.clerk, window, to=to))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted(self.tokens)))
        self._try(self.world.queue.tickets.give_up, self.world.visitor, token)

    @rule(minutes=st.integers(1, 12))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.ms += minutes * 60_000

    @rule(terminal=st.sampled_from(WINDOWS), online=st.booleans())
    def terminal_comes_or_goes(self, terminal: str, online: bool) -> None:
        self.world.hall.values[(f"{self.world.building.site}:device:TERM-{terminal}", "online")] = online
        self.world.queue.tick()

    # --- what holds

    @invariant()
    def numbers_rise_strictly(self) -> None:
        assert all(ns == list(range(1, len(ns) + 1)) for ns in self.numbers.values())

    @invariant()
    def one_live_ticket_a_device(self) -> None:
        states = {r["token"]: r["state"] for r in self._rows()}
        live = Counter(t["device"] for token, t in self.tokens.items() if t["device"] and states[token] in LIVE)
        assert not live or max(live.values()) == 1

    @invariant()
    def a_window_has_one_visitor_and_a_visitor_one_window(self) -> None:
        at = [r["window"] for r in self._rows() if r["state"] in ("called", "serving")]
        assert None not in at
        assert len(at) == len(set(at))

    @invariant()
    def nobody_is_lost(self) -> None:
        assert {r["token"] for r in self._rows()} == set(self.tokens)

    @invariant()
    def the_hall_is_told_what_is_true(self) -> None:
        rows = self._rows()
        waiting = Counter(r["queue"] for r in rows if r["state"] in WAITING)
        for queue in ("rsj", "ybj"):
            assert self.world.hall.entity(f"{self.world.building.site}:queue:{queue}")["waiting"] == waiting[queue]
        shown = {w.number: self.world.hall.entity(w.id)["called"] for w in self.world.building.windows}
        at = {r["window"]: r["number"] for r in rows if r["state"] in ("called", "serving")}
        assert {w: n for w, n in shown.items() if n} == at

    @staticmethod
    def _try(step: Any, *arguments: Any) -> Any:
        """What is refused changes nothing: the invariants say so."""
        try:
            return step(*arguments)
        except Conflict:
            return None

    def _rows(self) -> list[dict[str, Any]]:
        if not hasattr(self, "world"):
            return []
        names = ("token", "number", "queue", "state", "window", "issued_ms")
        with self.world.database.transaction() as conn:
            rows = conn.execute(
                "SELECT token, number, queue, state, window_no, issued_ms FROM queue.ticket WHERE site = %s",
                (self.world.building.site,),
            )
            return [dict(zip(names, row, strict=True)) for row in rows]


def test_the_promises_hold_in_any_order(queue_database: Database) -> None:
    class Machine(AnyOrder):
        database = queue_database

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
