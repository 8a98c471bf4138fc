"""Which foreign address is which device of the hall, and which device speaks for others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iot.codecs.native import is_device_key
from iot.errors import IotError
from iot.ports import Binding

CONVENTIONS = ("onvif", "sparkplug")
ADDRESS_CHARS_MAX = 200
POINTS_MAX = 256
PREFIX_WORDS_MAX = 8
_SOURCE = "/&"


def check_binding(binding: Binding) -> None:
    """``IotError`` says why nothing can be heard, or somebody else's could be, under such an address.

    onvif: the TopicPrefix, or ``PREFIX/&TOKEN`` for one source of it (a door of a controller).
    sparkplug: ``GROUP/EDGE`` for an edge node, ``GROUP/EDGE/DEVICE`` for what stands behind it.
    """
    if not is_device_key(binding.device):
        raise IotError(f"device {binding.device!r} is no device id")
    if binding.convention not in CONVENTIONS:
        raise IotError(f"convention {binding.convention!r} is none of {', '.join(CONVENTIONS)}")
    if len(binding.points) > POINTS_MAX:
        raise IotError(f"binding of {binding.device}: {len(binding.points)} points; {POINTS_MAX} are allowed")
    words = split_source(binding.address)[0].split("/")
    shaped = len(words) <= PREFIX_WORDS_MAX if binding.convention == "onvif" else len(words) in {2, 3}
    wild = any(char in binding.address for char in "+#\0")
    if wild or not all(words) or not shaped or len(binding.address) > ADDRESS_CHARS_MAX:
        raise IotError(f"address {binding.address!r} of {binding.device} is none of {binding.convention}")
    if words[0].startswith("$") or words[0] in {"ht", "spBv1.0"}:
        raise IotError(f"address {binding.address!r} of {binding.device} is not its to take")


def node_of(binding: Binding) -> str | None:
    """The edge node a Sparkplug device stands behind; None for a node itself and for other conventions."""
    group, _, rest = binding.address.partition("/")
    edge, _, device = rest.partition("/")
    return f"{group}/{edge}" if binding.convention == "sparkplug" and device else None


def split_source(address: str) -> tuple[str, str | None]:
    """An ONVIF address as (TopicPrefix, source token or None)."""
    prefix, found, token = address.partition(_SOURCE)
    return prefix, token if found else None


def foreign_address(topic: str) -> tuple[str, str] | None:
    """(convention, address) of a topic that is not ours: what a device would have to be bound to, to speak on it."""
    words = topic.split("/")
    for service in ("onvif-ej", "onvif-mj"):
        if service in words[1:]:
            return "onvif", "/".join(words[: words.index(service)])
    match words:
        case ["spBv1.0", group, what, edge, *device] if what != "STATE" and len(device) <= 1 and group and edge:
            return "sparkplug", "/".join([group, edge, *device])
    return None


def topics_of(binding: Binding) -> tuple[list[str], list[str]]:
    """What a foreign device's own user may write and read at the broker."""
    if binding.convention == "onvif":
        prefix, _ = split_source(binding.address)
        return [f"{prefix}/onvif-ej/#", f"{prefix}/onvif-mj/#"], []
    group, edge, *device = binding.address.split("/")
    if device:
        return [f"spBv1.0/{group}/{what}/{edge}/{device[0]}" for what in ("DBIRTH", "DDATA", "DDEATH")], []
    writes = [f"spBv1.0/{group}/{what}/{edge}" for what in ("NBIRTH", "NDATA", "NDEATH")]
    writes += [f"spBv1.0/{group}/{what}/{edge}/+" for what in ("DBIRTH", "DDATA", "DDEATH")]
    reads = [f"spBv1.0/{group}/NCMD/{edge}/#", f"spBv1.0/{group}/DCMD/{edge}/#", "spBv1.0/STATE/#"]
    return writes, reads


def hall_topics(
    site: str, home_assistant_prefix: str | None = None, bindings: Iterable[Binding] = ()
) -> tuple[list[str], list[str]]:
    """What the hall's own user may write and read for the foreign conventions, besides its native topics."""
    writes = [f"spBv1.0/STATE/{site}", "spBv1.0/+/NCMD/+", "spBv1.0/+/DCMD/+/+"]
    reads = ["spBv1.0/#", *onvif_filters(bindings)]
    if home_assistant_prefix:
        writes.append(f"{home_assistant_prefix}/device/{site}/+/config")
        reads.append(f"{home_assistant_prefix}/device/{site}/+/config")
    return writes, reads


def onvif_filters(bindings: Iterable[Binding]) -> list[str]:
    """Prefixes of one word are heard unasked, so that a new camera shows up; longer ones once they are bound."""
    prefixes = {split_source(binding.address)[0] for binding in bindings if binding.convention == "onvif"}
    listened = ["+", *sorted(prefix for prefix in prefixes if "/" in prefix)]
    return [f"{prefix}/{kind}/#" for prefix in listened for kind in ("onvif-ej", "onvif-mj")]


def gateways_of(bindings: Iterable[Binding], grants: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """By device, who may speak for it: the gateways it was granted to, and the edge node it stands behind."""
    listed = list(bindings)
    found: dict[str, set[str]] = {}
    for gateway, devices in grants.items():
        for device in devices:
            found.setdefault(device, set()).add(gateway)
    nodes = {b.address: b.device for b in listed if b.convention == "sparkplug" and node_of(b) is None}
    for binding in listed:
        node = node_of(binding)
        if node in nodes:
            found.setdefault(binding.device, set()).add(nodes[node])
    return {device: frozenset(gateways - {device}) for device, gateways in found.items() if gateways - {device}}
