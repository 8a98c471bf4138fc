"""The audit port: who did what to which thing, what it was before and after, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from services.kernel.actor import Actor
from services.kernel.ports import Connection


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
