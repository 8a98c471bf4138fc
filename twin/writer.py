"""The one writer: takes messages and service facts, decides what is true now, and hands it on to be shown and kept.

Every path in goes through here under one lock: known device, not seen before, valid by its kind, newer than what is
known. What fails is counted, what is late is recorded but changes nothing live.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from iot.codecs.validate import check_telemetry
from iot.kind import Kind, Value
from iot.messages import (
    CommandAck,
    CommandRequest,
    CommandSeen,
    Description,
    DeviceEvent,
    LetGo,
    Message,
    Missed,
    Presence,
    Quality,
    Telemetry,
)
from iot.ports import Binding, ConnectorHealth, Inbound
from twin.admission import CLOCK_SKEW_MS, Admission, Clock, Meter, stands_at
from twin.alarms import AlarmDesk
from twin.batch import Acknowledge, Batch, PointBook
from twin.command_watch import CommandWatch
from twin.commands import CommandDesk
from twin.committer import Committer
from twin.conditions import Watcher
from twin.drift import DriftWatch
from twin.events import EventLog, Row
from twin.gateways import ONLINE, Gateways
from twin.known import DEVICE, HALL, MISSING, Known
from twin.live import LiveHub
from twin.losses import Losses
from twin.overload import OverloadGuard
from twin.presence import PresenceBook
from twin.recorder import Recorder
from twin.registry import Registry
from twin.state import PointValue, apply
from twin.unasked import Unasked, What, words_of


class Writer:
    """``apply`` and ``publish`` may be called from any thread; one runs at a time."""

    def __init__(
        self, *, kinds: Mapping[str, Kind], registry: Registry, watcher: Watcher, alarms: AlarmDesk,
        admission: Admission, commands: CommandDesk, committer: Committer, recorder: Recorder, hub: LiveHub,
        book: PointBook, send: Callable[[CommandRequest], None], now_ms: Callable[[], int], new_id: Callable[[], str],
        run: int, command_watch: CommandWatch, bind: Callable[[Sequence[Binding]], None], hall: str,
        links: Callable[[], Sequence[ConnectorHealth]], drift: DriftWatch,
    ) -> None:  # fmt: skip
        self._kinds, self._registry, self._watcher, self._admission = kinds, registry, watcher, admission
        self._alarms, self._commands, self._drift, self._committer = alarms, commands, drift, committer
        self._recorder, self._hub, self._book = recorder, hub, book
        self._now_ms, self._run, self._bind = now_ms, run, bind
        self._command_watch, self._events = command_watch, EventLog(committer)
        self.overload = OverloadGuard(
            registry, commands, watcher, admission, hall=hall, links=links, find=self._at_hand,
        )  # fmt: skip
        self._lock = threading.Lock()
        self._state: dict[str, dict[str, PointValue]] = {}
        self._known: dict[str, Known] = {}
        self._generation = -1
        self._cursors: dict[str, tuple[int, int, int]] = {}
        self._fact = 0
        self._batch = Batch()
        self._changed: set[str] = set()
        self._touched: dict[str, Known] = {}
        self.listeners: dict[tuple[str, str], Callable[[str, Mapping[str, Any]], None]] = {}
        """By kind and event: who hears it as it comes, besides its being kept."""
        self.gateways = Gateways()
        self._presences = PresenceBook(
            self.gateways, watcher, state=lambda known: self._state.get(known.device.id, {}), find=self._find,
            take=lambda known, value: self._take(known.device.id, {ONLINE: value}, known),
            replace_all=lambda known, state: self._state[known.device.id].update(state),
            ask_birth=lambda known, at_ms: self._losses.ask_birth(known, at_ms),  # noqa: PLW0108 - made below
            returned=lambda known, boot, at_ms: self._losses.returned(known, boot, at_ms),  # noqa: PLW0108 - likewise
        )  # fmt: skip
        self._losses = Losses(registry, send=send, new_id=new_id, find=self._find, is_away=self._presences.is_away)

    def restore(
        self, state: Mapping[str, Mapping[str, PointValue]], cursors: Mapping[str, tuple[int, int, int]]
    ) -> None:
        """Begin with what was true when the hall last ran."""
        with self._lock:
            self._state = {entity: dict(points) for entity, points in state.items()}
            self._cursors = dict(cursors)
            self._hub.publish({entity: dict(points) for entity, points in state.items()})

    def _at_hand(self, key: str) -> Known | None:
        return self._known.get(key)

    # --- reading -------------------------------------------------------------------------------------------

    def find_value(self, entity_id: str, point: str) -> PointValue | None:
        points = self._state.get(entity_id)
        return None if points is None else points.get(point)

    def entity(self, entity_id: str) -> dict[str, PointValue]:
        return dict(self._state.get(entity_id, {}))  # one step for the interpreter: no lock needed

    # --- writing -------------------------------------------------------------------------------------------

    def apply(self, items: Sequence[Inbound], *, acknowledge: Acknowledge) -> None:
        """Take messages in; ``acknowledge`` gets their receipts once they are durable."""
        with self._lock:
            self._refresh()
            receipts: list[int] = []
            events: list[Inbound] = []
            shedding = self.overload.is_shedding
            for item in items:
                message = item.message
                if type(message) is Telemetry:
                    self._telemetry(message, item.received_ms, shed=shedding and not item.sifted)
                    receipts.append(item.receipt)
                elif isinstance(message, DeviceEvent):
                    events.append(item)
                elif type(message) is LetGo:
                    self._let_go(message, item.received_ms)
                    receipts.append(item.receipt)
                elif isinstance(message, CommandAck):
                    self._command_ack(message, item, acknowledge)
                elif isinstance(message, CommandSeen):
                    self._command_watch.saw(message, item.received_ms)
                    receipts.append(item.receipt)
                else:
                    self._about_device(message, item.received_ms)
                    receipts.append(item.receipt)
            if events:
                self._take_events(events, acknowledge)
            self._hand_over(acknowledge, receipts)

    def publish(self, entity_id: str, values: Mapping[str, Value], *, source: str) -> None:
        """Facts of a service about an entity of its own; they order by the hall's own count."""
        with self._lock:
            self._fact += 1
            now_ms = self._now_ms()
            reading = {
                name: PointValue(
                    value=value, ts_ms=now_ms, source=source, received_ms=now_ms, boot=self._run, seq=self._fact
                )
                for name, value in values.items()
            }
            self._take(entity_id, reading, None)
            self._hand_over(None, [])

    def mark_silent(self, key: str, now_ms: int, *, over: bool) -> None:
        """Whoever hears its line says that a device fell silent, or speaks again."""
        if self._registry.find_device(key) is None:
            return  # not everybody at the broker is a device
        with self._lock:
            self._refresh()
            if (known := self._find(key, now_ms)) is None:
                return
            if not over:
                self._presences.fell_silent(known, now_ms)
            elif known.presumed:
                self._presences.heard(known, now_ms)
            self._hand_over(None, [])

    def forget(self, entity_ids: Collection[str]) -> None:
        """They are no more: what was true of them is kept in the history only."""
        with self._lock:
            self._refresh()
            for entity_id in entity_ids:
                self._state.pop(entity_id, None)
                self._watcher.forget(entity_id)
                self._admission.forget(entity_id)
            self._hub.forget(entity_ids)

    def tick(self, now_ms: int) -> None:
        """Let delays pass."""
        with self._lock:
            self._refresh()
            for verdict in self._watcher.tick(now_ms):
                self._alarms.hear(verdict)
            self._command_watch.tick(now_ms)
            self._admission.tick(now_ms)
            self._losses.tick(now_ms)
            self._show_missing(now_ms)
            self.overload.tick(self._known, now_ms)

    # --- one message (all under the lock) ------------------------------------------------------------------

    def _telemetry(self, message: Telemetry, received_ms: int, *, shed: bool) -> None:
        known = self._known.get(message.device) or self._admit(message.device, received_ms)
        if known is None:
            return
        if not self._is_new(known, message, received_ms):
            return
        if shed and self.overload.sheds(known, message):
            return
        meter = known.meter
        if meter is not None and meter.exceeds(received_ms) and self._is_too_much(known, meter, received_ms):
            return
        accepted, rejected = check_telemetry(known.kind, message)
        off = not -CLOCK_SKEW_MS <= message.ts_ms - received_ms <= CLOCK_SKEW_MS or known.clock.since_ms is not None
        usual: Quality = "uncertain" if off and not self._trusts(known, message, received_ms) else "good"
        qualities = message.quality
        ts_ms, boot, seq = stands_at(message.ts_ms, received_ms) if off else message.ts_ms, message.boot, message.seq
        reading = {
            name: PointValue(
                value=value, quality=qualities.get(name, usual) if qualities else usual, ts_ms=ts_ms, source=DEVICE,
                received_ms=received_ms, boot=boot, seq=seq,
            )
            for name, value in accepted.items()
        }  # fmt: skip
        if rejected:
            self._rejected(known, message, rejected, reading, received_ms)
        self._take(known.device.id, reading, known)

    def _let_go(self, message: LetGo, received_ms: int) -> None:
        """A connector's sieve let telemetry go: it is counted and its numbers are seen, that is all."""
        known = self._find(message.device, received_ms)
        if known is None:
            return
        known.counters.messages += message.last - message.first + 1
        self._touched[message.device] = known
        self._losses.let_go(known, message, received_ms)
        self.overload.let_go(message)

    def _is_too_much(self, known: Known, meter: Meter, now_ms: int) -> bool:
        """It sends more than usual and is named; True where it is beyond its quota and this message is dropped."""
        self._admission.flooding.happens(known.device.id, True, now_ms)
        if not meter.overflows(now_ms):
            return False
        known.counters.throttled += 1
        return True

    def _trusts(self, known: Known, message: Telemetry, received_ms: int) -> bool:
        """Whether the time of a message far from ours, or of a device that was off, may be believed."""
        skew_ms, clock = message.ts_ms - received_ms, known.clock
        if message.late or message.seq != known.window.top:
            return skew_ms <= CLOCK_SKEW_MS  # what comes late is old, and right
        if -CLOCK_SKEW_MS <= skew_ms <= CLOCK_SKEW_MS:
            known.clock = Clock()
            self._admission.clock_wrong.is_over(known.device.id, received_ms)
            return True
        if skew_ms > 0:
            known.counters.clock_ahead += 1
        else:
            known.counters.clock_behind += 1
        if clock.runs_off(received_ms):
            self._admission.clock_wrong.happens(known.device.id, round(skew_ms / 1000), received_ms)
        return skew_ms < 0 and not clock.wrong

    def _is_new(self, known: Known, message: Telemetry | DeviceEvent, received_ms: int) -> bool:
        """False for a message that was seen before."""
        known.counters.messages += 1
        if known.presumed:
            self._presences.heard(known, received_ms)
        if not message.numbered:
            return True
        self._touched[message.device] = known
        return self._losses.is_new(known, message.boot, message.seq, received_ms)

    def _rejected(
        self, known: Known, message: Telemetry, rejected: list[tuple[str, str]], reading: dict[str, PointValue],
        received_ms: int,
    ) -> None:  # fmt: skip
        """A number out of range is kept, marked bad; what has no meaning at all is counted and left out."""
        for name, reason in rejected:
            if reason == "out_of_range":
                known.counters.out_of_range += 1
                reading[name] = PointValue(
                    value=message.values[name], quality="bad", ts_ms=stands_at(message.ts_ms, received_ms),
                    source=DEVICE, received_ms=received_ms, boot=message.boot, seq=message.seq,
                )  # fmt: skip
            else:
                known.counters.rejected += 1

    def _take(self, entity_id: str, reading: Mapping[str, PointValue], known: Known | None) -> None:
        """Record the reading; where it is the newest, make it the truth and let alarms and commands see it."""
        state = self._state.get(entity_id)
        if state is None:
            state = self._state[entity_id] = {}
        changes = apply(state, reading)
        batch = self._batch
        slots = known.slots if known is not None else {}
        for name, value in reading.items():
            slot = slots.get(name)
            if slot is None:
                slot = slots[name] = self._book.slot(entity_id, name)
            batch.add(slot, value)
            if name in changes:
                batch.latest[slot] = value
        if not changes:
            return
        state.update(changes)
        self._changed.add(entity_id)
        if known is not None:
            self._watch(entity_id, known, changes)
            if self._commands.awaits(entity_id):
                self._commands.observe(entity_id, changes)
            if self._drift.watches(entity_id):
                self._drift.observe(entity_id, changes)

    def _watch(self, entity_id: str, known: Known, changes: Mapping[str, PointValue]) -> None:
        watched = known.watched
        if watched.keys().isdisjoint(changes):
            return
        for name, value in changes.items():
            for condition in watched.get(name, ()):
                verdict = self._watcher.judge(entity_id, condition, value, value.received_ms)
                if verdict is not None:
                    self._alarms.hear(verdict)

    def _about_device(self, message: Message, received_ms: int) -> None:
        known = self._known.get(message.device) or self._admit(message.device, received_ms, words_of(message))
        if known is None:
            return
        if isinstance(message, Presence):
            self._presences.hear(known, message, received_ms)
        elif isinstance(message, Missed):
            self._losses.count(known, message.count)
        elif isinstance(message, Description):
            if message.kind != known.device.kind:
                self._lobby(message.device, "wrong_kind", f"says it is a {message.kind}", received_ms)
                self._wait("kind", message.device, words_of(message), received_ms)
                return
            self._committer.submit(lambda conn: self._registry.describe(conn, message), self._registry.remember)

    def _command_ack(self, message: CommandAck, item: Inbound, acknowledge: Acknowledge) -> None:
        known = self._find(message.device, item.received_ms)
        if known is None or self._losses.is_answer(message.id):
            acknowledge([item.receipt])
            return
        self._commands.acknowledged(known.device, message, durable=lambda: acknowledge([item.receipt]))

    def _take_events(self, items: list[Inbound], acknowledge: Acknowledge) -> None:
        """Events are committed on their own, at once; their key makes a repetition harmless."""
        rows: list[Row] = []
        for item in items:
            event = item.message
            assert isinstance(event, DeviceEvent)  # noqa: S101 - sorted out by apply
            known = self._find(event.device, item.received_ms)
            if known is None:
                continue
            new = self._is_new(known, event, item.received_ms)
            if event.type not in {e.name for e in known.kind.events}:
                known.counters.rejected += 1
                continue
            rows.append((known.device.id, event, item.received_ms))
            hear = self.listeners.get((known.kind.name, event.type))
            if hear is not None and new and not event.late:
                hear(known.device.id, event.data)
        receipts = [item.receipt for item in items]
        self._events.add(rows, lambda: acknowledge(receipts))

    # --- around it -----------------------------------------------------------------------------------------

    def _hand_over(self, acknowledge: Acknowledge | None, receipts: list[int]) -> None:
        """Show what changed, then let it be recorded."""
        if self._changed:
            self._hub.publish({entity_id: dict(self._state[entity_id]) for entity_id in self._changed})
            self._changed = set()
        batch = self._batch
        if acknowledge is not None and receipts:
            batch.receipts.append((acknowledge, receipts))
        if len(batch) or batch.receipts:
            batch.cursors = {key: known.window.cursor() for key, known in self._touched.items()}
            self._touched = {}
            self._batch = Batch()
            self._recorder.put(batch)

    def _refresh(self) -> None:
        """Forget devices at hand when the registry changed; their windows stay."""
        if self._registry.generation == self._generation:
            return
        self._generation = self._registry.generation
        self._cursors.update({key: known.window.cursor() for key, known in self._known.items()})
        self._known = {}
        bindings = self._registry.list_bindings()
        self.gateways.refresh(bindings, self._registry.grants())
        self._bind(bindings)

    def _find(self, key: str, now_ms: int) -> Known | None:
        return self._known.get(key) or self._admit(key, now_ms)

    def _admit(self, key: str, now_ms: int, said: Mapping[str, str] | None = None) -> Known | None:
        """A registered device of a known kind is put at hand; a stranger is counted in the lobby, and waits there."""
        device = self._registry.find_device(key)
        if device is None:
            self._lobby(key, "unknown_device", "not a device of this building", now_ms)
            self._wait("device", key, said or {}, now_ms)
            return None
        kind = self._kinds.get(device.kind)
        if kind is None:
            self._lobby(key, "unknown_kind", f"no kind {device.kind} is declared", now_ms)
            return None
        behind = map(self._registry.find_device, self.gateways.behind(key))
        kinds = [self._kinds[other.kind] for other in behind if other is not None and other.kind in self._kinds]
        watched = self.gateways.conditions(key, self._watcher.conditions(kind), kinds)
        known = Known(
            device, kind, self._registry.counters(key), watched, self._admission.meter(kind),
            clock=self._admission.clock(device.id, now_ms),
        )  # fmt: skip
        self._presences.recall(known)
        missing = self.find_value(device.id, MISSING)
        if missing is not None and known.counters.messages == 0:
            known.counters.missing = int(missing.value)
        if key in self._cursors:
            known.window.boot, known.window.top, known.window.seen = self._cursors.pop(key)
        self._losses.recall(known)
        self._known[key] = known
        return known

    def _lobby(self, key: str, reason: str, detail: str, now_ms: int) -> None:
        self._registry.lobby.count(device=key, reason=reason, detail=detail, now_ms=now_ms)

    def _wait(self, what: What, key: str, said: Mapping[str, str], now_ms: int) -> None:
        self._registry.unasked.seen(Unasked(what=what, name=key, said=said), now_ms)

    def _show_missing(self, now_ms: int) -> None:
        for key in self._losses.changed():
            if (known := self._find(key, now_ms)) is not None:
                self._fact += 1
                value = PointValue(
                    value=known.counters.missing, ts_ms=now_ms, source=HALL, received_ms=now_ms, boot=self._run,
                    seq=self._fact,
                )  # fmt: skip
                self._take(known.device.id, {MISSING: value}, known)
        self._hand_over(None, [])
