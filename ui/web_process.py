"""A web process: serves the live feed and the pages from a mirror of the hall, and keeps nothing of its own.

The hall's own process records, decides and answers everything else under ``/api/v1``; this one reads its feed from the
broker, and from the database who is logged in and what stands where.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from building.model import Building
from iot.connectors.settings import MqttSettings
from iot.kind import Kind
from services.accounts.model import Limits, SecondFactor
from services.kernel.audit import StoreAudit
from services.kernel.http import HTTPS_COOKIES, LOOPBACK_COOKIES
from services.kernel.vault import SealedVault, load_master_key
from twin.errors import TwinError
from twin.live_broker import LiveFollower
from twin.live_mirror import MirrorHub
from twin.registry import Device, Registry
from twin.store.audit_seal import EVERY_S
from twin.store.database import Database
from twin.versions import Versions
from ui.bootstrap import now_ms
from ui.parts import make_accounts
from ui.refusals import Refusals
from ui.ticker import Ticker

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 10.0
"""So late it knows of a device that was let in meanwhile; a published building is told by the feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """What it reads besides the broker; logins are the hall's own, so they end when the hall says."""

    database: str
    vault_key: Path
    secure_cookies: bool
    session_idle_s: int
    session_max_s: int
    second_factor: SecondFactor


class WebProcess:
    """A ``LiveHost``. Making it touches nothing; ``start`` connects."""

    def __init__(self, settings: WebSettings, broker: MqttSettings, *, kinds: Mapping[str, Kind]) -> None:
        self.site, self.kinds, self.now_ms = broker.site, kinds, now_ms
        self.cookies = HTTPS_COOKIES if settings.secure_cookies else LOOPBACK_COOKIES
        self.follower = LiveFollower(broker, now_ms=now_ms)
        self._database = Database(settings.database)
        vault = SealedVault(
            site=self.site, master_key=load_master_key(settings.vault_key, os.urandom), random=os.urandom
        )
        limits = Limits(idle_s=settings.session_idle_s, absolute_s=settings.session_max_s)
        self.identity = make_accounts(
            site=self.site, database=self._database, vault=vault, now_ms=now_ms, limits=limits,
            second_factor=settings.second_factor,
        )  # fmt: skip
        self._registry = Registry(site=self.site, database=self._database, now_ms=now_ms)
        self._published: tuple[str, Building] | None = None
        self._known: list[Device] = []
        self._changes = 0
        self._looking = Ticker({"devices": self._look}, every_s=LOOK_EVERY_S)
        self.refusals = Refusals(
            database=self._database,
            audit=StoreAudit(now_ms=now_ms),
            site=self.site,
            now_ms=now_ms,
            mark=lambda address: vault.match_key("address", address),
        )
        self._telling = Ticker({"refusals": self.refusals.flush}, every_s=EVERY_S)

    def start(self) -> None:
        """Raises ``DatabaseUnavailable`` where it is away."""
        self._look()
        self._looking.start()
        self._telling.start()
        self.follower.start()

    def stop(self) -> None:
        self.follower.stop()
        self._looking.stop()
        self._telling.stop()
        try:
            self.refusals.flush(end=True)
        except TwinError as error:
            _log.warning("refusals_not_told error=%s", error)
        self._database.close()

    def _look(self) -> None:
        self._registry.load()
        devices = self._registry.list_devices()
        if devices != self._known:
            self._known, self._changes = devices, self._changes + 1

    # --- as the feed's routes ask it

    @property
    def hub(self) -> MirrorHub:
        return self.follower.hub

    def building(self) -> tuple[str, Building]:
        """The current version, read from the database where the feed tells of another one."""
        published = self._published
        if published is None or published[0] != self.hub.sources.building():
            versions = Versions(site=self.site, database=self._database, registry=self._registry, now_ms=now_ms)
            self._published = published = versions.current()
        return published

    def devices(self) -> list[Device]:
        return self._known

    def standing(self) -> Hashable:
        return self.hub.sources.building(), self._changes

    # --- how it is

    def health(self) -> dict[str, tuple[bool, str]]:
        state, error = self.follower.link
        found = {"broker": (state == "connected", error or state)}
        since_ms = self.hub.stale_since_ms
        found["live"] = (since_ms is None, "told" if since_ms is None else f"nothing was heard since {since_ms}")
        try:
            self._database.ping()
            found["database"] = (True, "answers")
        except TwinError as failed:
            found["database"] = (False, str(failed))
        return found

    def counters(self) -> dict[str, Any]:
        hub, told = self.hub.counters, self.follower.counters.to_json()
        live = {"clients": hub.clients, "snaps": hub.snaps, "lane_overflows": hub.lane_overflows,
                "lane_items": hub.lane_items, "resumes_refused": hub.resumes_refused}  # fmt: skip
        named = [*((f"live.{k}", v) for k, v in live.items()), *((f"live_broker.{k}", v) for k, v in told.items())]
        return {"totals": dict(named)}

    def gauges(self) -> dict[str, float]:
        return {"live_clients": self.hub.counters.clients}
