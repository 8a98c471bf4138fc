"""What the tags of an element say of it: is it a room, an open area, stairs, a lift, a door; what is it called.

After https://wiki.openstreetmap.org/wiki/Simple_Indoor_Tagging; ``buildingpart`` is the tagging before it (IndoorOSM).
"""

from __future__ import annotations

import math
import re
from typing import Literal

from building.formats.osm.source import Tags
from building.model import Access, Text

Shape = Literal["room", "open"]
"""A room has walls all round; an open area has those only that others give it."""

WALKED = frozenset({"footway", "corridor", "pedestrian", "path", "steps", "platform"})
_OPEN = frozenset({"area", "corridor", "hall"})
_OLD_PARTS = {"room": "room", "corridor": "open", "hall": "open", "area": "open", "verticalpassage": "room"}
_USES = ("room", "shop", "office", "amenity", "healthcare", "leisure", "craft", "tourism", "restaurant")
_FURNITURE = frozenset(
    {"artwork", "vending_machine", "bench", "waste_basket", "atm", "information", "table", "post_box", "locker"}
)
_STAIR_WORDS = frozenset({"stairs", "staircase", "stairway", "stairwell", "steps"})
_LIFT_WORDS = frozenset({"elevator", "lift"})
_KINDS = {
    "restroom": "toilet", "bathroom": "toilet", "shower": "toilet",
    "office": "office", "administration": "office", "storage": "storage", "lobby": "lobby", "entrance": "lobby",
    "waiting": "waiting", "waiting_room": "waiting", "corridor": "corridor", "hall": "hall", "parking": "parking",
    "conference": "conference", "meeting": "meeting", "technical": "technical", "archive": "archive",
}  # fmt: skip
_LENGTH = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(m|cm|mm|ft|')?")
_METRES = {"": 1.0, "m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "'": 0.3048}
_HAN = re.compile(r"[\u4e00-\u9fff]")


def shape_of(tags: Tags) -> Shape | None:
    """Whether a closed line with these tags is a room, an open area, or no place to be in at all."""
    indoor = tags.get("indoor", "")
    if indoor in _OPEN or (indoor in ("", "yes") and _is_walked_area(tags)):
        return "open"
    if indoor == "room" or (indoor in ("", "yes") and _has_use(tags)) or indoor in _STAIR_WORDS | _LIFT_WORDS:
        return "room"
    if indoor in ("", "yes") and (is_stairs(tags) or is_lift(tags)) and tags.get("highway") != "steps":
        return "room"
    part = _OLD_PARTS.get(tags.get("buildingpart", ""))
    return "room" if part == "room" else "open" if part == "open" else None


def _is_walked_area(tags: Tags) -> bool:
    """A platform or a pedestrian area on a level of the building; without a level it is the street."""
    walked = (
        tags.get("highway") in WALKED
        or tags.get("public_transport") == "platform"
        or "platform" in _of(tags, "railway")
    )
    area = (
        tags.get("area") == "yes"
        or tags.get("highway") == "platform"
        or "platform" in _of(tags, "railway", "public_transport")
    )
    return walked and area and ("level" in tags or tags.get("indoor") == "yes")


def _has_use(tags: Tags) -> bool:
    uses = _of(tags, *_USES) - _FURNITURE
    if not uses or "building" in tags:
        return False
    return "room" in tags or "level" in tags


def _of(tags: Tags, *keys: str) -> set[str]:
    return {tags[key] for key in keys if key in tags}


def is_stairs(tags: Tags) -> bool:
    return (
        tags.get("stairs", "no") != "no"
        or tags.get("highway") == "steps"
        or bool(_of(tags, "room", "indoor", "buildingpart:verticalpassage") & _STAIR_WORDS)
    )


def is_lift(tags: Tags) -> bool:
    words = _of(tags, "highway", "room", "indoor", "buildingpart:verticalpassage")
    return bool(words & _LIFT_WORDS) or tags.get("elevator") == "yes"


def is_escalator(tags: Tags) -> bool:
    passage = tags.get("buildingpart:verticalpassage") == "escalator"
    return tags.get("conveying", "no") != "no" or passage or tags.get("room") == "escalator"


def is_door(tags: Tags) -> bool:
    return (
        "door" in tags
        or tags.get("indoor") == "door"
        or tags.get("entrance", "no") != "no"
        or "buildingpart:entrance" in tags
        or tags.get("barrier") in GATES
        or tags.get("building") == "entrance"
        or tags.get("osmAG:type") == "passage"  # the area graph dialect of robotics
    )


GATES = frozenset({"gate", "turnstile", "full-height_turnstile", "swing_gate", "kissing_gate", "sliding_gate"})


def leads_out(tags: Tags) -> bool | None:
    """True for an entrance of the house; None where nothing is said (an inner door, or one nobody classed)."""
    if tags.get("entrance", "no") != "no" or tags.get("building") == "entrance":
        return True
    return None


def kind_of(tags: Tags, shape: Shape) -> str | None:
    """The kind that a tag states outright, else None: then the words decide."""
    for kind, is_one in (("lift", is_lift), ("escalator", is_escalator), ("stair", is_stairs)):
        if is_one(tags):
            return kind
    if tags.get("amenity") == "toilets" or tags.get("room") in ("toilet", "toilets"):
        return _toilet(tags)
    stated = next((_KINDS[v] for key in ("room", "amenity", "office") if (v := tags.get(key, "")) in _KINDS), None)
    if stated is None and "corridor" in _of(tags, "indoor", "highway", "buildingpart"):
        return "corridor"
    return stated or (None if shape == "room" else "hall")


def _toilet(tags: Tags) -> str:
    if "yes" in _of(tags, "toilets:wheelchair", "wheelchair") or tags.get("wheelchair") == "designated":
        return "toilet_accessible"
    men, women = tags.get("male") == "yes", tags.get("female") == "yes"
    return "toilet" if men == women else "toilet_men" if men else "toilet_women"


def words_of(tags: Tags) -> str:
    keys = ("name", "name:en", "name:zh", "room", "amenity", "shop", "office", "healthcare", "description", "alt_name")
    return " ".join(dict.fromkeys(tags[key] for key in keys if key in tags))


def name_of(tags: Tags, zh: str, en: str) -> Text:
    """Both languages; what is tagged in one only stands for both, what has no name is called as given."""
    plain = tags.get("name") or tags.get("ref") or tags.get("local_ref") or ""
    chinese = tags.get("name:zh") or tags.get("name:zh-Hans") or tags.get("name:zh-Hant")
    english = tags.get("name:en")
    if plain and _HAN.search(plain) and not chinese:
        chinese, plain = plain, english or plain
    return {"zh": chinese or plain or english or zh, "en": english or plain or chinese or en}


def access_of(tags: Tags) -> Access:
    """``customers`` and ``permissive`` are the public of a service hall."""
    access = tags.get("access", tags.get("indoor:access", ""))
    if access in ("private", "employees", "staff", "official"):
        return "staff"
    return "restricted" if access in ("no", "military", "restricted", "emergency") else "public"


def step_free(tags: Tags) -> bool | None:
    """What ``wheelchair`` says; ``limited`` means a person in a wheelchair gets through with an effort."""
    return {"no": False, "yes": True, "designated": True, "limited": True}.get(tags.get("wheelchair", ""))


def length_m(tags: Tags, *keys: str) -> float | None:
    """The first of these tags that is a length: ``1.2``, ``1,2 m``, ``90 cm``, ``3'``."""
    for key in keys:
        found = _LENGTH.fullmatch(tags.get(key, "").strip().lower())
        if found:
            value = float(found[1].replace(",", ".")) * _METRES[found[2] or ""]
            if math.isfinite(value) and 0.0 < value < 1000.0:
                return value
    return None
