"""A queue over the reference hall and a real database, with a twin that only remembers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from building.formats import open_building
from building.model import Building
from services.kernel.actor import Actor, make_visitor
from services.kernel.audit import StoreAudit
from services.kernel.modules import migration_sets
from services.kernel.testing import FakeClock, FakeCommands, FakeHall, make_actor
from services.kernel.vault import SealedVault
from services.kernel.visits import ServiceItem
from services.queue.commands import Queue
from services.queue.module import MODULE
from services.queue.tickets import Wish
from twin.store.database import Database

MONDAY_10_00_MS = 1_767_578_400_000
"""2026-01-05 10:00 in the hall (02:00 UTC)."""


class Items:
    """Two items of the social security windows."""

    def find_item(self, code: str) -> ServiceItem | None:
        if code.upper() not in {"RSJ-01", "RSJ-02"}:
            return None
        return ServiceItem(code=code.upper(), name={"zh": "社保卡补领", "en": "Card"}, department="rsj")


@dataclass(slots=True)
class World:
    """Everything a test of the queue touches."""

    queue: Queue
    hall: FakeHall
    screens: FakeCommands
    clock: FakeClock
    building: Building
    database: Database
    clerk: Actor
    visitor: Actor
    again: Callable[[], Queue]

    def take(self, queue: str = "rsj", **wish: object) -> dict[str, object]:
        return self.queue.tickets.issue(self.visitor, Wish(queue=queue, **wish))  # type: ignore[arg-type]

    def open(self, *windows: str) -> None:
        for window in windows:
            self.queue.desks.open(self.clerk, window)

    def serve(self, window: str, *, minutes: float = 5) -> None:
        """Calls the next and sees them through."""
        self.queue.desks.call_next(self.clerk, window)
        self.queue.desks.start(self.clerk, window)
        self.clock.ms += round(minutes * 60_000)
        self.queue.desks.finish(self.clerk, window)


@pytest.fixture(scope="session")
def queue_database(kernel_database: Database) -> Database:
    kernel_database.migrate(migration_sets((MODULE,)))
    return kernel_database


@pytest.fixture
def world(queue_database: Database, site: str) -> World:
    return make_world(queue_database, site)


def make_world(database: Database, site: str) -> World:
    building = replace(open_building("reference"), site=site)
    clock, hall, screens = FakeClock(MONDAY_10_00_MS), FakeHall(), FakeCommands()

    def make() -> Queue:
        queue = Queue(
            building=building,
            database=database,
            live=hall,
            screens=screens,
            items=Items(),
            audit=StoreAudit(now_ms=clock),
            vault=SealedVault(site=site, master_key=b"k" * 32, random=os.urandom),
            now_ms=clock,
            random=os.urandom,
        )
        queue.restore()
        return queue

    return World(
        queue=make(),
        hall=hall,
        screens=screens,
        clock=clock,
        building=building,
        database=database,
        clerk=make_actor("queue.call", site=site, id="user:clerk"),
        visitor=make_visitor(site),
        again=make,
    )
