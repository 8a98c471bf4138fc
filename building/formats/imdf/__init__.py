"""IMDF 1.0 archives (OGC 20-094, Apple's Indoor Mapping Data Format): a ZIP of GeoJSON files, one a feature type.

``archive`` opens the ZIP safely, ``features`` makes checked features of the JSON, ``vocabulary`` knows the categories,
``extension`` holds what is ours among the properties, ``units``, ``openings``, ``links`` and ``places`` each read one
kind of evidence, ``reader`` puts them together. ``rules`` judges an archive by the specification.
"""

from __future__ import annotations

import struct
from pathlib import Path

from building.formats.format import Format
from building.formats.imdf.vocabulary import FEATURE_TYPES
from building.model import Building

MAX_BYTES = 64 * 1024 * 1024

_LOCAL_HEADER = b"PK\x03\x04"
_SIGNS = frozenset(
    f"{name}{ending}".encode() for name in (*FEATURE_TYPES, "manifest") for ending in (".json", ".geojson")
)


def _sniff(head: bytes) -> bool:
    """A ZIP (the magic is at its very start) with a file that only an IMDF archive has, by its local headers."""
    if not head.startswith(_LOCAL_HEADER):
        return False
    at = 0
    while at >= 0:
        name = _name_at(head, at)
        if name.rsplit(b"/", 1)[-1].lower() in _SIGNS:
            return True
        at = head.find(_LOCAL_HEADER, at + 1)
    return False


def _name_at(head: bytes, at: int) -> bytes:
    """The name in the local header that starts here (APPNOTE 4.3.7: its length at 26, the name itself at 30)."""
    if at + 30 > len(head):
        return b""
    (length,) = struct.unpack_from("<H", head, at + 26)
    return head[at + 30 : at + 30 + length]


def _read(path: Path) -> Building:
    from building.formats.imdf.reader import read

    return read(path)


FORMAT = Format(name="imdf", sniff=_sniff, read=_read, max_bytes=MAX_BYTES)
