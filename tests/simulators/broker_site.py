"""A real mosquitto with simulated devices on it, and the hall's own connector that hears them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from iot.broker.authority import Authority
from iot.broker.configuration import BrokerSettings, TlsFiles
from iot.broker.credentials import hash_password
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.catalogue import KINDS, kinds_json
from iot.connectors.mqtt import MqttConnector
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from iot.kind import Value
from iot.messages import CommandAck, CommandRequest, DeviceEvent, Message, Telemetry
from iot.testing import MemoryInbox, eventually
from simulators.device import Surroundings
from simulators.enrolment import read_enrolment
from simulators.fleet import Fleet
from simulators.scenarios.scenario import DeviceSetup

SITE = "shifanqu"
LATER_MS = 60_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Site:
    """A broker, the hall's ear, and an enrolment file of devices (key -> kind), some via a gateway (key -> gateway)."""

    def __init__(
        self, folder: Path, devices: Mapping[str, str], *, via: Mapping[str, str] | None = None, secure: bool = False
    ) -> None:
        through = dict(via or {})
        authority, tls = Authority(folder / "authority"), None
        if secure:
            authority.create(site=SITE, now=datetime.now(UTC))
            issued = authority.issue_server(["127.0.0.1"], now=datetime.now(UTC))
            tls = TlsFiles(certificate=issued.certificate, key=issued.key)
        self.broker = MosquittoBroker(folder / "broker", BrokerSettings(site=SITE, port=0, tls=tls))
        hashed = hash_password("pw", b"0123456789ab")
        grants = {gateway: [d for d, g in through.items() if g == gateway] for gateway in through.values()}
        self.broker.set_users(dict.fromkeys(("hall", *(d for d in devices if d not in through)), hashed), grants)
        self.broker.start()
        self.inbox = MemoryInbox()
        self.said: list[str] = []
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.ledger: set[tuple[str, int, int]] = set()
        """(device, boot, seq) of each message the broker acknowledged to its device."""
        self.enrol = folder / "enrol.json"
        lines = [
            {"key": key, "kind": kind, **({"via": through[key]} if key in through else {"user": key, "password": "pw"})}
            for key, kind in devices.items()
        ]
        enrolment = {"site": SITE, "broker": self.broker.url, "ca": str(authority.certificate), "devices": lines}
        self.enrol.write_text(json.dumps(enrolment), encoding="utf-8")
        self.connector = MqttConnector(
            MqttSettings(site=SITE, password="pw", socket_path=self.broker.socket_path), now_ms=now_ms
        )
        self.connector.start(self.inbox)
        eventually(lambda: self.connector.health().state == "connected", what="the hall listening")

    def stop(self) -> None:
        self.connector.stop()
        self.broker.stop()

    def fleet(self, setups: Sequence[DeviceSetup] = ()) -> Fleet:
        kinds = {kind["kind"]: kind for kind in kinds_json(KINDS)["kinds"]}
        around = Surroundings(
            site=SITE, now_ms=now_ms, speed=1.0, note=lambda what, **facts: self.notes.append((what, facts)),
            acknowledged=lambda m: self.ledger.add((m.device, m.boot, m.seq)),
        )  # fmt: skip
        return Fleet(
            read_enrolment(self.enrol), kinds=kinds, facts={}, around=around, seed=1, say=self.said.append,
            setups=setups,
        )  # fmt: skip

    def play(self, story: Callable[[Fleet], Coroutine[Any, Any, None]], setups: Sequence[DeviceSetup] = ()) -> None:
        """A story that begins when every device is online and was heard."""

        async def run() -> None:
            fleet = self.fleet(setups)
            fleet.start()
            await until(lambda: fleet.online == len(fleet.devices))
            await until(lambda: all(self.heard(Telemetry, key) for key in fleet.devices))
            try:
                await story(fleet)
            finally:
                await fleet.stop()

        asyncio.run(run())

    def heard(self, kind: type[Message], device: str) -> list[Any]:
        return [m for m in self.inbox.messages() if isinstance(m, kind) and m.device == device]

    def counted(self) -> set[tuple[str, int, int]]:
        """(device, boot, seq) of all telemetry and events heard."""
        return {(m.device, m.boot, m.seq) for m in self.inbox.messages() if isinstance(m, (Telemetry, DeviceEvent))}

    def value(self, device: str, point: str) -> Value | None:
        for telemetry in reversed(self.heard(Telemetry, device)):
            if point in telemetry.values:
                return telemetry.values[point]  # type: ignore[no-any-return]
        return None

    def command(self, device: str, name: str, ident: str, *, expires_ms: int | None = None, **arguments: Value) -> None:
        request = CommandRequest(
            device=device, id=ident, name=name, expires_ms=expires_ms or now_ms() + LATER_MS, issuer="test",
            arguments=arguments,
        )  # fmt: skip
        self.connector.send(request)

    def answers(self, device: str, ident: str) -> list[tuple[str, str]]:
        return [(ack.status, ack.detail) for ack in self.heard(CommandAck, device) if ack.id == ident]


@contextlib.contextmanager
def running_site(
    folder: Path, devices: Mapping[str, str], *, via: Mapping[str, str] | None = None, secure: bool = False
) -> Iterator[Site]:
    """Skips the test where there is no mosquitto."""
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    made = Site(folder, devices, via=via, secure=secure)
    try:
        yield made
    finally:
        made.stop()


async def until(condition: Callable[[], Any], *, within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is awaited happens in other threads and processes
            await asyncio.sleep(0.01)
