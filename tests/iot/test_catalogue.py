"""The whole catalogue of kinds, and what a newcomer's file must get right."""

import json
from pathlib import Path

import pytest

import iot.kinds
from iot.catalogue import KINDS, kinds_json, load_kinds
from iot.errors import InvalidKind
from iot.kind_checks import defects

DESIGNED = {
    "camera", "door", "pa_zone", "screen", "window_terminal", "ticket_machine", "kiosk", "ups", "climate_sensor",
    "leak_sensor", "seat_sensor", "people_counter", "network_switch", "server", "projector", "lift", "escalator",
    "parking_sensor", "information_point", "id_reader",
}  # fmt: skip

FRIDGE = """
from iot.kind import AlarmType, Command, Kind, Look, Point, When, text

KIND = Kind(
    name="fridge", label=text("冰箱", "Fridge"), brick="hall:Fridge",
    points=(Point(name="warmth", label=text("温度", "Warmth"), type="float", unit="°C", range=(-40, 40), ttl_s=60,
                  brick="brick:Temperature_Sensor"),),
    alarms=(AlarmType(name="warm", label=text("太热", "Warm"), priority=1,
                      when=When(point="warmth", op=">", value=8.0, deadband=1.0),
                      consequence=text("坏了", "Spoilt"), response=text("关门", "Shut it")),),
    look=Look(icon="fridge", layer="environment", headline="warmth"),
)
"""


def test_every_designed_kind_is_there_once() -> None:
    assert set(KINDS) == DESIGNED


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_is_declared_right(name: str) -> None:
    kind = KINDS[name]
    assert defects(kind) == []
    assert kind.points, "a kind that measures nothing is no kind"
    assert kind.look.headline is not None


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_is_a_file_of_sixty_lines_at_most(name: str) -> None:
    lines = (Path(iot.kinds.__file__).parent / f"{name}.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60


@pytest.mark.parametrize("name", ["door", "lift", "escalator", "network_switch"])
def test_what_can_hurt_people_is_armed_first(name: str) -> None:
    assert any(command.danger == "arm" for command in KINDS[name].commands)


def test_a_door_is_done_when_its_lock_says_so() -> None:
    lock = KINDS["door"].find_command("lock")
    assert lock is not None
    assert lock.confirmed_by is not None
    assert lock.lasting == "sets"
    assert (lock.confirmed_by.point, lock.confirmed_by.equals) == ("lock_state", "locked")
    assert lock.timeout_s <= 5


def test_a_ups_on_battery_is_an_emergency_with_something_to_do() -> None:
    alarm = next(a for a in KINDS["ups"].alarms if a.name == "on_battery")
    assert alarm.priority == 1
    assert alarm.on_delay_s == 0
    assert "预案" in alarm.response["zh"]


def test_nobody_can_start_an_escalator_from_afar() -> None:
    assert [command.name for command in KINDS["escalator"].commands] == ["stop"]


def test_the_catalogue_is_one_json_document_with_every_field_pages_need() -> None:
    document = json.loads(json.dumps(kinds_json(KINDS)))
    assert {kind["kind"] for kind in document["kinds"]} == DESIGNED
    for kind in document["kinds"]:
        assert {"kind", "label", "brick", "points", "events", "commands", "alarms", "look"} <= set(kind)
        assert "name" not in kind


def test_a_new_kind_is_one_new_file(tmp_path: Path) -> None:
    (tmp_path / "fridge.py").write_text(FRIDGE, encoding="utf-8")
    kinds = load_kinds(extra=tmp_path)
    assert set(kinds) == DESIGNED | {"fridge"}
    assert kinds["fridge"].alarms[0].name == "warm"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('unit="°C"', 'unit="degrees Celsius"'), "unit 'degrees Celsius'"),
        (('brick="hall:Fridge"', 'brick="my:Fridge"'), "my:Fridge"),
        (('op=">", value=8.0', 'op=">", value="hot"'), "never takes the value"),
        (('op=">", value=8.0', 'op=">", value=80.0'), "never takes the value"),
        (('"Warmth"', '""'), "zh and en"),
        (("range=(-40, 40)", "range=(40, -40)"), "is empty"),
        (("range=(-40, 40), ", ""), "numbers have a range"),
        (('layer="environment"', 'layer="The Attic"'), "layer 'The Attic'"),
        (('headline="warmth"', 'headline="cold"'), "no point"),
        (('name="fridge"', 'name="icebox"'), "same name"),
        (('point="warmth"', 'point="nothing"'), "unknown point"),
        (("ttl_s=60", "ttl_s=0"), "ttl_s"),
        (("look=Look", "usual_per_s=0, look=Look"), "usual_per_s 0"),
        (
            ("look=Look", 'commands=(Command(name="cool", label=text("制冷", "Cool"), lasting="sets"),), look=Look'),
            "what lasts is the point that confirms it",
        ),
        (("KIND =", "OTHER ="), "exports no KIND"),
        (("KIND = Kind(", "KIND = Kind(("), "never closed"),
    ],
)
def test_a_wrong_kind_stops_the_start_and_is_named(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    file = tmp_path / "fridge.py"
    file.write_text(FRIDGE.replace(*change), encoding="utf-8")
    with pytest.raises(InvalidKind) as failure:
        load_kinds(extra=tmp_path)
    assert str(file) in str(failure.value)
    assert complaint in str(failure.value)


def test_a_kind_declared_twice_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "ups.py").write_text(FRIDGE.replace('name="fridge"', 'name="ups"'), encoding="utf-8")
    with pytest.raises(InvalidKind, match="already declared"):
        load_kinds(extra=tmp_path)


def test_a_folder_that_is_not_there_is_no_empty_catalogue(tmp_path: Path) -> None:
    with pytest.raises(InvalidKind, match="no such folder"):
        load_kinds(extra=tmp_path / "nowhere")
