"""Visitors and clerks live a whole day in a small hall, over real HTTP, and the sensors see them."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from building.formats import open_building
from simulators.clerks import Clerks
from simulators.http_client import HttpClient
from simulators.testing import FakeHall
from simulators.timing import SimClock
from simulators.truth import Truth
from simulators.visitors.board import Board
from simulators.visitors.public_api import PublicApi
from simulators.visitors.visitor import Hall, Visitor
from simulators.world import World

SPEED = 1000.0
BUILDING = open_building("reference")


class Day:
    """A fake hall with clerks, at a thousand times the speed of life."""

    def __init__(self, truth: Truth) -> None:
        self.fake = FakeHall(kinds={"kinds": []}, now_ms=lambda: 0)
        self.truth = truth
        self.told: list[tuple[str, Any]] = []
        self.world = World(building=BUILDING, notice=lambda device, changes: self.told.append((device, dict(changes))))
        self.clock = SimClock(monotonic_s=time.monotonic, began_s=time.monotonic(), speed=SPEED)

    async def spend(self, count: int, *, clerks: bool = True) -> None:
        url = f"{await self.fake.start()}/api/v1"
        client = HttpClient(url)
        api = PublicApi(client)
        board = Board(api, self.clock)
        hall = Hall(building=BUILDING, world=self.world, api=api, board=board, clock=self.clock, truth=self.truth)
        desks = HttpClient(url)
        staff = Clerks(
            desks, login=("clerk", "p") if clerks else None, leave=frozenset(), minutes={}, world=self.world,
            clock=self.clock, truth=self.truth, random=Random(5), say=lambda _line: None,
        )  # fmt: skip
        jobs = [asyncio.create_task(board.watch()), asyncio.create_task(staff.work())]
        await staff.opened.wait()
        items = await api.find_items()
        visits = [Visitor(n, hall, item=items[n % 2], random=Random(n)).live() for n in range(count)]
        async with asyncio.timeout(40):
            await asyncio.gather(*visits)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await client.close()
        await desks.close()
        await self.fake.stop()


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Day:
    monkeypatch.setattr("simulators.clerks.LEAST_WALL_S", 0.05)
    monkeypatch.setattr("simulators.visitors.board.LEAST_WALL_S", 0.05)
    monkeypatch.setattr("simulators.timing.SimClock.pause_s", lambda _self, seconds, **_: max(seconds, 30.0))
    return Day(Truth(tmp_path / "truth.jsonl", now_ms=lambda: 7))


def lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def test_everyone_comes_is_served_and_goes_and_the_hall_is_empty_after(day: Day, tmp_path: Path) -> None:
    with day.truth:
        asyncio.run(day.spend(8))
    counts = Counter(line["type"] for line in lines(tmp_path))
    assert counts["arrived"] == counts["ticket"] == counts["at_window"] == counts["done"] == counts["left"] == 8
    assert {ticket["state"] for ticket in day.fake.tickets.values()} == {"done"}
    assert counts["rated"] == len(day.fake.ratings) > 0
    assert (day.world.people, day.world.at_window, day.world.tickets) == ({}, {}, set())


def test_seats_and_bays_are_free_again_and_terminals_were_in_use(day: Day) -> None:
    with day.truth:
        asyncio.run(day.spend(6))
    final: dict[str, Any] = {}
    for device, changes in day.told:
        final.setdefault(device, {}).update(changes)
    sensors = {device: values for device, values in final.items() if device.startswith(("SEAT", "PARK"))}
    assert sensors
    assert not any(values["occupied"] for values in sensors.values())
    assert ("TERM-A01", {"session": "active"}) in day.told
    assert final["TERM-A01"] == {"session": "free"}


def test_each_visit_is_told_in_the_order_it_happened(day: Day, tmp_path: Path) -> None:
    with day.truth:
        asyncio.run(day.spend(3))
    order = ["arrived", "ticket", "called", "at_window", "done", "left"]
    for visitor in range(3):
        told = [line["type"] for line in lines(tmp_path) if line.get("visitor") == visitor]
        assert [what for what in told if what in order] == order


def test_no_open_window_means_turned_away_not_stuck(day: Day, tmp_path: Path) -> None:
    with day.truth:
        asyncio.run(day.spend(4, clerks=False))
    counts = Counter(line["type"] for line in lines(tmp_path))
    assert counts["turned_away"] == counts["left"] == 4
    assert day.fake.tickets == {}


def test_the_token_that_opens_a_ticket_is_in_no_line(day: Day, tmp_path: Path) -> None:
    with day.truth:
        asyncio.run(day.spend(2))
    assert "token-" not in (tmp_path / "truth.jsonl").read_text(encoding="utf-8")


def test_only_public_routes_are_used_by_visitors(day: Day) -> None:
    with day.truth:
        asyncio.run(day.spend(2))
    used = {path.split("/")[1] for _, path in day.fake.asked}
    assert used == {"guide", "queue", "routes", "session", "evaluations"}
