"""Judges an archive by the rules of IMDF 1.0: every fault at once, each with its feature and what was expected.

The rules are those of the specification (OGC 20-094: "Reference", "Type Designators", the feature types and
"Validations") and of RFC 7946. An error breaks a MUST, a warning a SHOULD or a rule that the text leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import shapely

from building.errors import UnreadableFile
from building.formats.imdf import MAX_BYTES
from building.formats.imdf.archive import Archive, open_archive
from building.formats.imdf.features import Budget, Fault, Unusable, parse_geometry, read_contents
from building.formats.imdf.schema import DATE_TIME, EXTENSION, LANGUAGE, PROPERTIES, TRADE, UUID, Property
from building.formats.imdf.vocabulary import CATEGORIES, FEATURE_TYPES, LOCATED, UNLOCATED, VERSION

REQUIRED_FILES = ("address", "building", "footprint", "level", "unit", "venue")
COARSE_DIGITS = 6
"""A tenth of a metre: with no more digits than this a door cannot be drawn."""
MAX_FINDINGS = 10_000

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``feature`` is the id of the feature, or the name of the file where it is about none."""

    rule: str
    severity: Severity
    feature: str
    text: str


def check_archive(path: Path) -> list[Finding]:
    """All findings, errors first; none: the archive keeps every rule."""
    from building.formats.imdf.rules_on_plan import check_plan

    try:
        archive = open_archive(path, MAX_BYTES)
    except UnreadableFile as error:
        return [_error("archive", path.name, error.what)]
    found = [*_archive(archive), *_features(archive)]
    warnings: list[str] = []
    try:
        found += check_plan(read_contents(archive, warnings))
    except Unusable as why:
        found.append(_error("archive", path.name, str(why)))
    found.sort(key=lambda f: (f.severity != "error", f.rule, f.feature))
    return found[:MAX_FINDINGS]


def _error(rule: str, feature: str, text: str) -> Finding:
    return Finding(rule=rule, severity="error", feature=feature, text=text)


def _warning(rule: str, feature: str, text: str) -> Finding:
    return Finding(rule=rule, severity="warning", feature=feature, text=text)


def _archive(archive: Archive) -> Iterator[Finding]:
    for name in REQUIRED_FILES:
        if name not in archive.documents:
            yield _error("file-missing", f"{name}.geojson", "an archive must hold this file")
    for name in archive.others:
        yield _warning("file-unknown", name, "this is no part of an IMDF archive")
    yield from _manifest(archive.manifest)
    for name, document in archive.documents.items():
        if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
            yield _error("collection", f"{name}.geojson", "the file must hold a FeatureCollection")
        elif not isinstance(document.get("features"), list):
            yield _error("collection", f"{name}.geojson", "the FeatureCollection must have a list of features")


def _manifest(manifest: Any) -> Iterator[Finding]:
    if not isinstance(manifest, dict):
        yield _error("manifest", "manifest.json", "the manifest must be an object")
        return
    if manifest.get("version") != VERSION:
        yield _error("manifest", "manifest.json", f"version must be {VERSION}, not {manifest.get('version')!r}")
    for name, pattern in (("created", DATE_TIME), ("language", LANGUAGE)):
        value = manifest.get(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield _error("manifest", "manifest.json", f"{name} is {value!r}")
    if not isinstance(manifest.get("generated_by"), str | None):
        yield _error("manifest", "manifest.json", "generated_by must be a text or null")
    extensions = manifest.get("extensions")
    for e in extensions if isinstance(extensions, list) else [] if extensions is None else [extensions]:
        if not isinstance(e, str) or not EXTENSION.fullmatch(e):
            yield _error("manifest", "manifest.json", f"{e!r} is no identifier of an extension")


def _features(archive: Archive) -> Iterator[Finding]:
    every = [(name, item) for name in FEATURE_TYPES for item in _items(archive.documents.get(name))]
    types: dict[str, str] = {}
    for name, item in every:
        key = item.get("id") if isinstance(item, dict) else None
        if isinstance(key, str) and key in types:
            yield _error("id-unique", key, "another feature has this id")
        elif isinstance(key, str):
            types[key] = name
    digits = 0
    for name, item in every:
        if not isinstance(item, dict):
            yield _error("feature", f"{name}.geojson", "a feature must be an object")
            continue
        yield from _feature(name, item, types)
        digits = max(digits, _digits(item.get("geometry"))) if name in ("unit", "opening") else digits
    if every and digits <= COARSE_DIGITS:
        yield _warning("coordinate-precision", "unit.geojson", f"no coordinate has more than {digits} digits")
    venues = sum(name == "venue" for name, _ in every)
    if venues != 1:
        yield _error("venue-count", "venue.geojson", f"there must be one venue, not {venues}")


def _items(document: Any) -> list[Any]:
    features = document.get("features") if isinstance(document, dict) else None
    return features if isinstance(features, list) else []


def _feature(name: str, item: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[Finding]:
    key = item.get("id")
    where = key if isinstance(key, str) else f"{name}.geojson"
    form = UUID.fullmatch(key) if isinstance(key, str) else None
    if form is None:
        yield _error("id-form", where, "the id must be a UUID")
    elif form.group(1) != "4":
        yield _warning("id-version", where, "the id should be a UUID of version 4")
    if item.get("type") != "Feature":
        yield _error("feature", where, 'type must be "Feature"')
    if item.get("feature_type") != name:
        yield _error("feature-type", where, f"feature_type must be {name!r}, not {item.get('feature_type')!r}")
    yield from _geometry(name, item.get("geometry"), where)
    properties = item.get("properties")
    if not isinstance(properties, dict):
        yield _error("feature", where, "properties must be an object")
        return
    for member, rule in PROPERTIES[name].items():
        yield from _property(name, member, rule, properties, where, types)


def _property(  # noqa: PLR0917 - one property of one feature
    name: str, member: str, rule: Property, properties: Mapping[str, Any], where: str, types: Mapping[str, str]
) -> Iterator[Finding]:
    if member not in properties:
        yield _error("property-missing", where, f"{name} has no member {member!r}")
        return
    value = properties[member]
    if value is None:
        if not rule.nullable:
            yield _error("property-null", where, f"{member} must have a value: {rule.form}")
        return
    if not rule.check(value):
        yield _error("property-value", where, f"{member} must be {rule.form}, not {str(value)[:80]!r}")
        return
    if member == "category" and not _known(name, value):
        yield _error("category", where, f"{value!r} is no category of a {name}")
    for target, wanted in _targets(rule, value):
        if target not in types:
            yield _error("reference", where, f"{member} refers to {target}, which does not exist")
        elif wanted is not None and types[target] != wanted:
            yield _error("reference", where, f"{member} refers to a {types[target]}, not to a {wanted}")


def _known(name: str, category: str) -> bool:
    return category in CATEGORIES[name] if name in CATEGORIES else TRADE.fullmatch(category) is not None


def _targets(rule: Property, value: Any) -> list[tuple[str, str | None]]:
    """The ids a value refers to, with the type each must have."""
    values = value if isinstance(value, list) else [value]
    if rule.refers is not None:
        return [(v, rule.refers) for v in values]
    return [(v["id"], v["feature_type"]) for v in values if isinstance(v, dict) and {"id", "feature_type"} <= v.keys()]


def _geometry(name: str, raw: Any, where: str) -> Iterator[Finding]:
    kind = raw.get("type") if isinstance(raw, dict) else None
    if name in UNLOCATED:
        if raw is not None:
            yield _error("geometry-type", where, f"the geometry of a {name} must be null")
        return
    if raw is None and name == "relationship":
        return
    if name in LOCATED and kind not in LOCATED[name]:
        yield _error("geometry-type", where, f"the geometry must be {' or '.join(LOCATED[name])}, not {kind}")
        return
    try:
        shape, parts = parse_geometry(raw, Budget())
    except (Fault, Unusable) as fault:
        yield _error("geometry", where, str(fault))
        return
    if shape == "Line" and any(len(set(part[0])) < 2 for part in parts):
        yield _error("geometry", where, "the line has no length")
    if shape == "Polygon":
        yield from _rings(raw, parts, where)


def _rings(raw: Any, parts: list[Any], where: str) -> Iterator[Finding]:
    stated = [raw["coordinates"]] if raw["type"] == "Polygon" else raw["coordinates"]
    if any(len(ring) < 4 or ring[0] != ring[-1] for part in stated for ring in part):
        yield _error("ring-closed", where, "the first and the last point of a ring must be the same")
        return
    polygons = [shapely.Polygon(part[0], part[1:]) for part in parts]
    whole = shapely.MultiPolygon(polygons) if len(polygons) > 1 else polygons[0]
    if not whole.is_valid:
        yield _error("geometry-valid", where, shapely.is_valid_reason(whole))
    for p in polygons:
        if not p.exterior.is_ccw or any(hole.is_ccw for hole in p.interiors):
            yield _error("ring-orientation", where, "outer rings must run counter-clockwise, holes clockwise")
            return


def _digits(geometry: Any) -> int:
    """How many digits behind the point the finest of its first coordinates has."""
    at = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(at, list) and at and isinstance(at[0], list):
        at = at[0]
    numbers = [n for n in at if isinstance(n, float)] if isinstance(at, list) else []
    return max((len(repr(n).partition(".")[2]) for n in numbers if "e" not in repr(n)), default=0)
