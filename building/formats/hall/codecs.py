"""How one value of our own format is read, written and described: by one codec, so the three agree."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from building.model import OUT, Floor, SourceId, make_id

MAX_TEXT = 2_000
MAX_LIST = 100_000
MAX_COORDINATE_M = 1_000_000.0
MAX_HINTS = 50
"""Looking for the word that was meant is slow: a file with more faults than this gets no more help with spelling."""

Schema = dict[str, Any]


class Wrong(Exception):
    """A value that cannot be read. ``where`` is its place below the field, ``what`` a sentence for who edits."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(what)
        self.what, self.where = what, where

    def under(self, step: str) -> Wrong:
        return Wrong(self.what, where=step + self.where)


@dataclass(slots=True, kw_only=True)
class Scope:
    """What a value may refer to: the site, all keys in the file by kind, and the floor the value stands on.

    ``hints_left`` counts down as misspelt keys are compared with all others.
    """

    site: str
    known: Mapping[str, frozenset[str]]
    floor_of: Mapping[str, str] = field(default_factory=dict)
    floor: Floor | None = None
    hints_left: int = MAX_HINTS


class Codec(Protocol):
    def read(self, raw: Any, scope: Scope) -> Any:
        """The value, or ``Wrong``."""

    def write(self, value: Any, scope: Scope) -> Any:
        """What stands in the file."""

    def schema(self) -> Schema:
        """The same as JSON Schema."""


def refuse(raw: Any, wanted: str) -> Wrong:
    """``Wrong``, with a glance at what stands there instead."""
    shown = repr(raw)
    return Wrong(f"{shown if len(shown) <= 60 else shown[:57] + '...'} is not {wanted}")


class _Plain:
    def write(self, value: Any, _scope: Scope) -> Any:
        return value


@dataclass(frozen=True, slots=True)
class Str(_Plain):
    """A word or sentence."""

    max_length: int = MAX_TEXT

    def read(self, raw: Any, _scope: Scope) -> str:
        if not isinstance(raw, str) or not 0 < len(raw) <= self.max_length:
            raise refuse(raw, f"a text of 1 to {self.max_length} characters")
        return raw

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.max_length}


@dataclass(frozen=True, slots=True)
class Key(_Plain):
    """The short id of an entity: no spaces."""

    def read(self, raw: Any, _scope: Scope) -> str:
        if not isinstance(raw, str) or not raw or len(raw) > 200 or any(c.isspace() for c in raw) or raw == OUT:
            raise refuse(raw, f"a key (1 to 200 characters without spaces, not {OUT})")
        return raw

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/key"}


@dataclass(frozen=True, slots=True)
class Site(_Plain):
    """The first part of every id: no spaces, no colons."""

    def read(self, raw: Any, _scope: Scope) -> str:
        if not isinstance(raw, str) or not raw or len(raw) > 100 or any(c.isspace() or c == ":" for c in raw):
            raise refuse(raw, "a site id (1 to 100 characters without spaces and colons)")
        return raw

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": 100, "not": {"pattern": "[\\s:]"}}


@dataclass(frozen=True, slots=True)
class Bool(_Plain):
    def read(self, raw: Any, _scope: Scope) -> bool:
        if not isinstance(raw, bool):
            raise refuse(raw, "true or false")
        return raw

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Num:
    """A number within bounds; written without a needless ``.0``."""

    low: float = -MAX_COORDINATE_M
    high: float = MAX_COORDINATE_M
    above: float | None = None

    def read(self, raw: Any, _scope: Scope) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not self.low <= raw <= self.high:
            raise refuse(raw, f"a number from {self.low:g} to {self.high:g}")
        if self.above is not None and raw <= self.above:
            raise refuse(raw, f"a number above {self.above:g}")
        return float(raw) + 0.0

    def write(self, value: float, _scope: Scope) -> int | float:
        return number(value)

    def schema(self) -> Schema:
        bounds = {"exclusiveMinimum": self.above} if self.above is not None else {"minimum": self.low}
        return {"type": "number", **bounds, "maximum": self.high}


def number(value: float) -> int | float:
    """``3.0`` as ``3``, all else as it is."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no finite number")
    return int(value) if value == int(value) else value


@dataclass(frozen=True, slots=True)
class Int:
    low: int
    high: int

    def read(self, raw: Any, _scope: Scope) -> int:
        if (
            isinstance(raw, bool)
            or not isinstance(raw, int | float)
            or not self.low <= raw <= self.high
            or raw != int(raw)
        ):
            raise refuse(raw, f"a whole number from {self.low} to {self.high}")
        return int(raw)

    def write(self, value: int, _scope: Scope) -> int:
        return int(value)

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Enum(_Plain):
    values: tuple[str, ...]

    def read(self, raw: Any, _scope: Scope) -> str:
        if not isinstance(raw, str) or raw not in self.values:
            raise refuse(raw, "one of " + ", ".join(self.values) + did_you_mean(raw, self.values))
        return raw

    def schema(self) -> Schema:
        return {"enum": list(self.values)}


def did_you_mean(word: Any, choices: Sequence[str] | frozenset[str]) -> str:
    """``" (did you mean X?)"`` or nothing."""
    close = difflib.get_close_matches(word, sorted(choices)[:5_000], n=1) if isinstance(word, str) else []
    return f" (did you mean {close[0]}?)" if close else ""


@dataclass(frozen=True, slots=True)
class TextMap:
    """A human text by language: ``{"zh": "一层", "en": "Floor 1"}``."""

    def read(self, raw: Any, scope: Scope) -> dict[str, str]:
        if not isinstance(raw, dict) or len(raw) > 50:
            raise refuse(raw, 'a text by language such as {"zh": "一层", "en": "Floor 1"}')
        out = {}
        for lang, words in raw.items():
            if not 2 <= len(lang) <= 20:
                raise refuse(lang, "a language code such as zh or en").under(f".{lang}")
            out[lang] = below(f".{lang}", Str(), words, scope)
        return out

    def write(self, value: Mapping[str, str], _scope: Scope) -> dict[str, str]:
        return {lang: words for lang, words in value.items() if words}

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/text"}


def below(step: str, codec: Codec, raw: Any, scope: Scope) -> Any:
    """Reads a part; a fault in it says where in the whole it is."""
    try:
        return codec.read(raw, scope)
    except Wrong as wrong:
        raise wrong.under(step) from None


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; a tuple in the model."""

    item: Codec
    least: int = 0
    most: int = MAX_LIST

    def read(self, raw: Any, scope: Scope) -> tuple[Any, ...]:
        if not isinstance(raw, list) or not self.least <= len(raw) <= self.most:
            size = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
            raise refuse(raw, f"a list of {size} items")
        return tuple(below(f"[{n}]", self.item, item, scope) for n, item in enumerate(raw))

    def write(self, value: Sequence[Any], scope: Scope) -> list[Any]:
        return [self.item.write(v, scope) for v in value]

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema(), "minItems": self.least, "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose values are all of one sort; ``names`` reads and writes its keys."""

    value: Codec
    names: Codec = field(default_factory=lambda: Str(100))

    def read(self, raw: Any, scope: Scope) -> dict[str, Any]:
        if not isinstance(raw, dict) or len(raw) > 1_000:
            raise refuse(raw, "an object of at most 1000 members")
        return {below(f".{k}", self.names, k, scope): below(f".{k}", self.value, v, scope) for k, v in raw.items()}

    def write(self, value: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
        return {self.names.write(k, scope): self.value.write(v, scope) for k, v in value.items()}

    def schema(self) -> Schema:
        names = self.names.schema()
        return {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": self.value.schema(),
            "maxProperties": 1_000,
        }


@dataclass(frozen=True, slots=True)
class OrNull:
    """The value, or null where there is none."""

    value: Codec

    def read(self, raw: Any, scope: Scope) -> Any:
        return None if raw is None else self.value.read(raw, scope)

    def write(self, value: Any, scope: Scope) -> Any:
        return None if value is None else self.value.write(value, scope)

    def schema(self) -> Schema:
        return {"anyOf": [self.value.schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Json(_Plain):
    """Anything JSON can say, for facts the model has no name for; the rest of the file bounds its size."""

    def read(self, raw: Any, _scope: Scope) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise refuse(raw, "an object")
        return raw

    def write(self, value: Mapping[str, Any], _scope: Scope) -> dict[str, Any]:
        return dict(value)

    def schema(self) -> Schema:
        return {"type": "object"}


@dataclass(frozen=True, slots=True)
class Source:
    """A foreign id, ``scheme:value``."""

    def read(self, raw: Any, _scope: Scope) -> SourceId:
        scheme, colon, value = raw.partition(":") if isinstance(raw, str) else ("", "", "")
        if not (scheme and colon and value) or len(raw) > MAX_TEXT:
            raise refuse(raw, 'a foreign id such as "ifc:0pNy6pOyf7JPmXRLgxs3sW"')
        return SourceId(scheme=scheme, value=value)

    def write(self, value: SourceId, _scope: Scope) -> str:
        return f"{value.scheme}:{value.value}"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[^:]+:[\\s\\S]", "maxLength": MAX_TEXT}


@dataclass(frozen=True, slots=True)
class Ref:
    """Another entity by its key; of several kinds the key is written ``kind:key``."""

    kinds: tuple[str, ...]
    out: bool = False

    def read(self, raw: Any, scope: Scope) -> str:
        if not isinstance(raw, str) or not raw or len(raw) > 250:
            raise refuse(raw, f"the key of a {' or '.join(self.kinds)}")
        if self.out and raw == OUT:
            return OUT
        kind, key = (self.kinds[0], raw) if len(self.kinds) == 1 else raw.partition(":")[::2]
        if kind not in self.kinds:
            raise refuse(raw, "of the form " + " or ".join(f"{k}:KEY" for k in self.kinds))
        known = scope.known.get(kind, frozenset())
        if key not in known:
            scope.hints_left -= 1
            hint = did_you_mean(key, known) if scope.hints_left >= 0 else ""
            raise Dangling(f"there is no {kind} {key!r}{hint}")
        return make_id(scope.site, kind, key)

    def write(self, value: str, scope: Scope) -> str:
        if self.out and value == OUT:
            return OUT
        site, kind, key = value.split(":", 2)
        if site != scope.site or kind not in self.kinds:
            raise ValueError(f"{value!r} does not name a {' or '.join(self.kinds)} of site {scope.site}")
        return key if len(self.kinds) == 1 else f"{kind}:{key}"

    def schema(self) -> Schema:
        if len(self.kinds) == 1:
            return {"$ref": "#/$defs/reference"}
        return {"allOf": [{"$ref": "#/$defs/reference"}, {"pattern": f"^({'|'.join(self.kinds)}):"}]}


class Dangling(Wrong):
    """A reference to nothing: what the schema alone cannot see."""

    def under(self, step: str) -> Dangling:
        return Dangling(self.what, where=step + self.where)
