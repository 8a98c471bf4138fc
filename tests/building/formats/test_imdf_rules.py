"""The checker of IMDF's rules: an archive without a fault has none, and each planted fault is found by its own rule."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from building.formats.imdf.rules import Finding, check_archive
from building.formats.imdf.schema import PROPERTIES
from building.formats.imdf.vocabulary import FEATURE_TYPES
from tests.building.formats.imdf_archives import Sketch, box, number


def _sketch() -> Sketch:
    """One feature of every type, on two levels."""
    s = Sketch(venue=box(-60, -60, 100, 100))
    low, high = s.level(0), s.level(1)
    lobby = s.unit(low, "Lobby", "lobby", box(0, 0, 15, 20))
    office = s.unit(low, "Office", "office", box(15, 0, 30, 20))
    above = s.unit(high, "Above", "walkway", box(0, 0, 30, 20))
    door = s.opening(low, [(15, 9), (15, 10)], door={"type": "swinging", "automatic": False, "material": "wood"})
    s.opening(low, [(0, 9), (0, 11)], "pedestrian.principal", access_control=["badgereader"])
    s.relationship("traversal", (lobby, office), [door])
    s.relationship("stairs", (lobby, above))
    s.amenity(lobby, (3, 3), "atm", "Cash")
    s.occupant(office, (20, 10), "Book shop")
    s.fixture(low, box(2, 2, 4, 3))
    s.section(low, box(0, 0, 15, 20))
    s.add("detail", [(1, 1), (2, 2)], {"level_id": low})
    s.add("kiosk", box(5, 5, 6, 6), {"name": None, "alt_name": None, "anchor_id": None, "level_id": low})
    s.add("geofence", box(0, 0, 15, 20), {
        "category": "geofence", "restriction": None, "name": None, "alt_name": None, "correlation_id": None,
        "display_point": None, "building_ids": [s.building], "level_ids": [low], "parents": None,
    })  # fmt: skip
    return s


def _first(s: Sketch, kind: str) -> dict[str, Any]:
    feature: dict[str, Any] = s.files[kind]["features"][0]
    return feature


def _put(kind: str, **properties: Any) -> Callable[[Sketch], None]:
    return lambda s: _first(s, kind)["properties"].update(properties)


def _move(kind: str, shape: Any) -> Callable[[Sketch], None]:
    return lambda s: _first(s, kind).update(geometry=s.geometry(kind, shape))


def _turn_ring(s: Sketch) -> None:
    _first(s, "unit")["geometry"]["coordinates"][0].reverse()


def _open_ring(s: Sketch) -> None:
    _first(s, "unit")["geometry"]["coordinates"][0].pop()


def _round(s: Sketch) -> None:
    for kind in ("unit", "opening"):
        for f in s.files[kind]["features"]:
            rings = f["geometry"]["coordinates"] if kind == "unit" else [f["geometry"]["coordinates"]]
            for ring in rings:
                ring[:] = [[round(x, 5), round(y, 5)] for x, y in ring]


def _same_id(s: Sketch) -> None:
    s.files["kiosk"]["features"][0]["id"] = _first(s, "unit")["id"]


def _two_venues(s: Sketch) -> None:
    s.files["venue"]["features"].append({**_first(s, "venue"), "id": number(900)})


def _second_house(s: Sketch) -> None:
    s.add("building", None, {
        "name": None, "alt_name": None, "category": "unspecified", "restriction": None, "display_point": None,
        "address_id": None,
    })  # fmt: skip


def _foreign_reference(s: Sketch) -> None:
    _put("unit", level_id=s.building)(s)


def _no_ends(s: Sketch) -> None:
    _put("relationship", destination=None)(s)


def _same_ends(s: Sketch) -> None:
    _put("relationship", destination=_first(s, "relationship")["properties"]["origin"])(s)


def _stairs_on_a_level(s: Sketch) -> None:
    lobby, office = (f["id"] for f in s.files["unit"]["features"][:2])
    s.relationship("stairs", (lobby, office))


def _curved(s: Sketch) -> None:
    _move("opening", [(15, 9), (15.2, 9.5), (15, 10)])(s)


def _gap(s: Sketch) -> None:
    s.files["level"]["features"][1]["properties"]["ordinal"] = 4


def _same_ordinal(s: Sketch) -> None:
    s.files["level"]["features"][1]["properties"]["ordinal"] = 0


FAULTS: list[tuple[str, Callable[[Sketch], Any]]] = [
    ("manifest", lambda s: s.manifest.update(version="2.0")),
    ("manifest", lambda s: s.manifest.update(created="yesterday")),
    ("manifest", lambda s: s.manifest.pop("language")),
    ("manifest", lambda s: s.manifest.update(generated_by=5)),
    ("manifest", lambda s: s.manifest.update(extensions=["ours"])),
    ("manifest", lambda s: setattr(s, "manifest", [])),
    ("file-missing", lambda s: s.files.pop("footprint")),
    ("collection", lambda s: s.files["kiosk"].update(type="Feature")),
    ("collection", lambda s: s.files.update(kiosk={"type": "FeatureCollection"})),
    ("feature", lambda s: _first(s, "unit").update(type="Thing")),
    ("feature", lambda s: _first(s, "kiosk").update(properties=None)),
    ("feature", lambda s: s.files["kiosk"]["features"].append(7)),
    ("feature-type", lambda s: _first(s, "unit").update(feature_type="room")),
    ("id-form", lambda s: _first(s, "kiosk").update(id="kiosk-1")),
    ("id-form", lambda s: _first(s, "kiosk").pop("id")),
    ("id-version", lambda s: _first(s, "kiosk").update(id="11111111-1111-1111-8111-111111111111")),
    ("id-unique", _same_id),
    ("venue-count", _two_venues),
    ("geometry-type", _move("unit", (3, 3))),
    ("geometry-type", lambda s: _first(s, "building").update(geometry={"type": "Point", "coordinates": [1, 2]})),
    ("geometry-type", lambda s: _first(s, "opening").update(geometry=None)),
    ("geometry", lambda s: _first(s, "kiosk")["geometry"].update(coordinates=[[[500, 0]] * 4])),
    ("geometry", _move("opening", [(15, 9), (15, 9)])),
    ("ring-closed", _open_ring),
    ("ring-orientation", _turn_ring),
    ("geometry-valid", _move("kiosk", [(5, 5), (6, 6), (6, 5), (5, 6)])),
    ("coordinate-precision", _round),
    ("property-missing", lambda s: _first(s, "opening")["properties"].pop("door")),
    ("property-null", _put("level", short_name=None)),
    ("property-null", _put("amenity", unit_ids=None)),
    ("property-value", _put("level", ordinal="1")),
    ("property-value", _put("level", outdoor="no")),
    ("property-value", _put("unit", name="Lobby")),
    ("property-value", _put("unit", name={"en": ""})),
    ("property-value", _put("unit", name={"english!": "Lobby"})),
    ("property-value", _put("unit", restriction="secret")),
    ("property-value", _put("unit", accessibility=["stilts"])),
    ("property-value", _put("opening", access_control=["magic"])),
    ("property-value", _put("opening", door={"type": "trapdoor"})),
    ("property-value", _put("relationship", direction="sideways")),
    ("property-value", _put("relationship", origin={"id": 5})),
    ("property-value", _put("address", country="China")),
    ("property-value", _put("address", province="Guangdong")),
    ("property-value", _put("venue", phone="call us")),
    ("property-value", _put("venue", website="ftp://x")),
    ("property-value", _put("venue", hours="")),
    ("property-value", _put("unit", display_point=[1, 2])),
    ("category", _put("unit", category="ballroom")),
    ("category", _put("occupant", category="Book Shop")),
    ("reference", _put("unit", level_id=number(999))),
    ("reference", _foreign_reference),
    ("reference", _put("occupant", anchor_id=number(998))),
    ("level-ordinal", _same_ordinal),
    ("level-ordinal-gap", _gap),
    ("level-building", _put("level", building_ids=None)),
    ("level-within-venue", _move("level", box(0, 0, 200, 20))),
    ("building-footprint", _put("footprint", category="aerial")),
    ("building-level", _second_house),
    ("footprint-within-venue", _move("footprint", box(0, 0, 200, 20))),
    ("unit-within-level", _move("unit", box(0, 0, 15, 25))),
    ("opening-within-level", _move("opening", [(30.5, 9), (31, 9)])),
    ("fixture-within-level", _move("fixture", box(-5, 2, -4, 3))),
    ("kiosk-within-level", _move("kiosk", box(-5, 2, -4, 3))),
    ("section-within-level", _move("section", box(-5, 2, 4, 3))),
    ("detail-within-level", _move("detail", [(1, 1), (1, 30)])),
    ("anchor-within-unit", _move("anchor", (2, 2))),
    ("amenity-within-unit", _move("amenity", (20, 2))),
    ("display-point", _put("unit", display_point={"type": "Point", "coordinates": [113.36, 23.12]})),
    ("opening-on-unit", _move("opening", [(31, 9), (31, 10)])),
    ("opening-straight", _curved),
    ("units-overlap", _move("unit", box(0, 0, 16, 20))),
    ("relationship-ends", _no_ends),
    ("relationship-ends", _same_ends),
    ("relationship-levels", _stairs_on_a_level),
]  # fmt: skip


def _rules(found: list[Finding]) -> set[str]:
    return {f.rule for f in found}


def test_an_archive_with_every_type_of_feature_keeps_every_rule(tmp_path: Path) -> None:
    s = _sketch()
    assert set(s.files) == set(FEATURE_TYPES) == set(PROPERTIES)
    assert check_archive(s.write(tmp_path)) == []


@pytest.mark.parametrize(("rule", "plant"), FAULTS, ids=[f"{r}-{n}" for n, (r, _) in enumerate(FAULTS)])
def test_a_planted_fault_is_found_by_its_rule(tmp_path: Path, rule: str, plant: Callable[[Sketch], Any]) -> None:
    s = _sketch()
    plant(s)
    found = check_archive(s.write(tmp_path))
    assert rule in _rules(found), found
    assert all(f.text and f.feature for f in found)


@pytest.mark.parametrize("kind", FEATURE_TYPES)
def test_every_property_that_must_be_there_is_missed(tmp_path: Path, kind: str) -> None:
    s = _sketch()
    _first(s, kind)["properties"] = {}
    missed = [f for f in check_archive(s.write(tmp_path)) if f.rule == "property-missing"]
    assert len(missed) == len(PROPERTIES[kind])


def test_every_rule_has_a_planted_fault() -> None:
    import building.formats.imdf.rules as on_features
    import building.formats.imdf.rules_on_plan as on_plan

    text = Path(on_features.__file__).read_text() + Path(on_plan.__file__).read_text()
    planted = {rule for rule, _ in FAULTS} | {"archive", "file-unknown"}
    named = {w.split('"')[1] for w in text.split("yield _") if w.startswith(("error(", "warning(")) and '"' in w}
    assert {n for n in named if "{" not in n} <= planted


def test_a_file_that_is_no_archive_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    (finding,) = check_archive(tmp_path / "x.zip")
    assert (finding.rule, finding.severity) == ("archive", "error")


def test_a_strangers_file_in_the_archive_is_told(tmp_path: Path) -> None:
    path = _sketch().write(tmp_path)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("photo.jpg", b"")
    assert [(f.rule, f.feature) for f in check_archive(path)] == [("file-unknown", "photo.jpg")]


def test_errors_stand_before_warnings(tmp_path: Path) -> None:
    s = _sketch()
    _curved(s)
    _put("opening", display_point=None)(s)
    _put("unit", category="ballroom")(s)
    assert [f.severity for f in check_archive(s.write(tmp_path))] == ["error", "warning"]
