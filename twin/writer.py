"""The one writer: takes messages and service facts, decides what is true now, and hands it on to be shown and kept.

Every path in goes through here under one lock: known device, not seen before, valid by its kind, newer than what is
known. What fails is counted, what is late is recorded but changes nothing live.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from iot.codecs.validate import check_telemetry
from iot.errors import IotError
from iot.kind import Kind, Value
from iot.messages import (
    CommandAck,
    CommandRequest,
    CommandSeen,
    Description,
    DeviceEvent,
    Message,
    Presence,
    Quality,
    Telemetry,
)
from iot.ports import Inbound
from twin.admission import CLOCK_SKEW_MS, Admission, Clock, Meter
from twin.alarms import AlarmDesk
from twin.batch import Acknowledge, Batch, PointBook
from twin.command_watch import CommandWatch
from twin.commands import CommandDesk
from twin.committer import Committer
from twin.conditions import Condition, Watcher
from twin.counters import DeviceCounters
from twin.events import write_events
from twin.live import LiveHub
from twin.recorder import Recorder
from twin.registry import Device, Registry
from twin.sequence import Window
from twin.state import PointValue, apply

REBIRTH_EVERY_MS = 10_000
REBIRTH_EXPIRES_MS = 10_000
ONLINE = "online"
DEVICE = "device"


@dataclass(slots=True)
class _Known:
    """A device as the writer keeps it at hand, so that a message costs one look-up."""

    device: Device
    kind: Kind
    counters: DeviceCounters
    watched: Mapping[str, tuple[Condition, ...]]
    meter: Meter | None
    clock: Clock = field(default_factory=Clock)
    window: Window = field(default_factory=Window)
    slots: dict[str, int] = field(default_factory=dict)
    asked_ms: int = 0


class Writer:
    """``apply`` and ``publish`` may be called from any thread; one runs at a time."""

    def __init__(
        self, *, kinds: Mapping[str, Kind], registry: Registry, watcher: Watcher, alarms: AlarmDesk,
        admission: Admission, commands: CommandDesk, committer: Committer, recorder: Recorder, hub: LiveHub,
        book: PointBook, send: Callable[[CommandRequest], None], now_ms: Callable[[], int], new_id: Callable[[], str],
        run: int, command_watch: CommandWatch,
    ) -> None:  # fmt: skip
        self._kinds, self._registry, self._watcher, self._admission = kinds, registry, watcher, admission
        self._alarms, self._commands, self._committer = alarms, commands, committer
        self._recorder, self._hub, self._book = recorder, hub, book
        self._send, self._now_ms, self._new_id, self._run = send, now_ms, new_id, run
        self._command_watch = command_watch
        self._lock = threading.Lock()
        self._state: dict[str, dict[str, PointValue]] = {}
        self._known: dict[str, _Known] = {}
        self._generation = -1
        self._cursors: dict[str, tuple[int, int, int]] = {}
        self._fact = 0
        self._batch = Batch()
        self._changed: set[str] = set()
        self._touched: set[str] = set()
        self._events: list[DeviceEvent] = []

    def restore(
        self, state: Mapping[str, Mapping[str, PointValue]], cursors: Mapping[str, tuple[int, int, int]]
    ) -> None:
        """Begin with what was true when the hall last ran."""
        with self._lock:
            self._state = {entity: dict(points) for entity, points in state.items()}
            self._cursors = dict(cursors)
            self._hub.publish({entity: dict(points) for entity, points in state.items()})

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
            for item in items:
                message = item.message
                if type(message) is Telemetry:
                    self._telemetry(message, item.received_ms)
                    receipts.append(item.receipt)
                elif isinstance(message, DeviceEvent):
                    events.append(item)
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
            for verdict in self._watcher.tick(now_ms):
                self._alarms.hear(verdict)
            self._command_watch.tick(now_ms)
            self._admission.tick(now_ms)

    # --- one message (all under the lock) ------------------------------------------------------------------

    def _telemetry(self, message: Telemetry, received_ms: int) -> None:
        known = self._known.get(message.device) or self._admit(message.device, received_ms)
        if known is None:
            return
        if not self._is_new(known, message, received_ms):
            return
        meter = known.meter
        if meter is not None and meter.exceeds(received_ms) and self._is_too_much(known, meter, received_ms):
            return
        accepted, rejected = check_telemetry(known.kind, message)
        off = not -CLOCK_SKEW_MS <= message.ts_ms - received_ms <= CLOCK_SKEW_MS or known.clock.since_ms is not None
        usual: Quality = "uncertain" if off and not self._trusts(known, message, received_ms) else "good"
        qualities = message.quality
        ts_ms, boot, seq = message.ts_ms, message.boot, message.seq
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

    def _is_too_much(self, known: _Known, meter: Meter, now_ms: int) -> bool:
        """It sends more than usual and is named; True where it is beyond its quota and this message is dropped."""
        self._admission.flooding.happens(known.device.id, True, now_ms)
        if not meter.overflows(now_ms):
            return False
        known.counters.throttled += 1
        return True

    def _trusts(self, known: _Known, message: Telemetry, received_ms: int) -> bool:
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

    def _is_new(self, known: _Known, message: Telemetry | DeviceEvent, received_ms: int) -> bool:
        """Count what the sequence number tells; False for one that was seen before."""
        counters = known.counters
        counters.messages += 1
        self._touched.add(message.device)
        match known.window.see(message.boot, message.seq):
            case "next":
                return True
            case "again":
                counters.duplicates += 1
                return False
            case "gap":
                counters.gaps += 1
                counters.missing += known.window.missing
                self._ask_again(known, message, received_ms)
            case "late":
                counters.late += 1
                counters.missing = max(0, counters.missing - 1)
            case "old":
                counters.old += 1
        return True

    def _rejected(
        self, known: _Known, message: Telemetry, rejected: list[tuple[str, str]], reading: dict[str, PointValue],
        received_ms: int,
    ) -> None:  # fmt: skip
        """A number out of range is kept, marked bad; what has no meaning at all is counted and left out."""
        for name, reason in rejected:
            if reason == "out_of_range":
                known.counters.out_of_range += 1
                reading[name] = PointValue(
                    value=message.values[name], quality="bad", ts_ms=message.ts_ms, source=DEVICE,
                    received_ms=received_ms, boot=message.boot, seq=message.seq,
                )  # fmt: skip
            else:
                known.counters.rejected += 1

    def _take(self, entity_id: str, reading: Mapping[str, PointValue], known: _Known | None) -> None:
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

    def _watch(self, entity_id: str, known: _Known, changes: Mapping[str, PointValue]) -> None:
        watched = known.watched
        if watched.keys().isdisjoint(changes):
            return
        for name, value in changes.items():
            for condition in watched.get(name, ()):
                verdict = self._watcher.judge(entity_id, condition, value, value.received_ms)
                if verdict is not None:
                    self._alarms.hear(verdict)

    def _about_device(self, message: Message, received_ms: int) -> None:
        known = self._known.get(message.device) or self._admit(message.device, received_ms)
        if known is None:
            return
        if isinstance(message, Presence):
            self._presence(known, message, received_ms)
        elif isinstance(message, Description):
            if message.kind != known.device.kind:
                self._lobby(message.device, "wrong_kind", f"says it is a {message.kind}", received_ms)
                return
            self._committer.submit(lambda conn: self._registry.describe(conn, message), self._registry.remember)

    def _presence(self, known: _Known, message: Presence, received_ms: int) -> None:
        """A will carries the time of its connection, so arrival orders within a boot; an older boot's is ignored."""
        before = self._state.get(known.device.id, {}).get(ONLINE)
        if before is not None and message.boot < before.boot:
            if not message.online or message.ts_ms <= before.ts_ms:
                known.counters.late_wills += 1
                return
            self._begin_anew(known)
            before = None
        seq = received_ms if before is None or before.boot < message.boot else max(received_ms, before.seq + 1)
        value = PointValue(
            value=message.online, ts_ms=message.ts_ms if message.online and message.ts_ms else received_ms,
            source=DEVICE, received_ms=received_ms, boot=message.boot, seq=seq,
        )  # fmt: skip
        self._take(known.device.id, {ONLINE: value}, known)

    def _begin_anew(self, known: _Known) -> None:
        """A device that comes online later with a lower boot was reset or replaced: its count starts over."""
        known.counters.resets += 1
        known.window = Window()
        state = self._state[known.device.id]
        for name, value in state.items():
            state[name] = msgspec.structs.replace(value, boot=-1)

    def _command_ack(self, message: CommandAck, item: Inbound, acknowledge: Acknowledge) -> None:
        known = self._known.get(message.device) or self._admit(message.device, item.received_ms)
        if known is None:
            acknowledge([item.receipt])
            return
        self._commands.acknowledged(known.device, message, durable=lambda: acknowledge([item.receipt]))

    def _take_events(self, items: list[Inbound], acknowledge: Acknowledge) -> None:
        """Events are committed on their own, at once; their key makes a repetition harmless."""
        rows: list[tuple[str, DeviceEvent, int]] = []
        for item in items:
            event = item.message
            assert isinstance(event, DeviceEvent)  # noqa: S101 - sorted out by apply
            known = self._known.get(event.device) or self._admit(event.device, item.received_ms)
            if known is None:
                continue
            if event.type not in {e.name for e in known.kind.events}:
                known.counters.rejected += 1
                continue
            self._is_new(known, event, item.received_ms)
            rows.append((known.device.id, event, item.received_ms))
        receipts = [item.receipt for item in items]
        self._committer.submit(lambda conn: write_events(conn, rows), lambda _: acknowledge(receipts))

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
            batch.cursors = {key: self._known[key].window.cursor() for key in self._touched}
            self._touched = set()
            self._batch = Batch()
            self._recorder.put(batch)

    def _refresh(self) -> None:
        """Forget devices at hand when the registry changed; their windows stay."""
        if self._registry.generation == self._generation:
            return
        self._generation = self._registry.generation
        self._cursors.update({key: known.window.cursor() for key, known in self._known.items()})
        self._known = {}

    def _admit(self, key: str, now_ms: int) -> _Known | None:
        """A registered device of a known kind is put at hand; a stranger is counted in the lobby."""
        device = self._registry.find_device(key)
        if device is None:
            self._lobby(key, "unknown_device", "not a device of this building", now_ms)
            return None
        kind = self._kinds.get(device.kind)
        if kind is None:
            self._lobby(key, "unknown_kind", f"no kind {device.kind} is declared", now_ms)
            return None
        known = _Known(
            device, kind, self._registry.counters(key), self._watcher.conditions(kind), self._admission.meter()
        )
        if key in self._cursors:
            known.window.boot, known.window.top, known.window.seen = self._cursors.pop(key)
        self._known[key] = known
        return known

    def _lobby(self, key: str, reason: str, detail: str, now_ms: int) -> None:
        self._registry.lobby.count(device=key, reason=reason, detail=detail, now_ms=now_ms)

    def _ask_again(self, known: _Known, message: Telemetry | DeviceEvent, now_ms: int) -> None:
        """A gap is answered: with a resend where the device keeps a buffer, else with a rebirth; not too often."""
        if now_ms - known.asked_ms < REBIRTH_EVERY_MS:
            return
        known.asked_ms = now_ms
        arguments: dict[str, Value] = {}
        name = "rebirth"
        device = self._registry.find_device(known.device.key)  # it may have described itself since
        if device is not None and (device.description or {}).get("buffer"):
            name = "resend"
            arguments = {
                "boot": message.boot, "from": message.seq - known.window.missing, "to": message.seq - 1,
            }  # fmt: skip
        request = CommandRequest(
            device=known.device.key, id=self._new_id(), name=name, expires_ms=now_ms + REBIRTH_EXPIRES_MS,
            issuer="hall", arguments=arguments,
        )  # fmt: skip
        try:
            self._send(request)
        except IotError:
            known.counters.dropped += 1
        else:
            known.counters.rebirths_asked += 1
