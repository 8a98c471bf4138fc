"""Reads our own format: either a whole building, or one error that lists every defect with its place in the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from building.errors import UnreadableFile
from building.formats.hall.codecs import Dangling, Scope, Site, Wrong
from building.formats.hall.document import FORMAT_ID, HEADER, KNOWN_MEMBERS
from building.formats.hall.entities import AFTER_FLOORS, ALL, BEFORE_FLOORS, FLOORS, ON_FLOORS, Entities
from building.model import OUT, Building, Floor, make_id

MAX_BYTES = 32 * 1024 * 1024
MAX_ENTITIES = 100_000
MAX_DEFECTS_SHOWN = 100

SCHEMA_FILE = "building/schema/halltwin-building-1.schema.json"


def read(path: Path) -> Building:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            path=str(path), what=f"byte {error.start} is no UTF-8", todo="Save the file as UTF-8."
        ) from error
    return loads(text, path=str(path))


def loads(text: str, *, path: str = "<text>") -> Building:
    """The building a text of our format describes."""
    doubled: list[str] = []
    try:
        raw = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, doubled), parse_constant=_no_constant)
    except ValueError as error:  # no JSON, a word that is no number, or a number of thousands of digits
        raise UnreadableFile(path=path, what=f"this is no JSON: {error}", todo="Correct it at that place.") from error
    except RecursionError:
        raise UnreadableFile(path=path, what="the JSON is nested too deeply", todo="Flatten it.") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT_ID:
        raise UnreadableFile(
            path=path,
            what=f'this JSON does not say "format": "{FORMAT_ID}"',
            todo=f"Write that member first; the schema is {SCHEMA_FILE}.",
        )
    reader = _Reader(raw)
    building = reader.run()
    defects = [f"$: the member {name!r} stands twice in one object" for name in doubled] + reader.defects
    if defects or building is None:
        shown = defects[:MAX_DEFECTS_SHOWN]
        rest = f"\n  and {len(defects) - len(shown)} more" if len(defects) > len(shown) else ""
        raise UnreadableFile(
            path=path,
            what=f"{len(defects)} defect{'s' * (len(defects) != 1)}:\n  " + "\n  ".join(shown) + rest + "\n",
            todo=f"Correct these places; {SCHEMA_FILE} describes every member.",
            defects=defects,
        )
    return building


class _NotJson(ValueError):
    pass


def _no_constant(word: str) -> Any:
    raise _NotJson(f"{word} is no number")


def _object(pairs: list[tuple[str, Any]], doubled: list[str]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        names = [name for name, _ in pairs]
        doubled += sorted({n for n in names if names.count(n) > 1})
    return out


@dataclass(slots=True)
class _Reader:
    raw: dict[str, Any]
    defects: list[str] = field(default_factory=list)
    dangling: Counter[str] = field(default_factory=Counter)
    """How often each missing entity is referred to: a device that feeds a hundred others is one defect."""

    def run(self) -> Building | None:
        if (count := sum(1 for _ in self._everything())) > MAX_ENTITIES:
            self.defects.append(f"$: {count:,} entities, at most {MAX_ENTITIES:,} are read")
            return None
        scope = self._scope()
        header, wrongs = HEADER.collect(self.raw, scope, extra=KNOWN_MEMBERS)
        self.defects += [f"${w.where}: {w.what}" for w in wrongs]
        lists: dict[str, Any] = {e.list_name: [] for e in ALL}
        for e in BEFORE_FLOORS:
            lists[e.list_name] = self._list(e, self.raw, "$", scope)
        for n, raw in enumerate(_listed(self.raw, "floors")):
            self._floor(raw, f"$.floors[{n}]", scope, lists)
        scope.floor = None
        for e in AFTER_FLOORS:
            lists[e.list_name] = self._list(e, self.raw, "$", scope)
        if not _listed(self.raw, "floors"):
            self.defects.append("$.floors: a building has at least one floor")
        if self.defects:
            self.defects = [self._with_repeats(d) for d in self.defects]
            return None
        origin = {"format": "hall", "schema": FORMAT_ID} | header.pop("origin")
        members: dict[str, Any] = {name: tuple(items) for name, items in lists.items()}
        return Building(**header, **origin, **members)

    def _with_repeats(self, defect: str) -> str:
        more = self.dangling[defect.partition(": ")[2]] - 1
        return f"{defect} (and {more} more references to it)" if more > 0 else defect

    def _floor(self, raw: Any, path: str, scope: Scope, lists: dict[str, Any]) -> None:
        scope.floor = None
        floor = self._entity(FLOORS, raw, path, scope, extra=tuple(e.list_name for e in ON_FLOORS))
        if not isinstance(raw, dict):
            return
        lists["floors"] += [floor] if floor else []
        scope.floor = floor or Floor(
            id=make_id(scope.site, "floor", "unread"), name={}, number="?", ordinal=0, elevation_m=0.0, height_m=3.0
        )
        for e in ON_FLOORS:
            lists[e.list_name] += self._list(e, raw, path, scope)

    def _list(self, e: Entities, parent: dict[str, Any], path: str, scope: Scope) -> list[Any]:
        items = parent.get(e.list_name, [])
        if not isinstance(items, list):
            self.defects.append(f"{path}.{e.list_name}: this must be a list [...]")
            return []
        read = (self._entity(e, raw, f"{path}.{e.list_name}[{n}]", scope) for n, raw in enumerate(items))
        return [entity for entity in read if entity is not None]

    def _entity(self, e: Entities, raw: Any, path: str, scope: Scope, extra: tuple[str, ...] = ()) -> Any:
        values, wrongs = e.fields.collect(raw, scope, extra=extra)
        if not wrongs:
            values["id"] = make_id(scope.site, e.kind, values.pop("key"))
            if e in ON_FLOORS and scope.floor is not None:
                values["floor"] = scope.floor.id
            try:
                return e.fields.build(values)
            except Wrong as wrong:
                wrongs = [wrong]
        key = raw.get("key") if isinstance(raw, dict) else None
        named = f" ({key})" if isinstance(key, str) else ""
        for fault in wrongs:
            if isinstance(fault, Dangling):
                self.dangling[fault.what] += 1
            if self.dangling[fault.what] <= 1:
                self.defects.append(f"{path}{fault.where}{named}: {fault.what}")
        return None

    def _everything(self) -> Iterator[tuple[Entities, str, Any, str | None]]:
        """Every raw entity, its path, and the key of its floor."""
        for e in (*BEFORE_FLOORS, FLOORS, *AFTER_FLOORS):
            for n, raw in enumerate(_listed(self.raw, e.list_name)):
                yield e, f"$.{e.list_name}[{n}]", raw, None
        for f, floor in enumerate(_listed(self.raw, "floors")):
            for e in ON_FLOORS if isinstance(floor, dict) else ():
                for n, raw in enumerate(_listed(floor, e.list_name)):
                    yield e, f"$.floors[{f}].{e.list_name}[{n}]", raw, floor.get("key")

    def _scope(self) -> Scope:
        try:
            site = Site().read(self.raw.get("site"), Scope(site="", known={}))
        except Wrong:
            site = "unread"  # the header reports it
        first: dict[tuple[str, str], str] = {}
        known: dict[str, set[str]] = {e.kind: set() for e in ALL}
        floor_of: dict[str, str] = {}
        for e, path, raw, floor_key in self._everything():
            key = raw.get("key") if isinstance(raw, dict) else None
            if not isinstance(key, str):
                continue
            if key in known[e.kind]:
                self.defects.append(f"{path}.key: there are two of {e.kind} {key!r}, the first at {first[e.kind, key]}")
            first.setdefault((e.kind, key), path)
            known[e.kind].add(key)
            if e.kind == "space" and key != OUT and isinstance(floor_key, str):
                floor_of[make_id(site, "space", key)] = make_id(site, "floor", floor_key)
        return Scope(site=site, known={k: frozenset(v) for k, v in known.items()}, floor_of=floor_of)


def _listed(raw: dict[str, Any], name: str) -> list[Any]:
    items = raw.get(name)
    return items if isinstance(items, list) else []
