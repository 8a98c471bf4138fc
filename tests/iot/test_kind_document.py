"""The documents made of the catalogue say everything that is declared, and are what they claim to be."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jsonschema
import pytest

from iot.catalogue import KINDS
from iot.codecs.documents import schema_document
from iot.kind import AlarmType, Command, Event, Kind, Look, Point, Text, When, text
from iot.kind_document import markdown

SITE = "shifanqu"


def said_by(kind: Kind) -> Iterator[Text | str]:
    yield from (kind.label, kind.brick)
    for point in kind.points:
        yield from (point.label, f"`{point.name}`", point.brick, *point.values.values())
        if point.unit:
            yield f"| {point.unit} |"
    for event in kind.events:
        yield from (event.label, f"`{event.name}`", *event.data)
    for command in kind.commands:
        yield from (command.label, f"`{command.name}`", *([command.effect] if command.effect else []))
        yield from (argument.label for argument in command.arguments)
    for alarm in kind.alarms:
        yield from (alarm.label, f"`{alarm.name}`", alarm.consequence, alarm.response)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_all_that_a_kind_declares_stands_in_its_chapter(name: str) -> None:
    chapter = markdown({name: KINDS[name]})
    for word in said_by(KINDS[name]):
        for text_ in [word] if isinstance(word, str) else word.values():
            assert text_ in chapter


def test_a_table_stays_a_table_whatever_is_said() -> None:
    kind = Kind(
        name="odd", label=text("怪|物", "Odd"), brick="hall:Odd", look=Look(icon="x", layer="x"),
        points=(Point(name="a", label=text("一\n二", "a|b"), type="bool", ttl_s=1, brick="hall:X"),),
        events=(Event(name="e", label=text("事", "e")),),
        commands=(Command(name="c", label=text("命", "c")),),
        alarms=(AlarmType(name="w", label=text("警", "w"), priority=1, when=When(point="a", op="==", value=True),
                          consequence=text("后", "c"), response=text("办", "r")),),
    )  # fmt: skip
    tables: dict[int, set[int]] = {}
    for part, block in enumerate(markdown({"odd": kind}).split("\n\n")):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        tables[part] = {row.replace("\\|", "").count("|") for row in rows}
    assert sorted(len(columns) for columns in tables.values() if columns) == [1, 1, 1, 1]


def test_the_schema_of_a_kind_takes_its_values_and_no_others() -> None:
    document = json.loads(json.dumps(schema_document(KINDS, SITE)))
    jsonschema.Draft202012Validator.check_schema(document)
    for name in document["$defs"]:
        jsonschema.Draft202012Validator.check_schema(document["$defs"][name])
    ups = jsonschema.Draft202012Validator(document["$defs"]["values.ups"])
    assert ups.is_valid({"battery": 88.5, "on_battery": False})
    for wrong in ({"battery": 101}, {"battery": "full"}, {"on_battery": 1}, {"speed": 1}):
        assert not ups.is_valid(wrong)
    kiosk = jsonschema.Draft202012Validator(document["$defs"]["values.kiosk"])
    assert kiosk.is_valid({"service": "free"})
    assert not kiosk.is_valid({"service": "asleep"})
    assert document["x-topics"]["tele"] == "ht/v1/shifanqu/{device}/tele"
