"""One visitor's whole way: in, a ticket, a seat, the call, the window, a rating, and out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from building.model import Bay, Building, Seat
from simulators.geometry import Walk
from simulators.timing import SimClock
from simulators.truth import Truth
from simulators.visitors.board import Board
from simulators.visitors.public_api import Item, PublicApi, Refused, Ticket
from simulators.world import World

PROFILES = {"walk": 0.74, "elder": 0.14, "pushchair": 0.05, "wheelchair": 0.04, "low-vision": 0.03}
LEVELS = {1: 0.62, 2: 0.27, 3: 0.07, 4: 0.03, 5: 0.01}
BY_CAR, BY_MACHINE, RATES, SPEAKS_ENGLISH = 0.25, 0.6, 0.6, 0.03
PATIENCE_S = (3600.0, 0.35)
ASK_AGAIN_S, AT_WINDOW_ASK_S = 60.0, 10.0
STEP_S = 1.0
WAITING = {"issued", "transferred"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """What all visitors share."""

    building: Building
    world: World
    api: PublicApi
    board: Board
    clock: SimClock
    truth: Truth


class Visitor:
    """``live`` is the whole visit; it ends outside, whatever happens."""

    def __init__(self, ident: int, hall: Hall, *, item: Item, random: Random) -> None:
        self.id, self._hall, self._item, self._random = ident, hall, item, random
        self._profile = _pick(PROFILES, random)
        self._at = "OUT"
        self._home = "OUT"
        self._seat: Seat | None = None

    async def live(self) -> None:
        hall = self._hall
        bay = hall.world.take_bay(self._random) if self._random.random() < BY_CAR else None
        if bay is not None:
            self._at = self._home = self._bay_word(bay)
        self._tell("arrived", item=self._item.code, profile=self._profile, by="car" if bay else "foot")
        try:
            await self._visit()
            await self._walk(self._home)
        finally:
            self._stand_up()
            hall.world.leave(self.id)
            if bay is not None:
                hall.world.free_bay(bay)
            self._tell("left")

    async def _visit(self) -> None:
        world, number = self._hall.world, ""
        try:
            ticket = await self._get_ticket()
            number = ticket.number
            world.tickets.add(number)
            await self._be_served(ticket)
        except Refused as refused:
            self._tell("turned_away", why=str(refused))
        finally:
            self._stand_up()
            world.tickets.discard(number)
            world.at_window = {w: n for w, n in world.at_window.items() if n != number}

    # --- the ticket

    async def _get_ticket(self) -> Ticket:
        """At a machine, or on the phone while walking in."""
        machine = self._pick_machine() if self._random.random() < BY_MACHINE else None
        if machine is not None:
            key, word = machine
            await self._walk(word)
        await self._hall.api.find_items(self._item.name, limit=5)
        ticket = await self._hall.api.take_ticket(
            self._item.code,
            lang="en" if self._random.random() < SPEAKS_ENGLISH else "zh",
            profile=self._profile,
            key=f"sim-{self.id}-{self._random.getrandbits(64):016x}",
        )
        if machine is not None:
            self._hall.world.print_ticket(key)
        self._tell(
            "ticket", number=ticket.number, queue=ticket.queue, ahead=ticket.ahead, wait_min=ticket.wait_min,
            at=machine[0] if machine else "phone",
        )  # fmt: skip
        return ticket

    def _pick_machine(self) -> tuple[str, str] | None:
        machines = [d for d in self._hall.building.devices if d.kind == "ticket_machine"]
        if not machines:
            return None
        one = self._random.choice(machines)
        yaw = math.radians(one.pose.yaw_deg)
        x, y = one.pose.x_m + 0.9 * math.cos(yaw), one.pose.y_m + 0.9 * math.sin(yaw)
        return one.key, f"{self._number_of(one.floor)}@{x:.2f},{y:.2f}"

    # --- waiting and being served

    async def _be_served(self, ticket: Ticket) -> None:
        patience_s = self._hall.clock.now_s() + PATIENCE_S[0] * self._random.lognormvariate(0, PATIENCE_S[1])
        while True:
            if ticket.state in WAITING:
                await self._take_place(ticket)
                called = await self._await_call(ticket, patience_s)
                if called is None:
                    return
                ticket = called
            elif ticket.state in {"called", "serving"}:
                ticket = await self._go_to_window(ticket)
            else:
                break
        self._tell(ticket.state, number=ticket.number, window=ticket.window)
        if ticket.state == "done" and self._random.random() < RATES:
            level = _pick(LEVELS, self._random)
            await self._hall.api.rate(ticket.token, level)
            self._tell("rated", number=ticket.number, level=level)

    async def _take_place(self, ticket: Ticket) -> None:
        """Where the hall sends those who wait, and there on a free seat."""
        space = await self._walk(f"ticket:{ticket.token}")
        if space is None:
            return
        self._seat = self._hall.world.take_seat(space, self._random)
        if self._seat is not None:
            x, y = self._seat.at
            await self._walk(f"{self._number_of(self._seat.floor)}@{x:.2f},{y:.2f}")
            self._hall.world.sit(self._seat, down=True)
            self._tell("seated", seat=self._seat.key)

    async def _await_call(self, ticket: Ticket, patience_s: float) -> Ticket | None:
        """The ticket once it waits no longer; None after giving up."""
        while True:
            await self._hall.board.await_call(ticket.number, ASK_AGAIN_S * self._random.uniform(0.8, 1.2))
            now = await self._look_at(ticket)
            if now.state not in WAITING:
                return now
            if self._hall.clock.now_s() > patience_s:
                await self._hall.api.give_up(ticket.token)
                self._tell("gave_up", number=ticket.number)
                return None

    async def _look_at(self, ticket: Ticket) -> Ticket:
        """The ticket as it is now; as it was, while the hall is away."""
        try:
            return await self._hall.api.get_ticket(ticket.token)
        except Refused as refused:
            if refused.away:
                return ticket
            raise

    async def _go_to_window(self, ticket: Ticket) -> Ticket:
        self._stand_up()
        self._tell("called", number=ticket.number, window=ticket.window)
        await self._walk(f"ticket:{ticket.token}")
        window = ticket.window or ""
        self._hall.world.at_window[window] = ticket.number
        self._tell("at_window", number=ticket.number, window=window)
        clock = self._hall.clock
        while ticket.state in {"called", "serving"} and ticket.window == window:
            await clock.sleep(clock.pause_s(AT_WINDOW_ASK_S, least_wall_s=1.0))
            ticket = await self._look_at(ticket)
        self._hall.world.at_window.pop(window, None)
        return ticket

    def _stand_up(self) -> None:
        seat, self._seat = self._seat, None
        if seat is not None:
            self._hall.world.sit(seat, down=False)

    # --- walking

    async def _walk(self, goal: str) -> str | None:
        """Along the way the hall tells; where it tells none, one stays. The id of the place one came to."""
        if goal == self._at:
            return None
        try:
            way = await self._hall.api.find_way(start=self._at, goal=goal, profile=self._profile)
        except Refused as refused:
            self._tell("no_way", start=self._at, goal=_mask(goal), why=str(refused))
            return None
        clock, walk, at_s = self._hall.clock, Walk(way.points, way.duration_s), 0.0
        self._hall.world.move(self.id, [way.points[0]])
        while at_s < walk.duration_s:
            step_s = min(clock.pause_s(STEP_S, least_wall_s=1.0), walk.duration_s - at_s)
            await clock.sleep(step_s)
            self._hall.world.move(self.id, walk.between(at_s, at_s + step_s))
            at_s += step_s
        x, y, z = way.points[-1]
        self._at = "OUT" if goal == "OUT" else f"{self._number_of(self._hall.world.floor_at(z))}@{x:.2f},{y:.2f}"
        self._tell("walked", goal=_mask(goal), distance_m=way.distance_m, duration_s=way.duration_s)
        return way.goal

    def _bay_word(self, bay: Bay) -> str:
        ring = bay.footprint.outer
        x, y = sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
        return f"{self._number_of(bay.floor)}@{x:.2f},{y:.2f}"

    def _number_of(self, floor: str) -> str:
        return next(f.number for f in self._hall.building.floors if f.id == floor)

    def _tell(self, what: str, /, **facts: object) -> None:
        self._hall.truth.write(what, visitor=self.id, **facts)


def _pick(shares: Mapping[_T, float], random: Random) -> _T:
    return random.choices(list(shares), weights=list(shares.values()))[0]


def _mask(goal: str) -> str:
    """A ticket's token opens the ticket: it stays out of files."""
    return "ticket" if goal.startswith("ticket:") else goal
