"""Door and loudspeaker commands on a hostile wire: duplicated, reordered, delayed, replayed and retained.

The hall, the broker and the database are real. The devices are the simulators' own and a small one of stock paho.
Between the hall and the broker some commands are held back; behind it somebody who may command sends copies of them.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from building.model import Building, Device, Floor, Pose
from iot.broker.configuration import BrokerFiles, BrokerSettings
from iot.broker.credentials import hash_password, new_password, new_salt
from iot.broker.mosquitto import MosquittoBroker
from iot.catalogue import KINDS, kinds_json
from iot.connectors.settings import MqttSettings
from iot.kind import Value
from simulators.device import Surroundings
from simulators.enrolment import Enrolment, Login
from simulators.fleet import Fleet
from twin.command import OPEN
from twin.command_watch import MISUSE
from twin.store.database import Database
from twin.store.postgres import EmbeddedPostgres
from twin.twin import Twin
from ui.cli.bench.hostile import REPLAY_MAX_S, HeldBack, PlainDevice, Thief
from ui.cli.bench.step import Step

SITE = "bench"
THIEF = "thief"
ASKERS = 4
DOORS, ZONES = 16, 8
RESTART_EVERY_S = 2.0
SETTLE_S = 3.0
RESENT_MS = 1_000
"""What was said so long before a connection was lost may not have been acknowledged."""
ONLINE_WITHIN_S = 20.0
STEPS, COMMANDS_A_STEP = 4, 2_500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """A hall with its devices; ``plain`` ones are of paho, all others the simulators'."""

    twin: Twin
    database: Database
    thief: Thief
    plain: Mapping[str, PlainDevice]
    simulated: _Simulated
    kinds: Mapping[str, str]
    restarted_ms: dict[str, list[int]]


class _Simulated:
    """A fleet on a thread of its own."""

    def __init__(self, logins: tuple[Login, ...], port: int, seed: int) -> None:
        self._enrolment = Enrolment(site=SITE, host="127.0.0.1", port=port, devices=logins, logins={})
        self._seed = seed
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)
        self.fleet: Fleet | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    def restart(self, key: str) -> None:
        """Off and on again, as after a loss of power."""

        def now() -> None:
            assert self.fleet is not None  # noqa: S101 - it runs once started
            self.fleet.devices[key].power_off()
            self.fleet.devices[key].power_on()

        self._loop.call_soon_threadsafe(now)

    async def _run(self) -> None:
        kinds = {kind["kind"]: kind for kind in kinds_json(KINDS)["kinds"]}
        around = Surroundings(site=SITE, now_ms=_now_ms, speed=1.0)
        self.fleet = Fleet(
            self._enrolment, kinds=kinds, facts={}, around=around, seed=self._seed, say=lambda _word: None
        )
        self.fleet.start()
        await self._ended.wait()
        await self.fleet.stop()


def storm(*, count: int, seed: int) -> dict[str, Any]:
    """Ask for so many commands, and count what came of them."""
    draw = random.Random(seed)  # noqa: S311 - seeded, to be repeated
    began = time.monotonic()
    with _site(seed) as site:
        alarms = _AlarmTimes(site)
        jobs = [(draw.choice(sorted(site.kinds)), draw.random(), n) for n in range(count)]
        with ThreadPoolExecutor(ASKERS) as askers:
            asked = [askers.submit(_ask, site, *job) for job in jobs]
            while not all(one.done() for one in asked):
                alarms.look()
                _restart_some(site, draw)
                time.sleep(0.02)
        for one in asked:
            one.result()
        asked_s = time.monotonic() - began
        _until(lambda: not _open_commands(site), REPLAY_MAX_S + 30.0, meanwhile=alarms.look)
        _until(lambda: not site.thief.waiting, REPLAY_MAX_S + 5.0, meanwhile=alarms.look)
        _until(lambda: False, SETTLE_S, meanwhile=alarms.look)
        return {"commands": count, "asked_s": round(asked_s, 1), **_judge(site), **alarms.figures()}


def _ask(site: _Site, key: str, chance: float, n: int) -> None:
    desk = site.twin.commands
    arguments: dict[str, Value] = {}
    if site.kinds[key] == "door":
        name = "lock" if chance < 0.5 else "unlock"
    elif chance < 0.2:
        name = "stop"
    else:
        name, arguments = "announce", {"text": f"第 {n} 条"}
    command = desk.send(key, name, arguments, actor=f"user:{n % 7}", reason="演练", key=f"{n}")
    if command.state == "armed":
        desk.fire(command.id, actor=f"user:{n % 5}")


def _judge(site: _Site) -> dict[str, Any]:
    """The ledger beside what the devices said and did."""
    with site.database.transaction() as conn:
        rows = conn.execute("select id, state, body from twin.command").fetchall()
    expires = {i: body["expires_ms"] for i, _, body in rows}
    restarted = {i: site.restarted_ms[body["device"].rpartition(":")[2]] for i, _, body in rows}
    states = Counter(state for _, state, _ in rows)
    begun = site.thief.begun
    done_by_plain = Counter(i for device in site.plain.values() for i, _ in device.executed)
    late = sum(at_ms > expires[i] for i, times in begun.items() if i in expires for at_ms in times)
    late += sum(at_ms > expires[i] for d in site.plain.values() for i, at_ms in d.executed if i in expires)
    watch = site.twin.command_watch
    return {
        "executed": sum(i in begun for i in expires),
        "executed_twice": sum(_is_twice(begun[i], restarted[i]) for i in expires if i in begun)
        + sum(n > 1 for n in done_by_plain.values()),
        "executed_after_expiry": late,
        "without_end": sum(states[state] for state in OPEN),
        "done_not_executed": sum(state == "done" and i not in begun for i, state, _ in rows),
        "states": dict(states),
        "copies": dict(site.thief.copies),
        "misused": watch.misused,
        "unnoticed": max(0, sum(site.thief.copies.values()) - watch.misused),
        "retained_left": site.thief.count_retained(),
    }


def _is_twice(begun_ms: Sequence[int], restarted_ms: Sequence[int]) -> bool:
    """A device that lost its connection may say the same thing, of the same moment, once more."""
    if len(set(begun_ms)) > 1:
        return True
    return len(begun_ms) > 1 and not any(at_ms >= begun_ms[0] - RESENT_MS for at_ms in restarted_ms)


class _AlarmTimes:
    """How long after the first copy on a device's topic the alarm was shown."""

    def __init__(self, site: _Site) -> None:
        self._site = site
        self._feed = site.twin.hub.subscribe("ops", wake=lambda: None)
        self._shown_ms: dict[str, int] = {}

    def look(self) -> None:
        for message in self._feed.take():
            alarms = [message["alarm"]] if message["type"] == "alarm" else message.get("alarms", [])
            for alarm in alarms:
                if alarm["type"] == MISUSE.name:
                    self._shown_ms.setdefault(alarm["source"].rpartition(":")[2], _now_ms())

    def figures(self) -> dict[str, Any]:
        first = self._site.thief.first_copy_ms
        waits = [self._shown_ms[key] - at_ms for key, at_ms in first.items() if key in self._shown_ms]
        return {"alarms": len(waits), "alarms_missing": len(first) - len(waits), "alarm_ms_max": max(waits, default=0)}


def _restart_some(site: _Site, draw: random.Random) -> None:
    """Now and then a device loses its connection: what the broker kept then comes to it as retained."""
    if draw.random() < 0.02 / RESTART_EVERY_S:
        key = draw.choice(sorted(site.kinds))
        site.restarted_ms[key].append(_now_ms())
        if key in site.plain:
            site.plain[key].restart()
        else:
            site.simulated.restart(key)


def _open_commands(site: _Site) -> bool:
    return any(command["state"] in OPEN for command in site.twin.commands.list_live())


@contextmanager
def _site(seed: int) -> Iterator[_Site]:
    kinds = {f"DOOR-{n:02d}": "door" for n in range(DOORS)} | {f"PA-{n:02d}": "pa_zone" for n in range(ZONES)}
    passwords = {user: new_password(secrets.token_bytes) for user in (*kinds, "hall", THIEF)}
    with tempfile.TemporaryDirectory(prefix="halltwin-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        broker = MosquittoBroker(folder / "broker", BrokerSettings(site=SITE, port=0))
        broker.set_users({u: hash_password(p, new_salt(secrets.token_bytes)) for u, p in passwords.items()})
        with BrokerFiles(directory=folder / "broker").acl.open("a", encoding="utf-8") as rights:
            rights.write(f"user {THIEF}\ntopic readwrite ht/v1/{SITE}/#\n")
        postgres = EmbeddedPostgres(folder / "postgres")
        try:
            broker.start()
            postgres.start()
            with _running(broker, postgres.url, kinds, passwords, seed) as site:
                yield site
        finally:
            postgres.stop()
            broker.stop()


@contextmanager
def _running(
    broker: MosquittoBroker, database_url: str, kinds: Mapping[str, str], passwords: Mapping[str, str], seed: int
) -> Iterator[_Site]:
    port = int(broker.url.rpartition(":")[2])
    database = Database(database_url)
    database.migrate()
    twin = Twin(site=SITE, kinds=KINDS, database=database)
    with database.transaction() as conn:
        twin.registry.adopt(conn, _building(kinds))
    twin.start()
    settings = MqttSettings(site=SITE, password=passwords["hall"], port=port, socket_path=broker.socket_path)
    held = HeldBack(settings, now_ms=_now_ms, seed=seed)
    twin.attach(held)
    thief = Thief(SITE, port, password=passwords[THIEF], seed=seed)
    own = [key for n, key in enumerate(sorted(kinds)) if n % 2]
    plain = {key: PlainDevice(SITE, port, key, kinds[key], passwords[key]) for key in own}
    logins = tuple(
        Login(key=k, kind=kind, user=k, password=passwords[k]) for k, kind in kinds.items() if k not in plain
    )
    simulated = _Simulated(logins, port, seed)
    try:
        thief.start()
        simulated.start()
        for device in plain.values():
            device.start()
        _until(lambda: _all_online(twin, kinds), ONLINE_WITHIN_S)
        yield _Site(
            twin=twin, database=database, thief=thief, plain=plain, simulated=simulated, kinds=kinds,
            restarted_ms={key: [] for key in kinds},
        )  # fmt: skip
    finally:
        thief.stop()
        for device in plain.values():
            device.stop()
        simulated.stop()
        twin.stop()
        database.close()


def _all_online(twin: Twin, keys: Mapping[str, str]) -> bool:
    values = [twin.value(f"{SITE}:device:{key}", "online") for key in keys]
    return all(value is not None and value.value is True for value in values)


def _building(kinds: Mapping[str, str]) -> Building:
    floor = f"{SITE}:floor:1F"
    return Building(
        site=SITE, name={"en": "Bench"}, format="bench", schema="1",
        floors=(Floor(id=floor, name={"en": "1F"}, number="1F", ordinal=1, elevation_m=0.0, height_m=4.0),),
        devices=tuple(
            Device(id=f"{SITE}:device:{key}", name={"en": key}, kind=kind, floor=floor, space=None,
                   pose=Pose(x_m=0, y_m=0, z_m=0))
            for key, kind in kinds.items()
        ),
    )  # fmt: skip


def _until(condition: Any, within_s: float, *, meanwhile: Any = lambda: None) -> None:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        meanwhile()
        time.sleep(0.02)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def steps() -> tuple[Step, ...]:
    """10,000 commands in all."""
    return tuple(
        Step(
            name=f"{COMMANDS_A_STEP} door and loudspeaker commands, seed {seed}",
            measure=lambda seed=seed: storm(count=COMMANDS_A_STEP, seed=seed),  # type: ignore[misc]
            kept=is_kept,
            met=lambda f, speed: f["alarm_ms_max"] <= 2_000 / min(speed, 1.0),
        )
        for seed in range(1, STEPS + 1)
    )


def is_kept(figures: Mapping[str, Any]) -> bool:
    """Nothing carried out twice, late or without an end, nothing called done that was not, no copy unnoticed."""
    nothing = ("executed_twice", "executed_after_expiry", "without_end", "done_not_executed", "unnoticed",
               "retained_left", "alarms_missing")  # fmt: skip
    return all(figures[name] == 0 for name in nothing)
