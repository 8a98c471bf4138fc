"""Every property of every IMDF feature type: what value it takes, and whether it may be null.

All must be there ("MUST have a member"): a property without a value is null, it is not left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from building.formats.imdf.vocabulary import (
    ACCESS_CONTROL,
    ACCESSIBILITY,
    DOOR_MATERIALS,
    DOOR_TYPES,
    RESTRICTIONS,
)

Check = Callable[[Any], bool]

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*")
DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?")
EXTENSION = re.compile(r"imdf:extension:[A-Za-z0-9][\w.-]*:[A-Za-z0-9][\w.-]*#[A-Za-z0-9][\w.-]*")
TRADE = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)*")
_PHONE = re.compile(r"\+[1-9]\d{1,14}(;ext=\d+)?")
_WEBSITE = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")
_PROVINCE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Property:
    """``check`` says whether a value that is not null is of the form; ``refers`` names the type its ids belong to."""

    form: str
    check: Check
    nullable: bool = True
    refers: str | None = None

    @property
    def needed(self) -> Property:
        return Property(self.form, self.check, nullable=False, refers=self.refers)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_labels(value: Any) -> bool:
    """Words by language tag, at least one."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(LANGUAGE.fullmatch(str(tag)) and _text(words) for tag, words in value.items())
    )


def _matching(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _all_of(words: frozenset[str]) -> Check:
    return lambda value: isinstance(value, list) and bool(value) and all(v in words for v in value)


def _one_of(words: frozenset[str]) -> Check:
    return lambda value: isinstance(value, str) and value in words


def _is_point(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "Point" and isinstance(value.get("coordinates"), list)


def _is_door(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("type") in (*DOOR_TYPES, None)
        and value.get("material") in (*DOOR_MATERIALS, None)
        and value.get("automatic") in (True, False, None)
    )


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("feature_type"), str)


def _is_references(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_reference(v) for v in value)


def _id(feature_type: str) -> Property:
    return Property(f"the id of a {feature_type}", lambda v: isinstance(v, str), refers=feature_type)


def _ids(feature_type: str) -> Property:
    return Property(f"a list of ids of {feature_type}s", _is_ids, refers=feature_type)


_TEXT = Property("a text", _text)
_LABELS = Property('words by language, such as {"en": "Hall"}', is_labels)
_CATEGORY = Property("a category", _text, nullable=False)
_POINT = Property("a GeoJSON Point", _is_point)
_HOURS = Property("opening hours as in OpenStreetMap", _text)
_PHONE_NUMBER = Property("a telephone number such as +862012345678", _matching(_PHONE))
_SITE = Property("an http or https address", _matching(_WEBSITE))
_RESTRICTION = Property("employeesonly or restricted", _one_of(RESTRICTIONS))
_ACCESSIBILITY = Property("a list of kinds of accessibility", _all_of(ACCESSIBILITY))
_REFERENCE = Property('a reference {"id": ..., "feature_type": ...}', _is_reference)
_NAMES = {"name": _LABELS, "alt_name": _LABELS}
_CONTACT = {"hours": _HOURS, "phone": _PHONE_NUMBER, "website": _SITE}

PROPERTIES: Mapping[str, Mapping[str, Property]] = {
    "address": {
        "address": _TEXT.needed, "unit": _TEXT, "locality": _TEXT.needed,
        "province": Property("an ISO 3166-2 code such as CN-GD", _matching(_PROVINCE)),
        "country": Property("an ISO 3166-1 code such as CN", _matching(_COUNTRY), nullable=False),
        "postal_code": _TEXT, "postal_code_ext": _TEXT, "postal_code_vanity": _TEXT,
    },
    "amenity": {
        "category": _CATEGORY, "accessibility": _ACCESSIBILITY, **_NAMES, **_CONTACT,
        "unit_ids": _ids("unit").needed, "address_id": _id("address"), "correlation_id": _TEXT,
    },
    "anchor": {"address_id": _id("address"), "unit_id": _id("unit").needed},
    "building": {
        **_NAMES, "category": _CATEGORY, "restriction": _RESTRICTION, "display_point": _POINT,
        "address_id": _id("address"),
    },
    "detail": {"level_id": _id("level").needed},
    "fixture": {
        "category": _CATEGORY, **_NAMES, "anchor_id": _id("anchor"), "level_id": _id("level").needed,
        "display_point": _POINT,
    },
    "footprint": {"category": _CATEGORY, "name": _LABELS, "building_ids": _ids("building").needed},
    "geofence": {
        "category": _CATEGORY, "restriction": _RESTRICTION, **_NAMES, "correlation_id": _TEXT,
        "display_point": _POINT, "building_ids": _ids("building"), "level_ids": _ids("level"),
        "parents": _ids("geofence"),
    },
    "kiosk": {**_NAMES, "anchor_id": _id("anchor"), "level_id": _id("level").needed, "display_point": _POINT},
    "level": {
        "category": _CATEGORY, "restriction": _RESTRICTION,
        "outdoor": Property("true or false", lambda v: isinstance(v, bool), nullable=False),
        "ordinal": Property("a whole number", _is_integer, nullable=False),
        "name": _LABELS.needed, "short_name": _LABELS.needed, "display_point": _POINT, "address_id": _id("address"),
        "building_ids": _ids("building"),
    },
    "occupant": {
        "name": _LABELS.needed, "category": _CATEGORY, "anchor_id": _id("anchor").needed, **_CONTACT,
        "validity": Property("an object", lambda v: isinstance(v, dict)), "correlation_id": _TEXT,
    },
    "opening": {
        "category": _CATEGORY, "accessibility": _ACCESSIBILITY,
        "access_control": Property("a list of kinds of access control", _all_of(ACCESS_CONTROL)),
        "door": Property("a door with type, automatic and material", _is_door), **_NAMES, "display_point": _POINT,
        "level_id": _id("level").needed,
    },
    "relationship": {
        "category": _CATEGORY,
        "direction": Property("directed or undirected", _one_of(frozenset(("directed", "undirected"))), nullable=False),
        "origin": _REFERENCE, "intermediary": Property("a list of references", _is_references),
        "destination": _REFERENCE, "hours": _HOURS,
    },
    "section": {
        "category": _CATEGORY, "restriction": _RESTRICTION, "accessibility": _ACCESSIBILITY, **_NAMES,
        "level_id": _id("level").needed, "display_point": _POINT, "address_id": _id("address"),
        "correlation_id": _TEXT, "parents": _ids("section"),
    },
    "unit": {
        "category": _CATEGORY, "restriction": _RESTRICTION, "accessibility": _ACCESSIBILITY, **_NAMES,
        "level_id": _id("level").needed, "display_point": _POINT,
    },
    "venue": {
        "category": _CATEGORY, "restriction": _RESTRICTION, "name": _LABELS.needed, "alt_name": _LABELS, **_CONTACT,
        "display_point": _POINT, "address_id": _id("address").needed,
    },
}  # fmt: skip
