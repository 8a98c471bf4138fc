"""Damage is the same whenever it is drawn again, and what becomes of every file is told."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from building.formats.hall import dumps
from building.testing import small_house
from ui.cli.bench.fuzz import SIGN, damaged_copy, fuzz, mutate

HOUSE = dumps(small_house()).encode()


def drawn(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


def test_the_same_draw_does_the_same_damage() -> None:
    assert [mutate(HOUSE, drawn(n)) for n in range(50)] == [mutate(HOUSE, drawn(n)) for n in range(50)]
    assert len({mutate(HOUSE, drawn(n)) for n in range(50)}) > 40


def test_much_of_it_leaves_the_text_well_formed() -> None:
    def parses(text: bytes) -> bool:
        try:
            json.loads(text)
        except ValueError:
            return False
        return True

    assert sum(parses(mutate(HOUSE, drawn(n))) for n in range(200)) > 60


def test_nothing_is_too_short_to_be_damaged() -> None:
    assert all(isinstance(mutate(data, drawn(n)), bytes) for data in (b"", b"x", b"PK\x03\x04") for n in range(100))


def test_an_archive_is_mostly_damaged_inside() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("unit.geojson", HOUSE)
    damaged = [mutate(out.getvalue(), drawn(n)) for n in range(50)]
    assert sum(zipfile.is_zipfile(io.BytesIO(data)) for data in damaged) > 40


def test_of_several_files_one_is_damaged(tmp_path: Path) -> None:
    folder, out = tmp_path / "set", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    for name in ("main.json", "a.geojson", "b.geojson"):
        (folder / name).write_bytes(HOUSE)
    main = damaged_copy(folder / "main.json", out, drawn(3))
    assert main == out / "main.json"
    assert sum((out / path.name).read_bytes() != HOUSE for path in folder.iterdir()) == 1


@pytest.mark.parametrize("count", [7, 60])
def test_what_becomes_of_every_file_is_told(tmp_path: Path, count: int) -> None:
    file = tmp_path / "house.json"
    file.write_bytes(HOUSE)
    told = fuzz(file, count=count, seed=5)
    assert told["read"] + told["refused"] == told["files"] == count
    assert told["refused"] > 0


def test_what_is_no_order_is_not_mistaken_for_one(tmp_path: Path) -> None:
    """A file that begins like an order of the tests is no building for anybody else."""
    file = tmp_path / "order"
    file.write_bytes(SIGN + b"{}")
    told = fuzz(file, count=5, seed=1)
    assert (told["refused"], told["read"]) == (5, 0)
