"""How the hall reaches its broker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from iot.errors import BrokerUnavailable

_SCHEMES = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """``socket_path`` wins over host and port. ``ca_file`` trusts a private authority for ``tls``, ``certificate`` and
    ``key`` show who we are beside the password.
    """

    site: str
    user: str = "hall"
    password: str
    host: str = "127.0.0.1"
    port: int = 1883
    socket_path: Path | None = None
    tls: bool = False
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    keepalive_s: int = 30
    session_expiry_s: int = 86_400
    receive_maximum: int = 16_384
    unacknowledged_max: int = 16_384 // 3
    """Ours, well below the broker's window: a broker that never queues never loses (facts of mosquitto 2.0.11)."""
    packet_max_bytes: int = 1_048_576
    """An MQTT 5 broker keeps larger ones from us; ours takes none as large."""
    commands_max: int = 1000
    """Commands waiting to be written; more are refused, not queued."""
    queued_max: int = 5000
    """What the client itself keeps until the broker has answered."""


def settings_from_url(url: str, *, site: str, password: str = "", ca_file: Path | None = None) -> MqttSettings:
    """``mqtt[s]://[user[:password]@]host[:port]``; ``BrokerUnavailable`` says what is wrong with it."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise BrokerUnavailable(f"broker URL {url!r}: {error}") from error
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/"):
        raise BrokerUnavailable("a broker URL looks like mqtt://host:1883 or mqtts://user:password@host:8883")
    settings = MqttSettings(
        site=site,
        password=unquote(parts.password or "") or password,
        host=parts.hostname,
        port=port or _SCHEMES[parts.scheme],
        tls=parts.scheme == "mqtts",
        ca_file=ca_file,
    )
    return replace(settings, user=unquote(parts.username)) if parts.username else settings
