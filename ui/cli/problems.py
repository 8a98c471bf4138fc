"""How an error looks on the command line: RFC 9457 JSON and the exit code of DESIGN section 8."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any

from building.errors import AmbiguousPlace, BuildingError, PlaceError, UnreadableFile, UnwritableFile
from iot.errors import BrokerUnavailable, InvalidKind
from ui.problems import BadSettings, BadTable, NeedsAttention, WrongUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    exit_code: int
    document: dict[str, Any]


def problem_of(error: BaseException) -> Problem | None:
    """The problem an expected error stands for; None for a bug, which keeps its trace."""
    if isinstance(error, PlaceError):
        ambiguous = isinstance(error, AmbiguousPlace)
        slug = "ambiguous-place" if ambiguous else "unknown-place"
        title = "The place is ambiguous" if ambiguous else "The place is unknown"
        candidates = [asdict(c) for c in error.candidates]
        return _problem(5, slug, title, error, query=error.query, candidates=candidates)
    if isinstance(error, UnreadableFile | UnwritableFile):
        output = isinstance(error, UnwritableFile)
        code, slug = (2, "unwritable-file") if output else (4, "unreadable-file")
        title = "The file cannot be written" if output else "The file cannot serve"
        return _problem(code, slug, title, error, what=error.what, todo=error.todo)
    if isinstance(error, BadSettings | BadTable):
        slug, title = ("table", "The list") if isinstance(error, BadTable) else ("settings", "The configuration")
        return _problem(2, slug, f"{title} has defects", error, defects=error.defects)
    if isinstance(error, NeedsAttention):
        return _problem(6, "needs-attention", error.what, error, where=error.where, todo=error.todo)
    for kind, exit_code, slug, title in _PLAIN:
        if isinstance(error, kind):
            return _problem(exit_code, slug, title, error)
    return _late(error)


_PLAIN: tuple[tuple[type[Exception], int, str, str], ...] = (
    (BuildingError, 4, "building", "The building cannot serve"),
    (InvalidKind, 2, "kind", "A device kind is declared wrongly"),
    (BrokerUnavailable, 6, "broker-unavailable", "The broker will not start"),
    (WrongUsage, 2, "usage", "The command line asks for what cannot be"),
)


def _late(error: BaseException) -> Problem | None:
    """Errors of heavier packages: they can only have been raised if their package is loaded already."""
    if "wayfinding.errors" in sys.modules and (problem := _of_ways(error)) is not None:
        return problem
    if "twin.errors" in sys.modules:
        from twin.errors import AuditUnusable, BackupRefused, NoRoom, NotEmpty, TwinError, UnknownSelection

        if isinstance(error, UnknownSelection):
            return _problem(2, "unknown-selection", f"No {error.what} is called that", error, known=list(error.known))
        if isinstance(error, BackupRefused):
            code = 2 if isinstance(error, NotEmpty) else 6 if isinstance(error, NoRoom) else 4
            return _problem(code, "backup", error.what, error, where=error.where, todo=error.todo)
        if isinstance(error, AuditUnusable):
            return _problem(4, "audit", error.what, error, where=str(error.where), todo=error.todo)
        if isinstance(error, TwinError):
            return _problem(6, "twin", "Something needed will not start", error)
    return None


def _of_ways(error: BaseException) -> Problem | None:
    from wayfinding.errors import NoRoute, Unanswerable

    if isinstance(error, NoRoute):
        return _problem(3, "no-route", "No way exists", error, reasons=[asdict(r) for r in error.reasons])
    if isinstance(error, Unanswerable):
        return _problem(2, "unanswerable", "The question cannot be answered", error, reason=error.code)
    return None


def _problem(exit_code: int, slug: str, title: str, error: BaseException, **more: Any) -> Problem:
    document = {"type": f"urn:halltwin:problem:{slug}", "title": title, "status": exit_code, "detail": str(error)}
    return Problem(exit_code=exit_code, document=document | more)
