"""What the live hall is told, and when: values, calls, tickets, screens, and all of it again after a restart."""

from __future__ import annotations

from typing import Any

import pytest

from services.queue.publish import NEAR

from .conftest import World

pytestmark = pytest.mark.integration


def test_a_window_publishes_what_it_does(world: World) -> None:
    window = _window_id(world, "A01")
    assert world.hall.entity(window) == {
        "called": "", "serving": False, "waiting": 0, "state": "closed", "open": False, "staffed": False,
        "online": True,
    }  # fmt: skip
    world.open("A01")
    number = world.take()["number"]
    assert (world.hall.entity(window)["open"], world.hall.entity(window)["waiting"]) == (True, 1)
    world.queue.desks.call_next(world.clerk, "A01")
    assert (world.hall.entity(window)["called"], world.hall.entity(window)["waiting"]) == (number, 0)
    world.queue.desks.start(world.clerk, "A01")
    assert world.hall.entity(window)["serving"] is True
    world.queue.desks.finish(world.clerk, "A01")
    assert (world.hall.entity(window)["called"], world.hall.entity(window)["serving"]) == ("", False)


def test_a_queue_publishes_its_length_windows_and_wait(world: World) -> None:
    queue = f"{world.building.site}:queue:rsj"
    world.open("A01", "A02")
    for _ in range(6):
        world.take()
    told = world.hall.entity(queue)
    assert (told["waiting"], told["windows_open"], told["wait_known"]) == (6, 2, False)
    for _ in range(5):
        world.serve("A01", minutes=6)
    told = world.hall.entity(queue)
    assert told["wait_known"] is True
    assert 0 <= int(told["wait_lo_min"]) <= int(told["wait_hi_min"])
    assert world.queue.summary()[0]["wait_min"] == (told["wait_lo_min"], told["wait_hi_min"])


def test_what_did_not_change_is_not_told_again(world: World) -> None:
    world.open("A01")
    world.hall.published.clear()
    world.queue.tick()
    assert world.hall.published == []


def test_what_could_not_be_told_is_told_with_the_next_tick(world: World) -> None:
    world.open("A01")
    publish = world.hall.publish
    world.hall.publish = _refuse  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        world.take()
    world.hall.publish = publish  # type: ignore[method-assign]
    assert world.hall.entity(f"{world.building.site}:queue:rsj")["waiting"] == 0
    world.queue.tick()
    assert world.hall.entity(f"{world.building.site}:queue:rsj")["waiting"] == 1


def test_a_call_goes_to_the_whole_hall_the_window_and_the_visitor(world: World) -> None:
    world.open("A01")
    ticket = world.take()
    world.queue.desks.call_next(world.clerk, "A01")
    [(call, scope)] = [(b, s) for t, b, s in world.hall.announced if t == "call"]
    assert (call["number"], call["window"], call["floor"], call["department"]) == (ticket["number"], "A01", "1F", "rsj")
    assert scope == {"hall", "window:A01", "desk:A01"}
    assert _told_to(world, ticket)[-1]["called_window"] == "A01"


def test_visitors_near_their_turn_are_told_of_each_step(world: World) -> None:
    world.open("A01")
    tickets = [world.take() for _ in range(NEAR + 4)]
    world.hall.announced.clear()
    world.queue.desks.call_next(world.clerk, "A01")
    told = [bool(_told_to(world, t)) for t in tickets]
    assert told == [True] * (NEAR + 2) + [False] * 2
    assert [_told_to(world, t)[-1]["ahead"] for t in tickets[1 : NEAR + 2]] == list(range(NEAR + 1))


def test_the_windows_screen_shows_the_number_and_clears(world: World) -> None:
    world.open("A01")
    number = world.take()["number"]
    shown = world.queue.desks.call_next(world.clerk, "A01")
    sent = world.screens.sent[-1]
    assert (sent.device, sent.name, sent.actor) == (
        f"{world.building.site}:device:SCR-A01",
        "show_text",
        "system:queue",
    )
    assert str(number) in str(sent.arguments["text"])
    assert shown["screen"] == "queued"
    world.queue.desks.no_show(world.clerk, "A01")
    assert world.screens.sent[-1].name == "clear"


def test_a_dead_screen_keeps_nobody_from_being_called(world: World) -> None:
    world.open("A01")
    world.take()
    world.screens.broken.add(f"{world.building.site}:device:SCR-A01")
    assert world.queue.desks.call_next(world.clerk, "A01")["current"] is not None
    assert world.queue.counters.screens_refused == 1
    assert len(world.hall.heard("call")) == 1


def test_after_a_restart_all_that_is_true_is_told_again(world: World) -> None:
    world.open("A01", "A05")
    world.take()
    world.take("ybj")
    world.queue.desks.call_next(world.clerk, "A01")
    before = _without_ranges(world)
    world.hall.values.clear()
    again = world.again()
    assert _without_ranges(world) == before
    assert again.desks.start(world.clerk, "A01")["current"]["state"] == "serving"


def test_every_change_has_its_event_and_its_audit_line(world: World) -> None:
    world.open("A01")
    world.take()
    world.serve("A01")
    events = _rows(world, "SELECT kind FROM queue.event WHERE site = %s ORDER BY id")
    assert events == [("window_opened",), ("issued",), ("called",), ("started",), ("finished",)]
    lines = _rows(world, "SELECT action, actor FROM audit.line WHERE site = %s ORDER BY id")
    assert lines == [
        ("queue.window.opened", "user:clerk"),
        ("queue.ticket.issued", "visitor"),
        ("queue.ticket.called", "user:clerk"),
        ("queue.ticket.started", "user:clerk"),
        ("queue.ticket.finished", "user:clerk"),
    ]


@pytest.mark.parametrize("change", ["UPDATE queue.event SET kind = 'x'", "DELETE FROM queue.event"])
def test_events_are_never_changed(world: World, change: str) -> None:
    world.open("A01")
    with pytest.raises(Exception, match="never changed"), world.database.transaction() as conn:
        conn.execute(change.encode())


def test_a_ticket_leads_to_the_waiting_area_and_then_to_its_window(world: World) -> None:
    world.open("A01")
    token = str(world.take()["token"])
    place = world.queue.tickets.find_place(token)
    kinds = {s.id: s.kind for s in world.building.spaces}
    assert kinds[str(place)] == "waiting"
    world.queue.desks.call_next(world.clerk, "A01")
    assert world.queue.tickets.find_place(token) == _window_id(world, "A01")
    world.queue.tickets.give_up(world.visitor, token)
    assert world.queue.tickets.find_place(token) is None


def _refuse(entity_id: str, values: object, *, source: str) -> None:
    raise ConnectionError(f"{source} cannot tell of {entity_id}: {values}")


def _without_ranges(world: World) -> dict[tuple[str, str], object]:
    """A range stays behind where it is known no more, ``wait_known`` says so; after a restart it is gone."""
    return {k: v for k, v in world.hall.values.items() if k[1] not in ("wait_lo_min", "wait_hi_min")}


def _told_to(world: World, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return [b for t, b, s in world.hall.announced if t == "ticket" and s == {f"ticket:{ticket['token']}"}]


def _window_id(world: World, number: str) -> str:
    return next(w.id for w in world.building.windows if w.number == number)


def _rows(world: World, query: str) -> list[tuple[object, ...]]:
    with world.database.transaction() as conn:
        return conn.execute(query.encode(), (world.building.site,)).fetchall()
