"""People, sessions and paired browsers as values."""

from __future__ import annotations

from dataclasses import dataclass

from services.kernel.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a login lives and how often it may be tried."""

    idle_s: int = 15 * 60
    absolute_s: int = 8 * 3600
    attempts_max: int = 10
    attempts_window_s: int = 15 * 60
    pairing_code_s: int = 5 * 60
    pairings_max: int = 500
    tokens_max: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``name`` is None once the person was erased; ``phone`` is masked."""

    id: str
    login: str
    name: str | None
    phone: str | None
    roles: tuple[str, ...]
    created_ms: int
    disabled_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that has just begun: the only moment its token is known."""

    token: str
    actor: Actor
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    id: str
    role: str
    place: str | None
    name: str
    created_ms: int
    claimed_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCode:
    """A code that has just been made: the only moment it is known."""

    pairing: Pairing
    code: str
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """With it a program reads the open data until ``expires_ms``."""

    id: str
    name: str
    created_by: str
    created_ms: int
    expires_ms: int
    last_used_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that has just been made: the only moment it is known."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    role: str
    user: str
    password: str
    totp: str | None = None


def subject_of(person_id: str) -> str:
    """What the vault and the audit know a person by."""
    return f"user:{person_id}"
