"""All simulated devices of one hall: made from the enrolment file, switched on gently, told what to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from simulators.behaviours import generic, load_behaviours
from simulators.behaviours.behaviour import Facts, Values
from simulators.device import Device, Surroundings
from simulators.enrolment import Enrolment, Login
from simulators.faults.active import WITHOUT_POWER
from simulators.faults.troubles import Troubles
from simulators.gateway import Gateway
from simulators.mqtt_client import KEEPALIVE_S, Broker, MqttClient, Traffic
from simulators.orders import Order, Target
from simulators.scenarios.scenario import DeviceSetup

CONNECTING_AT_ONCE = 24


class Fleet:
    """Devices by key. A kind the hall does not know is said and left out."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        kinds: Mapping[str, Mapping[str, Any]],
        facts: Mapping[str, Facts],
        around: Surroundings,
        seed: int,
        say: Callable[[str], None],
        setups: Sequence[DeviceSetup] = (),
    ) -> None:
        self.traffic = Traffic()
        self._say, self._seed, self._kinds, self._facts = say, seed, kinds, facts
        self._random = Random(f"{seed}:fleet")
        self._around = replace(around, dropped=self._count_dropped)
        self._behaviours = load_behaviours()
        self._broker = Broker(
            host=enrolment.host, port=enrolment.port, gate=asyncio.Semaphore(CONNECTING_AT_ONCE), traffic=self.traffic,
            tls=enrolment.tls,
        )  # fmt: skip
        self.devices: dict[str, Device] = {}
        self._kind_of: dict[str, str] = {}
        self._gateways: dict[str, Gateway] = {}
        self._troubles: dict[str, Troubles] = {}
        self._restores: set[asyncio.TimerHandle] = set()
        known = [login for login in enrolment.devices if self._is_known(login)]
        self._kind_of = {login.key: login.kind for login in known}
        drawn = [(setup, set(self.choose(setup.target))) for setup in setups]
        through = {login.via for login in known if login.via}
        for login in sorted(known, key=lambda one: one.via is not None):  # a gateway before what speaks through it
            self._make(login, [setup for setup, keys in drawn if login.key in keys], is_gateway=login.key in through)

    @property
    def online(self) -> int:
        return sum(device.online for device in self.devices.values())

    def start(self) -> None:
        for device in self.devices.values():
            device.power_on()

    async def stop(self) -> None:
        """All at once; each last will says that the device is gone."""
        for troubles in self._troubles.values():
            troubles.stop()
        for handle in self._restores:
            handle.cancel()
        for device in self.devices.values():
            device.power_off(abruptly=False)
        await self._broker.until_closed()

    async def until_online(self, seconds: float) -> None:
        """Until every device is connected, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.online < len(self.devices):  # noqa: ASYNC110 - counted by thousands of connections
                    await asyncio.sleep(0.1)

    def notice(self, key: str, changes: Values) -> None:
        """The world changed under a sensor; one that is not simulated notices nothing."""
        if key in self.devices:
            self.devices[key].change(changes)

    # --- orders

    def choose(self, target: Target) -> list[str]:
        """The keys meant; a share is drawn, one at least."""
        keys = list(target.devices) if target.devices and not target.kinds else list(self._kind_of)
        found = [
            key
            for key in keys
            if key in self._kind_of
            and (not target.kinds or self._kind_of[key] in target.kinds or key in target.devices)
        ]
        if target.share >= 1 or not found:
            return found
        return self._random.sample(found, max(1, round(len(found) * target.share)))

    def list_doubts(self, order: Order) -> list[str]:
        """What of an order means nothing in this hall."""
        target = order.target
        doubts = [f"{key}: no such simulated device" for key in target.devices if key not in self._kind_of]
        doubts += [
            f"{kind}: no device of such a kind here" for kind in target.kinds if kind not in self._kind_of.values()
        ]
        kinds = {self._kind_of[key] for key in self.choose(replace(target, share=1.0))}
        points = {point["name"] for kind in kinds for point in self._kinds[kind]["points"]}
        named = {*order.changes, str(order.parameters.get("point") or "")} - {""}
        doubts += [f"no device meant has a point {point!r}" for point in sorted(named - points) if kinds]
        events = {event["name"] for kind in kinds for event in self._kinds[kind]["events"]}
        if order.event is not None and kinds and order.event not in events:
            doubts.append(f"no device meant tells an event {order.event!r}")
        return doubts

    def carry_out(self, order: Order) -> None:
        for key in order.target.devices:
            if key not in self.devices:
                self._say(f"order for {key}: no such simulated device")
        keys = self.choose(order.target)
        if order.fault == "gateway_death":
            keys = [key for key in keys if key in self._gateways]
        for key in keys:
            self._carry_out(self.devices[key], order)

    def _carry_out(self, device: Device, order: Order) -> None:
        """First what ends, then what is so from now on, then what begins."""
        troubles = self._troubles.get(device.key)
        if troubles is None:
            troubles = self._troubles[device.key] = Troubles(device, note=self._around.note)
        if order.clear is not None:
            troubles.end(order.clear)
        if order.power is True:
            for fault in WITHOUT_POWER:
                troubles.end(fault)
            device.power_on()
        self._impose(device, order)
        if order.fault is not None:
            troubles.begin(order.fault, order.parameters, for_s=order.for_s)
        if order.power is False:
            troubles.begin("power_loss", {}, for_s=order.for_s)

    def _impose(self, device: Device, order: Order) -> None:
        """What it measures and tells by order, put right again when its time is over."""
        if not order.changes and order.event is None:
            return
        self._around.note("ordered", device=device.key, set=dict(order.changes), event=order.event, for_s=order.for_s)
        before = {name: device.values[name] for name in order.changes if name in device.values}
        device.change(order.changes)
        if order.event is not None:
            device.bid(order.event, order.event_data)
        if before and order.for_s is not None:

            def restore() -> None:
                self._restores.discard(handle)
                device.change(before)

            handle = asyncio.get_running_loop().call_later(order.for_s, restore)
            self._restores.add(handle)

    # --- making

    def _is_known(self, login: Login) -> bool:
        if login.kind not in self._kinds:
            self._say(f"{login.key}: the hall knows no kind {login.kind}")
        return login.kind in self._kinds

    def _make(self, login: Login, setups: Sequence[DeviceSetup], *, is_gateway: bool) -> None:
        kind = self._kinds[login.kind]
        behaviour = self._behaviours.get(login.kind) or generic.behave(kind)
        buffer, beat_s = behaviour.buffer, behaviour.heartbeat_s or generic.heartbeat_s(kind)
        keepalive_s = KEEPALIVE_S
        for setup in setups:
            buffer = setup.buffer if setup.buffer is not None else buffer
            beat_s, keepalive_s = setup.beat_s or beat_s, setup.keepalive_s or keepalive_s
        random = Random(f"{self._seed}:{login.key}")
        device = Device(
            login.key, kind=kind, behaviour=behaviour, facts=self._facts.get(login.key, Facts(key=login.key)),
            around=self._around, random=random, buffer=buffer, beat_s=beat_s,
        )  # fmt: skip
        self.devices[login.key] = device
        if login.via is not None:
            device.line = self._gateways[login.via].attach(login.key, device)
            return
        gateway = Gateway(device) if is_gateway else None
        device.line = client = MqttClient(
            self._broker, user=login.user, password=login.password, speaker=gateway or device, random=random,
            keepalive_s=keepalive_s,
        )  # fmt: skip
        if gateway is not None:
            gateway.trunk = client
            self._gateways[login.key] = gateway

    def _count_dropped(self, count: int) -> None:
        self.traffic.dropped += count
