"""What a hall needs to run: read from a configuration file, every defect reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.accounts.house_words import is_house_word
from services.accounts.model import SecondFactor
from ui.problems import BadSettings
from ui.transport import find_clear_broker, find_clear_database, find_clear_syslog


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``database`` and ``broker`` are URLs of external servers; None: our own embedded ones. Beyond this machine they
    are reached by TLS unless ``..._clear_text`` says that the way is protected otherwise.

    ``spool_mb``: so much is kept on the disk while the database is away.
    ``broker_embedded``: the embedded broker, to look around with, even where mosquitto is installed.
    ``open_lobby``: devices that know nothing but our address may knock, at ``lobby_port``; 0: the one after the
    broker's.
    ``live_broker``: the live feed is told over the broker to web processes of their own.
    ``oidc_issuer``: an outside identity provider that people may sign in with; ``oidc_subnets`` (parted by commas) are
    those inside that it may stand in, where it is not on the internet.
    ``proxies``: those before the hall that may say by whom they were asked, as addresses or subnets parted by commas.
    ``sessions_max``: at so many places one person may be signed in at a time. ``second_factor``: who must show more
    than a password: ``everybody``, ``staff`` or ``administrators``. ``password_words``: what no password may hold,
    parted by commas, beside the names of the site and of the product.
    ``log_syslog``: where log and audit lines are shipped to, ``log_authority`` what is trusted there.
    ``broker_names``: host names and addresses by which devices reach our broker, parted by commas; the first is told.
    """

    building: str = "reference"
    data: Path = Path(".run/hall")
    host: str = "127.0.0.1"
    port: int = 8080
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    proxies: str = ""
    database: str | None = None
    database_clear_text: bool = False
    spool_mb: int = 1024
    broker: str | None = None
    broker_clear_text: bool = False
    broker_user: str = "hall"
    broker_password_file: Path | None = None
    broker_certificate: Path | None = None
    broker_key: Path | None = None
    broker_embedded: bool = False
    broker_tls: bool = False
    broker_host: str = "127.0.0.1"
    broker_port: int = 0
    broker_names: str = ""
    client_certificates: bool = False
    open_lobby: bool = False
    lobby_port: int = 0
    quota_per_s: int = 1000
    quota_burst: int = 30_000
    home_assistant: bool = False
    live_broker: bool = False
    timezone: str | None = None
    kinds: Path | None = None
    security_contact: str | None = None
    session_idle_s: int = 900
    session_max_s: int = 28_800
    sessions_max: int = 5
    second_factor: SecondFactor = "staff"
    password_words: str = ""
    log_syslog: str | None = None
    log_authority: Path | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret_file: Path | None = None
    oidc_name: str = "统一身份认证 Single sign-on"
    oidc_subnets: str = ""


@dataclass(frozen=True, slots=True)
class _Field:
    """One line of the file: its section and key, the type it must have, a check beyond the type."""

    section: str
    key: str
    name: str
    type: type
    check: Callable[[Any], str | None] = field(default=lambda _value: None)


def _port(value: int) -> str | None:
    return None if 0 <= value <= 65535 else "must be 0 to 65535"


def _positive(value: int) -> str | None:
    return None if value > 0 else "must be above 0"


def _url(*schemes: str) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        parts = urlsplit(value)
        if parts.scheme not in schemes or not parts.netloc:
            return f"must be a URL that starts with {' or '.join(s + '://' for s in schemes)}"
        return None

    return check


def _database_url(value: str) -> str | None:
    """Like ``_url``; a server behind a unix socket has no host before the path."""
    parts = urlsplit(value)
    if parts.scheme not in {"postgresql", "postgres"} or not (parts.netloc or parts.path.strip("/")):
        return "must be a URL like postgresql://user:password@host/db or postgresql:///db?host=/run/postgresql"
    return None


def _issuer(value: str) -> str | None:
    parts = urlsplit(value)
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return None
    return _url("https")(value)


def _subnets(value: str) -> str | None:
    try:
        parse_subnets(value)
    except ValueError as error:
        return f"must be subnets like 10.1.0.0/16, parted by commas: {error}"
    return None


def parse_subnets(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _existing(value: str) -> str | None:
    return None if Path(value).exists() else f"{value} does not exist"


def _building(value: str) -> str | None:
    return None if value == "reference" else _existing(value)


def _zone(value: str) -> str | None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        return f"{value} is no time zone; write it like Asia/Shanghai"
    return None


def _second_factor(value: str) -> str | None:
    known = get_args(SecondFactor)
    return None if value in known else f"must be one of {', '.join(known)}"


def _words(value: str) -> str | None:
    short = [word.strip() for word in value.split(",") if word.strip() and not is_house_word(word.strip())]
    return f"holds words too short to be kept out of passwords: {', '.join(short)}" if short else None


def _contact(value: str) -> str | None:
    if value.startswith(("mailto:", "https://", "tel:")) and value.isascii() and value.isprintable():
        return None
    return f"{value} is no contact; write it like mailto:security@example.org"


FIELDS = (
    _Field("hall", "building", "building", str, _building),
    _Field("hall", "data", "data", str),
    _Field("hall", "timezone", "timezone", str, _zone),
    _Field("hall", "kinds", "kinds", str, _existing),
    _Field("http", "host", "host", str),
    _Field("http", "port", "port", int, _port),
    _Field("http", "certificate", "tls_certificate", str, _existing),
    _Field("http", "key", "tls_key", str, _existing),
    _Field("http", "proxies", "proxies", str, _subnets),
    _Field("http", "security_contact", "security_contact", str, _contact),
    _Field("database", "url", "database", str, _database_url),
    _Field("database", "clear_text", "database_clear_text", bool),
    _Field("database", "spool_mb", "spool_mb", int, _positive),
    _Field("broker", "url", "broker", str, _url("mqtt", "mqtts")),
    _Field("broker", "clear_text", "broker_clear_text", bool),
    _Field("broker", "user", "broker_user", str),
    _Field("broker", "password_file", "broker_password_file", str, _existing),
    _Field("broker", "certificate", "broker_certificate", str, _existing),
    _Field("broker", "key", "broker_key", str, _existing),
    _Field("mqtt", "home_assistant", "home_assistant", bool),
    _Field("live", "broker", "live_broker", bool),
    _Field("broker", "embedded", "broker_embedded", bool),
    _Field("broker", "tls", "broker_tls", bool),
    _Field("broker", "host", "broker_host", str),
    _Field("broker", "port", "broker_port", int, _port),
    _Field("broker", "names", "broker_names", str),
    _Field("broker", "client_certificates", "client_certificates", bool),
    _Field("broker", "open_lobby", "open_lobby", bool),
    _Field("broker", "lobby_port", "lobby_port", int, _port),
    _Field("devices", "messages_per_s", "quota_per_s", int, _positive),
    _Field("devices", "burst", "quota_burst", int, _positive),
    _Field("session", "idle_s", "session_idle_s", int, _positive),
    _Field("session", "max_s", "session_max_s", int, _positive),
    _Field("session", "most", "sessions_max", int, _positive),
    _Field("login", "second_factor", "second_factor", str, _second_factor),
    _Field("login", "words", "password_words", str, _words),
    _Field("log", "syslog", "log_syslog", str, find_clear_syslog),
    _Field("log", "authority", "log_authority", str, _existing),
    _Field("oidc", "issuer", "oidc_issuer", str, _issuer),
    _Field("oidc", "client_id", "oidc_client_id", str),
    _Field("oidc", "client_secret_file", "oidc_client_secret_file", str, _existing),
    _Field("oidc", "name", "oidc_name", str),
    _Field("oidc", "subnets", "oidc_subnets", str, _subnets),
)
_PATHS = {"data", "tls_certificate", "tls_key", "broker_password_file", "kinds", "log_authority",
          "broker_certificate", "broker_key",
          "oidc_client_secret_file"}  # fmt: skip
_TYPES = {str: "text", int: "a whole number", bool: "true or false"}
_OWN_BROKER = {"broker_embedded": "embedded", "broker_tls": "tls", "broker_host": "host", "broker_port": "port",
               "broker_names": "names", "open_lobby": "open_lobby", "lobby_port": "lobby_port"}  # fmt: skip
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - what a person wrote, compared
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def read_settings(path: Path) -> Settings:
    """The settings in this TOML file; raises ``BadSettings`` with every defect."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(str(path), [f"cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(str(path), [f"is no TOML: {error}"]) from error
    return parse_settings(document, path=str(path))


def parse_settings(document: dict[str, Any], *, path: str) -> Settings:
    """Settings from a decoded document."""
    defects: list[str] = []
    values: dict[str, Any] = {}
    sections = sorted({f.section for f in FIELDS})
    for section, content in document.items():
        if section not in sections:
            defects.append(f"[{section}] is unknown; sections are {', '.join(sections)}")
        elif not isinstance(content, dict):
            defects.append(f"{section} must be a section, written [{section}]")
        else:
            _parse_section(section, content, values, defects)
    defects += _contradictions(values)
    if defects:
        raise BadSettings(path, defects)
    return Settings(**values)


def _parse_section(section: str, content: dict[str, Any], values: dict[str, Any], defects: list[str]) -> None:
    fields = {f.key: f for f in FIELDS if f.section == section}
    for key, value in content.items():
        spec = fields.get(key)
        if spec is None:
            defects.append(f"{section}.{key} is unknown; [{section}] takes {', '.join(fields)}")
        elif type(value) is not spec.type:
            defects.append(f"{section}.{key} must be {_TYPES[spec.type]}")
        elif defect := spec.check(value):
            defects.append(f"{section}.{key} {defect}")
        else:
            values[spec.name] = Path(str(value)) if spec.name in _PATHS else value


def _contradictions(values: dict[str, Any]) -> list[str]:
    found = []
    if ("tls_certificate" in values) != ("tls_key" in values):
        found.append("http.certificate and http.key belong together: give both or neither")
    if "tls_certificate" not in values and values.get("host", "127.0.0.1") not in _LOOPBACK:
        found.append("http.host other than loopback needs http.certificate and http.key")
    if "broker" in values and "broker_password_file" not in values:
        found.append("broker.url needs broker.password_file: the hall logs in as broker.user")
    if ("oidc_issuer" in values) != ("oidc_client_id" in values):
        found.append("oidc.issuer and oidc.client_id belong together: give both or neither")
    return [*found, *_broker_contradictions(values), *_in_clear(values)]


def _in_clear(values: dict[str, Any]) -> list[str]:
    found = []
    if "database" in values and not values.get("database_clear_text"):
        found.append(find_clear_database(values["database"]))
    if "broker" in values and not values.get("broker_clear_text"):
        found.append(find_clear_broker(values["broker"]))
    if ("broker_certificate" in values) != ("broker_key" in values):
        found.append("broker.certificate and broker.key belong together: give both or neither")
    if "broker_key" in values and "broker" not in values:
        found.append("broker.key is for broker.url: a broker of our own is reached by a socket")
    return [defect for defect in found if defect is not None]


def _broker_contradictions(values: dict[str, Any]) -> list[str]:
    host, tls = values.get("broker_host", "127.0.0.1"), values.get("broker_tls", False)
    if "broker" in values:
        return [f"broker.{key} is for a broker of our own, without broker.url" for name, key in _OWN_BROKER.items()
                if name in values]  # fmt: skip
    found = []
    if host not in _LOOPBACK and not tls:
        found.append("broker.host other than loopback needs broker.tls = true: passwords would go over it in clear")
    if host in _EVERYWHERE and not values.get("broker_names"):
        found.append("broker.names must say by which name or address devices reach this machine")
    if values.get("client_certificates") and not tls:
        found.append("broker.client_certificates needs broker.tls = true")
    if values.get("open_lobby") and values.get("broker_embedded"):
        found.append("broker.open_lobby needs mosquitto: the embedded broker has none")
    if values.get("lobby_port") and not values.get("open_lobby"):
        found.append("broker.lobby_port is for broker.open_lobby = true")
    return found
