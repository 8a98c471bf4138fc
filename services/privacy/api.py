"""Routes of personal data: the inventory, one's own data and consents, requests and their decision, a look in clear."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from services.kernel.http import CurrentActor, make_router, permitted, public
from services.kernel.modules import LEVELS
from services.privacy.commands import Declared, Privacy
from services.privacy.model import Consent, Guardian, Held, Purpose, Request
from services.privacy.module import DECIDE, OWN, REVEAL, VIEW

TextOut = dict[str, str]
Subject = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}:[A-Za-z0-9_:.-]{1,100}$")]
Column = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_]+$", max_length=120)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
ChannelIn = Literal["phone", "kiosk", "counter", "web"]
KindIn = Literal["access", "correction", "erasure"]
StateIn = Literal["open", "done", "refused", "withdrawn"]


class FieldOut(BaseModel):
    """``retention_days`` count from ``since``, null: while the person is known. ``swept``: when retention last ran."""

    module: str
    module_label: TextOut
    column: str
    label: TextOut
    purpose: TextOut
    category: Literal["personal", "sensitive", "secret"]
    level: int
    level_label: TextOut
    mask: str
    retention_days: int
    since: str | None
    ends: Literal["field", "subject"]
    consent: str | None
    correctable: bool
    erased: int
    swept: datetime | None


class RevealIn(BaseModel):
    subject: Subject
    field: Column
    reason: Line


class RevealOut(BaseModel):
    """``until``: hide it then."""

    value: str
    until: datetime


class HeldOut(BaseModel):
    """``value`` is masked; null: it was erased."""

    module: str
    column: str
    label: TextOut
    purpose: TextOut
    category: Literal["personal", "sensitive", "secret"]
    retention_days: int
    correctable: bool
    value: str | None


class RequestOut(BaseModel):
    """``due``: answered by then, at the latest."""

    id: str
    subject: str
    kind: KindIn
    state: StateIn
    channel: str
    field: str | None
    made: datetime
    due: datetime
    overdue: bool
    decided: datetime | None


class RequestIn(BaseModel):
    """``field`` and ``text`` for a correction; ``subject`` for somebody at the counter."""

    kind: KindIn
    field: Column | None = None
    text: Line | None = None
    subject: Subject | None = None
    channel: ChannelIn = "web"


class MineOut(BaseModel):
    held: list[HeldOut]
    requests: list[RequestOut]


class DecisionIn(BaseModel):
    """A refusal needs its reason."""

    grant: bool
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None


class LookOut(BaseModel):
    """``held``: what an erasure would take. ``wish``: what is to be corrected, in the person's words."""

    request: RequestOut
    held: list[HeldOut]
    wish: str | None


class PurposeOut(BaseModel):
    id: str
    label: TextOut
    version: int
    text: TextOut


class GuardianIn(BaseModel):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
    relation: Literal["father", "mother", "guardian"]


class ConsentIn(BaseModel):
    """``version`` of the text that was read. Under 14 the guardian says yes, and who they are."""

    purpose: Annotated[str, StringConstraints(max_length=60)]
    version: int = Field(ge=1)
    given: bool
    under_14: bool = False
    guardian: GuardianIn | None = None
    channel: ChannelIn = "web"


class ConsentOut(BaseModel):
    """Evidence: ``digest`` is SM3 of the text that was shown."""

    purpose: str
    version: int
    digest: str
    given: bool
    at: datetime
    channel: str
    guardian: str | None


class ConsentsOut(BaseModel):
    """``given``: the purposes consented to now."""

    purposes: list[PurposeOut]
    given: list[str]
    history: list[ConsentOut]


def router(service: Privacy) -> APIRouter:
    """All of the module's routes, below ``/api/v1``."""
    routes = make_router("privacy", prefix="/privacy")
    _add_inventory(routes, service)
    _add_mine(routes, service)
    _add_consents(routes, service)
    _add_requests(routes, service)
    return routes


def _add_inventory(routes: APIRouter, service: Privacy) -> None:
    @routes.get("/inventory", **permitted(VIEW))
    def inventory(actor: CurrentActor) -> list[FieldOut]:
        """All personal data that any module keeps: what, why, how long, how delicate."""
        return [_field(d) for d in service.inventory(actor)]

    @routes.post("/reveal", **permitted(REVEAL))
    def reveal(wish: RevealIn, actor: CurrentActor) -> RevealOut:
        """One field of one person in clear. The reason goes on record with your name."""
        shown = service.reveals.reveal(actor, subject=wish.subject, column=wish.field, reason=wish.reason)
        return RevealOut(value=shown.value, until=_time(shown.until_ms))


def _add_mine(routes: APIRouter, service: Privacy) -> None:
    requests = service.requests

    @routes.get("/mine", **permitted(OWN))
    def mine(actor: CurrentActor) -> MineOut:
        """What is kept of me, masked, and what I asked for."""
        held, made = requests.mine(actor)
        return MineOut(held=[_held(h) for h in held], requests=[_request(r, service) for r in made])

    @routes.post("/mine/requests", status_code=201, **permitted(OWN))
    def ask(wish: RequestIn, actor: CurrentActor) -> RequestOut:
        """A copy is there at once; corrections and erasures are answered within 15 working days."""
        made = requests.make(
            actor, kind=wish.kind, channel=wish.channel, field=wish.field, text=wish.text, subject=wish.subject
        )
        return _request(made, service)

    @routes.delete("/mine/requests/{request_id}", **permitted(OWN))
    def withdraw(request_id: str, actor: CurrentActor) -> RequestOut:
        return _request(requests.withdraw(actor, request_id), service)

    @routes.get("/mine/requests/{request_id}/copy", **permitted(OWN))
    def copy(request_id: str, actor: CurrentActor) -> dict[str, Any]:
        """All that is kept of me, in clear, for programs to read."""
        return requests.copy(actor, request_id)

    @routes.get("/mine/requests/{request_id}/answer", **permitted(OWN))
    def answer(request_id: str, actor: CurrentActor) -> dict[str, str | None]:
        """Why it was decided as it was."""
        return {"reason": requests.answer(actor, request_id)}


def _add_consents(routes: APIRouter, service: Privacy) -> None:
    consents = service.consents

    @routes.get("/purposes", **public())
    def purposes() -> list[PurposeOut]:
        """What one may agree to, and the text in force."""
        return [_purpose(p) for p in consents.purposes.values()]

    @routes.get("/mine/consents", **permitted(OWN))
    def read_consents(actor: CurrentActor) -> ConsentsOut:
        return _consents(service, consents.history(actor))

    @routes.post("/mine/consents", **permitted(OWN))
    def decide_consent(wish: ConsentIn, actor: CurrentActor) -> ConsentsOut:
        """Given or withdrawn; withdrawing counts at once, and needs no reason."""
        if wish.given:
            guardian = Guardian(name=wish.guardian.name, relation=wish.guardian.relation) if wish.guardian else None
            consents.give(
                actor,
                purpose=wish.purpose,
                version=wish.version,
                channel=wish.channel,
                under_14=wish.under_14,
                guardian=guardian,
            )
        else:
            consents.withdraw(actor, purpose=wish.purpose, channel=wish.channel)
        return _consents(service, consents.history(actor))


def _add_requests(routes: APIRouter, service: Privacy) -> None:
    requests = service.requests

    @routes.get("/requests", **permitted(DECIDE))
    def list_requests(
        actor: CurrentActor, state: Annotated[list[StateIn] | None, Query(max_length=4)] = None
    ) -> list[RequestOut]:
        """Those due first stand first."""
        wanted = state or ["open", "done", "refused", "withdrawn"]
        return [_request(r, service) for r in requests.list_all(actor, wanted)]

    @routes.get("/requests/{request_id}", **permitted(DECIDE))
    def look(request_id: str, actor: CurrentActor) -> LookOut:
        request, held, wish = requests.look(actor, request_id)
        return LookOut(request=_request(request, service), held=[_held(h) for h in held], wish=wish)

    @routes.post("/requests/{request_id}/decision", **permitted(DECIDE))
    def decide(request_id: str, decision: DecisionIn, actor: CurrentActor) -> RequestOut:
        """What is granted is done at once. An erasure cannot be undone, not even from a backup."""
        decided = requests.decide(actor, request_id, grant=decision.grant, reason=decision.reason)
        return _request(decided, service)


def _field(declared: Declared) -> FieldOut:
    field, swept = declared.field, declared.swept
    return FieldOut(
        module=declared.module.name,
        module_label=dict(declared.module.label),
        column=field.column,
        label=dict(field.label),
        purpose=dict(field.purpose),
        category=field.category,
        level=field.level,
        level_label=dict(LEVELS[field.level]),
        mask=field.mask,
        retention_days=field.retention_days,
        since=field.since,
        ends=field.ends,
        consent=field.consent,
        correctable=field.correctable,
        erased=swept.erased if swept else 0,
        swept=_time(swept.ran_ms) if swept else None,
    )


def _held(held: Held) -> HeldOut:
    field = held.field
    return HeldOut(
        module=held.module,
        column=field.column,
        label=dict(field.label),
        purpose=dict(field.purpose),
        category=field.category,
        retention_days=field.retention_days,
        correctable=field.correctable,
        value=held.text,
    )


def _request(request: Request, service: Privacy) -> RequestOut:
    return RequestOut(
        id=request.id,
        subject=request.subject,
        kind=request.kind,
        state=request.state,
        channel=request.channel,
        field=request.field,
        made=_time(request.made_ms),
        due=_time(request.due_ms),
        overdue=request.state == "open" and service.now_ms() > request.due_ms,
        decided=None if request.decided_ms is None else _time(request.decided_ms),
    )


def _purpose(purpose: Purpose) -> PurposeOut:
    return PurposeOut(id=purpose.id, label=dict(purpose.label), version=purpose.version, text=dict(purpose.text))


def _consents(service: Privacy, history: list[Consent]) -> ConsentsOut:
    purposes = service.consents.purposes
    newest: dict[str, Consent] = {}
    for consent in history:
        newest.setdefault(consent.purpose, consent)
    return ConsentsOut(
        purposes=[_purpose(p) for p in purposes.values()],
        given=[p.id for p in purposes.values() if (c := newest.get(p.id)) and c.given and c.version == p.version],
        history=[
            ConsentOut(
                purpose=c.purpose,
                version=c.version,
                digest=c.text_digest,
                given=c.given,
                at=_time(c.at_ms),
                channel=c.channel,
                guardian=c.guardian_relation,
            )
            for c in history
        ],
    )


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
