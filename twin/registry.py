"""Which devices belong to the hall, what they said of themselves, and who may speak for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from psycopg.types.json import Jsonb

from building.model import Building, make_id
from iot.conventions.binding import check_binding
from iot.errors import IotError
from iot.kind import Text
from iot.messages import Description
from iot.ports import Binding
from twin.counters import DeviceCounters, Lobby, total
from twin.errors import NotFound, Refused
from twin.store import audit
from twin.store.database import Connection, Database
from twin.unasked import Unasked, UnaskedBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as the building places it, or one enrolled by hand that stands nowhere (``at`` and ``floor`` None).

    ``description`` is what it says of itself.
    """

    id: str
    key: str
    kind: str
    name: Text
    floor: str | None
    space: str | None
    at: tuple[float, float, float] | None
    yaw_deg: float = 0.0
    serves: Mapping[str, str]
    power_from: str | None = None
    network_from: str | None = None
    description: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Registry:
    """Devices in memory as they are in the database; every change of them is audited."""

    def __init__(self, *, site: str, database: Database, now_ms: Callable[[], int]) -> None:
        self._site, self._database, self._now_ms = site, database, now_ms
        self._lock, self._loading = threading.Lock(), threading.Lock()
        self._devices: dict[str, Device] = {}
        self._credentials: Mapping[str, int] = {}
        """By user name, when its password was made."""
        self._grants: dict[str, tuple[str, ...]] = {}
        self._bindings: tuple[Binding, ...] = ()
        self._counters: dict[str, DeviceCounters] = {}
        self.lobby = Lobby()
        self.unasked = UnaskedBook(site=site, database=database, now_ms=now_ms, is_settled=self._is_settled)
        self.generation = 0
        """Grows with every change of devices, grants or bindings."""

    def load(self) -> None:
        """One at a time: of two that overlap, the one that read earlier must not have the last word."""
        with self._loading:
            with self._database.transaction() as conn:
                rows = conn.execute(
                    "select body, description from twin.device where site = %s and removed_ms is null", [self._site]
                ).fetchall()
                users = conn.execute(
                    "select username, created_ms from twin.credential where site = %s", [self._site]
                ).fetchall()
                grants, bindings = self._read_grants(conn), self._read_bindings(conn)
            devices = [_device(body, description) for body, description in rows]
            with self._lock:
                self._devices = {d.key: d for d in devices}
                self._credentials = dict(users)
                self._grants, self._bindings = grants, bindings
                self.generation += 1

    # --- devices -------------------------------------------------------------------------------------------

    def list_devices(self) -> list[Device]:
        with self._lock:
            return sorted(self._devices.values(), key=lambda d: d.key)

    def find_device(self, key_or_id: str) -> Device | None:
        site, _, key = key_or_id.rpartition(":device:")
        return self._devices.get(key) if not site or site == self._site else None

    def find_former(self, device_id: str) -> Device | None:
        """One that was retired, as it was last; reads the database."""
        with self._database.transaction() as conn:
            row = conn.execute(
                "select body, description from twin.device where site = %s and key = %s and removed_ms is not null",
                [self._site, device_id.rpartition(":")[2]],
            ).fetchone()
        found = None if row is None else _device(*row)
        return found if found is not None and found.id == device_id else None

    def get_device(self, key_or_id: str) -> Device:
        device = self.find_device(key_or_id)
        if device is None:
            raise NotFound(f"no device {key_or_id}")
        return device

    def is_enrolled(self, key: str) -> bool:
        """Whether it has a credential of its own, as far as this process was told."""
        return key in self._credentials

    def find_credential_ms(self, key: str) -> int | None:
        """When its credential was made; None where it has none."""
        return self._credentials.get(key)

    def list_enrolled(self) -> list[str]:
        return sorted(self._credentials)

    def adopt(self, conn: Connection, building: Building, *, actor: str = "system", why: str = "published") -> None:
        """Make the building's devices the registered ones, within the caller's transaction; then ``load``.

        One that it no longer places is retired: its credential goes, its history stays. Those that no building placed
        stay. A new one has no credential, so that nothing connects in its name until it is enrolled.
        """
        now_ms = self._now_ms()
        keys = [d.key for d in building.devices]
        retired = conn.execute(
            "update twin.device set removed_ms = %s where site = %s and removed_ms is null and not key = any(%s)"
            " and body->>'floor' is not null returning key, kind",
            [now_ms, self._site, keys],
        ).fetchall()
        for key, kind in retired:
            self._audit(conn, actor=actor, action="device.retire", username=key, why=why, before={"kind": kind})
        revoked = conn.execute(
            "delete from twin.credential where site = %s and username = any(%s) returning username",
            [self._site, [key for key, _ in retired]],
        ).fetchall()
        for (username,) in revoked:
            self._audit(conn, actor=actor, action="credential.revoke", username=username, why="retired")
        self._let_go(conn, [key for key, _ in retired], actor=actor)
        rows = []
        for d in building.devices:
            device = Device(
                id=d.id, key=d.key, kind=d.kind, name=dict(d.name), floor=d.floor, space=d.space,
                at=(d.pose.x_m, d.pose.y_m, d.pose.z_m), yaw_deg=d.pose.yaw_deg, serves=dict(d.serves),
                power_from=d.power_from, network_from=d.network_from,
            )  # fmt: skip
            rows.append([device.id, self._site, device.key, device.kind, Jsonb(_body(device))])
        conn.cursor().executemany(
            "insert into twin.device (id, site, key, kind, body) values (%s, %s, %s, %s, %s)"
            " on conflict (id) do update set kind = excluded.kind, body = excluded.body, removed_ms = null,"
            " description = case when twin.device.kind = excluded.kind then twin.device.description end",
            rows,
        )

    def add(self, key: str, kind: str, *, actor: str, why: str) -> Device:
        """A device that no building placed: it belongs to the hall and stands nowhere."""
        with self._database.transaction() as conn:
            device = self.write_device(conn, key, kind, actor=actor, why=why)
        with self._lock:
            self._devices[key] = device
            self.generation += 1
        return device

    def write_device(
        self, conn: Connection, key: str, kind: str, *, name: Text | None = None, actor: str, why: str
    ) -> Device:
        """The same within the caller's transaction; then ``load``."""
        device = Device(
            id=make_id(self._site, "device", key), key=key, kind=kind, name=dict(name or {"zh": key, "en": key}),
            floor=None, space=None, at=None, serves={},
        )  # fmt: skip
        conn.execute(
            "insert into twin.device (id, site, key, kind, body) values (%s, %s, %s, %s, %s)"
            " on conflict (id) do update set kind = excluded.kind, body = excluded.body, removed_ms = null",
            [device.id, self._site, key, kind, Jsonb(_body(device))],
        )
        self._audit(conn, actor=actor, action="device.add", username=key, why=why, after={"kind": kind})
        return device

    def describe(self, conn: Connection, description: Description) -> Device | None:
        """Keep what a device says of itself, within the caller's transaction; None where nothing changed."""
        device = self.find_device(description.device)
        said = {k: v for k, v in asdict(description).items() if k != "device"}
        said = {**said, "points": list(description.points), "commands": list(description.commands)}
        if device is None or device.description == said:
            return None
        conn.execute("update twin.device set description = %s where id = %s", [Jsonb(said), device.id])
        return replace(device, description=said)

    def remember(self, device: Device | None) -> None:
        if device is not None:
            with self._lock:
                self._devices[device.key] = device

    # --- credentials ---------------------------------------------------------------------------------------

    def set_credential(self, username: str, password_hash: str, *, actor: str, why: str = "enrolled") -> None:
        """The broker's password hash of a device or gateway; the password itself is never kept."""
        self.set_credentials({username: password_hash}, actor=actor, why=why)

    def set_credentials(self, hashes: Mapping[str, str], *, actor: str, why: str = "enrolled") -> None:
        """Several at once, in one transaction, each with its audit line."""
        with self._database.transaction() as conn:
            self.write_credentials(conn, hashes, actor=actor, why=why)
        self._credentials = {**self._credentials, **dict.fromkeys(hashes, self._now_ms())}

    def write_credentials(self, conn: Connection, hashes: Mapping[str, str], *, actor: str, why: str) -> None:
        """The same within the caller's transaction; then ``load``."""
        for username, password_hash in hashes.items():
            conn.execute(
                "insert into twin.credential (username, site, hash, created_ms) values (%s, %s, %s, %s)"
                " on conflict (site, username) do update set hash = excluded.hash, created_ms = excluded.created_ms",
                [username, self._site, password_hash, self._now_ms()],
            )
            self._audit(conn, actor=actor, action="credential.set", username=username, why=why)

    def revoke_credential(self, username: str, *, actor: str, why: str) -> None:
        self.revoke_credentials([username], actor=actor, why=why)

    def revoke_credentials(self, usernames: Collection[str], *, actor: str, why: str) -> None:
        """All of these, or none: ``NotFound`` names those that have no credential."""
        with self._database.transaction() as conn:
            gone = conn.execute(
                "delete from twin.credential where site = %s and username = any(%s) returning username",
                [self._site, list(usernames)],
            ).fetchall()
            if missing := set(usernames) - {username for (username,) in gone}:
                raise NotFound(f"no credential {', '.join(sorted(missing))}")
            for (username,) in gone:
                self._audit(conn, actor=actor, action="credential.revoke", username=username, why=why)
        self._credentials = {key: ms for key, ms in self._credentials.items() if key not in usernames}

    def list_credentials(self) -> dict[str, str]:
        """Password hashes by user name, for the broker's password file."""
        with self._database.transaction() as conn:
            rows = conn.execute("select username, hash from twin.credential where site = %s", [self._site])
            return {str(username): str(password_hash) for username, password_hash in rows}

    # --- who speaks for whom, and under which name -----------------------------------------------------------

    def grants(self) -> dict[str, tuple[str, ...]]:
        """For which devices a gateway speaks besides itself."""
        with self._lock:
            return dict(self._grants)

    def grant(self, gateway: str, devices: Iterable[str], *, actor: str, why: str) -> None:
        """The gateway may speak for these too; granting again what is granted is no change."""
        with self._database.transaction() as conn:
            self.write_grants(conn, gateway, devices, actor=actor, why=why)
        self.load()

    def write_grants(self, conn: Connection, gateway: str, devices: Iterable[str], *, actor: str, why: str) -> None:
        """The same within the caller's transaction; then ``load``."""
        for device in devices:
            if device == gateway:
                raise Refused(f"{gateway} speaks for itself already")
            new = conn.execute(
                "insert into twin.gateway_grant (site, gateway, device, granted_ms, granted_by)"
                " select site, %s, key, %s, %s from twin.device where site = %s and key = %s and removed_ms is null"
                " on conflict (site, gateway, device) do update set gateway = excluded.gateway returning xmax = 0",
                [gateway, self._now_ms(), actor, self._site, device],
            ).fetchone()
            if new is None:
                raise NotFound(f"no device {device}")
            if new[0]:
                self._audit(conn, actor=actor, action="grant.give", username=device, why=why, after={"via": gateway})

    def revoke_grant(self, gateway: str, device: str, *, actor: str, why: str) -> None:
        with self._database.transaction() as conn:
            gone = conn.execute(
                "delete from twin.gateway_grant where site = %s and gateway = %s and device = %s returning 1",
                [self._site, gateway, device],
            ).fetchone()
            if gone is None:
                raise NotFound(f"{gateway} was not granted {device}")
            self._audit(conn, actor=actor, action="grant.revoke", username=device, why=why, before={"via": gateway})
        self.load()

    def list_bindings(self) -> list[Binding]:
        with self._lock:
            return list(self._bindings)

    def bind(self, binding: Binding, *, actor: str, why: str) -> None:
        """From now on what comes from this address is this device's; an address has one device."""
        self.get_device(binding.device)
        try:
            check_binding(binding)
        except IotError as error:
            raise Refused(str(error)) from error
        with self._database.transaction() as conn:
            other = conn.execute(
                "select device from twin.binding where site = %s and convention = %s and address = %s and device <> %s",
                [self._site, binding.convention, binding.address, binding.device],
            ).fetchone()
            if other is not None:
                raise Refused(f"{binding.convention} {binding.address} is {other[0]} already")
            conn.execute(
                "insert into twin.binding (site, device, convention, address, points) values (%s, %s, %s, %s, %s)"
                " on conflict (site, device, convention)"
                " do update set address = excluded.address, points = excluded.points",
                [self._site, binding.device, binding.convention, binding.address, Jsonb(dict(binding.points))],
            )
            after = {"convention": binding.convention, "address": binding.address}
            self._audit(conn, actor=actor, action="device.bind", username=binding.device, why=why, after=after)
        self.load()

    def unbind(self, device: str, convention: str, *, actor: str, why: str) -> None:
        with self._database.transaction() as conn:
            gone = conn.execute(
                "delete from twin.binding where site = %s and device = %s and convention = %s returning address",
                [self._site, device, convention],
            ).fetchone()
            if gone is None:
                raise NotFound(f"{device} is not bound to {convention}")
            before = {"convention": convention, "address": gone[0]}
            self._audit(conn, actor=actor, action="device.unbind", username=device, why=why, before=before)
        self.load()

    def _is_settled(self, unasked: Unasked) -> bool:
        device = self.find_device(unasked.name)
        match unasked.what:
            case "device":
                return device is not None
            case "binding":
                address = unasked.convention, unasked.name
                return any((b.convention, b.address) == address for b in self.list_bindings())
            case "grant":
                return unasked.name in self.grants().get(unasked.via or "", ())
        return device is None or device.kind == unasked.said.get("kind")

    def _let_go(self, conn: Connection, retired: Collection[str], *, actor: str) -> None:
        """Nobody speaks for a retired device, and its foreign names are free."""
        keys = list(retired)
        granted = conn.execute(
            "delete from twin.gateway_grant where site = %s and (device = any(%s) or gateway = any(%s))"
            " returning gateway, device",
            [self._site, keys, keys],
        ).fetchall()
        for gateway, device in granted:
            self._audit(
                conn, actor=actor, action="grant.revoke", username=device, why="retired", before={"via": gateway}
            )
        bound = conn.execute(
            "delete from twin.binding where site = %s and device = any(%s) returning device, convention, address",
            [self._site, keys],
        ).fetchall()
        for device, convention, address in bound:
            before = {"convention": convention, "address": address}
            self._audit(conn, actor=actor, action="device.unbind", username=device, why="retired", before=before)

    def _read_grants(self, conn: Connection) -> dict[str, tuple[str, ...]]:
        rows = conn.execute(
            "select gateway, array_agg(device order by device) from twin.gateway_grant where site = %s"
            " group by gateway",
            [self._site],
        )
        return {str(gateway): tuple(devices) for gateway, devices in rows}

    def _read_bindings(self, conn: Connection) -> tuple[Binding, ...]:
        rows = conn.execute(
            "select b.device, b.convention, b.address, b.points, d.kind from twin.binding b"
            " join twin.device d on d.site = b.site and d.key = b.device where b.site = %s order by 1, 2",
            [self._site],
        )
        return tuple(
            Binding(device=device, convention=convention, address=address, points=points, kind=kind)
            for device, convention, address, points, kind in rows
        )

    def _audit(
        self, conn: Connection, *, actor: str, action: str, username: str, why: str,
        before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        audit.append(
            conn, site=self._site, actor=actor, action=action, target=make_id(self._site, "device", username),
            before=before, after=after, why=why, at_ms=self._now_ms(),
        )  # fmt: skip

    # --- counters ------------------------------------------------------------------------------------------

    def counters(self, key: str) -> DeviceCounters:
        """A registered device's counters, made at its first message."""
        return self._counters.setdefault(key, DeviceCounters())

    def note_shed(self, key: str, readings: int) -> None:
        """From any thread."""
        counters = self.counters(key)
        with self._lock:
            counters.shed += readings

    def totals(self) -> dict[str, int]:
        return {**total(list(self._counters.values())), "lobby": self.lobby.total}


def _body(device: Device) -> dict[str, Any]:
    return {k: v for k, v in device.to_json().items() if k != "description"}


def _device(body: Mapping[str, Any], description: Mapping[str, Any] | None) -> Device:
    at = body["at"]
    return Device(**{**body, "at": tuple(at) if at else None, "description": description})
