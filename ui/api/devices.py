"""Devices and their commands, the catalogue of kinds, and the twin's state as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, Field

from iot.catalogue import kinds_json
from services.kernel.errors import NotFound
from services.kernel.http import CurrentActor, make_router, permitted, public
from twin.command import Command, CommandState, Why
from twin.commands import KEY_MAX
from twin.registry import Device
from twin.state import PointValue
from ui.bootstrap import Hall

Key = Annotated[str, Path(max_length=64)]
Argument = str | int | float | bool
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=KEY_MAX)]


class CommandIn(BaseModel):
    name: str = Field(max_length=40)
    args: dict[str, Argument] = Field(default_factory=dict, max_length=16)
    reason: str = Field(default="", max_length=200)


class AwaitedOut(BaseModel):
    """The report that confirms a command: its own point's, or that of another device."""

    entity: str
    point: str
    value: Argument


class CommandOut(BaseModel):
    """``issuer`` asked for it. ``effect``: what a dangerous one will do, and where, for whoever fires it.

    ``awaits``: what confirms it; null where nothing can. Open with ``answered_ms``: the device says it is done, and
    the sensor has yet to confirm it. ``why``: why the hall ended it so.
    """

    id: str
    device: str
    name: str
    args: dict[str, Any]
    issuer: str
    reason: str
    state: CommandState
    effect: dict[str, str] | None
    armed_by: str | None
    fired_by: str | None
    fired_ms: int | None
    awaits: AwaitedOut | None
    confirmed: bool
    answered_ms: int | None
    why: Why
    detail: str
    created_ms: int
    expires_ms: int
    due_ms: int
    ended_ms: int | None


class ValueOut(BaseModel):
    value: Argument | None
    quality: str
    ts_ms: int
    source: str


class DeviceOut(BaseModel):
    """``enrolled`` False: it has no credential, so nothing can connect in its name."""

    id: str
    key: str
    kind: str
    name: dict[str, str]
    floor: str | None
    space: str | None
    enrolled: bool
    online: bool | None
    firmware: str | None
    last_seen_ms: int | None
    power_from: str | None
    network_from: str | None
    counters: dict[str, int]
    values: dict[str, ValueOut]


class HistoryOut(BaseModel):
    points: Sequence[tuple[int, float | str]]


class SnapshotOut(BaseModel):
    epoch: str
    seq: int
    entities: dict[str, dict[str, ValueOut]]


def router(hall: Hall) -> APIRouter:
    """Routes under ``/devices``, ``/commands``, ``/kinds`` and ``/twin``."""
    routes = make_router("devices")
    _add_reading(routes, hall)
    _add_commands(routes, hall)
    return routes


def _add_reading(routes: APIRouter, hall: Hall) -> None:
    @routes.get("/kinds", **public())
    def kinds() -> dict[str, Any]:
        """Every kind: its points, events, commands, alarms and look."""
        return kinds_json(hall.kinds)

    @routes.get("/twin", **permitted("ops.view"))
    def twin_snapshot() -> SnapshotOut:
        """Everything that is true now."""
        now = hall.twin.snapshot()
        return SnapshotOut(
            epoch=now.epoch, seq=now.seq, entities={i: _values(points) for i, points in now.entities.items()}
        )

    @routes.get("/devices", **permitted("ops.view"))
    def devices(q: Annotated[str, Query(max_length=80)] = "", kind: str | None = None) -> list[DeviceOut]:
        """Every device with its place, values and losses."""
        word = q.strip().lower()
        return [
            describe(hall, d)
            for d in hall.devices()
            if (kind is None or d.kind == kind)
            and (not word or word in d.key.lower() or any(word in n.lower() for n in d.name.values()))
        ]

    @routes.get("/devices/{key}", **permitted("ops.view"))
    def device(key: Key) -> DeviceOut:
        return describe(hall, _get(hall, key))

    @routes.get("/devices/{key}/history", **permitted("ops.view"))
    def history(key: Key, point: str, minutes: Annotated[int, Query(ge=1, le=1440)] = 30) -> HistoryOut:
        """What one point was during the last minutes."""
        since_ms = hall.now_ms() - minutes * 60_000
        return HistoryOut(points=hall.twin.history(_get(hall, key).id, point, since_ms=since_ms))


def _add_commands(routes: APIRouter, hall: Hall) -> None:
    desk = hall.twin.commands

    @routes.post("/devices/{key}/commands", status_code=202, **permitted("device.command"))
    def command(key: Key, body: CommandIn, actor: CurrentActor, idempotency_key: IdempotencyKey = None) -> CommandOut:
        """Ask a device to do something. A dangerous command is only armed: fire it within its time.

        Asked again with the same ``Idempotency-Key``, the first command is the answer; there is never a second one.
        """
        device = _get(hall, key)
        sent = desk.send(device.id, body.name, body.args, actor=actor.id, reason=body.reason, key=idempotency_key)
        return _told(sent)

    @routes.post("/commands/{command_id}/fire", status_code=202, **permitted("device.command"))
    def fire(command_id: str, actor: CurrentActor) -> CommandOut:
        """The second step of a dangerous command, by anybody who may command and has read its ``effect``."""
        return _told(desk.fire(command_id, actor=actor.id))

    @routes.post("/commands/{command_id}/disarm", **permitted("device.command"))
    def disarm(command_id: str, actor: CurrentActor) -> CommandOut:
        """Put an armed command away."""
        return _told(desk.disarm(command_id, actor=actor.id))

    @routes.get("/commands/{command_id}", **permitted("device.command"))
    def get_command(command_id: str) -> CommandOut:
        return _told(desk.get(command_id))

    @routes.get("/commands", **permitted("ops.view"))
    def commands(device: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[CommandOut]:
        """The newest commands first."""
        found = desk.list_recent(device=_get(hall, device).id if device else None, limit=limit)
        return [_told(c) for c in found]


def _told(command: Command) -> CommandOut:
    return CommandOut.model_validate(command.to_json())


def _get(hall: Hall, key: str) -> Device:
    found = hall.find_device(key)
    if found is None:
        raise NotFound(zh=f"没有设备 {key}。", en=f"There is no device {key}.")
    return found


def describe(hall: Hall, found: Device) -> DeviceOut:
    """A device as pages list it."""
    values = hall.twin.entity(found.id)
    online = values.get("online")
    said = found.description or {}
    return DeviceOut(
        id=found.id,
        key=found.key,
        kind=found.kind,
        name=dict(found.name),
        floor=found.floor,
        space=found.space,
        enrolled=hall.twin.registry.is_enrolled(found.key),
        online=bool(online.value) if online else None,
        firmware=said.get("firmware") or None,
        last_seen_ms=max((v.received_ms for v in values.values()), default=None),
        power_from=found.power_from,
        network_from=found.network_from,
        counters=hall.twin.registry.counters(found.key).to_json(),
        values=_values(values),
    )


def _values(points: Mapping[str, PointValue]) -> dict[str, ValueOut]:
    return {
        name: ValueOut(value=v.value, quality=v.quality, ts_ms=v.ts_ms, source=v.source) for name, v in points.items()
    }
