"""What modules learn of each other's things: a service item (guide), a visit (queue). Ports, never imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceItem:
    """One thing people come for. ``department`` is its key (``rsj``)."""

    code: str
    name: Mapping[str, str]
    department: str


class ItemSource(Protocol):
    """The guide's answer to a code."""

    def find_item(self, code: str) -> ServiceItem | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visitor's way through one ticket. ``done``: the service was given; only then are all times there."""

    done: bool
    item: str | None
    department: str
    window: str | None
    staff: str | None
    issued_ms: int
    called_ms: int | None
    started_ms: int | None
    ended_ms: int | None


class VisitSource(Protocol):
    """The queue's answer to a ticket's secret token."""

    def find_visit(self, token: str) -> Visit | None: ...
