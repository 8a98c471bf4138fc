"""The composition root: the one place that knows concrete classes and wires them into a hall."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from building.formats import open_building
from building.model import Building
from iot.broker.configuration import BrokerFiles
from iot.broker.credentials import GUEST
from iot.broker.embedded import EMBEDDED_LIMITS
from iot.broker.lobby import LobbyDesk
from iot.broker.open_lobby import KNOCKS_PER_S, is_stranger
from iot.broker.watch import Silence, Watch
from iot.catalogue import load_kinds
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.conventions.convention import Convention
from iot.conventions.homeassistant import DISCOVERY_PREFIX, HomeAssistantDiscovery, Shown
from iot.conventions.onvif import OnvifConvention
from iot.conventions.sparkplug import SparkplugConvention
from iot.kind import Kind
from iot.messages import Knock
from services.accounts import api as accounts_api
from services.accounts.model import Limits
from services.kernel.audit import StoreAudit
from services.kernel.erasures import ErasureJournal
from services.kernel.http import HTTPS_COOKIES, LOOPBACK_COOKIES
from services.kernel.vault import SealedVault, load_master_key
from services.navigation.service import Navigation
from twin.admission import Quota
from twin.enrolment import Enrolment
from twin.errors import TwinError
from twin.live_broker import LivePublisher
from twin.lobby import Guests
from twin.registry import Device
from twin.spool import SpoolPlace
from twin.store.database import Database
from twin.twin import Twin
from ui.admitting import Admitting, Keeper, door_of
from ui.auditing import AUDIT_HOME, Auditing
from ui.card_readers import CARD_READ, READER_KIND, TwinCardReaders
from ui.draft_reader import DraftReader
from ui.drafting import Drafting
from ui.modules import Modules, wire_modules
from ui.parts import make_accounts
from ui.publishing import Places, Publishing
from ui.reading import read_safely
from ui.run_settings import BrokerAccess, RunSettings
from ui.scenes import Scenes
from ui.ticker import Ticker
from wayfinding import Router, compile_network, load_profiles

EXPIRE_EVERY_S = 30.0
NOTE_EVERY_S = 2.0
"""So late other processes know who appeared unasked."""


def now_ms() -> int:
    """The hall's clock, handed to everything that needs one."""
    return time.time_ns() // 1_000_000


class Hall:
    """A wired hall. ``start`` begins its threads and connections, ``stop`` ends them; making it touches nothing."""

    def __init__(self, settings: RunSettings, *, kinds: Mapping[str, Kind], building: Building | None = None) -> None:
        self.site, self.kinds, self.now_ms, self.demo = settings.site, kinds, now_ms, settings.demo
        self.security_contact = settings.security_contact
        self.limits = EMBEDDED_LIMITS if settings.broker_embedded else ()
        self.database = Database(settings.database)
        quota = Quota(rate_per_s=settings.quota_per_s, burst=settings.quota_burst)
        self.twin = Twin(
            site=settings.site,
            kinds=kinds,
            database=self.database,
            now_ms=now_ms,
            quota=quota,
            spool=_spool_of(settings),
        )
        self.hub = self.twin.hub
        self._live = LivePublisher(self.hub, _mqtt(settings), now_ms=now_ms) if settings.live_broker else None
        self.cookies = HTTPS_COOKIES if settings.secure_cookies else LOOPBACK_COOKIES
        self.connectors = [
            MqttConnector(
                _link(settings),
                now_ms=now_ms,
                jitter=random.SystemRandom().random,
                conventions=self._conventions(settings),
            )
        ]
        master_key = load_master_key(Path(settings.vault_key), os.urandom)
        vault = SealedVault(site=self.site, master_key=master_key, random=os.urandom)
        limits = Limits(
            idle_s=settings.session_idle_s, absolute_s=settings.session_max_s, sessions_max=settings.sessions_max
        )
        self.accounts = make_accounts(
            site=self.site, database=self.database, vault=vault, now_ms=now_ms, limits=limits, outside=settings.outside,
            second_factor=settings.second_factor, password_words=settings.password_words,
            card_readers=TwinCardReaders(self.twin),
        )  # fmt: skip
        self.twin.on_event(READER_KIND, CARD_READ, self.accounts.cards.hear)
        self.identity = self.accounts
        self._building, self._launcher = building, settings.launcher
        self._lobby = LobbyDesk(_mqtt(settings), on_knock=self._hear_knock, reject=self._reject_guest)
        self._open_lobby = self._make_open_lobby(settings)
        self.admitting = self._make_admitting(settings)
        self._watch = self._make_watch()
        self._ticker = Ticker({"lobby": self.admitting.expire}, every_s=EXPIRE_EVERY_S)
        self._noting = Ticker({"unasked": self.twin.registry.unasked.flush}, every_s=NOTE_EVERY_S)
        self.scenes = Scenes()
        version, current = self.building()
        self.audit = StoreAudit(now_ms=now_ms)
        self.auditing = Auditing(
            database=self.database,
            audit=self.audit,
            home=Path(settings.vault_key).parent / AUDIT_HOME,
            site=self.site,
            now_ms=now_ms,
            mark=lambda address: vault.match_key("address", address),
            tell=self.twin.alarms.hear,
        )
        self._modules: Modules = wire_modules(
            version=version,
            building=current,
            twin=self.twin,
            database=self.database,
            audit=self.audit,
            vault=vault,
            journal=ErasureJournal(Path(settings.vault_key).parent, site=self.site, database=self.database),
            now_ms=now_ms,
        )
        self.past_calls = self._modules.past_calls
        self.publishing = Publishing(
            twin=self.twin,
            followers=[self.scenes, Places(), *self._modules.followers],
            credentials_changed=self._tell_launcher,
        )
        self._reader = DraftReader(drafts=self.twin.drafts, versions=self.twin.versions, read=read_safely)
        self.drafting = Drafting(
            twin=self.twin,
            reader=self._reader,
            publishing=self.publishing,
            make_navigation=_make_preview,
        )
        self.module_routers: Sequence[APIRouter] = [
            accounts_api.router(
                self.accounts, cookies=self.cookies, demo_site=settings.site if settings.demo else None
            ),
            *self._modules.routers,
        ]

    def start(self) -> None:
        self.auditing.start()
        self.twin.start()
        self._modules.start()
        for connector in self.connectors:
            self.twin.attach(connector)
        self._noting.start()
        if self._live is not None:
            self._live.start()
        if self._watch is not None:
            self._lobby.start()
            if self._open_lobby is not None:
                self._open_lobby.start()
            self._watch.start()
            self._ticker.start()

    def stop(self) -> None:
        self._noting.stop()
        if self._watch is not None:
            self._ticker.stop()
            self._watch.stop()
            if self._open_lobby is not None:
                self._open_lobby.stop()
            self._lobby.stop()
        self._reader.close()
        if self._live is not None:
            self._live.stop()
        self._modules.stop()
        self.twin.stop()
        self.auditing.stop()
        self.database.close()

    def _make_admitting(self, settings: RunSettings) -> Admitting:
        registry = self.twin.registry
        door = door_of(settings)
        enrolment = Enrolment(registry=registry, database=self.database, kinds=self.kinds, random=os.urandom)
        return Admitting(
            door=door,
            registry=registry,
            enrolment=enrolment,
            guests=Guests(
                site=self.site, database=self.database, enrolment=enrolment, now_ms=now_ms, random=os.urandom
            ),
            keeper=Keeper(door=door, registry=registry, database=self.database, tell=self._tell_launcher),
            refused=self.twin.admission.refused.happens,
            answer=self._answer_guest,
        )

    def _make_open_lobby(self, settings: RunSettings) -> LobbyDesk | None:
        """Its client id is like a stranger's, too long to guess: nobody pushes the hall off by taking it."""
        if settings.lobby is None:
            return None
        return LobbyDesk(
            _mqtt(settings, settings.lobby),
            on_knock=self._hear_stranger,
            reject=self._reject_guest,
            client_id=f"{GUEST}{os.urandom(20).hex()}",
            pace_s=1 / KNOCKS_PER_S,
        )

    def _answer_guest(self, user: str, document: dict[str, Any]) -> None:
        """Where it knocked."""
        desk = self._open_lobby if self._open_lobby is not None and is_stranger(user) else self._lobby
        desk.answer(user, document)

    def _make_watch(self) -> Watch | None:
        """Only a broker of ours tells what it refused, and has a lobby."""
        folder, desk = self.admitting.door.folder, self.admitting
        if folder is None:
            return None
        log = BrokerFiles(directory=folder).log
        return Watch(log, rights=desk.rights, tell=desk.hear_refusal, hush=self._hear_silence, now_ms=now_ms)

    def _hear_silence(self, silence: Silence) -> None:
        self.twin.mark_silent(silence.user, over=silence.over)

    def _hear_knock(self, knock: Knock) -> None:
        self.admitting.hear_knock(knock)

    def _hear_stranger(self, knock: Knock) -> None:
        """Nobody knocks there in the name of a device that has a code."""
        if is_stranger(knock.user):
            self._hear_knock(knock)
        else:
            self._reject_guest("client_id", knock.user)

    def _reject_guest(self, reason: str, detail: str) -> None:
        self.twin.registry.lobby.count(device=None, reason=reason, detail=detail, now_ms=now_ms())

    def _conventions(self, settings: RunSettings) -> list[Convention]:
        """What is spoken over MQTT besides our own."""
        spoken: list[Convention] = [OnvifConvention(), SparkplugConvention(host=settings.site)]
        if settings.home_assistant:
            spoken.append(
                HomeAssistantDiscovery(
                    prefix=DISCOVERY_PREFIX,
                    site=settings.site,
                    devices=self._shown,
                    generation=lambda: self.twin.registry.generation,
                )
            )
        return spoken

    def _shown(self) -> list[Shown]:
        """The devices that speak our own convention, as dashboards are told of them."""
        foreign = {binding.device for binding in self.twin.registry.list_bindings()}
        told = [d for d in self.devices() if d.kind in self.kinds and d.key not in foreign]
        return [
            Shown(
                key=d.key,
                kind=self.kinds[d.kind],
                name=d.name,
                area=(d.space or d.floor or "").rpartition(":")[2],
                **{name: str((d.description or {}).get(name, "")) for name in ("model", "firmware", "serial")},
            )
            for d in told
        ]

    # --- the building and what stands in it

    def building(self) -> tuple[str, Building]:
        """The current version's hash and model."""
        if self._building is not None:
            return "unpublished", self._building
        return self.twin.versions.current()

    def _tell_launcher(self) -> None:
        """Credentials ended: whoever keeps the broker's password file writes it anew."""
        if self._launcher is not None:
            os.kill(self._launcher, signal.SIGUSR1)

    def devices(self) -> list[Device]:
        return self.twin.registry.list_devices()

    def reload_devices(self) -> None:
        """Read again who belongs to the hall: a device was enrolled by another process."""
        self.twin.registry.load()

    def find_device(self, key: str) -> Device | None:
        return self.twin.registry.find_device(key)

    def standing(self) -> Hashable:
        """Another value whenever building or devices are others; cheap."""
        return self.twin.versions.known, self.twin.registry.generation

    # --- how it is

    def counters(self) -> dict[str, Any]:
        """Every drop, refusal and loss: totals by ``part.name``, per device, per connector, and strangers."""
        parts = self.twin.counters()
        if self._live is not None:
            parts = {**parts, "live_broker": self._live.counters.to_json()}
        parts = {**parts, "audit": self.auditing.sealer.counters.to_json()}
        return {
            "totals": {
                f"{part}.{name}": value
                for part, names in parts.items()
                for name, value in names.items()
                if isinstance(value, int)
            }
            | self._modules.counters(),
            "devices": {
                d.key: lost for d in self.devices() if (lost := _losses(self.twin.registry.counters(d.key).to_json()))
            },
            "connectors": {c.name: _health_json(c) for c in self.connectors},
            "strangers": self.twin.registry.lobby.list_strangers(),
        }

    def health(self) -> dict[str, tuple[bool, str]]:
        """Each part, whether it works, and a word on how."""
        found: dict[str, tuple[bool, str]] = {}
        try:
            self.database.ping()
            found["database"] = (True, "answers")
        except TwinError as error:
            found["database"] = (False, str(error))
        for connector in self.connectors:
            health = connector.health()
            found[f"connector:{connector.name}"] = (health.state == "connected", health.last_error or health.state)
        if self._live is not None:
            state, failure = self._live.link
            found["live:broker"] = (state == "connected", failure or state)
        return found

    def gauges(self) -> dict[str, float]:
        return {
            "devices": len(self.devices()),
            "alarms_open": len(self.twin.alarms.list_open()),
            "live_clients": self.hub.counters.clients,
            "audit_defects": self.auditing.defects(),
        }


def build_hall(settings: RunSettings) -> Hall:
    """A hall on a prepared database."""
    return Hall(settings, kinds=load_kinds(Path(settings.kinds) if settings.kinds else None))


def describe_hall(folder: Path) -> Hall:
    """A hall that is never started: enough to write down its API. ``folder`` holds nothing worth keeping."""
    nowhere = RunSettings(
        site="shifanqu",
        database="postgresql://nowhere/hall",
        broker=BrokerAccess(host="127.0.0.1", port=1, user="hall", password=""),
        vault_key=str(folder / "vault.key"),
    )
    return Hall(nowhere, kinds=load_kinds(), building=open_building("reference"))


class _Nothing:
    """No live facts: a draft is previewed with every door unlocked and every lift running."""

    def value(self, entity_id: str, point: str) -> None:
        del entity_id, point


def _make_preview() -> Navigation:
    """Compiles nothing beforehand: a draft is asked for few ways."""
    return Navigation(
        live=_Nothing(), profiles=load_profiles(), compile_router=lambda building, _: Router(compile_network(building))
    )


def _spool_of(settings: RunSettings) -> SpoolPlace | None:
    if settings.spool is None:
        return None
    return SpoolPlace(folder=Path(settings.spool), bytes_max=settings.spool_mb << 20)


def _losses(counted: Mapping[str, int]) -> dict[str, int]:
    """What is not as it should be; how many messages came is no loss."""
    return {name: count for name, count in counted.items() if count and name != "messages"}


def _link(settings: RunSettings) -> MqttSettings:
    """The twin's own way into the broker, where it has one; else that of everybody here."""
    reach, broker = _mqtt(settings), settings.broker
    if broker.link is None or broker.link_certificate is None:
        return reach
    return replace(reach, socket_path=Path(broker.link), tls=True, ca_file=Path(broker.link_certificate))


def _mqtt(settings: RunSettings, access: BrokerAccess | None = None) -> MqttSettings:
    broker = access or settings.broker
    return MqttSettings(
        site=settings.site,
        user=broker.user,
        password=broker.password,
        host=broker.host,
        port=broker.port,
        socket_path=Path(broker.socket) if broker.socket else None,
        tls=broker.tls,
        ca_file=Path(broker.ca_file) if broker.ca_file else None,
        certificate=Path(broker.certificate) if broker.certificate else None,
        key=Path(broker.key) if broker.key else None,
    )


def _health_json(connector: MqttConnector) -> dict[str, Any]:
    health = connector.health()
    return {name: getattr(health, name) for name in health.__dataclass_fields__}
