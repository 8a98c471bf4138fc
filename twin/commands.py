"""Commands that always end: accepted by a person's right and reason, sent once, answered or expired, never silent."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from iot.codecs.validate import check_arguments
from iot.errors import CommandRefused, IotError
from iot.kind import Kind, Text, Value
from iot.messages import CommandAck, CommandRequest
from twin.command import (
    OPEN,
    Command,
    after_answer,
    after_confirmation,
    after_deadline,
    disarmed,
    fired,
    parse_command,
    queued,
    unsent,
)
from twin.command_terms import Terms
from twin.committer import Committer
from twin.desired import Desired
from twin.drift import DriftWatch
from twin.errors import DatabaseUnavailable, NotFound, Refused
from twin.live import LiveHub
from twin.registry import Device, Registry
from twin.state import PointValue, says
from twin.store import audit
from twin.store.database import Connection, Database

ARMED_S = 10.0
RECENT_MAX = 200
REASON_MAX = 500
KEY_MAX = 200
REMEMBERED_S = 30.0
"""An ended one is still shown to pages that open, and hears what the device says too late."""
HISTORY_S = 3600.0
HISTORY_MAX = 5_000


@dataclass(frozen=True, slots=True)
class _Step:
    """What a job did: ``go`` where the command may be handed to the device, ``wanted`` what it makes so."""

    command: Command
    go: bool = False
    wanted: Desired | None = None


class CommandDesk:
    """Commands in memory as they were last committed; changed by the committer's thread only."""

    def __init__(
        self, *, site: str, kinds: Mapping[str, Kind], database: Database, committer: Committer, hub: LiveHub,
        registry: Registry, dispatch: Callable[[CommandRequest], None], is_online: Callable[[str], bool],
        place: Callable[[Device], Text], drift: DriftWatch, now_ms: Callable[[], int], new_id: Callable[[], str],
    ) -> None:  # fmt: skip
        self._site, self._terms = site, Terms(kinds, registry, place)
        self._database, self._committer, self._hub, self._registry = database, committer, hub, registry
        self._dispatch, self._is_online, self._drift = dispatch, is_online, drift
        self._now_ms, self._new_id = now_ms, new_id
        self._lock = threading.Lock()
        self._open: dict[str, Command] = {}
        self._ended: OrderedDict[str, Command] = OrderedDict()
        self._keys: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()
        """A command's id and when it was made, by who asked and under which key; the oldest stand first."""
        self._awaiting: dict[str, set[str]] = {}
        """Open commands by the entity whose report would confirm them."""
        self._ticked_ms = 0
        self.unknown_acks = 0
        committer.on_tick(self.tick)

    def load(self) -> list[Command]:
        """Take up the commands that were open when the hall last ran; returns those that may still be on the wire."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                "select body, key from twin.command where site = %s and (state = any(%s) or created_ms > %s)"
                " order by state = any(%s) desc, created_ms desc limit %s",
                [self._site, list(OPEN), self._now_ms() - round(HISTORY_S * 1000), list(OPEN), HISTORY_MAX],
            )
            commands = [(parse_command(body), key) for body, key in rows]
        for command, key in sorted(commands, key=lambda found: found[0].created_ms):
            if key is not None:
                self._keys[command.issuer, key] = command.id, command.created_ms
            if command.is_open:
                self._remember(command)
        return [command for command, _ in commands]

    # --- asked for by people -------------------------------------------------------------------------------

    def send(
        self, device_id: str, name: str, arguments: Mapping[str, Value], *, actor: str, reason: str = "",
        key: str | None = None,
    ) -> Command:  # fmt: skip
        """Ask a device for something. Dangerous commands come back ``armed`` and wait for ``fire``.

        ``key``: asked again by the same actor with the same key within an hour, the first command is the answer.
        Raises NotFound for a device or command that does not exist, Refused for arguments or a missing reason.
        """
        device = self._registry.get_device(device_id)
        declared = self._terms.declared(device, name)
        try:
            checked = check_arguments(declared, arguments)
        except CommandRefused as error:
            raise Refused(str(error)) from error
        if declared.danger != "none" and not reason.strip():
            raise Refused(f"{name} needs a reason")
        _check_key(key)
        now_ms = self._now_ms()
        asked = Command(
            id=self._new_id(), device=device.id, name=name, args=checked, issuer=actor, reason=reason[:REASON_MAX],
            state="armed", effect=self._terms.effect(device, declared, checked), armed_by=actor,
            awaits=self._terms.awaited(device, declared, checked), lasting=declared.lasting, created_ms=now_ms,
            expires_ms=now_ms + round(ARMED_S * 1000),
        )  # fmt: skip
        if declared.danger != "arm":
            asked = queued(replace(asked, armed_by=None), timeout_s=declared.timeout_s, now_ms=now_ms)

        def work(conn: Connection) -> _Step:
            before = None if key is None else self._find_by_key(conn, actor, key)
            if before is None:
                return self._write(conn, None, asked, by=actor, key=key, go=asked.state == "queued")
            if (before.device, before.name, before.args) != (asked.device, asked.name, asked.args):
                raise Refused("this idempotency key was given with another command")
            return _Step(before)

        def then(step: _Step) -> None:
            if key is not None:
                self._keys[actor, key] = step.command.id, step.command.created_ms
            self._show_and_send(step)

        try:
            return self._committer.call(work, then).command
        except psycopg.errors.UniqueViolation as error:
            raise Refused("this idempotency key was given before, more than an hour ago") from error

    def fire(self, command_id: str, *, actor: str) -> Command:
        """The second step of a dangerous command; raises Refused when it is no longer armed.

        Asked again by who fired it, it answers how far that command is.
        """

        def work(conn: Connection) -> _Step:
            before = self._find(command_id) or self._get(conn, command_id)
            if before.fired_by == actor:
                return _Step(before)
            now_ms = self._now_ms()
            if before.state != "armed" or before.expires_ms <= now_ms:
                raise Refused(f"command {command_id} is not armed (any more): ask again")
            declared = self._terms.declared(self._registry.get_device(before.device), before.name)
            after = fired(before, by=actor, timeout_s=declared.timeout_s, now_ms=now_ms)
            return self._write(conn, before, after, by=actor, go=True)

        return self._committer.call(work, self._show_and_send).command

    def disarm(self, command_id: str, *, actor: str) -> Command:
        """Think better of it; raises Refused when it is no longer armed."""

        def work(conn: Connection) -> _Step:
            before = self._find(command_id) or self._get(conn, command_id)
            if before.state != "armed":
                raise Refused(f"command {command_id} is not armed (any more)")
            return self._write(conn, before, disarmed(before, now_ms=self._now_ms()), by=actor)

        return self._committer.call(work, self._show_and_send).command

    def get(self, command_id: str) -> Command:
        found = self._find(command_id)
        if found is not None:
            return found
        with self._database.transaction() as conn:
            return self._get(conn, command_id)

    def list_recent(self, device: str | None = None, limit: int = 50) -> list[Command]:
        """The newest first."""
        wanted = None if device is None else self._registry.get_device(device).id
        with self._database.transaction() as conn:
            rows = conn.execute(
                "select body from twin.command where site = %(site)s"
                " and (%(device)s::text is null or device = %(device)s) order by created_ms desc limit %(limit)s",
                {"site": self._site, "device": wanted, "limit": min(limit, RECENT_MAX)},
            )
            return [parse_command(row[0]) for row in rows]

    def list_latest(self) -> dict[str, Command]:
        """The newest of each device; while the database is away, of those under way or ended just now."""
        try:
            with self._database.transaction() as conn:
                rows = conn.execute(
                    "select c.body from twin.device d cross join lateral (select body from twin.command"
                    " where site = d.site and device = d.id order by created_ms desc limit 1) c"
                    " where d.site = %s and d.removed_ms is null",
                    [self._site],
                )
                found = [parse_command(row[0]) for row in rows]
        except DatabaseUnavailable:
            with self._lock:
                found = sorted([*self._ended.values(), *self._open.values()], key=lambda c: c.created_ms)
        return {command.device: command for command in found}

    def list_live(self) -> list[dict[str, Any]]:
        """What is under way or ended just now, from memory."""
        with self._lock:
            commands = [*self._ended.values(), *self._open.values()]
        return [c.to_json() for c in commands]

    # --- heard from devices (the writer's thread) ----------------------------------------------------------

    def acknowledged(self, device: Device, ack: CommandAck, *, durable: Callable[[], None]) -> None:
        """A device's word on a command; ``durable`` is called once it is kept."""

        def work(conn: Connection) -> _Step | None:
            before = self._open.get(ack.id) or self._ended.get(ack.id)
            if before is None or before.device != device.id or before.state in {"armed", "disarmed"}:
                self.unknown_acks += 1
                return None
            after = after_answer(before, ack.status, ack.detail, now_ms=self._now_ms())
            return None if after is None else self._write(conn, before, after, by=device.id)

        def then(step: _Step | None) -> None:
            self._show_and_send(step)
            durable()

        self._committer.submit(work, then)

    def awaits(self, entity_id: str) -> bool:
        """Whether a report of this entity may confirm something; cheap, asked for every message."""
        return entity_id in self._awaiting

    def observe(self, entity_id: str, changes: Mapping[str, PointValue]) -> None:
        """Confirm the commands that these new values fulfil."""
        with self._lock:
            candidates = [self._open[i] for i in self._awaiting.get(entity_id, ())]
        for command in candidates:
            value = None if command.awaits is None else changes.get(command.awaits.point)
            if value is None or command.awaits is None or value.received_ms < command.began_ms:
                continue
            if says(value, command.awaits.value):
                self._committer.submit(
                    lambda conn, i=command.id: self._confirm(conn, i, entity_id),  # type: ignore[misc]
                    self._show_and_send,
                )

    def _confirm(self, conn: Connection, command_id: str, by: str) -> _Step | None:
        before = self._open.get(command_id)
        after = None if before is None else after_confirmation(before, now_ms=self._now_ms())
        return None if after is None else self._write(conn, before, after, by=by)

    # --- time (the committer's thread) ---------------------------------------------------------------------

    def tick(self) -> None:
        """End what has waited long enough, and forget what ended long ago."""
        now_ms = self._now_ms()
        if now_ms == self._ticked_ms:
            return
        self._ticked_ms = now_ms
        for command in list(self._open.values()):
            if command.deadline_ms <= now_ms:
                self._committer.submit(
                    lambda conn, i=command.id: self._expire(conn, i),  # type: ignore[misc]
                    self._show_and_send,
                )
        with self._lock:
            while self._ended:
                oldest = next(iter(self._ended.values()))
                if oldest.ended_ms is not None and oldest.ended_ms + REMEMBERED_S * 1000 > now_ms:
                    break
                self._ended.popitem(last=False)
        while self._keys:
            _, made_ms = next(iter(self._keys.values()))
            if len(self._keys) <= HISTORY_MAX and made_ms + HISTORY_S * 1000 > now_ms:
                break
            self._keys.popitem(last=False)

    def _expire(self, conn: Connection, command_id: str) -> _Step | None:
        before = self._open.get(command_id)
        after = None if before is None else after_deadline(before, now_ms=self._now_ms())
        return None if after is None else self._write(conn, before, after, by="system")

    # --- within the committer ------------------------------------------------------------------------------

    def _write(
        self, conn: Connection, before: Command | None, after: Command, *, by: str, key: str | None = None,
        go: bool = False,
    ) -> _Step:  # fmt: skip
        conn.execute(
            "insert into twin.command (id, site, device, state, created_ms, issuer, key, body)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (id) do update set state = excluded.state, body = excluded.body",
            [after.id, self._site, after.device, after.state, after.created_ms, after.issuer, key,
             Jsonb(after.to_json())],
        )  # fmt: skip
        audit.append(
            conn, site=self._site, actor=by, action=f"command.{after.state}", target=after.id,
            before=None if before is None else {"state": before.state, "confirmed": before.confirmed},
            after={"state": after.state, "confirmed": after.confirmed, "device": after.device, "name": after.name,
                   "args": dict(after.args)},
            why=after.reason, at_ms=self._now_ms(),
        )  # fmt: skip
        return _Step(after, go, self._drift.record(conn, before, after))

    def _find_by_key(self, conn: Connection, actor: str, key: str) -> Command | None:
        """From memory, so that new ones go on while the database is away."""
        asked, _ = self._keys.get((actor, key), (None, 0))
        return None if asked is None else self._find(asked) or self._get(conn, asked)

    def _find(self, command_id: str) -> Command | None:
        return self._open.get(command_id) or self._ended.get(command_id)

    def _get(self, conn: Connection, command_id: str) -> Command:
        row = conn.execute(
            "select body from twin.command where site = %s and id = %s", [self._site, command_id]
        ).fetchone()
        if row is None:
            raise NotFound(f"no command {command_id}")
        return parse_command(row[0])

    def _show_and_send(self, step: _Step | None) -> None:
        if step is None:
            return
        command = step.command
        if self._remember(command):
            self._hub.announce("command", command.to_json())
        self._drift.take(step.wanted)
        if step.go and command.expires_ms > self._now_ms() and self._is_online(command.device):
            self._hand_over(command)

    def _hand_over(self, command: Command) -> None:
        """Once in its life: whatever becomes of it, it is never sent again."""
        try:
            self._dispatch(command.to_request())
        except IotError as error:
            after = unsent(command, str(error), now_ms=self._now_ms())
        else:
            after = replace(command, state="sent")
        self._committer.submit(lambda conn: self._advance(conn, after), self._show_and_send)

    def _advance(self, conn: Connection, after: Command) -> _Step | None:
        """From ``queued`` on, unless the device's answer was quicker."""
        before = self._open.get(after.id)
        if before is None or before.state != "queued":
            return None
        return self._write(conn, before, replace(after, confirmed=before.confirmed), by="system")

    def _remember(self, command: Command) -> bool:
        """False where it is known so already."""
        with self._lock:
            known = self._open.get(command.id) or self._ended.get(command.id)
            if known == command or (known is None and command.ended_ms is not None and self._is_old(command)):
                return False
            if command.is_open:
                self._open[command.id] = command
            else:
                self._open.pop(command.id, None)
                self._ended[command.id] = command
            if command.awaits is not None:
                self._note_awaited(command, command.awaits.entity)
            return True

    def _is_old(self, command: Command) -> bool:
        return (command.ended_ms or 0) + REMEMBERED_S * 1000 <= self._now_ms()

    def _note_awaited(self, command: Command, entity: str) -> None:
        waiting = self._awaiting.setdefault(entity, set())
        if command.is_open and not command.confirmed:
            waiting.add(command.id)
        else:
            waiting.discard(command.id)
        if not waiting:
            del self._awaiting[entity]


def _check_key(key: str | None) -> None:
    if key is not None and not 0 < len(key) <= KEY_MAX:
        raise Refused(f"an idempotency key has 1 to {KEY_MAX} characters")
