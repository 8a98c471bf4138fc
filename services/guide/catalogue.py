"""Reads the item files, one a department, and refuses them with every defect named, never only the first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import msgspec

from services.guide.errors import Defect, InvalidCatalogue
from services.guide.model import Item

ITEMS = Path(__file__).parent / "items"
SCHEMA = Path(__file__).parent / "items.schema.json"
MAX_FILE_BYTES = 4_000_000
HALL_HOURS = {
    "zh": "周一至周五 09:00–12:00、13:30–17:00",
    "en": "Monday to Friday 09:00–12:00 and 13:30–17:00",
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All items, in the order of the files and within them."""

    items: tuple[Item, ...]


def load_catalogue(folder: Path = ITEMS) -> Catalogue:
    """Every ``*.json`` in the folder; raises ``InvalidCatalogue`` with all defects of all files."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    defects: list[Defect] = []
    documents: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(folder.glob("*.json")):
        document, found = _read(path, validator)
        defects += found
        if not found:
            documents.append((path.name, document))
    defects += [*_twice(documents), *_contradictions(documents)]
    if defects:
        raise InvalidCatalogue(defects)
    return Catalogue(items=tuple(item for _, document in documents for item in _items(document)))


def _read(path: Path, validator: jsonschema.Draft202012Validator) -> tuple[dict[str, Any], list[Defect]]:
    if path.stat().st_size > MAX_FILE_BYTES:
        return {}, [Defect(file=path.name, where="file", what=f"larger than {MAX_FILE_BYTES} bytes")]
    try:
        document = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        return {}, [Defect(file=path.name, where="file", what=f"not JSON in UTF-8: {error}")]
    defects = [
        Defect(file=path.name, where=error.json_path.removeprefix("$").lstrip(".") or "file", what=error.message)
        for error in validator.iter_errors(document)
    ]
    return document, defects


def _twice(documents: Iterable[tuple[str, dict[str, Any]]]) -> list[Defect]:
    """Codes must be unique over all files, whatever their case: people type them."""
    places = [(name, n, item["code"].casefold()) for name, doc in documents for n, item in enumerate(doc["items"])]
    count = Counter(code for _, _, code in places)
    return [
        Defect(file=name, where=f"items[{n}].code", what=f"{code.upper()} is used {count[code]} times")
        for name, n, code in places
        if count[code] > 1
    ]


def _contradictions(documents: Iterable[tuple[str, dict[str, Any]]]) -> list[Defect]:
    """What a schema can not see."""
    defects = []
    for name, document in documents:
        for n, item in enumerate(document["items"]):
            if item["promised_days"] > item["legal_days"]:
                what = f"promises {item['promised_days']} days where the law allows {item['legal_days']}"
                defects.append(Defect(file=name, where=f"items[{n}].promised_days", what=what))
            if item["instant"] != (item["promised_days"] == 0):
                what = "an instant item promises 0 days, and only an instant one does"
                defects.append(Defect(file=name, where=f"items[{n}].instant", what=what))
    return defects


def _items(document: dict[str, Any]) -> list[Item]:
    shared = {"department": document["department"], "hours": document.get("hours", HALL_HOURS)}
    return [msgspec.convert({**shared, "phone": document["phone"], **entry}, type=Item) for entry in document["items"]]
