"""A visitor's whole way through the queue, and every step that may not be."""

from __future__ import annotations

import pytest

from services.kernel.errors import Forbidden, ServiceError
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

from .conftest import World

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


def test_a_token_has_128_bits_and_no_clerk_sees_it(world: World) -> None:
    world.open("A01")
    tokens = [str(world.take()["token"]) for _ in range(3)]
    assert len(set(tokens)) == 3
    assert all(len(bytes.fromhex(t)) == 16 for t in tokens)
    shown = repr(world.queue.desks.call_next(world.clerk, "A01")) + repr(world.queue.desks.list_all(world.clerk))
    shown += repr(world.queue.board()) + repr(world.hall.announced and [b for _, b, _ in world.hall.announced])
    assert not any(t in shown for t in tokens)


def test_no_ticket_where_no_window_is_open(world: World) -> None:
    with pytest.raises(NoWindowOpen) as refused:
        world.take("ybj")
    assert refused.value.text["zh"]
    assert refused.value.text["en"]
    world.open("A05")
    assert world.take("ybj")["open_windows"] == ["A05"]


def test_no_ticket_where_the_only_open_window_has_lost_its_terminal(world: World) -> None:
    world.open("A05")
    world.hall.values[(f"{world.building.site}:device:TERM-A05", "online")] = False
    with pytest.raises(NoWindowOpen):
        world.take("ybj")
    world.open("A06")
    assert world.take("ybj")["open_windows"] == ["A06"]


def test_a_window_whose_terminal_is_offline_calls_nobody(world: World) -> None:
    world.open("A05", "A06")
    world.take("ybj")
    world.hall.values[(f"{world.building.site}:device:TERM-A05", "online")] = False
    with pytest.raises(WindowOffline):
        world.queue.desks.call_next(world.clerk, "A05")
    world.queue.tick()
    assert world.hall.value(f"{_window_id(world, 'A05')}", "online").value is False
    assert world.queue.desks.call_next(world.clerk, "A06")["current"] is not None


def test_the_same_device_gets_its_own_ticket_again_and_no_second_one(world: World) -> None:
    world.open("A01", "A05")
    first = world.take(device_key="phone-0001")
    assert world.take(device_key="phone-0001") == first
    with pytest.raises(AlreadyWaiting):
        world.take("ybj", device_key="phone-0001")
    world.queue.tickets.give_up(world.visitor, str(first["token"]))
    assert world.take("ybj", device_key="phone-0001")["number"] != first["number"]


def test_a_phone_number_has_one_live_ticket_and_never_opens_anothers(world: World) -> None:
    world.open("A01")
    world.take(phone="13812348000", device_key="device-0001")
    with pytest.raises(AlreadyWaiting):
        world.take(phone="13812348000", device_key="device-0002")
    world.take(phone="13812348001", device_key="device-0003")


def test_a_refused_ticket_uses_up_no_number(world: World) -> None:
    world.open("A01")
    first = str(world.take(phone="13812348000")["number"])
    with pytest.raises(AlreadyWaiting):
        world.take(phone="13812348000")
    assert int(str(world.take()["number"])[1:]) == int(first[1:]) + 1


def test_absent_after_a_recall(world: World) -> None:
    world.open("A01")
    ticket = world.take()
    world.queue.desks.call_next(world.clerk, "A01")
    assert world.queue.desks.recall(world.clerk, "A01")["current"]["calls"] == 2
    world.queue.desks.no_show(world.clerk, "A01")
    assert world.queue.tickets.get(str(ticket["token"]))["state"] == "no_show"
    calls = world.hall.heard("call")
    assert [c["number"] for c in calls] == [ticket["number"]] * 2
    assert calls[0]["n"] < calls[1]["n"]


def test_transfer_keeps_number_and_place(world: World) -> None:
    world.open("A01", "A05")
    moved = world.take()
    world.clock.ms += 60_000
    other = world.take("ybj")
    world.queue.desks.call_next(world.clerk, "A01")
    world.queue.desks.transfer(world.clerk, "A01", to="ybj", why="医保业务")
    seen = world.queue.tickets.get(str(moved["token"]))
    assert (seen["state"], seen["queue"], seen["number"], seen["ahead"]) == ("transferred", "ybj", moved["number"], 0)
    assert world.queue.tickets.get(str(other["token"]))["ahead"] == 1
    assert world.queue.desks.call_next(world.clerk, "A05")["current"]["number"] == moved["number"]


def test_transfer_to_where_nobody_serves_is_refused_and_changes_nothing(world: World) -> None:
    world.open("A01")
    ticket = world.take()
    world.queue.desks.call_next(world.clerk, "A01")
    with pytest.raises(NoWindowOpen):
        world.queue.desks.transfer(world.clerk, "A01", to="ybj")
    assert world.queue.tickets.get(str(ticket["token"]))["state"] == "called"


def test_one_window_has_one_visitor(world: World) -> None:
    world.open("A01")
    world.take()
    world.take()
    world.queue.desks.call_next(world.clerk, "A01")
    with pytest.raises(WindowBusy):
        world.queue.desks.call_next(world.clerk, "A01")
    with pytest.raises(WindowBusy):
        world.queue.desks.close(world.clerk, "A01")


def test_whoever_opened_a_window_holds_it(world: World) -> None:
    world.open("A01")
    other = make_actor("queue.call", site=world.building.site, id="user:other")
    manager = make_actor("queue.call", "queue.manage", site=world.building.site, id="user:manager")
    for step in (world.queue.desks.open, world.queue.desks.call_next, world.queue.desks.close):
        with pytest.raises(WindowHeld):
            step(other, "A01")
    assert world.queue.desks.close(manager, "A01")["staffed_by"] is None
    assert world.queue.desks.open(other, "A01")["staffed_by"] == "user:other"


def test_a_break_keeps_the_window_and_calls_nobody(world: World) -> None:
    world.open("A01")
    world.take()
    assert world.queue.desks.pause(world.clerk, "A01")["state"] == "break"
    with pytest.raises(WindowClosed):
        world.queue.desks.call_next(world.clerk, "A01")
    with pytest.raises(NoWindowOpen):
        world.take()
    world.open("A01")
    assert world.queue.desks.call_next(world.clerk, "A01")["current"] is not None


def test_a_visitor_who_gives_up_at_the_window_frees_it(world: World) -> None:
    world.open("A01")
    token = str(world.take()["token"])
    world.queue.desks.call_next(world.clerk, "A01")
    world.queue.tickets.give_up(world.visitor, token)
    with pytest.raises(NothingCalled):
        world.queue.desks.start(world.clerk, "A01")
    with pytest.raises(WrongState):
        world.queue.tickets.give_up(world.visitor, token)


@pytest.mark.parametrize("step", ["start", "finish", "recall", "no_show"])
def test_steps_without_a_visitor_are_refused(world: World, step: str) -> None:
    world.open("A01")
    with pytest.raises(NothingCalled):
        getattr(world.queue.desks, step)(world.clerk, "A01")


def test_finish_needs_start_and_start_needs_a_call(world: World) -> None:
    world.open("A01")
    world.take()
    with pytest.raises(NothingCalled):
        world.queue.desks.start(world.clerk, "A01")
    world.queue.desks.call_next(world.clerk, "A01")
    with pytest.raises(WrongState):
        world.queue.desks.finish(world.clerk, "A01")
    world.queue.desks.start(world.clerk, "A01")
    for step in (world.queue.desks.start, world.queue.desks.recall, world.queue.desks.no_show):
        with pytest.raises(WrongState):
            step(world.clerk, "A01")


def test_what_does_not_exist_is_not_found(world: World) -> None:
    world.open("A01")
    for error, ask in (
        (UnknownTicket, lambda: world.queue.tickets.get("0" * 32)),
        (UnknownWindow, lambda: world.queue.desks.open(world.clerk, "Z99")),
        (UnknownQueue, lambda: world.take("weather")),
        (UnknownQueue, lambda: world.take(item="NONE-1", queue=None)),
        (NobodyWaiting, lambda: world.queue.desks.call_next(world.clerk, "A01")),
        (WindowClosed, lambda: world.queue.desks.call_next(world.clerk, "A02")),
    ):
        with pytest.raises(error) as refused:
            ask()
        assert isinstance(refused.value, ServiceError)


def test_nobody_works_at_a_window_without_the_right(world: World) -> None:
    stranger = make_actor(site=world.building.site)
    for step in (world.queue.desks.open, world.queue.desks.call_next, world.queue.desks.get):
        with pytest.raises(Forbidden):
            step(stranger, "A01")


def test_the_elder_is_called_first_but_not_before_who_came_long_before(world: World) -> None:
    world.open("A01")
    long_before = world.take()["number"]
    world.clock.ms += 16 * 60_000
    just_before = world.take()["number"]
    world.clock.ms += 60_000
    elder = world.take(profile="elder")["number"]
    order = []
    for _ in range(3):
        order.append(world.queue.desks.call_next(world.clerk, "A01")["current"]["number"])
        world.queue.desks.no_show(world.clerk, "A01")
    assert order == [long_before, elder, just_before]


def _window_id(world: World, number: str) -> str:
    return next(w.id for w in world.building.windows if w.number == number)
