"""What was refused goes on record too, but a flood of it must not: the first of a kind at once, others as a number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.kernel.actor import Actor, make_visitor
from services.kernel.audit import Audit
from services.kernel.masking import mask_text
from services.kernel.ports import Clock, Transactions

ACTION = "request.refused"
WINDOW_MS = 60_000
"""What is refused again within it is counted and told in one line at its end."""
KINDS_MAX = 200
"""Different ones a window; what is beyond is one number."""
PENDING_MAX = 1_000
"""Lines that wait while the database is away; what is beyond is a number too."""
PATH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """``source``: the address it came from, as a mark that says only whether it is the same one."""

    actor: Actor
    source: str
    method: str
    path: str
    status: int


def is_worth_a_line(status: int, *, path: str, bearer: bool) -> bool:
    """Not allowed; too many logins tried; a program's token that is none. (A wrong password has its own line.)"""
    return status == 403 or (status == 429 and path.endswith("/session")) or (status == 401 and bearer)


class Refusals:
    """``happened`` is called amid the event loop and only counts; ``flush``, by one thread at a time, writes."""

    def __init__(
        self, *, database: Transactions, audit: Audit, site: str, now_ms: Clock, mark: Callable[[str], str]
    ) -> None:  # fmt: skip
        self._database, self._audit, self._now_ms, self._mark = database, audit, now_ms, mark
        self._nobody = make_visitor(site)
        self._lock = threading.Lock()
        self._seen: dict[Refusal, int] = {}
        self._pending: list[tuple[Actor, str, Mapping[str, Any]]] = []
        self._beyond = self._since_ms = 0

    def happened(self, actor: Actor, *, address: str, method: str, path: str, status: int) -> None:
        refusal = Refusal(
            actor=actor, source=self._mark(address), method=method, path=mask_text(path[:PATH_MAX]), status=status
        )  # fmt: skip
        with self._lock:
            if not self._seen:
                self._since_ms = self._now_ms()
            if refusal in self._seen:
                self._seen[refusal] += 1
            elif len(self._seen) < KINDS_MAX:
                self._seen[refusal] = 0
                self._add(refusal)
            else:
                self._beyond += 1

    def flush(self, *, end: bool = False) -> None:
        """Writes what waits, and what was counted where its window, or everything, is at its end."""
        with self._lock:
            if end or self._now_ms() - self._since_ms >= WINDOW_MS:
                for refusal, times in self._seen.items():
                    if times:
                        self._add(refusal, times)
                if self._beyond:
                    self._pending.append((self._nobody, "others", {"times": self._beyond}))
                self._seen, self._beyond = {}, 0
            lines = list(self._pending)
        if not lines:
            return
        with self._database.transaction() as conn:
            for actor, target, after in lines:
                self._audit.record(conn, actor=actor, action=ACTION, target=target, after=after)
        with self._lock:
            del self._pending[: len(lines)]

    def _add(self, refusal: Refusal, again: int = 0) -> None:
        if len(self._pending) >= PENDING_MAX:
            self._beyond += max(again, 1)
            return
        after = {"status": refusal.status, "from": refusal.source, **({"again": again} if again else {})}
        self._pending.append((refusal.actor, f"{refusal.method} {refusal.path}", after))
