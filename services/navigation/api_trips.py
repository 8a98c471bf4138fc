"""Routes of people under way: a trip begins, is followed on a line of events, and ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.kernel.addresses import AddressLimit
from services.kernel.http import (
    CurrentActor,
    CurrentDevice,
    TicketToken,
    address_of,
    answers,
    make_router,
    public,
    with_ticket,
)
from services.navigation.api import PlaceOut, RouteOut, limit_of_ways, place_out, route_out
from services.navigation.errors import TooManyWays, UnknownTrip, WrongProgress
from services.navigation.staff_ways import check_may_walk
from services.navigation.trips import Led, Trips

BEAT_S = 15.0
"""So often a line says that it stands."""
STEPS_MAX = 1_000
"""No way has more; what says so is no way of ours."""

TripToken = Annotated[str, Header(alias="X-Trip", max_length=128)]
"""The secret of somebody's own trip: never part of an address."""
WordIn = Annotated[str, Field(min_length=1, max_length=120)]


class TripIn(BaseModel):
    """``from`` and ``to`` are places, as ``GET /routes`` takes them (``ticket:mine`` with ``X-Ticket``)."""

    start: WordIn = Field(default="OUT", alias="from")
    to: WordIn
    profile: Annotated[str, Field(max_length=40)] = "walk"


class ProgressIn(BaseModel):
    """Either the ``step`` of which ``revision`` of the way they are on, or ``at`` what place they stand."""

    revision: Annotated[int, Field(ge=1)] | None = None
    step: Annotated[int, Field(ge=0, le=STEPS_MAX)] | None = None
    at: WordIn | None = None


class TripOut(BaseModel):
    """How somebody is led now. ``revision`` rises when it is another way, and ``why`` says what made it so.

    ``no_way``: ``refusal`` says what stands in it, ``ask`` who can help.
    """

    state: Literal["under_way", "no_way", "ended"]
    revision: int
    route: RouteOut | None = None
    why: dict[str, str] | None = None
    refusal: dict[str, str] | None = None
    ask: PlaceOut | None = None


class TripBegunOut(TripOut):
    """``token`` is shown once: as ``X-Trip`` it is the trip."""

    token: str


def router(trips: Trips, *, crowd: AddressLimit | None = None) -> APIRouter:
    """All routes of trips, below ``/api/v1``. ``crowd``: how many ways one address may be led."""
    routes = make_router("navigation", prefix="/trips")
    crowd = crowd or limit_of_ways()

    def count(request: Request, device: object) -> None:
        if device is None and (wait_s := crowd.take(address_of(request))):
            raise TooManyWays(wait_s)

    @routes.post("", status_code=201, **public())
    def start_trip(
        wish: TripIn, request: Request, actor: CurrentActor, device: CurrentDevice, ticket: TicketToken = ""
    ) -> TripBegunOut:
        """Be led: as ``GET /routes``, and told when the way changes (``GET /trips/mine/live``)."""
        count(request, device)
        start, goal = with_ticket(wish.start, ticket), with_ticket(wish.to, ticket)
        token, led = trips.start(start=start, goal=goal, profile=wish.profile, check=partial(check_may_walk, actor))
        return TripBegunOut(**_fields(led), token=token)

    @routes.get("/mine", **public())
    def get_trip(token: TripToken = "") -> TripOut:
        """Of the token in ``X-Trip``."""
        return _out(trips.get(token))

    @routes.patch("/mine", **public())
    def note_progress(
        progress: ProgressIn, request: Request, device: CurrentDevice, token: TripToken = "", ticket: TicketToken = ""
    ) -> TripOut:
        """Where they are now: ways are found from there. The answer is how they are led."""
        if progress.at is not None and progress.step is None:
            count(request, device)
            return _out(trips.stand(token, at=with_ticket(progress.at, ticket)))
        if progress.at is None and progress.step is not None and progress.revision is not None:
            return _out(trips.step(token, revision=progress.revision, step=progress.step))
        raise WrongProgress

    @routes.delete("/mine", status_code=204, **public())
    def end_trip(token: TripToken = "") -> None:
        """They are there, or go no further: nothing of it is kept."""
        trips.end(token)

    @routes.get("/mine/live", **public(), **answers("text/event-stream"))
    async def follow_trip(token: TripToken = "") -> StreamingResponse:
        """The trip as ``GET /trips/mine`` tells it, at once and whenever it changes; ends with it. After a cut it is
        told anew, so nothing is missed.
        """
        trips.get(token)
        return StreamingResponse(
            events(trips, token),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


async def events(trips: Trips, token: str) -> AsyncGenerator[bytes]:
    """It listens once it is read, so that a page that left before leaves nothing behind."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    try:
        listener = trips.listen(token, lambda: loop.call_soon_threadsafe(told.set))
    except UnknownTrip:
        yield _event(None)
        return
    try:
        while not listener.replaced:
            told.clear()
            led = listener.led
            yield _event(led)
            if led is None:
                return
            while not told.is_set():
                try:
                    await asyncio.wait_for(told.wait(), BEAT_S)
                except TimeoutError:
                    yield b": here\n\n"
    finally:
        listener.close()


def _event(led: Led | None) -> bytes:
    said = TripOut(state="ended", revision=0) if led is None else _out(led)
    return f"data: {said.model_dump_json()}\n\n".encode()


def _out(led: Led) -> TripOut:
    return TripOut(**_fields(led))


def _fields(led: Led) -> dict[str, Any]:
    return {
        "state": "no_way" if led.answer is None else "under_way",
        "revision": led.revision,
        "route": None if led.answer is None else route_out(led.answer),
        "why": None if led.why is None else dict(led.why),
        "refusal": None if led.refusal is None else dict(led.refusal.text),
        "ask": None if led.ask is None else place_out(led.ask),
    }
