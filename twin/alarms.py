"""Alarms after ISA-18.2: at most one open per source and type, each state shown only after its own commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal

from psycopg.types.json import Jsonb

from iot.kind import Text, Value
from twin.committer import Committer
from twin.conditions import Verdict
from twin.errors import NotFound, Refused
from twin.live import LiveHub
from twin.store import audit
from twin.store.database import Connection, Database

HISTORY_MAX = 1000
NOTE_MAX = 500
NEVER_MS = (1 << 63) - 1
"""When an open alarm is closed."""
RETIRED = "retired"

AlarmState = Literal["active", "acknowledged", "cleared-unacked", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What a person needs to find the source of an alarm."""

    name: Text
    floor: str | None = None
    space: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """``active`` and ``acknowledged``: the condition holds. ``cleared-unacked``: it ended before anybody looked.

    ``closed_why`` is set where it was not its condition that closed it.
    """

    id: str
    source: str
    source_name: Text
    type: str
    label: Text
    priority: int
    state: AlarmState
    raised_ms: int
    acked_ms: int | None = None
    acked_by: str | None = None
    cleared_ms: int | None = None
    consequence: Text
    response: Text
    floor: str | None
    space: str | None
    value: Value
    life_safety: bool
    closed_why: str | None = None

    @property
    def holds(self) -> bool:
        return self.state in {"active", "acknowledged"}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def after_verdict(alarm: Alarm, verdict: Verdict) -> Alarm | None:
    """The open alarm's next state, None where the verdict says nothing new. An alarm that comes back is unseen."""
    match alarm.state, verdict.holds:
        case "active", False:
            return replace(alarm, state="cleared-unacked", cleared_ms=verdict.at_ms)
        case "acknowledged", False:
            return replace(alarm, state="closed", cleared_ms=verdict.at_ms)
        case "cleared-unacked", True:
            return replace(alarm, state="active", cleared_ms=None, value=verdict.value)
    return None


def after_acknowledgement(alarm: Alarm, *, by: str, now_ms: int) -> Alarm:
    """Seen by a named person; raises Refused when it was already."""
    match alarm.state:
        case "active":
            return replace(alarm, state="acknowledged", acked_ms=now_ms, acked_by=by)
        case "cleared-unacked":
            return replace(alarm, state="closed", acked_ms=now_ms, acked_by=by)
    raise Refused(f"alarm {alarm.id} was acknowledged by {alarm.acked_by} already")


class AlarmDesk:
    """Open alarms in memory as they were last committed; changed by the committer's thread only."""

    def __init__(
        self, *, site: str, database: Database, committer: Committer, hub: LiveHub, now_ms: Callable[[], int],
        new_id: Callable[[], str], whereabouts: Callable[[str], Whereabouts],
    ) -> None:  # fmt: skip
        self._site = site
        self._database, self._committer, self._hub = database, committer, hub
        self._now_ms, self._new_id, self._whereabouts = now_ms, new_id, whereabouts
        self._open: dict[tuple[str, str], Alarm] = {}
        self._lock = threading.Lock()

    def load(self) -> list[tuple[str, str]]:
        """Read the open alarms; returns the (source, type) whose condition held."""
        with self._database.transaction() as conn:
            rows = conn.execute("select body from twin.alarm where state <> 'closed' and site = %s", [self._site])
            alarms = [Alarm(**row[0]) for row in rows]
        with self._lock:
            self._open = {(a.source, a.type): a for a in alarms}
        return [(a.source, a.type) for a in alarms if a.holds]

    def list_open(self) -> list[dict[str, Any]]:
        """Worst and newest first."""
        with self._lock:
            alarms = list(self._open.values())
        return [a.to_json() for a in sorted(alarms, key=lambda a: (a.priority, -a.raised_ms))]

    def history(self, limit: int = 100) -> list[dict[str, Any]]:
        """Open and closed, the newest first."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                "select body from twin.alarm where site = %s order by raised_ms desc limit %s",
                [self._site, min(limit, HISTORY_MAX)],
            )
            return [dict(row[0]) for row in rows]

    def acknowledge(self, alarm_id: str, *, actor: str, note: str = "") -> dict[str, Any]:
        """Seen by a named person. Raises NotFound, or Refused when it was acknowledged before."""

        def work(conn: Connection) -> Alarm:
            before = self._get_open(alarm_id)
            now_ms = self._now_ms()
            after = after_acknowledgement(before, by=actor, now_ms=now_ms)
            _write(conn, self._site, after, at_ms=now_ms)
            audit.append(
                conn, site=self._site, actor=actor, action="alarm.acknowledge", target=alarm_id,
                before={"state": before.state}, after={"state": after.state}, why=note[:NOTE_MAX], at_ms=now_ms,
            )  # fmt: skip
            return after

        return self._committer.call(work, self._show).to_json()

    def hear(self, verdict: Verdict) -> None:
        """Queue what a verdict changes; it is shown after its commit."""

        def work(conn: Connection) -> Alarm | None:
            before = self._open.get((verdict.source, verdict.alarm.name))
            if before is not None:
                after = after_verdict(before, verdict)
            else:
                after = self._raise(verdict) if verdict.holds else None
            if after is not None:
                _write(conn, self._site, after, at_ms=verdict.at_ms)
            return after

        self._committer.submit(work, self._show)

    def retire(self, sources: Collection[str], *, actor: str) -> None:
        """Queue the end of every open alarm of these: they were taken out of the building."""
        for source in sources:
            self._committer.submit(partial(self._retire, source=source, actor=actor), self._show_all)

    def _retire(self, conn: Connection, *, source: str, actor: str) -> list[Alarm]:
        now_ms, closed = self._now_ms(), []
        for before in [a for a in self._open.values() if a.source == source]:
            after = replace(before, state="closed", cleared_ms=before.cleared_ms or now_ms, closed_why=RETIRED)
            _write(conn, self._site, after, at_ms=now_ms)
            audit.append(
                conn, site=self._site, actor=actor, action="alarm.close", target=before.id,
                before={"state": before.state}, after={"state": after.state}, why=RETIRED, at_ms=now_ms,
            )  # fmt: skip
            closed.append(after)
        return closed

    def _show_all(self, alarms: Sequence[Alarm]) -> None:
        for alarm in alarms:
            self._show(alarm)

    def _raise(self, verdict: Verdict) -> Alarm:
        kind, where = verdict.alarm, self._whereabouts(verdict.source)
        return Alarm(
            id=self._new_id(), source=verdict.source, source_name=dict(where.name), type=kind.name,
            label=dict(kind.label), priority=kind.priority, state="active", raised_ms=verdict.at_ms,
            consequence=dict(kind.consequence), response=dict(kind.response), floor=where.floor, space=where.space,
            value=verdict.value, life_safety=kind.life_safety,
        )  # fmt: skip

    def _get_open(self, alarm_id: str) -> Alarm:
        found = next((a for a in self._open.values() if a.id == alarm_id), None)
        if found is None:
            raise NotFound(f"no open alarm {alarm_id}")
        return found

    def _show(self, alarm: Alarm | None) -> None:
        if alarm is None:
            return
        with self._lock:
            key = (alarm.source, alarm.type)
            if alarm.state == "closed":
                self._open.pop(key, None)
            else:
                self._open[key] = alarm
        self._hub.announce("alarm", alarm.to_json())


def _write(conn: Connection, site: str, alarm: Alarm, *, at_ms: int) -> None:
    """The newest state, and the states it was in, for whoever asks about the past."""
    body = Jsonb(alarm.to_json())
    conn.execute(
        "insert into twin.alarm (id, site, source, type, state, raised_ms, closed_ms, body)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (id) do update set state = excluded.state, closed_ms = excluded.closed_ms, body = excluded.body",
        [alarm.id, site, alarm.source, alarm.type, alarm.state, alarm.raised_ms,
         at_ms if alarm.state == "closed" else NEVER_MS, body],
    )  # fmt: skip
    conn.execute(
        "insert into twin.alarm_change (alarm, site, at_ms, state, body) values (%s, %s, %s, %s, %s)",
        [alarm.id, site, at_ms, alarm.state, body],
    )
