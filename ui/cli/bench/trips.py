"""``halltwin bench trips``: people under way, one device after the other fails and works again, and how long it takes
until the last line has told its page of another way; and how soon the next who asks is kept from what was closed.

The hall's own parts from what a device said to the bytes of each line: ticker, trips, router, JSON, event loop.
Devices and network are not measured here (``bench live``, ``bench latency``).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from building.model import OUT, Building
from iot.kind import Value
from services.navigation.api_trips import events
from services.navigation.errors import NoWay
from services.navigation.service import Navigation
from services.navigation.trips import Trips
from ui.modules import LOOK_AROUND_EVERY_S
from ui.reading import read_safely
from ui.ticker import Ticker
from wayfinding import load_profiles

QUIET_S = 0.5
"""A round is over when no line was told anything for so long."""
ANSWERS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", default="reference", metavar="FILE", help="a path, or 'reference'")
    parser.add_argument("--trips", type=int, default=1_000, metavar="N", help="people under way at once")
    parser.add_argument("--seed", type=int, default=1, metavar="N")


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    rng = random.Random(args.seed)  # noqa: S311  reproducible, not secret
    building = read_safely(args.file)
    devices, profiles = _Devices(), load_profiles()
    navigation = Navigation(live=devices, profiles=profiles)
    navigation.prepare("bench", building)()
    answers_ms = _answers_ms(navigation, devices, building, rng)
    trips = Trips(navigation, now_ms=lambda: time.time_ns() // 1_000_000, random=os.urandom)
    tokens = _begin(trips, building, args.trips, rng)
    rounds = asyncio.run(_rounds(trips, tokens, devices, building))
    last_ms, every_ms = [max(r.told_ms) for r in rounds], [ms for r in rounds for ms in r.told_ms]
    return (
        {
            "trips": len(tokens),
            "causes": len(rounds),
            "pushes": len(every_ms),
            "pushes_most": max((len(r.told_ms) for r in rounds), default=0),
            "push_ms_p50": _at(every_ms, 0.5),
            "push_ms_p99": _at(every_ms, 0.99),
            "last_push_ms_p50": _at(last_ms, 0.5),
            "last_push_ms_max": _at(last_ms, 1.0),
            "closed_answer_ms_p50": _at(answers_ms, 0.5),
            "closed_answer_ms_p99": _at(answers_ms, 0.99),
        },
        {},
        {"looks_every_ms": LOOK_AROUND_EVERY_S * 1000},
    )


@dataclass(frozen=True, slots=True)
class _Said:
    value: Value


@dataclass(slots=True)
class _Devices:
    words: dict[tuple[str, str], _Said] = field(default_factory=dict)

    def value(self, entity_id: str, point: str) -> _Said | None:
        return self.words.get((entity_id, point))

    def say(self, device: str, point: str, value: Value) -> None:
        self.words[device, point] = _Said(value)


def _causes(building: Building) -> list[tuple[str, str, Value, Value]]:
    """Every device that can close a way: its point, what closes it and what opens it again."""
    stops = {"lift": ("fault", "normal"), "escalator": ("stopped", "running")}
    links = [(v.device, "mode", *stops[v.kind]) for v in building.vertical_links if v.device and v.kind in stops]
    return [*links, *((o.device, "fault", "tamper", "none") for o in building.openings if o.device)]


def _places(building: Building) -> list[str]:
    rooms = [s.id for s in building.spaces if s.walkable and s.access == "public"]
    return [OUT, *rooms, *(w.id for w in building.windows), *(p.id for p in building.pois)]


def _answers_ms(navigation: Navigation, devices: _Devices, building: Building, rng: random.Random) -> list[float]:
    """From the word of a device to the end of the next answer, which must respect it."""
    causes, places = _causes(building), _places(building)
    profiles, found = [name for name in navigation.profiles if name != "staff"], list[float]()
    navigation.find_route(start=OUT, goal=places[1])  # the names of a building are listed once
    for _ in range(ANSWERS):
        device, point, closes, opens = rng.choice(causes)
        start, goal, profile = rng.choice(places), rng.choice(places), rng.choice(profiles)
        begun = time.perf_counter()
        devices.say(device, point, closes)
        try:
            route = navigation.find_route(start=start, goal=goal, profile=profile).route
        except NoWay:
            continue  # a sentence about why, which takes longer: ``bench route`` has it
        finally:
            spent_ms = (time.perf_counter() - begun) * 1000
            devices.say(device, point, opens)
        found.append(spent_ms)
        shut = {o.id for o in building.openings if o.device == device}
        shut |= {v.id for v in building.vertical_links if v.device == device}
        if shut & {*route.links, *route.openings}:
            raise AssertionError(f"{start} -> {goal} leads through {shut}")
    return found


def _begin(trips: Trips, building: Building, count: int, rng: random.Random) -> list[str]:
    """Everybody somewhere on their way."""
    places, profiles, tokens = _places(building), list(load_profiles()), list[str]()
    while len(tokens) < count:
        try:
            token, led = trips.start(start=rng.choice(places), goal=rng.choice(places), profile=rng.choice(profiles))
        except NoWay:
            continue
        if led.answer is not None:
            trips.step(token, revision=1, step=rng.randrange(len(led.answer.route.steps)))
        tokens.append(token)
    return tokens


@dataclass(slots=True)
class _Round:
    begun_s: float
    told_ms: list[float] = field(default_factory=list)


async def _rounds(trips: Trips, tokens: list[str], devices: _Devices, building: Building) -> list[_Round]:
    rounds = [_Round(time.perf_counter())]
    ready = asyncio.Semaphore(0)

    async def follow(token: str) -> None:
        async with aclosing(events(trips, token)) as line:
            await anext(line)
            ready.release()
            async for told in line:
                if told.startswith(b"data:"):  # else it says that the line stands
                    rounds[-1].told_ms.append((time.perf_counter() - rounds[-1].begun_s) * 1000)

    followers = [asyncio.create_task(follow(token)) for token in tokens]
    for _ in tokens:
        await ready.acquire()
    ticker = Ticker({"trips": trips.tick}, every_s=LOOK_AROUND_EVERY_S)
    ticker.start()
    for device, point, *words in _causes(building):
        for word in words:
            rounds.append(_Round(time.perf_counter()))
            devices.say(device, point, word)
            heard = -1
            while heard != len(rounds[-1].told_ms):
                heard = len(rounds[-1].told_ms)
                await asyncio.sleep(QUIET_S)
    await asyncio.to_thread(ticker.stop)
    for task in followers:
        task.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    if ticker.failed:
        raise RuntimeError("a tick failed: see the log")
    return [one for one in rounds if one.told_ms]


def _at(values: list[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 2) if values else None
