"""What the parts of this module share: the ports they act through, and the limits they keep."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.accounts.limiter import Limiter
from services.accounts.model import Limits, SecondFactor
from services.accounts.passwords import Passwords
from services.kernel.access import ADMINISTRATORS, OUTSIDERS, AccessTable
from services.kernel.actor import Actor
from services.kernel.audit import Audit
from services.kernel.consents import Consents
from services.kernel.ports import Clock, Connection, Random, Transactions
from services.kernel.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One site's ports, and what it decided. ``words``: what no password may hold."""

    database: Transactions
    audit: Audit
    vault: Vault
    consents: Consents
    access: AccessTable
    passwords: Passwords
    site: str
    now_ms: Clock
    random: Random
    limits: Limits = field(default_factory=Limits)
    second_factor: SecondFactor = "staff"
    words: Collection[str] = ()

    def needs_factor(self, roles: Collection[str]) -> bool:
        """Whether whoever holds these roles may do nothing before a second factor is shown."""
        if self.second_factor == "administrators":
            return bool(set(roles) & set(ADMINISTRATORS))
        return self.second_factor == "everybody" or not set(roles) <= set(OUTSIDERS)

    def limiter(self, *, attempts_max: int | None = None) -> Limiter:
        return Limiter(
            site=self.site,
            now_ms=self.now_ms,
            attempts_max=attempts_max or self.limits.attempts_max,
            window_s=self.limits.attempts_window_s,
        )

    def record(
        self,
        conn: Connection,
        actor: Actor,
        action: str,
        target: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        why: str | None = None,
    ) -> None:
        self.audit.record(conn, actor=actor, action=action, target=target, before=before, after=after, why=why)
