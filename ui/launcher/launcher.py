"""Brings a hall up in order, keeps it up, and takes it down: database, broker, preparation, server, simulators."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from building.formats.hall import dumps
from building.model import Building
from iot.broker.credentials import new_password
from iot.catalogue import load_kinds
from iot.errors import IotError
from services.kernel.vault import load_master_key
from twin.errors import TwinError
from twin.store.postgres import EmbeddedPostgres
from ui.launcher.broker import OwnBroker, reach_outside_broker, require_authority
from ui.launcher.certificate import judge_certificate, trusted_by_system
from ui.launcher.child import Child
from ui.launcher.clock import is_clock_followed
from ui.launcher.datadir import DataDirectory
from ui.launcher.listening import listen, url_of
from ui.launcher.lobby import OpenLobby
from ui.launcher.prepare import Prepared, prepare
from ui.problems import NeedsAttention
from ui.reading import ReadingStopped
from ui.run_settings import BrokerAccess, RunSettings, dump_run_settings, outside_access
from ui.settings import Settings

READY_TIMEOUT_S = 60.0
POLL_S = 0.1
WATCH_EVERY_S = 0.5
TOLD_MAX = 100
LOBBY_FOLDER = "lobby"
STOP_SERVER_S = 3.0
STOP_SIMULATORS_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What a demo adds: simulated devices, visitors and known logins. ``seed`` None: different each time."""

    seed: int | None = None
    speed: float = 1.0
    devices: bool = True
    visitors: bool = True
    scenario: str = "normal"


class Launcher:
    """One hall. ``run`` returns after a signal (or ``stop``), with every process gone."""

    def __init__(
        self,
        settings: Settings,
        *,
        demo: DemoOptions | None,
        tell: Callable[[str], None],
        building_file: str,
        read: Callable[[threading.Event], Building],
    ) -> None:
        self._settings, self._demo, self._tell = settings, demo, tell
        self._building_file, self._read = building_file, read
        self._stopping = threading.Event()
        self._enrolled = threading.Event()
        self._wake = threading.Event()
        self._told: set[str] = set()
        self._postgres: EmbeddedPostgres | None = None
        self._broker: OwnBroker | None = None
        self._lobby: OpenLobby | None = None
        self._server: Child | None = None
        self._simulators: Child | None = None
        self._data: DataDirectory | None = None
        self._listening: socket.socket | None = None

    def run(self, on_ready: Callable[[dict[str, Any]], None]) -> None:
        """Start everything, call ``on_ready`` with the contract's document, then watch until told to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._hear(self._stopping))
        signal.signal(signal.SIGUSR1, lambda *_: self._hear(self._enrolled))  # who may connect has changed
        try:
            on_ready(self._start())
            self._watch()
        except (_Stopped, ReadingStopped):
            pass
        finally:
            self._stop()

    def _hear(self, what: threading.Event) -> None:
        what.set()
        self._wake.set()

    # --- up

    def _start(self) -> dict[str, Any]:
        settings = self._settings
        started_s = time.monotonic()
        building = self._read(self._stopping)
        load_kinds(settings.kinds)  # a wrong file is told now, not by a server that does not start
        self._data = DataDirectory(settings.data)
        require_authority(settings, self._data.path)
        self._listening = listen(settings.host, settings.port)
        self._data.check_private()
        self._look_around()
        self._tell(f"building: {self._building_file}, {len(building.floors)} floors, {len(building.spaces)} spaces")
        owner_url = self._start_database(self._data)
        self._check_stopped()
        prepared = self._prepare(building, owner_url, self._data)
        if not prepared.file_taken:
            self._tell("building: what was published in the map editor stays; upload the file there to replace it")
        access, broker_url = self._start_broker(building, self._data, new_password(os.urandom), owner_url)
        authority = self._broker.authority if self._broker else None
        lobby = self._start_lobby(self._data.path, building.site)
        self._check_stopped()
        run = RunSettings(
            site=building.site,
            database=owner_url,
            broker=access,
            vault_key=str(self._data.vault_key),
            kinds=str(settings.kinds) if settings.kinds else None,
            secure_cookies=settings.tls_certificate is not None,
            security_contact=settings.security_contact,
            session_idle_s=settings.session_idle_s,
            session_max_s=settings.session_max_s,
            sessions_max=settings.sessions_max,
            second_factor=settings.second_factor,
            password_words=settings.password_words,
            log_syslog=settings.log_syslog,
            log_authority=str(settings.log_authority.resolve()) if settings.log_authority else None,
            outside=outside_access(settings),
            url=self._url(),
            demo=self._demo is not None,
            launcher=os.getpid(),
            devices_url=broker_url,
            authority=str(authority) if authority else None,
            broker_folder=str(self._data.path / "broker") if self._broker else None,
            broker_embedded=self._broker is not None and self._broker.embedded,
            spool=str(self._data.path / "spool"),
            spool_mb=settings.spool_mb,
            quota_per_s=settings.quota_per_s,
            quota_burst=settings.quota_burst,
            home_assistant=settings.home_assistant,
            live_broker=settings.live_broker,
            lobby=lobby,
            lobby_url=self._lobby.url if self._lobby else "",
            lobby_folder=str(self._data.path / LOBBY_FOLDER) if self._lobby else None,
        )
        run_file = self._data.write_private("run.json", json.loads(dump_run_settings(run)))
        self._start_server(run_file, self._data)
        self._await_ready()
        if self._demo is not None:
            enrolled = self._data.write_private(
                "simulators.json", prepared.enrolment(broker_url, authority=authority)
            )  # fmt: skip
            self._start_simulators(prepared.building, prepared, enrolled, self._data)
        self._tell(f"ready after {time.monotonic() - started_s:.1f} s")
        return {
            "url": self._url(),
            "api": f"{self._url()}/api/v1",
            "logins": [asdict(login) for login in prepared.logins],
            "broker": broker_url,
            "database": owner_url,
            "pids": self.pids(),
        }

    def _look_around(self) -> None:
        """What others would mind later, told now."""
        settings = self._settings
        if settings.tls_certificate and settings.tls_key:
            trusted, now = trusted_by_system(), datetime.now(UTC)
            for defect in judge_certificate(settings.tls_certificate, settings.tls_key, now=now, trusted=trusted):
                self._tell(f"http: the certificate {defect}")
        if self._demo is None and is_clock_followed() is False:
            self._tell("clock: nothing keeps it right (chrony, systemd-timesyncd): times of records may be wrong")

    def pids(self) -> dict[str, int]:
        """Who is who, for scripts that want to kill one."""
        found = {
            "launcher": os.getpid(),
            "database": self._postgres.health.pid if self._postgres else None,
            "broker": self._broker.process.pid if self._broker else None,
            "lobby": self._lobby.pid if self._lobby else None,
            "server": self._server.pid if self._server else None,
            "simulators": self._simulators.pid if self._simulators else None,
        }
        return {name: pid for name, pid in found.items() if pid is not None}

    def _start_database(self, data: DataDirectory) -> str:
        if self._settings.database:
            return self._settings.database
        self._tell("database: starting the embedded PostgreSQL")
        self._postgres = EmbeddedPostgres(data.path / "postgres", tell=lambda line: self._tell(f"database: {line}"))
        return self._postgres.start()

    def _prepare(self, building: Building, owner_url: str, data: DataDirectory) -> Prepared:
        self._tell("database: schema, building version, devices and logins")
        return prepare(
            building,
            owner_url=owner_url,
            vault_key=load_master_key(data.vault_key, os.urandom),
            data=data.path,
            demo=self._demo is not None,
            seed=self._demo.seed if self._demo else None,
        )

    def _start_broker(
        self, building: Building, data: DataDirectory, password: str, owner_url: str
    ) -> tuple[BrokerAccess, str]:
        settings = self._settings
        if settings.broker and settings.broker_password_file:
            access = reach_outside_broker(
                settings.broker, settings.broker_user, settings.broker_password_file,
                certificate=settings.broker_certificate, key=settings.broker_key,
            )  # fmt: skip
            return access, settings.broker
        self._broker = OwnBroker(
            settings, site=building.site, data=data.path, owner_url=owner_url, password=password, tell=self._tell
        )
        return self._broker.start(), self._broker.url

    def _start_lobby(self, data: Path, site: str) -> BrokerAccess | None:
        if self._broker is None or not self._settings.open_lobby:
            return None
        self._lobby = OpenLobby(self._settings, self._broker, site=site, folder=data / LOBBY_FOLDER)
        access = self._lobby.start()
        self._tell(f"lobby: devices without a credential may knock at {self._lobby.url}")
        return access

    def _start_server(self, run_file: Path, data: DataDirectory) -> None:
        if self._listening is None:
            raise RuntimeError("the server needs the listening socket first")
        self._tell("server: starting")
        descriptor = self._listening.fileno()
        command = [sys.executable, "-m", "ui.server", "--run", str(run_file), "--fd", str(descriptor)]
        if self._settings.tls_certificate and self._settings.tls_key:
            command += ["--certificate", str(self._settings.tls_certificate), "--key", str(self._settings.tls_key)]
        if self._settings.proxies:
            command += ["--proxies", self._settings.proxies]
        self._server = Child("server", command, log=data.log("server"), pass_fds=(descriptor,))
        self._server.start()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        server = self._server
        missing = "it does not answer"
        while server is not None and time.monotonic() < deadline:
            if server.exit_code is not None:
                missing = f"it ended with {server.exit_code}"
                break
            missing = self._find_missing()
            self._check_stopped()  # asked last: while it begins the server lets us wait for its answer
            if not missing:
                return
            self._stopping.wait(POLL_S)
        words = server.last_words() if server else ""
        raise NeedsAttention(
            what=f"the server did not become ready: {missing}",
            where=self._url(),
            todo=f"Mend that and start again. Its last words were:\n{words}",
        )

    def _find_missing(self) -> str:
        """What its health says is not ready, empty when all is."""
        parts = urlsplit(self._url())
        try:
            if parts.scheme == "https":
                trust_own = ssl.create_default_context()
                trust_own.check_hostname, trust_own.verify_mode = False, ssl.CERT_NONE  # our own socket
                link: http.client.HTTPConnection = http.client.HTTPSConnection(
                    parts.hostname or "", parts.port, timeout=2, context=trust_own
                )
            else:
                link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
            with closing(link):
                link.request("GET", "/api/v1/health")
                health = json.loads(link.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"it does not answer ({error})"
        return "; ".join(f"{name}: {part['detail']}" for name, part in health["parts"].items() if not part["ok"])

    def _start_simulators(self, building: Building, prepared: Prepared, enrolled: Path, data: DataDirectory) -> None:
        demo = self._demo
        if demo is None or not demo.devices or not building.devices:
            return
        self._tell(f"simulators: {len(prepared.devices)} devices")
        command = [sys.executable, "-m", "simulators", "--site", self._url(), "--enrol", str(enrolled)]
        # They get what the hall understood: a foreign file is not read twice, and never outside its limits.
        understood = data.path / "building.hall.json"
        understood.write_text(dumps(building), encoding="utf-8")
        command += ["--building", str(understood), "--control", str(data.path / "simulators.sock")]
        command += ["--scenario", demo.scenario, "--speed", str(demo.speed), "--seed", str(demo.seed or 0)]
        command += ["--truth", str(data.path / "truth.jsonl")]
        if not demo.visitors:
            command.append("--no-visitors")
        self._simulators = Child("simulators", command, log=data.log("simulators"))
        self._simulators.start()

    def _url(self) -> str:
        if self._listening is None:
            raise RuntimeError("no address before the socket is open")
        return url_of(self._listening, secure=self._settings.tls_certificate is not None)

    # --- while it runs

    def _watch(self) -> None:
        """Children that die are started again; the database and the broker have keepers of their own."""
        while not self._stopping.is_set():
            self._wake.wait(WATCH_EVERY_S)
            self._wake.clear()
            for child in (self._server, self._simulators):
                if child is not None and not child.poll(time.monotonic()) and child.exit_code is not None:
                    self._tell_once(f"{child.name} ended with {child.exit_code} (restart {child.restarts + 1})")
            if self._enrolled.is_set() and not self._stopping.is_set():
                self._take_over_enrolment()

    def _take_over_enrolment(self) -> None:
        """Who may connect has changed: the server knows, then the broker lets in. Tried until the database answers."""
        self._enrolled.clear()
        if self._server is not None:
            self._server.tell(signal.SIGUSR1)
        try:
            if self._broker is not None:
                self._broker.take_over()
            if self._lobby is not None:
                self._lobby.reload()
        except TwinError as error:
            self._enrolled.set()
            self._tell_once(f"enrolment waits: {error}")
        except (IotError, OSError) as error:
            self._tell(f"enrolment failed: {error}")
        else:
            self._tell("enrolment: taken over")

    def _tell_once(self, line: str) -> None:
        if line not in self._told:
            self._told = {*self._told, line} if len(self._told) < TOLD_MAX else {line}
            self._tell(line)

    def _check_stopped(self) -> None:
        if self._stopping.is_set():
            raise _Stopped

    # --- down

    def _stop(self) -> None:
        """Everything at once, the ones that others need last; nothing is left behind."""
        self._tell("stopping")
        killed: list[str] = []
        # The server first: it must not see the simulated devices die, that would be an alarm each.
        if self._server is not None:
            self._server.stop(within_s=STOP_SERVER_S, on_kill=killed.append)
        if self._simulators is not None:
            self._simulators.stop(within_s=STOP_SIMULATORS_S, on_kill=killed.append)
        parts = (self._lobby, self._broker, self._postgres)
        stoppers = [threading.Thread(target=part.stop) for part in parts if part is not None]
        for thread in stoppers:
            thread.start()
        for thread in stoppers:
            thread.join()
        if self._listening is not None:
            self._listening.close()
        if self._data is not None:
            self._data.close()
        for name in killed:
            self._tell(f"{name} did not stop in time and was killed")
        self._tell("stopped")


class _Stopped(Exception):
    """A signal came while starting."""
