"""The shipped items, each walked; and what becomes of a wrong file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from building.departments import waiting_space, windows_of
from building.formats import open_building
from services.guide.catalogue import ITEMS, load_catalogue
from services.guide.errors import InvalidCatalogue
from services.guide.model import Item

SHIPPED = load_catalogue().items
HALL = open_building("reference")
DEPARTMENTS = {d.key: d for d in HALL.departments}


def test_there_are_24_items_for_12_departments_of_the_hall() -> None:
    assert len(SHIPPED) == 24
    assert len({i.department for i in SHIPPED}) == 12


@pytest.mark.parametrize("item", SHIPPED, ids=lambda i: i.code)
class TestEachItem:
    def test_every_text_is_there_in_chinese_and_english(self, item: Item) -> None:
        texts = list(_texts(asdict(item)))
        assert len(texts) >= 8
        for text in texts:
            assert text.keys() >= {"zh", "en"}, text
            assert all(t.strip() for t in text.values()), text
            assert any("\u4e00" <= c <= "\u9fff" for c in text["zh"]), text
            assert not any("\u4e00" <= c <= "\u9fff" for c in text["en"]), text

    def test_its_department_has_windows_and_a_waiting_area(self, item: Item) -> None:
        windows = windows_of(HALL, DEPARTMENTS[item.department].id)
        assert windows
        spaces = {s.id: s for s in HALL.spaces}
        assert all(spaces[waiting_space(HALL, w)].access == "public" for w in windows)

    def test_it_says_what_people_ask(self, item: Item) -> None:
        assert item.conditions
        assert any(m.need == "required" or m.note for m in item.materials)
        assert item.steps
        assert item.faq
        assert item.phone
        assert len(item.aliases) >= 4
        assert 1 <= item.service_min <= 60
        assert item.fee.free or item.fee.note


def test_popularity_is_a_ranking_without_ties() -> None:
    ranks = sorted(i.popular for i in SHIPPED if i.popular is not None)
    assert ranks == list(range(1, len(ranks) + 1))
    assert len(ranks) >= 6


# --- wrong files


def test_every_defect_of_every_file_is_named(tmp_path: Path) -> None:
    good = json.loads((ITEMS / "cl.json").read_text("utf-8"))
    bad = json.loads(json.dumps(good))
    del bad["items"][0]["name"]["en"]
    bad["items"][0]["materials"][0]["need"] = "perhaps"
    bad["items"][0]["service_min"] = 0
    (tmp_path / "a.json").write_text(json.dumps(bad), "utf-8")
    (tmp_path / "b.json").write_text("{not json", "utf-8")
    (tmp_path / "c.json").write_text(json.dumps(good), "utf-8")
    (tmp_path / "d.json").write_text(json.dumps(good), "utf-8")
    with pytest.raises(InvalidCatalogue) as refused:
        load_catalogue(tmp_path)
    found = {(d.file, d.where) for d in refused.value.defects}
    assert found >= {
        ("a.json", "items[0].name"),
        ("a.json", "items[0].materials[0].need"),
        ("a.json", "items[0].service_min"),
        ("b.json", "file"),
        ("c.json", "items[0].code"),
        ("d.json", "items[0].code"),
    }
    assert all(str(d) in str(refused.value) for d in refused.value.defects)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"promised_days": 999}, "items[0].promised_days"),
        ({"promised_days": 31}, "items[0].promised_days"),
        ({"instant": True}, "items[0].instant"),
        ({"fee": {"free": False}}, "items[0].fee"),
        ({"code": "no spaces please"}, "items[0].code"),
        ({"aliases": []}, "items[0].aliases"),
        ({"suprise": 1}, "items[0]"),
    ],
)
def test_what_cannot_be_true_is_a_defect(tmp_path: Path, change: Mapping[str, Any], where: str) -> None:
    document = json.loads((ITEMS / "cl.json").read_text("utf-8"))
    document["items"][0] |= change
    (tmp_path / "cl.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(InvalidCatalogue) as refused:
        load_catalogue(tmp_path)
    assert where in {d.where for d in refused.value.defects}


def test_a_folder_without_items_is_an_empty_guide(tmp_path: Path) -> None:
    assert load_catalogue(tmp_path).items == ()


def _texts(value: Any) -> Iterator[Mapping[str, str]]:
    """Every map that is a human text."""
    if isinstance(value, Mapping):
        if "zh" in value or "en" in value:
            yield value
        else:
            for inner in value.values():
                yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
