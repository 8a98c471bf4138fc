"""What was true at any time before: the whole hall's state, one point's trend, what changed and what happened.

Reads only, from any thread. What was not recorded is said to be unknown, never guessed; before the first reading and in
the future there is nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from twin.command import Command
from twin.errors import NotFound
from twin.registry import Registry
from twin.state import PointValue
from twin.store import happenings as marks
from twin.store import passages, runs
from twin.store.database import Connection, Database
from twin.store.happenings import Happening, HappeningKind
from twin.store.instants import EPOCH, instant, instant_us
from twin.store.passages import AlarmChange
from twin.store.past import PointInfo, Row, find_frame, is_kept, read_newest, read_page, read_points
from twin.store.runs import Span
from twin.store.trends import Question, Trend, read_trend
from twin.versions import Versions

POINTS_MAX = 500
PAGE = 5_000
BUILDINGS_MAX = 8
WINDOW_MS, WINDOW_MAX_MS = 10_000, 3_600_000
"""How much of the time one page of changes looks at; it grows where little happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastState:
    """``known`` False: the hall was not recording then; what is shown is the last that was heard, all of it bad.

    ``building`` is the hash of the version that was published then.
    """

    at_ms: int
    known: bool
    building: str | None
    entities: Mapping[str, Mapping[str, PointValue]]
    alarms: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    ts_ms: int
    entity: str
    point: str
    value: PointValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """``recorded``: where of that time the hall was recording. ``published``: the building became another."""

    recorded: Sequence[Span]
    published: bool
    alarms: Sequence[AlarmChange]


class History:
    """``running``: the number of the run that is recording just now, if any. ``waits_since_ms``: what was heard from
    then on waits to be recorded, and is as unknown until it is.
    """

    def __init__(
        self, *, site: str, database: Database, versions: Versions, registry: Registry, now_ms: Callable[[], int],
        running: Callable[[], int | None], waits_since_ms: Callable[[], int | None] = lambda: None,
    ) -> None:  # fmt: skip
        self._waits_since_ms = waits_since_ms
        self._site, self._database, self._versions, self._registry = site, database, versions, registry
        self._now_ms, self._running = now_ms, running
        self._lock = threading.Lock()
        self._points: dict[int, PointInfo] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._placed: OrderedDict[str, frozenset[str]] = OrderedDict()

    # --- state ---------------------------------------------------------------------------------------------

    def state_at(self, at_ms: int) -> PastState:
        """The whole hall as it was."""
        if not 0 <= at_ms <= self._now_ms():
            return PastState(at_ms=at_ms, known=False, building=None, entities={}, alarms=())
        with self._database.transaction() as conn:
            points = self._refresh(conn)
            building = marks.find_building(conn, site=self._site, at_ms=at_ms)
            known = self._is_known(conn, at_ms)
            newest = self._newest(conn, list(points), at_ms)
            alarms = marks.read_alarms(conn, site=self._site, at_ms=at_ms)
        is_here = self.here(building)
        entities: dict[str, dict[str, PointValue]] = {}
        for number, row in newest.items():
            info = points[number]
            if is_here(info.entity):
                entities.setdefault(info.entity, {})[info.name] = doubted(info.value(row), known)
        return PastState(at_ms=at_ms, known=known, building=building, entities=entities, alarms=alarms)

    def entity_at(self, entity_id: str, at_ms: int) -> dict[str, PointValue]:
        """One entity as it was, whether or not it stands in the building."""
        if not 0 <= at_ms <= self._now_ms():
            return {}
        with self._database.transaction() as conn:
            points = {n: info for n, info in self._refresh(conn).items() if info.entity == entity_id}
            known = self._is_known(conn, at_ms)
            newest = self._newest(conn, list(points), at_ms)
        return {points[n].name: doubted(points[n].value(row), known) for n, row in newest.items()}

    def recorded(self, since_ms: int, until_ms: int) -> list[Span]:
        """Where the hall was recording, within these times."""
        with self._database.transaction() as conn:
            return self._spans(conn, since_ms, until_ms)

    def here(self, building: str | None) -> Callable[[str], bool]:
        """What stood in this version of the building; before the first one everything may have."""
        if building is None:
            return lambda _: True
        placed = self._placed.get(building)
        if placed is None:
            version = self._versions.get(building)
            placed = self._placed[building] = frozenset(e.id for e in (*version.devices, *version.windows))
            while len(self._placed) > BUILDINGS_MAX:
                self._placed.popitem(last=False)
        by_hand = {d.id for d in self._registry.list_devices() if d.floor is None}
        return lambda entity: (
            entity.split(":", 2)[1] not in {"device", "window"} or entity in placed or entity in by_hand
        )

    # --- over time -----------------------------------------------------------------------------------------

    def trend(self, entity_id: str, point: str, *, since_ms: int, until_ms: int, points_max: int = POINTS_MAX) -> Trend:
        """At most ``points_max`` readings, the lowest and highest of any part of the time among them.

        Raises NotFound where nothing of that point was ever recorded.
        """
        since_ms, until_ms = max(since_ms, 0), min(until_ms, self._now_ms())
        with self._database.transaction() as conn:
            number = self._numbers.get((entity_id, point))
            if number is None:
                self._refresh(conn)
                number = self._numbers.get((entity_id, point))
            if number is None:
                raise NotFound(f"nothing was ever recorded of {point} of {entity_id}")
            question = Question(
                site=self._site, point=number, since_ms=since_ms, until_ms=until_ms,
                points_max=max(2, min(points_max, POINTS_MAX)),
            )  # fmt: skip
            return read_trend(conn, question, recorded=self._spans(conn, since_ms, until_ms))

    def changes(self, since_ms: int, until_ms: int, *, limit: int) -> Iterator[Change]:
        """Every reading from ``since_ms`` to before ``until_ms`` in order of time, read page by page."""
        until_ms = min(until_ms, self._now_ms() + 1)
        low_ms, window_ms, left = max(since_ms, 0), WINDOW_MS, limit
        while low_ms < until_ms and left > 0:
            high_ms, after, pages, more = min(low_ms + window_ms, until_ms), (EPOCH, 0), 0, True
            while more and left > 0:
                rows, more, points = self._page(low_ms, high_ms, after)
                ours = [row for row in rows if row[0] in points][:left]
                for row in ours:
                    info = points[row[0]]
                    yield Change(row[1] // 1000, info.entity, info.name, info.value(row))
                left, pages = left - len(ours), pages + 1
                if rows:
                    after = (instant_us(rows[-1][1]), rows[-1][0])
            low_ms = high_ms
            window_ms = min(window_ms * 2, WINDOW_MAX_MS) if pages == 1 else max(window_ms // 2, 1)

    def happenings(
        self, since_ms: int, until_ms: int, *, kinds: Collection[HappeningKind] = marks.KINDS
    ) -> list[Happening]:
        """Events, alarm transitions, commands, calls and publications, in order of time; see ``HAPPENINGS_MAX``."""
        with self._database.transaction() as conn:
            return marks.list_happenings(
                conn, site=self._site, since_ms=max(since_ms, 0), until_ms=min(until_ms, self._now_ms()), kinds=kinds
            )

    def passage(self, since_ms: int, until_ms: int) -> Passage:
        """What a replay tells on its way, both ends included, besides the readings."""
        with self._database.transaction() as conn:
            return Passage(
                recorded=tuple(self._spans(conn, since_ms, until_ms)),
                published=passages.was_published(conn, site=self._site, since_ms=since_ms, until_ms=until_ms),
                alarms=passages.list_alarm_changes(conn, site=self._site, since_ms=since_ms, until_ms=until_ms),
            )

    def commands(self, at_ms: int) -> list[Command]:
        """The latest that had been asked for by then, as they ended: the newest first."""
        with self._database.transaction() as conn:
            return passages.list_commands(conn, site=self._site, at_ms=at_ms)

    # --- helpers -------------------------------------------------------------------------------------------

    def _page(
        self, low_ms: int, high_ms: int, after: tuple[datetime, int]
    ) -> tuple[list[Row], bool, dict[int, PointInfo]]:
        with self._database.transaction() as conn:
            rows, more = read_page(conn, low=instant(low_ms), high=instant(high_ms), after=after, limit=PAGE)
            return rows, more, self._refresh(conn)

    def _newest(self, conn: Connection, points: Sequence[int], at_ms: int) -> dict[int, Row]:
        frame = find_frame(conn, site=self._site, at_ms=at_ms)
        return read_newest(conn, points, at_ms=at_ms, frame=frame)

    def _refresh(self, conn: Connection) -> dict[int, PointInfo]:
        """All points of the site by number."""
        with self._lock:
            again = [number for number, info in self._points.items() if not info.source]
            beyond = max(self._points, default=-1)
            new = read_points(conn, site=self._site, beyond=beyond, again=again)
            if new:
                self._points = self._points | new
                self._numbers = self._numbers | {(info.entity, info.name): number for number, info in new.items()}
            return self._points

    def _spans(self, conn: Connection, since_ms: int, until_ms: int) -> list[Span]:
        until_ms, waits_since_ms = min(until_ms, self._now_ms()), self._waits_since_ms()
        if waits_since_ms is not None:
            until_ms = min(until_ms, waits_since_ms - 1)
        if until_ms < since_ms:
            return []
        return runs.list_spans(conn, site=self._site, since_ms=since_ms, until_ms=until_ms, running=self._running())

    def _is_known(self, conn: Connection, at_ms: int) -> bool:
        """It was recording then, and what it recorded is there, and still is. To be asked before it is read."""
        return bool(self._spans(conn, at_ms, at_ms)) and is_kept(conn, site=self._site, at_ms=at_ms)


def doubted(value: PointValue, known: bool) -> PointValue:
    """Nobody was there to hear whether it still held."""
    return value if known else msgspec.structs.replace(value, quality="bad")
