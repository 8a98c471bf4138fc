"""Puts committed audit lines into the tree and signs its head, every half second while there are any.

Between its commit and the next head a line is protected only by who may write to the database; from then on nobody can
change, take out, put in or move a line without the signed head telling.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twin.store import audit, audit_rows
from twin.store.audit_heads import HeadFiles, load_key
from twin.store.audit_tree import Frontier, Head, Subtree, public_of, sign, subtrees
from twin.store.database import Connection, Database

EVERY_S = 0.5
AT_ONCE = 5_000
RETIRE_AT_ONCE = 5_000
TIDY_EVERY_MS = 3_600_000
ACTOR = "system:audit"

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class SealCounters:
    """``untold``: heads that could not be written to their file; the next one covers what they did."""

    sealed: int = 0
    heads: int = 0
    untold: int = 0
    retirements: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Sealer:
    """Has the key. All methods block; ``seal`` is called again and again, and once more when all else has ended.

    ``broken`` says what did not fit when it began. It goes on, because a line that is never sealed helps nobody, and
    the older heads keep telling; only where hashes of the tree itself are missing the lines wait.
    """

    def __init__(
        self, database: Database, *, home: Path, site: str, now_ms: Callable[[], int],
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:  # fmt: skip
        self._database, self._home, self._now_ms, self._random = database, home, now_ms, random
        self._site, self.origin = site, f"halltwin/{site}/audit"
        self.files = HeadFiles(home)
        self._key: Ed25519PrivateKey | None = None
        self._frontier: Frontier | None = None
        self._tidied_ms = 0
        self._sealing = threading.Lock()
        self.head: Head | None = None
        self.broken: str | None = None
        self.counters = SealCounters()

    def start(self) -> None:
        """Reads the key. Raises ``AuditUnusable``."""
        self._key = load_key(self._home, self._random)

    @property
    def key(self) -> Ed25519PrivateKey:
        if self._key is None:
            raise RuntimeError("the sealer was not started")
        return self._key

    @property
    def public_key(self) -> bytes:
        return public_of(self.key)

    def seal(self) -> None:
        """All that is committed now."""
        with self._sealing:
            while self._seal_some() == AT_ONCE:
                continue

    def tidy(self) -> None:
        """Once an hour: lets go of what is older than it is kept. Some at each call, so that sealing does not wait."""
        if self._now_ms() - self._tidied_ms < TIDY_EVERY_MS:
            return
        with self._database.transaction() as conn:
            if audit_rows.retire(conn, site=self._site, actor=ACTOR, at_ms=self._now_ms(), most=RETIRE_AT_ONCE):
                self.counters.retirements += 1
                return
        with self._database.transaction() as conn:
            audit_rows.thin(conn)
        self.files.thin(now_ms=self._now_ms())
        self._tidied_ms = self._now_ms()

    def _seal_some(self) -> int:
        with self._database.transaction() as conn:
            frontier = self._frontier or self._begin(conn)
            if frontier is None or not audit_rows.is_waiting(conn):
                self._frontier = frontier
                return 0
            admitted = audit_rows.admit(conn, AT_ONCE)
            if not admitted:  # another sealer was quicker
                return 0
            place = admitted[0][0]
            grown = frontier.copy() if frontier.size == place else _read_frontier(conn, place)
            kept: list[Subtree] = []
            for _, value in admitted:
                kept += grown.add(value)
            head = sign(self.key, size=grown.size, at_ms=self._now_ms(), origin=self.origin, root=grown.root())
            audit_rows.seal(conn, head, kept)
        self._frontier, self.head = grown, head
        self.counters.sealed += len(admitted)
        self.counters.heads += 1
        self._tell(head)
        return len(admitted)

    def _begin(self, conn: Connection) -> Frontier | None:
        """Where the tree ends, looked at against the heads that were signed before."""
        self.head = head = audit_rows.find_newest_head(conn)
        told = self.files.find_largest()
        size, frontier, wrong = head.size if head else 0, None, None
        try:
            frontier = _read_frontier(conn, size)
            if head is not None and frontier.root() != head.root:
                wrong = f"the lines are not those that the head of {size} lines was signed for"
        except LookupError as error:
            wrong = f"the tree is not whole: {error}"
        if told is not None and told.size > size:
            wrong = f"a head of {told.size} lines was signed, and the newest here is of {size}"
        elif head is not None and (told is None or told.size < size):
            self._tell(head)
        if wrong is not None and self.broken is None:
            self.broken = wrong
            _log.error("audit_broken what=%s", wrong)
            audit.append(
                conn, site=self._site, actor=ACTOR, action="audit.broken", target="audit", before=None,
                after={"size": size}, why=wrong, at_ms=self._now_ms(),
            )  # fmt: skip
        return frontier

    def _tell(self, head: Head) -> None:
        try:
            self.files.add(head)
        except OSError as error:
            if not self.counters.untold:
                _log.warning("audit_head_untold error=%s", error)
            self.counters.untold += 1


def _read_frontier(conn: Connection, size: int) -> Frontier:
    return Frontier(subtrees(0, size, audit_rows.reader(conn)))
