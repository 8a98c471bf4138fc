"""One rating a visit, after the service, never changed, and nobody on the staff learns whose it is."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier

import pytest
from fastapi.testclient import TestClient

from building.departments import queue_zone
from building.formats import open_building
from building.model import Building
from services.evaluation.api import router
from services.evaluation.commands import Evaluation
from services.evaluation.errors import AlreadyRated, NotServed, UnknownTag, UnknownVisit
from services.evaluation.module import MODULE
from services.kernel.actor import Actor, make_visitor
from services.kernel.audit import StoreAudit
from services.kernel.errors import Forbidden, Unauthenticated
from services.kernel.modules import migration_sets
from services.kernel.testing import FakeClock, FakeConsents, FakeHall, make_actor, make_app
from services.kernel.vault import SealedVault
from services.kernel.visits import Visit
from twin.store.database import Database

pytestmark = pytest.mark.integration

MONDAY_10_00_MS = 1_767_578_400_000
MIDNIGHT_MS = 1_767_628_800_000
SERVED = Visit(
    done=True,
    item="RSJ-01",
    department="rsj",
    window="A01",
    staff="user:clerk",
    issued_ms=MONDAY_10_00_MS - 1_500_000,
    called_ms=MONDAY_10_00_MS - 600_000,
    started_ms=MONDAY_10_00_MS - 540_000,
    ended_ms=MONDAY_10_00_MS - 60_000,
)


@dataclass(slots=True)
class Visits:
    """The queue's answer, by token."""

    known: dict[str, Visit] = field(default_factory=dict)

    def find_visit(self, token: str) -> Visit | None:
        return self.known.get(token)


@dataclass(slots=True)
class World:
    service: Evaluation
    hall: FakeHall
    visits: Visits
    clock: FakeClock
    building: Building
    database: Database
    visitor: Actor
    manager: Actor

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.database.transaction() as conn:
            return conn.execute(query.encode(), (self.building.site,)).fetchall()


@pytest.fixture
def world(kernel_database: Database, site: str) -> World:
    kernel_database.migrate(migration_sets((MODULE,)))
    building = replace(open_building("reference"), site=site)
    clock, hall, visits = FakeClock(MONDAY_10_00_MS), FakeHall(), Visits()
    visits.known = {f"token-{n:04d}": SERVED for n in range(20)}
    service = Evaluation(
        building=building,
        database=kernel_database,
        live=hall,
        visits=visits,
        audit=StoreAudit(now_ms=clock),
        vault=SealedVault(site=site, master_key=b"k" * 32, random=os.urandom),
        consents=FakeConsents(),
        now_ms=clock,
        random=os.urandom,
    )
    service.restore()
    return World(
        service=service, hall=hall, visits=visits, clock=clock, building=building, database=kernel_database,
        visitor=make_visitor(site), manager=make_actor("evaluation.view", site=site),
    )  # fmt: skip


def test_a_rating_knows_window_item_waiting_time_and_how_full_it_was(world: World) -> None:
    window = next(w for w in world.building.windows if w.number == "A01")
    world.hall.publish(str(queue_zone(world.building, window)), {"people": 37}, source="test")
    rated = world.service.rate(world.visitor, token="token-0001", level=2, tags=["kind", "fast"], text=" 很好 ")
    summary = world.service.summary(world.manager)
    assert dict(summary.counts) == {1: 0, 2: 1, 3: 0, 4: 0, 5: 0}
    [said] = summary.recent
    assert (said.rating.id, said.rating.window, said.rating.item) == (rated, "A01", "RSJ-01")
    assert (said.rating.waited_s, said.rating.served_s, said.rating.people) == (900.0, 480.0, 37)
    assert list(said.rating.tags) == ["fast", "kind"]
    assert said.text == "很好"


def test_how_full_it_was_stays_unknown_where_nobody_counts(world: World) -> None:
    world.service.rate(world.visitor, token="token-0001", level=1)
    assert world.service.summary(world.manager).recent[0].rating.people is None


def test_one_visit_one_rating(world: World) -> None:
    world.service.rate(world.visitor, token="token-0001", level=1)
    with pytest.raises(AlreadyRated):
        world.service.rate(world.visitor, token="token-0001", level=5)
    assert world.service.summary(world.manager).counts[5] == 0
    assert world.service.is_open("token-0001") is False
    assert world.service.is_open("token-0002") is True


def test_sent_eight_times_at_once_it_counts_once(world: World) -> None:
    barrier = Barrier(8)

    def send(_: int) -> bool:
        barrier.wait(timeout=10)
        try:
            world.service.rate(world.visitor, token="token-0001", level=5, text="等太久")
        except AlreadyRated:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(8))) == 1
    assert world.service.summary(world.manager).counts[5] == 1
    assert world.hall.entity(f"{world.building.site}:evaluation:hall") == {"rated_today": 1, "low_today": 1}


@pytest.mark.parametrize("visit", [replace(SERVED, done=False), replace(SERVED, done=False, ended_ms=None)])
def test_nothing_is_rated_before_it_was_done(world: World, visit: Visit) -> None:
    world.visits.known["token-wait"] = visit
    assert world.service.is_open("token-wait") is False
    with pytest.raises(NotServed):
        world.service.rate(world.visitor, token="token-wait", level=1)


def test_a_token_nobody_has_rates_nothing(world: World) -> None:
    with pytest.raises(UnknownVisit):
        world.service.rate(world.visitor, token="token-none", level=1)


def test_tags_belong_to_their_level(world: World) -> None:
    with pytest.raises(UnknownTag):
        world.service.rate(world.visitor, token="token-0001", level=1, tags=["unkind"])
    world.service.rate(world.visitor, token="token-0001", level=5, tags=["unkind", "unkind"])
    assert world.service.summary(world.manager).tags == {"unkind": 1}


def test_a_bad_one_is_flagged_and_told(world: World) -> None:
    for n, level in enumerate((1, 3, 4, 5)):
        world.service.rate(world.visitor, token=f"token-{n:04d}", level=level)  # type: ignore[arg-type]
    events = world.rows("SELECT needs_followup FROM evaluation.event WHERE site = %s ORDER BY id")
    assert events == [(False,), (False,), (True,), (True,)]
    assert world.service.summary(world.manager).needs_followup == 2
    assert world.hall.entity(f"{world.building.site}:evaluation:hall") == {"rated_today": 4, "low_today": 2}


def test_a_new_day_begins_at_nought(world: World) -> None:
    world.service.rate(world.visitor, token="token-0001", level=5)
    world.clock.ms = MIDNIGHT_MS - 1
    world.service.tick()
    assert world.hall.entity(f"{world.building.site}:evaluation:hall")["low_today"] == 1
    world.clock.ms = MIDNIGHT_MS
    world.service.tick()
    assert world.hall.entity(f"{world.building.site}:evaluation:hall") == {"rated_today": 0, "low_today": 0}
    assert world.service.summary(world.manager, days=1).counts[5] == 0
    assert world.service.summary(world.manager, days=2).counts[5] == 1


def test_nobody_reads_in_the_tables_who_rated_or_what_they_wrote(world: World) -> None:
    world.service.rate(world.visitor, token="token-0001", level=5, text="张三办得慢")
    stored = repr(world.rows("SELECT * FROM evaluation.rating WHERE site = %s"))
    stored += repr(world.rows("SELECT * FROM audit.line WHERE site = %s"))
    assert "token-0001" not in stored
    assert "张三" not in stored


def test_an_erased_text_is_gone_and_the_rating_stays(world: World) -> None:
    rated = world.service.rate(world.visitor, token="token-0001", level=5, text="张三办得慢")
    vault = SealedVault(site=world.building.site, master_key=b"k" * 32, random=os.urandom)
    assert MODULE.eraser is not None
    with world.database.transaction() as conn:
        MODULE.eraser(conn, vault, f"evaluation:{rated}")
    summary = world.service.summary(world.manager)
    assert summary.counts[5] == 1
    assert summary.recent[0].text is None


@pytest.mark.parametrize("change", ["UPDATE evaluation.rating SET level = 1", "DELETE FROM evaluation.rating"])
def test_a_rating_is_never_changed(world: World, change: str) -> None:
    world.service.rate(world.visitor, token="token-0001", level=5)
    with pytest.raises(Exception, match="never changed"), world.database.transaction() as conn:
        conn.execute(change.encode())


def test_only_who_may_sees_ratings(world: World) -> None:
    with pytest.raises(Unauthenticated):
        world.service.summary(world.visitor)
    with pytest.raises(Forbidden):
        world.service.summary(make_actor("queue.call", site=world.building.site))


def test_a_department_by_itself(world: World) -> None:
    world.visits.known["token-ybj1"] = replace(SERVED, department="ybj")
    world.service.rate(world.visitor, token="token-0001", level=1)
    world.service.rate(world.visitor, token="token-ybj1", level=4)
    summary = world.service.summary(world.manager, department="ybj")
    assert (summary.counts[1], summary.counts[4], len(summary.recent)) == (0, 1, 1)


def test_over_http(world: World) -> None:
    visitor = TestClient(make_app(router(world.service), actor=world.visitor))
    manager = TestClient(make_app(router(world.service), actor=world.manager))
    form = visitor.get("/evaluations/form", headers={"X-Ticket": "token-0001"}).json()
    assert [level["level"] for level in form["levels"]] == [1, 2, 3, 4, 5]
    assert form["open"] is True
    sent = {"token": "token-0001", "level": 4, "tags": ["wait_long"], "text": "等太久"}
    assert visitor.post("/evaluations", json=sent).status_code == 201
    assert visitor.post("/evaluations", json=sent).status_code == 409
    assert visitor.post("/evaluations", json=sent | {"level": 6}).status_code == 422
    assert visitor.get("/evaluations/summary").status_code == 401
    summary = manager.get("/evaluations/summary").json()
    assert summary["counts"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}
    assert summary["satisfied"]["value"] == 0
    [said] = summary["recent"]
    assert said["text"] == "等太久"
    assert not {"token", "staff", "rated_ms", "visit_key"} & said.keys()
