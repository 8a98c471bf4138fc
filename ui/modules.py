"""Wires the service modules to the twin and to each other's ports; they never import one another."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from building.model import Building
from services.evaluation import api as evaluation_api
from services.evaluation.commands import Evaluation
from services.guide import api as guide_api
from services.guide.catalogue import load_catalogue
from services.guide.service import DepartmentPlaces, Guide, ItemPlaces
from services.kernel.audit import Audit
from services.kernel.buildings import Follower
from services.kernel.calendar import HallCalendar
from services.kernel.erasures import ErasureJournal
from services.kernel.modules import load_modules
from services.kernel.ports import Clock
from services.kernel.vault import Vault
from services.navigation import api as navigation_api
from services.navigation import api_queries, api_trips
from services.navigation.queries import Queries
from services.navigation.service import Navigation
from services.navigation.trips import Trips
from services.privacy import api as privacy_api
from services.privacy.commands import Privacy
from services.privacy.house import House as PrivacyHouse
from services.queue import api as queue_api
from services.queue.commands import Queue
from services.queue.tickets import TicketPlaces
from twin.replay import Calls
from twin.store.database import Database
from twin.twin import Twin
from ui.ticker import Ticker
from wayfinding import load_profiles

LOOK_AROUND_EVERY_S = 0.1
"""So late a change is noticed for those who are under way; who asks the way is told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """The modules' routers, those that follow the building, what must happen when the hall opens and closes, and what
    they announced in the past.
    """

    routers: Sequence[APIRouter]
    followers: Sequence[Follower]
    start: Callable[[], None]
    stop: Callable[[], None]
    counters: Callable[[], dict[str, int]]
    past_calls: Calls


def wire_modules(
    *,
    version: str,
    building: Building,
    twin: Twin,
    database: Database,
    audit: Audit,
    vault: Vault,
    journal: ErasureJournal,
    now_ms: Clock,
) -> Modules:
    """All modules on this twin."""
    guide = Guide(catalogue=load_catalogue(), building=building, live=twin)
    queue = Queue(
        building=building,
        database=database,
        live=twin,
        items=guide,
        audit=audit,
        vault=vault,
        now_ms=now_ms,
        random=os.urandom,
        screens=twin.commands,
    )
    privacy = Privacy(
        PrivacyHouse(
            site=building.site,
            modules=load_modules(),
            database=database,
            audit=audit,
            vault=vault,
            calendar=HallCalendar(building.timezone),
            now_ms=now_ms,
            random=os.urandom,
        ),
        flush=journal.flush,
    )
    evaluation = Evaluation(
        building=building,
        database=database,
        live=twin,
        visits=queue,
        audit=audit,
        vault=vault,
        consents=privacy.consents.book,
        now_ms=now_ms,
        random=os.urandom,
    )
    navigation = Navigation(
        live=twin,
        profiles=load_profiles(),
        sources=[TicketPlaces(queue.tickets), ItemPlaces(guide), DepartmentPlaces(guide)],
        now_ms=now_ms,
    )
    asking = navigation_api.limit_of_ways()
    trips = Trips(navigation, now_ms=now_ms, random=os.urandom)
    ticker = Ticker({"queue": queue.tick, "evaluation": evaluation.tick})
    # Its own thread: forgetting many takes a while.
    forgetting = Ticker({"privacy": privacy.tick})
    # Its own as well: nobody who is under way waits for what is no haste.
    leading = Ticker({"trips": trips.tick}, every_s=LOOK_AROUND_EVERY_S)

    def start() -> None:
        prepare_routes = navigation.begin(version, building)
        threading.Thread(target=prepare_routes, name="routes", daemon=True).start()
        queue.restore()
        evaluation.restore()
        ticker.start()
        forgetting.start()
        leading.start()

    def stop() -> None:
        ticker.stop()
        forgetting.stop()
        leading.stop()

    return Modules(
        routers=[
            guide_api.router(guide),
            queue_api.router(queue),
            evaluation_api.router(evaluation),
            navigation_api.router(navigation, crowd=asking),
            api_queries.router(Queries(navigation, now_ms=now_ms), crowd=asking),
            api_trips.router(trips, crowd=asking),
            privacy_api.router(privacy),
        ],
        followers=[navigation, guide, evaluation, queue],
        start=start,
        stop=stop,
        counters=lambda: {
            "queue.screens_refused": queue.counters.screens_refused,
            "guide.items_not_offered": guide.not_offered,
            "privacy.retention_erased": privacy.retention.erased,
            "privacy.indexes_filled": privacy.indexes.filled,
            "privacy.indexes_twice": privacy.indexes.same,
            "navigation.trips": len(trips),
            "navigation.rerouted": trips.rerouted,
            "ticker.failed": ticker.failed + leading.failed,
        },
        past_calls=queue.past_calls,
    )
