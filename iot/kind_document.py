"""The catalogue as one document that people read: every kind with all that it declares, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from iot.kind import AlarmType, Argument, Command, Confirmation, Kind, Point, Text

_TYPES: Mapping[str, str] = {"float": "小数 number", "int": "整数 integer", "bool": "是否 yes/no", "str": "文字 text"}
_LASTING: Mapping[str, str] = {
    "no": "",
    "sets": "；此后应保持 and is to stay so",
    "ends": "；此后不再要求 and is free again",
}
_DANGER: Mapping[str, str] = {"none": "直接 at once", "confirm": "说明理由 reason asked", "arm": "两步 arm, then fire"}
_PRIORITY = {1: "1 紧急 urgent", 2: "2 高 high", 3: "3 中 medium", 4: "4 提示 notice"}
_POINTS = ("点 Point", "名称 Name", "类型 Type", "单位 Unit", "范围 Range", "有效 Fresh for", "类别 Class")
_EVENTS = ("事件 Event", "名称 Name", "数据 Data")
_COMMANDS = (
    "命令 Command",
    "名称 Name",
    "参数 Arguments",
    "方式 How",
    "时限 Within",
    "效果 Effect",
    "以何为准 Done when",
)
_ALARMS = ("告警 Alarm", "名称 Name", "级别 Priority", "条件 When", "后果 Consequence", "处置 Response")


def markdown(kinds: Mapping[str, Kind]) -> str:
    """GitHub's Markdown; whatever a declaration says stands in it."""
    index = [f"- [{_both(kind.label)}](#{name}) `{name}`" for name, kind in sorted(kinds.items())]
    parts = [
        "# 设备类型 Device kinds",
        "由声明生成，不手写。 Generated from the declarations.",
        "\n".join(index),
        *(_kind(kinds[name]) for name in sorted(kinds)),
    ]
    return "\n\n".join(parts) + "\n"


def _kind(kind: Kind) -> str:
    facts = [f"`{kind.name}`", kind.brick, f"离线 offline: {_PRIORITY[kind.offline_priority]}"]
    if kind.usual_per_s is not None:
        facts.append(f"通常至多 usually at most {kind.usual_per_s:g}/s")
    parts = [
        f'<a id="{kind.name}"></a>\n\n## {_both(kind.label)}',
        " · ".join(facts),
        _table(_POINTS, (_point(point) for point in kind.points)),
        _table(_EVENTS, ((f"`{e.name}`", _both(e.label), _words(e.data)) for e in kind.events)),
        _table(_COMMANDS, (_command(command) for command in kind.commands)),
        _table(_ALARMS, (_alarm(alarm) for alarm in kind.alarms)),
    ]
    return "\n\n".join(part for part in parts if part)


def _point(point: Point) -> Sequence[str]:
    kind = _values(point.values) if point.values else _TYPES[point.type]
    return (
        f"`{point.name}`", _both(point.label), kind, point.unit or "", _range(point.range), f"{point.ttl_s:g} s",
        point.brick,
    )  # fmt: skip


def _command(command: Command) -> Sequence[str]:
    return (
        f"`{command.name}`", _both(command.label), "; ".join(map(_argument, command.arguments)),
        _DANGER[command.danger], f"{command.timeout_s:g} s", _both(command.effect) if command.effect else "",
        _confirmation(command.confirmed_by) + _LASTING[command.lasting],
    )  # fmt: skip


def _argument(argument: Argument) -> str:
    kind = _values(argument.values) if argument.values else _TYPES[argument.type]
    limits = _range(argument.range) or (f"≤ {argument.max_length}" if argument.type == "str" else "")
    optional = "" if argument.required else "可省 optional"
    return " ".join(filter(None, (f"`{argument.name}`", _both(argument.label), f"({kind})", limits, optional)))


def _confirmation(done: Confirmation | None) -> str:
    if done is None:
        return "设备答复 its answer"
    point = f"{done.by_kind}.{done.point}" if done.by_kind else done.point
    return f"`{point}` = {f'`{done.argument}`' if done.argument else _value(done.equals)}"


def _alarm(alarm: AlarmType) -> Sequence[str]:
    when = f"`{alarm.when.point}` {alarm.when.op} {_value(alarm.when.value)}"
    if alarm.when.deadband:
        when += f" (± {alarm.when.deadband:g})"
    if alarm.on_delay_s:
        when += f", {alarm.on_delay_s:g} s"
    safety = " 生命安全 life safety" if alarm.life_safety else ""
    return (
        f"`{alarm.name}`", _both(alarm.label), _PRIORITY[alarm.priority] + safety, when, _both(alarm.consequence),
        _both(alarm.response),
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    listed = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in listed) if len(listed) > 2 else ""


def _cell(words: str) -> str:
    return words.replace("\n", " ").replace("|", "\\|")


def _both(label: Text) -> str:
    return " ".join(dict.fromkeys((label["zh"], label["en"])))


def _values(values: Mapping[str, Text]) -> str:
    return ", ".join(f"`{code}` {_both(label)}" for code, label in values.items())


def _words(data: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {_TYPES.get(kind, kind)}" for name, kind in data.items())


def _range(limits: tuple[float, float] | None) -> str:
    return f"{limits[0]:g} … {limits[1]:g}" if limits else ""


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    return f"{value:g}" if isinstance(value, float) else f"`{value}`"
