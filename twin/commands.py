"""Commands that always end: accepted by a person's right and reason, sent, acknowledged or expired, never silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from psycopg.types.json import Jsonb

from iot.codecs.validate import check_arguments
from iot.errors import CommandRefused, IotError
from iot.kind import Kind, Value
from iot.messages import CommandAck, CommandRequest
from twin.committer import Committer
from twin.errors import NotFound, Refused
from twin.live import LiveHub
from twin.registry import Device, Registry
from twin.state import PointValue
from twin.store import audit
from twin.store.database import Connection, Database

ARMED_S = 10.0
RECENT_MAX = 200
REASON_MAX = 500
HALL = "hall"

CommandState = Literal["armed", "queued", "sent", "accepted", "done", "failed", "refused", "expired", "disarmed"]
_RANK: Mapping[str, int] = {"armed": 0, "queued": 1, "sent": 2, "accepted": 3}
"""Open states in their order; every other state is an end."""
_AFTER_END_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``confirmed``: a point of the device reported what was asked, after it was asked."""

    id: str
    device: str
    name: str
    args: Mapping[str, Value]
    issuer: str
    reason: str
    state: CommandState
    confirmed: bool = False
    detail: str = ""
    created_ms: int
    expires_ms: int
    ended_ms: int | None = None

    @property
    def is_open(self) -> bool:
        return self.state in _RANK

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class CommandDesk:
    """Commands in memory as they were last committed; changed by the committer's thread only."""

    def __init__(
        self, *, site: str, kinds: Mapping[str, Kind], database: Database, committer: Committer, hub: LiveHub,
        registry: Registry, dispatch: Callable[[CommandRequest], None], is_online: Callable[[str], bool],
        now_ms: Callable[[], int], new_id: Callable[[], str],
    ) -> None:  # fmt: skip
        self._site, self._kinds = site, kinds
        self._database, self._committer, self._hub, self._registry = database, committer, hub, registry
        self._dispatch, self._is_online = dispatch, is_online
        self._now_ms, self._new_id = now_ms, new_id
        self._live: dict[str, Command] = {}  # open ones, and ended ones that may still be confirmed
        self._lock = threading.Lock()
        self._awaited: frozenset[str] = frozenset()
        self.unknown_acks = 0
        committer.on_tick(self.tick)

    def load(self) -> None:
        """Read the commands that were open when the hall last ran, so that each reaches its end."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                "select body from twin.command where site = %s and state = any(%s)", [self._site, list(_RANK)]
            )
            commands = [Command(**row[0]) for row in rows]
        with self._lock:
            self._live = {c.id: c for c in commands}
        self._note_awaited()

    # --- asked for by people -------------------------------------------------------------------------------

    def send(
        self, device_id: str, name: str, arguments: Mapping[str, Value], *, actor: str, reason: str = ""
    ) -> Command:
        """Ask a device for something. Dangerous commands come back ``armed`` and wait for ``fire``.

        Raises NotFound for a device or command that does not exist, Refused for arguments or a missing reason.
        """
        device = self._registry.get_device(device_id)
        declared = self._kinds[device.kind].find_command(name) if device.kind in self._kinds else None
        if declared is None:
            raise NotFound(f"a {device.kind} has no command {name}")
        try:
            checked = check_arguments(declared, arguments)
        except CommandRefused as error:
            raise Refused(str(error)) from error
        if declared.danger != "none" and not reason.strip():
            raise Refused(f"{name} needs a reason")
        armed = declared.danger == "arm"
        now_ms = self._now_ms()
        patience_s = ARMED_S if armed else declared.timeout_s
        command = Command(
            id=self._new_id(), device=device.id, name=name, args=checked, issuer=actor, reason=reason[:REASON_MAX],
            state="armed" if armed else "queued", created_ms=now_ms, expires_ms=now_ms + round(patience_s * 1000),
        )  # fmt: skip
        return self._committer.call(lambda conn: self._write(conn, None, command, by=actor), self._show_and_send)

    def fire(self, command_id: str, *, actor: str) -> Command:
        """The second step of a dangerous command; raises Refused when it is no longer armed."""

        def work(conn: Connection) -> Command:
            before = self._get_live(command_id)
            now_ms = self._now_ms()
            if before.state != "armed" or before.expires_ms <= now_ms:
                raise Refused(f"command {command_id} is not armed (any more): ask again")
            timeout_ms = round(self._timeout_s(before) * 1000)
            after = replace(before, state="queued", expires_ms=now_ms + timeout_ms)
            return self._write(conn, before, after, by=actor)

        return self._committer.call(work, self._show_and_send)

    def get(self, command_id: str) -> Command:
        found = self._live.get(command_id)
        if found is not None:
            return found
        with self._database.transaction() as conn:
            row = conn.execute("select body from twin.command where id = %s", [command_id]).fetchone()
        if row is None:
            raise NotFound(f"no command {command_id}")
        return Command(**row[0])

    def list_recent(self, device: str | None = None, limit: int = 50) -> list[Command]:
        """The newest first."""
        wanted = None if device is None else self._registry.get_device(device).id
        with self._database.transaction() as conn:
            rows = conn.execute(
                "select body from twin.command where site = %(site)s"
                " and (%(device)s::text is null or device = %(device)s) order by created_ms desc limit %(limit)s",
                {"site": self._site, "device": wanted, "limit": min(limit, RECENT_MAX)},
            )
            return [Command(**row[0]) for row in rows]

    def list_live(self) -> list[dict[str, Any]]:
        """What is under way, from memory."""
        with self._lock:
            return [c.to_json() for c in self._live.values()]

    # --- heard from devices (the writer's thread) ----------------------------------------------------------

    def acknowledged(self, device: Device, ack: CommandAck, *, durable: Callable[[], None]) -> None:
        """A device's word on a command; ``durable`` is called once it is kept."""

        def work(conn: Connection) -> Command | None:
            before = self._live.get(ack.id)
            if before is None or before.device != device.id:
                self.unknown_acks += 1
                return None
            if not before.is_open or _RANK.get(ack.status, 9) <= _RANK[before.state]:
                return None
            ended = None if ack.status == "accepted" else self._now_ms()
            after = replace(before, state=ack.status, detail=ack.detail, ended_ms=ended)
            return self._write(conn, before, after, by=device.id)

        def then(command: Command | None) -> None:
            self._show(command)
            durable()

        self._committer.submit(work, then)

    def awaits(self, entity_id: str) -> bool:
        """Whether a report of this device may confirm something; cheap, asked for every message."""
        return entity_id in self._awaited

    def observe(self, entity_id: str, changes: Mapping[str, PointValue]) -> None:
        """Confirm the commands that these new values fulfil."""
        with self._lock:
            candidates = [c for c in self._live.values() if c.device == entity_id and not c.confirmed]
        for command in candidates:
            wanted = self._confirmation(command)
            value = None if wanted is None else changes.get(wanted[0])
            if wanted is None or value is None or value.received_ms < command.created_ms:
                continue
            if value.value == wanted[1]:
                self._confirm(command.id)

    def _confirm(self, command_id: str) -> None:
        def work(conn: Connection) -> Command | None:
            before = self._live.get(command_id)
            if before is None or before.confirmed or before.state not in {"queued", "sent", "accepted", "done"}:
                return None
            return self._write(conn, before, replace(before, confirmed=True), by=before.device)

        self._committer.submit(work, self._show)

    # --- time (the committer's thread) ---------------------------------------------------------------------

    def tick(self) -> None:
        """End what has waited long enough, and forget what ended long ago."""
        now_ms = self._now_ms()
        for command in list(self._live.values()):
            if command.is_open and command.expires_ms <= now_ms:
                self._committer.submit(lambda conn, i=command.id: self._expire(conn, i), self._show)  # type: ignore[misc]
            elif command.ended_ms is not None and command.ended_ms + _AFTER_END_S * 1000 <= now_ms:
                with self._lock:
                    self._live.pop(command.id, None)
                self._note_awaited()

    def _expire(self, conn: Connection, command_id: str) -> Command | None:
        before, now_ms = self._live.get(command_id), self._now_ms()
        if before is None or not before.is_open or before.expires_ms > now_ms:
            return None
        if before.state == "armed":
            after = replace(before, state="disarmed", ended_ms=now_ms, detail="not fired in time")
        else:
            detail = {"queued": "the device is offline", "sent": "the device did not answer"}.get(
                before.state, "the device accepted and did not finish"
            )
            after = replace(before, state="expired", ended_ms=now_ms, detail=detail)
        return self._write(conn, before, after, by="system")

    # --- within the committer ------------------------------------------------------------------------------

    def _write(self, conn: Connection, before: Command | None, after: Command, *, by: str) -> Command:
        conn.execute(
            "insert into twin.command (id, site, device, state, created_ms, body) values (%s, %s, %s, %s, %s, %s)"
            " on conflict (id) do update set state = excluded.state, body = excluded.body",
            [after.id, self._site, after.device, after.state, after.created_ms, Jsonb(after.to_json())],
        )
        audit.append(
            conn, site=self._site, actor=by, action=f"command.{after.state}", target=after.id,
            before=None if before is None else {"state": before.state, "confirmed": before.confirmed},
            after={"state": after.state, "confirmed": after.confirmed, "device": after.device, "name": after.name,
                   "args": dict(after.args)},
            why=after.reason, at_ms=self._now_ms(),
        )  # fmt: skip
        return after

    def _show_and_send(self, command: Command) -> None:
        self._show(command)
        if command.state == "queued" and self._is_online(command.device):
            self._hand_over(command)

    def _hand_over(self, command: Command) -> None:
        request = CommandRequest(
            device=command.device.rpartition(":")[2], id=command.id, name=command.name,
            expires_ms=command.expires_ms, issuer=command.issuer, arguments=command.args,
        )  # fmt: skip
        try:
            self._dispatch(request)
        except IotError as error:
            failed = replace(command, state="failed", detail=str(error), ended_ms=self._now_ms())
            self._committer.submit(lambda conn: self._advance(conn, failed), self._show)
        else:
            self._committer.submit(lambda conn: self._advance(conn, replace(command, state="sent")), self._show)

    def _advance(self, conn: Connection, after: Command) -> Command | None:
        """From ``queued`` on, unless the device's answer was quicker."""
        before = self._live.get(after.id)
        if before is None or before.state != "queued":
            return None
        return self._write(conn, before, replace(after, confirmed=before.confirmed), by="system")

    def _show(self, command: Command | None) -> None:
        if command is None:
            return
        with self._lock:
            self._live[command.id] = command
        self._note_awaited()
        self._hub.announce("command", command.to_json())

    def _note_awaited(self) -> None:
        with self._lock:
            self._awaited = frozenset(
                c.device for c in self._live.values() if not c.confirmed and self._confirmation(c) is not None
            )

    def _get_live(self, command_id: str) -> Command:
        found = self._live.get(command_id)
        if found is None:
            raise NotFound(f"no command {command_id} is under way")
        return found

    def _timeout_s(self, command: Command) -> float:
        device = self._registry.get_device(command.device)
        declared = self._kinds[device.kind].find_command(command.name)
        return declared.timeout_s if declared is not None else ARMED_S

    def _confirmation(self, command: Command) -> tuple[str, Value] | None:
        """The point and value that would confirm this command."""
        device = self._registry.find_device(command.device)
        kind = None if device is None else self._kinds.get(device.kind)
        declared = None if kind is None else kind.find_command(command.name)
        rule = None if declared is None else declared.confirmed_by
        if rule is None:
            return None
        value = command.args.get(rule.argument) if rule.argument is not None else rule.equals
        return None if value is None else (rule.point, value)
