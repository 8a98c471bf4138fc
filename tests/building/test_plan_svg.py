"""The plan of a floor: well-formed, readable by eye and by screen reader, coloured by the page's tokens."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from building.formats import open_building
from building.model import Building
from building.plan_svg import plan_svg
from building.testing import small_house

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def hall() -> Building:
    return open_building("reference")


def drawn(b: Building, floor: str, lang: str = "zh") -> ET.Element:
    return ET.fromstring(plan_svg(b, f"{b.site}:floor:{floor}", lang))  # noqa: S314  our own text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("floor", ["B1", "1F", "2F", "3F"])
def test_every_floor_is_drawn_whole(hall: Building, floor: str, lang: str) -> None:
    svg = drawn(hall, floor, lang)
    ids = {e.get("data-id") for e in svg.iter()}
    on_floor = [e for e in (*hall.spaces, *hall.windows) if e.floor == f"shifanqu:floor:{floor}"]
    assert {e.id for e in on_floor} <= ids


def test_a_screen_reader_hears_what_it_is_and_what_is_there(hall: Building) -> None:
    svg = drawn(hall, "1F")
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert (title.get("id") or "") + " " + (desc.get("id") or "") == svg.get("aria-labelledby")
    assert title.text == "示范区政务服务中心 一层 平面图"
    assert "窗口 A01 至 A20" in (desc.text or "")
    assert "消防安防控制室" not in (desc.text or "")


def test_each_room_says_its_name(hall: Building) -> None:
    svg = drawn(hall, "3F", "en")
    room = next(e for e in svg.iter(f"{SVG}path") if e.get("data-id") == "shifanqu:space:3F-REG")
    assert [t.text for t in room.iter(f"{SVG}title")] == ["Marriage registration"]


def test_labels_are_in_the_chosen_language(hall: Building) -> None:
    def words(lang: str) -> str:
        return " ".join(t.text or "" for t in drawn(hall, "1F", lang).iter(f"{SVG}tspan"))

    assert "入口大厅" in words("zh")
    assert "Entrance hall" in words("en")
    assert not re.search("[\u4e00-\u9fff]", words("en"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_public_room_is_labelled(hall: Building, lang: str) -> None:
    for floor in hall.floors:
        written = ("".join(t.itertext()) for t in drawn(hall, floor.key, lang).iter(f"{SVG}text"))
        said = {"".join(words.split()) for words in written}
        rooms = [s for s in hall.spaces if s.floor == floor.id and s.walkable and s.access == "public"]
        assert [s.key for s in rooms if "".join(s.name[lang].split()) not in said] == []


def test_every_window_shows_its_number(hall: Building) -> None:
    for floor in ("1F", "2F"):
        numbers = [t.text for t in drawn(hall, floor).iter(f"{SVG}text") if t.get("class") == "number"]
        assert sorted(numbers, key=str) == sorted(w.number for w in hall.windows if w.floor.endswith(floor))


def test_every_colour_is_a_token_with_a_fallback(hall: Building) -> None:
    svg = plan_svg(hall, "shifanqu:floor:1F")
    assert "var(--map-room,#F3F0EA)" in svg
    assert not re.search(r'(fill|stroke)="#', svg)
    assert not re.search(r"(fill|stroke):#", svg)


def test_everything_lies_on_the_sheet(hall: Building) -> None:
    svg = plan_svg(hall, "shifanqu:floor:1F")
    _, _, width, height = (float(v) for v in re.findall(r'viewBox="([^"]+)"', svg)[0].split())
    rooms = re.findall(r'data-id="[^"]+:space:[^"]+" d="([^"]+)"', svg)
    for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", " ".join(rooms)):
        assert 0 <= float(x) <= width
        assert 0 <= float(y) <= height


def test_names_cannot_break_out_of_the_picture() -> None:
    house = small_house()
    nasty = replace(house.spaces[0], name={"zh": "<script>\"&'</script>"})
    svg = plan_svg(replace(house, spaces=(nasty, *house.spaces[1:])), house.floors[0].id)
    ET.fromstring(svg)  # noqa: S314  our own text
    assert "<script" not in svg


def test_a_floor_of_nothing_is_a_sheet(hall: Building) -> None:
    bare = Building(
        site="t", name={}, format="hall", schema="halltwin-building/1",
        floors=(replace(hall.floors[0], id="t:floor:1", outline=()),),
    )  # fmt: skip
    assert drawn(bare, "1").get("viewBox")
