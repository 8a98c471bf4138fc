"""Service windows, places, seats, furniture, parking bays and zones as IMDF features."""

from __future__ import annotations

from typing import Any

import shapely

from building.formats.imdf import extension as ext
from building.formats.imdf.vocabulary import AMENITY_OF_KIND, FIXTURE_OF_KIND
from building.labels import to_shape
from building.model import OUT, Poi, Seat
from building.writers.imdf_sheet import Sheet, areas, labels

_NO_ROOM = "its room covers no floor"
_NO_AREA = "it covers no floor"


def write_places(sheet: Sheet) -> None:
    for p in sheet.b.pois:
        unit = _unit_of(sheet, p)
        if sheet.keep(unit is not None, "pois", "it stands on no ground that is drawn"):
            _amenity(sheet, p, AMENITY_OF_KIND.get(p.kind, "unspecified"), unit, p.hours)
    for s in sheet.b.seats:
        if sheet.keep(s.space in sheet.spaces, "seats", _NO_ROOM):
            _amenity(sheet, s, "seat", ext.feature_id(s.space))
    _windows(sheet)


def _unit_of(sheet: Sheet, p: Poi) -> str | None:
    """A place outdoors is listed with the piece of ground it is nearest to."""
    if p.space in sheet.spaces:
        return ext.feature_id(p.space)
    at = shapely.Point(p.at)
    near = sorted((ground.distance(at), key) for key, ground in sheet.grounds.items()) if p.space == OUT else []
    return ext.feature_id(near[0][1]) if near else None


def _amenity(sheet: Sheet, e: Poi | Seat, category: str, unit: str | None, hours: str | None = None) -> None:
    sheet.add("amenity", ext.feature_id(e.id), shapely.Point(e.at), {
        "category": category, "accessibility": None, "name": labels(e.name), "alt_name": None, "hours": hours,
        "phone": None, "website": None, "unit_ids": [unit], "address_id": None, "correlation_id": None,
        **sheet.own("pois" if isinstance(e, Poi) else "seats", e),
    })  # fmt: skip


def _windows(sheet: Sheet) -> None:
    """An occupant, anchored where the visitor stands."""
    for w in sheet.b.windows:
        if not sheet.keep(w.space in sheet.spaces, "windows", _NO_ROOM):
            continue
        anchor = ext.feature_id(w.id, "anchor")
        sheet.add("anchor", anchor, shapely.Point(w.stand), {
            "address_id": None, "unit_id": ext.feature_id(w.space),
        })  # fmt: skip
        sheet.add("occupant", ext.feature_id(w.id), None, {
            "name": labels(w.name) or {sheet.language: w.number}, "category": "publicservices.government",
            "anchor_id": anchor, "hours": None, "phone": None, "website": None, "validity": None,
            "correlation_id": None, **sheet.own("windows", w),
        })  # fmt: skip


def write_areas(sheet: Sheet) -> None:
    _furniture(sheet)
    _bays(sheet)
    _zones(sheet)


def _furniture(sheet: Sheet) -> None:
    for f in sheet.b.furniture:
        shape = areas(to_shape((f.footprint,)))
        if sheet.keep(f.floor in sheet.levels and not shape.is_empty, "furniture", _NO_AREA):
            sheet.add("fixture", ext.feature_id(f.id), shape, {
                "category": FIXTURE_OF_KIND.get(f.kind, "furniture"), "name": labels(f.name), "alt_name": None,
                "anchor_id": None, "level_id": ext.feature_id(f.floor), "display_point": sheet.point(shape),
                **sheet.own("furniture", f),
            })  # fmt: skip


def _bays(sheet: Sheet) -> None:
    for y in sheet.b.bays:
        shape = areas(to_shape((y.footprint,)))
        if sheet.keep(y.floor in sheet.levels and not shape.is_empty, "bays", _NO_AREA):
            sheet.add("section", ext.feature_id(y.id), shape, {
                "category": "parking", "restriction": None, "accessibility": None, "name": labels(y.name),
                "alt_name": None, "level_id": ext.feature_id(y.floor), "address_id": None, "correlation_id": None,
                "parents": None, "display_point": sheet.point(shape), **sheet.own("bays", y),
            })  # fmt: skip


def _zones(sheet: Sheet) -> None:
    """A section has one level, a geofence as many as it needs."""
    for z in sheet.b.zones:
        spaces = [s for s in sheet.b.spaces if s.id in z.spaces and s.id in sheet.spaces]
        if not sheet.keep(bool(spaces), "zones", "none of its rooms covers any floor"):
            continue
        shape: Any = shapely.union_all([sheet.spaces[s.id] for s in spaces])
        sheet.add("geofence", ext.feature_id(z.id), shape, {
            "category": "geofence", "restriction": None, "name": labels(z.name), "alt_name": None,
            "correlation_id": None, "building_ids": [sheet.ids["building"]],
            "level_ids": [ext.feature_id(f) for f in dict.fromkeys(s.floor for s in spaces)], "parents": None,
            "display_point": sheet.point(shape), **sheet.own("zones", z),
        })  # fmt: skip
