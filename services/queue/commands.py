"""The queue as a whole: wired once, restored at start, looked at by everybody."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from building.model import Building
from services.kernel.actor import make_system
from services.kernel.audit import Audit
from services.kernel.buildings import TakeOver
from services.kernel.calendar import HallCalendar
from services.kernel.live import DeviceCommands, LiveHall
from services.kernel.ports import Clock, Random, Transactions
from services.kernel.vault import Vault
from services.kernel.visits import ItemSource, Visit
from services.queue.core import Core
from services.queue.desks import Desks
from services.queue.directory import Directory
from services.queue.publish import Publisher
from services.queue.tickets import Tickets
from services.queue.views import Views
from twin.errors import TwinError


class Queue:
    """``tickets`` for visitors, ``desks`` for clerks; ``live`` and ``screens`` are told after each commit."""

    def __init__(
        self,
        *,
        building: Building,
        database: Transactions,
        live: LiveHall,
        items: ItemSource,
        audit: Audit,
        vault: Vault,
        now_ms: Clock,
        random: Random,
        screens: DeviceCommands | None = None,
    ) -> None:
        directory, calendar = Directory(building), HallCalendar(building.timezone)
        system = make_system(building.site, "queue")
        views = Views(site=building.site, directory=directory, live=live, items=items)
        publisher = Publisher(
            database=database,
            views=views,
            live=live,
            screens=screens,
            today=lambda: calendar.day(now_ms()),
            system=system,
        )
        self._core = Core(
            site=building.site,
            directory=directory,
            database=database,
            items=items,
            audit=audit,
            vault=vault,
            calendar=calendar,
            views=views,
            publisher=publisher,
            now_ms=now_ms,
            random=random,
            system=system,
        )
        self.tickets, self.desks = Tickets(self._core), Desks(self._core)
        self._unsettled = False
        self.counters = publisher.counters

    def prepare(self, version: str, building: Building) -> TakeOver:
        """A ``Follower``: windows and departments may come and go while people wait."""
        del version
        directory_takes_over = self._core.directory.prepare(building)

        def take_over() -> None:
            directory_takes_over()
            self._unsettled = True
            with suppress(TwinError):  # the database is away: ``tick`` goes on trying
                self._settle()

        return take_over

    def restore(self) -> None:
        """At start: every window has its row, earlier days are ended, and the twin is told all that is true."""
        self._core.begin_day()
        self._core.settle()

    def tick(self) -> None:
        """Every second or so: notices a new day, and terminals that came or went."""
        self._settle()
        self._core.begin_day()
        self._core.publisher.check_online()

    def _settle(self) -> None:
        if self._unsettled:
            self._core.settle()
            self._unsettled = False

    def summary(self) -> list[dict[str, Any]]:
        """All queues, in the building's order."""
        core = self._core
        core.begin_day()
        with core.database.transaction() as conn:
            return [core.views.queue(f) for f in core.views.list_facts(conn, core.today(), list(core.directory.queues))]

    def board(self) -> dict[str, Any]:
        """What a wall shows: the latest calls of today and the queues."""
        core = self._core
        queues = self.summary()
        with core.database.transaction() as conn:
            calls = core.views.calls(conn, since_ms=core.calendar.midnight_ms(core.today()))
        return {"calls": calls, "queues": queues}

    def past_calls(self, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
        """What was announced in that time, both ends included, the oldest first; of windows there still are."""
        core = self._core
        with core.database.transaction() as conn:
            return core.views.past_calls(conn, since_ms=since_ms, until_ms=until_ms)

    def find_visit(self, token: str) -> Visit | None:
        """The kernel's ``VisitSource``."""
        return self.tickets.find_visit(token)
