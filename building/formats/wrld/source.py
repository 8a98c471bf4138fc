"""Opens what a person gives of a WRLD building: its levels, lowest first, and their GeoJSON, however packed.

A level whose file is missing or broken is left out with a warning; without any level there is no building.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from building.errors import UnreadableFile
from building.formats.packed import LOCAL_HEADER, Refused, parse_json, unpack
from building.formats.wrld import MAX_BYTES

INDEX, PATHS = "main.json", "main-paths.json"
LEVELS_MAX = 300
WORD_MAX = 120
TODO = (
    "Give main.json with its floor files beside it, the whole folder as one ZIP, or one floor as GeoJSON "
    "whose features say in `type` what they are (wall, door, room, stairs ...)."
)

_Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A storey as listed. ``order`` counts from the lowest, ``features`` and ``paths`` are GeoJSON features, unread."""

    key: str
    name: str
    number: str
    order: int
    features: Sequence[Any]
    paths: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """``between`` are the lines of ways from level to level."""

    key: str
    name: str
    levels: tuple[Level, ...]
    between: Sequence[Any] = ()
    warnings: tuple[str, ...] = ()


def open_source(path: Path) -> Source:
    """What the file holds, or the files beside it or packed into it; raises ``UnreadableFile`` and nothing else."""
    try:
        data = _bytes(path)
        if data.startswith(LOCAL_HEADER):
            return _packed(path)
        document = _object(parse_json(data, path.name), path.name)
        if isinstance(document.get("levels"), list):
            return _indexed(document, lambda name: _beside(path, name), path.stem)
        return _single(document, path.stem)
    except Refused as why:
        raise UnreadableFile(path=str(path), what=f"this indoor map cannot be read: {why}", todo=TODO) from None
    except (OSError, ValueError) as error:
        raise UnreadableFile(path=str(path), what=f"this indoor map cannot be read ({error})", todo=TODO) from error


def word(value: Any) -> str:
    """A name or id as one short line; empty where there is none."""
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return "".join(c for c in " ".join(str(value).split()) if c.isprintable())[:WORD_MAX] if plain else ""


def key_of(*words: str) -> str:
    """An id without blanks or colons, from the first word that has any."""
    found = next((w for w in words if w), "")
    return "-".join(found.replace(":", "-").split())


def whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LEVELS_MAX else None


def _packed(path: Path) -> Source:
    files, _ = unpack(path, _drawn, max_bytes=MAX_BYTES)
    homes = sorted((n for n in files if PurePosixPath(n).name == INDEX), key=lambda n: (n.count("/"), n))
    if not homes:
        if len(files) == 1:
            name, text = next(iter(files.items()))
            return _single(_object(parse_json(text, name), name), path.stem)
        raise Refused(f"the ZIP holds no {INDEX}")
    home = PurePosixPath(homes[0]).parent
    return _indexed(
        _object(parse_json(files[homes[0]], homes[0]), homes[0]), lambda n: _member(files, str(home / n)), path.stem
    )


def _drawn(names: Sequence[str]) -> list[str]:
    return [
        n for n in names if PurePosixPath(n).suffix.lower() in (".json", ".geojson") and "__MACOSX" not in n.split("/")
    ]


def _member(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise Refused("it is missing")
    return files[name]


def _beside(path: Path, name: str) -> bytes:
    beside = path.parent / name
    if beside.is_symlink() or not beside.is_file():
        raise Refused("it is missing")
    return _bytes(beside)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(f"it has more than {MAX_BYTES:,} bytes")
    return data


def _indexed(index: Mapping[str, Any], fetch: _Fetch, stem: str) -> Source:
    warnings: list[str] = []
    listed = [e for e in index["levels"] if isinstance(e, dict)]
    if len(listed) > LEVELS_MAX:
        raise Refused(f"it lists {len(listed)} levels, at most {LEVELS_MAX} are read")
    orders = [whole(e.get("z_order")) for e in listed]
    if None in orders or len(set(orders)) < len(orders):
        warnings.append("z_order does not tell the levels apart: they are taken in the order they are listed")
        orders = list(range(len(listed)))
    main_paths, paths = _paths(fetch, warnings)
    levels, keys = [], set()
    for entry, order in sorted(zip(listed, orders, strict=True), key=lambda pair: pair[1] or 0):
        name = word(entry.get("filename"))
        document = _document(fetch, name, f"level {word(entry.get('name')) or order}", warnings)
        if document is None or order is None:
            continue
        key = key_of(word(entry.get("id")), f"level-{order}")
        key = key if key not in keys else f"{key}-{order}"
        keys.add(key)
        number = word(entry.get("name")) or str(order)
        levels.append(
            Level(
                key=key, name=word(entry.get("readable_name")) or number, number=number, order=order,
                features=_features(document), paths=paths.get(order, ()),
            )
        )  # fmt: skip
    if not levels:
        raise Refused(f"none of the floor files that {INDEX} lists is there: {'; '.join(warnings)[:300]}")
    return Source(
        key=key_of(word(index.get("id")), word(index.get("name")), stem),
        name=word(index.get("name")) or stem,
        levels=tuple(levels),
        between=main_paths,
        warnings=tuple(warnings),
    )


def _paths(fetch: _Fetch, warnings: list[str]) -> tuple[Sequence[Any], dict[int, Sequence[Any]]]:
    """The ways between levels and those on each, which need not be there."""
    try:
        text = fetch(PATHS)
    except Refused:
        return (), {}
    main = _parsed(text, PATHS, "the ways between levels", warnings)
    if main is None:
        return (), {}
    on_levels: dict[int, Sequence[Any]] = {}
    names = main.get("level_filenames")
    for name in (names if isinstance(names, list) else [])[:LEVELS_MAX]:
        document = _document(fetch, word(name), "ways on a level", warnings)
        order = whole(document.get("z_order")) if document is not None else None
        if document is not None and order is not None:
            on_levels[order] = [*on_levels.get(order, ()), *_features(document)]
    return _features(main), on_levels


def _document(fetch: _Fetch, name: str, what: str, warnings: list[str]) -> Mapping[str, Any] | None:
    if not name or name.startswith((".", "_")) or "/" in name or "\\" in name or "\0" in name:
        warnings.append(f"{what} is left out: {name[:80]!r} names no file beside {INDEX}")
        return None
    try:
        text = fetch(name)
    except Refused as why:
        warnings.append(f"{what} is left out: the file {name!r} cannot be read ({why})")
        return None
    return _parsed(text, name, what, warnings)


def _parsed(text: bytes, name: str, what: str, warnings: list[str]) -> Mapping[str, Any] | None:
    try:
        return _object(parse_json(text, name), name)
    except Refused as why:
        warnings.append(f"{what} is left out: {why}")
        return None


def _single(document: Mapping[str, Any], stem: str) -> Source:
    """One GeoJSON file: all on one floor, or on those its features name."""
    if document.get("type") != "FeatureCollection":
        raise Refused("it is no FeatureCollection")
    groups: dict[str, list[Any]] = {}
    for feature in _features(document):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        properties = properties if isinstance(properties, dict) else {}
        named = next((word(properties.get(k)) for k in ("z_order", "level", "floor") if k in properties), "")
        groups.setdefault(named, []).append(feature)
    if len(groups) > LEVELS_MAX:
        raise Refused(f"it names {len(groups)} levels, at most {LEVELS_MAX} are read")
    levels = []
    for order, (name, features) in enumerate(sorted(groups.items(), key=lambda g: _height_order(g[0]))):
        number = name or word(document.get("name")) or "G"
        levels.append(
            Level(key=key_of(name, f"level-{order}"), name=number, number=number, order=order, features=features)
        )
    name = word(document.get("name")) or stem
    return Source(key=key_of(name, "building"), name=name, levels=tuple(levels))


def _height_order(level: str) -> tuple[float, str]:
    """Numbers in their order; a name without one counts as the ground."""
    try:
        number = float(level)
    except ValueError:
        return 0.0, level
    return (number, level) if abs(number) <= LEVELS_MAX else (0.0, level)


def _features(document: Mapping[str, Any]) -> Sequence[Any]:
    found = document.get("features")
    return found if isinstance(found, list) else ()


def _object(document: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise Refused(f"{name[:80]!r} holds no JSON object")
    return document
