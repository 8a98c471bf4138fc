"""Opens an IMDF archive safely: its GeoJSON documents by feature type, or one ``UnreadableFile``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from building.errors import UnreadableFile
from building.formats.imdf.vocabulary import FEATURE_TYPES
from building.formats.packed import Refused, parse_json, unpack

_TODO = "Export the archive once more; an IMDF archive is a plain ZIP with manifest.json and one GeoJSON file a type."


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """``documents`` are the parsed files by feature type (``unit``), ``others`` the names of what is no part of it."""

    manifest: Any
    documents: Mapping[str, Any]
    others: tuple[str, ...]


def open_archive(path: Path, max_bytes: int) -> Archive:
    try:
        files, others = unpack(path, lambda names: _members(names).values(), max_bytes=max_bytes)
        parsed = {kind: parse_json(files[name], name) for kind, name in _members(tuple(files)).items()}
    except Refused as why:
        raise UnreadableFile(path=str(path), what=f"this IMDF archive cannot be read: {why}", todo=_TODO) from None
    return Archive(manifest=parsed.pop("manifest"), documents=parsed, others=others)


def _members(names: Sequence[str]) -> dict[str, str]:
    """The files of the archive by feature type: those beside ``manifest.json``, which may all stand in one folder."""
    wanted: dict[str, list[str]] = {}
    for name in names:
        file = PurePosixPath(name)
        if "__MACOSX" in file.parts or file.suffix.lower() not in (".json", ".geojson"):
            continue
        kind = file.stem.lower()
        if kind == "manifest" or kind in FEATURE_TYPES:
            wanted.setdefault(kind, []).append(name)
    manifests = sorted(wanted.get("manifest", ()), key=lambda n: (n.count("/"), n))
    if not manifests:
        raise Refused("it holds no manifest.json")
    home = PurePosixPath(manifests[0]).parent
    members: dict[str, str] = {}
    for kind, found in sorted(wanted.items()):
        here = [n for n in found if PurePosixPath(n).parent == home]
        if len(here) > 1:
            raise Refused(f"it holds {len(here)} files of the name {kind}")
        if here:
            members[kind] = here[0]
    return members
