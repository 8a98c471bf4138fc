"""Edits of a building: plain data in, a new building out, or ``EditRefused`` that says what to do. Nothing is changed.

apply(building, {"op": "set_walkable", "space": "site:space:1F-ATTIC", "walkable": False})
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from building.edits import anything, equipment, openings, spaces
from building.edits.operation import Arguments, Operation, refused
from building.errors import EditRefused, InvalidModel
from building.model import Building, Text

__all__ = ["FIXES", "OPERATIONS", "apply", "describe"]

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (*openings.OPERATIONS, *spaces.OPERATIONS, *equipment.OPERATIONS, *anything.OPERATIONS)
}

FIXES: Mapping[str, tuple[str, ...]] = {
    "unreached": ("draw_opening", "set_walkable", "join_spaces", "add_link"),
    "opening-without-width": ("remove",),
    "opening-leads-nowhere": ("change_opening", "move", "remove"),
    "opening-to-itself": ("change_opening", "move", "remove"),
    "opening-off-space": ("change_opening", "move", "remove"),
    "opening-narrow": ("remove",),
    "space-without-area": ("set_walkable", "remove"),
    "space-outside-floor": ("set_walkable", "remove"),
    "spaces-overlap": ("join_spaces", "remove"),
    "window-without-stand": ("move", "change_window", "retire"),
    "window-without-department": ("change_window", "retire"),
    "device-on-other-floor": ("move", "retire"),
    "device-outside-space": ("move", "retire"),
    "device-without-supply": ("change_device",),
    "supply-in-a-circle": ("change_device",),
    "link-stops-missing": ("add_link", "remove"),
    "link-stop-on-other-floor": ("add_link", "remove"),
    "link-stop-off-space": ("add_link", "remove"),
    "lift-without-landing-door": ("draw_opening",),
    "space-without-name": ("rename",),
    "name-not-translated": ("rename",),
    "duplicate-id": ("remove",),
    "dangling-reference": ("remove",),
}
"""By the rule that was broken: the operations that may mend it, the likeliest first."""


def apply(building: Building, edit: Mapping[str, Any]) -> Building:
    """The building after this edit."""
    operation, arguments = _read(building, edit)
    try:
        return operation.apply(building, arguments)
    except InvalidModel as error:
        raise refused(
            "改动后的内容不成立。", f"What would come of it cannot be: {error}.",
            todo_zh="请检查填写的内容。", todo_en="Look at what was given.",
        ) from error  # fmt: skip


def describe(building: Building, edit: Mapping[str, Any]) -> Text:
    """The edit in words, as made on this building."""
    operation, arguments = _read(building, edit)
    return operation.describe(building, arguments)


def _read(building: Building, edit: Mapping[str, Any]) -> tuple[Operation, Arguments]:
    name = edit.get("op")
    operation = OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
        known = ", ".join(sorted(OPERATIONS))
        raise refused(
            "没有这种改动。", f"There is no operation {str(name)[:40]!r}.",
            todo_zh=f"可用的有：{known}。", todo_en=f"There are: {known}.",
        )  # fmt: skip
    if not _is_text(edit):
        raise refused(
            "含有无法保存的字符。", "It holds characters that cannot be kept.",
            todo_zh="请重新输入文字。", todo_en="Type the text again.",
        )  # fmt: skip
    arguments = Arguments(building, edit)
    missing = [n for n in operation.needs if n not in arguments]
    unknown = sorted(edit.keys() - {"op", *operation.needs, *operation.may})
    if missing or unknown:
        raise _misfit(operation, missing, unknown)
    return operation, arguments


def _is_text(value: Any) -> bool:
    """Whether every text in it can be stored: no NUL, no half of a character."""
    if isinstance(value, str):
        return "\0" not in value and value.encode("utf-8", "ignore").decode("utf-8") == value
    if isinstance(value, Mapping):
        return all(_is_text(k) and _is_text(v) for k, v in value.items())
    return all(_is_text(v) for v in value) if isinstance(value, list | tuple) else True


def _misfit(operation: Operation, missing: list[str], unknown: list[str]) -> EditRefused:
    lacking, strange = ", ".join(missing) or "–", ", ".join(unknown)[:200] or "–"
    return refused(
        f"{operation.name} 缺少：{lacking}；多出：{strange}。",
        f"{operation.name} lacks: {lacking}; unknown: {strange}.",
        todo_zh=f"需要 {', '.join(operation.needs)}；可加 {', '.join(operation.may) or '–'}。",
        todo_en=f"It needs {', '.join(operation.needs)} and may have {', '.join(operation.may) or 'nothing else'}.",
    )  # fmt: skip
