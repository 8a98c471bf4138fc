"""The simulated hall: who stands where, which seats and bays are taken, and what the sensors there notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from building.model import OUT, Bay, Building, Device, Seat, key_of
from simulators.behaviours.behaviour import Facts, Values
from simulators.geometry import XY, XYZ, contains, crosses, side

BAYS_TAKEN_AT_START = 0.55
FLOOR_TOLERANCE_M = 0.6


@dataclass(slots=True)
class Person:
    """``floor`` and ``at`` None: outside or not yet in."""

    id: int
    floor: str | None = None
    at: XY | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """A counter's line; crossing to the counter's own side is entering."""

    device: str
    floor: str
    line: tuple[XY, XY]
    inner_is_left: bool


@dataclass(slots=True, kw_only=True)
class World:
    """Changes are told through ``notice(device key, values)``; ``crossed`` is for the ground truth."""

    building: Building
    notice: Callable[[str, Values], None] = lambda _device, _changes: None
    crossed: Callable[[int, str, str], None] = lambda _person, _device, _direction: None
    people: dict[int, Person] = field(default_factory=dict)
    at_window: dict[str, str] = field(default_factory=dict)
    """Window number -> the ticket number of the visitor who stands there."""
    tickets: set[str] = field(default_factory=set)
    """Numbers held by simulated visitors: a clerk waits for these, other visitors are real."""
    printed: Counter[str] = field(default_factory=Counter)
    _taken: set[str] = field(default_factory=set)
    _counts: dict[str, Counter[str]] = field(default_factory=dict)
    _counting: list[Counting] = field(default_factory=list)
    _views: dict[str, tuple[str, list[XY]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for device in self.building.devices:
            if (counting := _counting(device)) is not None:
                self._counting.append(counting)
            elif device.kind == "camera" and len(polygon := device.coverage.get("polygon", [])) >= 3:
                self._views[device.key] = (device.floor, [(float(x), float(y)) for x, y in polygon])

    # --- people

    def move(self, person: int, points: Iterable[XYZ]) -> None:
        """Along these points; counters over which it leads are told."""
        who = self.people.setdefault(person, Person(person))
        for x, y, z in points:
            floor = self.floor_at(z)
            if who.at is not None and floor == who.floor:
                self._pass_counters(who, floor, (x, y))
            who.floor, who.at = floor, (x, y)

    def leave(self, person: int) -> None:
        self.people.pop(person, None)

    def floor_at(self, z_m: float) -> str:
        """The floor one stands on at this height: the highest that is not above it."""
        below = [f for f in self.building.floors if f.elevation_m <= z_m + FLOOR_TOLERANCE_M]
        lowest = min(self.building.floors, key=lambda f: f.elevation_m)
        return max(below, key=lambda f: f.elevation_m, default=lowest).id

    def people_in_view(self, camera: str) -> int:
        if camera not in self._views:
            return 0
        floor, ring = self._views[camera]
        return sum(1 for p in self.people.values() if p.floor == floor and p.at and contains(ring, p.at))

    def list_counts(self) -> Mapping[str, int]:
        """People inside the building, by floor key."""
        outlines = {floor.id: floor.outline for floor in self.building.floors}
        return Counter(
            key_of(person.floor)
            for person in self.people.values()
            if person.floor and person.at and any(contains(o.outer, person.at) for o in outlines[person.floor])
        )

    # --- things people use

    def show_session(self, window: str, *, active: bool) -> None:
        """A window's terminal is in use, or free again."""
        terminal = next((w.terminal for w in self.building.windows if w.number == window), None)
        if terminal is not None:
            self.notice(key_of(terminal), {"session": "active" if active else "free"})

    def print_ticket(self, machine: str) -> None:
        """One more ticket out of this machine."""
        self.printed[machine] += 1
        self.notice(machine, {"tickets_today": self.printed[machine]})

    def take_seat(self, space: str, random: Random) -> Seat | None:
        """A free seat of this space, if there is one; it is taken when somebody sits down."""
        free = [seat for seat in self.building.seats if seat.space == space and seat.id not in self._taken]
        if not free:
            return None
        seat = random.choice(free)
        self._taken.add(seat.id)
        return seat

    def sit(self, seat: Seat, *, down: bool) -> None:
        """Down on it, or up and away."""
        if not down:
            self._taken.discard(seat.id)
        self._sense(seat.sensor, taken=down)

    def take_bay(self, random: Random) -> Bay | None:
        free = [bay for bay in self.building.bays if bay.id not in self._taken and bay.kind == "standard"]
        if not free:
            return None
        bay = random.choice(free)
        self._taken.add(bay.id)
        self._sense(bay.sensor, taken=True)
        return bay

    def free_bay(self, bay: Bay) -> None:
        self._taken.discard(bay.id)
        self._sense(bay.sensor, taken=False)

    def fill_bays(self, random: Random) -> None:
        """Cars that stand there from before."""
        for bay in self.building.bays:
            if random.random() < BAYS_TAKEN_AT_START:
                self._taken.add(bay.id)
                self._sense(bay.sensor, taken=True)

    def _sense(self, sensor: str | None, *, taken: bool) -> None:
        if sensor is not None:
            self.notice(key_of(sensor), {"occupied": taken})

    def _pass_counters(self, who: Person, floor: str, to: XY) -> None:
        if who.at is None:
            return
        for counting in self._counting:
            if counting.floor == floor and crosses(counting.line, who.at, to):
                inward = (side(counting.line, to) > 0) == counting.inner_is_left
                direction = "entered" if inward else "left"
                counts = self._counts.setdefault(counting.device, Counter(entered=0, left=0))
                counts[direction] += 1
                self.crossed(who.id, counting.device, direction)
                self.notice(counting.device, dict(counts))


def list_facts(building: Building) -> dict[str, Facts]:
    """What the building says of each device, by key."""
    access = {space.id: space.access for space in building.spaces} | {OUT: "public"}
    public = {
        opening.device
        for opening in building.openings
        if opening.device and opening.between and all(access.get(end) == "public" for end in opening.between)
    }
    return {
        device.key: Facts(
            key=device.key,
            floor=device.floor,
            public_way=device.id in public,
            attributes=device.attributes,
            coverage=device.coverage,
        )
        for device in building.devices
    }


def _counting(device: Device) -> Counting | None:
    line = device.coverage.get("line")
    if device.kind != "people_counter" or not line:
        return None
    start, end = ((float(x), float(y)) for x, y in line)
    inner = side((start, end), (device.pose.x_m, device.pose.y_m)) > 0
    return Counting(device=device.key, floor=device.floor, line=(start, end), inner_is_left=inner)
