"""What has been done and what was lost: the audit and every counter, in one place."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.kernel.http import make_router, permitted
from ui.bootstrap import Hall


class AuditLineOut(BaseModel):
    id: int
    at_ms: int
    actor: str
    action: str
    target: str
    before: Any
    after: Any
    why: str


class CountersOut(BaseModel):
    """``totals`` by name; ``devices`` only where something was lost or refused."""

    totals: dict[str, int]
    devices: dict[str, dict[str, int]]
    connectors: dict[str, dict[str, Any]]
    strangers: list[dict[str, Any]]


def router(hall: Hall) -> APIRouter:
    """Routes ``/audit`` and ``/counters``."""
    routes = make_router("oversight")

    @routes.get("/audit", **permitted("audit.view"))
    def audit(limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[AuditLineOut]:
        """The newest lines first."""
        return [AuditLineOut.model_validate(line) for line in hall.audit_lines(limit)]

    @routes.get("/counters", **permitted("ops.view"))
    def counters() -> CountersOut:
        """Everything received, rejected, late, out of range, dropped or refused."""
        return CountersOut(**hall.counters())

    return routes
