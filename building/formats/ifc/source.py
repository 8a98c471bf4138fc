"""Opens an IFC file: its schema, its storeys, and the few attributes everything else asks for."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from building.errors import UnreadableFile
from building.model import SourceId, Text, make_id

SUPPORTED = ("IFC2X3", "IFC4", "IFC4X3")
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']+)'", re.IGNORECASE)
_CJK = re.compile(r"[\u4e00-\u9fff]")
HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class IfcSource:
    """An open file and how its entities are named. ``site`` comes from the project's GlobalId, so ids never change."""

    path: Path
    file: Any
    schema: str
    site: str

    def id(self, kind: str, entity: Any) -> str:
        return make_id(self.site, kind, entity.GlobalId)

    def source_id(self, entity: Any) -> SourceId:
        return SourceId(scheme="ifc", value=entity.GlobalId)


def open_source(path: Path) -> IfcSource:
    """The opened file; raises ``UnreadableFile`` for other schemas and for what ifcopenshell cannot parse."""
    with path.open("rb") as opened:
        found = _SCHEMA.search(opened.read(HEAD_BYTES))
    declared = found[1].decode("ascii", "replace").upper() if found else ""
    if not declared.startswith(SUPPORTED):
        raise UnreadableFile(
            path=str(path),
            what=f"the IFC schema {declared or '(none)'} is not supported",
            todo=f"Export it again as one of {', '.join(SUPPORTED)}.",
        )
    import ifcopenshell

    try:
        file = ifcopenshell.open(str(path))
        projects = file.by_type("IfcProject")
    except Exception as error:  # ifcopenshell raises many unrelated types for a broken file
        raise UnreadableFile(
            path=str(path),
            what=f"the IFC file is broken ({type(error).__name__}: {str(error)[:200]})",
            todo="Export it again, or check it with the program it came from.",
        ) from error
    if not projects or not file.by_type("IfcBuildingStorey"):
        raise UnreadableFile(
            path=str(path),
            what="the IFC file has no project or no storeys",
            todo="Export the architectural model with its storeys.",
        )
    site = "ifc-" + hashlib.sha256(projects[0].GlobalId.encode()).hexdigest()[:8]
    return IfcSource(path=path, file=file, schema=str(file.schema), site=site)


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
    while element is not None and seen < 16:
        if element.is_a("IfcBuildingStorey"):
            return element
        element = _parent(element)
        seen += 1
    return None


def _parent(element: Any) -> Any | None:
    for relation in getattr(element, "ContainedInStructure", None) or ():
        return relation.RelatingStructure
    for relation in getattr(element, "Decomposes", None) or ():
        return relation.RelatingObject
    return None


def property_of(element: Any, name: str) -> Any | None:
    """The value of a property of that name in any of the element's property sets, else None."""
    for relation in getattr(element, "IsDefinedBy", None) or ():
        if not relation.is_a("IfcRelDefinesByProperties"):
            continue
        for prop in getattr(relation.RelatingPropertyDefinition, "HasProperties", None) or ():
            if prop.Name == name and prop.is_a("IfcPropertySingleValue") and prop.NominalValue is not None:
                return prop.NominalValue.wrappedValue
    return None
