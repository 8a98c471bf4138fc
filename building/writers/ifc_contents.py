"""What stands in the house, in IFC: windows, furniture, seats, bays, devices, places, zones, and the ground outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from building.model import XY, XYZ, Approach, Bay, Device, Entity, Furniture, OutdoorPlace, Poi, Seat, ServiceWindow
from building.texts import text
from building.writers.ifc_file import seen_from
from building.writers.ifc_links import write_outdoor_link
from building.writers.ifc_shell import FLAT_M, Draft, origin_of
from building.writers.writer import Loss

MARK_M = 0.1
"""The cube that stands for a device: a sign of where it is, not its shape."""
COUNTER_M = (0.8, 0.1, 1.0)
SEAT_M = (0.45, 0.45, 0.45)

_DEVICES = {
    "camera": ("IfcAudioVisualAppliance", "CAMERA"),
    "pa_zone": ("IfcAudioVisualAppliance", "SPEAKER"),
    "screen": ("IfcAudioVisualAppliance", "DISPLAY"),
    "projector": ("IfcAudioVisualAppliance", "PROJECTOR"),
    "window_terminal": ("IfcCommunicationsAppliance", "COMPUTER"),
    "kiosk": ("IfcCommunicationsAppliance", "COMPUTER"),
    "server": ("IfcCommunicationsAppliance", "COMPUTER"),
    "network_switch": ("IfcCommunicationsAppliance", "NETWORKAPPLIANCE"),
    "information_point": ("IfcCommunicationsAppliance", "USERDEFINED"),
    "ticket_machine": ("IfcElectricAppliance", "VENDINGMACHINE"),
    "ups": ("IfcElectricFlowStorageDevice", "UPS"),
    "climate_sensor": ("IfcSensor", "TEMPERATURESENSOR"),
    "leak_sensor": ("IfcSensor", "MOISTURESENSOR"),
    "seat_sensor": ("IfcSensor", "PRESSURESENSOR"),
    "people_counter": ("IfcSensor", "MOVEMENTSENSOR"),
    "parking_sensor": ("IfcSensor", "MOVEMENTSENSOR"),
    "door": ("IfcController", "TWOPOSITION"),
    "lift": ("IfcController", "PROGRAMMABLE"),
    "escalator": ("IfcController", "PROGRAMMABLE"),
}
_OTHER_DEVICE = ("IfcController", "USERDEFINED")
_SUPPLY = {
    "mains": ("IfcElectricDistributionBoard", "SWITCHBOARD"),
    "distribution": ("IfcElectricDistributionBoard", "DISTRIBUTIONBOARD"),
    "network": ("IfcCommunicationsAppliance", "GATEWAY"),
}
_FURNITURE = {"table": "TABLE", "desk": "DESK", "rack": "SHELF"}


def write_contents(d: Draft) -> None:
    b = d.b
    writers: tuple[tuple[tuple[Any, ...], Callable[[Draft, Any], None]], ...] = (
        (b.departments, _department), (b.windows, _window), (b.furniture, _furniture), (b.seats, _seat), (b.bays, _bay),
        (b.pois, _poi), (b.devices, _device), (b.supply, _supply), (b.outdoor_places, _outdoor_place),
        (b.outdoor_links, _outdoor_link), (b.approaches, _approach), (b.zones, _zone),
    )  # fmt: skip
    for entities, write in writers:
        for entity in entities:
            write(d, entity)


def _put(d: Draft, kind: str, e: Entity, *, floor: str | None = None, **members: Any) -> Any:
    """One product on a storey (or on the site), with what we have to say of it."""
    named = {"Name": text(e.name) or e.key} | members
    made = d.out.product(kind, e, **named)
    d.out.contain(d.storeys[floor] if floor else d.site, made)
    d.tell(made, e)
    return made


def _level(d: Draft, floor: str, at: XY) -> XYZ:
    return (at[0], at[1], d.levels[floor])


def _department(d: Draft, e: Any) -> None:
    organization = d.out.file.createIfcOrganization(None, text(e.name))
    d.tell(d.out.product("IfcActor", e, Name=text(e.name), TheActor=organization), e)


def _window(d: Draft, w: ServiceWindow) -> None:
    """The window faces along its own x axis; the line runs to where the visitor stands."""
    stand = seen_from(w.stand, w.at, w.facing_deg)
    width, depth, height = COUNTER_M
    _put(
        d, "IfcBuildingElementProxy", w, floor=w.floor, Name=w.number, Description=text(w.name),
        ObjectType="ServiceWindow", PredefinedType="USERDEFINED",
        ObjectPlacement=d.within(w.floor, _level(d, w.floor, w.at), w.facing_deg),
        Representation=d.out.shape(
            [d.out.box(depth, width, w.counter_height_m or height)], [d.out.line([(0.0, 0.0), stand])]
        ),
    )  # fmt: skip


def _furniture(d: Draft, f: Furniture) -> None:
    origin = origin_of((f.footprint,), d.levels[f.floor])
    _put(
        d, "IfcFurniture", f, floor=f.floor, ObjectType=f.kind, PredefinedType=_FURNITURE.get(f.kind, "USERDEFINED"),
        ObjectPlacement=d.within(f.floor, origin),
        Representation=d.out.shape(
            [d.out.prism(f.footprint, f.height_m or FLAT_M, origin)],
            [d.out.closed(ring, origin) for ring in (f.footprint.outer, *f.footprint.holes)],
        ),
    )  # fmt: skip


def _seat(d: Draft, s: Seat) -> None:
    _put(
        d, "IfcFurniture", s, floor=s.floor, ObjectType="seat", PredefinedType="CHAIR",
        ObjectPlacement=d.within(s.floor, _level(d, s.floor, s.at), s.facing_deg),
        Representation=d.out.shape([d.out.box(*SEAT_M)]),
    )  # fmt: skip


def _bay(d: Draft, bay: Bay) -> None:
    """Painted on the floor, turned to where a car drives out."""
    origin, turn = origin_of((bay.footprint,), d.levels[bay.floor]), bay.facing_deg or 0.0
    rings = [d.out.closed(ring, origin, turn) for ring in (bay.footprint.outer, *bay.footprint.holes)]
    _put(
        d, "IfcAnnotation", bay, floor=bay.floor, ObjectType="ParkingBay",
        ObjectPlacement=d.within(bay.floor, origin, turn), Representation=d.out.shape([], rings),
    )  # fmt: skip


def _poi(d: Draft, p: Poi) -> None:
    cross = [[(-MARK_M, 0.0), (MARK_M, 0.0)], [(0.0, -MARK_M), (0.0, MARK_M)]]
    _put(
        d, "IfcAnnotation", p, floor=p.floor, ObjectType="PointOfInterest", Description=p.kind,
        ObjectPlacement=d.within(p.floor, _level(d, p.floor, p.at)),
        Representation=d.out.shape([], [d.out.line(line) for line in cross]),
    )  # fmt: skip


def _device(d: Draft, v: Device) -> None:
    kind, predefined = _DEVICES.get(v.kind, _OTHER_DEVICE)
    pose = v.pose
    _put(
        d, kind, v, floor=v.floor, ObjectType=v.kind, Tag=v.key, PredefinedType=predefined,
        ObjectPlacement=d.within(v.floor, (pose.x_m, pose.y_m, pose.z_m), pose.yaw_deg),
        Representation=d.out.shape([d.out.box(MARK_M, MARK_M, MARK_M)]),
    )  # fmt: skip


def _supply(d: Draft, s: Any) -> None:
    kind, predefined = _SUPPLY.get(s.kind, _SUPPLY["distribution"])
    floor = next((space.floor for space in d.b.spaces if space.id == s.space), None)
    _put(d, kind, s, floor=floor, ObjectType=s.kind, Tag=s.key, PredefinedType=predefined)


def _outdoor_place(d: Draft, p: OutdoorPlace) -> None:
    origin = origin_of((p.footprint,), p.z_m)
    _put(
        d, "IfcGeographicElement", p, ObjectType=p.kind, PredefinedType="TERRAIN",
        ObjectPlacement=d.out.placement(d.site, origin),
        Representation=d.out.shape(
            [d.out.prism(p.footprint, FLAT_M, origin, z_m=-FLAT_M)],
            [d.out.closed(ring, origin) for ring in (p.footprint.outer, *p.footprint.holes)],
        ),
    )  # fmt: skip


def _outdoor_link(d: Draft, link: Any) -> None:
    made = write_outdoor_link(d, link)
    d.out.contain(d.site, made)
    d.tell(made, link)


def _approach(d: Draft, a: Approach) -> None:
    paths = [d.out.line(path) for path in (a.path, a.step_free_path) if path]
    _put(
        d, "IfcAnnotation", a, ObjectType="Approach", ObjectPlacement=d.out.placement(d.site),
        Representation=d.out.shape([], paths),
    )  # fmt: skip


def _zone(d: Draft, z: Any) -> None:
    zone = d.out.product("IfcZone", z, Name=z.key, LongName=text(z.name), ObjectType=z.kind)
    d.tell(zone, z)
    spaces = [d.spaces[s] for s in z.spaces if s in d.spaces]
    if spaces:
        d.out.relate("IfcRelAssignsToGroup", zone, "", RelatedObjects=spaces, RelatingGroup=zone)
    else:
        d.losses.append(Loss(what="zones.spaces", count=1, reason=f"zone {z.key} has no space to group"))
