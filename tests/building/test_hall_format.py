"""Our own format: what is written is read back, and every defect of a file is named at once, with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.errors import UnreadableFile
from building.formats.hall import codecs, dumps, loads, read, reader
from building.model import Building
from building.testing import small_house

Raw = dict[str, Any]


def raw_house() -> Raw:
    house: Raw = json.loads(dumps(small_house()))
    return house


def refusal(raw: Raw | str) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        loads(raw if isinstance(raw, str) else json.dumps(raw))
    return caught.value


def test_what_is_written_is_read_back() -> None:
    assert loads(dumps(small_house())) == small_house()


def test_writing_is_canonical() -> None:
    text = dumps(small_house())
    shuffled = {k: raw_house()[k] for k in reversed(raw_house())}
    assert dumps(loads(json.dumps(shuffled, indent=3))) == text


def test_one_entity_stands_on_one_line() -> None:
    lines = dumps(small_house()).splitlines()
    assert sum(line.strip().startswith('{"key": "1F-HALL"') for line in lines) == 1


def test_defaults_are_left_out_and_short_keys_are_used() -> None:
    hall = raw_house()["floors"][0]["spaces"][0]
    assert hall["key"] == "1F-HALL"
    assert not hall.keys() & {"walkable", "access", "z0_m", "number", "floor", "id"}
    assert raw_house()["floors"][0]["openings"][0]["between"] == ["1F-HALL", "OUT"]


def test_a_floor_that_is_raised_takes_along_what_stands_on_it() -> None:
    raw = raw_house()
    raw["floors"][1]["elevation_m"] = 5.0
    gallery = next(s for s in loads(json.dumps(raw)).spaces if s.key == "2F-GAL")
    assert gallery.z0_m == 5.0


def test_a_building_of_another_format_keeps_where_it_came_from() -> None:
    house = small_house()
    foreign = Building(**{f: getattr(house, f) for f in house.__slots__} | {"format": "ifc", "schema": "IFC2X3"})
    assert loads(dumps(foreign)) == foreign


def _set(raw: Raw, *path: str | int, value: Any) -> None:
    at: Any = raw
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value


FAULTS: dict[str, tuple[Callable[[Raw], None], str]] = {
    "wrong type": (lambda r: _set(r, "floors", 0, "height_m", value="high"), "$.floors[0].height_m (1F)"),
    "unknown member": (lambda r: _set(r, "floors", 0, "spaces", 0, "acess", value="staff"), "did you mean access?"),
    "unknown top member": (lambda r: _set(r, "zone", value=[]), "$.zone: there is no member"),
    "missing member": (lambda r: r["floors"][0].pop("elevation_m"), "'elevation_m' is missing"),
    "dangling": (lambda r: _set(r, "floors", 0, "openings", 0, "between", 0, value="1F-HAL"), "did you mean 1F-HALL?"),
    "bad word": (lambda r: _set(r, "vertical_links", 0, "kind", value="stair"), "did you mean stairs?"),
    "two of a key": (lambda r: _set(r, "floors", 1, "spaces", 1, "key", value="1F-L"), "there are two of space '1F-L'"),
    "thin ring": (lambda r: _set(r, "floors", 0, "outline", value=[[0, 0], [1, 1]]), "$.floors[0].outline"),
    "bad point": (lambda r: _set(r, "floors", 0, "pois", 0, "at", 1, value=None), "$.floors[0].pois[0].at[1] (AED)"),
    "no wall body": (lambda r: r["floors"][0]["walls"][0].pop("line"), "'footprint' is missing"),
    "list wanted": (lambda r: _set(r, "devices", value={}), "$.devices: this must be a list"),
    "object wanted": (lambda r: _set(r, "devices", 0, value=7), "$.devices[0]: this must be an object"),
    "no floors": (lambda r: _set(r, "floors", value=[]), "$.floors: a building has at least one floor"),
    "a space called OUT": (lambda r: _set(r, "floors", 0, "spaces", 0, "key", value="OUT"), "is not a key"),
    "feeder of no kind": (lambda r: _set(r, "devices", 0, "power_from", value="MAINS"), "supply:KEY or device:KEY"),
    "serves nothing known": (lambda r: _set(r, "devices", 0, "serves", value={"door": "D1"}), "'door' is none of"),
    "too far away": (lambda r: _set(r, "floors", 0, "seats", 0, "at", 0, value=1e9), "$.floors[0].seats[0].at[0]"),
    "no site": (lambda r: r.pop("site"), "'site' is missing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_place(name: str) -> None:
    plant, wanted = FAULTS[name]
    raw = raw_house()
    plant(raw)
    error = refusal(raw)
    assert any(wanted in defect for defect in error.defects), error.defects
    assert "schema" in error.todo


def test_all_faults_are_reported_at_once() -> None:
    raw = raw_house()
    for name in ("wrong type", "unknown member", "bad word", "bad point", "unknown top member"):
        FAULTS[name][0](raw)
    assert len(refusal(raw).defects) == 5


def test_one_missing_feeder_is_one_defect_however_many_hang_on_it() -> None:
    raw = raw_house()
    raw["devices"] += [raw["devices"][0] | {"key": f"SCR-{n}"} for n in range(20)]
    raw["supply"] = [s for s in raw["supply"] if s["key"] != "MAINS"]
    (defect,) = refusal(raw).defects
    assert "20 more" in defect


def test_help_with_spelling_is_bounded() -> None:
    raw = raw_house()
    raw["floors"][0]["seats"] = [
        {"key": f"S{n}", "space": f"1F-HALL{n}", "at": [1, 1], "facing_deg": 0} for n in range(1000)
    ]
    error = refusal(raw)
    assert len(error.defects) == 1000
    assert sum("did you mean" in defect for defect in error.defects) == codecs.MAX_HINTS


def test_a_member_that_stands_twice_is_no_silent_loss() -> None:
    text = dumps(small_house()).replace('"site": "test"', '"site": "test", "site": "test"')
    assert "stands twice" in refusal(text).defects[0]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"format": "halltwin-building/2"}', '{"x": NaN}'])
def test_what_is_no_building_at_all(text: str) -> None:
    assert refusal(text).todo


def test_deep_nesting_is_refused() -> None:
    assert "nested" in refusal('{"a":' * 100_000 + "1" + "}" * 100_000).what


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(dumps(small_house()).encode("gb18030"))
    with pytest.raises(UnreadableFile, match="UTF-8"):
        read(file)


def test_entities_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ENTITIES", 10)
    assert "at most 10" in refusal(raw_house()).defects[0]


def test_the_list_of_defects_is_bounded_but_counted() -> None:
    raw = raw_house()
    raw["floors"][0]["seats"] = [{"key": f"S{n}"} for n in range(200)]
    error = refusal(raw)
    assert len(error.defects) == 600
    assert "and 500 more" in error.what


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_anywhere_is_read_or_refused_never_a_crash(data: st.DataObject) -> None:
    raw = raw_house()
    at: Any = raw
    while True:
        step = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else range(len(at))))
        below = at[step]
        if not isinstance(below, dict | list) or not below or data.draw(st.integers(0, 4)) == 0:
            break
        at = below
    at[step] = data.draw(JSON_VALUES)
    try:
        b = loads(json.dumps(raw))
    except UnreadableFile:
        return
    assert loads(dumps(b)) == b


@given(st.floats(-codecs.MAX_COORDINATE_M, codecs.MAX_COORDINATE_M))
def test_numbers_survive_to_the_last_bit(value: float) -> None:
    scope = codecs.Scope(site="test", known={})
    written = json.loads(json.dumps(codecs.Num().write(value, scope)))
    assert codecs.Num().read(written, scope) == value
