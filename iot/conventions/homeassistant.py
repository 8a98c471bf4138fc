"""Home Assistant discovery, outwards: one retained JSON a device, so that a stranger's dashboard shows our hall.

It reads our own ``tele`` and ``state`` topics, so nothing is said twice. A device that is no more is taken off by an
empty configuration, also one that went while the hall was not running. Commands are not offered: the hall alone gives
them, and a dashboard has no person's right, reason and answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iot.codecs.native import PREFIX
from iot.conventions.convention import Publication
from iot.errors import CodecError
from iot.kind import Kind, Point, Text
from iot.messages import CommandRequest
from iot.ports import Binding

DISCOVERY_PREFIX = "homeassistant"
"""Where Home Assistant looks unless told otherwise."""
TOPICS_MAX = 20_000
"""Configurations remembered; a hall has as many as native devices."""
_ID = re.compile(r"[^a-zA-Z0-9_-]")
_NUMBERS = {"float", "int"}
_CLASS_BY_UNIT = {
    "°C": "temperature", "V": "voltage", "A": "current", "Hz": "frequency", "W": "power", "kW": "power",
    "s": "duration", "min": "duration", "h": "duration", "lx": "illuminance", "dB": "sound_pressure",
}  # fmt: skip
_CLASS_BY_BRICK = {
    ("%", "Humidity"): "humidity", ("%", "Battery"): "battery", ("ppm", "CO2_"): "carbon_dioxide",
    ("ppm", "CO_"): "carbon_monoxide",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A device as a dashboard is told of it."""

    key: str
    kind: Kind
    name: Text
    area: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""


def discovery(device: Shown, *, site: str, prefix: str) -> Publication:
    """The device's configuration: all its points as sensors, available while its ``state`` says online."""
    topics = f"{PREFIX}/{site}/{device.key}"
    ident = f"halltwin_{site}_{device.key}"
    about = {
        "ids": [ident], "name": _text(device.name), "mf": "halltwin", "mdl": device.model or _text(device.kind.label),
        "sw": device.firmware, "sn": device.serial, "sa": device.area,
    }  # fmt: skip
    body = {
        "dev": {key: value for key, value in about.items() if value},
        "o": {"name": "halltwin"},
        "avty": [{"t": f"{topics}/state", "val_tpl": "{{ 'online' if value_json.online else 'offline' }}"}],
        "stat_t": f"{topics}/tele",
        "qos": 1,
        "cmps": {point.name: _component(point, f"{ident}_{point.name}") for point in device.kind.points},
    }
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Publication(topic=f"{prefix}/device/{_word(site)}/{_word(device.key)}/config", payload=payload, retain=True)


class HomeAssistantDiscovery:
    """``iot.conventions.convention.Convention``, outwards only. ``devices`` is asked at each new ``generation``."""

    name = "homeassistant"

    def __init__(
        self, *, prefix: str, site: str, devices: Callable[[], Iterable[Shown]], generation: Callable[[], int]
    ) -> None:
        self._prefix, self._site, self._devices, self._generation = prefix, site, devices, generation
        self._own = f"{prefix}/device/{_word(site)}/"
        self._seen_generation = -1
        self._wanted: Mapping[str, bytes] = {}
        self._kept: dict[str, bytes] = {}
        """What the broker keeps of ours, by topic."""
        self._unsaid = False

    def filters(self) -> tuple[str, ...]:
        return (f"{self._own}+/config",)

    def claims(self, topic: str) -> bool:
        return topic.startswith(self._own)

    def speaker(self, topic: str) -> None:
        del topic

    def parse(self, topic: str, payload: bytes | bytearray, *, received_ms: int) -> tuple[()]:
        """Our own configurations, kept by the broker: those of an earlier run may be of devices that are no more."""
        del received_ms
        if not payload:
            self._kept.pop(topic, None)
        elif topic in self._kept or len(self._kept) < TOPICS_MAX:
            self._kept[topic] = bytes(payload)
        else:
            raise CodecError("oversized", f"more than {TOPICS_MAX} configurations")
        self._unsaid = True
        return ()

    def encode(self, request: CommandRequest) -> None:
        del request

    def bind(self, bindings: Sequence[Binding]) -> None:
        """Nobody speaks this to us."""

    def will(self, now_ms: int) -> None:
        del now_ms

    def births(self, now_ms: int) -> tuple[Publication, ...]:
        del now_ms
        self._unsaid = True
        return ()

    def replies(self, now_ms: int) -> tuple[Publication, ...]:
        """What the broker keeps is made what is wanted."""
        del now_ms
        if (generation := self._generation()) != self._seen_generation:
            self._seen_generation = generation
            made = (discovery(device, site=self._site, prefix=self._prefix) for device in self._devices())
            self._wanted = {publication.topic: publication.payload for publication in made}
            self._unsaid = True
        if not self._unsaid:
            return ()
        self._unsaid = False
        gone = [topic for topic in self._kept if topic not in self._wanted]
        new = [topic for topic, payload in self._wanted.items() if self._kept.get(topic) != payload]
        for topic in gone:
            del self._kept[topic]
        self._kept.update({topic: self._wanted[topic] for topic in new})
        return tuple(
            Publication(topic=topic, payload=self._wanted.get(topic, b""), retain=True) for topic in gone + new
        )


def _component(point: Point, ident: str) -> dict[str, Any]:
    """A message carries what changed: what it does not carry stays as it was."""
    value = f"value_json.v.{point.name}"
    only_if_there = f"{{% if value_json.v.{point.name} is defined %}}{{{{ {value} }}}}{{% endif %}}"
    common = {"name": _text(point.label), "uniq_id": ident, "exp_aft": round(point.ttl_s)}
    if point.type == "bool":
        return {"p": "binary_sensor", **common, "val_tpl": only_if_there, "pl_on": "True", "pl_off": "False"}
    if point.type in _NUMBERS:
        found = {
            "unit_of_meas": point.unit, "dev_cla": _device_class(point),
            "stat_cla": "measurement" if point.unit else None,
        }  # fmt: skip
        told = {key: value for key, value in found.items() if value}
        return {"p": "sensor", **common, "val_tpl": only_if_there, **told}
    words = {"dev_cla": "enum", "ops": list(point.values)} if point.type == "enum" else {}
    return {"p": "sensor", **common, "val_tpl": f"{{{{ {value} | default(this.state) }}}}", **words}


def _device_class(point: Point) -> str | None:
    for (unit, part), found in _CLASS_BY_BRICK.items():
        if unit == point.unit and part in point.brick:
            return found
    return _CLASS_BY_UNIT.get(point.unit or "")


def _text(name: Text) -> str:
    return name.get("zh") or next(iter(name.values()), "")


def _word(name: str) -> str:
    """A part of a discovery topic, which knows neither dots nor Chinese; two names never become one."""
    clean = _ID.sub("_", name)
    return clean if clean == name else f"{clean}_{hashlib.blake2b(name.encode(), digest_size=3).hexdigest()}"
