"""A private broker, a private database and a small hall of sensors in a temporary folder, and the ledger's audit."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from building.model import Building, Device, Floor, Pose
from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password, new_password, new_salt
from iot.broker.mosquitto import MosquittoBroker
from iot.broker.rights import Rights
from iot.broker.watch import Watch
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.kind import AlarmType, Event, Kind, Look, Point, When
from twin.recorder import OnCommit
from twin.registry import Registry
from twin.store.database import Database
from twin.store.postgres import EmbeddedPostgres
from twin.twin import Twin
from ui.cli.bench.load import FIRST_COUNT, Ledger, Plan, Sender, start_load
from ui.interpreter import tuned_interpreter

SITE = "bench"
CONNECTIONS = 40
DRAIN_S = 60.0
LONG_S = 3600.0
FLOWING = 500
"""So many messages committed: the load is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    broker: MosquittoBroker
    postgres: EmbeddedPostgres
    passwords: Mapping[str, str]
    hall_password: str

    @property
    def port(self) -> int:
        return int(self.broker.url.rpartition(":")[2])

    def plan(
        self, *, seconds: float, rate: float | None, window: int, seed: int, total: int | None = None
    ) -> Plan:  # fmt: skip
        senders = tuple(Sender(device=d, password=p) for d, p in self.passwords.items())
        return Plan(
            host="127.0.0.1", port=self.port, site=SITE, senders=senders, seconds=seconds, rate=rate, window=window,
            seed=seed, total=total,
        )  # fmt: skip

    @property
    def mqtt(self) -> MqttSettings:
        """How the hall reaches the broker: as in a running one, by its own link."""
        assert self.broker.link is not None  # noqa: S101 - the folder's name is short
        return MqttSettings(
            site=SITE, password=self.hall_password, port=self.port, tls=True, socket_path=self.broker.link.socket,
            ca_file=self.broker.link.certificate,
        )  # fmt: skip

    def audit(self, ledger: Ledger) -> tuple[int, int]:
        database = Database(self.postgres.url)
        try:
            return audit_ledger(database, ledger)
        finally:
            database.close()


@contextmanager
def laboratory(*, watched: bool = False) -> Iterator[Lab]:
    """``watched``: the broker's log is read as in a running hall; else what that costs is left out."""
    passwords = {f"S{n:03d}": new_password(secrets.token_bytes) for n in range(CONNECTIONS)}
    hall = new_password(secrets.token_bytes)
    with tempfile.TemporaryDirectory(prefix="halltwin-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        broker = MosquittoBroker(folder / "broker", BrokerSettings(site=SITE, port=0, watched=watched))
        broker.set_users(
            {u: hash_password(p, new_salt(secrets.token_bytes)) for u, p in {**passwords, "hall": hall}.items()}
        )
        postgres = EmbeddedPostgres(folder / "postgres")
        try:
            broker.start()
            postgres.start()
            yield Lab(broker=broker, postgres=postgres, passwords=passwords, hall_password=hall)
        finally:
            postgres.stop()
            broker.stop()


def bench_kind() -> Kind:
    """Three numbers, two of them with a range, one alarm that comes about once in a thousand messages."""
    points = [
        Point(name=name, label={}, type="float", range=bounds, ttl_s=60, brick="brick:Sensor")
        for name, bounds in (("temperature", (-40.0, 85.0)), ("humidity", (0.0, 100.0)), ("count", None))
    ]
    alarm = AlarmType(
        name="hot", label={"zh": "过热", "en": "Hot"}, priority=3, consequence={}, response={},
        when=When(point="temperature", op=">", value=29.98, deadband=10.0),
    )  # fmt: skip
    return Kind(
        name="bench_sensor", label={}, brick="brick:Sensor", points=tuple(points), alarms=(alarm,),
        events=(Event(name="noted", label={}),), look=Look(icon="dot", layer="bench"),
    )  # fmt: skip


def bench_building(devices: Mapping[str, str]) -> Building:
    floor = f"{SITE}:floor:1F"
    return Building(
        site=SITE, name={"en": "Bench"}, format="bench", schema="1",
        floors=(Floor(id=floor, name={"en": "1F"}, number="1F", ordinal=1, elevation_m=0.0, height_m=4.0),),
        devices=tuple(
            Device(id=f"{SITE}:device:{key}", name={"en": key}, kind="bench_sensor", floor=floor, space=None,
                   pose=Pose(x_m=0, y_m=0, z_m=0))
            for key in devices
        ),
    )  # fmt: skip


@contextmanager
def running_twin(
    lab: Lab, *, on_commit: OnCommit = lambda _: None, make: Callable[..., MqttConnector] = MqttConnector
) -> Iterator[tuple[Twin, MqttConnector]]:
    """A twin of the small hall, connected, as in a hall's process; when left, all it took in is committed and it has
    stopped.
    """
    adopt(lab)
    database = Database(lab.postgres.url)
    kind = bench_kind()
    twin = Twin(site=SITE, kinds={kind.name: kind}, database=database, on_commit=on_commit)
    twin.start()
    try:
        with tuned_interpreter():
            yield twin, connect(lab, twin, make=make)
    finally:
        twin.stop()
        database.close()


def adopt(lab: Lab) -> None:
    """The small hall and its devices are known to the database."""
    database = Database(lab.postgres.url)
    database.migrate()
    with database.transaction() as conn:
        Registry(site=SITE, database=database, now_ms=now_ms).adopt(conn, bench_building(lab.passwords))
    database.close()


def connect(lab: Lab, twin: Twin, *, make: Callable[..., MqttConnector] = MqttConnector) -> MqttConnector:
    connector = make(lab.mqtt, now_ms=now_ms)
    twin.attach(connector)
    deadline = time.monotonic() + 10
    while connector.health().state != "connected":
        if time.monotonic() > deadline:
            raise TimeoutError(f"the connector is not connected: {connector.health().last_error}")
        time.sleep(0.01)
    return connector


@contextmanager
def watching(lab: Lab, twin: Twin) -> Iterator[None]:
    """The broker's log tells the twin who fell silent, as in a running hall."""
    watch = Watch(
        lab.broker.log_path, rights=lambda: Rights(()), tell=lambda _: None, now_ms=now_ms,
        hush=lambda silence: twin.mark_silent(silence.user, over=silence.over),
    )  # fmt: skip
    watch.start()
    try:
        yield
    finally:
        watch.stop()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def publisher(port: int, key: str, password: str) -> paho.Client:
    """A device of its own beside the load, already connected."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=key)
    client.username_pw_set(key, password)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


@contextmanager
def load_beside(lab: Lab, twin: Twin, *, rate: float, seed: int) -> Iterator[tuple[str, paho.Client]]:
    """All devices but one publish for as long as this lasts; that one is the caller's to speak for."""
    key = next(iter(lab.passwords))
    plan = lab.plan(seconds=LONG_S, rate=rate, window=0, seed=seed)
    process, _, pipe = start_load(replace(plan, senders=tuple(s for s in plan.senders if s.device != key)))
    client = publisher(lab.port, key, lab.passwords[key])
    try:
        deadline = time.monotonic() + DRAIN_S
        while twin.recorder.counters.messages < FLOWING:
            if time.monotonic() > deadline or not process.is_alive():
                raise TimeoutError("the load does not come")
            time.sleep(0.01)
        yield key, client
    finally:
        client.disconnect()
        client.loop_stop()
        process.terminate()
        process.join()
        pipe.close()


def publish(plan: Plan, twin: Twin, *, meanwhile: Callable[[], None] = lambda: None) -> Ledger:
    """Run the load, tell it what is committed, and wait until everything it sent is."""
    process, finished, pipe = start_load(plan)
    while not pipe.poll(0.003):
        finished.value = twin.recorder.counters.messages
        meanwhile()
        if not process.is_alive() and not pipe.poll(0):
            raise ChildProcessError(f"the load ended with {process.exitcode}")
    ledger: Ledger = pipe.recv()
    process.join()
    expected = sum(ledger.acknowledged.values())
    deadline = time.monotonic() + DRAIN_S
    while twin.recorder.counters.messages < expected and time.monotonic() < deadline:
        time.sleep(0.01)
    return ledger


def audit_ledger(database: Database, ledger: Ledger) -> tuple[int, int]:
    """(messages the broker acknowledged and no row holds, rows that are there twice). The broker acknowledges a
    connection's messages in order, so those it did are the first ones.
    """
    devices = list(ledger.acknowledged)
    with database.transaction() as conn:
        row = conn.execute(
            "select coalesce(sum(asked.n - held.n), 0), coalesce(sum(held.doubles), 0)"
            " from unnest(%s::text[], %s::bigint[]) as asked (device, n), lateral ("
            "   select count(distinct r.value) filter (where r.value < %s + asked.n) as n,"
            "          count(r.value) - count(distinct r.value) as doubles"
            "   from twin.point p left join twin.reading r on r.point_id = p.id"
            "   where p.name = 'count' and p.entity = %s || asked.device) as held",
            [devices, [ledger.acknowledged[d] for d in devices], FIRST_COUNT, f"{SITE}:device:"],
        ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always returns a row
    return int(row[0]), int(row[1])
