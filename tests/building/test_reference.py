"""The reference hall is complete and sound: every number of its plan, names in two languages, no defect."""

from collections import Counter

import pytest

from building.checks import check
from building.formats import REFERENCE, open_building
from building.formats.hall import dumps, loads
from building.model import OUT, Building


@pytest.fixture(scope="module")
def hall() -> Building:
    return open_building("reference")


DEVICES = {
    "camera": 64, "door": 28, "pa_zone": 12, "screen": 44 + 6, "window_terminal": 44, "kiosk": 12, "ticket_machine": 6,
    "ups": 2, "seat_sensor": 160, "parking_sensor": 120, "people_counter": 25, "climate_sensor": 28, "leak_sensor": 14,
    "network_switch": 9, "server": 4, "projector": 3, "lift": 2, "escalator": 2,
}  # fmt: skip


def test_the_file_is_written_canonically() -> None:
    text = REFERENCE.read_text("utf-8")
    assert dumps(loads(text)) == text


def test_the_numbers_of_the_plan(hall: Building) -> None:
    assert len(hall.spaces) == 157
    assert sum(s.walkable for s in hall.spaces) == 146
    assert sum(o.kind == "open" for o in hall.openings) == 31
    assert sum(o.kind != "open" for o in hall.openings) == 179
    assert sum(o.controlled for o in hall.openings) == 28
    assert (len(hall.windows), len(hall.seats), len(hall.bays), len(hall.departments)) == (44, 160, 120, 19)
    assert [f.number for f in hall.floors] == ["B1", "1F", "2F", "3F"]
    assert Counter(v.kind for v in hall.vertical_links) == {"stairs": 2, "escalator": 2, "lift": 2}
    assert {v.key for v in hall.outdoor_links} >= {"RAMP-1", "STEPS-1"}


def test_the_devices_by_kind(hall: Building) -> None:
    assert Counter(d.kind for d in hall.devices) == DEVICES
    assert len(hall.devices) == 585


def test_it_has_no_defect(hall: Building) -> None:
    assert [(d.rule, d.id) for d in check(hall)] == []


def test_everything_people_read_is_named_in_both_languages(hall: Building) -> None:
    doors = [o for o in hall.openings if o.kind != "open"]
    named = (
        hall, *hall.floors, *hall.spaces, *doors, *hall.windows, *hall.departments, *hall.devices, *hall.zones,
        *hall.pois, *hall.furniture, *hall.vertical_links, *hall.supply, *hall.outdoor_places, *hall.outdoor_links,
        *hall.approaches,
    )  # fmt: skip
    assert [e for e in named if not (e.name.get("zh") and e.name.get("en"))] == []
    assert [d for d in hall.departments if not (d.short.get("zh") and d.short.get("en"))] == []
    assert [w for w in hall.windows if not (w.business.get("zh") and w.business.get("en"))] == []


def test_no_english_name_is_left_in_chinese(hall: Building) -> None:
    assert [e.id for e in hall.entities() if any(ord(c) > 0x2E7F for c in e.name.get("en", ""))] == []


def test_devices_of_a_kind_are_told_apart_by_name(hall: Building) -> None:
    for lang in ("zh", "en"):
        names = Counter((d.kind, d.name[lang]) for d in hall.devices)
        assert [name for name, n in names.items() if n > 1] == []


def test_every_device_hangs_on_the_mains_and_on_the_outside_network(hall: Building) -> None:
    nodes = {e.id: e for e in (*hall.supply, *hall.devices)}
    for d in hall.devices:
        for member, root in (("power_from", "mains"), ("network_from", "network")):
            at = d.id
            while above := getattr(nodes[at], member, None):
                at = above
            assert nodes[at].kind == root


def test_windows_have_a_screen_and_a_terminal_that_serve_them(hall: Building) -> None:
    devices = {d.id: d for d in hall.devices}
    for w in hall.windows:
        assert w.screen
        assert w.terminal
        assert devices[w.screen].serves["window"] == devices[w.terminal].serves["window"] == w.id


def test_controlled_doors_have_a_controller_that_serves_them(hall: Building) -> None:
    devices = {d.id: d for d in hall.devices}
    for o in hall.openings:
        assert o.controlled == (o.device is not None)
        assert o.device is None or devices[o.device].serves["opening"] == o.id


def test_every_space_hears_exactly_one_public_address_zone(hall: Building) -> None:
    heard = Counter(s for z in hall.zones if z.kind == "pa" for s in z.spaces)
    assert heard == {s.id: 1 for s in hall.spaces}


def test_lifts_stop_on_all_floors_and_stairs_lead_through_their_stairwells(hall: Building) -> None:
    kinds = {s.id: s.kind for s in hall.spaces}
    for v in hall.vertical_links:
        if v.kind in ("lift", "stairs"):
            assert [s.floor for s in v.stops] == [f.id for f in hall.floors]
        if v.kind == "stairs":
            assert {kinds[s.space] for s in v.stops} == {"stair"}
        assert all(path[0][2] < path[-1][2] for path in v.paths)


def test_people_counters_say_what_they_count(hall: Building) -> None:
    known = {e.id for e in (*hall.openings, *hall.vertical_links)}
    for d in hall.devices:
        assert (d.kind == "people_counter") == bool(d.coverage.get("counts"))
        assert set(d.coverage.get("counts", ())) <= known


def test_one_can_leave_by_the_main_entrance(hall: Building) -> None:
    ways_out = [o for o in hall.openings if o.exit and OUT in (o.between or ())]
    assert {o.name["en"] for o in ways_out} >= {"Main entrance", "24-hour zone entrance", "Staff entrance"}
    assert all(o.outside_place for o in ways_out)
