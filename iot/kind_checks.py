"""What makes a kind's declaration right, beyond what its own constructor refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from iot.kind import Command, Declared, Kind, Point, Text, Value

UNIT = re.compile(r"\S{1,12}")
"""A unit is written as it is shown; a kind may bring one that no other has."""
LAYER = re.compile(r"[a-z][a-z_]{1,23}")
BRICK_PREFIXES = ("brick:", "rec:", "hall:")
RATE_PER_S_MAX = 10_000
_ORDERED = {"<", "<=", ">", ">="}
_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "float": (int, float), "int": (int,), "bool": (bool,), "enum": (str,), "str": (str,),
}  # fmt: skip


def defects(kind: Kind) -> list[str]:
    """What is wrong with a declaration beyond what its own constructor refuses; empty when all is well."""
    checks = (_label_defects, _look_defects, _rate_defects, _point_defects, _alarm_defects, _command_defects)
    return [defect for check in checks for defect in check(kind)]


def fits(point_type: str, value: Value) -> bool:
    """Whether a value is of a declared type; True and False are no numbers."""
    if isinstance(value, bool):
        return point_type == "bool"
    return isinstance(value, _PYTHON_TYPES[point_type])


def _label_defects(kind: Kind) -> Iterator[str]:
    texts: list[tuple[str, Text]] = [("kind", kind.label)]
    declared: tuple[Declared, ...] = (*kind.points, *kind.events, *kind.commands, *kind.alarms)
    texts += [(item.name, item.label) for item in declared]
    for point in kind.points:
        texts += [(f"{point.name}={code}", label) for code, label in point.values.items()]
    for command in kind.commands:
        texts += [(f"{command.name}.{argument.name}", argument.label) for argument in command.arguments]
        texts += [(f"{command.name} effect", command.effect)] if command.effect else []
    for alarm in kind.alarms:
        texts += [(f"{alarm.name} consequence", alarm.consequence), (f"{alarm.name} response", alarm.response)]
    for where, label in texts:
        if not (label.get("zh") and label.get("en")):
            yield f"{where}: a text in zh and en is needed"


def _look_defects(kind: Kind) -> Iterator[str]:
    if not kind.brick.startswith(BRICK_PREFIXES):
        yield f"class {kind.brick} is neither brick:, rec: nor hall:"
    if not LAYER.fullmatch(kind.look.layer):
        yield f"layer {kind.look.layer!r} is no plain lower-case word"
    if not kind.look.icon:
        yield "no icon is named"
    if kind.look.headline and kind.find_point(kind.look.headline) is None:
        yield f"the headline {kind.look.headline} is no point"


def _rate_defects(kind: Kind) -> Iterator[str]:
    if kind.usual_per_s is not None and not 0 < kind.usual_per_s <= RATE_PER_S_MAX:
        yield f"usual_per_s {kind.usual_per_s} is not above 0 and at most {RATE_PER_S_MAX}"


def _point_defects(kind: Kind) -> Iterator[str]:
    for point in kind.points:
        if not point.brick.startswith(BRICK_PREFIXES):
            yield f"{point.name}: class {point.brick} is neither brick:, rec: nor hall:"
        if point.unit is not None and not UNIT.fullmatch(point.unit):
            yield f"{point.name}: unit {point.unit!r} is no short word"
        if (point.type in {"float", "int"}) != (point.range is not None):
            yield f"{point.name}: numbers have a range, others have none"
        if point.range is not None and not point.range[0] < point.range[1]:
            yield f"{point.name}: range {point.range} is empty"
        if point.unit is not None and point.range is None:
            yield f"{point.name}: a unit belongs to a number"


def _alarm_defects(kind: Kind) -> Iterator[str]:
    for alarm in kind.alarms:
        point = kind.find_point(alarm.when.point)
        if point is None:
            continue  # refused by Kind itself
        if not _comparable(point, alarm.when.value):
            yield f"alarm {alarm.name}: {point.name} never takes the value {alarm.when.value!r}"
        if alarm.when.op in _ORDERED and point.range is None:
            yield f"alarm {alarm.name}: {alarm.when.op} needs a number"
        if alarm.when.deadband < 0 or (alarm.when.deadband and point.range is None):
            yield f"alarm {alarm.name}: a deadband belongs to a number and is not negative"
        if alarm.on_delay_s < 0 or alarm.off_delay_s < 0:
            yield f"alarm {alarm.name}: a delay is not negative"


def _command_defects(kind: Kind) -> Iterator[str]:
    for command in kind.commands:
        if command.timeout_s <= 0:
            yield f"command {command.name}: timeout_s must be above 0"
        if command.danger == "arm" and command.effect is None:
            yield f"command {command.name}: whoever fires it must be told its effect"
        for argument in command.arguments:
            if (argument.type in {"float", "int"}) != (argument.range is not None):
                yield f"command {command.name}: {argument.name}: numbers have a range, others have none"
            if argument.type == "enum" and not argument.values:
                yield f"command {command.name}: {argument.name}: an enum lists its values"
        yield from _confirmation_defects(kind, command)


def _confirmation_defects(kind: Kind, command: Command) -> Iterator[str]:
    done = command.confirmed_by
    if done is None:
        if command.lasting != "no":
            yield f"command {command.name}: what lasts is the point that confirms it, and none does"
        return
    if (done.equals is None) == (done.argument is None):
        yield f"command {command.name}: confirmed by a value or by an argument, one of them"
    point = None if done.by_kind else kind.find_point(done.point)
    if point and done.equals is not None and not _comparable(point, done.equals):
        yield f"command {command.name}: {done.point} never takes the value {done.equals!r}"
    if done.argument is not None and done.argument not in {argument.name for argument in command.arguments}:
        yield f"command {command.name}: there is no argument {done.argument}"


def _comparable(point: Point, value: Value) -> bool:
    if point.range is not None and not isinstance(value, (str, bool)):
        return point.range[0] <= value <= point.range[1] and fits(point.type, value)
    return fits(point.type, value) and (point.type != "enum" or value in point.values)
