"""The documents a device maker needs, generated from the types: JSON Schema and AsyncAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from iot.catalogue import kinds_json
from iot.codecs.native import PREFIX
from iot.codecs.wire import AckPayload, CmdPayload, DescPayload, EvtPayload, StatePayload, TelePayload
from iot.kind import Kind

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


def schemas() -> dict[str, Any]:
    """JSON Schema of each payload, by topic name."""
    bodies, shared = msgspec.json.schema_components(
        [payload for payload, *_ in _MESSAGES.values()], ref_template="#/components/schemas/{name}"
    )
    names = {body["$ref"].rsplit("/", 1)[-1]: name for name, body in zip(_MESSAGES, bodies, strict=True)}
    return {names.get(key, key): schema for key, schema in shared.items()}


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
