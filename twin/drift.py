"""What is wanted of the hall's points, held against what they report: told when that changes, kept over restarts.

In memory as last committed. Readings come from the writer's thread, everything else from the committer's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from iot.kind import Kind
from twin.command import Command
from twin.committer import Committer
from twin.desired import Desired, Judged, after_reading, desired_by, judge, newest, taken_away, told, withdrawn
from twin.errors import NotFound, Refused
from twin.live import LiveHub
from twin.registry import Registry
from twin.state import PointValue
from twin.store import audit
from twin.store.database import Connection, Database
from twin.store.desired import keep_away, keep_desired, read_desired

LOOK_EVERY_MS = 1_000
"""How soon is seen what only time brings: a grace that is over, a value that grew old."""
REASON_MAX = 500
RETIRED = "no longer in the building"


@dataclass(slots=True)
class _Kept:
    desired: Desired
    ttl_s: float
    told: Judged


class DriftWatch:
    """``value`` finds what a point reports now. At most one thing is wanted of a point, so the points bound it."""

    def __init__(
        self, *, site: str, kinds: Mapping[str, Kind], database: Database, committer: Committer, hub: LiveHub,
        registry: Registry, value: Callable[[str, str], PointValue | None], now_ms: Callable[[], int],
    ) -> None:  # fmt: skip
        self._site, self._kinds, self._registry = site, kinds, registry
        self._database, self._committer, self._hub = database, committer, hub
        self._value, self._now_ms = value, now_ms
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, _Kept]] = {}
        """By entity and point."""
        self._touched: set[tuple[str, str]] = set()
        self._looked_ms = 0
        committer.on_tick(self.tick)

    def load(self) -> None:
        """Take up what was wanted when the hall last ran; values must be restored by then."""
        with self._database.transaction() as conn:
            rows = read_desired(conn, site=self._site)
        for desired in rows:
            self._put(desired)

    # --- what is wanted (within the committer) -------------------------------------------------------------

    def record(self, conn: Connection, before: Command | None, after: Command) -> Desired | None:
        """In the transaction of the command itself; to be ``take``n once that is durable."""
        desired = desired_by(before, after)
        if desired is not None:
            keep_desired(conn, desired, site=self._site)
        return desired

    def take(self, desired: Desired | None) -> None:
        if desired is not None and (kept := self._put(desired)) is not None:
            self._tell(kept.desired, kept.told)

    def withdraw(self, entity: str, point: str, *, command: str, actor: str, reason: str) -> None:
        """A person says that it is no longer wanted. ``command``: which act it was that they saw as wanted.

        Raises NotFound where nothing is wanted, Refused without a reason or where a newer act stands there by now.
        """
        if not reason.strip():
            raise Refused("say why it is no longer wanted")

        def work(conn: Connection) -> Desired:
            kept = self._kept.get(entity, {}).get(point)
            if kept is None or kept.desired.value is None:
                raise NotFound(f"nothing is wanted of {entity} {point}")
            if kept.desired.command != command:
                raise Refused(f"something else is wanted of {point} by now: look again")
            return self._end(conn, kept.desired, by=actor, why=reason[:REASON_MAX])

        self._committer.call(work, self.take)

    def forget(self, entities: Collection[str], *, actor: str) -> None:
        """They were taken out of the building: nothing is wanted of what is not there."""

        def work(conn: Connection) -> list[Desired]:
            there = [k.desired for e in entities for k in self._kept.get(e, {}).values() if k.desired.value is not None]
            return [self._end(conn, desired, by=actor, why=RETIRED) for desired in there]

        def then(ended: list[Desired]) -> None:
            with self._lock:
                for entity in entities:
                    self._kept.pop(entity, None)
            for desired in ended:
                self._tell(desired, Judged(standing="none"))

        self._committer.submit(work, then)

    def _end(self, conn: Connection, desired: Desired, *, by: str, why: str) -> Desired:
        now_ms = self._now_ms()
        after = withdrawn(desired, by=by, now_ms=now_ms)
        keep_desired(conn, after, site=self._site)
        audit.append(
            conn, site=self._site, actor=by, action="desired.withdrawn", target=desired.entity,
            before=taken_away(desired), after=None, why=why, at_ms=now_ms,
        )  # fmt: skip
        return after

    # --- heard from devices (the writer's thread) ----------------------------------------------------------

    def watches(self, entity: str) -> bool:
        """Whether anything is wanted of this entity; cheap, asked for every message."""
        return entity in self._kept

    def observe(self, entity: str, changes: Mapping[str, PointValue]) -> None:
        """New values of an entity, in the order in which they became true."""
        with self._lock:
            for point, kept in self._kept.get(entity, {}).items():
                if point in changes:
                    kept.desired = after_reading(kept.desired, changes[point], ttl_s=kept.ttl_s)
                    self._touched.add((entity, point))

    # --- how it stands -------------------------------------------------------------------------------------

    def list_wanted(self, entities: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """As of now; of these entities, or all."""
        now_ms = self._now_ms()
        with self._lock:
            rows = [self._kept.get(e, {}) for e in entities] if entities is not None else list(self._kept.values())
            found = [(k.desired, self._judge(k, now_ms)) for row in rows for k in row.values()]
        return [told(desired, judged) for desired, judged in found if desired.value is not None]

    def tick(self) -> None:
        """Tell what stands otherwise than it was told."""
        now_ms = self._now_ms()
        with self._lock:
            touched, self._touched = self._touched, set()
            kept = [row[point] for entity, point in touched if (row := self._kept.get(entity)) is not None]
            if not 0 <= now_ms - self._looked_ms < LOOK_EVERY_MS:
                self._looked_ms = now_ms
                kept = [k for row in self._kept.values() for k in row.values()]
            news = []
            for each in kept:
                before, each.told = each.told, self._judge(each, now_ms)
                if each.told != before:
                    news.append((each.desired, each.told, before.is_drift != each.told.is_drift))
        for desired, judged, turned in news:
            if turned:
                self._committer.submit(partial(keep_away, desired=desired, site=self._site), _nothing)
            self._tell(desired, judged)

    def _tell(self, desired: Desired, judged: Judged) -> None:
        self._hub.announce("desired", told(desired, judged))

    def _judge(self, kept: _Kept, now_ms: int) -> Judged:
        reported = self._value(kept.desired.entity, kept.desired.point)
        desired = after_reading(kept.desired, reported, ttl_s=kept.ttl_s)
        return judge(desired, reported, ttl_s=kept.ttl_s, now_ms=now_ms)

    def _put(self, desired: Desired) -> _Kept | None:
        """None where it is nobody's point (any more), or a newer act stands there."""
        device = self._registry.find_device(desired.entity)
        kind = None if device is None else self._kinds.get(device.kind)
        point = None if kind is None else kind.find_point(desired.point)
        if point is None:
            return None
        with self._lock:
            row = self._kept.setdefault(desired.entity, {})
            old = row.get(desired.point)
            if newest(None if old is None else old.desired, desired) is not desired:
                return None
            current = after_reading(desired, self._value(desired.entity, desired.point), ttl_s=point.ttl_s)
            kept = row[desired.point] = _Kept(current, point.ttl_s, Judged(standing="none"))
            kept.told = self._judge(kept, self._now_ms())
        return kept


def _nothing(_: object) -> None:
    """Nobody waits for it."""
