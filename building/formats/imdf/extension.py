"""What is ours among the properties of an IMDF archive: what the format has no word for, and nothing it has one for.

Under the name ``halltwin`` every feature that we write carries the key of its entity and the members below. Positions,
names, categories, restrictions and what joins what stand only in IMDF's own words, so that an archive edited elsewhere
is read as it was edited. A stranger's archive has none of this, and needs none.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

from building.formats.hall.codecs import Scope
from building.formats.hall.entities import AFTER_FLOORS, BEFORE_FLOORS, FLOORS, ON_FLOORS
from building.formats.hall.fields import Fields
from building.model import Entity, SourceId

NAME = "halltwin"
IDENTIFIER = "imdf:extension:halltwin:building#1"
"""As the manifest lists it ("Extending IMDF": provider, name, version)."""

MAX_KEY = 200

MEMBERS: Mapping[str, tuple[str, ...]] = {
    "floors": ("number", "elevation_m", "height_m", "clear_height_m", "occupancy_limit"),
    "spaces": ("number", "kind", "part", "walkable", "capacity", "aliases", "z0_m", "height_m", "derived"),
    "walls": ("kind", "line", "thickness_m", "z0_m", "height_m", "fire_rating_h"),
    "openings": (
        "kind", "z0_m", "height_m", "exit", "step_free", "controlled", "fails_open", "vehicles_only", "goods_only",
        "swing_to", "link", "hours", "outside_place", "evidence",
    ),
    "vertical_links": ("step_free", "width_m", "speed_m_s", "car_size_m", "attributes", "evidence"),
    "departments": ("short",),
    "windows": (
        "number", "at", "facing_deg", "staff_space", "department", "business", "low_counter", "counter_height_m",
        "induction_loop",
    ),
    "zones": (
        "kind", "floor", "spaces", "capacity", "windows", "departments", "link", "assembly", "hours", "attributes",
    ),
    "pois": ("kind", "hours"),
    "seats": ("row", "place", "facing_deg"),
    "bays": ("space", "kind", "row", "facing_deg", "side_aisle_m"),
    "furniture": ("space", "kind", "height_m", "blocks"),
    "outdoor_places": ("kind", "z_m", "capacity"),
}  # fmt: skip
"""By list of entities; written as in our own format. Two are positions, of what is no feature of IMDF: a
counter's own point (``at``), and the ``line`` a wall was drawn by, which counts as long as the unit still lies on it.
"""

_TABLES = {e.list_name: e for e in (FLOORS, *ON_FLOORS, *BEFORE_FLOORS, *AFTER_FLOORS)}
KINDS = {name: table.kind for name, table in _TABLES.items()}
"""The kind word in the ids of each list."""


def feature_id(entity_id: str, part: str = "") -> str:
    """The feature id of an entity: the same whenever it is written.

    The specification asks for UUIDs of version 4; the bits that a random one would draw come from the entity's id.
    """
    return str(uuid.UUID(bytes=hashlib.sha256(f"{entity_id}\n{part}".encode()).digest()[:16], version=4))


def carried(list_name: str, entity: Entity, scope: Scope) -> dict[str, Any]:
    """What stands under our name in the feature of this entity."""
    source = {} if entity.source is None else {"source": f"{entity.source.scheme}:{entity.source.value}"}
    return {"list": list_name, **source, **_members(list_name).write(entity, scope)}


def restored(list_name: str, raw: Any, scope: Scope) -> dict[str, Any]:
    """The same as arguments of the model; a member that says nothing (a reference to what is gone) is left out."""
    if not isinstance(raw, dict):
        return {}
    members = _members(list_name)
    names = {f.name for f in members.fields}
    values, _ = members.collect({k: v for k, v in raw.items() if k in names}, scope)
    values.pop("key", None)
    return values


def list_in(properties: Mapping[str, Any]) -> str | None:
    """Which list of entities the feature was written from."""
    name = own(properties).get("list")
    return name if isinstance(name, str) and name in MEMBERS else None


def own(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is ours among the properties of a feature."""
    value = properties.get(NAME)
    return value if isinstance(value, dict) else {}


def key_in(properties: Mapping[str, Any]) -> str | None:
    """The key of the entity that the feature was, as far as it can serve as one."""
    key = own(properties).get("key")
    usable = isinstance(key, str) and 0 < len(key) <= MAX_KEY and not any(c.isspace() for c in key)
    return key if usable else None


def source_in(properties: Mapping[str, Any], feature: str) -> SourceId | None:
    """Where the entity first came from; a feature that was never ours comes from here."""
    mine = own(properties)
    if not mine:
        return SourceId(scheme="imdf", value=feature)
    scheme, colon, value = str(mine.get("source", "")).partition(":")
    return SourceId(scheme=scheme, value=value) if scheme and colon and value else None


@cache
def _members(list_name: str) -> Fields:
    table = _TABLES[list_name].fields
    return Fields(table.type, tuple(f for f in table.fields if f.name in ("key", *MEMBERS[list_name])))
