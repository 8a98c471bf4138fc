"""Opens an OSM file safely: nodes, ways and relations with their tags, or one ``UnreadableFile``.

XML is read in one pass by expat, which refuses a DOCTYPE and entities; nothing outside the file is ever looked at.
Who drew what and when is not kept.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from building.errors import UnreadableFile

MAX_ELEMENTS = 2_000_000
MAX_POINTS = 4_000_000
"""Node references of all ways and members of all relations together."""
MAX_TAGS = 2_000_000
MAX_TAG_CHARS = 2_000
"""OSM itself allows 255; a longer value is cut."""
MAX_DEPTH = 16
"""An OSM file needs 3."""
MAX_JSON_BYTES = 64 * 1024 * 1024
"""JSON is held whole in memory while it is read."""

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """``tags`` is empty for a mere corner."""

    id: str
    lon_deg: float
    lat_deg: float
    tags: Tags


@dataclass(frozen=True, slots=True)
class Way:
    id: str
    nodes: tuple[str, ...]
    tags: Tags

    @property
    def closed(self) -> bool:
        return len(self.nodes) > 3 and self.nodes[0] == self.nodes[-1]


@dataclass(frozen=True, slots=True)
class Member:
    """``kind`` is node, way or relation."""

    kind: str
    ref: str
    role: str


@dataclass(frozen=True, slots=True)
class Relation:
    id: str
    members: tuple[Member, ...]
    tags: Tags


@dataclass(slots=True)
class Extract:
    """All elements of one file by id; a later version of an element replaces an earlier one."""

    nodes: dict[str, Node] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    placeless: int = 0
    """Nodes without a longitude and latitude on earth, left out."""


class _Malformed(Exception):
    """The file breaks a rule of the format; the text says which."""


def open_source(path: Path) -> Extract:
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
        file.seek(0)
        try:
            if start.startswith(b"{"):
                return _ordered(_read_json(file.read(MAX_JSON_BYTES + 1)))
            parser = _XmlReader()
            parser.expat.ParseFile(file)
        except _Malformed as error:
            raise _unreadable(path, str(error)) from None
        except (expat.ExpatError, ValueError, LookupError, RecursionError) as error:
            raise _unreadable(path, f"{type(error).__name__}: {str(error)[:200]}") from error
        return _ordered(parser.collector.extract)


def _ordered(extract: Extract) -> Extract:
    """By id, so that nothing depends on the order of the file."""
    return Extract(
        nodes=dict(sorted(extract.nodes.items())),
        ways=dict(sorted(extract.ways.items())),
        relations=dict(sorted(extract.relations.items())),
        placeless=extract.placeless,
    )


def _unreadable(path: Path, why: str) -> UnreadableFile:
    return UnreadableFile(
        path=str(path),
        what=f"the OSM file is broken or too large ({why})",
        todo="Download or export the area once more, no larger than the building.",
    )


class _Collector:
    """Takes elements one by one and counts them against the limits."""

    def __init__(self) -> None:
        self.extract = Extract()
        self._elements = self._points = self._tags = 0

    def count(self, *, elements: int = 0, points: int = 0, tags: int = 0) -> None:
        self._elements, self._points, self._tags = self._elements + elements, self._points + points, self._tags + tags
        for number, limit, what in (
            (self._elements, MAX_ELEMENTS, "elements"),
            (self._points, MAX_POINTS, "node references"),
            (self._tags, MAX_TAGS, "tags"),
        ):
            if number > limit:
                raise _Malformed(f"more than {limit:,} {what}")

    def add_node(self, key: str, lon: Any, lat: Any, tags: Tags) -> None:
        try:
            lon_deg, lat_deg = float(lon), float(lat)
        except (TypeError, ValueError):
            lon_deg = lat_deg = math.nan
        if abs(lon_deg) <= 180.0 and abs(lat_deg) <= 90.0:
            self.extract.nodes[key] = Node(key, lon_deg, lat_deg, tags)
        else:
            self.extract.placeless += 1

    def add_place(self, key: str, lon: Any, lat: Any) -> None:
        """Where a corner lies, as ``out geom`` writes it inside the way."""
        if key not in self.extract.nodes and lon is not None:
            self.add_node(key, lon, lat, {})


class _XmlReader:
    """Keeps only the element that is open; deleted ones (as editors save them) are passed over."""

    def __init__(self) -> None:
        self.collector = _Collector()
        self._open: dict[str, str] | None = None
        self._tags: dict[str, str] = {}
        self._nodes: list[str] = []
        self._members: list[Member] = []
        self._depth = 0
        self.expat = expat.ParserCreate()
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.StartDoctypeDeclHandler = self._refuse
        self.expat.EntityDeclHandler = self._refuse
        self.expat.ExternalEntityRefHandler = self._refuse

    def _refuse(self, *_: object) -> int:
        raise _Malformed("it declares a DOCTYPE or entities, which an OSM file never does")

    def _start(self, name: str, given: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Malformed(f"elements lie more than {MAX_DEPTH} deep in each other")
        if self._depth == 1 and name != "osm":
            raise _Malformed(f"it begins with <{name[:40]}>, not with <osm>")
        if name in ("node", "way", "relation"):
            self.collector.count(elements=1)
            self._open, self._tags, self._nodes, self._members = given, {}, [], []
        elif name == "tag" and self._open is not None:
            self.collector.count(tags=1)
            self._tags[given.get("k", "")] = given.get("v", "")[:MAX_TAG_CHARS]
        elif name == "nd" and self._open is not None:
            self.collector.count(points=1)
            self._nodes.append(given.get("ref", ""))
            self.collector.add_place(given.get("ref", ""), given.get("lon"), given.get("lat"))
        elif name == "member" and self._open is not None:
            self.collector.count(points=1)
            self._members.append(Member(given.get("type", ""), given.get("ref", ""), given.get("role", "")))

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._open is None or name not in ("node", "way", "relation"):
            return
        given, self._open = self._open, None
        key = given.get("id", "")
        if given.get("visible") == "false" or given.get("action") == "delete":
            return
        if name == "node":
            self.collector.add_node(key, given.get("lon"), given.get("lat"), self._tags)
        elif name == "way":
            self.collector.extract.ways[key] = Way(key, tuple(self._nodes), self._tags)
        else:
            self.collector.extract.relations[key] = Relation(key, tuple(self._members), self._tags)


def _read_json(content: bytes) -> Extract:
    if len(content) > MAX_JSON_BYTES:
        raise _Malformed(f"more than {MAX_JSON_BYTES:,} bytes of JSON; save it as XML")
    document = json.loads(content)
    elements = document.get("elements") if isinstance(document, dict) else None
    if not isinstance(elements, list):
        raise _Malformed("there is no list of elements")
    collector = _Collector()
    for element in elements:
        collector.count(elements=1)
        if isinstance(element, dict):
            _take(collector, element)
    return collector.extract


def _take(collector: _Collector, element: dict[str, Any]) -> None:
    key = str(element.get("id", ""))
    given = element.get("tags")
    tags = {str(k): str(v)[:MAX_TAG_CHARS] for k, v in given.items()} if isinstance(given, dict) else {}
    collector.count(tags=len(tags))
    kind = element.get("type")
    if kind == "node":
        collector.add_node(key, element.get("lon"), element.get("lat"), tags)
    elif kind == "way":
        nodes = [str(ref) for ref in _list(element.get("nodes"))]
        collector.count(points=len(nodes))
        for ref, place in zip(nodes, _list(element.get("geometry")), strict=False):
            if isinstance(place, dict):
                collector.add_place(ref, place.get("lon"), place.get("lat"))
        collector.extract.ways[key] = Way(key, tuple(nodes), tags)
    elif kind == "relation":
        listed = [m for m in _list(element.get("members")) if isinstance(m, dict)]
        collector.count(points=len(listed))
        members = (Member(str(m.get("type", "")), str(m.get("ref", "")), str(m.get("role", ""))) for m in listed)
        collector.extract.relations[key] = Relation(key, tuple(members), tags)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
