"""What a command means where it is sent: its declaration, what would confirm it, and what it will do, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from iot.kind import Argument, Command, Confirmation, Kind, Text, Value, text
from twin.command import Awaited
from twin.errors import NotFound
from twin.registry import Device, Registry

REBIRTH = Command(name="rebirth", label=text("重新自报", "Tell anew"), timeout_s=10)
"""The one command that no kind declares: every device tells again what it is and what it measures."""
_NAMED = re.compile(r"\{(\w+)\}")


class Terms:
    """``place`` says where a device stands, as people call it."""

    def __init__(self, kinds: Mapping[str, Kind], registry: Registry, place: Callable[[Device], Text]) -> None:
        self._kinds, self._registry, self._place = kinds, registry, place

    def declared(self, device: Device, name: str) -> Command:
        """Raises NotFound where its kind has no such command."""
        if name == REBIRTH.name:
            return REBIRTH
        kind = self._kinds.get(device.kind)
        found = None if kind is None else kind.find_command(name)
        if found is None:
            raise NotFound(f"a {device.kind} has no command {name}")
        return found

    def awaited(self, device: Device, declared: Command, arguments: Mapping[str, Value]) -> Awaited | None:
        """What confirms it, None where nothing in this hall can."""
        rule = declared.confirmed_by
        if rule is None:
            return None
        value = arguments.get(rule.argument) if rule.argument is not None else rule.equals
        entity = self._witness(device, rule)
        return None if value is None or entity is None else Awaited(entity=entity, point=rule.point, value=value)

    def effect(self, device: Device, declared: Command, arguments: Mapping[str, Value]) -> Text | None:
        """Which device, where, and what will happen: for the person who fires it."""
        if declared.effect is None:
            return None
        where = self._place(device)
        said = {lang: _filled(words, declared.arguments, arguments, lang) for lang, words in declared.effect.items()}
        return {
            "zh": f"{_in(device.name, 'zh')}（{_in(where, 'zh')}）：{said['zh']}",
            "en": f"{_in(device.name, 'en')} ({_in(where, 'en')}): {said['en']}",
        }

    def _witness(self, device: Device, rule: Confirmation) -> str | None:
        if rule.by_kind is None:
            return device.id
        served = set(device.serves.items())
        return next(
            (d.id for d in self._registry.list_devices() if d.kind == rule.by_kind and served & set(d.serves.items())),
            None,
        )


def _in(words: Text, lang: str) -> str:
    return words.get(lang) or next(iter(words.values()), "")


def _filled(words: str, declared: tuple[Argument, ...], arguments: Mapping[str, Value], lang: str) -> str:
    known = {argument.name: argument for argument in declared}

    def said(found: re.Match[str]) -> str:
        argument = known.get(found[1])
        if argument is None:
            return found[0]
        value = str(arguments.get(argument.name, ""))
        return _in(argument.values.get(value, {lang: value}), lang)

    return _NAMED.sub(said, words)
