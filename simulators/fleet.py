"""All simulated devices of one hall: made from the enrolment file, switched on gently, told what to do."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from simulators.behaviours import load_behaviours
from simulators.behaviours.behaviour import Behaviour, Facts, Values
from simulators.device import Device, Login, Surroundings
from simulators.mqtt_client import Broker, Traffic
from simulators.orders import Order

CONNECTING_AT_ONCE = 24


class BadEnrolment(Exception):
    """The enrolment file cannot serve; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What ``halltwin enrol --simulators`` wrote. ``logins``: role -> (user, password)."""

    site: str
    host: str
    port: int
    devices: tuple[Login, ...]
    logins: Mapping[str, tuple[str, str]]


def read_enrolment(path: Path) -> Enrolment:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        broker = urlsplit(body["broker"])
        return Enrolment(
            site=body["site"],
            host=broker.hostname or "127.0.0.1",
            port=broker.port or 1883,
            devices=tuple(
                Login(key=d["key"], kind=d["kind"], user=d["user"], password=d["password"]) for d in body["devices"]
            ),
            logins={one["role"]: (one["user"], one["password"]) for one in body.get("logins", [])},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadEnrolment(f"{path} is no enrolment file: {type(error).__name__}: {error}") from error


class Fleet:
    """Devices by key. A kind the hall does not know is said and left out."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        kinds: Mapping[str, Mapping[str, Any]],
        facts: Mapping[str, Facts],
        people_in_view: Callable[[str], int],
        now_ms: Callable[[], int],
        speed: float,
        seed: int,
        say: Callable[[str], None],
    ) -> None:
        self.traffic = Traffic()
        self._say = say
        broker = Broker(
            host=enrolment.host, port=enrolment.port, gate=asyncio.Semaphore(CONNECTING_AT_ONCE), traffic=self.traffic
        )
        around = Surroundings(site=enrolment.site, now_ms=now_ms, speed=speed, people_in_view=people_in_view)
        behaviours = load_behaviours()
        self.devices: dict[str, Device] = {}
        for login in enrolment.devices:
            if login.kind not in kinds:
                say(f"{login.key}: the hall knows no kind {login.kind}")
                continue
            self.devices[login.key] = Device(
                login, kind=kinds[login.kind], behaviour=behaviours.get(login.kind, Behaviour()),
                facts=facts.get(login.key, Facts(key=login.key)), around=around, broker=broker,
                random=Random(f"{seed}:{login.key}"),
            )  # fmt: skip

    def start(self) -> None:
        for device in self.devices.values():
            device.power_on()

    async def stop(self) -> None:
        """All at once; each last will says that the device is gone."""
        await asyncio.gather(*(device.power_off(abruptly=False) for device in self.devices.values()))

    async def until_online(self, seconds: float) -> None:
        """Until every device is connected, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.traffic.online < len(self.devices):  # noqa: ASYNC110 - counted by hundreds of connections
                    await asyncio.sleep(0.1)

    def notice(self, key: str, changes: Values) -> None:
        """The world changed under a sensor; one that is not simulated notices nothing."""
        if key in self.devices:
            self.devices[key].change(changes)

    async def carry_out(self, order: Order) -> None:
        device = self.devices.get(order.device)
        if device is None:
            self._say(f"order for {order.device}: no such simulated device")
            return
        if order.skew_s is not None:
            device.skew_ms = round(order.skew_s * 1000)
        if order.power is True:
            device.power_on()
        device.change(order.changes)
        if order.event is not None:
            device.tell(order.event, order.event_data)
        if order.power is False:
            await device.power_off()
