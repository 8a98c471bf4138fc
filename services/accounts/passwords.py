"""Passwords: argon2id, a few at a time in short lines, so that a flood of logins costs nobody else.

Browsers that nobody knows share one line, and one address holds few of its places; browsers that somebody signed in
with before stand in a line of their own, which no flood of strangers can fill.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from services.accounts.errors import WeakPassword
from services.accounts.pace import Pace
from services.accounts.signin_errors import LineFull
from services.kernel.ports import Random

TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19 * 1024, 1
"""OWASP's floor. The same for all stored hashes and for the unknown user's, or the clock would tell them apart: where
they are raised, each person's hash follows at their next login."""
AT_ONCE = 1
"""Hashes running at one time in each line: an attack gets one core, never both."""
IN_LINE_MAX = 8
"""Running and waiting in each line; more are turned away before they hold a worker thread."""
OF_ONE_ADDRESS_MAX = 2
"""Places in the strangers' line that one address may hold."""
STRANGERS_PER_S, STRANGERS_BURST = 10.0, 20
"""So many of them are looked at: twenty at once at nine o'clock, and under attack a fifth of one core."""
SHORTEST, LONGEST = 8, 128

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class Line:
    """``turn`` waits for a place to work in; it raises ``LineFull`` at once where too many wait already."""

    def __init__(
        self, *, of_one_max: int = IN_LINE_MAX, pace: Pace | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._of_one_max, self._pace, self._sleep = of_one_max, pace, sleep
        self._lock, self._working = threading.Lock(), BoundedSemaphore(AT_ONCE)
        self._waiting: Counter[str] = Counter()

    def check(self, asker: str) -> None:
        """Raises ``LineFull`` where there is no place now."""
        with self._lock:
            self._check(asker)

    def _check(self, asker: str) -> None:
        if self._waiting.total() >= IN_LINE_MAX or self._waiting[asker] >= self._of_one_max:
            raise LineFull

    @contextmanager
    def turn(self, asker: str) -> Iterator[None]:
        with self._lock:
            self._check(asker)
            self._waiting[asker] += 1
        try:
            with self._working:
                if self._pace is not None:
                    self._sleep(self._pace.wait_s())
                yield
        finally:
            with self._lock:
                self._waiting[asker] -= 1
                self._waiting += Counter()  # forgets those who hold no place


class Passwords:
    """``hash`` and ``verify`` block: call them outside a transaction and off the event loop."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(
            time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM, type=Type.ID
        )
        pace = Pace(per_s=STRANGERS_PER_S, burst=STRANGERS_BURST)
        self._strangers, self._known = Line(of_one_max=OF_ONE_ADDRESS_MAX, pace=pace), Line()
        # An unknown user is checked against this: it takes as long as a known one.
        self._nobody = self._argon2.hash("nobody")

    def hash(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise WeakPassword(shortest=SHORTEST, longest=LONGEST)
        with self._known.turn(""):
            return self._argon2.hash(password)

    def verify(self, password: str, password_hash: str | None, *, address: str = "", known: bool = False) -> bool:
        """False for a wrong password and, after the same time, for a user there is none of (``None``)."""
        with (self._known if known else self._strangers).turn(address):
            try:
                self._argon2.verify(password_hash or self._nobody, password[: LONGEST + 1])
            except (VerificationError, InvalidHashError):
                return False
            return password_hash is not None

    def check_room(self, address: str) -> None:
        """Raises ``LineFull`` before anything is asked of the database for a stranger who would be sent away."""
        self._strangers.check(address)

    def is_outdated(self, password_hash: str) -> bool:
        """Made with a lower cost than today's: to be made anew while the password is at hand."""
        return self._argon2.check_needs_rehash(password_hash)


def new_recovery_code(random: Random) -> str:
    """Seven groups of four: 138 bits, so that a plain hash keeps it."""
    return new_password(random, groups=7)


def new_password(random: Random, *, groups: int = 4) -> str:
    """Groups of four that can be read out over a phone; four of them are 79 bits."""
    # 31 does not divide 256: bytes at the top end are drawn again, so that each character is equally likely.
    top = 256 - 256 % len(_READABLE)
    letters: list[str] = []
    while len(letters) < 4 * groups:
        letters += [_READABLE[b % len(_READABLE)] for b in random(16) if b < top]
    return "-".join("".join(letters[n : n + 4]) for n in range(0, 4 * groups, 4))
