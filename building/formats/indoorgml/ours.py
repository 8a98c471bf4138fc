"""What we write into an IndoorGML file beyond the standard, as GML's free metadata: the building and its storeys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from building.formats.indoorgml import words
from building.model import Evidence, Georeference, Text
from building.survey import SeenFloor

NAMESPACE = "urn:halltwin:indoorgml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Nothing of it where somebody else wrote the file."""

    site: str | None = None
    name: Text | None = None
    timezone: str | None = None
    georeference: Georeference | None = None
    floors: tuple[SeenFloor, ...] = ()

    def floors_for(self, found: Sequence[SeenFloor]) -> tuple[SeenFloor, ...]:
        """The storeys as we wrote them; those found by their rooms where we did not."""
        known = {f.key: f for f in self.floors}
        return (*self.floors, *(f for f in found if f.key not in known))


def read(root: Element) -> Ours:
    at = root.find("metaDataProperty/GenericMetaData/building")
    if at is None or not _is_site(at.get("site", "")):
        return Ours()
    floors = [f for e in at.findall("floor") if (f := _floor(e)) is not None]
    return Ours(
        site=at.get("site"),
        name=words.names(at.findall("name")) or None,
        timezone=at.get("timezone"),
        georeference=_place(at),
        floors=tuple({f.key: f for f in floors}.values()),
    )


def _place(at: Element) -> Georeference | None:
    lon, lat, turn = (_number(at.get(name)) for name in ("lon_deg", "lat_deg", "rotation_deg"))
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        return None
    return Georeference(lon_deg=lon, lat_deg=lat, rotation_deg=turn or 0.0)


def evidence(text: str) -> Evidence | None:
    """``source|method|confidence`` of a room that was derived."""
    source, _, rest = text.partition("|")
    method, _, confidence = rest.rpartition("|")
    number = _number(confidence)
    if not (source and method) or number is None or not 0.0 <= number <= 1.0:
        return None
    return Evidence(source=source[: words.LABEL_MAX], method=method[: words.LABEL_MAX], confidence=number)


def _is_site(site: str) -> bool:
    return bool(site) and len(site) <= 100 and not any(c.isspace() or c == ":" for c in site)


def _floor(e: Element) -> SeenFloor | None:
    key, elevation = e.get("key", ""), _number(e.get("elevation_m"))
    if not key or any(c.isspace() for c in key) or elevation is None:
        return None
    ordinal = e.get("ordinal", "")
    return SeenFloor(
        key=key, name=words.names(e.findall("name")), number=e.get("number", key), elevation_m=elevation,
        height_m=_number(e.get("height_m")), ordinal=int(ordinal) if ordinal.lstrip("-").isdigit() else None,
    )  # fmt: skip


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e6 else None
