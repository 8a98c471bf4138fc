"""Devices by what people type: key, name, kind, floor or room, in characters, pinyin, initials or English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from building.model import Building
from building.sounds import find_match, normalise, sounds_of
from iot.kind import Kind
from twin.registry import Device

_JOINTS = str.maketrans("", "", "-_. ")


def find_devices(
    typed: str, devices: Iterable[Device], *, kinds: Mapping[str, Kind], building: Building
) -> list[Device]:
    """Those that every word typed says something about, in the order given; all of them for no word."""
    words = [bare for word in normalise(typed).split() if (bare := word.translate(_JOINTS))]
    if not words:
        return list(devices)
    places = {floor.id: (*floor.name.values(), floor.number) for floor in building.floors}
    places |= {space.id: (*space.name.values(), space.number or "") for space in building.spaces}
    labels = {name: (name, *kind.label.values()) for name, kind in kinds.items()}

    def said_of(device: Device) -> tuple[str, ...]:
        stands = [text for place in (device.floor, device.space) for text in places.get(place or "", ())]
        return (device.key, *device.name.values(), *labels.get(device.kind, (device.kind,)), *stands)

    return [d for d in devices if (said := said_of(d)) and all(any(_says(text, w) for text in said) for w in words)]


@lru_cache(maxsize=65_536)
def _says(text: str, word: str) -> bool:
    """The same few hundred names are asked for each word, and pages ask again every few seconds."""
    return find_match(word, sounds_of(text.translate(_JOINTS))) is not None
