"""Requests made from the API's description: every field and parameter that takes a text takes the one given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from services.kernel.access import PUBLIC
from services.kernel.http import MARK
from services.kernel.modules import access_table, load_modules
from ui.api.gate import API
from ui.testing_inside import VISITOR, Answer, InsideHall

FREE = r"^[^\x00]*$"
"""A pattern that any text matches."""
FITTING = ("tester01", "shifanqu", "123456", "a.b.c", "user:x", "11010119900307803X")
"""Something for each other pattern."""
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
CHOSEN_FIRST = ("manager", "admin", "security_admin")


@dataclass(frozen=True, slots=True)
class Operation:
    """One route as it is described. ``more``: fields that nobody declared, beside those of each object of a body."""

    name: str
    method: str
    path: str
    who: str
    told: Mapping[str, Any]
    schemas: Mapping[str, Any]

    def takes_text(self) -> bool:
        return self.request("a") != self.request("b")

    def ask(self, inside: InsideHall, text: str) -> Answer:
        path, headers, body = self.request(text)
        return inside.ask(self.method, path, body, who=self.who, headers=headers)

    def request(self, text: str) -> tuple[str, dict[str, str], Any]:
        """Its address, headers and body."""
        path, query, headers = self.path, [], {}
        for place in self.told.get("parameters", []):
            value = self._value(place["schema"], text)
            if place["in"] == "path":
                path = path.replace(f"{{{place['name']}}}", quote(str(value), safe=""))
            elif place["in"] == "query" and value is not None:
                query += [(place["name"], one) for one in (value if isinstance(value, list) else [value])]
            elif place["in"] == "header" and value is not None:
                headers[place["name"]] = re.sub(r"[^\x20-\x7e]", "", str(value))
        return path + (f"?{urlencode(query)}" if query else ""), headers, self.body(text)

    def body(self, text: str, *, more: Mapping[str, Any] | None = None) -> Any:
        content = self.told.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            return self._value(content["application/json"]["schema"], text, more=more)
        return text.encode() if content else None

    def _value(self, schema: Mapping[str, Any], text: str, *, more: Mapping[str, Any] | None = None) -> Any:
        """The fullest value: everything that may be there is."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            return self._value(next(s for s in schema["anyOf"] if s.get("type") != "null"), text, more=more)
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type")
        if kind == "object":
            named = {name: self._value(s, text, more=more) for name, s in schema.get("properties", {}).items()}
            return {**(more or {}), **named} if named else {text[:40]: text}
        if kind == "array":
            return [self._value(schema.get("items", {}), text, more=more)] * max(1, schema.get("minItems", 1))
        plain = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1.5), "boolean": False}
        return plain[kind] if kind in plain else _fitting(schema, text)


def _fitting(schema: Mapping[str, Any], text: str) -> str:
    if schema.get("format") == "date-time":
        return "2026-01-05T10:00:00Z"
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(text) + 1)
    pattern = schema.get("pattern", FREE)
    if pattern == FREE and least <= len(text) <= most:
        return text
    return next(
        (word for word in FITTING if least <= len(word) <= most and re.search(pattern, word)), "x" * max(least, 1)
    )


def list_operations(inside: InsideHall) -> Iterator[Operation]:
    """All of them, each with a role that may ask."""
    document = json.loads(json.dumps(inside.app.openapi()))
    roles = {p.name: sorted(p.roles) for p in access_table(load_modules()).permissions.values()}
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            permission = item[method][MARK]
            held = roles.get(permission, [])
            who = VISITOR if permission == PUBLIC else next((r for r in CHOSEN_FIRST if r in held), held[0])
            yield Operation(
                f"{method.upper()} {path.removeprefix(API)}", method.upper(), path, who, item[method],
                document["components"]["schemas"],
            )  # fmt: skip
