"""What has been done and what was lost: the audit, whether it is whole, and every counter, in one place."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from services.kernel.actor import Actor
from services.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from services.kernel.http import RETRY_AFTER_S, CurrentActor, answers, attachment, make_router, permitted
from services.kernel.masking import mask_name, mask_text
from services.kernel.strict_json import INTEGER_MAX
from twin.export.tables import BOM, harmless, iso
from twin.store import audit_rows, audit_search
from twin.store.audit_search import Wanted
from twin.store.audit_tree import Head, consistency, inclusion
from ui.bootstrap import Hall

LAST_MS = 253_402_300_000_000
"""The end of the year 9999."""
EXPORT_MAX = 100_000
"""Lines of one CSV; `halltwin audit export` writes any number."""
COLUMNS = ("line", "time", "actor", "action", "target", "before", "after", "why")
Millis = Annotated[int | None, Query(ge=0, le=LAST_MS)]
Word = Annotated[str | None, Query(min_length=1, max_length=200)]


class AuditLineOut(BaseModel):
    id: int
    at_ms: int
    actor: str
    action: str
    target: str
    before: Any
    after: Any
    why: str


class AuditPageOut(BaseModel):
    """``next`` is the cursor of the next page; with a word to look for a page may be short, or empty, and go on."""

    lines: list[AuditLineOut]
    next: int | None


class AuditHeadOut(BaseModel):
    """What was signed of the first ``size`` lines: RFC 9162's root hash of them, and an Ed25519 signature, in hex.

    Signed are the lines ``origin``, ``size``, the root in base64 and ``at_ms``, each with a line feed.
    """

    size: int
    at_ms: int
    origin: str
    root: str
    key: str
    signature: str


class AuditDefectOut(BaseModel):
    kind: str
    line: int | None
    what: str


class AuditVerdictOut(BaseModel):
    """``lines`` are as they were written where ``ok``; ``waiting`` were not sealed yet."""

    lines: int
    at_ms: int
    ok: bool
    waiting: int
    defects: list[AuditDefectOut]
    more: int


class AuditStateOut(BaseModel):
    """``verdict`` is of the last time that all lines were verified since the hall started; ``verifying``: just now."""

    head: AuditHeadOut | None
    verdict: AuditVerdictOut | None
    verifying: bool
    broken: str | None
    keep_days: int


class AuditProofOut(BaseModel):
    """With ``leaf``, ``place`` and ``path`` anybody makes the root of ``head`` (RFC 9162, 2.1.3.2)."""

    line: int
    place: int
    leaf: str
    path: list[str]
    head: AuditHeadOut


class AuditConsistencyOut(BaseModel):
    """That the first ``first`` lines are still the beginning of what ``head`` covers (RFC 9162, 2.1.4.2)."""

    first: int
    path: list[str]
    head: AuditHeadOut


class CountersOut(BaseModel):
    """``totals`` by name; ``devices`` only where something was lost or refused."""

    totals: dict[str, int]
    devices: dict[str, dict[str, int]]
    connectors: dict[str, dict[str, Any]]
    strangers: list[dict[str, Any]]


def _wanted(
    *, actor: Word = None, action: Word = None, target: Word = None, text: Word = None, since: Millis = None,
    until: Millis = None,
) -> Wanted:  # fmt: skip
    return Wanted(actor=actor, action=action, target=target, text=text, since_ms=since, until_ms=until)


Asked = Annotated[Wanted, Depends(_wanted)]


def router(hall: Hall) -> APIRouter:
    """Routes under ``/audit``, and ``/counters``."""
    routes = make_router("oversight")
    _add_lines(routes, hall)
    _add_tree(routes, hall)

    @routes.get("/counters", **permitted("ops.view"))
    def counters() -> CountersOut:
        """Everything received, rejected, late, out of range, dropped or refused."""
        return CountersOut(**hall.counters())

    return routes


def _add_lines(routes: APIRouter, hall: Hall) -> None:
    @routes.get("/audit", **permitted("audit.view"))
    def audit(
        wanted: Asked, actor: CurrentActor, limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[int | None, Query(ge=1, le=INTEGER_MAX)] = None,
    ) -> AuditPageOut:  # fmt: skip
        """The newest lines first. Looking is on record itself, once a search."""
        if cursor is None:
            _record(hall, actor, "audit.search", wanted)
        lines, after = _search(hall, wanted, cursor, limit)
        return AuditPageOut(lines=[AuditLineOut.model_validate(line) for line in lines], next=after)

    @routes.get("/audit/actions", **permitted("audit.view"))
    def actions() -> list[str]:
        """All that was ever done, by name."""
        with hall.database.transaction() as conn:
            return audit_search.list_actions(conn)

    @routes.get("/audit/export", **permitted("audit.view"), **answers("text/csv"))
    def export(wanted: Asked, actor: CurrentActor) -> StreamingResponse:
        """The same lines as CSV for Excel, the newest 100,000. `halltwin audit export` is what proves something."""
        _record(hall, actor, "audit.export", wanted)
        name = f"{hall.site}-audit-{hall.now_ms()}.csv"
        return StreamingResponse(
            _csv(hall, wanted), media_type="text/csv; charset=utf-8", headers=attachment(name)
        )  # fmt: skip


def _add_tree(routes: APIRouter, hall: Hall) -> None:
    @routes.get("/audit/head", **permitted("audit.view"))
    def head() -> AuditStateOut:
        """What was signed last, and whether all lines were found to be as they were written."""
        return _state(hall)

    @routes.post("/audit/verify", status_code=202, **permitted("audit.view"))
    def verify(actor: CurrentActor) -> AuditStateOut:
        """Verify all lines in the background; ``/audit/head`` tells what came of it."""
        hall.auditing.ask(actor)
        return _state(hall)

    @routes.get("/audit/proof", **permitted("audit.view"))
    def proof(line: Annotated[int, Query(ge=1, le=INTEGER_MAX)]) -> AuditProofOut:
        """That a line is in the tree whose head was signed last."""
        with hall.database.transaction() as conn:
            found = audit_rows.find_place(conn, line, site=hall.site)
            signed = audit_rows.find_newest_head(conn)
            if found is None or signed is None:
                raise NotFound(zh="没有这条记录，或尚未封存，请稍后再试。", en="No such line, or it is not sealed yet.")
            place, leaf = found
            with _whole():
                path = inclusion(place, signed.size, audit_rows.reader(conn))
        return AuditProofOut(line=line, place=place, leaf=leaf.hex(), path=[h.hex() for h in path], head=_head(signed))

    @routes.get("/audit/consistency", **permitted("audit.view"))
    def consistent(first: Annotated[int, Query(ge=1, le=INTEGER_MAX)]) -> AuditConsistencyOut:
        """For a witness who kept a head of ``first`` lines: that nothing of them was changed since."""
        with hall.database.transaction() as conn:
            signed = audit_rows.find_newest_head(conn)
            if signed is None or signed.size < first:
                raise NotFound(zh="封存的记录没有这么多。", en="Not so many lines are sealed.")
            with _whole():
                path = consistency(first, signed.size, audit_rows.reader(conn))
        return AuditConsistencyOut(first=first, path=[h.hex() for h in path], head=_head(signed))


def _search(hall: Hall, wanted: Wanted, cursor: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    if None not in {wanted.since_ms, wanted.until_ms} and (wanted.since_ms or 0) >= (wanted.until_ms or 0):
        raise Invalid(zh="开始时间应早于结束时间。", en="since must be before until.")
    try:
        with hall.database.transaction() as conn:
            return audit_search.search(conn, wanted, site=hall.site, cursor=cursor, limit=limit)
    except psycopg.errors.QueryCanceled as error:
        raise Unavailable(
            zh="查找时间过长，请缩小时间范围或指定人员、对象。",
            en="Looking takes too long: name a shorter time, a person or a target.",
            retry_after_s=RETRY_AFTER_S,
        ) from error


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except LookupError as error:
        raise Conflict(
            zh="留痕的散列不完整，无法出具证明，请校验全部记录。",
            en="Hashes of the audit are missing, so nothing can be proven: verify all lines.",
        ) from error


def _record(hall: Hall, actor: Actor, action: str, wanted: Wanted) -> None:
    """What was looked for, without what may be somebody's name or number."""
    asked = wanted.named()
    if wanted.text is not None:
        asked["text"] = mask_name(mask_text(wanted.text))
    with hall.database.transaction() as conn:
        hall.audit.record(conn, actor=actor, action=action, target="audit", after=asked)


def _csv(hall: Hall, wanted: Wanted) -> Iterator[bytes]:
    yield (BOM + ",".join(COLUMNS) + "\r\n").encode()
    for page in audit_search.search_all(hall.database, wanted, site=hall.site, most=EXPORT_MAX):
        out = io.StringIO(newline="")
        csv.writer(out).writerows(_cells(line) for line in page)
        yield out.getvalue().encode()


def _cells(line: dict[str, Any]) -> list[str | int]:
    sides = ("" if side is None else json.dumps(side, ensure_ascii=False) for side in (line["before"], line["after"]))
    texts = [line["actor"], line["action"], line["target"], *sides, line["why"]]
    return [line["id"], iso(line["at_ms"]), *(harmless(text) for text in texts)]


def _state(hall: Hall) -> AuditStateOut:
    auditing = hall.auditing
    with hall.database.transaction() as conn:
        signed, keep_days = audit_rows.find_newest_head(conn), audit_rows.find_keep_days(conn)
    verdict = auditing.verdict
    return AuditStateOut(
        head=_head(signed) if signed else None,
        verdict=AuditVerdictOut(
            lines=verdict.lines, at_ms=verdict.at_ms, ok=verdict.ok, waiting=verdict.waiting, more=verdict.more,
            defects=[AuditDefectOut(**asdict(defect)) for defect in verdict.defects],
        ) if verdict else None,
        verifying=auditing.verifying,
        broken=auditing.sealer.broken,
        keep_days=keep_days,
    )  # fmt: skip


def _head(head: Head) -> AuditHeadOut:
    return AuditHeadOut.model_validate(head.to_json())
