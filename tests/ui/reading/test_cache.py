"""The same bytes are read once; a changed file, other code or a damaged entry is read again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from building.formats.hall import dumps
from building.testing import small_house
from ui.reading import cache as caching
from ui.reading import cache_folder, read_measured
from ui.reading.cache import Cache


@pytest.fixture
def house(tmp_path: Path) -> Path:
    file = tmp_path / "house.json"
    file.write_text(dumps(small_house()), encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def entry(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_the_second_reading_is_warm_and_the_same(house: Path, folder: Path) -> None:
    cold, warm = (read_measured(house, cache=folder) for _ in range(2))
    assert (cold.from_cache, warm.from_cache) == (False, True)
    assert warm.building == cold.building == small_house()


def test_a_copy_elsewhere_is_warm_too(house: Path, folder: Path, tmp_path: Path) -> None:
    read_measured(house, cache=folder)
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / house.name
    copy.write_bytes(house.read_bytes())
    assert read_measured(copy, cache=folder).from_cache


def test_other_content_is_read_again_though_size_and_date_are_the_same(house: Path, folder: Path) -> None:
    read_measured(house, cache=folder)
    before = house.stat()
    house.write_bytes(house.read_bytes().replace("小屋".encode(), "大屋".encode()))
    os.utime(house, ns=(before.st_atime_ns, before.st_mtime_ns))
    again = read_measured(house, cache=folder)
    assert not again.from_cache
    assert again.building.name["zh"] == "大屋"


def test_other_code_reads_again(house: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_measured(house, cache=folder)
    monkeypatch.setattr(caching, "reader_version", lambda: "another")
    assert not read_measured(house, cache=folder).from_cache


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b[:0], lambda b: b[:40] + b"\0" + b[41:]])
def test_a_damaged_entry_is_no_entry_and_is_replaced(house: Path, folder: Path, damage: object) -> None:
    read_measured(house, cache=folder)
    path = entry(folder)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    again = read_measured(house, cache=folder)
    assert (again.from_cache, again.building) == (False, small_house())
    assert read_measured(house, cache=folder).from_cache


def test_without_a_place_to_write_it_reads_all_the_same(house: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    for _ in range(2):
        assert not read_measured(house, cache=blocked / "cache").from_cache


def test_what_was_asked_for_longest_ago_is_dropped_first(folder: Path) -> None:
    roomy = Cache(folder)
    roomy.keep("a", dumps(small_house()))
    bound = entry(folder).stat().st_size * 2 + 500
    cache = Cache(folder, max_bytes=bound)
    cache.keep("b", dumps(small_house()))
    for age_s, key in ((100, "a"), (200, "b")):
        os.utime(folder / f"{key}.json.gz", (age_s, age_s))
    assert cache.find("a") is not None  # asked for just now
    cache.keep("c", dumps(small_house()))
    assert [cache.find(key) is not None for key in "abc"] == [True, False, True]


def test_nothing_half_written_stays(folder: Path) -> None:
    Cache(folder).keep("a", dumps(small_house()))
    assert [path.name for path in folder.iterdir()] == ["a.json.gz"]


def test_the_folder_is_where_caches_belong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "halltwin" / "buildings"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "halltwin" / "buildings"
