"""The running hall in Brick and RealEstateCore: the building, its devices, and where each point's values are read.

The words are those of ``building/writers/brick``; what only a running hall knows is added: devices nobody drew, and a
point for everything that is measured or known, with its class, its unit and the addresses of its values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from building.model import Building
from building.writers.brick import CURIE, EQUIPMENT, Facts, block, dumps, iri, labels, quoted
from iot.brick import POINT, is_a
from iot.kind import Kind, Point
from twin.registry import Device

UNITS: Mapping[str, str] = {
    "%": "unit:PERCENT", "°C": "unit:DEG_C", "V": "unit:V", "A": "unit:A", "W": "unit:W", "kW": "unit:KiloW",
    "kWh": "unit:KiloW-HR", "Hz": "unit:HZ", "Pa": "unit:PA", "lx": "unit:LUX", "ppm": "unit:PPM", "m": "unit:M",
    "m/s": "unit:M-PER-SEC", "s": "unit:SEC", "min": "unit:MIN", "h": "unit:HR", "Mbit/s": "unit:MegaBIT-PER-SEC",
}  # fmt: skip
"""QUDT's names; a unit that counts things (people, tickets) has none and is told as ``hall:unit``."""
UPPER = ("Alarm", "Command", "Setpoint", "Sensor", "Status")


def hall_turtle(
    building: Building, devices: Iterable[Device], kinds: Mapping[str, Kind], *,
    known: Mapping[str, Collection[str]], api: str,
) -> str:  # fmt: skip
    """``known``: the points that have a value, by entity. ``api``: the address below which values are read."""
    there = list(devices)
    drawn = {d.id for d in building.devices}
    blocks = [block(iri(f"{building.site}:building"), [("rdfs:seeAlso", f"<{api}/live/sse?view=data>")])]
    blocks += [block(iri(d.id), _undrawn(d, kinds)) for d in there if d.id not in drawn]
    # RealEstateCore has things (a door) that Brick would not take for equipment, which alone has points there.
    blocks += [block(iri(d.id), [("a", EQUIPMENT)]) for d in there if not _class_of(d, kinds).startswith("brick:")]
    present = {d.kind: kinds[d.kind] for d in there if d.kind in kinds}
    for device in there:
        points = present[device.kind].points if device.kind in present else ()
        blocks += [_declared(device.id, point, api) for point in points]
    declared = {d.id: {p.name for p in kinds[d.kind].points} for d in there if d.kind in kinds}
    for entity_id, names in sorted(known.items()):
        blocks += [_plain(entity_id, name, api) for name in sorted(set(names) - declared.get(entity_id, set()))]
    equipment = {kinds[d.kind].brick: EQUIPMENT for d in there if d.id not in drawn and d.kind in kinds}
    own = equipment | {p.brick: _above(p.brick) for kind in present.values() for p in kind.points}
    blocks += [block(name, [("rdfs:subClassOf", above)]) for name, above in sorted(own.items()) if _is_ours(name)]
    return dumps(building, {name: kind.brick for name, kind in kinds.items()}) + "\n" + "\n".join(blocks)


def _undrawn(device: Device, kinds: Mapping[str, Kind]) -> Facts:
    return [
        ("a", _class(_class_of(device, kinds), EQUIPMENT)),
        *labels(device.name),
        ("hall:deviceKind", quoted(device.kind)),
    ]


def _declared(entity_id: str, point: Point, api: str) -> str:
    unit = UNITS.get(point.unit or "")
    facts = [("brick:hasUnit", unit)] if unit else [("hall:unit", quoted(point.unit))] if point.unit else []
    facts = [("a", _class(point.brick, "brick:Point")), *labels(point.label), *facts]
    return _point(entity_id, point.name, facts, api)


def _plain(entity_id: str, name: str, api: str) -> str:
    return _point(entity_id, name, [("a", f"brick:{POINT}"), ("rdfs:label", quoted(name))], api)


def _point(entity_id: str, name: str, facts: Facts, api: str) -> str:
    return block(iri(f"{entity_id}:point:{name}"), [*facts, *_references(entity_id, name, api)])


def _references(entity_id: str, name: str, api: str) -> Iterator[tuple[str, str]]:
    stored = f"<{api}/history/{_path(entity_id)}/{_path(name)}>"
    yield "brick:isPointOf", iri(entity_id)
    yield (
        "ref:hasExternalReference",
        f"[ a ref:TimeseriesReference ; ref:hasTimeseriesId {quoted(f'{entity_id}/{name}')} ; ref:storedAt {stored} ]",
    )


def _path(word: str) -> str:
    return iri(word)[len("<urn:halltwin:") : -1]


def _class_of(device: Device, kinds: Mapping[str, Kind]) -> str:
    return kinds[device.kind].brick if device.kind in kinds else EQUIPMENT


def _class(name: str, otherwise: str) -> str:
    return name if CURIE.fullmatch(name) else otherwise


def _is_ours(name: str) -> bool:
    return name.startswith("hall:") and CURIE.fullmatch(name) is not None


def _above(name: str) -> str:
    return next((f"brick:{upper}" for upper in UPPER if is_a(name, upper)), "brick:Point")
