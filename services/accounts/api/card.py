"""Routes of signing in by ID card, at a paired kiosk with a reader beside it."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.accounts.api.common import asker, begin, time
from services.accounts.api.session import SessionOut, session_out
from services.accounts.card_signin import CardState
from services.accounts.commands import Accounts
from services.kernel.http import Cookies, CurrentActor, CurrentDevice, public


class CardAskedOut(BaseModel):
    """The reader reads one card until then."""

    expires: datetime


class CardStateOut(BaseModel):
    state: CardState


def add_card(routes: APIRouter, service: Accounts, cookies: Cookies) -> None:
    @routes.post("/session/card", status_code=201, **public())
    def ask_for_card(device: CurrentDevice) -> CardAskedOut:
        return CardAskedOut(expires=time(service.cards.ask(device)))

    @routes.get("/session/card", **public())
    def read_card_state(device: CurrentDevice) -> CardStateOut:
        return CardStateOut(state=service.cards.state(device))

    @routes.post("/session/card/stop", status_code=204, **public())
    def stop_asking_for_card(device: CurrentDevice) -> None:
        service.cards.stop(device)

    @routes.post("/session/card/finish", **public())
    def begin_session_by_card(
        request: Request, response: Response, actor: CurrentActor, device: CurrentDevice
    ) -> SessionOut:
        """Short, and of that kiosk only."""
        login = service.cards.finish(device, asker(request, cookies), previous=actor)
        begin(response, login, cookies=cookies)
        return session_out(login)
