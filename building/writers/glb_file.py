"""The container: nodes, meshes and materials in, the bytes of a glTF 2.0 binary file out."""

from __future__ import annotations

import json
import struct
import sys
from array import array
from dataclasses import dataclass, field
from typing import Any

from building.model import XYZ
from building.writers.glb_meshes import Mesh

Json = dict[str, Any]

_FLOAT, _UINT16, _UINT32 = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963
_SHORT = 0xFFFF
"""The last index that two bytes may hold: 65535 itself is reserved."""


def turned(p: XYZ) -> list[float]:
    """From Z up to glTF's Y up."""
    x, y, z = p
    return [x, z, 0.0 - y]


@dataclass(slots=True)
class GlbFile:
    """A file that is being put together. A mesh used by several nodes is stored once."""

    materials: list[Json] = field(default_factory=list)
    nodes: list[Json] = field(default_factory=list)
    meshes: list[Json] = field(default_factory=list)
    accessors: list[Json] = field(default_factory=list)
    _positions: array[float] = field(default_factory=lambda: array("f"))
    _indices: bytearray = field(default_factory=bytearray)
    _stored: dict[tuple[Mesh, int], int] = field(default_factory=dict)

    def add_material(self, name: str, rgba: tuple[float, float, float, float], *, both_sides: bool = False) -> int:
        material: Json = {
            "name": name,
            "pbrMetallicRoughness": {"baseColorFactor": list(rgba), "metallicFactor": 0, "roughnessFactor": 0.9},
        }
        if rgba[3] < 1:
            material["alphaMode"] = "BLEND"
        if both_sides:
            material["doubleSided"] = True
        self.materials.append(material)
        return len(self.materials) - 1

    def add_mesh(self, mesh: Mesh, material: int) -> int | None:
        """The number of the mesh; None where it has no face."""
        if not mesh.triangles:
            return None
        if (mesh, material) not in self._stored:
            attributes = {"POSITION": self._add_positions(mesh)}
            primitive = {"attributes": attributes, "indices": self._add_indices(mesh), "material": material}
            self.meshes.append({"primitives": [primitive]})
            self._stored[mesh, material] = len(self.meshes) - 1
        return self._stored[mesh, material]

    def add_node(self, node: Json, parent: int | None = None) -> int:
        self.nodes.append(node)
        number = len(self.nodes) - 1
        if parent is not None:
            self.nodes[parent].setdefault("children", []).append(number)
        return number

    def dumps(self, root: int, generator: str) -> bytes:
        vertices = _little_endian(self._positions)
        document: Json = {
            "asset": {"version": "2.0", "generator": generator},
            "scene": 0,
            "scenes": [{"nodes": [root]}],
            "nodes": self.nodes,
        }
        binary = vertices + bytes(self._indices)
        if self.meshes:
            document |= {
                "materials": self.materials,
                "meshes": self.meshes,
                "accessors": self.accessors,
                "bufferViews": [
                    {"buffer": 0, "byteOffset": 0, "byteLength": len(vertices), "byteStride": 12, "target": _VERTICES},
                    {"buffer": 0, "byteOffset": len(vertices), "byteLength": len(self._indices), "target": _INDICES},
                ],
                "buffers": [{"byteLength": len(binary)}],
            }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        chunks = _chunk(b"JSON", text, b" ") + (_chunk(b"BIN\0", binary, b"\0") if binary else b"")
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def _add_positions(self, mesh: Mesh) -> int:
        start = len(self._positions)
        for corner in mesh.corners:
            self._positions.extend(turned(corner))
        columns = [self._positions[start + axis :: 3] for axis in range(3)]
        self.accessors.append({
            "bufferView": 0, "byteOffset": start * 4, "componentType": _FLOAT, "count": len(mesh.corners),
            "type": "VEC3", "min": [min(c) for c in columns], "max": [max(c) for c in columns],
        })  # fmt: skip
        return len(self.accessors) - 1

    def _add_indices(self, mesh: Mesh) -> int:
        short = len(mesh.corners) <= _SHORT
        flat = array("H" if short else "I", [i for triangle in mesh.triangles for i in triangle])
        self._indices += b"\0" * (-len(self._indices) % flat.itemsize)
        self.accessors.append({
            "bufferView": 1, "byteOffset": len(self._indices), "componentType": _UINT16 if short else _UINT32,
            "count": len(flat), "type": "SCALAR",
        })  # fmt: skip
        self._indices += _little_endian(flat)
        return len(self.accessors) - 1


def _little_endian(numbers: array[Any]) -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _chunk(kind: bytes, data: bytes, pad: bytes) -> bytes:
    data += pad * (-len(data) % 4)
    return struct.pack("<I4s", len(data), kind) + data
