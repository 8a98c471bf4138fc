"""Devices and their commands, the catalogue of kinds, and the twin's state as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, Field

from iot.catalogue import kinds_json
from iot.conventions.binding import gateways_of
from services.kernel.errors import NotFound
from services.kernel.http import CurrentActor, make_router, permitted, public
from twin.command import Command, CommandState, Why
from twin.commands import KEY_MAX
from twin.desired import DRIFT
from twin.gateways import ONLINE
from twin.known import DEVICE
from twin.registry import Device
from twin.selection import choose
from twin.state import PointValue
from twin.store.instants import LAST_MS
from ui.api.asked import Asked, directory_of
from ui.api.desired import DesiredOut, Plain, ValueOut, WantedOut, add_desired, by_entity, values_out
from ui.bootstrap import Hall
from ui.device_search import find_devices

Key = Annotated[str, Path(max_length=64)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=KEY_MAX)]


class CommandIn(BaseModel):
    name: str = Field(max_length=40)
    args: dict[str, Plain] = Field(default_factory=dict, max_length=16)
    reason: str = Field(default="", max_length=200)


class AwaitedOut(BaseModel):
    """The report that confirms a command: its own point's, or that of another device."""

    entity: str
    point: str
    value: Plain


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


class AddressOut(BaseModel):
    """Where a device that speaks a foreign convention is heard."""

    convention: str
    address: str


class DeviceOut(BaseModel):
    """``enrolled`` False: it has no credential, so nothing can connect in its name; ``credential_ms``: since when.

    ``online`` is null where nobody knows: it never spoke, or all gateways it speaks through are gone. ``via``: those;
    ``speaks_for``: for whom it is one. ``addresses`` is empty for a device of our own convention. ``model``,
    ``firmware`` and ``serial`` are its own words. ``counters`` are since the hall started; ``refused`` among them:
    messages that were turned away before they were looked into. ``desired``: what is wanted of its points, each with
    how that stands.
    """

    id: str
    key: str
    kind: str
    name: dict[str, str]
    floor: str | None
    space: str | None
    enrolled: bool
    credential_ms: int | None
    via: list[str]
    speaks_for: list[str]
    addresses: list[AddressOut]
    online: bool | None
    model: str | None
    firmware: str | None
    serial: str | None
    last_seen_ms: int | None
    power_from: str | None
    network_from: str | None
    counters: dict[str, int]
    values: dict[str, ValueOut]
    desired: dict[str, DesiredOut]
    last_command: CommandOut | None


class HistoryOut(BaseModel):
    points: Sequence[tuple[int, float | str]]


class SnapshotOut(BaseModel):
    """``known`` False: the hall was not recording at that time, and every value is bad. ``seq`` is 0 for the past.

    ``desired``: what is wanted of points now; of the past it is not told.
    """

    epoch: str
    seq: int
    at_ms: int
    known: bool
    entities: dict[str, dict[str, ValueOut]]
    desired: dict[str, dict[str, WantedOut]]


def router(hall: Hall) -> APIRouter:
    """Routes under ``/devices``, ``/commands``, ``/kinds`` and ``/twin``."""
    routes = make_router("devices")
    _add_reading(routes, hall)
    _add_commands(routes, hall)
    add_desired(routes, hall)
    return routes


def _add_reading(routes: APIRouter, hall: Hall) -> None:
    @routes.get("/kinds", **public())
    def kinds() -> dict[str, Any]:
        """Every kind: its points, events, commands, alarms and look."""
        return kinds_json(hall.kinds)

    @routes.get("/twin", **permitted("data.read"))
    def twin_snapshot(asked: Asked, at: Annotated[int | None, Query(ge=0, le=LAST_MS)] = None) -> SnapshotOut:
        """Everything that is true now, or was ``at`` a time (milliseconds since 1970), or what of it is asked for.

        ``kind``: of devices (``door``) or entities (``window``). ``space``: floors, rooms and zones by id, number or
        name. ``brick``: classes of devices or of points, each with all that stand under it. Each may be repeated.
        """
        if at is None:
            now = hall.twin.snapshot()
            entities, seq, at_ms, known, version = now.entities, now.seq, hall.now_ms(), True, None
        else:
            then = hall.twin.past.state_at(at)
            entities, seq, at_ms, known, version = then.entities, 0, then.at_ms, then.known, then.building
        chooser = directory_of(hall, entities=entities, version=version).chooser(asked)
        wanted = by_entity(hall.twin.drift.list_wanted(), WantedOut) if at is None else {}
        chosen = choose(entities, chooser)
        told = {i: values_out(hall, i, points, at_ms=at_ms) for i, points in chosen.items()}
        return SnapshotOut(
            epoch=hall.hub.epoch, seq=seq, at_ms=at_ms, known=known, entities=told, desired=choose(wanted, chooser)
        )

    @routes.get("/devices", **permitted("ops.view"))
    def devices(
        q: Annotated[str, Query(max_length=80)] = "", kind: str | None = None, values: bool = True, drift: bool = False
    ) -> list[DeviceOut]:
        """Every device with its place, credential, losses and newest command, and unless told otherwise its values.

        ``q``: words that must be found in key, name, kind, floor or room; pinyin and initials will do. ``drift``: only
        those that have not been as wanted for longer than they may, or do not say.
        """
        asked = [d for d in hall.devices() if kind is None or d.kind == kind]
        found = find_devices(q, asked, kinds=hall.kinds, building=hall.building()[1])
        surroundings = _Surroundings(hall)
        return [surroundings.describe(d, values=values) for d in found if not drift or surroundings.drifts(d)]

    @routes.get("/devices/{key}", **permitted("ops.view"))
    def device(key: Key) -> DeviceOut:
        return _Surroundings(hall).describe(_get(hall, key))

    @routes.get("/devices/{key}/history", **permitted("data.read"))
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


class _Surroundings:
    """What is known of all devices together, asked for once."""

    def __init__(self, hall: Hall) -> None:
        self._hall, self._twin = hall, hall.twin
        registry = hall.twin.registry
        self._grants = registry.grants()
        bindings = registry.list_bindings()
        self._via = gateways_of(bindings, self._grants)
        self._addresses: dict[str, list[AddressOut]] = {}
        for b in bindings:
            self._addresses.setdefault(b.device, []).append(AddressOut(convention=b.convention, address=b.address))
        self._refused: Counter[str] = Counter()
        for stranger in registry.lobby.list_strangers():
            self._refused[stranger["device"]] += stranger["count"]
        self._commands = hall.twin.commands.list_latest()
        self._desired = by_entity(hall.twin.drift.list_wanted(), DesiredOut)

    def drifts(self, device: Device) -> bool:
        return any(one.standing in DRIFT for one in self._desired.get(device.id, {}).values())

    def describe(self, device: Device, *, values: bool = True) -> DeviceOut:
        registry, points = self._twin.registry, self._twin.entity(device.id)
        said = device.description or {}
        command = self._commands.get(device.id)
        return DeviceOut(
            id=device.id,
            key=device.key,
            kind=device.kind,
            name=dict(device.name),
            floor=device.floor,
            space=device.space,
            enrolled=registry.is_enrolled(device.key),
            credential_ms=registry.find_credential_ms(device.key),
            via=sorted(self._via.get(device.key, ())),
            speaks_for=list(self._grants.get(device.key, ())),
            addresses=self._addresses.get(device.key, []),
            online=_is_online(points.get(ONLINE)),
            model=said.get("model") or None,
            firmware=said.get("firmware") or None,
            serial=said.get("serial") or None,
            last_seen_ms=max((v.received_ms for v in points.values() if v.source == DEVICE), default=None),
            power_from=device.power_from,
            network_from=device.network_from,
            counters={**registry.counters(device.key).to_json(), "refused": self._refused[device.key]},
            values=values_out(self._hall, device.id, points, at_ms=self._hall.now_ms()) if values else {},
            desired=self._desired.get(device.id, {}),
            last_command=_told(command) if command is not None else None,
        )


def _is_online(said: PointValue | None) -> bool | None:
    return None if said is None or said.quality == "bad" else bool(said.value)
