"""An XML file as a tree that is known to be harmless: no DOCTYPE, no entities, nothing outside it, bounded in size."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from building.errors import UnreadableFile

MAX_ELEMENTS = 2_000_000
MAX_DEPTH = 200


class _Refused(Exception):
    """What the file does that an IndoorGML file never does."""


def parse(path: Path) -> Element:
    """The root element. Names stand without their namespace: files disagree on prefixes and on GML's version."""
    builder = _Builder()
    try:
        with path.open("rb") as file:
            builder.expat.ParseFile(file)
        root = builder.tree.close()
    except _Refused as error:
        raise _unreadable(path, str(error)) from None
    except (expat.ExpatError, OSError, ValueError, LookupError, AssertionError) as error:
        raise _unreadable(path, f"{type(error).__name__}: {str(error)[:200]}") from error
    if not isinstance(root, Element):
        raise _unreadable(path, "it holds no element")
    return root


def _unreadable(path: Path, why: str) -> UnreadableFile:
    return UnreadableFile(
        path=str(path),
        what=f"the XML is broken or refused ({why})",
        todo="Export the building once more as IndoorGML 1.0, without DOCTYPE and entities.",
    )


class _Builder:
    def __init__(self) -> None:
        self.tree = TreeBuilder()
        self._elements = self._depth = 0
        self.expat = expat.ParserCreate(namespace_separator="}")
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self.tree.data
        self.expat.StartDoctypeDeclHandler = self._refuse
        self.expat.EntityDeclHandler = self._refuse
        self.expat.ExternalEntityRefHandler = self._refuse

    def _refuse(self, *_: object) -> int:
        raise _Refused("it declares a DOCTYPE or entities")

    def _start(self, name: str, given: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_ELEMENTS:
            raise _Refused(f"more than {MAX_ELEMENTS:,} elements")
        if self._depth > MAX_DEPTH:
            raise _Refused(f"elements nested more than {MAX_DEPTH} deep")
        self.tree.start(local(name), {local(key): value for key, value in given.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.tree.end(local(name))


def local(name: str) -> str:
    return name.rpartition("}")[2]
