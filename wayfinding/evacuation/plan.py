"""Who leaves by which door, when the last is out, and what decides it: for the people there are now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from building.model import OUT, Text
from wayfinding.errors import WayfindingError
from wayfinding.evacuation.assumptions import Assumptions
from wayfinding.evacuation.bound import Bound, find_bound
from wayfinding.evacuation.dispatch import Party, Sent, Turns, last_s, send
from wayfinding.evacuation.network import REFUGE, EvacuationNetwork
from wayfinding.evacuation.ways import NEVER, Closed, Ways, find_ways

PARTIES = 1500
"""Up to so many people everybody is planned alone; more go in parties of two, three and so on."""
GAP = 0.02
"""A plan this near the best there can be is not tried for a better one."""
GOLDEN = 0.6180339887498949
"""Its multiples spread evenly however many there are, in no order that could follow where people stand."""


class InvalidPeople(WayfindingError):
    """A number of people that nobody can count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """People of a zone who leave by one exit, out of the zone ``via`` an opening or link; ``last_s`` is the last."""

    exit: str
    via: str
    people: int
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePlan:
    """A zone's people who get out, most first, and when the last of them does."""

    zone: str
    people: int
    leaving: tuple[Leaving, ...]
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What goes through an opening or link in one direction; ``flow_p_s`` is what it passes at most."""

    id: str
    a: str
    b: str
    flow_p_s: float
    people: int
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """People who cannot take the stairs they are left with: they wait for help at the landing of that link."""

    zone: str
    link: str
    refuge: str
    people: int
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """People with no way left, ``code``: ``unknown_space`` or ``no_way_out``."""

    zone: str
    people: int
    step_free: bool
    code: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationPlan:
    """``people`` = everybody in ``zones`` + ``waiting`` + ``stranded``.

    ``clearance_s`` is when the last of ``zones`` is out by this plan, ``at_least_s`` what no plan can beat, known to
    one ``slice_s``. ``uses`` says for every space where those in it go next; ``bottlenecks`` are the doors that would
    have to be wider for all to be out sooner: none, where distance alone decides.
    """

    people: int
    clearance_s: float
    at_least_s: float
    slice_s: float
    zones: tuple[ZonePlan, ...]
    uses: tuple[Use, ...]
    bottlenecks: tuple[Use, ...]
    waiting: tuple[Waiting, ...]
    stranded: tuple[Stranded, ...]
    assumptions: tuple[Text, ...]

    def onward(self, space: str) -> tuple[Use, ...]:
        """Where people in that space go next, most first: what a screen there shows."""
        return tuple(sorted((u for u in self.uses if u.a == space), key=lambda u: (-u.people, u.id)))

    @property
    def exits(self) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.b == OUT)


def plan_evacuation(
    network: EvacuationNetwork,
    people: Mapping[str, int],
    closed: Closed = frozenset(),
    *,
    step_free: Mapping[str, int] | None = None,
    assigned: Mapping[str, frozenset[str]] | None = None,
    assumptions: Assumptions | None = None,
) -> EvacuationPlan:
    """The plan for so many people in each space; ``step_free`` are those among them who cannot take stairs.

    ``closed`` holds ids of openings, links, devices and spaces; ``assigned`` the exits a space's people must use where
    they may not choose. The same arguments give the same plan.
    """
    given = assumptions or Assumptions()
    rolling = {zone: n for zone, n in (step_free or {}).items() if n}
    _check(people, rolling)
    crowd = _Crowd(network, people, closed, assigned or {}, given)
    rollers, unable = _who_can(crowd.parties(rolling, step_free=True))
    walkers, stranded = _who_can(crowd.parties({z: n - rolling.get(z, 0) for z, n in people.items()}))
    out, bound = _quickest(rollers, walkers, crowd)
    waiting, helpless = _who_can(crowd.parties(_count(unable), step_free=True, to=REFUGE))
    waiting_sent = send(waiting, crowd.turns())
    uses = _uses(network, [*out, *waiting_sent], crowd.everyone)
    cut = dict.fromkeys((network.passages[p].id, network.passages[p].a) for p in bound.cut)
    return EvacuationPlan(
        people=sum(people.values()),
        clearance_s=last_s(out),
        at_least_s=min(bound.at_least_s, last_s(out)),
        slice_s=bound.slice_s,
        zones=_zones(network, out),
        uses=uses,
        bottlenecks=tuple(use for end in cut for use in uses if (use.id, use.a) == end),
        waiting=_waiting(network, waiting_sent),
        stranded=(
            *(_unknown(zone, n) for zone, n in sorted(people.items()) if n and zone not in network.zones),
            *(_no_way(zone, n, step_free=False) for zone, n in sorted(_count(stranded).items())),
            *(_no_way(zone, n, step_free=True) for zone, n in sorted(_count(helpless).items())),
        ),
        assumptions=given.texts(),
    )


def _check(people: Mapping[str, int], step_free: Mapping[str, int]) -> None:
    for zone, n in people.items():
        if n < 0:
            raise InvalidPeople(f"{n} people in {zone}: give 0 or more")
    for zone, n in step_free.items():
        if not 0 <= n <= people.get(zone, 0):
            raise InvalidPeople(f"{n} people in {zone} cannot take stairs, of {people.get(zone, 0)} there")


class _Crowd:
    """Where everybody stands, when they set off, and by which ways they may go."""

    def __init__(
        self,
        network: EvacuationNetwork,
        people: Mapping[str, int],
        closed: Closed,
        assigned: Mapping[str, frozenset[str]],
        assumptions: Assumptions,
    ) -> None:
        self._network, self._people, self._closed = network, people, closed
        self._assigned, self._assumptions = assigned, assumptions
        self._size = max(1, ceil(sum(people.values()) / PARTIES))
        self._ways: dict[tuple[bool, str, frozenset[str] | None], Ways] = {}
        self.everyone = self._find(step_free=False, to=OUT, exits=None)

    def turns(self) -> Turns:
        return Turns(self.everyone, self._size)

    def _find(self, *, step_free: bool, to: str, exits: frozenset[str] | None) -> Ways:
        key = (step_free, to, exits)
        if key not in self._ways:
            self._ways[key] = find_ways(
                self._network, self._closed, self._assumptions, step_free=step_free, to=to, exits=exits
            )
        return self._ways[key]

    def parties(self, counts: Mapping[str, int], *, step_free: bool = False, to: str = OUT) -> list[Party]:
        """The people of known zones, spread over the points of each; in the order of their zones' ids."""
        first_s, last_s = self._assumptions.premovement_s
        found = []
        for name, people in sorted(counts.items()):
            zone = self._network.zones.get(name)
            if zone is None or not people:
                continue
            speed = self._assumptions.speed_in_crowd(self._people[name] / zone.area_m2)
            if step_free:
                speed = min(speed, self._assumptions.step_free_m_s)
            exits = self._assigned.get(name) if to == OUT else None
            ways = self._find(step_free=step_free, to=to, exits=exits)
            cells = [tuple((p, metres / speed) for p, metres in cell if ways.to_go_s[p] < NEVER) for cell in zone.cells]
            count = ceil(people / self._size)
            for n in range(count):
                starts_s = first_s + (last_s - first_s) * ((n + 0.5) * GOLDEN % 1.0)
                doors = cells[int((n + 0.5) * len(cells) / count)]
                found.append(Party(name, min(self._size, people - n * self._size), starts_s, doors, ways))
        return found


def _who_can(parties: Sequence[Party]) -> tuple[list[Party], list[Party]]:
    """Who has a way, those first who could be out first, and who has none."""
    least = [(party.least_s, n) for n, party in enumerate(parties)]
    able = [parties[n] for seconds, n in sorted(least) if seconds < NEVER]
    return able, [parties[n] for seconds, n in least if seconds == NEVER]


def _quickest(rollers: list[Party], walkers: list[Party], crowd: _Crowd) -> tuple[list[Sent], Bound]:
    """Who cannot take stairs goes first, then who is nearest out, or, where that turns out better, who is farthest."""
    out = send([*rollers, *walkers], crowd.turns())
    bound = find_bound([*rollers, *walkers], crowd.everyone, last_s(out))
    if last_s(out) > bound.at_least_s * (1.0 + GAP) + bound.slice_s:
        # Near ones may have taken what only far ones need.
        out = min(out, send([*rollers, *walkers[::-1]], crowd.turns()), key=last_s)
    return out, bound


def _count(parties: Iterable[Party]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for party in parties:
        counts[party.zone] += party.people
    return dict(counts)


# What came of it ------------------------------------------------------------------------------------------------------


def _zones(network: EvacuationNetwork, out: Sequence[Sent]) -> tuple[ZonePlan, ...]:
    groups: dict[str, dict[tuple[str, str], list[Sent]]] = defaultdict(lambda: defaultdict(list))
    for sent in out:
        key = network.passages[sent.path[-1]].id, network.passages[sent.path[0]].id
        groups[sent.party.zone][key].append(sent)
    return tuple(
        ZonePlan(
            zone=zone,
            people=sum(s.party.people for sents in by_way.values() for s in sents),
            leaving=tuple(
                sorted(
                    (
                        Leaving(exit=end, via=via, people=sum(s.party.people for s in sents), last_s=last_s(sents))
                        for (end, via), sents in by_way.items()
                    ),
                    key=lambda leaving: (-leaving.people, leaving.exit, leaving.via),
                )
            ),
            last_s=max(last_s(sents) for sents in by_way.values()),
        )
        for zone, by_way in sorted(groups.items())
    )


def _uses(network: EvacuationNetwork, sents: Iterable[Sent], ways: Ways) -> tuple[Use, ...]:
    """By opening and direction, all lanes together."""
    flow: dict[tuple[str, str, str], float] = defaultdict(float)
    for passage, flow_p_s in zip(network.passages, ways.flow_p_s, strict=True):
        flow[passage.id, passage.a, passage.b] += flow_p_s
    people: Counter[tuple[str, str, str]] = Counter()
    times: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for sent in sents:
        for p, at_s in zip(sent.path, sent.at_s, strict=True):
            key = network.passages[p].id, network.passages[p].a, network.passages[p].b
            people[key] += sent.party.people
            times[key].append(at_s)
    return tuple(
        Use(
            id=key[0], a=key[1], b=key[2], flow_p_s=flow[key], people=n, first_s=min(times[key]), last_s=max(times[key])
        )
        for key, n in sorted(people.items())
    )


def _waiting(network: EvacuationNetwork, sents: Sequence[Sent]) -> tuple[Waiting, ...]:
    groups: dict[tuple[str, str, str], list[Sent]] = defaultdict(list)
    for sent in sents:
        landing = network.passages[sent.path[-1]]
        groups[sent.party.zone, landing.id, landing.a].append(sent)
    return tuple(
        Waiting(zone=zone, link=link, refuge=refuge, people=sum(s.party.people for s in sents), last_s=last_s(sents))
        for (zone, link, refuge), sents in sorted(groups.items())
    )


def _unknown(zone: str, people: int) -> Stranded:
    text = {"zh": "建筑中没有这个可行走的空间", "en": "The building has no such space that people walk in"}
    return Stranded(zone=zone, people=people, step_free=False, code="unknown_space", text=text)


def _no_way(zone: str, people: int, *, step_free: bool) -> Stranded:
    text = {
        "zh": "没有可用的出口：封闭的门或空间切断了所有路线，需要派人接应",
        "en": "No usable exit: what is closed cuts every way out; send somebody",
    }
    if step_free:
        text = {
            "zh": "没有无台阶的路线，也到不了楼梯口，需要派人接应",
            "en": "No step-free way out and no stair landing within reach; send somebody",
        }
    return Stranded(zone=zone, people=people, step_free=step_free, code="no_way_out", text=text)
