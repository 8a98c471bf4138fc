"""What must be in the database before the hall opens: schema, building version, devices, credentials, logins."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from building.model import Building
from iot.broker.credentials import hash_password, new_password, new_salt
from services.accounts.commands import Accounts
from services.accounts.factors import SECRET_BYTES
from services.accounts.model import DemoLogin
from services.kernel.access import ADMINISTRATORS
from services.kernel.erasures import forget_again
from services.kernel.modules import load_modules, migration_sets
from services.kernel.ports import Random
from services.kernel.vault import SealedVault
from twin.registry import Registry
from twin.store.database import Database
from twin.versions import Versions
from ui.parts import make_accounts

ENROLLED_BY = "system:setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLogin:
    """One device's credential; ``password`` is known here only because we made it.

    ``via``: it has none and speaks through this gateway, as somebody enrolled it.
    """

    id: str
    key: str
    kind: str
    password: str = ""
    via: str | None = None

    def to_json(self) -> dict[str, str]:
        """Its line in the file that simulators read."""
        line = {"id": self.id, "key": self.key, "kind": self.kind}
        return {**line, "via": self.via} if self.via else {**line, "user": self.key, "password": self.password}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """``building`` is the one that is published: what was corrected since the hall was opened counts.

    ``devices`` are only those whose password we may hand to a simulator.
    """

    site: str
    building: Building
    devices: tuple[DeviceLogin, ...]
    logins: tuple[DemoLogin, ...]
    file_taken: bool
    """False: somebody published since, so the file the hall was started with is not what it shows."""

    def enrolment(self, broker_url: str, *, authority: Path | None) -> dict[str, Any]:
        """The file ``python -m simulators --enrol`` reads. ``authority``: what the broker's certificate comes from."""
        return {
            "site": self.site,
            "broker": broker_url,
            **({"ca": str(authority.resolve())} if authority else {}),
            "devices": [d.to_json() for d in self.devices],
            "logins": [{"role": p.role, "user": p.user, "password": p.password} for p in self.logins],
        }


def prepare(
    building: Building, *, owner_url: str, vault_key: bytes, data: Path, demo: bool, seed: int | None
) -> Prepared:
    """Bring the database to this program's schema and this building; safe to run at every start."""
    database = Database(owner_url)
    modules = load_modules()
    database.migrate(migration_sets(modules))
    try:
        vault = SealedVault(site=building.site, master_key=vault_key, random=os.urandom)
        with database.transaction() as conn:
            vault.verify(conn)
        forget_again(data, site=building.site, database=database, vault=vault, modules=modules)
        registry = Registry(site=building.site, database=database, now_ms=_now_ms)
        registry.load()
        versions = Versions(site=building.site, database=database, registry=registry, now_ms=_now_ms)
        taken = versions.open(building, actor=ENROLLED_BY)
        building = versions.current()[1]
        devices = _enrol(building, registry, data / "devices.json") if demo else ()
        accounts = make_accounts(site=building.site, database=database, vault=vault, now_ms=_now_ms)
        logins = _logins(accounts, demo=demo, random=_password_source(seed, vault_key))
        return Prepared(
            site=building.site,
            building=building,
            devices=devices,
            logins=tuple(logins),
            file_taken=taken,
        )
    finally:
        database.close()


def _enrol(building: Building, registry: Registry, kept: Path) -> tuple[DeviceLogin, ...]:
    """Every device with a credential of its own, but what somebody put behind a gateway; passwords are kept for the
    simulators' next start.
    """
    passwords: dict[str, str] = msgspec.json.decode(kept.read_bytes()) if kept.exists() else {}
    known, placed = registry.list_credentials(), {d.key for d in building.devices}
    via = {
        device: gateway
        for gateway, devices in registry.grants().items()
        for device in devices
        if gateway in placed and gateway in known and device not in known
    }
    alone = [d.key for d in building.devices if d.key not in via]
    missing = [key for key in alone if key not in passwords or key not in known]
    if missing:
        passwords |= {key: new_password(os.urandom) for key in missing}
        hashes = {key: hash_password(passwords[key], new_salt(os.urandom)) for key in missing}
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(passwords))
        registry.set_credentials(hashes, actor=ENROLLED_BY, why="demo")
    return tuple(
        DeviceLogin(id=d.id, key=d.key, kind=d.kind, via=via[d.key])
        if d.key in via
        else DeviceLogin(id=d.id, key=d.key, kind=d.kind, password=passwords[d.key])
        for d in building.devices
    )


def _logins(accounts: Accounts, *, demo: bool, random: Random) -> list[DemoLogin]:
    """Demo: one login a role. For real: those of the three administrators that nobody is yet, told once."""
    if demo:
        return [_with_totp(accounts, login, random) for login in accounts.first.ensure_demo(random)]
    return accounts.first.ensure_administrators(random)


def _with_totp(accounts: Accounts, login: DemoLogin, random: Random) -> DemoLogin:
    """Administrators show a second factor, a demo's too: its secret is told with the password."""
    secret = random(SECRET_BYTES)
    if login.role not in ADMINISTRATORS:
        return login
    accounts.own_ways.ensure_demo_totp(login.user, secret)
    return replace(login, totp=base64.b32encode(secret).decode())


def _password_source(seed: int | None, vault_key: bytes) -> Random:
    """The same logins at each start of the same data (or of the same seed), unguessable from outside."""
    key = hashlib.sha256(f"seed:{seed}".encode() if seed is not None else vault_key + b"logins").digest()
    counter = 0

    def draw(count: int) -> bytes:
        nonlocal counter
        out = b""
        while len(out) < count:
            out += hmac.digest(key, counter.to_bytes(8, "big"), "sha256")
            counter += 1
        return out[:count]

    return draw


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
