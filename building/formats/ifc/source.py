"""Opens an IFC file: its schema, its units, its origin, and the few attributes everything else asks for."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from building.errors import UnreadableFile
from building.formats.ifc.placements import Placements
from building.model import SourceId, Text

SUPPORTED = ("IFC2X3", "IFC4X3", "IFC4")
OLD = ("IFC2X_FINAL", "IFC2X2_FINAL", "IFC2X2_ADD1", "IFC2X2", "IFC2X", "IFC20_LONGFORM")
"""Read as IFC2X3, which extends them; profiles may lie elsewhere there, so it is said loudly."""
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']+)'", re.IGNORECASE)
_CJK = re.compile(r"[\u4e00-\u9fff]")
HEAD_BYTES = 65_536
CHUNK_BYTES = 1024 * 1024
INSTANCES_MAX = 3_000_000
"""Of any type, points too: some 200 MB of file and 2 GB of memory."""
PARENTS_MAX = 16
FAR_M = 1_000.0
"""A building farther from its origin than this is moved to its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IfcSource:
    """An open file and how its entities are named. ``site`` comes from the project's GlobalId, so ids never change.

    ``origin`` is where the local frame begins, in metres of the file's world frame.
    """

    path: Path
    file: Any
    schema: str
    site: str
    unit_m: float
    origin: npt.NDArray[np.float64]
    placements: Placements
    warnings: tuple[str, ...] = ()

    def source_id(self, entity: Any) -> SourceId:
        return SourceId(scheme="ifc", value=entity.GlobalId)

    def placed(self, entity: Any) -> npt.NDArray[np.float64]:
        """The entity's placement (4 x 4, metres) in the local frame."""
        matrix = self.placements.of(entity)
        matrix[:3, 3] -= self.origin
        return matrix


def open_source(path: Path) -> IfcSource:
    """The opened file; raises ``UnreadableFile`` for other schemas and for what ifcopenshell cannot parse."""
    with path.open("rb") as opened:
        found = _SCHEMA.search(opened.read(HEAD_BYTES))
    declared = found[1].decode("ascii", "replace").upper() if found else ""
    import ifcopenshell.util.unit

    try:
        file, warnings = _opened(path, declared)
        projects = file.by_type("IfcProject")
        warnings += _named_apart(file)
        unit_m = float(ifcopenshell.util.unit.calculate_unit_scale(file)) if projects else 1.0
        placements = Placements(unit_m)
        origin = _origin(file, placements)
    except UnreadableFile:
        raise
    except Exception as error:  # ifcopenshell raises many unrelated types for a broken file
        raise broken(path, error) from error
    if not projects or not (file.by_type("IfcBuildingStorey") or file.by_type("IfcSpace")):
        raise UnreadableFile(
            path=str(path),
            what="the IFC file has no project, or neither storeys nor rooms",
            todo="Export the architectural model with its storeys.",
        )
    site = "ifc-" + hashlib.sha256(projects[0].GlobalId.encode()).hexdigest()[:8]
    return IfcSource(
        path=path,
        file=file,
        schema=declared,
        site=site,
        unit_m=unit_m,
        origin=origin,
        placements=placements,
        warnings=warnings,
    )


def broken(path: Path, error: Exception) -> UnreadableFile:
    return UnreadableFile(
        path=str(path),
        what=f"the IFC file is broken ({type(error).__name__}: {str(error)[:200]})",
        todo="Export it again, or check it with the program it came from.",
    )


def _named_apart(file: Any) -> tuple[str, ...]:
    """Ids are keys: an entity without one, or with one that another has, gets its own."""
    seen: set[str] = set()
    renamed = 0
    for entity in sorted(file.by_type("IfcRoot"), key=lambda e: e.id()):
        guid = (entity.GlobalId or "").strip()
        if not guid or guid in seen or " " in guid:
            renamed += 1
            guid = f"{guid.replace(' ', '_') or 'unnamed'}~{entity.id()}"
            entity.GlobalId = guid
        seen.add(guid)
    return (f"{renamed} entities share a GlobalId with another or have none: they are told apart",) if renamed else ()


def _refuse_multitude(path: Path) -> None:
    """Counted before it is parsed, by the sign that every instance has: each takes far more memory than file."""
    count = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            count += chunk.count(b"=")
    if count > INSTANCES_MAX:
        raise UnreadableFile(
            path=str(path),
            what=f"the IFC file holds about {count:,} instances, at most {INSTANCES_MAX:,} are read",
            todo="Export one building, architecture only, without furniture and fittings.",
        )


def _opened(path: Path, declared: str) -> tuple[Any, tuple[str, ...]]:
    import ifcopenshell

    _refuse_multitude(path)
    if declared.startswith(SUPPORTED):
        return ifcopenshell.open(str(path)), ()
    if declared not in OLD:
        raise UnreadableFile(
            path=str(path),
            what=f"the IFC schema {declared or '(none)'} is not supported",
            todo=f"Export it again as one of {', '.join(sorted(SUPPORTED))}.",
        )
    text = re.sub(re.escape(declared).encode(), b"IFC2X3", path.read_bytes(), count=1, flags=re.IGNORECASE)
    warning = (
        f"THE FILE IS WRITTEN IN THE OLD SCHEMA {declared} AND WAS READ AS IFC2X3: shapes may lie slightly off; "
        "look at the plan, and export it again as IFC4 if you can"
    )
    return ifcopenshell.file.from_string(text.decode("latin-1")), (warning,)


def _origin(file: Any, placements: Placements) -> npt.NDArray[np.float64]:
    """Level 0 of the house; and where it stands far from the file's origin, a round point near it."""
    zero = np.zeros(3)
    building = next(iter(file.by_type("IfcBuilding")), None)
    if building is not None:
        zero[2] = placements.of(building)[2, 3]
    kinds = (file.by_type(kind) for kind in ("IfcSpace", "IfcWall", "IfcDoor"))
    placed = [placements.of(e)[:2, 3] for e in next(filter(None, kinds), ()) if e.ObjectPlacement is not None]
    if placed:
        middle = np.median(np.asarray(placed), axis=0)
        if np.abs(middle).max() > FAR_M:
            zero[:2] = np.round(middle)
    return zero


def text_of(*candidates: str | None) -> Text:
    """The first that says something, under the language it is written in."""
    for candidate in candidates:
        if candidate and candidate.strip():
            word = candidate.strip()
            return {"zh" if _CJK.search(word) else "en": word}
    return {"en": ""}


def storey_of(element: Any) -> Any | None:
    """The storey an element stands in, through whatever it is contained in or part of."""
    seen = 0
    while element is not None and seen < PARENTS_MAX:
        if element.is_a("IfcBuildingStorey"):
            return element
        element = _parent(element)
        seen += 1
    return None


def _parent(element: Any) -> Any | None:
    for inverse, attribute in (
        ("ContainedInStructure", "RelatingStructure"),
        ("Decomposes", "RelatingObject"),
        ("Nests", "RelatingObject"),
        ("FillsVoids", "RelatingOpeningElement"),
        ("VoidsElements", "RelatingBuildingElement"),
    ):
        for relation in getattr(element, inverse, None) or ():
            return getattr(relation, attribute)
    return None


def parts_of(element: Any) -> list[Any]:
    """What an element is made of, at whatever depth, itself left out."""
    found: list[Any] = []
    waiting = [element]
    while waiting:
        for relation in getattr(waiting.pop(), "IsDecomposedBy", None) or ():
            new = [p for p in relation.RelatedObjects if p not in found]
            found += new
            waiting += new
    return found


def property_of(element: Any, name: str) -> Any | None:
    """The value of a property of that name in any property set of the element or of its type, else None."""
    defined = getattr(element, "IsDefinedBy", None) or ()
    sets = [r.RelatingPropertyDefinition for r in defined if r.is_a("IfcRelDefinesByProperties")]
    for relation in (*(getattr(element, "IsTypedBy", None) or ()), *defined):
        if relation.is_a("IfcRelDefinesByType"):
            sets += relation.RelatingType.HasPropertySets or ()
    for one in sets:
        for prop in getattr(one, "HasProperties", None) or ():
            if prop.Name == name and prop.is_a("IfcPropertySingleValue") and prop.NominalValue is not None:
                return prop.NominalValue.wrappedValue
    return None
