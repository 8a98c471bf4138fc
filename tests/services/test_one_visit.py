"""A visitor's whole way through guide, queue, live feed and evaluation, over a real twin and a real database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from building.formats import open_building
from iot.catalogue import load_kinds
from services.evaluation.commands import Evaluation
from services.guide.catalogue import load_catalogue
from services.guide.service import Guide
from services.kernel.actor import make_visitor
from services.kernel.audit import StoreAudit
from services.kernel.modules import load_modules, migration_sets
from services.kernel.testing import FakeClock, FakeConsents, make_actor
from services.kernel.vault import SealedVault
from services.queue.commands import Queue
from services.queue.tickets import Wish
from twin.live import Subscription
from twin.store.database import Database
from twin.twin import Twin

pytestmark = pytest.mark.integration


@dataclass(slots=True)
class House:
    """The three modules on one twin."""

    twin: Twin
    guide: Guide
    queue: Queue
    evaluation: Evaluation


@pytest.fixture
def house(kernel_database: Database, site: str) -> Iterator[House]:
    kernel_database.migrate(migration_sets(load_modules()))
    building = replace(open_building("reference"), site=site)
    clock = FakeClock(1_767_578_400_000)
    twin = Twin(site=site, kinds=load_kinds(), database=kernel_database, now_ms=clock)
    audit = StoreAudit(now_ms=clock)
    vault = SealedVault(site=site, master_key=b"k" * 32, random=os.urandom)
    guide = Guide(catalogue=load_catalogue(), building=building, live=twin)
    queue = Queue(
        building=building, database=kernel_database, live=twin, items=guide, audit=audit, vault=vault, now_ms=clock,
        random=os.urandom, screens=twin.commands,
    )  # fmt: skip
    evaluation = Evaluation(
        building=building, database=kernel_database, live=twin, visits=queue, audit=audit, vault=vault,
        consents=FakeConsents(), now_ms=clock, random=os.urandom,
    )  # fmt: skip
    twin.start()
    try:
        queue.restore()
        evaluation.restore()
        yield House(twin=twin, guide=guide, queue=queue, evaluation=evaluation)
    finally:
        twin.stop()


def test_one_visit(house: House, site: str) -> None:
    visitor = make_visitor(site)
    clerk = make_actor("queue.call", site=site, id="user:clerk")
    item = house.guide.list_items("社保卡丢了")[0]
    assert house.guide.desks([item.department])[item.department].now.open_windows == ()
    house.queue.desks.open(clerk, "A01")
    assert house.guide.desks([item.department])[item.department].now.open_windows == ("A01",)

    token = str(house.queue.tickets.issue(visitor, Wish(item=item.code))["token"])
    wall, phone = _watch(house.twin, "hall"), _watch(house.twin, f"ticket:{token}")
    assert house.evaluation.is_open(token) is False

    house.queue.desks.call_next(clerk, "A01")
    number = house.queue.tickets.get(token)["number"]
    assert [m["call"]["number"] for m in _take(wall) if m["type"] == "call"] == [number]
    told = [m["ticket"] for m in _take(phone) if m["type"] == "ticket"]
    assert (told[-1]["state"], told[-1]["called_window"]) == ("called", "A01")

    house.queue.desks.start(clerk, "A01")
    house.queue.desks.finish(clerk, "A01")
    house.evaluation.rate(visitor, token=token, level=1, tags=["fast"])
    summary = house.evaluation.summary(make_actor("evaluation.view", site=site))
    assert (summary.counts[1], summary.recent[0].rating.item, summary.recent[0].rating.window) == (1, item.code, "A01")
    known = house.twin.value(f"{site}:evaluation:hall", "rated_today")
    assert known is not None
    assert known.value == 1


def test_a_stranger_to_the_ticket_hears_nothing_of_it(house: House, site: str) -> None:
    clerk = make_actor("queue.call", site=site, id="user:clerk")
    house.queue.desks.open(clerk, "A01")
    wall = _watch(house.twin, "hall")
    token = house.queue.tickets.issue(make_visitor(site), Wish(item="RSJ-01"))["token"]
    house.queue.desks.call_next(clerk, "A01")
    heard = _take(wall)
    assert not [m for m in heard if m["type"] == "ticket"]
    assert str(token) not in json.dumps(heard)


def _watch(twin: Twin, view: str) -> Subscription:
    subscription = twin.hub.subscribe(view, wake=lambda: None)
    subscription.take()
    return subscription


def _take(subscription: Subscription) -> list[dict[str, Any]]:
    return [dict(m) for m in subscription.take()]
