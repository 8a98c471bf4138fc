"""The past told by the live protocol: a replay fills a feed of its own as if its time were now.

Whoever follows cannot tell it from the hall's feed but for what ``hello`` and ``clock`` say of it. At any time it shows
what ``History.state_at`` knows of that time, however it came there. It never reaches the present: what happens just now
is being recorded still.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from twin.command import Command, as_of
from twin.commands import REMEMBERED_S
from twin.errors import Refused
from twin.history import Change, Passage, PastState, doubted
from twin.live import CALLS_MAX, LiveHub, Message, Sources
from twin.state import PointValue
from twin.store.happenings import HAPPENINGS_MAX, Happening, HappeningKind
from twin.store.passages import ALARM_CHANGES_MAX

SPEED_MIN, SPEED_MAX = 0.25, 3600.0
EDGE_MS = 2_000
"""So long before now a replay ends: later readings may not be committed yet."""
WALK_MS, CHANGES_MAX = 60_000, 5_000
"""A step over more time or more readings looks at the state at its end instead of going through them."""
CALLS_BACK_MS = 600_000
"""Calls of the last minutes stand on the boards of a picture that was jumped to."""
SEEK_MS, SEEK_MAX_MS = 3_600_000, 32 * 86_400_000
EVENTS: tuple[HappeningKind, ...] = ("alarm", "building", "command", "event")
"""What ``seek`` stops at unless told otherwise: calls come every minute."""


class Past(Protocol):
    """What a replay asks of the history."""

    def state_at(self, at_ms: int) -> PastState: ...
    def here(self, building: str | None) -> Callable[[str], bool]: ...
    def changes(self, since_ms: int, until_ms: int, *, limit: int) -> Iterator[Change]: ...
    def passage(self, since_ms: int, until_ms: int) -> Passage: ...
    def commands(self, at_ms: int) -> list[Command]: ...
    def happenings(self, since_ms: int, until_ms: int, *, kinds: Collection[HappeningKind]) -> list[Happening]: ...


Calls = Callable[[int, int], list[dict[str, Any]]]
"""The calls from one time to another, both included, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayState:
    """``known`` False: the hall was not recording then. ``ended``: it has come to the present. ``event``: where
    ``seek`` stopped; None once it went on.
    """

    at_ms: int
    speed: float
    paused: bool
    known: bool
    ended: bool
    event: Happening | None = None


class Replay:
    """One session. Its calls read the database and come from one thread at a time; ``hub`` is safe from any.

    ``now_ms`` is the hall's clock, ``passed_s`` one that only ever goes forward.
    """

    def __init__(
        self, past: Past, *, site: str, epoch: str, now_ms: Callable[[], int], passed_s: Callable[[], float],
        calls: Calls = lambda _since, _until: [],
    ) -> None:  # fmt: skip
        self._past, self._now_ms, self._passed_s, self._calls = past, now_ms, passed_s, calls
        self._at_ms = 0
        self._anchor = (0.0, 0)
        self._speed, self._paused, self._ended, self._known = 1.0, True, False, False
        self._building: str | None = None
        self._event: Happening | None = None
        self._entities: dict[str, Mapping[str, PointValue]] = {}
        self._alarms: dict[str, tuple[int, dict[str, Any]]] = {}
        self._commands: dict[str, Command] = {}
        self.hub = LiveHub(
            site=site, epoch=epoch, now_ms=lambda: self._at_ms,
            sources=Sources(
                building=lambda: self._building, alarms=lambda: [body for _, body in self._alarms.values()],
                commands=lambda: [c.to_json() for c in self._commands.values()],
                greeting=lambda: {"replay": True},
            ),
        )  # fmt: skip

    @property
    def state(self) -> ReplayState:
        return ReplayState(
            at_ms=self._at_ms, speed=self._speed, paused=self._paused, known=self._known, ended=self._ended,
            event=self._event,
        )  # fmt: skip

    def clock(self) -> Message:
        """Where it stands; goes to whoever follows, outside of the feed's order."""
        state = self.state
        told = {"at_ms": state.at_ms, "speed": state.speed, "paused": state.paused, "known": state.known}
        return Message({"type": "clock", **told})

    # --- steering ------------------------------------------------------------------------------------------

    def jump(self, at_ms: int) -> None:
        """Show another time; raises Refused for one that is yet to come. It goes on from there if it went on before."""
        now_ms = self._now_ms()
        if not 0 <= at_ms <= now_ms:
            raise Refused(f"at must lie between 0 and now ({now_ms}): nothing is known of the time after")
        self._event, self._ended = None, False
        self._look(min(at_ms, max(now_ms - EDGE_MS, 0)), anew=True)
        self._anchor = (self._passed_s(), self._at_ms)

    def play(self, *, speed: float | None = None) -> None:
        """Go on, or go on faster; does nothing more at the present. Raises Refused for a speed out of bounds."""
        if speed is not None:
            if not SPEED_MIN <= speed <= SPEED_MAX:
                raise Refused(f"speed must lie between {SPEED_MIN:g} and {SPEED_MAX:g}")
            self.step()
            self._speed = float(speed)
        self._ended = self._ended and self._at_ms >= self._now_ms() - EDGE_MS
        if not self._ended:
            self._paused = False
        self._anchor = (self._passed_s(), self._at_ms)

    def pause(self) -> None:
        self.step()
        self._paused = True

    def set_speed(self, speed: float) -> None:
        """Without going on where it is paused."""
        paused = self._paused
        self.play(speed=speed)
        self._paused = paused or self._paused

    def seek(self, *, forward: bool, kinds: Collection[HappeningKind] = EVENTS) -> bool:
        """Jump to what happened next, or before; False where there is nothing of the kind."""
        edge_ms = max(self._now_ms() - EDGE_MS, 0)
        found = find_happening(self._past, self._at_ms, forward=forward, kinds=kinds, edge_ms=edge_ms)
        if found is not None:
            self.jump(found.ts_ms)
            self._event = found
        return found is not None

    def step(self) -> None:
        """Go as far as time has gone since; a paused one stands."""
        if self._paused:
            return
        since_s, since_ms = self._anchor
        edge_ms = self._now_ms() - EDGE_MS
        to_ms = since_ms + int((self._passed_s() - since_s) * 1000 * self._speed)
        if min(to_ms, edge_ms) > self._at_ms:
            self._go(min(to_ms, edge_ms))
            self._event = None
        if to_ms >= edge_ms:
            self._paused = self._ended = True

    # --- telling -------------------------------------------------------------------------------------------

    def _go(self, to_ms: int) -> None:
        """To a later time, through what happened on the way; by its end where the way is long or uneven.

        Reads before it tells: with the database away nothing is half told. Calls beyond what boards show are left out.
        """
        since_ms = self._at_ms + 1
        passage, calls = self._past.passage(since_ms, to_ms), self._calls(since_ms, to_ms)
        commands = self._read_commands(to_ms)
        evenly = list(passage.recorded) == ([(since_ms, to_ms)] if self._known else [])
        anew = passage.published or len(passage.alarms) >= ALARM_CHANGES_MAX
        if anew or not evenly or to_ms - since_ms > WALK_MS:
            self._look(to_ms, anew=anew)
        else:
            changes = list(islice(self._past.changes(since_ms, to_ms + 1, limit=CHANGES_MAX + 1), CHANGES_MAX + 1))
            if len(changes) > CHANGES_MAX:
                self._look(to_ms, anew=False)
            else:
                self._walk(changes)
                self._at_ms = to_ms
        if not anew:
            for change in passage.alarms:
                self._tell_alarm(change.n, change.body)
            for call in calls[-CALLS_MAX:]:
                self.hub.announce("call", call)
            self._tell_commands(commands)

    def _walk(self, changes: Iterable[Change]) -> None:
        is_here = self._past.here(self._building)
        changed: dict[str, dict[str, PointValue]] = {}
        for change in changes:
            if is_here(change.entity):
                points = changed.setdefault(change.entity, dict(self._entities.get(change.entity, {})))
                points[change.point] = doubted(change.value, self._known)
        self._entities |= changed
        self.hub.publish(changed)

    def _look(self, to_ms: int, *, anew: bool) -> None:
        """What is known of that time; told as one picture where it is another, else only what differs."""
        state, calls = self._past.state_at(to_ms), self._calls(to_ms - CALLS_BACK_MS, to_ms)[-CALLS_MAX:]
        commands = self._read_commands(to_ms)
        before, self._entities = self._entities, dict(state.entities)
        self._at_ms, self._known, self._building = to_ms, state.known, state.building
        if not anew and before.keys() <= self._entities.keys():
            self.hub.publish({i: points for i, points in self._entities.items() if before.get(i) != points})
            return
        if anew:
            self._alarms = {str(body["id"]): (0, dict(body)) for body in state.alarms}
            self._commands = commands
        self.hub.replace(self._entities, calls=calls)

    def _tell_alarm(self, n: int, body: dict[str, Any]) -> None:
        """Those recorded later win, whatever their time."""
        key = str(body["id"])
        if n < self._alarms.get(key, (0, body))[0]:
            return
        kept = {other: held for other, held in self._alarms.items() if other != key}
        self._alarms = kept if body["state"] == "closed" else {**kept, key: (n, body)}
        self.hub.announce("alarm", body)

    def _read_commands(self, at_ms: int) -> dict[str, Command]:
        """What was under way or had ended just before, as the hall itself shows them."""
        known = (as_of(command, at_ms) for command in self._past.commands(at_ms))
        since_ms = at_ms - round(REMEMBERED_S * 1000)
        return {c.id: c for c in known if c is not None and (c.ended_ms is None or c.ended_ms > since_ms)}

    def _tell_commands(self, commands: Mapping[str, Command]) -> None:
        before, self._commands = self._commands, dict(commands)
        for key, command in commands.items():
            if before.get(key) != command:
                self.hub.announce("command", command.to_json())


def find_happening(
    past: Past, at_ms: int, *, forward: bool, kinds: Collection[HappeningKind], edge_ms: int
) -> Happening | None:
    """The next one after this time (an alarm: where it was raised), or the last one before it; not beyond the edge.

    Looks at more and more of the time; at less of it where there is more than is told at once.
    """
    from_ms, width_ms = at_ms, SEEK_MS
    while abs(from_ms - at_ms) < SEEK_MAX_MS and (from_ms < edge_ms if forward else from_ms > 0):
        low_ms, high_ms = (
            (from_ms + 1, min(from_ms + width_ms, edge_ms)) if forward else (max(from_ms - width_ms, 0), from_ms - 1)
        )
        found = past.happenings(low_ms, high_ms, kinds=kinds)
        if forward and width_ms > 1 and _is_cut(found, kinds):
            width_ms = max(width_ms // 8, 1)
            continue
        told = [h for h in found if h.kind != "alarm" or h.state == "active"]
        if told:
            return told[0 if forward else -1]
        from_ms, width_ms = (high_ms if forward else low_ms), width_ms * 4
    return None


def _is_cut(found: Sequence[Happening], kinds: Collection[HappeningKind]) -> bool:
    """Of one kind only the newest are told: the first of them may not be the first there was."""
    return any(sum(h.kind == kind for h in found) >= HAPPENINGS_MAX for kind in kinds)
