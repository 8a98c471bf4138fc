"""Passwords: argon2id, two at a time, and a short line behind them, so that a flood of logins costs nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from services.accounts.errors import WeakPassword
from services.kernel.errors import Unavailable
from services.kernel.ports import Random

AT_ONCE = 2
"""Hashes running at one time: each takes 19 MiB and about an eighth of a second of a core."""
IN_LINE_MAX = 8
"""Running and waiting together; more are turned away before they hold a worker thread."""
SHORTEST, LONGEST = 10, 128

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """``hash`` and ``verify`` block: call them outside a transaction and off the event loop."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
        self._line = BoundedSemaphore(IN_LINE_MAX)
        self._working = BoundedSemaphore(AT_ONCE)
        # An unknown user is checked against this: it takes as long as a known one.
        self._nobody = self._argon2.hash("nobody")

    def hash(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise WeakPassword(shortest=SHORTEST, longest=LONGEST)
        with self._turn():
            return self._argon2.hash(password)

    def verify(self, password: str, password_hash: str | None) -> bool:
        """False for a wrong password and, after the same time, for a user there is none of (``None``)."""
        with self._turn():
            try:
                self._argon2.verify(password_hash or self._nobody, password[: LONGEST + 1])
            except (VerificationError, InvalidHashError):
                return False
            return password_hash is not None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._line.acquire(blocking=False):
            raise Unavailable(
                zh="登录人数过多，请稍候再试。", en="Too many are logging in: try again.", retry_after_s=2
            )
        try:
            with self._working:
                yield
        finally:
            self._line.release()


def new_password(random: Random) -> str:
    """Four groups of four that can be read out over a phone: 79 bits."""
    # 31 does not divide 256: bytes at the top end are drawn again, so that each character is equally likely.
    top = 256 - 256 % len(_READABLE)
    letters: list[str] = []
    while len(letters) < 16:
        letters += [_READABLE[b % len(_READABLE)] for b in random(16) if b < top]
    return "-".join("".join(letters[n : n + 4]) for n in range(0, 16, 4))
