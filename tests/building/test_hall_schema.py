"""The published schema: it is the one the reader follows, and both take and refuse the same files."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from building.errors import UnreadableFile
from building.formats import REFERENCE
from building.formats.hall import dumps, json_schema, loads
from building.formats.hall.entities import ALL
from building.formats.hall.relations import KINDS
from building.testing import small_house

PUBLISHED = Path(__file__).parents[2] / "building" / "schema" / "halltwin-building-1.schema.json"
VALIDATOR = Draft202012Validator(json_schema())
HOUSE = json.loads(dumps(small_house()))
ONLY_THE_READER_SEES = ("there is no ", "there are two of", "stands twice")


def test_the_published_file_is_the_readers_schema() -> None:
    assert json.loads(PUBLISHED.read_text("utf-8")) == json_schema()


def test_it_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_kind_of_entity_can_be_referred_to() -> None:
    assert sorted(KINDS) == sorted(e.kind for e in ALL)


def test_it_accepts_the_reference_hall() -> None:
    assert list(VALIDATOR.iter_errors(json.loads(REFERENCE.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "halltwin-building/9"),
        (("floors", 0, "elevation_m"), "0"),
        (("floors", 0, "spaces", 0, "access"), "secret"),
        (("floors", 0, "spaces", 0, "footprint"), [[0, 0], [1, 1]]),
        (("floors", 0, "openings", 0, "line"), [[0, 0]]),
        (("floors", 0, "colour"), "red"),
        (("devices", 0, "pose"), {"yaw_deg": 3}),
        (("vertical_links", 0, "direction"), "sideways"),
    ],
)
def test_it_refuses_planted_faults(path: tuple[str | int, ...], value: Any) -> None:
    raw = copy.deepcopy(HOUSE)
    at: Any = raw
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert list(VALIDATOR.iter_errors(raw))


SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(-400, 400, allow_nan=False), st.just([]), st.just({}),
    st.sampled_from(["", "OUT", "1F-HALL", "supply:NET", "no where", "ifc:1", "stairs"]),
    st.lists(st.integers(0, 3), max_size=4),
    st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), max_size=4),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_schema_and_reader_agree(data: st.DataObject) -> None:
    raw = copy.deepcopy(HOUSE)
    at: Any = raw
    while True:
        step = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else range(len(at))))
        below = at[step]
        if not isinstance(below, dict | list) or not below or data.draw(st.integers(0, 5)) == 0:
            break
        at = below
    if isinstance(at, dict) and data.draw(st.booleans()):
        del at[step]
    else:
        at[step] = data.draw(SIMPLE)
    assert VALIDATOR.is_valid(raw) == (not _structural_defects(raw)), (at, step)


def _structural_defects(raw: Any) -> list[str]:
    try:
        loads(json.dumps(raw))
    except UnreadableFile as error:
        if not error.defects:
            return [error.what]
        return [d for d in error.defects if "no member" in d or not any(w in d for w in ONLY_THE_READER_SEES)]
    return []
