"""The documents a device maker needs, generated from the types: JSON Schema and AsyncAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from iot.catalogue import kinds_json
from iot.codecs.native import PREFIX
from iot.codecs.wire import AckPayload, CmdPayload, DescPayload, EvtPayload, StatePayload, TelePayload
from iot.kind import Kind, Point

_MESSAGES = {
    "desc": (DescPayload, "desc", "receive", True),
    "state": (StatePayload, "state", "receive", True),
    "tele": (TelePayload, "tele", "receive", False),
    "evt": (EvtPayload, "evt/{type}", "receive", False),
    "cmd": (CmdPayload, "cmd/{name}", "send", False),
    "ack": (AckPayload, "ack/{id}", "receive", False),
}
_PARAMETERS = {
    "device": {"description": "The device's key; also its MQTT user name and client id."},
    "type": {"description": "An event its kind declares."},
    "name": {"description": "A command its kind declares, or rebirth, or resend."},
    "id": {"description": "The id of the command this answers."},
}

_JSON_TYPES = {"float": "number", "int": "integer", "bool": "boolean", "enum": "string", "str": "string"}


def schemas(ref_template: str = "#/components/schemas/{name}") -> dict[str, Any]:
    """JSON Schema of each payload, by topic name."""
    bodies, shared = msgspec.json.schema_components(
        [payload for payload, *_ in _MESSAGES.values()], ref_template=ref_template
    )
    names = {body["$ref"].rsplit("/", 1)[-1]: name for name, body in zip(_MESSAGES, bodies, strict=True)}
    return {names.get(key, key): schema for key, schema in shared.items()}


def schema_document(kinds: Mapping[str, Kind], site: str) -> dict[str, Any]:
    """One JSON Schema document: each payload, and under ``values.KIND`` what a device of this kind may say in ``v``."""
    values = {f"values.{name}": _values_schema(kind) for name, kind in sorted(kinds.items())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"halltwin devices: {site}",
        "$defs": {**schemas(ref_template="#/$defs/{name}"), **values},
        "x-topics": {name: f"{PREFIX}/{site}/{{device}}/{topic}" for name, (_, topic, _, _) in _MESSAGES.items()},
    }


def _values_schema(kind: Kind) -> dict[str, Any]:
    return {
        "type": "object",
        "title": kind.label["en"],
        "properties": {point.name: _point_schema(point) for point in kind.points},
        "additionalProperties": False,
    }


def _point_schema(point: Point) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": point.label["en"], "type": _JSON_TYPES[point.type]}
    if point.range is not None:
        schema |= {"minimum": point.range[0], "maximum": point.range[1]}
    if point.values:
        schema["enum"] = list(point.values)
    return {**schema, "x-unit": point.unit} if point.unit else schema


def asyncapi(kinds: Mapping[str, Kind], site: str) -> dict[str, Any]:
    """The AsyncAPI 3 document of one site's device topics, seen from the hall."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for name, (payload, topic, action, retained) in _MESSAGES.items():
        address = f"{PREFIX}/{site}/{{device}}/{topic}"
        channels[name] = {
            "address": address,
            "parameters": {key: text for key, text in _PARAMETERS.items() if f"{{{key}}}" in address},
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        }
        operations[name] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{name}"},
            "bindings": {"mqtt": {"qos": 1, "retain": retained}},
        }
        messages[name] = {
            "summary": (payload.__doc__ or "").strip(),
            "contentType": "application/json",
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"halltwin devices: {site}",
            "version": "1",
            "description": "MQTT 5 (3.1.1 accepted), QoS 1, one user a device.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas()},
        "x-kinds": kinds_json(kinds)["kinds"],
    }
