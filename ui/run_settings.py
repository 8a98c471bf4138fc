"""What the server process is told by its launcher, in one private file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from services.accounts.model import SecondFactor
from ui.settings import Settings


class BrokerAccess(msgspec.Struct, frozen=True, kw_only=True):
    """How the hall itself reaches the broker; ``socket`` wins over host and port.

    ``link``: the twin's own way in, beside it (``iot/broker/link.py``).
    """

    host: str
    port: int
    user: str
    password: str
    socket: str | None = None
    tls: bool = False
    ca_file: str | None = None
    certificate: str | None = None
    key: str | None = None
    link: str | None = None
    link_certificate: str | None = None


class OutsideAccess(msgspec.Struct, frozen=True, kw_only=True):
    """An identity provider, and the subnets inside that it may stand in."""

    issuer: str
    client_id: str
    name: str
    client_secret: str | None = None
    subnets: str = ""


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``database`` is the owner's URL; work runs as the role without DDL. ``launcher`` hears when credentials change.

    ``devices_url`` is where devices connect, ``authority`` what they trust there. ``broker_folder`` holds the files of
    our own broker, None where it is somebody else's. ``broker_embedded``: it is the one that promises less.
    ``live_broker``: the live feed goes to web processes too.
    ``lobby``: how the hall reaches the open lobby, None where there is none; ``lobby_url`` is where strangers knock.
    """

    site: str
    database: str
    broker: BrokerAccess
    vault_key: str
    kinds: str | None = None
    secure_cookies: bool = False
    security_contact: str | None = None
    session_idle_s: int = 900
    session_max_s: int = 28_800
    sessions_max: int = 5
    second_factor: SecondFactor = "staff"
    password_words: str = ""
    log_syslog: str | None = None
    log_authority: str | None = None
    outside: OutsideAccess | None = None
    url: str = ""
    demo: bool = False
    launcher: int | None = None
    devices_url: str = ""
    authority: str | None = None
    broker_folder: str | None = None
    broker_embedded: bool = False
    lobby: BrokerAccess | None = None
    lobby_url: str = ""
    lobby_folder: str | None = None
    spool: str | None = None
    spool_mb: int = 1024
    quota_per_s: int = 1000
    quota_burst: int = 30_000
    home_assistant: bool = False
    live_broker: bool = False


def read_run_settings(path: Path) -> RunSettings:
    """The settings in this file."""
    return msgspec.json.decode(path.read_bytes(), type=RunSettings)


def dump_run_settings(settings: RunSettings) -> bytes:
    """The same as bytes."""
    return msgspec.json.encode(settings)


def outside_access(settings: Settings) -> OutsideAccess | None:
    """The identity provider that these settings name."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret_file
    return OutsideAccess(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.read_text(encoding="utf-8").strip() if secret else None,
        name=settings.oidc_name,
        subnets=settings.oidc_subnets,
    )
