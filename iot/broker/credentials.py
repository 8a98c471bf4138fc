"""Who may speak on which topic: passwords hashed as mosquitto stores them, and the lines of its access list."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping

from iot.codecs.native import PREFIX, is_device_key
from iot.errors import IotError

HALL_USER = "hall"
"""The hall's own user: hears everything of its site, and is the only one that may command."""
_ITERATIONS = 101
"""mosquitto's own figure. Enough, because device passwords are 192 random bits, never chosen by people."""
_SALT_BYTES, _HASH_BYTES = 12, 64
_DEVICE_TOPICS = ("desc", "state", "tele", "evt/#", "ack/#")


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


def acl_lines(site: str, grants: Mapping[str, Iterable[str]] | None = None) -> list[str]:
    """The access list of one site. What is not said here is denied.

    ``grants`` names the devices for which a gateway's user may speak besides itself.
    """
    if not is_device_key(site):
        raise IotError(f"site {site!r} cannot stand in a topic")
    prefix = f"{PREFIX}/{site}"
    lines = [
        f"user {HALL_USER}",
        f"topic read {prefix}/#",
        f"topic write {prefix}/+/cmd/#",
        "topic read $SYS/#",
    ]
    for gateway, devices in sorted((grants or {}).items()):
        names = sorted(devices)
        if not all(map(is_device_key, [gateway, *names])):
            raise IotError(f"gateway {gateway!r} or a device granted to it is malformed")
        lines.append(f"user {gateway}")
        for device in names:
            lines += [f"topic write {prefix}/{device}/{topic}" for topic in _DEVICE_TOPICS]
            lines.append(f"topic read {prefix}/{device}/cmd/#")
    lines += [f"pattern write {prefix}/%u/{topic}" for topic in _DEVICE_TOPICS]
    lines.append(f"pattern read {prefix}/%u/cmd/#")
    return lines


def _hash(password: str, salt: bytes, iterations: int) -> str:
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, _HASH_BYTES)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
