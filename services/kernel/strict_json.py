"""JSON from outside, read one way only: what two programs could read differently, or no database keeps, is refused."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from services.kernel.errors import Invalid

DEPTH_MAX = 32
INTEGER_MAX = 2**63 - 1
_DIGITS_MAX = 20


class BadJson(Invalid):
    """``reason`` is a code: depth, number, text, twice, encoding."""

    code = "bad_json"


def parse_json(body: bytes) -> Any:
    """Raises json.JSONDecodeError where it is no JSON at all, BadJson where it is more than we take."""
    try:
        found = json.loads(
            body.decode("utf-8"),
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_number,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise _refused("encoding", "编码不是 UTF-8", "it is not UTF-8") from error
    except RecursionError as error:
        raise _refused("depth", "嵌套过深", "it is nested too deeply") from error
    _look_through(found)
    return found


def _look_through(document: Any) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise _refused("depth", "嵌套过深", f"it is nested deeper than {DEPTH_MAX}")
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, dict):
                for name in value:
                    _check_text(name)
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
        level = deeper


def _check_text(text: str) -> None:
    """NUL is kept by no database, half a surrogate pair is no character."""
    if "\x00" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)):
        raise _refused("text", "含有无效字符", "it holds what is no character")


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX or abs(number := int(text)) > INTEGER_MAX:
        raise _refused("number", "数字过大", "a number is too large")
    return number


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _refused("number", "数字过大", "a number is too large")
    return number


def _number(name: str) -> NoReturn:
    raise _refused("number", "数字无效", f"{name} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _refused("twice", "同一字段出现两次", "a field is there twice")
    return found


def _refused(reason: str, zh: str, en: str) -> BadJson:
    return BadJson(zh=f"提交的内容无效：{zh}。", en=f"What was sent is not taken: {en}.", reason=reason)
