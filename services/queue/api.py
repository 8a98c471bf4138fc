"""Routes of the queue: tickets for anybody, windows for clerks, the board for walls."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field, model_validator

from services.kernel.addresses import AddressLimit
from services.kernel.http import (
    CurrentActor,
    CurrentDevice,
    TicketToken,
    address_of,
    make_router,
    permitted,
    public,
)
from services.queue.commands import Queue
from services.queue.desks import CALL
from services.queue.errors import TooManyTickets
from services.queue.tickets import Wish

TICKETS_AT_ONCE_MAX, TICKETS_PER_MINUTE_MAX = 300, 20
"""Of one address: everybody who waits at the door at nine, over the hall's own Wi-Fi; then about three times as many as
come to the busiest halls we know (420 an hour). Paired kiosks and ticket machines are not counted."""

TextOut = dict[str, str]
TicketState = Literal["issued", "called", "serving", "done", "no_show", "cancelled", "transferred"]
Profile = Literal["walk", "wheelchair", "elder", "low-vision", "pushchair", "staff"]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=128)]


class TicketIn(BaseModel):
    """A service item's code, or a department's key. ``phone`` is kept sealed until the day ends."""

    item: str | None = Field(default=None, max_length=40)
    department: str | None = Field(default=None, max_length=40)
    lang: Literal["zh", "en"] = "zh"
    profile: Profile = "walk"
    phone: str | None = Field(default=None, pattern=r"^\+?[0-9]{5,15}$")

    @model_validator(mode="after")
    def _one_of(self) -> TicketIn:
        if (self.item is None) == (self.department is None):
            raise ValueError("give either item or department")
        return self


class TicketOut(BaseModel):
    """``ahead`` and ``wait_min`` are null once called; ``wait_min`` null while waiting: it cannot be told yet."""

    token: str
    number: str
    queue: str
    department: str
    department_name: TextOut
    item: str | None
    item_name: TextOut | None
    state: TicketState
    priority: bool
    ahead: int | None
    wait_min: tuple[int, int] | None
    windows: list[str]
    open_windows: list[str]
    called_window: str | None
    called_floor: str | None
    calls: int
    issued_ms: int
    called_ms: int | None
    started_ms: int | None
    ended_ms: int | None


class QueueOut(BaseModel):
    """``id``: the entity of the live feed. ``wait_min``: for somebody who takes a ticket now; null: not known."""

    id: str
    queue: str
    department: str
    department_name: TextOut
    department_short: TextOut
    prefix: str
    floors: list[str]
    windows: list[str]
    open_windows: list[str]
    waiting: int
    wait_min: tuple[int, int] | None


class CallOut(BaseModel):
    """``n`` rises with each call of the hall."""

    n: int
    number: str
    window: str
    window_id: str
    floor: str
    queue: str
    department: str
    department_name: TextOut
    called_ms: int


class BoardOut(BaseModel):
    calls: list[CallOut]
    queues: list[QueueOut]


class VisitorOut(BaseModel):
    """A ticket as a clerk sees it: no token."""

    number: str
    item: str | None
    item_name: TextOut | None
    state: TicketState
    profile: str
    priority: bool
    lang: str
    calls: int
    issued_ms: int
    called_ms: int | None
    started_ms: int | None


class AtWindowOut(VisitorOut):
    """Where the visitor left a number: masked, and whose it is, to ask for it in clear (``/privacy/reveal``)."""

    subject: str | None = None
    phone: str | None = None


class WindowOut(BaseModel):
    """``screen``: what became of the latest text sent to the window's screen; null when none was."""

    number: str
    queue: str
    department: str
    department_name: TextOut
    floor: str
    state: Literal["closed", "open", "break"]
    open: bool
    online: bool
    staffed_by: str | None
    current: AtWindowOut | None
    next: list[VisitorOut]
    waiting: int
    wait_min: tuple[int, int] | None
    served_today: int
    screen: str | None


class TransferIn(BaseModel):
    """``department``: its key."""

    department: str = Field(min_length=1, max_length=40)
    why: str | None = Field(default=None, max_length=200)


def router(service: Queue, *, crowd: AddressLimit | None = None) -> APIRouter:
    """All of the module's routes, below ``/api/v1``. ``crowd``: how many tickets one address may take."""
    routes = make_router("queue", prefix="/queue")
    crowd = crowd or AddressLimit(at_once=TICKETS_AT_ONCE_MAX, per_minute=TICKETS_PER_MINUTE_MAX)
    _add_public(routes, service, crowd)
    _add_windows(routes, service)
    _add_calls(routes, service)
    return routes


def _add_public(routes: APIRouter, service: Queue, crowd: AddressLimit) -> None:
    @routes.get("/summary", **public())
    def summary() -> list[QueueOut]:
        return [QueueOut.model_validate(q) for q in service.summary()]

    @routes.get("/board", **public())
    def board() -> BoardOut:
        return BoardOut.model_validate(service.board())

    @routes.post("/tickets", status_code=201, **public())
    def take_ticket(
        wish: TicketIn, request: Request, actor: CurrentActor, device: CurrentDevice,
        idempotency_key: IdempotencyKey = None,
    ) -> TicketOut:  # fmt: skip
        with nullcontext() if device else crowd.one(address_of(request), TooManyTickets):
            ticket = service.tickets.issue(
                actor,
                Wish(
                    item=wish.item,
                    queue=wish.department,
                    profile=wish.profile,
                    lang=wish.lang,
                    phone=wish.phone,
                    device_key=idempotency_key,
                ),
            )
        return TicketOut.model_validate(ticket)

    @routes.get("/tickets/mine", **public())
    def get_ticket(token: TicketToken = "") -> TicketOut:
        """Of the token in ``X-Ticket``."""
        return TicketOut.model_validate(service.tickets.get(token))

    @routes.delete("/tickets/mine", **public())
    def give_up_ticket(actor: CurrentActor, token: TicketToken = "") -> TicketOut:
        """Of the token in ``X-Ticket``."""
        return TicketOut.model_validate(service.tickets.give_up(actor, token))


def _add_windows(routes: APIRouter, service: Queue) -> None:
    @routes.get("/windows", **permitted(CALL))
    def list_windows(actor: CurrentActor) -> list[WindowOut]:
        return [WindowOut.model_validate(w) for w in service.desks.list_all(actor)]

    @routes.get("/windows/{number}", **permitted(CALL))
    def get_window(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.get(actor, number))

    @routes.post("/windows/{number}/open", **permitted(CALL))
    def open_window(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.open(actor, number))

    @routes.post("/windows/{number}/pause", **permitted(CALL))
    def pause_window(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.pause(actor, number))

    @routes.post("/windows/{number}/close", **permitted(CALL))
    def close_window(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.close(actor, number))


def _add_calls(routes: APIRouter, service: Queue) -> None:
    @routes.post("/windows/{number}/call-next", **permitted(CALL))
    def call_next(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.call_next(actor, number))

    @routes.post("/windows/{number}/recall", **permitted(CALL))
    def recall(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.recall(actor, number))

    @routes.post("/windows/{number}/no-show", **permitted(CALL))
    def mark_absent(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.no_show(actor, number))

    @routes.post("/windows/{number}/start", **permitted(CALL))
    def start_service(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.start(actor, number))

    @routes.post("/windows/{number}/finish", **permitted(CALL))
    def finish_service(number: str, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.finish(actor, number))

    @routes.post("/windows/{number}/transfer", **permitted(CALL))
    def transfer(number: str, target: TransferIn, actor: CurrentActor) -> WindowOut:
        return WindowOut.model_validate(service.desks.transfer(actor, number, to=target.department, why=target.why))
