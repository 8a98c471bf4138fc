"""Who may speak on which topic: passwords hashed as mosquitto stores them, and the lines of its access list."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping

from iot.codecs.native import PREFIX, echo_topic, is_device_key
from iot.conventions.binding import check_binding, hall_topics, topics_of
from iot.errors import IotError
from iot.ports import Binding

HALL_USER = "hall"
"""The hall's own user: hears everything of its site, and is the only one that may command."""
LOBBY_USER = "hall.lobby"
"""The hall at the lobby: hears who knocks and answers, nothing else."""
LIVE_USER = "hall.live"
"""The hall as it tells its live feed to web processes of its own, and hears where one of them stands."""
WEB = "hall.web"
"""Users whose name begins so are web processes: they hear the live feed, and say where they stand. ``hall.web-1``."""
DASHBOARD_USER = "dashboard"
"""A stranger's dashboard: sees where Home Assistant discovery points to, says nothing but that it is there."""
LOBBY = "lobby"
GUEST = "lobby-"
"""Users whose name begins so were invited to knock."""
_ITERATIONS = 101
"""mosquitto's own figure. Enough, because device passwords are 192 random bits, never chosen by people."""
_SALT_BYTES, _HASH_BYTES = 12, 64
_DEVICE_TOPICS = ("desc", "state", "tele", "evt/+", "ack/+")


def new_password(random: Callable[[int], bytes]) -> str:
    """A password nobody needs to remember; ``random`` is ``secrets.token_bytes`` outside tests."""
    return base64.urlsafe_b64encode(random(24)).decode()


def new_salt(random: Callable[[int], bytes]) -> bytes:
    return random(_SALT_BYTES)


def hash_password(password: str, salt: bytes) -> str:
    """``$7$..`` (PBKDF2-SHA512), as ``mosquitto_passwd`` writes it."""
    return _hash(password, salt, _ITERATIONS)


def verify_password(password: str, hashed: str) -> bool:
    """Whether this password gave that hash; False for anything that is no ``$7$`` hash."""
    match hashed.split("$"):
        case ["", "7", iterations, salt, _] if iterations.isdecimal() and 0 < int(iterations) <= 1_000_000:
            try:
                return hmac.compare_digest(
                    _hash(password, base64.b64decode(salt, validate=True), int(iterations)), hashed
                )
            except binascii.Error:
                return False
    return False


def password_lines(users: Mapping[str, str]) -> list[str]:
    """The password file's lines from user -> hash."""
    for user, hashed in users.items():
        if not is_device_key(user) or not hashed.startswith("$7$") or not hashed.isascii() or not hashed.isprintable():
            raise IotError(f"user {user!r} or its hash cannot stand in a password file")
    return [f"{user}:{hashed}" for user, hashed in sorted(users.items())]


def is_reserved(user: str) -> bool:
    """Whether no device may be called so."""
    return user in {HALL_USER, LOBBY_USER, LIVE_USER, DASHBOARD_USER, LOBBY} or user.startswith((GUEST, WEB))


def is_web(user: str) -> bool:
    """Whether it is a web process of the hall's own."""
    return user.startswith(WEB) and is_device_key(user)


def live_topic(site: str) -> str:
    """On which the hall tells web processes its live feed (``twin/live_wire.py``)."""
    return f"{PREFIX}/{site}/{HALL_USER}/live/out"


def ask_topic(site: str, user: str) -> str:
    """On which a web process says where it stands; ``+`` for all of them."""
    return f"{PREFIX}/{site}/{HALL_USER}/live/ask/{user}"


def acl_lines(
    site: str, grants: Mapping[str, Iterable[str]] | None = None, *, bindings: Iterable[Binding] = (),
    home_assistant: str | None = None, users: Iterable[str] = (),
) -> list[str]:  # fmt: skip
    """The access list of one site. What is not said here is denied.

    ``grants`` names the devices for which a gateway's user may speak besides itself, ``bindings`` the foreign topics of
    devices, ``home_assistant`` the prefix under which the hall describes itself to others; of all ``users`` the web
    processes have rights of their own. Who reads its own may ask for it by ``#``, as most clients do: that is no
    attempt at anything.
    """
    if not is_device_key(site):
        raise IotError(f"site {site!r} cannot stand in a topic")
    prefix = f"{PREFIX}/{site}"
    bound = list(bindings)
    writes, reads = hall_topics(site, home_assistant, bound)
    lines = [
        f"user {HALL_USER}",
        f"topic read {prefix}/#",
        f"topic write {prefix}/+/cmd/+",
        f"topic write {echo_topic(site)}",
        "topic read $SYS/#",
        *(f"topic write {topic}" for topic in writes),
        *(f"topic read {topic}" for topic in reads),
        f"user {LOBBY_USER}",
        f"topic read {prefix}/{LOBBY}/+/knock",
        f"topic write {prefix}/{LOBBY}/+/answer",
        f"user {LIVE_USER}",
        f"topic write {live_topic(site)}",
        f"topic read {ask_topic(site, '+')}",
    ]
    for web in sorted(filter(is_web, users)):
        lines += [f"user {web}", f"topic read {live_topic(site)}", f"topic write {ask_topic(site, web)}"]
    if home_assistant:
        lines += [
            f"user {DASHBOARD_USER}",
            f"topic read {prefix}/+/state",
            f"topic read {prefix}/+/tele",
            f"topic read {home_assistant}/#",
            f"topic write {home_assistant}/status",
        ]
    for user, own in sorted(_own_lines(prefix, grants or {}, bound).items()):
        lines += [f"user {user}", *own]
    lines += [f"pattern write {prefix}/%u/{topic}" for topic in _DEVICE_TOPICS]
    lines.append(f"pattern read {prefix}/%u/cmd/#")
    lines += [f"pattern write {prefix}/{LOBBY}/%u/knock", f"pattern read {prefix}/{LOBBY}/%u/answer"]
    return lines


def _own_lines(
    prefix: str, grants: Mapping[str, Iterable[str]], bindings: Iterable[Binding]
) -> dict[str, list[str]]:  # fmt: skip
    """What users may beyond their own native topics."""
    found: dict[str, list[str]] = {}
    for gateway, devices in grants.items():
        names = sorted(devices)
        if not all(map(is_device_key, [gateway, *names])) or is_reserved(gateway):
            raise IotError(f"gateway {gateway!r} or a device granted to it is malformed")
        for device in names:
            found.setdefault(gateway, []).extend(f"topic write {prefix}/{device}/{topic}" for topic in _DEVICE_TOPICS)
            found[gateway].append(f"topic read {prefix}/{device}/cmd/#")
    for binding in bindings:
        check_binding(binding)
        writes, reads = topics_of(binding)
        own = found.setdefault(binding.device, [])
        own += [*(f"topic write {topic}" for topic in writes), *(f"topic read {topic}" for topic in reads)]
    return found


def _hash(password: str, salt: bytes, iterations: int) -> str:
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, _HASH_BYTES)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
