"""People, sessions and paired browsers as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from services.kernel.access import ADMINISTRATORS, OUTSIDERS
from services.kernel.actor import Actor

SecondFactor: TypeAlias = Literal["everybody", "staff", "administrators"]
"""Who must show more than one thing; whoever has a second factor shows it in any case."""
Proof: TypeAlias = Literal["id_document", "work_pass"]
"""What somebody showed in person who lost password or factor: an ID document, or, of staff, the house's own pass. The
same as when they were let in first; a call, a message or a colleague's word is none.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a login lives and how often it may be tried: by account, and by address whatever the account.

    Administrators stay for less time, visitors may rest for longer, and a kiosk forgets within a minute. What each
    number is for stands in docs/security/signing-in.md.
    """

    idle_s: int = 15 * 60
    absolute_s: int = 8 * 3600
    administrator_absolute_s: int = 4 * 3600
    outsider_idle_s: int = 30 * 60
    kiosk_idle_s: int = 60
    kiosk_absolute_s: int = 10 * 60
    sessions_max: int = 5
    attempts_max: int = 10
    address_attempts_max: int = 100
    attempts_window_s: int = 15 * 60
    challenge_s: int = 5 * 60
    signin_code_s: int = 2 * 60
    fresh_s: int = 10 * 60
    factors_max: int = 10
    known_browser_s: int = 180 * 86_400
    known_browsers_max: int = 20
    pairing_code_s: int = 5 * 60
    pairings_max: int = 500
    tokens_max: int = 200

    def of(self, roles: Collection[str], *, kiosk: bool = False) -> tuple[int, int]:
        """(seconds unused, seconds in all) that somebody with these roles stays logged in."""
        if kiosk:
            return self.kiosk_idle_s, self.kiosk_absolute_s
        if set(roles) & set(ADMINISTRATORS):
            return self.idle_s, min(self.absolute_s, self.administrator_absolute_s)
        if roles and set(roles) <= set(OUTSIDERS):
            return max(self.idle_s, self.outsider_idle_s), self.absolute_s
        return self.idle_s, self.absolute_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that has just begun: the only moment its token is known.

    ``known``: what tells this browser from those that nobody signed in with, where it is to be given one.
    """

    token: str
    actor: Actor
    expires_ms: int
    known: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The address a page was opened by, as passkeys are bound to it: ``https://hall.example``."""

    origin: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Where somebody signs in from. ``known``: what this browser was given when somebody signed in here before."""

    address: str
    browser: str = ""
    known: str | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown beside a password: a one-time code (or a recovery code), or a passkey's answer."""

    code: str | None = None
    passkey: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A way of signing in beside the password: ``totp`` or ``passkey``."""

    id: str
    kind: str
    name: str
    created_ms: int
    last_used_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resetting:
    """Why somebody is let in anew, and by what they were known to be who they say."""

    why: str
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """A recovery code for one login: the only moment it is known."""

    code: str = field(repr=False)
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    id: str
    current: bool
    address: str
    browser: str
    factor: str | None
    created_ms: int
    last_used_ms: int
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
    """With it a program does what its ``scopes`` say until ``expires_ms``."""

    id: str
    name: str
    scopes: Sequence[str]
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
