"""Everything simulated of one hall, wired: devices, world, visitors, clerks, orders. One event loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from random import Random
from typing import Any

from building.model import Building
from simulators import control
from simulators.clerks import Clerks
from simulators.device import Surroundings
from simulators.enrolment import Enrolment
from simulators.fleet import Fleet
from simulators.http_client import HttpClient, HttpError
from simulators.plan import play
from simulators.settings import Options
from simulators.timing import SimClock
from simulators.truth import Ledger, Truth
from simulators.visitors.arrivals import receive
from simulators.visitors.board import Board
from simulators.visitors.public_api import Item, PublicApi, Refused
from simulators.visitors.visitor import Hall
from simulators.world import World, list_facts

HALL_ANSWERS_WITHIN_S = 120.0
CENSUS_EVERY_S = 10.0
LEDGER_EVERY_S = 0.5
DEVICES_FIRST_S = 30.0
STOP_WITHIN_S = 1.5


class NoHall(Exception):
    """The hall does not answer; the message says where it was sought."""


class Simulation:
    """``run`` until stopped; then every device is gone with its last will said."""

    def __init__(
        self, options: Options, enrolment: Enrolment, building: Building, *, truth: Truth, ledger: Ledger,
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._options, self._enrolment, self._truth, self._ledger, self._say = options, enrolment, truth, ledger, say
        self._scenario = options.scenario
        self._clock = SimClock(monotonic_s=time.monotonic, began_s=time.monotonic(), speed=options.speed)
        self._client = HttpClient(f"{options.site}/api/v1")
        self._world = World(building=building, crossed=self._note_crossing)

    async def run(self, stop: asyncio.Event) -> None:
        fleet = await self._make_fleet()
        self._world.notice = fleet.notice
        self._world.fill_bays(Random(self._options.seed))
        fleet.start()
        server = None
        if self._options.control is not None:
            server = await control.listen_on_socket(self._options.control, fleet.carry_out)
        jobs = [
            control.obey_stdin(fleet.carry_out, self._say),
            self._carry_out_plan(fleet),
            self._take_census(),
            self._tell_progress(fleet),
            self._write_ledger(),
        ]
        if self._options.visitors:
            jobs.append(self._keep_people(fleet))
        tasks = [asyncio.create_task(self._guard(job)) for job in jobs]
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if server is not None:
            server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN_S):
                await fleet.stop()
        await self._client.close()

    async def _make_fleet(self) -> Fleet:
        around = Surroundings(
            site=self._enrolment.site, now_ms=now_ms, speed=self._options.speed,
            people_in_view=self._world.people_in_view, note=self._truth.write,
            acknowledged=lambda message: self._ledger.write(message.device, message.boot, message.seq),
        )  # fmt: skip
        return Fleet(
            self._enrolment, kinds=await self._get_kinds(), facts=list_facts(self._world.building), around=around,
            seed=self._options.seed, say=self._say, setups=self._scenario.setups,
        )  # fmt: skip

    async def _get_kinds(self) -> Mapping[str, Mapping[str, Any]]:
        deadline = time.monotonic() + HALL_ANSWERS_WITHIN_S
        while True:
            try:
                answer = await self._client.get("/kinds")
                if answer.ok:
                    return {kind["kind"]: kind for kind in answer.body["kinds"]}
                why = f"it answers {answer.status}"
            except HttpError as error:
                why = str(error)
            if time.monotonic() > deadline:
                raise NoHall(f"{self._client.base} gives no kinds of devices: {why}")
            await asyncio.sleep(0.5)

    # --- people

    async def _keep_people(self, fleet: Fleet) -> None:
        """Visitors and clerks, once the devices are there: a window without its terminal cannot serve."""
        await fleet.until_online(DEVICES_FIRST_S)
        api = PublicApi(self._client)
        items = await self._get_items(api)
        board = Board(api, self._clock)
        hall = Hall(
            building=self._world.building, world=self._world, api=api, board=board, clock=self._clock,
            truth=self._truth,
        )  # fmt: skip
        scenario, random = self._scenario, Random(f"{self._options.seed}:visitors")
        async with asyncio.TaskGroup() as group:
            group.create_task(board.watch())
            clerks = self._clerks(items)
            group.create_task(clerks.work())
            await clerks.opened.wait()
            group.create_task(
                receive(hall, items, arrivals=scenario.arrivals, at_start=scenario.inside_at_start, random=random)
            )

    def _clerks(self, items: Sequence[Item]) -> Clerks:
        return Clerks(
            HttpClient(self._client.base, connections_max=2), login=self._enrolment.logins.get("clerk"),
            leave=self._options.leave_windows, minutes={item.code: item.minutes for item in items}, world=self._world,
            clock=self._clock, truth=self._truth, random=Random(f"{self._options.seed}:clerks"), say=self._say,
        )  # fmt: skip

    async def _get_items(self, api: PublicApi) -> Sequence[Item]:
        while True:
            with contextlib.suppress(Refused):
                if items := [item for item in await api.find_items() if item.windows]:
                    return items
            await asyncio.sleep(2.0)

    # --- beside them

    async def _carry_out_plan(self, fleet: Fleet) -> None:
        """What the scenario and the command line plan, in the order of its moments."""
        began_s, random = time.monotonic(), Random(f"{self._options.seed}:plan")
        planned = [*self._scenario.planned, *self._options.planned]
        for doubt in sorted({doubt for one in planned for doubt in fleet.list_doubts(one.order)}):
            self._say(f"scenario: {doubt}")
        async for order in play(planned, random=random, now_s=lambda: time.monotonic() - began_s, sleep=asyncio.sleep):
            fleet.carry_out(order)

    async def _take_census(self) -> None:
        while True:
            await self._clock.sleep(self._clock.pause_s(CENSUS_EVERY_S, least_wall_s=1.0))
            self._truth.write("people", by_floor=dict(self._world.list_counts()))

    async def _tell_progress(self, fleet: Fleet) -> None:
        """Once all are there, and again whenever the number changed within a minute."""
        await fleet.until_online(DEVICES_FIRST_S)
        told = -1
        while True:
            traffic = fleet.traffic
            if fleet.online != told:
                told = fleet.online
                self._say(f"{told} of {len(fleet.devices)} devices online, {traffic.dropped} messages dropped")
                for why, count in traffic.failures.items():
                    self._say(f"connections failed {count} times: {why}")
            await asyncio.sleep(60.0)

    async def _write_ledger(self) -> None:
        while True:
            await asyncio.sleep(LEDGER_EVERY_S)
            self._ledger.flush()

    async def _guard(self, job: Coroutine[Any, Any, None]) -> None:
        """A part that breaks is said at once; the others go on."""
        try:
            await job
        except Exception as error:  # noqa: BLE001 - whatever it is, devices must not stop because visitors did
            self._say(f"stopped working: {type(error).__name__}: {error}")

    def _note_crossing(self, person: int, device: str, direction: str) -> None:
        self._truth.write("crossed", visitor=person, device=device, direction=direction)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
