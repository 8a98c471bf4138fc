"""Every entity of our own format as a table: the reader, the writer and the JSON Schema all follow it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from building.formats.hall import codecs as c
from building.formats.hall import geometry as g
from building.formats.hall.codecs import Bool, Enum, Int, Json, Key, ListOf, MapOf, Num, OrNull, Ref, Schema, Scope, Str
from building.formats.hall.fields import Field, Fields, Getter, optional
from building.formats.hall.relations import Coverage, Place, Serves
from building.model import (
    XY,
    Approach,
    Bay,
    Department,
    Device,
    Evidence,
    Floor,
    Furniture,
    Georeference,
    Opening,
    OutdoorLink,
    OutdoorPlace,
    Poi,
    Polygon,
    Seat,
    ServiceWindow,
    Space,
    Stop,
    SupplyNode,
    VerticalLink,
    Wall,
    Zone,
)  # fmt: skip
from building.shapes import band

LENGTH = Num(0.0, 10_000.0)
WIDTH = Num(0.0, 10_000.0, above=0.0)
DEGREES = Num(-360.0, 360.0)
WORD = Str(100)
PEOPLE = Int(0, 1_000_000)


@dataclass(frozen=True, slots=True)
class Entities:
    """One list of the file: its name, the kind word in ids, and the members of each entity."""

    list_name: str
    kind: str
    fields: Fields
    needs: Schema = field(default_factory=dict)
    """What the schema must ask for beyond single members: one of several must be there."""


def _elevation(_get: Getter, scope: Scope) -> float:
    return scope.floor.elevation_m if scope.floor else 0.0


def _clear_height(_get: Getter, scope: Scope) -> float:
    return (scope.floor.clear_height_m or scope.floor.height_m) if scope.floor else 3.0


def _own_key(get: Getter, _scope: Scope) -> str:
    key: str = get("key")
    return key


def _floor_of_space(get: Getter, scope: Scope) -> str:
    return scope.floor_of[get("space")]


def _band(get: Getter, _scope: Scope) -> tuple[Polygon, ...]:
    line: tuple[XY, XY] | None = get("line")
    thickness_m: float | None = get("thickness_m")
    if line is None or not thickness_m:
        raise KeyError("footprint")
    return band(line, thickness_m)


SPACE, FLOOR, DEVICE = Ref(("space",)), Ref(("floor",)), Ref(("device",))
SPACE_OR_OUT = Ref(("space",), out=True)
PAIR = ListOf(SPACE_OR_OUT, 2, 2)
FEEDER = Ref(("supply", "device"))
COMMON = (Field("key", Key()), Field("name", c.TextMap(), lambda _get, _scope: {}))
SOURCE = optional("source", c.Source())

_EVIDENCE = Fields(Evidence, (Field("source", WORD), Field("method", WORD), Field("confidence", Num(0.0, 1.0))))
_STOP = Fields(Stop, (Field("floor", FLOOR), Field("space", SPACE_OR_OUT), Field("at", g.POINT)))
GEOREFERENCE = Fields(
    Georeference,
    (Field("lon_deg", Num(-180, 180)), Field("lat_deg", Num(-90, 90)), Field("rotation_deg", DEGREES)),
)


def _entities(list_name: str, kind: str, of: type[Any], *fields: Field, needs: Schema | None = None) -> Entities:
    return Entities(list_name, kind, Fields(of, (*COMMON, *fields, SOURCE)), needs or {})


def _one_of(*members: Schema) -> Schema:
    return {"anyOf": [{"required": list(m), "properties": m} for m in members]}


FLOORS = _entities(
    "floors", "floor", Floor,
    Field("number", WORD, _own_key), Field("ordinal", Int(-100, 1_000)), Field("elevation_m", Num()),
    Field("height_m", WIDTH), optional("clear_height_m", WIDTH), optional("occupancy_limit", PEOPLE),
    Field("outline", g.Shapes()),
)  # fmt: skip

ON_FLOORS = (
    _entities(
        "spaces", "space", Space,
        Field("number", OrNull(WORD), _own_key), Field("kind", WORD), Field("part", OrNull(WORD)),
        Field("access", Enum(("public", "staff", "restricted"))), Field("walkable", Bool()),
        optional("capacity", PEOPLE), Field("aliases", ListOf(Str(), 0, 50)),
        Field("z0_m", Num(), _elevation), Field("height_m", LENGTH, _clear_height),
        optional("derived", _EVIDENCE), Field("footprint", g.Shapes()),
    ),
    _entities(
        "walls", "wall", Wall,
        Field("kind", WORD), optional("line", g.LINE), optional("thickness_m", WIDTH), Field("z0_m", Num(), _elevation),
        Field("height_m", LENGTH), Field("fire_rating_h", Num(0.0, 24.0)), Field("footprint", g.Shapes(), _band),
        needs=_one_of({"footprint": {}}, {"line": {"type": "array"}, "thickness_m": {"type": "number"}}),
    ),
    _entities(
        "openings", "opening", Opening,
        Field("kind", WORD), Field("between", OrNull(PAIR)), Field("line", g.LINE),
        Field("z0_m", Num(), _elevation), Field("height_m", LENGTH), optional("one_way", PAIR),
        Field("exit", Bool()), Field("step_free", Bool()), Field("controlled", Bool()), Field("fails_open", Bool()),
        Field("vehicles_only", Bool()), Field("goods_only", Bool()), optional("swing_to", SPACE_OR_OUT),
        optional("link", Ref(("link",))), optional("device", DEVICE), optional("hours", Str()),
        optional("outside_place", Ref(("outdoor",))), Field("evidence", _EVIDENCE),
    ),
    _entities(
        "windows", "window", ServiceWindow,
        Field("number", WORD, _own_key), Field("at", g.POINT), Field("stand", g.POINT), Field("facing_deg", DEGREES),
        Field("space", SPACE), optional("staff_space", SPACE), optional("department", Ref(("department",))),
        Field("business", c.TextMap()), Field("low_counter", Bool()), optional("counter_height_m", LENGTH),
        Field("induction_loop", Bool()), optional("screen", DEVICE), optional("terminal", DEVICE),
    ),
    _entities(
        "furniture", "furniture", Furniture,
        Field("space", SPACE), Field("kind", WORD), Field("height_m", LENGTH), Field("blocks", Bool()),
        Field("footprint", g.Shape()),
    ),
    _entities(
        "seats", "seat", Seat,
        Field("space", SPACE), optional("row", WORD), optional("place", Int(0, 100_000)), Field("at", g.POINT),
        Field("facing_deg", DEGREES), optional("sensor", DEVICE),
    ),
    _entities(
        "bays", "bay", Bay,
        Field("space", SPACE), Field("kind", WORD), optional("row", WORD), optional("facing_deg", DEGREES),
        Field("side_aisle_m", LENGTH), optional("sensor", DEVICE), Field("footprint", g.Shape()),
    ),
    _entities(
        "pois", "poi", Poi,
        Field("kind", WORD), Field("space", SPACE_OR_OUT), Field("at", g.POINT), optional("hours", Str()),
    ),
)  # fmt: skip

BEFORE_FLOORS = (
    _entities("departments", "department", Department, Field("short", c.TextMap())),
    _entities(
        "outdoor_places", "outdoor", OutdoorPlace,
        Field("kind", WORD), Field("z_m", Num()), optional("capacity", PEOPLE), Field("footprint", g.Shape()),
    ),
    _entities(
        "outdoor_links", "outdoor_link", OutdoorLink,
        Field("kind", Enum(("ramp", "stairs", "level", "vehicles"))), Field("between", ListOf(Ref(("outdoor",)), 2, 2)),
        Field("path", g.PATH3), Field("width_m", WIDTH), Field("step_free", Bool()), Field("attributes", Json()),
    ),
    _entities(
        "approaches", "approach", Approach,
        Field("path", g.PATH3), Field("step_free_path", g.PATH3), Field("width_m", WIDTH), Field("step_free", Bool()),
        Field("attributes", Json()),
    ),
)  # fmt: skip

AFTER_FLOORS = (
    _entities(
        "vertical_links", "link", VerticalLink,
        Field("kind", Enum(("stairs", "ramp", "escalator", "lift"))),
        Field("direction", Enum(("both", "up", "down"))), Field("step_free", Bool()), Field("width_m", WIDTH),
        Field("stops", ListOf(_STOP, 0, 1_000)), Field("paths", ListOf(g.PATH3, 0, 10_000)),
        Field("shafts", MapOf(SPACE, FLOOR)), optional("device", DEVICE), optional("speed_m_s", LENGTH),
        optional("car_size_m", g.POINT), Field("attributes", Json()), Field("evidence", _EVIDENCE),
    ),
    _entities(
        "zones", "zone", Zone,
        Field("kind", WORD), optional("floor", FLOOR), Field("spaces", ListOf(SPACE)), optional("capacity", PEOPLE),
        optional("device", DEVICE), Field("windows", ListOf(Ref(("window",)))),
        Field("departments", ListOf(Ref(("department",)))), optional("link", Ref(("link",))),
        optional("assembly", Ref(("outdoor",))), optional("hours", Str()), Field("attributes", Json()),
    ),
    _entities(
        "supply", "supply", SupplyNode,
        Field("kind", WORD), optional("space", SPACE), optional("power_from", FEEDER),
    ),
    _entities(
        "devices", "device", Device,
        Field("kind", WORD), Field("space", OrNull(SPACE)), Field("floor", FLOOR, _floor_of_space),
        Field("pose", Place()), optional("power_from", FEEDER), optional("network_from", FEEDER),
        Field("serves", Serves()), Field("coverage", Coverage()), Field("attributes", Json()),
        needs=_one_of({"floor": {}}, {"space": {"type": "string"}}),
    ),
)  # fmt: skip

ALL = (*BEFORE_FLOORS, FLOORS, *ON_FLOORS, *AFTER_FLOORS)
