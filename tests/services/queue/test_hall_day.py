"""Tickets belong to the hall's own day: it ends at the hall's midnight, 16:00 UTC, whatever the server's clock says."""

from __future__ import annotations

import pytest

from services.queue.errors import NobodyWaiting, WindowClosed

from .conftest import World

pytestmark = pytest.mark.integration

MIDNIGHT_MS = 1_767_628_800_000
"""2026-01-06 00:00 in the hall = 2026-01-05 16:00 UTC."""


def test_numbers_go_on_over_the_utc_day_and_begin_again_at_the_halls_midnight(world: World) -> None:
    world.open("A01")
    world.clock.ms = MIDNIGHT_MS - 1
    first, second = world.take()["number"], world.take()["number"]
    world.clock.ms = MIDNIGHT_MS
    world.open("A01")
    again = world.take()["number"]
    assert str(first).endswith("001")
    assert str(second).endswith("002")
    assert again == first


def test_numbers_do_not_begin_again_at_the_utc_midnight(world: World) -> None:
    world.clock.ms = MIDNIGHT_MS + 8 * 3_600_000 - 1
    world.open("A01")
    first = str(world.take()["number"])
    world.clock.ms += 2
    assert int(str(world.take()["number"])[1:]) == int(first[1:]) + 1


def test_nobody_of_yesterday_is_called(world: World) -> None:
    world.open("A01")
    token = str(world.take(device_key="device-0001")["token"])
    world.clock.ms = MIDNIGHT_MS + 1
    world.queue.tick()
    with pytest.raises(WindowClosed):
        world.queue.desks.call_next(world.clerk, "A01")
    world.open("A01")
    with pytest.raises(NobodyWaiting):
        world.queue.desks.call_next(world.clerk, "A01")
    assert world.queue.tickets.get(token)["state"] == "cancelled"
    assert world.take(device_key="device-0001")["ahead"] == 0


def test_a_visitor_still_at_the_window_at_midnight_does_not_block_it(world: World) -> None:
    world.open("A01")
    world.take()
    world.queue.desks.call_next(world.clerk, "A01")
    world.clock.ms = MIDNIGHT_MS + 1
    world.open("A01")
    world.take()
    assert world.queue.desks.call_next(world.clerk, "A01")["current"] is not None


def test_a_window_opened_after_midnight_stays_open(world: World) -> None:
    world.clock.ms = MIDNIGHT_MS + 1
    world.open("A01")
    again = world.again()
    assert again.desks.get(world.clerk, "A01")["open"] is True


def test_what_was_known_of_a_visitor_is_forgotten_when_the_day_ends(world: World) -> None:
    world.open("A01")
    world.take(phone="13812348000", device_key="device-0001")
    assert _known(world) == [(True, True, True)]
    assert "13812348000" not in repr(_rows(world, "SELECT * FROM queue.ticket WHERE site = %s"))
    world.clock.ms = MIDNIGHT_MS + 1
    world.queue.tick()
    assert _known(world) == [(False, False, False)]
    assert _rows(world, "SELECT wrapped FROM kernel.subject_key WHERE site = %s") == [(None,)]


def test_the_board_shows_calls_of_today_only(world: World) -> None:
    world.open("A01")
    world.take()
    world.serve("A01")
    assert len(world.queue.board()["calls"]) == 1
    world.clock.ms = MIDNIGHT_MS + 1
    assert world.queue.board()["calls"] == []


def _known(world: World) -> list[tuple[object, ...]]:
    return _rows(
        world,
        "SELECT phone_sealed IS NOT NULL, phone_key IS NOT NULL, device_key IS NOT NULL FROM queue.ticket"
        " WHERE site = %s",
    )


def _rows(world: World, query: str) -> list[tuple[object, ...]]:
    with world.database.transaction() as conn:
        return conn.execute(query.encode(), (world.building.site,)).fetchall()
