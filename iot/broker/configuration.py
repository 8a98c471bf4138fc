"""The mosquitto configuration of one hall: every limit said, nothing left to a default that loses messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

IN_FLIGHT_MESSAGES = 16_384
QUEUED_MESSAGES = 100_000_000
"""Very large on purpose: mosquitto 2.0.11 counts towards this limit what it has long delivered (seen: 1,000,000
reached with 15,000 waiting), then drops QoS 1 silently. 0 means unlimited on 2.0.11 and drops everything on 2.0.16."""
QUEUED_BYTES = 2**31 - 1
"""The most mosquitto 2.0.11 can be told: it reads this into 32 bits (2**32 + 1000 acts as 1000, 2**36 as 0)."""
PACKET_BYTES = 65_536
"""Four times what the codec allows, so that what is too big is counted by us, by device, and not by nobody."""
AUTOSAVE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """``port`` 0 takes a free one. ``host`` is where devices connect; loopback unless devices are elsewhere."""

    site: str
    host: str = "127.0.0.1"
    port: int = 1883
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
    def log(self) -> Path:
        return self.directory / "mosquitto.log"


def configuration_lines(files: BrokerFiles, *, host: str, port: int, socket: Path | None, as_root: bool) -> list[str]:
    """``mosquitto.conf``. The unix socket comes first: the hall's own reader spares a third of the broker's time."""
    lines = [
        "per_listener_settings false",
        "allow_anonymous false",
        f"password_file {files.passwords}",
        f"acl_file {files.acl}",
        f"max_inflight_messages {IN_FLIGHT_MESSAGES}",
        "max_inflight_bytes 0",
        f"max_queued_messages {QUEUED_MESSAGES}",
        f"max_queued_bytes {QUEUED_BYTES}",
        f"message_size_limit {PACKET_BYTES}",
        "persistence true",
        f"persistence_location {files.directory}/",
        f"autosave_interval {AUTOSAVE_S}",
        "persistent_client_expiration 7d",
        "sys_interval 5",
        f"log_dest file {files.log}",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
        "connection_messages false",
    ]
    if as_root:  # mosquitto would drop to its own user, which cannot write into a folder of root's
        lines.append("user root")
    if socket is not None:
        lines += [f"listener 0 {socket}", "use_username_as_clientid true"]
    # A device's client id is its user name: nobody can push another off by borrowing its id.
    lines += [f"listener {port} {host}", "use_username_as_clientid true"]
    return lines
