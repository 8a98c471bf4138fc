"""What can be done to an entity of nearly any kind: rename it, move it, remove it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from building.departments import floor_number
from building.edits.equipment import check_number, moved_device, moved_thing, moved_window
from building.edits.openings import moved_opening
from building.edits.operation import Arguments, Operation, called, get, list_name, put, refused, take
from building.errors import EditRefused
from building.model import XY, Building, Entity, Floor, ServiceWindow, Text
from building.references import list_users

NAMED_MAX = 5
"""So many of those in the way are named, the rest is counted."""

_MOVERS: Mapping[str, Callable[[Building, Any, XY, Floor], Any]] = {
    "devices": moved_device, "windows": moved_window, "pois": moved_thing, "seats": moved_thing,
    "openings": moved_opening,
}  # fmt: skip


def _rename(b: Building, a: Arguments) -> Building:
    entity = a.any_entity("id")
    changes: dict[str, Any] = {"name": {**entity.name, **a.words("name")}}
    if "number" in a:
        if not hasattr(entity, "number"):
            raise refused("它没有编号。", "It has no number.", todo_zh="只填名称即可。", todo_en="Give a name only.")
        number = a.key("number")
        if isinstance(entity, ServiceWindow):
            check_number(b, number, entity.id)
        changes["number"] = number
    return put(b, list_name(b, entity), replace(entity, **changes))


def _move(b: Building, a: Arguments) -> Building:
    entity, at = a.any_entity("id"), a.point("at")
    name = list_name(b, entity)
    mover = _MOVERS.get(name)
    if mover is None:
        raise refused(
            f"{called(b, entity.id, 'zh')}不能移动。", f"{called(b, entity.id, 'en')} cannot be moved.",
            todo_zh="可移动的有设备、窗口、地点、座位和门；房间请重新画。",
            todo_en="Devices, windows, places, seats and doors can; draw a room anew.",
        )  # fmt: skip
    floor = a.floor() if "floor" in a else get(b.floors, str(getattr(entity, "floor", "")))
    return put(b, name, mover(b, entity, at, floor))


def _remove(b: Building, a: Arguments) -> Building:
    entity = a.any_entity("id")
    if users := list_users(b, entity.id):
        raise _in_use(b, entity, users)
    if list_name(b, entity) == "floors" and len(b.floors) == 1:
        raise refused(
            "这是最后一层。", "This is the last floor.", todo_zh="楼至少要有一层。", todo_en="A building has one."
        )
    return take(b, entity.id)


def _in_use(b: Building, entity: Entity, users: list[Entity]) -> EditRefused:
    more = len(users) - NAMED_MAX
    zh = "、".join(called(b, e.id, "zh") for e in users[:NAMED_MAX]) + (f"等 {len(users)} 处" if more > 0 else "")
    en = ", ".join(called(b, e.id, "en") for e in users[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
    kind = entity.id.split(":", 2)[1]
    todo = (
        ("请用“停用”，它会从这些地方一并去掉。", "Retire it: that takes it out of all of these.")
        if kind in ("device", "window")
        else ("请先改动或删除它们。", "Change or remove these first.")
    )
    return refused(
        f"{called(b, entity.id, 'zh')}还用于：{zh}。", f"{called(b, entity.id, 'en')} is still used by: {en}.",
        todo_zh=todo[0], todo_en=todo[1],
    )  # fmt: skip


def _describe_rename(b: Building, a: Arguments) -> Text:
    name = a.words("name")
    zh, en = name.get("zh") or name["en"], name.get("en") or name["zh"]
    return {
        "zh": f"{called(b, a.id('id'), 'zh')}改名为“{zh}”",
        "en": f"Rename {called(b, a.id('id'), 'en')} to “{en}”",
    }


def _describe_move(b: Building, a: Arguments) -> Text:
    to = f" → {floor_number(b, a.id('floor'))}" if "floor" in a else ""
    return {"zh": f"移动{called(b, a.id('id'), 'zh')}{to}", "en": f"Move {called(b, a.id('id'), 'en')}{to}"}


def _describe_remove(b: Building, a: Arguments) -> Text:
    return {"zh": f"删除{called(b, a.id('id'), 'zh')}", "en": f"Remove {called(b, a.id('id'), 'en')}"}


OPERATIONS = (
    Operation(name="rename", needs=("id", "name"), may=("number",), apply=_rename, describe=_describe_rename),
    Operation(name="move", needs=("id", "at"), may=("floor",), apply=_move, describe=_describe_move),
    Operation(name="remove", needs=("id",), apply=_remove, describe=_describe_remove),
)
