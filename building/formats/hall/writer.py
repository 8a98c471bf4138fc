"""Writes our own format canonically: the same building gives the same bytes, one entity a line, defaults left out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from building.formats.hall.codecs import Scope
from building.formats.hall.document import FORMAT_ID, HEADER
from building.formats.hall.entities import AFTER_FLOORS, BEFORE_FLOORS, FLOORS, ON_FLOORS, Entities
from building.model import Building, Floor, make_id


def dumps(b: Building) -> str:
    """The building as text. Entities are grouped by floor; within a floor they keep their order."""
    scope = Scope(site=b.site, known={}, floor_of={s.id: s.floor for s in b.spaces})
    members = [_member("format", FORMAT_ID)]
    members += [_member(name, value) for name, value in _header(b, scope).items()]
    members += _lists(BEFORE_FLOORS, b, scope, None)
    members.append(_floors(b, scope))
    scope.floor = None
    members += _lists(AFTER_FLOORS, b, scope, None)
    return "{\n" + ",\n".join(_indent(m) for m in members) + "\n}\n"


def _header(b: Building, scope: Scope) -> dict[str, Any]:
    frame = {"origin": {} if b.schema == FORMAT_ID else {"format": b.format, "schema": b.schema}}
    return HEADER.write(_Header(b, frame), scope)


class _Header:
    """The building with the members that only the file has."""

    def __init__(self, b: Building, extra: dict[str, Any]) -> None:
        self._b, self._extra = b, extra

    def __getattr__(self, name: str) -> Any:
        return self._extra[name] if name in self._extra else getattr(self._b, name)


def _floors(b: Building, scope: Scope) -> str:
    blocks = []
    for floor in b.floors:
        scope.floor = None
        own = [_member(name, value) for name, value in _entity(FLOORS, floor, scope).items()]
        scope.floor = floor
        own += _lists(ON_FLOORS, b, scope, floor)
        blocks.append("{\n" + ",\n".join(_indent(m) for m in own) + "\n}")
    return '"floors": [\n' + ",\n".join(_indent(block) for block in blocks) + "\n]"


def _lists(tables: Iterable[Entities], b: Building, scope: Scope, floor: Floor | None) -> list[str]:
    out = []
    for e in tables:
        lines = [
            _compact(_entity(e, item, scope))
            for item in getattr(b, e.list_name)
            if floor is None or item.floor == floor.id
        ]
        if lines:
            out.append(f'"{e.list_name}": [\n' + ",\n".join("  " + line for line in lines) + "\n]")
    return out


def _entity(e: Entities, item: Any, scope: Scope) -> dict[str, Any]:
    if item.id != make_id(scope.site, e.kind, item.key):
        raise ValueError(f"{item.id!r} is no {e.kind} of site {scope.site}")
    return e.fields.write(item, scope)


def _member(name: str, value: Any) -> str:
    return f"{_compact(name)}: {_compact(value)}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)


def _indent(block: str) -> str:
    return "\n".join("  " + line for line in block.split("\n"))
