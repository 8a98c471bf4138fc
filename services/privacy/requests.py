"""Requests of a person about their data: a copy, a correction, erasure; each with a deadline and an answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.ports import Connection, new_id
from services.privacy import declared, store
from services.privacy.errors import (
    AlreadyDecided,
    NotCorrectable,
    NotHeld,
    OwnRequest,
    ReasonNeeded,
    UnknownRequest,
)
from services.privacy.house import House, check_reason
from services.privacy.model import ANSWER_WORKING_DAYS, Held, Kind, Request
from services.privacy.module import DECIDE


class Requests:
    """``erased`` is called after an erasure is committed: the journal outside the database takes it over at once."""

    def __init__(self, house: House, *, erased: Callable[[], object]) -> None:
        self._house, self._erased = house, erased

    # --- one's own

    def mine(self, actor: Actor) -> tuple[list[Held], list[Request]]:
        """What is held, masked, and what was asked for."""
        house = self._house
        with house.database.transaction() as conn:
            return house.held(conn, actor.id, clear=False), store.list_requests_of(conn, house.site, actor.id)

    def make(
        self,
        actor: Actor,
        *,
        kind: Kind,
        channel: str,
        field: str | None = None,
        text: str | None = None,
        subject: str | None = None,
    ) -> Request:
        """One's own; for somebody at the counter only by those who decide, who name the ``subject``.

        A copy of one's own data needs nobody's decision: the request is done as it is made.
        """
        house, whose = self._house, subject or actor.id
        if whose != actor.id:
            require(actor, DECIDE)
        if kind == "correction":
            self._check_correction(field, text)
        now_ms = house.now_ms()
        done = kind == "access" and whose == actor.id
        with house.database.transaction() as conn:
            sealed = (
                house.vault.seal(conn, subject=whose, field="correction", text=text)
                if text and kind == "correction"
                else None
            )
            request = Request(
                id=new_id(house.random),
                subject=whose,
                kind=kind,
                state="open",
                channel=channel,
                field=field if kind == "correction" else None,
                text_sealed=sealed,
                made_ms=now_ms,
                due_ms=house.calendar.after_working_days(now_ms, ANSWER_WORKING_DAYS),
                decided_ms=None,
                decided_by=None,
                reason_sealed=None,
            )
            store.insert_request(conn, house.site, request)
            house.record(conn, actor, "privacy.request.made", _target(house.site, request), after={"kind": kind})
            if done:
                request = self._save(conn, actor, request, state="done", reason=None)
        return request

    def withdraw(self, actor: Actor, request_id: str) -> Request:
        with self._house.database.transaction() as conn:
            request = self._access_own(conn, actor, request_id)
            _require_open(request)
            return self._save(conn, actor, request, state="withdrawn", reason=None)

    def copy(self, actor: Actor, request_id: str) -> dict[str, Any]:
        """All that is held of a person, in clear, for a request that was granted: to themselves only."""
        house = self._house
        with house.database.transaction() as conn:
            request = self._access_own(conn, actor, request_id)
            if request.kind != "access" or request.state != "done":
                raise UnknownRequest
            house.record(conn, actor, "privacy.copy.taken", _target(house.site, request))
            return {
                "subject": request.subject,
                "site": house.site,
                "made_ms": house.now_ms(),
                "fields": [
                    {
                        "module": held.module,
                        "column": held.field.column,
                        "label": dict(held.field.label),
                        "purpose": dict(held.field.purpose),
                        "retention_days": held.field.retention_days,
                        "value": held.text,
                    }
                    for held in house.held(conn, request.subject, clear=True)
                ],
                "facts": [
                    {"module": module.name, "what": fact.what, "label": dict(fact.label), "value": fact.value}
                    for module in house.modules
                    if module.reader is not None
                    for fact in module.reader(conn, house.site, request.subject)
                ],
            }

    def answer(self, actor: Actor, request_id: str) -> str | None:
        """What those who decided said."""
        house = self._house
        with house.database.transaction() as conn:
            return house.vault.open_many(conn, [self._access_own(conn, actor, request_id).reason_sealed])[0]

    # --- those who decide

    def list_all(self, actor: Actor, states: Collection[str]) -> list[Request]:
        require(actor, DECIDE)
        with self._house.database.transaction() as conn:
            return store.list_requests(conn, self._house.site, states)

    def look(self, actor: Actor, request_id: str) -> tuple[Request, list[Held], str | None]:
        """A request, all that is held of its subject (what an erasure would take), masked, and the wished text."""
        house = self._house
        with house.database.transaction() as conn:
            request = self._access(conn, actor, request_id)
            wish = house.vault.open_many(conn, [request.text_sealed])[0]
            return request, house.held(conn, request.subject, clear=False), wish

    def decide(self, actor: Actor, request_id: str, *, grant: bool, reason: str | None) -> Request:
        """A refusal says why. What is granted is done in the same transaction."""
        house = self._house
        if not grant:
            reason = check_reason(reason)
        with house.database.transaction() as conn:
            request = self._access(conn, actor, request_id)
            _require_open(request)
            if request.subject == actor.id:
                raise OwnRequest
            if grant and request.kind == "correction":
                self._correct(conn, actor, request)
            decided = self._save(conn, actor, request, state="done" if grant else "refused", reason=reason)
            if grant and request.kind == "erasure":
                house.erase(conn, request.subject)
        if grant and request.kind == "erasure":
            self._erased()
        return decided

    # --- how

    def _check_correction(self, field: str | None, text: str | None) -> None:
        declaration = self._house.get_field(field or "")
        if not declaration.correctable:
            raise NotCorrectable(declaration.column)
        if not (text or "").strip():
            raise ReasonNeeded

    def _correct(self, conn: Connection, actor: Actor, request: Request) -> None:
        house, field = self._house, self._house.get_field(request.field or "")
        if request.text_sealed is None or not declared.find_tokens(conn, field, house.site, request.subject):
            raise NotHeld
        text = house.vault.open(conn, request.text_sealed)
        name = field.column.rpartition(".")[2].removesuffix("_sealed")
        token = house.vault.seal(conn, subject=request.subject, field=name, text=text)
        match_key = house.match_key(field, token, text)
        declared.replace(conn, field, house.site, request.subject, token=token, match_key=match_key)
        house.record(conn, actor, "privacy.corrected", request.subject, after={"field": field.column})

    def _save(self, conn: Connection, actor: Actor, request: Request, *, state: Any, reason: str | None) -> Request:
        house = self._house
        sealed = house.vault.seal(conn, subject=request.subject, field="reason", text=reason) if reason else None
        decided = replace(request, state=state, decided_ms=house.now_ms(), decided_by=actor.id, reason_sealed=sealed)
        store.save_request(conn, decided)
        house.record(
            conn,
            actor,
            f"privacy.request.{state}",
            _target(house.site, request),
            before={"state": request.state},
            after={"state": state, "kind": request.kind, "subject": request.subject},
            why=reason,
        )
        return decided

    def _access(self, conn: Connection, actor: Actor, request_id: str) -> Request:
        require(actor, DECIDE)
        request = store.find_request(conn, self._house.site, request_id)
        if request is None:
            raise UnknownRequest
        return request

    def _access_own(self, conn: Connection, actor: Actor, request_id: str) -> Request:
        request = store.find_request(conn, self._house.site, request_id)
        if request is None or request.subject != actor.id:
            raise UnknownRequest
        return request


def _require_open(request: Request) -> None:
    if request.state != "open":
        raise AlreadyDecided


def _target(site: str, request: Request) -> str:
    return f"{site}:privacy-request:{request.id}"
