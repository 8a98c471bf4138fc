"""A building in Brick 1.4 and RealEstateCore 4, as Turtle: what there is, where it is, what feeds it, what joins what.

Every thing has the classes of both vocabularies where both have one, and ``hall:`` where neither has; a ``hall:`` class
says which class it stands under, so that software which knows Brick alone finds its way. Labels are in all languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from building.model import OUT, Building, Device, Entity, Space, SupplyNode
from building.writers.writer import Loss, Writer

PREFIXES = {
    "brick": "https://brickschema.org/schema/Brick#",
    "hall": "urn:halltwin:ontology#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rec": "https://w3id.org/rec#",
    "ref": "https://brickschema.org/schema/Brick/ref#",
    "unit": "http://qudt.org/vocab/unit/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
ROOMS: Mapping[str, tuple[str, ...]] = {
    "office": ("brick:Office", "rec:Office"),
    "corridor": ("brick:Hallway", "rec:Hallway"),
    "lobby": ("brick:Lobby",),
    "vestibule": ("brick:Entrance", "rec:Entrance"),
    "stair": ("brick:Staircase", "rec:Stairwell"),
    "lift": ("brick:Elevator_Shaft", "rec:ElevatorShaft"),
    "shaft": ("brick:Riser", "rec:ServiceShaft"),
    "toilet": ("brick:Restroom", "rec:Bathroom"),
    "toilet_men": ("brick:Restroom", "rec:Bathroom"),
    "toilet_women": ("brick:Restroom", "rec:Bathroom"),
    "toilet_accessible": ("brick:Restroom", "rec:Bathroom"),
    "toilet_staff": ("brick:Restroom", "rec:Bathroom"),
    "storage": ("brick:Storage_Room", "rec:Storage"),
    "conference": ("brick:Conference_Room", "rec:ConferenceRoom"),
    "meeting": ("brick:Conference_Room", "rec:ConferenceRoom"),
    "electrical": ("brick:Electrical_Room", "rec:UtilitiesRoom"),
    "elv_room": ("brick:Telecom_Room", "rec:UtilitiesRoom"),
    "plant": ("brick:Mechanical_Room", "rec:UtilitiesRoom"),
    "ups_room": ("brick:Battery_Room", "rec:UtilitiesRoom"),
    "server_room": ("brick:Server_Room", "rec:UtilitiesRoom"),
    "security": ("brick:Security_Service_Room", "rec:SecurityRoom"),
    "operations": ("brick:Control_Room", "rec:SecurityRoom"),
    "mother_baby": ("rec:MothersRoom", "brick:Room"),
    "first_aid": ("brick:First_Aid_Room", "rec:TreatmentRoom"),
    "copy": ("brick:Copy_Room", "rec:CopyingRoom"),
    "rest": ("brick:Lounge", "rec:RestingRoom"),
    "break_room": ("brick:Break_Room", "rec:StaffRoom"),
    "changing": ("rec:DressingRoom", "brick:Room"),
    "reception": ("brick:Reception", "rec:Reception"),
    "parking": ("brick:Space", "rec:Garage"),
    "terrace": ("brick:Outdoor_Area", "rec:OutdoorSpace"),
    "roof": ("brick:Rooftop",),
}
ROOM = ("brick:Room", "rec:Room")
LINKS = {
    "lift": ("brick:Elevator",), "escalator": ("hall:Escalator",), "stairs": ("hall:Stairs",), "ramp": ("hall:Ramp",)
}  # fmt: skip
SUPPLY = {
    "mains": ("brick:Electrical_Equipment",), "distribution": ("brick:Breaker_Panel",),
    "network": ("brick:ICT_Equipment", "rec:ICTEquipment"),
}  # fmt: skip
EQUIPMENT = "brick:Equipment"
OWN_CLASSES = {
    "hall:Escalator": "brick:Equipment", "hall:Stairs": "brick:Location", "hall:Ramp": "brick:Location",
    "hall:Opening": "rec:BuildingElement", "hall:Service_Window": "brick:Location",
    "hall:Point_Of_Interest": "brick:Location", "hall:Seat": "rec:Asset",
}  # fmt: skip
"""What neither vocabulary has, and what it is a kind of."""

_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
CURIE = re.compile(r"(brick|hall|rec):[A-Za-z][A-Za-z0-9_]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Facts = list[tuple[str, str]]
"""Predicate and object, as they are written."""


def dumps(b: Building, classes: Mapping[str, str] | None = None) -> str:
    """``classes`` gives the class of a kind of device (``{"camera": "brick:Surveillance_Camera"}``)."""
    devices = {kind: name for kind, name in (classes or {}).items() if CURIE.fullmatch(name)}
    draft = _Draft(b, devices)
    blocks = [block(subject, facts) for subject, facts in draft.subjects()]
    own = OWN_CLASSES | {name: EQUIPMENT for name in devices.values() if name.startswith("hall:")}
    blocks += [block(name, [("rdfs:subClassOf", above)]) for name, above in sorted(own.items()) if name in draft.used]
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    return head + "\n" + "\n".join(blocks)


class _Draft:
    def __init__(self, b: Building, devices: Mapping[str, str]) -> None:
        self.b, self.devices = b, devices
        self.used: set[str] = set()
        self.house = f"{b.site}:building"

    def subjects(self) -> Iterator[tuple[str, Facts]]:
        b = self.b
        yield iri(self.house), [*self._kinds("brick:Building", "rec:Building"), *labels(b.name)]
        if any(OUT in (o.between or ()) for o in b.openings):
            yield iri(f"{b.site}:{OUT}"), self._kinds("brick:Outside", "rec:OutdoorSpace")
        for f in b.floors:
            own = [("hall:ordinal", str(f.ordinal)), ("hall:elevation", _decimal(f.elevation_m))]
            yield self._subject(f, ("brick:Floor", "rec:Level"), [*self._within(self.house), *own])
        for s in b.spaces:
            yield self._subject(s, ROOMS.get(s.kind, ROOM), [*self._within(s.floor), *self._room(s)])
        yield from self._ways()
        yield from self._equipment()
        yield from self._places()

    def _ways(self) -> Iterator[tuple[str, Facts]]:
        for o in self.b.openings:
            sides = [("hall:connects", self._end(e)) for e in o.between or ()]
            one_way = [("hall:entersFrom", self._end(o.one_way[0]))] if o.one_way else []
            device = [("hall:operatedBy", iri(o.device))] if o.device else []
            own = [("hall:openingKind", quoted(o.kind)), *sides, *one_way, *device]
            yield self._subject(o, ("hall:Opening",), own)
        for v in self.b.vertical_links:
            stops = [("hall:stopsAt", self._end(s.space)) for s in v.stops]
            own = [("hall:direction", quoted(v.direction)), ("hall:stepFree", truth(v.step_free)), *stops]
            shafts = [("hall:runsIn", iri(space)) for space in v.shafts.values()]
            device = [("hall:operatedBy", iri(v.device))] if v.device else []
            yield self._subject(v, LINKS[v.kind], [*own, *shafts, *device])

    def _equipment(self) -> Iterator[tuple[str, Facts]]:
        for d in self.b.devices:
            serves = [("hall:serves", iri(target)) for target in d.serves.values()]
            kind = [("hall:deviceKind", quoted(d.kind))]
            at = [("brick:hasLocation", iri(d.space or d.floor))]
            yield self._subject(d, (self.devices.get(d.kind, EQUIPMENT),), [*kind, *at, *_fed(d), *serves])
        for n in self.b.supply:
            at = [("brick:hasLocation", iri(n.space))] if n.space else []
            yield self._subject(n, SUPPLY.get(n.kind, (EQUIPMENT,)), [*at, *_fed(n)])

    def _places(self) -> Iterator[tuple[str, Facts]]:
        b = self.b
        for d in b.departments:
            yield self._subject(d, ("rec:Department",), [])
        for w in b.windows:
            whose = [("hall:department", iri(w.department))] if w.department else []
            own = [("hall:number", quoted(w.number)), *whose, *labels(w.business, "hall:business")]
            yield self._subject(w, ("hall:Service_Window",), [*self._within(w.space), *own])
        for z in b.zones:
            parts = [("brick:hasPart", iri(space)) for space in z.spaces]
            yield self._subject(z, ("brick:Zone", "rec:Zone"), [("hall:zoneKind", quoted(z.kind)), *parts])
        for p in b.pois:
            at = [("hall:poiKind", quoted(p.kind)), ("brick:isPartOf", self._end(p.space))]
            yield self._subject(p, ("hall:Point_Of_Interest",), at)
        for seat in b.seats:
            yield self._subject(seat, ("hall:Seat",), [("brick:hasLocation", iri(seat.space)), *_sensed(seat.sensor)])
        for bay in b.bays:
            yield self._subject(
                bay, ("brick:Parking_Space", "rec:ParkingSpace"), [*self._within(bay.space), *_sensed(bay.sensor)]
            )
        for item in b.furniture:
            at = [("hall:furnitureKind", quoted(item.kind)), ("rec:locatedIn", iri(item.space))]
            yield self._subject(item, ("rec:Furniture",), at)
        for o in b.outdoor_places:
            yield self._subject(o, ("brick:Outdoor_Area", "rec:OutdoorSpace"), [("hall:placeKind", quoted(o.kind))])

    def _subject(self, e: Entity, kinds: tuple[str, ...], facts: Facts) -> tuple[str, Facts]:
        source: Facts = []
        if e.source and e.source.scheme == "ifc":
            reference = f"[ a ref:IFCReference ; ref:ifcGlobalID {quoted(e.source.value)} ]"
            source = [("ref:hasExternalReference", reference)]
        elif e.source:
            source = [("hall:sourceId", quoted(f"{e.source.scheme}:{e.source.value}"))]
        return iri(e.id), [*self._kinds(*kinds), *labels(e.name), *facts, *source]

    def _kinds(self, *kinds: str) -> Facts:
        self.used.update(kinds)
        return [("a", kind) for kind in kinds]

    def _within(self, whole: str) -> Facts:
        return [("brick:isPartOf", iri(whole)), ("rec:isPartOf", iri(whole))]

    def _room(self, s: Space) -> Facts:
        facts = [("hall:spaceKind", quoted(s.kind)), ("hall:walkable", truth(s.walkable))]
        facts += [("hall:number", quoted(s.number))] if s.number else []
        return facts + ([("hall:capacity", str(s.capacity))] if s.capacity is not None else [])

    def _end(self, space: str) -> str:
        return iri(f"{self.b.site}:{OUT}" if space == OUT else space)


def iri(entity_id: str) -> str:
    return f"<urn:halltwin:{quote(entity_id, safe=':')}>"


def _fed(e: Device | SupplyNode) -> Facts:
    facts = [("brick:isFedBy", iri(e.power_from))] if e.power_from else []
    network = e.network_from if isinstance(e, Device) else None
    return facts + ([("hall:networkFrom", iri(network))] if network else [])


def _sensed(sensor: str | None) -> Facts:
    return [("hall:sensedBy", iri(sensor))] if sensor else []


def labels(words: Mapping[str, str], predicate: str = "rdfs:label") -> Facts:
    return [
        (predicate, f"{quoted(text)}@{language}" if _LANGUAGE.fullmatch(language) else quoted(text))
        for language, text in words.items()
        if text
    ]


def quoted(text: str) -> str:
    escaped = "".join(_ESCAPES.get(c, c if c >= " " else f"\\u{ord(c):04X}") for c in text)
    return f'"{escaped}"'


def _decimal(number: float) -> str:
    return f'"{number:.3f}"^^xsd:decimal'


def truth(value: bool) -> str:
    return "true" if value else "false"


def block(subject: str, facts: Facts) -> str:
    return subject + " " + " ;\n    ".join(f"{predicate} {thing}" for predicate, thing in facts) + " .\n"


def _losses(b: Building) -> Iterator[Loss]:
    shapes = "Brick and RealEstateCore say what there is and how it belongs together, not its shape."
    outdoors = "The ground around the house is named, not how one walks over it."
    for what, count, reason in (
        ("walls", len(b.walls), shapes),
        ("outdoor_links", len(b.outdoor_links), outdoors),
        ("approaches", len(b.approaches), outdoors),
        ("spaces.footprint", len(b.spaces), shapes),
        ("openings.line", len(b.openings), shapes),
        ("vertical_links.paths", sum(bool(v.paths) for v in b.vertical_links), shapes),
        ("devices.pose", len(b.devices), shapes),
        ("devices.coverage", sum(bool(d.coverage) for d in b.devices), shapes),
    ):
        if count:
            yield Loss(what=what, count=count, reason=reason)


def writer(classes: Mapping[str, str]) -> Writer:
    """The writer that knows these classes of devices; without them every device is ``brick:Equipment``."""

    def write(b: Building, path: Path) -> tuple[Loss, ...]:
        path.write_text(dumps(b, classes), encoding="utf-8")
        return tuple(_losses(b))

    return Writer(name="brick", suffixes=(".ttl",), write=write)


WRITER = writer({})
