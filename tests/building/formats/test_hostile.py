"""No file does harm: whatever it holds, it becomes a building or a refusal, within its limits, and nothing gets out.

Everything is read as the product reads it, in a child process. A reader that stumbles would be contained there, too;
here it counts as a fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.errors import UnreadableFile
from building.formats import FORMATS
from building.formats.format import SNIFF_BYTES
from building.formats.hall import dumps
from building.graph import build_graph
from building.model import Building
from tests.building.formats import hostile
from tests.building.formats.hostile import SEEDS
from ui.cli.bench.fuzz import damaged_copy, fuzz
from ui.reading import Limits, ReaderCrashed, ReaderTimedOut, read_safely

LIMITS = Limits(memory_bytes=1024**3, cpu_s=40, wall_s=80.0)
NAMES = [form.name for form in FORMATS]
FUZZED = 60
"""Damaged copies of each seed; `make prove PART=fuzz` takes thousands."""
pytestmark = pytest.mark.timeout(300)
Make = Callable[[Path], Path]


def outcome(path: Path) -> Building | UnreadableFile:
    try:
        return read_safely(path, limits=LIMITS)
    except (ReaderCrashed, ReaderTimedOut) as error:
        pytest.fail(f"the reader itself should have refused it: {error}")
    except UnreadableFile as refusal:
        return refusal


def refused(path: Path, words: str = "") -> UnreadableFile:
    found = outcome(path)
    assert isinstance(found, UnreadableFile)
    assert found.path == str(path)
    assert found.todo
    assert words in found.what
    return found


# Every format is here -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_a_seed_that_reads(tmp_path: Path, name: str) -> None:
    seed = SEEDS[name](tmp_path)
    building = read_safely(seed)
    assert building.format == name
    assert len(building.spaces) >= 2
    with seed.open("rb") as file:
        head = file.read(SNIFF_BYTES)
    assert [form.name for form in FORMATS if form.sniff(head)] == [name]


@pytest.mark.parametrize("name", [n for n in NAMES if n != "wrld"])
def test_the_rooms_of_a_seed_are_joined(tmp_path: Path, name: str) -> None:
    assert build_graph(read_safely(SEEDS[name](tmp_path))).edges


# Damage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.99])
def test_a_torn_file(tmp_path: Path, name: str, share: float) -> None:
    seed = SEEDS[name](tmp_path)
    for file in hostile.contents(seed):
        file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    outcome(seed)


@pytest.mark.parametrize("name", NAMES)
def test_damage_at_random(tmp_path: Path, name: str) -> None:
    told = fuzz(SEEDS[name](tmp_path), count=FUZZED, seed=1)
    assert (told["escaped"], told["stumbled"], told["timed_out"]) == (0, 0, 0), told["places"]
    assert told["read"] + told["refused"] + told["crashed"] + told["too_large"] + told["untold"] == FUZZED
    if name != "ifc":  # its parser is C++ that dies of a reference to the wrong type; the child takes that
        assert told["crashed"] == 0, told["places"]


@pytest.mark.parametrize("name", [n for n in NAMES if n != "ifc"])
@settings(max_examples=8, deadline=None)
@given(draw=st.randoms(use_true_random=False))
def test_damage_as_hypothesis_draws_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, draw: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    seeds = tmp_path_factory.mktemp("seed")
    outcome(damaged_copy(SEEDS[name](seeds), folder, draw))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("word", ["NaN", "Infinity", "-1e400", "1e308", "1e15", "9" * 5_000, "-0", "1e-320"])
def test_numbers_that_no_building_has(tmp_path: Path, name: str, word: str) -> None:
    seed = SEEDS[name](tmp_path)
    hostile.rewrite(seed, hostile.numbers_as(word, every=3))
    found = outcome(seed)
    if isinstance(found, Building):  # then they meant nothing: numbers of a building are finite and near
        assert max(abs(x) for space in found.spaces for p in space.footprint for xy in p.outer for x in xy) < 1e6


# Too much -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_room_with_a_million_corners(tmp_path: Path, name: str) -> None:
    found = outcome(SEEDS[name](tmp_path, hostile.comb(1_000_000)))
    if isinstance(found, Building):
        assert len(dumps(found)) < LIMITS.output_bytes


@pytest.mark.parametrize("name", NAMES)
def test_ten_million_entities(tmp_path: Path, name: str) -> None:
    seed = hostile.MULTITUDES[name](tmp_path)
    try:
        refused(seed)
    finally:
        for file in hostile.contents(seed):
            file.unlink()  # hundreds of megabytes


@pytest.mark.parametrize("name", [n for n in NAMES if n in ("hall", "osm", "imdf", "wrld")])
def test_a_million_brackets(tmp_path: Path, name: str) -> None:
    refused(hostile.deep_json(tmp_path)[name])


# Archives -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", hostile.ARCHIVES, ids=lambda make: make.__name__)
def test_an_archive_made_to_harm(tmp_path: Path, make: Make) -> None:
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    (inside / "secret").write_text("the secret")
    found = refused(make(inside))
    assert "the secret" not in str(found)
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert written <= {"secret", *(path.name for path in inside.iterdir())}
    assert not Path("/tmp/level.geojson").exists()  # noqa: S108


# Files that name others -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trick", ["above", "absolute", "link", "device", "itself"])
def test_a_main_file_names_only_what_lies_beside_it(tmp_path: Path, trick: str) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    main = SEEDS["wrld"](folder)
    secret = tmp_path / "secret.geojson"
    secret.write_text((folder / "ground.geojson").read_text().replace("room 2", "the secret"))
    (folder / "link.geojson").symlink_to(secret)
    named = {
        "above": "../secret.geojson", "absolute": str(secret), "link": "link.geojson", "device": "/dev/zero",
        "itself": "main.json",
    }  # fmt: skip
    main.write_text(main.read_text().replace("ground.geojson", named[trick]))
    found = refused(main)
    assert "the secret" not in str(found)


# XML ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile.XML_SEEDS)
@pytest.mark.parametrize("trick", hostile.DOCTYPES)
def test_xml_that_declares_entities(tmp_path: Path, name: str, trick: str) -> None:
    (tmp_path / "secret").write_text("the secret")
    doctype, reference = hostile.DOCTYPES[trick]
    doctype = doctype.replace("SECRET", str(tmp_path / "secret"))
    found = refused(hostile.with_doctype(hostile.XML_SEEDS[name](tmp_path), doctype, reference), "DOCTYPE")
    assert "the secret" not in str(found)


@pytest.mark.parametrize("name", hostile.XML_SEEDS)
def test_xml_half_a_million_deep(tmp_path: Path, name: str) -> None:
    outcome(hostile.deep_xml(hostile.XML_SEEDS[name](tmp_path)))
