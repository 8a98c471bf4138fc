"""A value object of the model as named fields: read, written with its defaults left out, and described."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from building.errors import InvalidModel
from building.formats.hall.codecs import Codec, OrNull, Schema, Scope, Wrong, did_you_mean

Getter = Callable[[str], Any]
Default = Callable[[Getter, Scope], Any]
"""What a field is when the file does not say, from the fields before it."""

_REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Field:
    """One member. Without ``default`` the model's own default holds; where it has none, the member is required."""

    name: str
    codec: Codec
    default: Default | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """All members of one type of the model."""

    type: type[Any]
    fields: tuple[Field, ...]

    def read(self, raw: Any, scope: Scope) -> Any:
        """The value; the first fault is raised (entities use ``collect`` and report them all)."""
        values, wrongs = self.collect(raw, scope)
        if wrongs:
            raise wrongs[0]
        return self.build(values)

    def collect(self, raw: Any, scope: Scope, *, extra: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[Wrong]]:
        """The members as constructor arguments, and every fault among them. ``extra`` members are somebody else's."""
        if not isinstance(raw, dict):
            return {}, [Wrong("this must be an object {...}")]
        values: dict[str, Any] = {}
        names = frozenset((*(f.name for f in self.fields), *extra))
        wrongs = [
            Wrong(f"there is no member {name!r} here{did_you_mean(name, names)}", where=f".{name}")
            for name in raw
            if name not in names
        ]
        for f in self.fields:
            try:
                if f.name in raw:
                    values[f.name] = f.codec.read(raw[f.name], scope)
                else:
                    value = self._default(f, values.__getitem__, scope)
                    if value is _REQUIRED:
                        wrongs.append(Wrong(f"{f.name!r} is missing"))
                    else:
                        values[f.name] = value
            except Wrong as wrong:
                wrongs.append(wrong.under(f".{f.name}"))
            except KeyError as missing:
                if missing.args[0] not in raw:  # else the fault of that other member is reported already
                    wrongs.append(Wrong(f"{f.name!r} is missing"))
        return values, wrongs

    def build(self, values: Mapping[str, Any]) -> Any:
        try:
            return self.type(**values)
        except InvalidModel as error:
            raise Wrong(str(error)) from None

    def write(self, value: Any, scope: Scope) -> dict[str, Any]:
        out = {}
        for f in self.fields:
            v = getattr(value, f.name)
            try:
                default = self._default(f, lambda name: getattr(value, name), scope)
            except KeyError:
                default = _REQUIRED
            if v != default:
                out[f.name] = f.codec.write(v, scope)
        return out

    def schema(self) -> Schema:
        required = [f.name for f in self.fields if f.default is None and self._default(f, _nothing, None) is _REQUIRED]
        out: Schema = {
            "type": "object",
            "properties": {f.name: f.codec.schema() for f in self.fields},
            "additionalProperties": False,
        }
        return out | ({"required": required} if required else {})

    def _default(self, f: Field, get: Getter, scope: Scope | None) -> Any:
        if f.default is not None and scope is not None:
            return f.default(get, scope)
        stated = next((d for d in dataclasses.fields(self.type) if d.name == f.name), None)
        if stated is None:
            return _REQUIRED
        if stated.default is not dataclasses.MISSING:
            return stated.default
        if stated.default_factory is not dataclasses.MISSING:
            return stated.default_factory()
        return _REQUIRED


def _nothing(name: str) -> Any:
    raise KeyError(name)


def optional(name: str, codec: Codec) -> Field:
    """A member that may be null, as it may be absent."""
    return Field(name, OrNull(codec))
