"""Members that point at several kinds of entities, and where a device stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from building.formats.hall.codecs import Codec, Json, ListOf, Num, Ref, Schema, Scope, Wrong, below
from building.formats.hall.geometry import POINT3
from building.model import Pose

KINDS = (
    "floor", "space", "wall", "opening", "window", "furniture", "seat", "bay", "poi", "department", "outdoor",
    "outdoor_link", "approach", "link", "zone", "supply", "device",
)  # fmt: skip
"""Every kind of entity, as it stands in ids."""

_ANY = Ref(KINDS)
_DEGREES = Num(-360.0, 360.0)


@dataclass(frozen=True, slots=True)
class Serves:
    """What a device is about, ``{"window": "A07"}``: the member names the kind, the value the key."""

    def read(self, raw: Any, scope: Scope) -> dict[str, str]:
        if not isinstance(raw, dict):
            raise Wrong('this must be an object such as {"window": "A07"}')
        if strangers := [k for k in raw if k not in KINDS]:
            raise Wrong(f"{strangers[0]!r} is none of " + ", ".join(KINDS))
        return {kind: below(f".{kind}", Ref((kind,)), key, scope) for kind, key in raw.items()}

    def write(self, value: Mapping[str, str], scope: Scope) -> dict[str, str]:
        return {kind: Ref((kind,)).write(target, scope) for kind, target in value.items()}

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": {"enum": list(KINDS)},
            "additionalProperties": {"$ref": "#/$defs/reference"},
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a device sees or reaches: ``spaces``, ``floors`` and ``counts`` name entities, the rest is free."""

    def _named(self) -> dict[str, Codec]:
        return {"spaces": ListOf(Ref(("space",))), "floors": ListOf(Ref(("floor",))), "counts": ListOf(_ANY)}

    def read(self, raw: Any, scope: Scope) -> dict[str, Any]:
        named = self._named()
        return {
            k: list(below(f".{k}", named[k], v, scope)) if k in named else v for k, v in Json().read(raw, scope).items()
        }

    def write(self, value: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
        named = self._named()
        return {k: named[k].write(v, scope) if k in named else v for k, v in value.items()}

    def schema(self) -> Schema:
        return {"type": "object", "properties": {k: codec.schema() for k, codec in self._named().items()}}


@dataclass(frozen=True, slots=True)
class Place:
    """``{"at": [x, y, z], "yaw_deg": 270, "pitch_deg": -5}``; the angles are 0 when left out."""

    def read(self, raw: Any, scope: Scope) -> Pose:
        if not isinstance(raw, dict) or "at" not in raw or raw.keys() - {"at", "yaw_deg", "pitch_deg"}:
            raise Wrong('this must be an object such as {"at": [x, y, z], "yaw_deg": 0, "pitch_deg": 0}')
        x, y, z = below(".at", POINT3, raw["at"], scope)
        angles = {k: below(f".{k}", _DEGREES, raw[k], scope) for k in ("yaw_deg", "pitch_deg") if k in raw}
        return Pose(x_m=x, y_m=y, z_m=z, **angles)

    def write(self, value: Pose, scope: Scope) -> dict[str, Any]:
        angles = {"yaw_deg": value.yaw_deg, "pitch_deg": value.pitch_deg}
        return {
            "at": POINT3.write((value.x_m, value.y_m, value.z_m), scope),
            **{k: _DEGREES.write(v, scope) for k, v in angles.items() if v},
        }

    def schema(self) -> Schema:
        angle = _DEGREES.schema()
        return {
            "type": "object",
            "properties": {"at": POINT3.schema(), "yaw_deg": angle, "pitch_deg": angle},
            "required": ["at"],
            "additionalProperties": False,
        }
