"""The twin as the storeys above see it: what is true now, what went wrong, what was asked, who and where."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from building.model import make_id
from iot.errors import CommandRefused, IotError
from iot.kind import Kind, Text, Value
from iot.messages import CommandRequest, Foreign
from iot.ports import Binding, Connector, ConnectorHealth, Inbound
from twin.admission import BROKER_NAME, HOSTILE, Admission, Quota, broker_id
from twin.alarms import AlarmDesk, Whereabouts
from twin.audit_watch import AUDIT_NAME, audit_id
from twin.batch import PointBook
from twin.command_watch import CommandWatch, Misuse
from twin.commands import CommandDesk
from twin.committer import Committer
from twin.conditions import Rule, Watcher
from twin.drafts import Drafts
from twin.drift import DriftWatch
from twin.errors import NotFound
from twin.events import list_events
from twin.gateways import ONLINE
from twin.history import History
from twin.intake import Intake
from twin.keeping import Keeper
from twin.live import LiveHub, Snapshot, Sources, Topic
from twin.recorder import OnCommit, Recorder
from twin.registry import Device, Registry
from twin.rules import load_rules
from twin.spool import SpoolPlace
from twin.state import PointValue
from twin.store import audit
from twin.store.database import Connection, Database
from twin.store.heartbeat import Heartbeat
from twin.store.readings import read_cursors, read_history, read_latest
from twin.unasked import Unasked
from twin.versions import Versions
from twin.writer import Writer

HISTORY_MAX = 10_000
SYSTEM = "system:twin"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _new_id() -> str:
    """Ids sort by the time they were made."""
    return f"{_now_ms():012x}{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAbsence:
    """``since_ms`` None: it is back, and what waits on the disk is being brought in. ``shed``: readings that found no
    room there since the hall started.
    """

    since_ms: int | None
    readings: int
    jobs: int
    shed: int
    bytes: int


class Twin:
    """Everything below is reachable from here; ``start`` begins its threads, ``stop`` ends them in order."""

    def __init__(
        self, *, site: str, kinds: Mapping[str, Kind], database: Database, rules: Sequence[Rule] | None = None,
        now_ms: Callable[[], int] = _now_ms, new_id: Callable[[], str] = _new_id,
        on_commit: OnCommit = lambda _: None, quota: Quota | None = None, spool: SpoolPlace | None = None,
    ) -> None:  # fmt: skip
        self.site, self.kinds, self.database = site, kinds, database
        self._now_ms = now_ms
        self._connectors: list[Connector] = []
        self.registry = Registry(site=site, database=database, now_ms=now_ms)
        self.versions = Versions(site=site, database=database, registry=self.registry, now_ms=now_ms)
        self.drafts = Drafts(site=site, database=database, now_ms=now_ms, new_id=new_id)
        self.hub = LiveHub(site=site, epoch=new_id(), now_ms=now_ms)
        self._heartbeat = Heartbeat(database, now_ms=now_ms)
        self.committer = Committer(
            database, site=site, now_ms=now_ms, journal=spool.journal() if spool is not None else None
        )
        self._book = book = PointBook()
        self.recorder = Recorder(
            database, book, site=site, now_ms=now_ms, on_commit=on_commit, shed=self.registry.note_shed,
            spool=spool.readings() if spool is not None else None,
        )  # fmt: skip
        self._watcher = Watcher(load_rules() if rules is None else rules)
        self.alarms = AlarmDesk(
            site=site, database=database, committer=self.committer, hub=self.hub, now_ms=now_ms, new_id=new_id,
            whereabouts=self._whereabouts,
        )  # fmt: skip
        self.admission = Admission(self.alarms.hear, quota=quota)
        self.drift = DriftWatch(
            site=site, kinds=kinds, database=database, committer=self.committer, hub=self.hub, registry=self.registry,
            value=self.value, now_ms=now_ms,
        )  # fmt: skip
        self.commands = CommandDesk(
            site=site, kinds=kinds, database=database, committer=self.committer, hub=self.hub, registry=self.registry,
            dispatch=self._send, is_online=self._is_online, place=self._place, drift=self.drift,
            now_ms=now_ms, new_id=new_id,
        )  # fmt: skip
        self.command_watch = CommandWatch(
            entity_id=lambda key: make_id(site, "device", key), tell=self.alarms.hear, record=self._record_misuse,
            withdraw=self._withdraw, link=self._link, now_ms=now_ms,
        )  # fmt: skip
        self.hub.sources = Sources(
            building=lambda: self.versions.known, alarms=self.alarms.list_open, commands=self.commands.list_live,
            desired=self.drift.list_wanted,
        )  # fmt: skip
        self._writer = Writer(
            kinds=kinds, registry=self.registry, watcher=self._watcher, alarms=self.alarms, admission=self.admission,
            commands=self.commands, committer=self.committer, recorder=self.recorder, hub=self.hub, book=book,
            send=self._send, now_ms=now_ms, new_id=new_id, run=now_ms(),
            command_watch=self.command_watch, bind=self._bind, hall=broker_id(site), links=self._links,
            drift=self.drift,
        )  # fmt: skip
        self.gateways, self.overload = self._writer.gateways, self._writer.overload
        self.intake = Intake(self._writer, reject=self._rejected, now_ms=now_ms)
        self.keeper = Keeper(
            database, site=site, now_ms=now_ms, waits=lambda: self.recorder.waits_since_ms is not None
        )  # fmt: skip
        self.past = History(
            site=site, database=database, versions=self.versions, registry=self.registry, now_ms=now_ms,
            running=lambda: self.keeper.run, waits_since_ms=lambda: self.recorder.waits_since_ms,
        )  # fmt: skip

    # --- running -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Remember what was true, then begin. The database must be migrated."""
        self.committer.recover()
        waiting = self.recorder.recover()
        self.registry.load()
        with self.database.transaction() as conn:
            latest, cursors = read_latest(conn, site=self.site), read_cursors(conn, site=self.site)
        for slot, value in waiting.latest.items():
            entity, point = self._book.names[slot]
            latest.setdefault(entity, {})[point] = value
        self._writer.restore({e: p for e, p in latest.items() if self._is_here(e)}, cursors | waiting.cursors)
        self.drift.load()
        holding = self.alarms.load()
        self._watcher.restore(holding)
        self.admission.restore(holding, self._now_ms())
        self.command_watch.restore([c.to_request() for c in self.commands.load()], holding)
        self.drafts.fail_interrupted()
        self._heartbeat.start()
        self.committer.start()
        self.alarms.retire(
            {a["source"] for a in self.alarms.list_open() if not self._is_here(a["source"])}, actor=SYSTEM
        )
        self.keeper.start(heard_ms=max((value.received_ms for value in waiting.latest.values()), default=0))
        self.recorder.start()
        self.intake.start()

    def attach(self, connector: Connector) -> None:
        """Begin to listen to devices over this connector; the first attached carries commands."""
        connector.bind(self.registry.list_bindings())
        self._connectors.append(connector)
        connector.start(self.intake.inbox(connector))

    def stop(self) -> None:
        """Take in and commit what is there, acknowledge it, then let the connectors go."""
        self.intake.stop()
        self.recorder.stop()
        self.keeper.stop()
        self.committer.stop()
        self._heartbeat.stop()
        for connector in self._connectors:
            connector.stop()
        self._connectors.clear()

    # --- what is true --------------------------------------------------------------------------------------

    def apply(self, items: Sequence[Inbound], *, acknowledge: Callable[[list[int]], None] = lambda _: None) -> None:
        """Take messages in at once, without a connector."""
        self._writer.apply(items, acknowledge=acknowledge)

    def publish(self, entity_id: str, values: Mapping[str, Value], *, source: str) -> None:
        """A service's facts about its own entity, e.g. ``window:A07`` waiting; they are recorded like a device's."""
        self._writer.publish(entity_id, values, source=source)

    def mark_silent(self, key: str, *, over: bool) -> None:
        """A device's line stands and nothing comes over it any more; ``over``: something does again."""
        self._writer.mark_silent(key, self._now_ms(), over=over)

    def forget(self, entity_ids: Collection[str], *, actor: str) -> None:
        """They were taken out of the building: no page shows them, their alarms are closed as retired."""
        self._writer.forget(entity_ids)
        open_now = {a["source"] for a in self.alarms.list_open()}
        self.alarms.retire(open_now & set(entity_ids), actor=actor)
        self.drift.forget(entity_ids, actor=actor)

    def on_event(self, kind: str, event: str, hear: Callable[[str, Mapping[str, Any]], None]) -> None:
        """``hear`` is given the entity and what it told, the first time it comes, on the thread that takes messages in:
        it returns at once and raises nothing.
        """
        self._writer.listeners[kind, event] = hear

    def announce(self, topic: Topic, body: dict[str, Any], *, scope: Collection[str] | str | None = None) -> None:
        """Tell a call, ticket or alarm after its own commit, on the lossless lane; see ``LiveHub.announce``."""
        self.hub.announce(topic, body, scope=scope)

    def value(self, entity_id: str, point: str) -> PointValue | None:
        return self._writer.find_value(entity_id, point)

    def entity(self, entity_id: str) -> dict[str, PointValue]:
        return self._writer.entity(entity_id)

    def snapshot(self) -> Snapshot:
        return self.hub.snapshot()

    def history(
        self, entity_id: str, point: str, *, since_ms: int, limit: int = HISTORY_MAX
    ) -> list[tuple[int, float | str]]:
        """(ts, value), oldest first; truth values are 1 and 0."""
        with self.database.transaction() as conn:
            return read_history(conn, entity=entity_id, point=point, since_ms=since_ms, limit=min(limit, HISTORY_MAX))

    def events(self, entity_id: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        with self.database.transaction() as conn:
            return list_events(conn, entity=entity_id, limit=limit)

    def absence(self) -> DatabaseAbsence | None:
        """Since when the database is away and what waits for it on the disk; None while all is in it."""
        parts = (self._heartbeat, self.recorder, self.committer)
        since = [part.absence.since_ms for part in parts if part.absence.since_ms is not None]
        readings, jobs = self.recorder.counters.spooled_rows, self.committer.journaled
        if not since and not readings and not jobs:
            return None
        return DatabaseAbsence(
            since_ms=min(since, default=None), readings=readings, jobs=jobs, shed=self.recorder.counters.shed_rows,
            bytes=self.recorder.counters.spool_bytes,
        )  # fmt: skip

    def counters(self) -> dict[str, dict[str, Any]]:
        """Every drop, refusal and repetition there is, by part and name."""
        hub = self.hub.counters
        return {
            "devices": self.registry.totals(),
            "recorder": self.recorder.counters.to_json(),
            "intake": {
                "waiting": self.intake.waiting,
                "refused": sum(inbox.refused for inbox in self.intake.inboxes),
                "failed": self.intake.failed,
                **self.overload.counters(),
            },
            "committer": {
                "waiting": self.committer.waiting, "failed": self.committer.failed, "retries": self.committer.retries,
                "journaled": self.committer.journaled, "refused": self.committer.refused,
                "journal_failures": self.committer.journal_failures,
            },
            "live": {
                "clients": hub.clients, "snaps": hub.snaps, "lane_overflows": hub.lane_overflows,
                "lane_items": hub.lane_items, "resumes_refused": hub.resumes_refused,
            },
            "keeping": self.keeper.counters.to_json(),
            "admission": self.admission.counters(),
            "commands": {
                "unknown_acks": self.commands.unknown_acks, "seen": self.command_watch.seen,
                "misused": self.command_watch.misused, "misused_unrecorded": self.command_watch.unrecorded,
            },
        }  # fmt: skip

    # --- wiring --------------------------------------------------------------------------------------------

    def _send(self, request: CommandRequest) -> None:
        if not self._connectors:
            raise CommandRefused("no device connection is open")
        self.command_watch.sent(request)
        try:
            self._connectors[0].send(request)
        except IotError:
            self.command_watch.unsent(request)
            raise

    def _bind(self, bindings: Sequence[Binding]) -> None:
        for connector in self._connectors:
            connector.bind(bindings)

    def _withdraw(self, device: str, command: str) -> None:
        if self._connectors:
            self._connectors[0].withdraw(device, command)

    def _links(self) -> list[ConnectorHealth]:
        return [connector.health() for connector in self._connectors]

    def _link(self) -> ConnectorHealth | None:
        return self._connectors[0].health() if self._connectors else None

    def _record_misuse(self, misuse: Misuse) -> None:
        def work(conn: Connection) -> None:
            audit.append(
                conn, site=self.site, actor=SYSTEM, action="command.misuse", target=misuse.device, before=None,
                after=misuse.to_json(), why=misuse.words, at_ms=misuse.at_ms,
            )  # fmt: skip

        self.committer.submit(work, lambda _: None)

    def _place(self, device: Device) -> Text:
        """Floor and room by their names; what stands nowhere is said to."""
        if device.floor is None or self._version() is None:
            return {"zh": "位置未知", "en": "place unknown"}
        building = self.versions.current()[1]
        names = [e.name for e in (*building.floors, *building.spaces) if e.id in {device.floor, device.space}]
        return {lang: " ".join(n.get(lang) or next(iter(n.values()), "") for n in names) for lang in ("zh", "en")}

    def _is_here(self, entity_id: str) -> bool:
        """What was taken out of the building is no ghost on the pages."""
        kind = entity_id.split(":", 2)[1]
        if kind == "device":
            return self.registry.find_device(entity_id) is not None
        return kind != "window" or self._version() is None or entity_id in self._windows()

    def _version(self) -> str | None:
        """The hash of what is published, None before the first."""
        try:
            return self.versions.current()[0]
        except NotFound:
            return None

    def _windows(self) -> set[str]:
        return {w.id for w in self.versions.current()[1].windows}

    def _is_online(self, entity_id: str) -> bool:
        online = self._writer.find_value(entity_id, ONLINE)
        return online is not None and online.value is True

    def _rejected(self, device: str | None, reason: str, detail: str, foreign: Foreign | None) -> None:
        """Counted; what is made to hurt is an alarm of whoever sent it, what nobody bound yet waits in the lobby."""
        now_ms = self._now_ms()
        if foreign is not None:
            wanted = Unasked(
                what="binding", name=foreign.address, convention=foreign.convention, said=foreign.said
            )  # fmt: skip
            self.registry.unasked.seen(wanted, now_ms)
        self.registry.lobby.count(device=device, reason=reason, detail=detail, now_ms=now_ms)
        if reason in HOSTILE:
            found = self.registry.find_device(device) if device is not None else None
            source = found.id if found is not None else broker_id(self.site)
            self.admission.refused.happens(source, f"{device or '?'}: {reason} {detail}", now_ms)

    def _whereabouts(self, entity_id: str) -> Whereabouts:
        device = self.registry.find_device(entity_id)
        if device is None and entity_id == broker_id(self.site):
            return Whereabouts(name=BROKER_NAME)
        if entity_id == audit_id(self.site):
            return Whereabouts(name=AUDIT_NAME)
        if device is None:
            return Whereabouts(name={"zh": entity_id, "en": entity_id})
        return Whereabouts(name=device.name, floor=device.floor, space=device.space)
