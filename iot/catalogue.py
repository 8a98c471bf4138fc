"""All device kinds, found in ``iot/kinds`` one file each; a file that is wrong stops the start and is named.

A new kind is a new file with a ``KIND`` in it. ``load_kinds(extra=folder)`` adds files from outside the package.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from iot.errors import InvalidKind
from iot.kind import Kind
from iot.kind_checks import defects


def load_kinds(extra: Path | None = None) -> Mapping[str, Kind]:
    """Every kind by name; raises ``InvalidKind`` naming the file for anything that is not right."""
    kinds: dict[str, Kind] = {}
    folders = [Path(__file__).parent / "kinds", *([extra] if extra else [])]
    for folder in folders:
        if not folder.is_dir():
            raise InvalidKind(f"{folder}: no such folder of kinds")
        for path in sorted(folder.glob("*.py")):
            if path.stem.startswith("_"):
                continue
            kind = _load(path)
            if kind.name in kinds:
                raise InvalidKind(f"{path}: the kind {kind.name} is already declared")
            kinds[kind.name] = kind
    _check_confirmations(kinds)
    return MappingProxyType(kinds)


def _check_confirmations(kinds: Mapping[str, Kind]) -> None:
    """A command that another kind's sensor confirms names a kind and a point that exist."""
    for kind in kinds.values():
        for command in kind.commands:
            done = command.confirmed_by
            if done is None or done.by_kind is None:
                continue
            other = kinds.get(done.by_kind)
            if other is None or other.find_point(done.point) is None:
                raise InvalidKind(f"kind {kind.name}: {command.name}: no {done.by_kind} with a point {done.point}")


def kinds_json(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The catalogue as pages, documents and simulators read it."""
    return {"kinds": [{"kind": name, **_body(kinds[name])} for name in sorted(kinds)]}


def _body(kind: Kind) -> dict[str, Any]:
    return {key: value for key, value in asdict(kind).items() if key != "name"}


def _load(path: Path) -> Kind:
    spec = importlib.util.spec_from_file_location(f"iot.kinds.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InvalidKind(f"{path}: cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a kind file may be wrong in any way; its name must be in the message
        raise InvalidKind(f"{path}: {error}") from error
    kind = getattr(module, "KIND", None)
    if not isinstance(kind, Kind):
        raise InvalidKind(f"{path}: exports no KIND")
    if kind.name != path.stem:
        raise InvalidKind(f"{path}: declares the kind {kind.name}; file and kind carry the same name")
    if found := defects(kind):
        raise InvalidKind(f"{path}: {'; '.join(found)}")
    return kind


KINDS: Mapping[str, Kind] = load_kinds()
