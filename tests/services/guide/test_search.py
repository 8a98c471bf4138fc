"""People find their item by what they type: characters, everyday words, pinyin, initials, English, with a slip."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guide.catalogue import load_catalogue
from services.guide.phonetic import initials, sort_key, syllables
from services.guide.search import MIN_SCORE, Document, SearchIndex, one_slip

ITEMS = load_catalogue().items
INDEX = SearchIndex(Document(key=i.code, names=tuple(i.name.values()), aliases=i.aliases) for i in ITEMS)


def first(query: str) -> str | None:
    hits = INDEX.search(query)
    return hits[0].key if hits else None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("身份证", "HJ-01"), ("办身份证", "HJ-01"), ("我想补办身份证", "HJ-01"), ("身份证丢了怎么办", "HJ-01"),
        ("社保卡丢了", "RSJ-01"), ("补社保卡要什么材料", "RSJ-01"), ("低保", "MZJ-01"), ("过户", "BDC-01"),
        ("去香港", "CRJ-02"), ("开公司", "SCJ-01"), ("契税", "SW-02"), ("迁户口", "HJ-02"), ("残联", "CL-01"),
        ("外地看病", "YBJ-01"), ("公租房", "ZJJ-02"), ("施工许可", "ZJJ-01"), ("老年补贴", "MZJ-02"),
    ],
)  # fmt: skip
def test_characters_and_everyday_words(query: str, code: str) -> None:
    assert first(query) == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("shenfenzheng", "HJ-01"), ("SHEN FEN ZHENG", "HJ-01"), ("shebaoka", "RSJ-01"), ("guohu", "BDC-01"),
        ("canlian", "CL-01"), ("fapiao", "SW-01"), ("hukou", "HJ-02"), ("yingyezhizhao", "SCJ-01"),
    ],
)  # fmt: skip
def test_pinyin(query: str, code: str) -> None:
    assert first(query) == code


@pytest.mark.parametrize(("query", "code"), [("sfz", "HJ-01"), ("sbk", "RSJ-01"), ("yyzz", "SCJ-01"), ("qs", "SW-02")])
def test_initials(query: str, code: str) -> None:
    assert first(query) == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("passport", "CRJ-01"), ("lost id card", "HJ-01"), ("restaurant", "SCJ-02"),
        ("driving licence expired", "JJ-01"),
        ("maternity", "YBJ-02"), ("how do I get a business licence", "SCJ-01"),
    ],
)  # fmt: skip
def test_english(query: str, code: str) -> None:
    assert first(query) == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("pasport", "CRJ-01"), ("passprot", "CRJ-01"), ("shenfenzhneg", "HJ-01"), ("社保咔", "RSJ-01"),
        ("身份正", "HJ-01"), ("restarant", "SCJ-02"), ("ｐａｓｓｐｏｒｔ", "CRJ-01"),
    ],
)  # fmt: skip
def test_a_slip(query: str, code: str) -> None:
    assert first(query) == code


@pytest.mark.parametrize(
    "query", ["天气", "结婚", "pizza", "xyz", "", "   ", "，。！", "怎么办", "a", "1", "%' OR 1=1"]
)
def test_what_the_hall_does_not_offer_finds_nothing(query: str) -> None:
    assert INDEX.search(query) == []


def test_each_item_is_first_for_its_own_name_and_code_and_near_the_top_for_each_alias() -> None:
    for item in ITEMS:
        assert first(item.name["zh"]) == item.code
        assert first(item.name["en"]) == item.code
        assert first(item.code) == item.code
        for alias in item.aliases:
            assert item.code in [h.key for h in INDEX.search(alias, limit=3)], alias


def test_each_item_is_found_by_the_full_pinyin_of_its_name() -> None:
    for item in ITEMS:
        assert item.code in [h.key for h in INDEX.search("".join(syllables(item.name["zh"])), limit=2)]


@given(st.text(max_size=80))
def test_any_text_gives_an_ordered_answer(query: str) -> None:
    hits = INDEX.search(query, limit=5)
    scores = [h.score for h in hits]
    assert len(hits) <= 5
    assert scores == sorted(scores, reverse=True)
    assert all(MIN_SCORE <= s <= 1 for s in scores)
    assert len({h.key for h in hits}) == len(hits)


def test_two_thousand_items_are_searched_in_milliseconds() -> None:
    """Ten times slower than measured on a quiet machine, so that only a wrong method fails."""
    many = [
        Document(key=f"{i.code}-{n}", names=tuple(i.name.values()), aliases=i.aliases) for n in range(84) for i in ITEMS
    ]
    index = SearchIndex(many)
    began = time.perf_counter()
    for query in ("身份证", "shebaoka", "sfz", "passport", "公积金提取"):
        assert index.search(query)
    assert (time.perf_counter() - began) / 5 < 0.5


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("passport", "passport", True), ("pasport", "passport", True), ("passporrt", "passport", True),
        ("passqort", "passport", True), ("psasport", "passport", True), ("pssport", "pasport", True),
        ("ticket", "cricket", False), ("abcd", "badc", False), ("", "a", True), ("", "ab", False),
    ],
)  # fmt: skip
def test_one_slip(a: str, b: str, *, near: bool) -> None:
    assert one_slip(a, b) is near
    assert one_slip(b, a) is near


def test_pinyin_reads_in_context() -> None:
    assert initials(syllables("重庆市长办公室")) == "cqszbgs"


def test_chinese_sorts_by_pinyin() -> None:
    assert sorted(["税务局", "残联", "民政局", "Bank", "公安局"], key=sort_key) == [
        "Bank", "残联", "公安局", "民政局", "税务局",
    ]  # fmt: skip
