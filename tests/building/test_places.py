"""What people call places: one word, one place, or the list of what it may have meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building.errors import AmbiguousPlace, PlaceError, UnknownPlace
from building.formats import open_building
from building.model import OUT, Building
from building.places import resolve, search
from building.sounds import find_match, sounds_of
from building.testing import id_of, small_house


@pytest.fixture(scope="module")
def hall() -> Building:
    return open_building("reference")


def keys(found: list[str]) -> list[str]:
    return [entity_id.split(":", 1)[1] for entity_id in found]


@pytest.mark.parametrize("word", ["OUT", "out", " Out "])
def test_outside(word: str) -> None:
    assert resolve(small_house(), word).id == OUT


@pytest.mark.parametrize(
    ("word", "kind", "key"),
    [
        ("test:space:1F-HALL", "space", "1F-HALL"),
        ("1f-hall", "space", "1F-HALL"),
        ("大厅", "space", "1F-HALL"),
        ("hall", "space", "1F-HALL"),
        ("前厅", "space", "1F-HALL"),
        ("A01", "window", "A01"),
        ("Ａ01", "window", "A01"),
        ("window a01", "window", "A01"),
        ("AED", "poi", "AED"),
        ("SCR-A01", "device", "SCR-A01"),
        ("Front door", "opening", "D1"),
        ("YARD", "outdoor", "YARD"),
        ("楼梯", "link", "S1"),
    ],
)
def test_a_word_and_its_place(word: str, kind: str, key: str) -> None:
    assert resolve(small_house(), word).id == id_of(kind, key)


def test_a_window_is_where_the_visitor_stands() -> None:
    house = small_house()
    assert resolve(house, "A01").at == house.windows[0].stand


def test_a_spot_on_a_floor() -> None:
    place = resolve(small_house(), "2F@3,2.5")
    assert (place.floor, place.at, place.name["en"]) == (id_of("floor", "2F"), (3.0, 2.5), "Gallery")


def test_a_spot_on_no_floor_names_the_floors() -> None:
    with pytest.raises(UnknownPlace, match="1F, 2F"):
        resolve(small_house(), "9F@1,1")


@pytest.mark.parametrize("word", ["1F@a,b", "1F@1", "1F@nan,1", "1F@inf,2", "@", "", "   ", "x" * 500])
def test_nonsense_is_unknown(word: str) -> None:
    with pytest.raises(UnknownPlace):
        resolve(small_house(), word)


def test_several_of_a_name_are_all_listed(hall: Building) -> None:
    with pytest.raises(AmbiguousPlace) as caught:
        resolve(hall, "男卫生间")
    assert {c.floor for c in caught.value.candidates} == {"2F", "3F"}


def test_a_room_and_the_point_in_it_of_the_same_name_are_one_place(hall: Building) -> None:
    assert resolve(hall, "急救室").kind == "poi"


def test_a_number_wins_over_a_name(hall: Building) -> None:
    assert resolve(hall, "A07").id == "shifanqu:window:A07"


def test_an_unknown_word_suggests_the_nearest(hall: Building) -> None:
    with pytest.raises(UnknownPlace) as caught:
        resolve(hall, "入口大庭")
    assert "入口大厅" in {c.name for c in caught.value.candidates}


@given(st.text(max_size=30))
def test_any_word_gives_a_place_or_a_place_error(word: str) -> None:
    house = small_house()
    try:
        place = resolve(house, word)
    except PlaceError:
        return
    assert place.id == OUT or place.floor in {f.id for f in house.floors}


def test_every_entity_with_a_place_answers_to_its_id(hall: Building) -> None:
    for e in (*hall.spaces, *hall.windows, *hall.devices, *hall.openings, *hall.pois, *hall.seats, *hall.bays):
        assert resolve(hall, e.id).id == e.id


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("A05", "window:A05"),
        ("a05", "window:A05"),
        ("rukou", "space:1F-ENT"),
        ("rkdt", "space:1F-ENT"),
        ("入口da", "space:1F-ENT"),
        ("mys", "poi:POI-12"),
        ("muyingshi", "poi:POI-12"),
        ("hydj", "poi:POI-39"),
        ("shebao", "department:rsj"),
        ("bdc", "department:bdc"),
        ("entr", "space:1F-ENT"),
        ("hall entr", "space:1F-ENT"),
        ("lift 1", "link:LIFT-1"),
    ],
)
def test_find_as_you_type(hall: Building, typed: str, wanted: str) -> None:
    assert wanted in keys([f.id for f in search(hall, typed)])[:2]


def test_a_department_brings_its_windows(hall: Building) -> None:
    found = keys([f.id for f in search(hall, "社保", 20)])
    assert {"window:A01", "window:A02", "window:A03", "window:A04"} <= set(found)


def test_every_toilet_is_found_by_the_everyday_word(hall: Building) -> None:
    toilets = {s.id for s in hall.spaces if s.kind in ("toilet_men", "toilet_women", "toilet_accessible")}
    assert {f.id for f in search(hall, "厕所", 50)} == toilets


def test_what_nobody_can_enter_is_not_offered(hall: Building) -> None:
    closed = {s.id for s in hall.spaces if not s.walkable}
    assert not closed & {f.id for f in search(hall, "电梯", 50)}


def test_the_search_is_bounded(hall: Building) -> None:
    assert len(search(hall, "a", 3)) == 3
    assert search(hall, "") == []
    assert search(hall, "  ") == []


@given(st.text(max_size=120))
def test_any_typing_is_answered(typed: str) -> None:
    assert len(search(small_house(), typed, 5)) <= 5


@pytest.mark.parametrize("typed", ["chongqing", "zhongqing", "cq", "zq", "chongq", "重q", "重庆"])
def test_every_reading_of_a_character_counts(typed: str) -> None:
    assert find_match(typed, sounds_of("重庆"))


@given(st.text(alphabet="等候区窗口一层重行abc12 ", min_size=1, max_size=12))
def test_every_piece_of_a_name_finds_it(name: str) -> None:
    compact = "".join(name.split())
    for start in range(len(compact)):
        assert find_match(compact[start:], sounds_of(name))
