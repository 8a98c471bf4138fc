"""The audit port: who did what to which thing, what it was before and after, and why; sealed as `twin/store` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from services.kernel.actor import Actor
from services.kernel.ports import Clock, Connection
from twin.store import audit as lines


class Audit(Protocol):
    """Append-only. ``before`` and ``after`` never hold personal data in clear: a line can not be erased."""

    def record(
        self,
        conn: Connection,
        *,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        why: str | None = None,
    ) -> None:
        """Writes one line within the caller's transaction: no change without its line, no line without its change."""
        ...


class StoreAudit:
    """The default: the twin's log, in a tree of hashes with signed heads."""

    def __init__(self, *, now_ms: Clock) -> None:
        self._now_ms = now_ms

    def record(
        self,
        conn: Connection,
        *,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        why: str | None = None,
    ) -> None:
        lines.append(
            conn,
            site=actor.site,
            actor=actor.id,
            action=action,
            target=target,
            before=before,
            after=after,
            why=why or "",
            at_ms=self._now_ms(),
        )
