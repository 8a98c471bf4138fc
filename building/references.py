"""Who refers to whom: the members of entities that hold ids of others, listed and replaced in one way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from building.model import Building, Entity

_MEMBERS = (
    "floor", "space", "staff_space", "department", "screen", "terminal", "device", "sensor", "link", "outside_place",
    "power_from", "network_from", "swing_to", "assembly", "between", "one_way", "spaces", "windows", "departments",
)  # fmt: skip
_SETS = frozenset({"spaces", "windows", "departments"})
_MAPS = ("serves", "shafts")
_COVERED = ("spaces", "floors", "counts")

E = TypeVar("E", bound=Entity)


def list_references(e: Entity) -> Iterator[tuple[str, str]]:
    """(member, id), ``OUT`` included."""
    for name in _MEMBERS:
        value = getattr(e, name, None)
        for target in (value,) if isinstance(value, str) else value or ():
            yield name, target
    for stop in getattr(e, "stops", ()):
        yield from (("stops", stop.floor), ("stops", stop.space))
    for name in _MAPS:
        for target in getattr(e, name, {}).values():
            yield name, target
    coverage = getattr(e, "coverage", {})
    for name in _COVERED:
        for target in coverage.get(name, ()):
            yield f"coverage.{name}", target


def list_users(b: Building, target: str) -> list[Entity]:
    """Everything that refers to this id."""
    return [e for e in b.entities() if e.id != target and any(t == target for _, t in list_references(e))]


def repoint(e: E, names: Mapping[str, str | None]) -> E:
    """The same entity with other ids for those it refers to; None takes one out of where it may be missing.

    The very same object where nothing changes.
    """
    changes: dict[str, Any] = {}
    for name in _MEMBERS:
        value = getattr(e, name, None)
        if isinstance(value, str):
            changes[name] = names.get(value, value)
        elif value:
            found = tuple(new for old in value if (new := names.get(old, old)) is not None)
            changes[name] = tuple(dict.fromkeys(found)) if name in _SETS else found
    if stops := getattr(e, "stops", ()):
        changes["stops"] = tuple(
            replace(s, floor=names.get(s.floor, s.floor), space=names.get(s.space, s.space)) for s in stops
        )
    for name in _MAPS:
        if value := getattr(e, name, None):
            changes[name] = {
                names.get(k, k): new for k, old in value.items() if (new := names.get(old, old)) is not None
            }
    if coverage := getattr(e, "coverage", None):
        changes["coverage"] = {
            k: list(dict.fromkeys(new for old in v if (new := names.get(old, old)) is not None)) if k in _COVERED else v
            for k, v in coverage.items()
        }
    changes = {name: value for name, value in changes.items() if value != getattr(e, name)}
    return replace(e, **changes) if changes else e
