"""The broker of a hall: one of our own that knows whom the registry lets in, or somebody else's that answers.

Our own is mosquitto, and where there is none the embedded one, which promises less and says so.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from iot.broker.authority import Authority
from iot.broker.configuration import BrokerSettings, TlsFiles
from iot.broker.credentials import HALL_USER, LIVE_USER, LOBBY_USER, hash_password, new_salt
from iot.broker.embedded import EmbeddedBroker
from iot.broker.mosquitto import BrokerProcess, MosquittoBroker, find_mosquitto
from iot.conventions.homeassistant import DISCOVERY_PREFIX
from iot.errors import BrokerUnavailable
from iot.ports import Binding
from twin.lobby import read_guest_users
from twin.registry import Registry
from twin.store.database import Database
from ui.problems import NeedsAttention
from ui.run_settings import BrokerAccess
from ui.settings import Settings

AUTHORITY = "authority"
TLS_PORT = 8883
_LOCAL = ("localhost", "127.0.0.1")
_TO_LOOK_AROUND = (
    "broker: 内置消息服务器，仅供演示，重启即忘 | starting the embedded one, to look around with; "
    "it forgets when it restarts. For real use: sudo apt-get install -y mosquitto (macOS: brew install mosquitto)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Everybody the registry lets in, as the broker is told: password hashes, grants and foreign addresses."""

    users: Mapping[str, str]
    grants: Mapping[str, Sequence[str]]
    bindings: Sequence[Binding]


def read_admitted(database: Database, *, site: str) -> Admitted:
    """As it stands now; codes of guests that are too old are left out."""
    now_ms = time.time_ns() // 1_000_000
    registry = Registry(site=site, database=database, now_ms=lambda: now_ms)
    registry.load()
    with database.transaction() as conn:
        guests = read_guest_users(conn, site=site, now_ms=now_ms)
    users = {**registry.list_credentials(), **guests}
    return Admitted(users=users, grants=registry.grants(), bindings=registry.list_bindings())


class OwnBroker:
    """A broker process of ours with the registry's users; ``take_over`` whenever those may have changed."""

    def __init__(
        self, settings: Settings, *, site: str, data: Path, owner_url: str, password: str, tell: Callable[[str], None]
    ) -> None:
        self._settings, self._site, self._owner_url, self._tell = settings, site, owner_url, tell
        self._password, self._salt = password, new_salt(os.urandom)
        self._authority = Authority(data / AUTHORITY)
        self._tls = self._certificate() if settings.broker_tls else None
        port = settings.broker_port or (TLS_PORT if settings.broker_tls else 0)
        self.process = choose_broker(settings)(
            data / "broker",
            BrokerSettings(site=site, host=settings.broker_host, port=port, tls=self._tls, watched=True),
        )

    def start(self) -> BrokerAccess:
        """Returns how the hall itself reaches it."""
        self._tell(_TO_LOOK_AROUND if self.embedded else f"broker: starting {self.process.name}")
        self.take_over()
        self.process.start()
        parts = urlsplit(self.process.url)
        path, link = self.process.socket_path, self.process.link
        return BrokerAccess(
            host="127.0.0.1",
            port=parts.port or TLS_PORT,
            user=HALL_USER,
            password=self._password,
            socket=str(path) if path else None,
            tls=self._tls is not None and path is None,
            ca_file=str(self.authority) if self.authority else None,
            link=str(link.socket) if link else None,
            link_certificate=str(link.certificate) if link else None,
        )

    def stop(self) -> None:
        self.process.stop()

    @property
    def embedded(self) -> bool:
        """Whether it is the one that promises less."""
        return isinstance(self.process, EmbeddedBroker)

    @property
    def url(self) -> str:
        """Where devices connect."""
        parts = urlsplit(self.process.url)
        return f"{parts.scheme}://{_names(self._settings)[0]}:{parts.port}"

    @property
    def tls(self) -> TlsFiles | None:
        """What it shows to devices."""
        return self._tls

    @property
    def authority(self) -> Path | None:
        """What devices trust, where they need to."""
        return self._authority.certificate if self._tls else None

    def take_over(self) -> None:
        """Whom the registry lets in now, and the certificate if it is another one; a running broker follows at once."""
        if self._tls is not None:
            self._renew()
        database = Database(self._owner_url)
        try:
            admitted = read_admitted(database, site=self._site)
        finally:
            database.close()
        own = {user: hash_password(self._password, self._salt) for user in (HALL_USER, LOBBY_USER, LIVE_USER)}
        self.process.set_users(
            {**admitted.users, **own},
            admitted.grants,
            bindings=admitted.bindings,
            home_assistant=DISCOVERY_PREFIX if self._settings.home_assistant else None,
        )

    def _certificate(self) -> TlsFiles:
        self._renew()
        return TlsFiles(
            certificate=self._authority.folder / "server.crt",
            key=self._authority.folder / "server.key",
            authority=self._authority.certificate if self._settings.client_certificates else None,
        )

    def _renew(self) -> None:
        names, now = _names(self._settings), datetime.now(UTC)
        if self._authority.find_server(names, now=now) is None:
            issued = self._authority.issue_server(names, now=now)
            self._tell(f"broker: a certificate for {', '.join(names)}, good until {issued.expires:%Y-%m-%d}")


def choose_broker(settings: Settings) -> type[BrokerProcess]:
    """Mosquitto where it is installed, unless the embedded one is asked for."""
    if settings.broker_embedded:
        return EmbeddedBroker
    try:
        find_mosquitto()
    except BrokerUnavailable:
        return EmbeddedBroker
    return MosquittoBroker


def require_authority(settings: Settings, data: Path) -> None:
    """Asked before anything is made: what is told once at the first start would be lost."""
    if settings.broker_tls and not Authority(data / AUTHORITY).exists:
        raise NeedsAttention(
            what="broker.tls is on, and there is no certificate authority yet",
            where=str(data / AUTHORITY),
            todo=f"Make one: halltwin ca init --data {data}",
        )


def reach_outside_broker(
    url: str, user: str, password_file: Path, *, certificate: Path | None = None, key: Path | None = None
) -> BrokerAccess:
    """Somebody else's broker: it must answer, but its users are its owner's affair."""
    parts = urlsplit(url)
    tls = parts.scheme == "mqtts"
    host, port = parts.hostname or "", parts.port or (TLS_PORT if tls else 1883)
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise NeedsAttention(
            what=f"the broker does not answer ({error})",
            where=url,
            todo="Look whether it runs and whether broker.url is right; without the line we start one of our own.",
        ) from error
    secret = password_file.read_text(encoding="utf-8").strip()
    own, secret_key = (str(path.resolve()) if path else None for path in (certificate, key))
    return BrokerAccess(host=host, port=port, user=user, password=secret, tls=tls, certificate=own, key=secret_key)


def _names(settings: Settings) -> list[str]:
    """By which names and addresses the broker is reached; the first is told to devices."""
    said = [name.strip() for name in settings.broker_names.split(",") if name.strip()]
    own = [] if settings.broker_host in {"0.0.0.0", "::"} else [settings.broker_host]  # noqa: S104 - compared
    return list(dict.fromkeys([*said, *own, *_LOCAL]))
