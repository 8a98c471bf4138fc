"""The JSON Schema of our own format, made from the tables that read and write it."""

from __future__ import annotations

from building.formats.hall.codecs import MAX_TEXT, ListOf, Schema
from building.formats.hall.document import FORMAT_ID, HEADER, LISTS
from building.formats.hall.entities import ALL, FLOORS, ON_FLOORS, Entities
from building.formats.hall.geometry import MAX_POINTS, POINT


def json_schema() -> Schema:
    """JSON Schema 2020-12. What it cannot say (keys are unique, references exist) the reader checks as well."""
    header = HEADER.schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:halltwin:building:1",
        "title": "halltwin building",
        "description": "Lengths in metres, angles in degrees (0 = east, counter-clockwise), Z up and absolute. "
        "Entities refer to each other by key; OUT is the outside.",
        "type": "object",
        "properties": {
            "format": {"const": FORMAT_ID},
            **header["properties"],
            **{e.list_name: _list(e) for e in LISTS},
        },
        "required": ["format", *header["required"], "floors"],
        "additionalProperties": False,
        "$defs": {**_shapes(), **{e.kind: _entity(e) for e in ALL}},
    }


def _list(e: Entities) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{e.kind}"}} | ({"minItems": 1} if e is FLOORS else {})


def _entity(e: Entities) -> Schema:
    schema = e.fields.schema() | e.needs
    if e is FLOORS:
        schema["properties"] |= {child.list_name: _list(child) for child in ON_FLOORS}
    return schema


def _shapes() -> Schema:
    ring: Schema = ListOf(POINT, 3, MAX_POINTS).schema()
    shape: Schema = {
        "anyOf": [
            {"$ref": "#/$defs/ring"},
            {
                "type": "object",
                "properties": {
                    "outer": {"$ref": "#/$defs/ring"},
                    "holes": {"type": "array", "items": {"$ref": "#/$defs/ring"}, "maxItems": MAX_POINTS},
                },
                "required": ["outer"],
                "additionalProperties": False,
            },
        ]
    }
    word = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    return {
        "key": {"type": "string", "minLength": 1, "maxLength": 200, "not": {"pattern": "\\s|^OUT$"}},
        "reference": {"type": "string", "minLength": 1, "maxLength": 250},
        "text": {
            "type": "object",
            "propertyNames": {"minLength": 2, "maxLength": 20},
            "additionalProperties": word,
            "maxProperties": 50,
        },
        "ring": ring,
        "shape": shape,
        "shapes": {
            "anyOf": [
                {"$ref": "#/$defs/shape"},
                {"type": "array", "items": {"$ref": "#/$defs/shape"}, "maxItems": MAX_POINTS},
            ]
        },
    }
