"""A visitor's whole way through the queue, and every step that may not be."""

from __future__ import annotations

import pytest

from services.kernel.errors import ServiceError
from services.kernel.testing import make_actor
from services.queue.errors import (
    AlreadyWaiting,
    NobodyWaiting,
    NothingCalled,
    NoWindowOpen,
    UnknownQueue,
    UnknownTicket,
    UnknownWindow,
    WindowBusy,
    WindowClosed,
    WindowHeld,
    WindowOffline,
    WrongState,
)
from services.queue.tickets import Wish

from .conftest import World  # noqa: TID252 - the fixture's own type

pytestmark = pytest.mark.integration


def test_from_ticket_to_done(world: World) -> None:
    world.open("A01")
    ticket = world.take(item="RSJ-01", queue=None)
    assert (ticket["state"], ticket["ahead"], ticket["department"]) == ("issued", 0, "rsj")
    token = str(ticket["token"])
    called = world.queue.desks.call_next(world.clerk, "A01")
    assert called["current"]["number"] == ticket["number"]
    seen = world.queue.tickets.get(token)
    assert (seen["state"], seen["called_window"], seen["called_floor"], seen["ahead"]) == ("called", "A01", "1F", None)
    world.queue.desks.start(world.clerk, "A01")
    assert world.queue.tickets.get(token)["state"] == "serving"
    window = world.queue.desks.finish(world.clerk, "A01")
    assert (window["current"], window["served_today"]) == (None, 1)
    assert world.queue.tickets.get(token)["state"] == "done"
