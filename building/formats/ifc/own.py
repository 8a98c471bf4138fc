"""What our own IFC writer told in property sets comes back: ids, both languages, windows, devices, zones, places.

What the drawing says stays as it was understood, and a name or number that somebody changed since stays changed. A file
without our sets is left alone.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from building.formats.hall.codecs import Codec, Key, Scope, Site, Wrong
from building.formats.hall.document import HEADER
from building.formats.hall.entities import Entities
from building.formats.ifc.source import IfcSource, storey_of
from building.formats.ifc.told import ASSUMED, BY_SET, HOUSE, PITCH, PREFIX, STOPS_AT, set_name, shown
from building.model import OUT, XYZ, Building, Entity, Opening, Text, VerticalLink, Wall, make_id
from building.survey import Survey

DECIMALS = 3
UNDERSTOOD = frozenset({"floor", "space", "wall", "opening", "link"})
"""Kinds that are read from the drawing; of the others the file holds what we drew and told, or nothing."""

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    table: Entities
    product: Any
    raw: Raw

    @property
    def kind(self) -> str:
        return self.table.kind

    @property
    def key(self) -> str:
        return str(self.raw["key"])


def restored(source: IfcSource, b: Building) -> Building:
    """The building with all that our own writer told of it."""
    house, told = _sets(source.file)
    return _Restorer(source, b, house, told).run() if _is(Site(), house.get("site")) else b


def with_told(source: IfcSource, seen: Survey) -> Survey:
    """What a file of ours says outright before anything is understood: where people walk, where lifts stop."""
    spaces, floors, links = (_told_of(source.file, kind) for kind in ("space", "floor", "link"))
    guids = {raw.get("key"): guid for guid, raw in floors.items() if isinstance(raw.get("key"), str)}
    return replace(
        seen,
        spaces=tuple(
            replace(s, walkable=bool(spaces[s.key].get("walkable", True))) if s.key in spaces else s
            for s in seen.spaces
        ),
        links=tuple(replace(k, floors=_stops(links.get(k.key, {}), guids) or k.floors) for k in seen.links),
    )


def _stops(raw: Raw, guids: Mapping[Any, str]) -> tuple[str, ...]:
    told = raw.get(STOPS_AT)
    keys = [key for key in told if isinstance(key, str)] if isinstance(told, list) else []
    return tuple(guids[key] for key in keys if key in guids)


_CLASSES = {"space": "IfcSpace", "floor": "IfcBuildingStorey", "link": "IfcTransportElement"}


def _told_of(file: Any, kind: str) -> dict[str, Raw]:
    """What we told of each product of this kind, by its GlobalId."""
    return {
        product.GlobalId: _values(properties)
        for product in file.by_type(_CLASSES[kind])
        for relation in product.IsDefinedBy
        if getattr(properties := getattr(relation, "RelatingPropertyDefinition", None), "Name", None) == set_name(kind)
    }


def _sets(file: Any) -> tuple[Raw, dict[str, _Told]]:
    """What is told of the house, and of each product by its GlobalId."""
    house: Raw = {}
    told: dict[str, _Told] = {}
    for relation in file.by_type("IfcRelDefinesByProperties"):
        properties = relation.RelatingPropertyDefinition
        name = getattr(properties, "Name", None) or ""
        if not name.startswith(PREFIX) or not properties.is_a("IfcPropertySet"):
            continue
        raw = _values(properties)
        for product in relation.RelatedObjects:
            if name == HOUSE:
                house = raw
            elif name in BY_SET and _is(Key(), raw.get("key")):
                told[product.GlobalId] = _Told(table=BY_SET[name], product=product, raw=raw)
    return house, told


def _values(properties: Any) -> Raw:
    """A label is a word, a text is JSON; names become a map by language."""
    raw: Raw = {"name": {}}
    for prop in properties.HasProperties:
        if not prop.is_a("IfcPropertySingleValue") or prop.NominalValue is None:
            continue
        value = prop.NominalValue.wrappedValue
        if prop.NominalValue.is_a("IfcText"):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if prop.Name.startswith("name."):
            raw["name"][prop.Name.removeprefix("name.")] = value
        else:
            raw[prop.Name] = value
    return raw


class _Restorer:
    def __init__(self, source: IfcSource, b: Building, house: Raw, told: Mapping[str, _Told]) -> None:
        self._source, self._house, self._told = source, house, told
        self._site = str(house["site"])
        self._warnings = list(b.warnings)
        self._b = _renamed(b, self._own_ids(b))
        known: dict[str, set[str]] = defaultdict(set)
        for e in self._b.entities():
            known[_kind(e)].add(e.key)
        for t in self._told.values():
            if t.kind not in UNDERSTOOD:
                known[t.kind].add(t.key)
        floor_of = {s.id: s.floor for s in self._b.spaces}
        self._scope = Scope(site=self._site, known={k: frozenset(v) for k, v in known.items()}, floor_of=floor_of)
        self._floors = {f.id: f for f in self._b.floors}

    def run(self) -> Building:
        lists: dict[str, list[Entity]] = {
            name: [self._retold(e) for e in entities] for name, entities in self._b.lists().items()
        }
        lists["walls"] = [w for w in lists["walls"] if not isinstance(w, Wall) or w.kind != ASSUMED]
        # We drew every link there is: one that only the names of rooms suggest is none.
        lists["vertical_links"] = [link for link in lists["vertical_links"] if link.source is not None]
        for t in self._told.values():
            if t.kind not in UNDERSTOOD and (made := self._drawn(t)) is not None:
                lists[t.table.list_name].append(made)
        said = self._said_of_the_house()
        said |= {name: tuple(items) for name, items in lists.items()}
        whole: Building = replace(self._b, **{"site": self._site} | said, warnings=tuple(self._warnings))
        return whole

    def _said_of_the_house(self) -> Raw:
        values, wrongs = HEADER.collect(self._house, self._scope)
        self._warnings += [f"{HOUSE}: {wrong.what}" for wrong in wrongs]
        said = {k: v for k, v in values.items() if k in self._house}
        if not set(self._b.name.values()) & set(said.get("name", {}).values()):
            said.pop("name", None)
        return said

    def _own_ids(self, b: Building) -> dict[str, str]:
        """Our own ids for those the reader made from GlobalIds; what has none of its own is named by its rooms.

        Who copied a room copied its key: only the first is the one we wrote.
        """
        keys = {guid: t.key for guid, t in self._told.items()}
        ids: dict[str, str] = {}
        taken: set[str] = set()
        for e in b.entities():
            own = make_id(self._site, _kind(e), "+".join(keys.get(part, part) for part in e.key.split("+")))
            ids[e.id] = own if own not in taken else make_id(self._site, _kind(e), e.key)
            taken.add(ids[e.id])
        return ids

    def _retold(self, e: Entity) -> Entity:
        """One that the drawing shows, with what we told of it."""
        t = self._told.get(e.source.value) if e.source else None
        if t is None or make_id(self._site, t.kind, t.key) != e.id:
            return e
        self._scope.floor = self._floors.get(getattr(e, "floor", ""))
        seen = {k: v for k, v in t.table.fields.write(e, self._scope).items() if k in shown(t.kind)}
        told = {k: v for k, v in self._collected(t, seen).items() if k not in shown(t.kind)}
        told["name"] = _name(t, told.get("name", {}), e.name)
        if "number" in told and getattr(e, "number", None) != (told["number"] or t.key):
            del told["number"]
        if isinstance(e, Opening):
            told |= _as_joined(e, t.raw, told)
        axes = self._lines(t.product) if isinstance(e, Wall | VerticalLink) else []
        if axes and isinstance(e, Wall):
            told["line"] = (axes[0][0][:2], axes[0][-1][:2])
        elif axes:
            told["paths"] = tuple(map(tuple, axes))
        return replace(e, **told)

    def _collected(self, t: _Told, seen: Raw) -> Raw:
        """The members as our own format reads them; what it cannot read is left out, and said."""
        raw = {k: v for k, v in t.raw.items() if k not in (PITCH, STOPS_AT)} | seen
        values, wrongs = t.table.fields.collect(raw, self._scope)
        if wrongs:
            for wrong in wrongs:
                self._warnings.append(f"{t.kind} {t.key}: {wrong.what}")
            bad = {wrong.where.lstrip(".").split(".")[0].split("[")[0] for wrong in wrongs}
            values, _ = t.table.fields.collect({k: v for k, v in raw.items() if k not in bad}, self._scope)
        return {k: v for k, v in values.items() if k != "key"}

    def _drawn(self, t: _Told) -> Entity | None:
        """One that only our own writer draws."""
        storey = storey_of(t.product)
        floor = self._floor_of(storey)
        self._scope.floor = self._floors.get(floor or "")
        values = self._collected(t, self._seen(t))
        named = {f.name for f in fields(t.table.fields.type)}
        if "floor" in named and "floor" not in values and floor is not None:
            values["floor"] = floor
        try:
            made: Entity = t.table.fields.build(values | {"id": make_id(self._site, t.kind, t.key)})
        except (Wrong, TypeError) as error:
            self._warnings.append(f"{t.kind} {t.key} cannot be restored ({error})")
            return None
        return made

    def _floor_of(self, storey: Any | None) -> str | None:
        t = self._told.get(storey.GlobalId) if storey is not None else None
        return make_id(self._site, "floor", t.key) if t is not None else None

    def _seen(self, t: _Told) -> Raw:
        """Where it stands and what it covers, as our own format writes it."""
        if getattr(t.product, "ObjectPlacement", None) is None:
            return {}
        m = self._source.placed(t.product)
        x, y, z = (round(float(v), DECIMALS) + 0.0 for v in m[:3, 3])
        yaw_deg = round(math.degrees(math.atan2(m[1, 0], m[0, 0])) % 360.0, DECIMALS)
        pose = {"at": [x, y, z], "yaw_deg": yaw_deg, "pitch_deg": t.raw.get(PITCH, 0.0)}
        seen: Raw = {"at": [x, y], "z_m": z, "facing_deg": yaw_deg, "pose": pose, "height_m": self._height(t.product)}
        paths = [[list(p) for p in line] for line in self._lines(t.product)]
        if paths:
            rings = [[p[:2] for p in path[:-1]] for path in paths]
            seen |= {"stand": paths[0][-1][:2], "footprint": {"outer": rings[0], "holes": rings[1:]}}
            seen |= zip(("path", "step_free_path"), paths, strict=False)
        members = shown(t.kind) & {f.name for f in t.table.fields.fields}
        return {name: value for name, value in seen.items() if name in members}

    def _lines(self, product: Any) -> list[list[XYZ]]:
        """The lines it is drawn with on plan."""
        shape = getattr(product, "Representation", None)
        lines = [
            line
            for drawn in (shape.Representations if shape else ())
            if drawn.RepresentationIdentifier in ("FootPrint", "Axis")
            for line in drawn.Items
            if line.is_a("IfcPolyline")
        ]
        m = self._source.placed(product) if lines else None
        return [[self._point(p.Coordinates, m) for p in line.Points] for line in lines]

    def _point(self, at: Any, m: Any) -> XYZ:
        local = np.array([*at, 0.0][:3]) * self._source.unit_m
        x, y, z = (round(float(v), DECIMALS) + 0.0 for v in m[:3, :3] @ local + m[:3, 3])
        return x, y, z

    def _height(self, product: Any) -> float:
        for drawn in product.Representation.Representations if product.Representation else ():
            for item in drawn.Items:
                if item.is_a("IfcExtrudedAreaSolid"):
                    return round(float(item.Depth) * self._source.unit_m, DECIMALS)
        return 0.0


def _is(codec: Codec, value: Any) -> bool:
    try:
        codec.read(value, Scope(site="", known={}))
    except Wrong:
        return False
    return True


def _kind(e: Entity) -> str:
    return e.id.split(":", 2)[1]


def _name(t: _Told, told: Text, seen: Text) -> Text:
    """What we told, unless somebody has renamed it since. What had no name was written with its key."""
    labels = {t.product.Name, getattr(t.product, "LongName", None)}
    return told if labels & {*told.values(), t.key} else seen


def _as_joined(o: Opening, raw: Raw, told: Raw) -> Raw:
    """What is said of the sides of a door holds only as long as it has those sides."""
    if "between" in raw:  # told to join nothing: shut for good, or into what is not modelled
        return {"between": None, "exit": False, "one_way": None, "swing_to": None}
    sides = set(o.between or ())
    one_way = told.get("one_way")
    return {
        "exit": bool(told.get("exit")) if OUT in sides or not o.exit else o.exit,
        "one_way": one_way if one_way and set(one_way) == sides else None,
        "swing_to": told.get("swing_to") if told.get("swing_to") in sides else None,
    }


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with other ids, wherever they stand in it."""
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, tuple):
        return tuple(_renamed(v, ids) for v in value)
    if isinstance(value, Mapping):
        return {_renamed(k, ids): _renamed(v, ids) for k, v in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _renamed(getattr(value, f.name), ids) for f in fields(value)})
    return value
