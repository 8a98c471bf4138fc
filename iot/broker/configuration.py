"""The mosquitto configuration of one hall: every limit said, nothing left to a default that loses messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iot.broker.credentials import GUEST
from iot.broker.link import HallLink
from iot.tls import CIPHERS

IN_FLIGHT_MESSAGES = 16_384
QUEUED_MESSAGES = 100_000_000
"""Very large on purpose: mosquitto 2.0.11 counts towards this limit what it has long delivered (seen: 1,000,000
reached with 15,000 waiting), then drops QoS 1 silently. 0 means unlimited on 2.0.11 and drops everything on 2.0.16."""
QUEUED_BYTES = 2**31 - 1
"""The most mosquitto 2.0.11 can be told: it reads this into 32 bits (2**32 + 1000 acts as 1000, 2**36 as 0)."""
PACKET_BYTES = 65_536
"""Four times what the codec allows, so that what is too big is counted by us, by device. Who sends more is cut off,
on 3.1.1 too, and mosquitto tells who it was: ``message_size_limit`` would drop it and answer that all is well.
"""
CONNECTIONS = 20_000
LOBBY_CONNECTIONS = 64
LOBBY_PACKET_BYTES = 4_096
LOBBY_MEMORY_BYTES = 32 * 1024**2
LOBBY_QUEUED_MESSAGES = 16
LOBBY_KEEPALIVE_S = 120
AUTOSAVE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """What the broker shows to devices. ``authority`` set: they show a certificate of it too, beside the password."""

    certificate: Path
    key: Path
    authority: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """``port`` 0 takes a free one. ``host`` is where devices connect; loopback unless devices are elsewhere.

    ``watched``: mosquitto tells everything it does, of which its log keeps what was refused (``iot/broker/log.py``).
    """

    site: str
    host: str = "127.0.0.1"
    port: int = 1883
    tls: TlsFiles | None = None
    watched: bool = False
    start_timeout_s: float = 10.0
    stop_timeout_s: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFiles:
    """Where one broker keeps what is its own."""

    directory: Path

    @property
    def configuration(self) -> Path:
        return self.directory / "mosquitto.conf"

    @property
    def passwords(self) -> Path:
        return self.directory / "passwords"

    @property
    def acl(self) -> Path:
        return self.directory / "acl"

    @property
    def applied(self) -> Path:
        """What of passwords and access list the broker goes by: see ``fingerprint_of``."""
        return self.directory / "applied"

    def link(self, socket: Path) -> HallLink:
        return HallLink(socket=socket, certificate=self.directory / "link.crt", key=self.directory / "link.key")

    @property
    def log(self) -> Path:
        return self.directory / "mosquitto.log"


def configuration_lines(
    files: BrokerFiles,
    *,
    listen: BrokerSettings,
    port: int,
    socket: Path | None,
    as_root: bool,
    talkative: bool = False,
    link: HallLink | None = None,
) -> list[str]:
    """``mosquitto.conf``. ``link``: the hall's own way in; ``socket``: that of whatever else runs on this machine."""
    lines = [
        "per_listener_settings false",
        "allow_anonymous false",
        f"password_file {files.passwords}",
        f"acl_file {files.acl}",
        f"max_inflight_messages {IN_FLIGHT_MESSAGES}",
        "max_inflight_bytes 0",
        f"max_queued_messages {QUEUED_MESSAGES}",
        f"max_queued_bytes {QUEUED_BYTES}",
        f"max_packet_size {PACKET_BYTES}",
        "persistence true",
        f"persistence_location {files.directory}/",
        f"autosave_interval {AUTOSAVE_S}",
        "persistent_client_expiration 7d",
        "sys_interval 5",
        "log_dest stderr",
        *(
            f"log_type {what}"
            for what in ("error", "warning", "notice", "information", *(("debug", "subscribe") if talkative else ()))
        ),
        "log_timestamp false",
        f"connection_messages {str(listen.watched).lower()}",
    ]
    if as_root:  # mosquitto would drop to its own user, which cannot write into a folder of root's
        lines.append("user root")
    # A device's client id is its user name: nobody can push another off by borrowing its id.
    own = ["use_username_as_clientid true", f"max_connections {CONNECTIONS}"]
    if link is not None:
        lines += [f"listener 0 {link.socket}", *own]
        lines += [f"certfile {link.certificate}", f"keyfile {link.key}", "tls_version tlsv1.3"]
    if socket is not None:
        lines += [f"listener 0 {socket}", *own]
    lines += [f"listener {port} {listen.host}", *own]
    if (tls := listen.tls) is not None:
        lines += tls_lines(tls)
        if tls.authority is not None:
            lines += [f"cafile {tls.authority}", "require_certificate true"]
    return lines


def lobby_lines(
    files: BrokerFiles, *, listen: BrokerSettings, port: int, socket: Path | None, as_root: bool
) -> list[str]:
    """``mosquitto.conf`` of the open lobby: anybody may come in, few at a time, and leave nothing behind."""
    lines = [
        "per_listener_settings false",
        "allow_anonymous true",
        f"password_file {files.passwords}",
        f"acl_file {files.acl}",
        f"clientid_prefixes {GUEST}",
        "allow_zero_length_clientid false",
        f"max_packet_size {LOBBY_PACKET_BYTES}",
        f"memory_limit {LOBBY_MEMORY_BYTES}",
        "max_inflight_messages 4",
        f"max_queued_messages {LOBBY_QUEUED_MESSAGES}",
        f"max_queued_bytes {LOBBY_QUEUED_MESSAGES * LOBBY_PACKET_BYTES}",
        f"max_keepalive {LOBBY_KEEPALIVE_S}",
        "persistent_client_expiration 1h",
        "persistence false",
        "retain_available false",
        "sys_interval 0",
        "log_dest stderr",
        *(f"log_type {what}" for what in ("error", "warning", "notice", "information")),
        "log_timestamp false",
        "connection_messages true",
    ]
    if as_root:
        lines.append("user root")
    own = [f"max_connections {LOBBY_CONNECTIONS}", "max_qos 1", "max_topic_alias 0"]
    if socket is not None:
        lines += [f"listener 0 {socket}", *own]
    lines += [f"listener {port} {listen.host}", *own]
    if (tls := listen.tls) is not None:
        lines += tls_lines(tls)
    return lines


def tls_lines(tls: TlsFiles) -> list[str]:
    """Of a listener that devices reach. ``tls_version`` is the oldest that mosquitto speaks there, not the only one."""
    return [f"certfile {tls.certificate}", f"keyfile {tls.key}", "tls_version tlsv1.2", f"ciphers {CIPHERS}"]
