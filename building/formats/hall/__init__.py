"""Our own building format, for any building and for people who edit it: JSON, one entity a line, short keys."""

from __future__ import annotations

import re

from building.formats.format import Format
from building.formats.hall.reader import MAX_BYTES, MAX_ENTITIES, loads, read
from building.formats.hall.schema import json_schema
from building.formats.hall.writer import dumps

__all__ = ["FORMAT", "MAX_BYTES", "MAX_ENTITIES", "dumps", "json_schema", "loads", "read"]

_SIGN = re.compile(rb'"format"\s*:\s*"halltwin-building/')


def _sniff(head: bytes) -> bool:
    return _SIGN.search(head) is not None


FORMAT = Format(name="hall", sniff=_sniff, read=read, max_bytes=MAX_BYTES)
